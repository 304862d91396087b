//! The HTTP face: routes in, service calls, JSON out.
//!
//! ```text
//! connection -> trace: id, log line, metrics -> guard: Host, Origin, rate, token
//!            -> route: extract -> pool (threads that may block) -> service -> JSON
//! ```
//! `docs/http.md` is for users; `/openapi.json` is generated from the handlers, and
//! `docs/openapi.json` is a copy that a test compares. Limits have names: those of a request in
//! `extract` and `pool`, those of a connection in `connection`, the configurable ones in
//! [`Limits`].

mod problem;
mod extract;
mod guard;
mod metrics;
mod trace;
mod page;
mod route;
mod connection;
pub mod log;
pub mod presence;
pub mod probe;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use contextlite_engine::error::{Error, Result};

use self::guard::Guard;
pub use self::guard::GuardOptions;
use self::metrics::Metrics;
use self::problem::Problem;
use crate::mcp;
use crate::service::Service;
use crate::service::pool::Pool;

/// The stack of a thread that may block: the engine's recursion is bounded, its parsers' is deep.
const STACK_BYTES: usize = 8 << 20;
/// How long requests that are under way are waited for when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// What a server may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest body.
    pub body_bytes_max: u64,
    /// Requests that are worked on at once.
    pub running_max: usize,
    /// Requests that may wait.
    pub waiting_max: usize,
    /// The longest wait for an answer.
    pub timeout: Duration,
}

/// What all handlers share.
pub struct App {
    service: Arc<Service>,
    pool: Arc<Pool>,
    guard: Guard,
    metrics: Metrics,
    limits: Limits,
}

type Shared = Arc<App>;

impl App {
    /// Does work that may block, off the async threads.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Service>) -> std::result::Result<T, Problem> + Send + 'static,
    ) -> std::result::Result<T, Problem> {
        let service = Arc::clone(&self.service);
        self.pool.run(move || work(&service)).await
    }
}

/// A server that is ready to listen.
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: tokio::net::TcpListener,
    app: Shared,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// `InvalidInput` on `port` if another program has it, on `host` if this machine has no such
    /// address.
    pub fn bind(
        address: (&str, u16),
        service: Arc<Service>,
        guard: GuardOptions,
        limits: Limits,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_stack_size(STACK_BYTES)
            .max_blocking_threads(limits.running_max + 8)
            .thread_name("http")
            .build()
            .map_err(|source| Error::io("the threads of the server", source))?;
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(address))
            .map_err(|error| unbound(address, &error))?;
        let app = Arc::new(App {
            pool: Arc::new(Pool::new(limits.running_max, limits.waiting_max, limits.timeout)),
            guard: Guard::new(guard),
            metrics: Metrics::new(),
            service,
            limits,
        });
        Ok(Self { runtime, listener, app })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// `Io` if the system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|source| Error::io("the address", source))
    }

    /// Answers until the process is asked to stop, or standard input ends if that is to stop it;
    /// then what is under way is finished.
    pub fn run(self, stops_with_stdin: bool) {
        let service = Arc::clone(&self.app.service);
        let router = router(Arc::clone(&self.app));
        self.runtime.block_on(async {
            let stop = stop_wish(stops_with_stdin);
            connection::serve(self.listener, router, stop, GRACE).await;
        });
        service.stop();
        self.runtime.shutdown_timeout(GRACE);
    }
}

fn unbound(address: (&str, u16), error: &std::io::Error) -> Error {
    let (host, port) = address;
    let (field, message) = match error.kind() {
        std::io::ErrorKind::AddrInUse => (
            "--port",
            format!(
                "{port} on {host} is taken by another program; choose another, or 0 for any \
                 free one (`contextlite instances` lists the servers of this user)"
            ),
        ),
        std::io::ErrorKind::PermissionDenied => {
            ("--port", format!("{port} may not be taken by this user; choose one above 1023"))
        }
        _ => ("--host", format!("{host} cannot be listened on: {error}")),
    };
    Error::InvalidInput { field, message }
}

/// Ends when the process is asked to stop.
async fn stop_wish(with_stdin: bool) {
    let stdin_ends = async {
        if !with_stdin {
            std::future::pending::<()>().await;
        }
        // A thread of its own: reading standard input cannot be cancelled.
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            let _ = ended.send(());
        });
        let _ = end.await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = stdin_ends => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => _ = signal.recv().await,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

fn router(app: Shared) -> Router {
    let (hosts, origins) = app.guard.names();
    let server =
        mcp::Server::new(Arc::clone(&app.service), Arc::clone(&app.pool), app.limits.timeout);
    let assistants = mcp::http_service(server, hosts, origins, app.limits.body_bytes_max);
    let unknown = || async { Problem::not_found("route", "see /openapi.json for all routes") };
    route::router()
        .route_service("/mcp", assistants)
        .fallback(unknown)
        .method_not_allowed_fallback(|| async { Problem::method() })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::guard))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), trace::trace))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                axum::response::IntoResponse::into_response(Problem::internal())
            },
        ))
        .with_state(app)
}
