//! The answers that are kept.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::Reply;
use crate::http::Shared;
use crate::service::cache::CacheStatistics;

/// What the cache did since the start, and holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct CacheAnswer {
    hits: u64,
    misses: u64,
    /// `hits / (hits + misses)`; 0 before the first question.
    hit_rate: f64,
    /// How often everything was dropped by request.
    invalidations: u64,
    entries: u64,
    /// About how many bytes the answers take.
    size_bytes: u64,
    max_bytes: u64,
}

impl From<CacheStatistics> for CacheAnswer {
    fn from(statistics: CacheStatistics) -> Self {
        let asked = statistics.hits + statistics.misses;
        Self {
            hits: statistics.hits,
            misses: statistics.misses,
            hit_rate: statistics.hits as f64 / asked.max(1) as f64,
            invalidations: statistics.invalidations,
            entries: statistics.entries,
            size_bytes: statistics.bytes,
            max_bytes: statistics.bytes_max,
        }
    }
}

/// Says what the cache did and holds.
#[utoipa::path(get, path = "/api/v1/cache/stats", tag = "status",
    responses((status = 200, description = "True counters.", body = CacheAnswer)))]
pub async fn statistics(State(app): State<Shared>) -> Reply {
    Reply::json(&CacheAnswer::from(app.service.cache.statistics()))
}

/// What was dropped.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidatedAnswer {
    /// The answers that were kept.
    invalidated: u64,
    success: bool,
}

/// Drops all kept answers.
///
/// Answers are never stale, so this only frees memory, or makes the next answer be made anew.
#[utoipa::path(post, path = "/api/v1/cache/invalidate", tag = "status",
    responses((status = 200, description = "They are dropped.", body = InvalidatedAnswer)))]
pub async fn invalidate(State(app): State<Shared>) -> Reply {
    let invalidated = app.service.cache.clear();
    Reply::json(&InvalidatedAnswer { invalidated, success: true })
}
