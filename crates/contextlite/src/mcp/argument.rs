//! The arguments of tools, as their schemas say them.
//!
//! Unknown names are refused, and a wrong value is an error that names the argument: the model
//! reads it and calls again.

use contextlite_engine::error::{Error, Result};
use rmcp::model::JsonObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The fewest tokens that an answer may be asked for: a citation with a line or two.
pub const TOKENS_MIN: u32 = 64;
/// The most places that a list may be asked for.
pub const LIMIT_MAX: u32 = 100;

/// The form of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Text for a model.
    #[default]
    Text,
    /// JSON, also as structured content, for programs.
    Json,
}

/// The arguments of `context`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextArguments {
    pub question: String,
    pub max_tokens: Option<u32>,
    pub root: Option<String>,
    #[serde(default)]
    pub include: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    #[serde(default)]
    pub format: Form,
}

/// The arguments of `search`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchArguments {
    pub query: String,
    pub limit: Option<u32>,
    pub root: Option<String>,
    #[serde(default)]
    pub include: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    #[serde(default)]
    pub format: Form,
}

/// The arguments of `read`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadArguments {
    pub citation: String,
    pub max_tokens: Option<u32>,
    pub root: Option<String>,
    #[serde(default)]
    pub format: Form,
}

/// The arguments of `outline`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutlineArguments {
    pub path: String,
    pub root: Option<String>,
    #[serde(default)]
    pub format: Form,
}

/// The arguments of `symbol`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolArguments {
    pub name: String,
    pub limit: Option<u32>,
    pub root: Option<String>,
    #[serde(default)]
    pub format: Form,
}

/// The arguments of `status` and `index`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootArguments {
    pub root: Option<String>,
    #[serde(default)]
    pub format: Form,
}

/// Reads the arguments of a call.
///
/// # Errors
/// `InvalidInput` with the argument that is wrong.
pub fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T> {
    let value = Value::Object(arguments.unwrap_or_default());
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        let message = if path == "." { inner.to_string() } else { format!("{path}: {inner}") };
        Error::InvalidInput { field: "arguments", message }
    })
}

/// The places of a list: what was asked for, within the bounds.
///
/// # Errors
/// `InvalidInput` for a number that is not from 1 to [`LIMIT_MAX`].
pub fn limit(given: Option<u32>, default: u32) -> Result<usize> {
    match given.unwrap_or(default) {
        limit @ 1..=LIMIT_MAX => Ok(limit as usize),
        limit => Err(Error::InvalidInput {
            field: "limit",
            message: format!("{limit} is not from 1 to {LIMIT_MAX}"),
        }),
    }
}
