//! The MCP face: requests of an assistant in, service calls, text out.
//!
//! ```text
//! stdio, or /mcp of the HTTP server -> rmcp (both lifecycles) -> Server -> pool -> tool -> service
//! ```
//! One handler serves the protocol of 2026-07-28 (`server/discover`, metadata in each request) and
//! the revisions before it (`initialize`). `docs/mcp.md` is for users.
//!
//! Assistants start the program themselves and drop its tools when it is slow to answer, so nothing
//! that discovery and the lists say needs a store or a look at a file. Work begins with the first
//! call of a tool: it brings the index up to date in the background, waits [`PATIENCE`] at most,
//! and else answers from what is there and says how complete that is.
//!
//! Text is the answer; structured content is given only where an argument asks for it, because
//! several assistants show their model only the latter when both are there. Text of files is data
//! of strangers: it stands in fences under its citation, and never in a description.

mod argument;
mod text;
mod reply;
mod tool;
mod resource;
mod prompt;
mod handler;

use std::sync::Arc;
use std::time::Duration;

use contextlite_engine::error::{Error, Result};
use rmcp::ServiceExt as _;
use rmcp::transport::stdio_pipes;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use crate::service::Service;
use crate::service::pool::Pool;

/// How long an answer waits for the index to be brought up to date, before it is from what is
/// there: well below the minute after which assistants give a call up.
const PATIENCE: Duration = Duration::from_secs(8);
/// Calls of one assistant that are worked on at once; it seldom has more than a few.
const RUNNING_MAX: usize = 4;
/// Calls of one assistant that may wait.
const WAITING_MAX: usize = 256;
/// The longest wait for an answer; the longest work is an index run that is waited for.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The stack of a thread that may block, as in the HTTP server.
const STACK_BYTES: usize = 8 << 20;
/// How long work that is under way is waited for at the end.
const GRACE: Duration = Duration::from_secs(2);

/// Answers the requests of assistants; a clone answers for the same service.
#[derive(Clone)]
pub struct Server {
    service: Arc<Service>,
    pool: Arc<Pool>,
    patience: Duration,
}

impl Server {
    /// A server whose work that blocks is done in `pool`; calls there end after `timeout`.
    pub fn new(service: Arc<Service>, pool: Arc<Pool>, timeout: Duration) -> Self {
        Self { service, pool, patience: PATIENCE.min(timeout / 2) }
    }
}

/// What mounts in an HTTP server.
pub type HttpService = StreamableHttpService<Server, NeverSessionManager>;

/// The server as a service of HTTP requests, without sessions: every request stands alone.
///
/// `hosts` and `origins` are checked once more here than in the guard before it, so that no change
/// there opens this door; an origin that is not listed is refused. No host means any.
pub fn http_service(
    server: Server,
    hosts: Vec<String>,
    origins: Vec<String>,
    body_bytes_max: u64,
) -> HttpService {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(body_bytes_max as usize);
    let factory = move || Ok(server.clone());
    StreamableHttpService::new(factory, Arc::new(NeverSessionManager::default()), config)
}

/// Answers over standard input and output until the input ends.
///
/// # Errors
/// `Io` if the system gives no threads.
pub fn serve_stdio(service: Arc<Service>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .max_blocking_threads(RUNNING_MAX + 8)
        .thread_name("mcp")
        .build()
        .map_err(|source| Error::io("the threads of the server", source))?;
    let pool = Arc::new(Pool::new(RUNNING_MAX, WAITING_MAX, TIMEOUT));
    let server = Server::new(Arc::clone(&service), pool, TIMEOUT);
    runtime.block_on(async {
        // An input that ends before the first request is an end like any other.
        if let Ok(running) = server.serve(stdio_pipes()).await {
            let _ = running.waiting().await;
        }
    });
    service.stop();
    runtime.shutdown_timeout(GRACE);
    Ok(())
}
