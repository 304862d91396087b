//! An answer as JSON, written where it was made.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A JSON answer.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    json: Bytes,
}

impl Reply {
    /// 200 with a value.
    pub fn json(value: &impl Serialize) -> Self {
        Self::with(StatusCode::OK, value)
    }

    /// A value with another status.
    pub fn with(status: StatusCode, value: &impl Serialize) -> Self {
        let json = serde_json::to_vec(value).expect("answers are made of what JSON has");
        Self { status, json: json.into() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let no_store = HeaderValue::from_static("no-store");
        let headers = [(header::CONTENT_TYPE, json), (header::CACHE_CONTROL, no_store)];
        (self.status, headers, self.json).into_response()
    }
}

/// A time in milliseconds, rounded to microseconds so that the number is short.
pub fn milliseconds(time: std::time::Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
