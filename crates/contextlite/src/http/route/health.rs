//! Whether the server lives, what it did, and its metrics.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::Reply;
use super::storage::Sums;
use crate::http::Shared;
use crate::http::metrics::Metrics;
use crate::http::problem::Problem;
use crate::service::now_ns;

/// What the index holds; numbers as text, as older clients read them.
#[derive(Debug, Serialize, ToSchema)]
struct DatabaseHealth {
    documents_indexed: String,
    cache_entries: String,
    fts_enabled: bool,
    /// When a store was last written, in seconds since 1970; 0 if none was.
    last_optimized: i64,
}

/// The solver.
#[derive(Debug, Serialize, ToSchema)]
struct SolverHealth {
    enabled: bool,
    solver: &'static str,
    version: &'static str,
    policy: &'static str,
}

/// What this version has; older clients ask for these names.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the contract")]
#[derive(Debug, Serialize, ToSchema)]
struct Abilities {
    cache_enabled: bool,
    fts_search: bool,
    quantum_scoring: bool,
    smt_optimization: bool,
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthAnswer {
    /// `healthy`, or `degraded` if a store cannot be read.
    status: &'static str,
    version: &'static str,
    /// Seconds since 1970.
    timestamp: i64,
    uptime_s: u64,
    database: DatabaseHealth,
    smt: SolverHealth,
    features: Abilities,
    /// What is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// Says how the server is, and what it holds.
#[utoipa::path(get, path = "/health", tag = "status",
    responses((status = 200, description = "Measured now.", body = HealthAnswer)))]
pub async fn health(State(app): State<Shared>) -> Result<Reply, Problem> {
    app.work(|service| {
        let sums = Sums::of(service);
        Ok(Reply::json(&HealthAnswer {
            status: if sums.problems.is_empty() { "healthy" } else { "degraded" },
            version: env!("CARGO_PKG_VERSION"),
            timestamp: now_ns() / 1_000_000_000,
            uptime_s: service.uptime().as_secs(),
            database: DatabaseHealth {
                documents_indexed: sums.totals.documents.to_string(),
                cache_entries: service.cache.statistics().entries.to_string(),
                fts_enabled: true,
                last_optimized: sums.written_s.unwrap_or(0),
            },
            smt: SolverHealth {
                enabled: true,
                solver: "contextlite-select",
                version: env!("CARGO_PKG_VERSION"),
                policy: "exact search with a certificate; greedy on request",
            },
            features: Abilities {
                cache_enabled: true,
                fts_search: true,
                quantum_scoring: false,
                smt_optimization: true,
            },
            problems: sums.problems,
        }))
    })
    .await
}

/// One word.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingAnswer {
    status: &'static str,
}

/// Says that the process lives.
#[utoipa::path(get, path = "/livez", tag = "status",
    responses((status = 200, description = "It lives.", body = StandingAnswer)))]
pub async fn live() -> Reply {
    Reply::json(&StandingAnswer { status: "alive" })
}

/// Says whether questions can be answered now: the stores can be read and the queue has room.
#[utoipa::path(get, path = "/readyz", tag = "status",
    responses((status = 200, description = "They can.", body = StandingAnswer)))]
pub async fn ready(State(app): State<Shared>) -> Result<Reply, Problem> {
    app.work(|service| {
        let problems = Sums::of(service).problems;
        match problems.first() {
            Some(problem) => Err(Problem::unready(problem)),
            None => Ok(Reply::json(&StandingAnswer { status: "ready" })),
        }
    })
    .await
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "status", responses(
    (status = 200, description = "Metrics as text.", body = String,
        content_type = "application/openmetrics-text")))]
pub async fn metrics(State(app): State<Shared>) -> Result<Response, Problem> {
    let shared = std::sync::Arc::clone(&app);
    let text = app.work(move |_| Metrics::text(&shared).map_err(|_| Problem::internal())).await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// What the solver did since the start.
#[derive(Debug, Serialize, ToSchema)]
pub struct SolverAnswer {
    solver: &'static str,
    solves: u64,
    optimal: u64,
    with_gap: u64,
    infeasible: u64,
    /// `optimal / solves`; 0 before the first.
    proven_share: f64,
    mean_gap: f64,
    nodes: u64,
    p50_ms: f64,
    p99_ms: f64,
    mean_ms: f64,
}

/// Says what the solver did.
#[utoipa::path(get, path = "/api/v1/smt/stats", tag = "status",
    responses((status = 200, description = "True counters.", body = SolverAnswer)))]
pub async fn solver(State(app): State<Shared>) -> Reply {
    let solver = app.service.counters.solver();
    Reply::json(&SolverAnswer {
        solver: "contextlite-select",
        solves: solver.solves,
        optimal: solver.optimal,
        with_gap: solver.with_gap,
        infeasible: solver.infeasible,
        proven_share: solver.optimal as f64 / solver.solves.max(1) as f64,
        mean_gap: solver.gap_mean,
        nodes: solver.nodes,
        p50_ms: solver.times.p50_us as f64 / 1e3,
        p99_ms: solver.times.p99_us as f64 / 1e3,
        mean_ms: solver.times.mean_us / 1e3,
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatsAnswer {
    documents_count: u64,
    queries_count: u64,
    cache_hits: u64,
    /// Milliseconds.
    average_query_time: f64,
    /// Seconds.
    uptime: u64,
}

/// The counters in the form that older clients read.
pub async fn stats(State(app): State<Shared>) -> Result<Reply, Problem> {
    app.work(|service| {
        let (answers, rankings) =
            (service.counters.answers.summary(), service.counters.rankings.summary());
        let count = answers.count + rankings.count;
        let total_us =
            answers.mean_us * answers.count as f64 + rankings.mean_us * rankings.count as f64;
        Ok(Reply::json(&StatsAnswer {
            documents_count: Sums::of(service).totals.documents,
            queries_count: count,
            cache_hits: service.cache.statistics().hits,
            average_query_time: total_us / count.max(1) as f64 / 1e3,
            uptime: service.uptime().as_secs(),
        }))
    })
    .await
}
