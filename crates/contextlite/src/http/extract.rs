//! What a handler takes out of a request: a JSON body, the query of its address, a workspace.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::Shared;
use super::problem::Problem;

/// A body that comes slower than this is given up.
const BODY_WAIT: Duration = Duration::from_secs(30);
/// The header that names a workspace.
const WORKSPACE_HEADER: &str = "x-workspace-id";

/// A JSON object.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        object_of(&json(request, app).await?).map(Self)
    }
}

/// A JSON body that may be a list.
pub struct ListBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for ListBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        value_of(&json(request, app).await?).map(Self)
    }
}

/// The bytes of a body that says that it is JSON.
async fn json(request: Request, app: &Shared) -> Result<Bytes, Problem> {
    if !is_json(request.headers().get(header::CONTENT_TYPE)) {
        return Err(Problem::media_type());
    }
    read(request, app.limits.body_bytes_max).await
}

fn value_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
    json.end().map_err(|error| Problem::malformed(format!("the body goes on: {error}")))?;
    Ok(value)
}

/// The value of an object; serde alone would take a list of its fields, too.
fn object_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::malformed("the body is a list, where an object is needed"));
    }
    value_of(bytes)
}

/// A JSON object, or nothing at all.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<Shared> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let is_json = is_json(request.headers().get(header::CONTENT_TYPE));
        let bytes = read(request, app.limits.body_bytes_max).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::media_type());
        }
        object_of(&bytes).map(Self)
    }
}

fn is_json(content_type: Option<&header::HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read(request: Request, bytes_max: u64) -> Result<Bytes, Problem> {
    if bytes_max < http_body::Body::size_hint(request.body()).lower() {
        return Err(Problem::too_large(bytes_max));
    }
    let limited = Limited::new(request.into_body(), bytes_max as usize);
    match tokio::time::timeout(BODY_WAIT, limited.collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(bytes_max)),
        Ok(Err(error)) => Err(Problem::malformed(format!("the body broke off: {error}"))),
        Err(_) => Err(Problem::malformed("the body came too slowly")),
    }
}

/// The failure of a body with the field that it is about.
fn wrong(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    use serde_json::error::Category;
    let inner = error.inner();
    if !matches!(inner.classify(), Category::Data) {
        return Problem::malformed(format!("the body is not JSON: {inner}"));
    }
    let message = inner.to_string();
    let path = error.path().to_string();
    match (named_field(&message), path.as_str()) {
        (Some(field), ".") => Problem::invalid(&field, message),
        (_, ".") => Problem::malformed(format!("the body is not what this route takes: {message}")),
        (_, path) => Problem::invalid(path, message),
    }
}

/// The field between the first backticks of serde's sentence: unknown, missing, or twice there.
fn named_field(message: &str) -> Option<String> {
    let about_fields = ["unknown field `", "missing field `", "duplicate field `"];
    let rest = about_fields.iter().find_map(|start| message.strip_prefix(start))?;
    rest.split('`').next().map(str::to_owned)
}

/// The query of the address.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let reader = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| {
            let message = error.inner().to_string();
            let path = error.path().to_string();
            match named_field(&message) {
                Some(field) => Problem::invalid(&field, message),
                None => Problem::invalid(&path, message),
            }
        })
    }
}

/// The workspace that a header names.
pub struct WorkspaceId(pub Option<String>);

impl FromRequestParts<Shared> for WorkspaceId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(WORKSPACE_HEADER) else { return Ok(Self(None)) };
        match value.to_str() {
            Ok("") => Ok(Self(None)),
            Ok(id) => Ok(Self(Some(id.to_owned()))),
            Err(_) => Err(Problem::invalid("X-Workspace-ID", "it must be printable ASCII")),
        }
    }
}

/// How many things a request asks for: what it gives, from 1 to `most`, else `default`.
///
/// # Errors
/// 400 on `field` for a number outside.
pub fn count(
    field: &str,
    given: Option<usize>,
    default: usize,
    most: usize,
) -> Result<usize, Problem> {
    match given.unwrap_or(default) {
        count if (1..=most).contains(&count) => Ok(count),
        _ => Err(Problem::invalid(field, format!("it is from 1 to {most}"))),
    }
}
