//! Lists of documents, best first, without a budget.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use contextlite_engine::context::{Listed, Question, SearchAnswer as Found};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::context::DocumentWire;
use super::metadata::metadata;
use super::reply::{Reply, milliseconds};
use crate::http::Shared;
use crate::http::extract::{Params, WorkspaceId, count};
use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::space::{Space, Wanted};

/// The documents of one answer where the request does not say.
const LIMIT_DEFAULT: usize = 20;
/// The most documents of one answer.
const LIMIT_MAX: usize = 1000;
/// The furthest that can be leafed through.
const OFFSET_MAX: usize = 10_000;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words, an identifier, a question: anything; no syntax can be wrong.
    q: String,
    /// The most documents, 1 to 1000; 20 by default.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// How many of the best are left out.
    #[param(maximum = 10_000)]
    offset: Option<usize>,
    /// The folder of the workspace that is asked; absolute.
    workspace_path: Option<String>,
}

/// Documents, each with its best passage.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAnswer<'a> {
    query: &'a str,
    documents: Vec<DocumentWire<'a>>,
    /// The documents that were found in all.
    total: usize,
    took_ms: f64,
}

/// Finds documents, best first, each with its best passage.
#[utoipa::path(get, path = "/api/v1/documents/search", tag = "documents", params(SearchParams,
    ("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The documents.", body = SearchAnswer)))]
pub async fn search(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Params(params): Params<SearchParams>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let start = Instant::now();
        let limit = count("limit", params.limit, LIMIT_DEFAULT, LIMIT_MAX)?;
        let offset = params.offset.unwrap_or(0);
        if OFFSET_MAX < offset {
            return Err(Problem::invalid("offset", format!("it is at most {OFFSET_MAX}")));
        }
        let wanted = Wanted { path: params.workspace_path.as_deref(), id: id.as_deref() };
        let space = service.spaces.resolve(wanted)?;
        let found = documents(service, &space, &params.q, offset + limit)?;
        let page = found.results.get(offset..).unwrap_or_default();
        let metadata = metadata(service, &space, page)?;
        Ok(Reply::json(&SearchAnswer {
            query: &params.q,
            documents: page.iter().map(|found| DocumentWire::new(found, &metadata)).collect(),
            total: found.total,
            took_ms: milliseconds(start.elapsed()),
        }))
    })
    .await
}

/// The best documents; of no question, none.
fn documents(
    service: &Service,
    space: &Space,
    query: &str,
    limit: usize,
) -> Result<Arc<Found>, Problem> {
    if query.trim().is_empty() {
        return Ok(Arc::new(Found { query: String::new(), results: Vec::new(), total: 0 }));
    }
    Ok(service.search(space, &Question::new(query), Listed::Documents, limit)?)
}

/// What older clients ask in the address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryParams {
    q: String,
    max_results: Option<usize>,
    min_score: Option<f32>,
}

/// A document as older clients read it.
#[derive(Debug, Serialize)]
struct QueryDocument<'a> {
    id: &'a str,
    content: &'a str,
    score: f32,
    metadata: &'a RawValue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryAnswer<'a> {
    documents: Vec<QueryDocument<'a>>,
    total_results: usize,
    /// Milliseconds.
    query_time: f64,
}

/// The same in the form that older clients read.
pub async fn query(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Params(params): Params<QueryParams>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let start = Instant::now();
        let limit = count("max_results", params.max_results, LIMIT_DEFAULT, LIMIT_MAX)?;
        let space = service.spaces.resolve(Wanted { path: None, id: id.as_deref() })?;
        let found = documents(service, &space, &params.q, limit)?;
        let score_min = params.min_score.unwrap_or(f32::NEG_INFINITY);
        let good = found.results.partition_point(|passage| score_min <= passage.score);
        let found = &found.results[..good];
        let metadata = metadata(service, &space, found)?;
        let none = RawValue::from_string("{}".to_owned()).expect("it is JSON");
        let documents = found.iter().map(|passage| QueryDocument {
            id: passage.document_id.as_deref().unwrap_or(&passage.path),
            content: &passage.text,
            score: passage.score,
            metadata: passage
                .document_id
                .as_ref()
                .and_then(|id| metadata.get(id))
                .map_or(&none, |metadata| &**metadata),
        });
        Ok(Reply::json(&QueryAnswer {
            documents: documents.collect(),
            total_results: found.len(),
            query_time: milliseconds(start.elapsed()),
        }))
    })
    .await
}
