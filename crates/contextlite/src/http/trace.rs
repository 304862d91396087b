//! Every request: its id, one log line, and its place in the metrics.
//!
//! The line has no question, no path of a file and no token: only method, route, status and time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;

const ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id of a client is not taken over.
const ID_CHARS_MAX: usize = 64;

static REQUESTS: AtomicU64 = AtomicU64::new(1);

/// Gives a request its id, and says what became of it.
pub async fn trace(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = id_of(&request);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| "other".to_owned());
    let mut response = next.run(request).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    let took_ms = took.as_micros() as f64 / 1e3;
    tracing::info!(id = id.to_str().unwrap_or_default(), %method, route, status, took_ms);
    app.metrics.requested(method.as_str(), &route, status, took);
    response.headers_mut().insert(ID_HEADER, id);
    response
}

/// The client's own id if it is short and plain, else the next number.
fn id_of(request: &Request) -> HeaderValue {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.len() <= ID_CHARS_MAX
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match request.headers().get(ID_HEADER) {
        Some(id) if id.to_str().is_ok_and(is_plain) => id.clone(),
        _ => HeaderValue::from(REQUESTS.fetch_add(1, Ordering::Relaxed)),
    }
}
