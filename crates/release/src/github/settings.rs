//! What a repository's settings say, as far as they decide whether a release can be made.
//!
//! Most of them are seen only by an administrator's token; a workflow's own token sees few. So a
//! setting that cannot be seen is not taken for one that is wrong.

use serde::Deserialize;

use crate::github::client::Client;
use crate::github::refusal::{Cause, Refusal};
use crate::http::Method;

/// The most names that are asked for at once: a repository can have no more secrets.
const NAMES_MAX: usize = 100;

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Whether it was forked from another.
    pub fork: bool,
    /// Whether it takes no changes.
    pub archived: bool,
    /// What the token may do, where the host says it.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Permissions {
    /// Read and write settings.
    pub admin: bool,
    /// Write contents.
    pub push: bool,
}

#[derive(Deserialize)]
struct WorkflowDefault {
    default_workflow_permissions: String,
}

#[derive(Deserialize)]
struct Immutability {
    enabled: bool,
}

#[derive(Deserialize)]
struct Secrets {
    secrets: Vec<Name>,
}

#[derive(Deserialize)]
struct Environments {
    environments: Vec<Name>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// Returns the repository and the moment at which the token expires, where the host says one; or
/// nothing if there is no repository that this token may see.
///
/// The moment is written `2026-12-01 10:00:00 UTC`.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn repository(client: &Client<'_>) -> Result<Option<(Repository, Option<String>)>, Refusal> {
    match client.read_whole::<Repository>(&client.call(Method::Get, "")) {
        Ok((repository, response)) => {
            let expires = response.header("github-authentication-token-expiration");
            Ok(Some((repository, expires.map(str::to_owned))))
        }
        Err(refusal) if refusal.cause == Cause::Absent => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Returns `read` or `write`: what a workflow's token may do that asks for nothing.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn workflow_default(client: &Client<'_>) -> Result<Option<String>, Refusal> {
    let found: Option<WorkflowDefault> = seen(client, "/actions/permissions/workflow")?;
    Ok(found.map(|found| found.default_workflow_permissions))
}

/// Returns whether releases are immutable once published, for a token that may see that.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn is_immutable(client: &Client<'_>) -> Result<bool, Refusal> {
    let found: Option<Immutability> = client.find("/immutable-releases")?;
    Ok(found.is_some_and(|found| found.enabled))
}

/// Returns the names of the repository's secrets, or nothing if they cannot be seen.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn secrets(client: &Client<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let found: Option<Secrets> = seen(client, &format!("/actions/secrets?per_page={NAMES_MAX}"))?;
    Ok(found.map(|found| names(found.secrets)))
}

/// Returns whether the repository has a variable of this name.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn has_variable(client: &Client<'_>, name: &str) -> Result<bool, Refusal> {
    let found: Option<Name> = client.find(&format!("/actions/variables/{name}"))?;
    Ok(found.is_some_and(|found| found.name == name))
}

/// Returns the names of the repository's environments, or nothing if they cannot be seen.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn environments(client: &Client<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let found: Option<Environments> = seen(client, &format!("/environments?per_page={NAMES_MAX}"))?;
    Ok(found.map(|found| names(found.environments)))
}

fn names(named: Vec<Name>) -> Vec<String> {
    named.into_iter().map(|named| named.name).collect()
}

/// What a path holds, or nothing if this token may not see it.
fn seen<T: serde::de::DeserializeOwned>(
    client: &Client<'_>,
    path: &str,
) -> Result<Option<T>, Refusal> {
    match client.find(path) {
        Err(Refusal { cause: Cause::Permission(_) | Cause::Forbidden, .. }) => Ok(None),
        found => found,
    }
}
