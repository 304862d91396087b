//! Ranked places, as editors and agent frameworks ask for them.

use std::time::Duration;

use axum::extract::State;
use contextlite_engine::context::{CitedPassage, Listed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asking::Asking;
use super::context::{reason, root};
use super::reply::{Reply, milliseconds};
use crate::http::Shared;
use crate::http::extract::{Body, WorkspaceId, count};
use crate::http::problem::Problem;

/// Places of one answer where the request does not say.
const LIMIT_DEFAULT: usize = 10;
/// The most places of one answer.
const LIMIT_MAX: usize = 1000;

/// What is looked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankRequest {
    /// Words, an identifier, a question.
    #[schema(example = "where are retries done")]
    query: String,
    /// The most places, 1 to 1000; 10 by default.
    #[schema(minimum = 1, maximum = 1000)]
    k: Option<usize>,
    /// The most milliseconds for the proof, where `max_tokens` asks for a choice.
    budget_ms: Option<u64>,
    /// The places must fit together into so many tokens: the best choice instead of the best list.
    max_tokens: Option<u32>,
    /// The folder of the workspace that is asked; absolute.
    workspace_path: Option<String>,
    /// Only documents whose path matches one of these globs.
    include_patterns: Option<Vec<String>>,
    /// No document whose path matches one of these globs.
    exclude_patterns: Option<Vec<String>>,
}

/// A position as editors count: from 0, in UTF-16 units.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// 0-based.
    pub line: i64,
    /// 0-based.
    #[serde(default)]
    pub character: u32,
}

/// From `start` to before `end`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Range)]
struct RangeWire {
    start: Position,
    end: Position,
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Item)]
struct ItemWire<'a> {
    /// The path, relative to `root`.
    file: &'a str,
    root: String,
    range: RangeWire,
    snippet: &'a str,
    score: f32,
    /// What speaks for it.
    why: String,
}

impl<'a> From<&'a CitedPassage> for ItemWire<'a> {
    fn from(passage: &'a CitedPassage) -> Self {
        let at = |line: u32| Position { line: line.into(), character: 0 };
        Self {
            file: &passage.path,
            root: root(passage),
            range: RangeWire { start: at(passage.first_line - 1), end: at(passage.last_line) },
            snippet: &passage.text,
            score: passage.score,
            why: reason(passage),
        }
    }
}

/// Places, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankAnswer<'a> {
    items: Vec<ItemWire<'a>>,
    /// 99 of 100 of this server's answers of this kind did not take longer.
    p99_ms: f64,
    took_ms: f64,
}

/// Ranks places.
#[utoipa::path(post, path = "/api/v1/rank", tag = "context", request_body = RankRequest,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The places.", body = RankAnswer)))]
pub async fn rank(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Body(request): Body<RankRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let start = std::time::Instant::now();
        let k = count("k", request.k, LIMIT_DEFAULT, LIMIT_MAX)?;
        let asking = Asking::about(request.query)
            .with_documents(Some(k as u32))
            .within(request.workspace_path, request.include_patterns, request.exclude_patterns)
            .limited(request.max_tokens, request.budget_ms);
        let question = asking.question(&service.spaces.grounds.configuration.settings(), false)?;
        let space = service.spaces.resolve(asking.wanted(id.as_deref()))?;
        let counters = &service.counters;
        let passages = if request.max_tokens.is_some() {
            let answer = service.context(&space, &question, true)?;
            counters.ranked(start.elapsed());
            let mut passages = answer.content.0.passages.clone();
            passages.sort_by(|a, b| b.score.total_cmp(&a.score));
            passages
        } else {
            service.search(&space, &question, Listed::Passages, k)?.results.clone()
        };
        Ok(Reply::json(&RankAnswer {
            items: passages.iter().map(ItemWire::from).collect(),
            p99_ms: milliseconds(Duration::from_micros(counters.rankings.summary().p99_us)),
            took_ms: milliseconds(start.elapsed()),
        }))
    })
    .await
}
