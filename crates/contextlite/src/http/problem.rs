//! What a request that cannot be served is answered with.
//!
//! `{"error": sentence, "code": NAME, "field"?: name}`; the one table from failures to status
//! codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contextlite_engine::error::{Error, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::pool::Overload;
use crate::service::space::Refusal;

/// After how many seconds a request that was one too many may come again.
const RETRY_AFTER_S: u64 = 1;

/// Why a request was not served.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    error: String,
    field: Option<String>,
    retry_after_s: Option<u64>,
}

/// A failure, as every route answers it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemWire {
    /// What is wrong, and what to do.
    error: String,
    /// Names the kind of failure.
    #[schema(example = "INVALID_INPUT")]
    code: &'static str,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl From<Overload> for Problem {
    fn from(overload: Overload) -> Self {
        match overload {
            Overload::QueueFull => Self::queue_full(),
            Overload::Timeout(seconds) => Self::timeout(seconds),
            Overload::Panicked => Self::internal(),
        }
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Self { status, code, error: error.into(), field: None, retry_after_s: None }
    }

    fn with_retry(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// 400: a field of the request is wrong.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "INVALID_INPUT", format!("{field}: {message}"));
        problem.field = Some(field.to_owned());
        problem
    }

    /// 400: the request is not what it must be.
    pub fn malformed(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED", error)
    }

    /// 401: the token is missing or another one.
    pub fn unauthorized() -> Self {
        let error = "this server needs its token: send it as `Authorization: Bearer TOKEN`";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", error)
    }

    /// 403: the caller may not do this.
    pub fn forbidden(error: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", error)
    }

    /// 404: there is no such thing.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what} not found: {name}"))
    }

    /// 405: the path is known, the method is not one of its.
    pub fn method() -> Self {
        let error = "this path does not take this method; see /openapi.json";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", error)
    }

    /// 413: the body is longer than the limit.
    pub fn too_large(bytes_max: u64) -> Self {
        let error = format!("the body is longer than {bytes_max} bytes (server.body_max)");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", error)
    }

    /// 415: the body is not JSON.
    pub fn media_type() -> Self {
        let error = "the body must be JSON: send `Content-Type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE", error)
    }

    /// 429: the client asks too often.
    pub fn too_many(retry_after_s: u64) -> Self {
        let error = "too many requests; slow down (server.rate)";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", error)
            .with_retry(retry_after_s)
    }

    /// 503: as many requests wait as may.
    pub fn queue_full() -> Self {
        let error = "the server has too much to do; try again (server.queue)";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "QUEUE_FULL", error).with_retry(RETRY_AFTER_S)
    }

    /// 503: the answer took longer than may be waited.
    pub fn timeout(seconds: u64) -> Self {
        let error = format!(
            "no answer within {seconds} s (server.timeout); the work goes on, try again later"
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", error).with_retry(RETRY_AFTER_S)
    }

    /// 409: it cannot be done in this state.
    pub fn conflict(error: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", error)
    }

    /// The sentence about it.
    pub fn sentence(self) -> String {
        self.error
    }

    /// 409: a folder could not be indexed.
    pub fn unindexed(error: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "NOT_INDEXED", error)
    }

    /// 503: a store cannot be read.
    pub fn unready(problem: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", problem).with_retry(RETRY_AFTER_S)
    }

    /// 500: the program failed.
    pub fn internal() -> Self {
        let error = "the server failed on this request; its log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind() {
            ErrorKind::InvalidInput => (StatusCode::BAD_REQUEST, "INVALID_INPUT"),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            ErrorKind::Busy => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
            ErrorKind::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "STOPPING"),
            ErrorKind::Io => (StatusCode::INTERNAL_SERVER_ERROR, "IO"),
            ErrorKind::Store => (StatusCode::INTERNAL_SERVER_ERROR, "STORE"),
        };
        let problem = match &error {
            Error::InvalidInput { field, message } => Self::invalid(field, message),
            error => Self::new(status, code, error.to_string()),
        };
        match problem.status {
            StatusCode::SERVICE_UNAVAILABLE => problem.with_retry(RETRY_AFTER_S),
            _ => problem,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Engine(error) => error.into(),
            Refusal::Forbidden(error) => Self::forbidden(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::warn!(code = self.code, "{}", self.error);
        }
        let wire = ProblemWire { error: self.error, code: self.code, field: self.field };
        let mut response = (self.status, Json(wire)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
