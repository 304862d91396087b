//! What is learned from feedback: weights of the features, priors of documents and passages.
//!
//! Every workspace and every library learns for itself; `engine::learn` says by which rule.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use axum::extract::State;
use contextlite_engine::error::Error;
use contextlite_engine::learn::{Judged, Judgement, LearnedWeights};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reply::Reply;
use crate::citation::{ALL_LINES, Citation};
use crate::http::Shared;
use crate::http::extract::{Body, OptionalBody, Params, WorkspaceId};
use crate::http::problem::Problem;
use crate::service::space::{Source, Wanted};
use crate::service::{Service, now_ns};

/// Whose weights.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// The folder of a workspace; absolute.
    workspace_path: Option<String>,
    /// The id of a workspace or the name of a space; the same as `X-Workspace-ID`.
    workspace: Option<String>,
}

impl Whose {
    fn sources(&self, service: &Service, header: Option<&str>) -> Result<Vec<Source>, Problem> {
        let id = self.workspace.as_deref().or(header);
        let space = service.spaces.resolve(Wanted { path: self.workspace_path.as_deref(), id })?;
        Ok(service.sources(&space)?)
    }
}

/// What a user thought of passages that answered a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    query: String,
    /// What was of use: ids, paths, or `PATH:FIRST-LAST`.
    #[serde(default)]
    accepted_docs: Vec<String>,
    /// What was not.
    #[serde(default)]
    rejected_docs: Vec<String>,
    workspace_path: Option<String>,
    workspace: Option<String>,
}

/// What one store has learned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Learned)]
struct LearnedWire {
    /// The root of the workspace, or the name of the library.
    source: String,
    weights: BTreeMap<&'static str, f64>,
    /// The judgements in force.
    updates: u64,
    /// How many of them can be undone.
    undoable: u64,
    accepted: u64,
    rejected: u64,
}

/// The weights, and what moved them.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeightsAnswer {
    /// By feature, of the store of the space that has learned most.
    weights: BTreeMap<&'static str, f64>,
    defaults: BTreeMap<&'static str, f64>,
    /// The judgements in force, of all stores of the space.
    updates: u64,
    undoable: u64,
    accepted: u64,
    rejected: u64,
    /// Each store of the space.
    sources: Vec<LearnedWire>,
}

impl WeightsAnswer {
    fn of(sources: &[Source]) -> Result<Self, Problem> {
        let default = LearnedWeights::default();
        let mut answer = Self {
            weights: by_name(&default),
            defaults: default.weights.iter().map(|(name, _, default)| (*name, *default)).collect(),
            updates: 0,
            undoable: 0,
            accepted: 0,
            rejected: 0,
            sources: Vec::new(),
        };
        let mut most = 0;
        for source in sources {
            let learned = source.weights()?;
            if most < learned.updates {
                most = learned.updates;
                answer.weights = by_name(&learned);
            }
            answer.updates += learned.updates;
            answer.undoable += learned.undoable;
            answer.accepted += learned.accepted;
            answer.rejected += learned.rejected;
            answer.sources.push(LearnedWire {
                source: source.name(),
                weights: by_name(&learned),
                updates: learned.updates,
                undoable: learned.undoable,
                accepted: learned.accepted,
                rejected: learned.rejected,
            });
        }
        Ok(answer)
    }
}

fn by_name(learned: &LearnedWeights) -> BTreeMap<&'static str, f64> {
    learned.weights.iter().map(|(name, weight, _)| (*name, *weight)).collect()
}

/// Says which weights are in force.
#[utoipa::path(get, path = "/api/v1/weights", tag = "learning", params(Whose,
    ("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The weights.", body = WeightsAnswer)))]
pub async fn weights(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Params(whose): Params<Whose>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let sources = whose.sources(service, id.as_deref())?;
        Ok(Reply::json(&WeightsAnswer::of(&sources)?))
    })
    .await
}

/// Learns from what was of use and what was not.
#[utoipa::path(post, path = "/api/v1/weights/update", tag = "learning",
    request_body = FeedbackRequest,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The weights after it.", body = WeightsAnswer)))]
pub async fn update(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Body(request): Body<FeedbackRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let whose = Whose { workspace_path: request.workspace_path, workspace: request.workspace };
        let sources = whose.sources(service, id.as_deref())?;
        let mut judged: Vec<(Vec<Judged>, Vec<Judged>)> = vec![Default::default(); sources.len()];
        for (field, names, is_accepted) in [
            ("accepted_docs", &request.accepted_docs, true),
            ("rejected_docs", &request.rejected_docs, false),
        ] {
            for name in names {
                let (at, place) = locate(&sources, name, field)?;
                let (accepted, rejected) = &mut judged[at];
                if is_accepted { accepted.push(place) } else { rejected.push(place) }
            }
        }
        if judged.iter().all(|(accepted, rejected)| accepted.is_empty() && rejected.is_empty()) {
            return Err(Problem::invalid("accepted_docs", "nothing is accepted or rejected"));
        }
        for (source, (accepted, rejected)) in sources.iter().zip(&judged) {
            if !(accepted.is_empty() && rejected.is_empty()) {
                let query = &request.query;
                source.learn(&Judgement { query, accepted, rejected, now_ns: now_ns() })?;
            }
        }
        Ok(Reply::json(&WeightsAnswer::of(&sources)?))
    })
    .await
}

/// The first store that holds a document, and the place in it.
fn locate(sources: &[Source], name: &str, field: &'static str) -> Result<(usize, Judged), Problem> {
    let whole = Judged { document: name.to_owned(), lines: None };
    let citation = Citation::parse(OsStr::new(name), field)?;
    let cited = (citation.lines != ALL_LINES).then(|| Judged {
        document: citation.path.to_string_lossy().into_owned(),
        lines: Some(citation.lines),
    });
    // A name that ends like lines may be all name.
    for place in std::iter::once(whole).chain(cited) {
        for (at, source) in sources.iter().enumerate() {
            if source.document(&place.document)?.is_some() {
                return Ok((at, place));
            }
        }
    }
    Err(Error::InvalidInput { field, message: format!("{name:?} is not a document here") }.into())
}

/// Undoes the newest judgement.
#[utoipa::path(post, path = "/api/v1/weights/undo", tag = "learning", request_body = Option<Whose>,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The weights after it.", body = WeightsAnswer)))]
pub async fn undo(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    OptionalBody(whose): OptionalBody<Whose>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let sources = whose.sources(service, id.as_deref())?;
        let mut learned = Vec::new();
        for source in &sources {
            if 0 < source.weights()?.undoable {
                learned.push(source);
            }
        }
        match learned.as_slice() {
            [] => return Err(Problem::conflict("there is no judgement that can be undone")),
            [source] => _ = source.undo()?,
            _ => {
                let message = "several stores have learned; name the one that is meant";
                return Err(Problem::invalid("workspace_path", message));
            }
        }
        Ok(Reply::json(&WeightsAnswer::of(&sources)?))
    })
    .await
}

/// Forgets all that was learned; answers are again what they were before.
#[utoipa::path(post, path = "/api/v1/weights/reset", tag = "learning", request_body = Option<Whose>,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The weights after it.", body = WeightsAnswer)))]
pub async fn reset(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    OptionalBody(whose): OptionalBody<Whose>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let sources = whose.sources(service, id.as_deref())?;
        sources.iter().try_for_each(Source::reset)?;
        Ok(Reply::json(&WeightsAnswer::of(&sources)?))
    })
    .await
}
