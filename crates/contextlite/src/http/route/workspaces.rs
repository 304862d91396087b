//! What is indexed, and how it is brought up to date.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use contextlite_engine::engine::{IndexReport, Stage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reply::{Reply, milliseconds};
use crate::http::Shared;
use crate::http::extract::Body;
use crate::http::problem::Problem;
use crate::place;
use crate::service::job::{Job, State as JobState};
use crate::service::space::Wanted;
use crate::wire::{StatusWire, text_of};

/// How long an index run is waited for before it is answered as a job.
const INDEX_WAIT: Duration = Duration::from_secs(10);

/// What is indexed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexRequest {
    /// The folder; absolute.
    path: String,
    /// Index only files that match one of these globs, now and later.
    include_patterns: Option<Vec<String>>,
    /// Do not index files that match one of these globs, now and later.
    exclude_patterns: Option<Vec<String>>,
    /// Refuse to index more files than this.
    #[schema(minimum = 1)]
    max_files: Option<u64>,
    /// false answers at once with the job.
    wait: Option<bool>,
}

/// An index run.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobAnswer {
    /// Watch it at `/api/v1/jobs/{id}`.
    job: u64,
    /// The root that is indexed.
    root: String,
    /// Names the workspace.
    workspace: String,
    /// `running`, `done` or `failed`.
    state: &'static str,
    /// What is being done: list, heal, history, index or finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'static str>,
    /// The files that are done, while it runs.
    done: u64,
    /// The files that there are to do; 0 while that is not known.
    total: u64,
    took_ms: f64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    report: Option<ReportWire>,
}

/// What an index run found and did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportWire {
    /// The files that were looked at.
    scanned_files: u64,
    /// The documents that were stored, new or changed.
    indexed_files: u64,
    /// The files that needed nothing.
    unchanged_files: u64,
    /// The documents that were removed.
    removed_files: u64,
    /// The files that are not documents; `contextlite index --explain` says why.
    skipped_files: usize,
    /// The documents of the workspace after the run.
    documents: u64,
    passages: u64,
}

impl From<&IndexReport> for ReportWire {
    fn from(report: &IndexReport) -> Self {
        Self {
            scanned_files: report.scanned,
            indexed_files: report.indexed,
            unchanged_files: report.unchanged,
            removed_files: report.removed,
            skipped_files: report.skipped.len(),
            documents: report.totals.documents,
            passages: report.totals.passages,
        }
    }
}

impl JobAnswer {
    fn new(job: &Job) -> Self {
        let (state, took) = job.state();
        let answer = Self {
            job: job.id,
            root: job.root.clone(),
            workspace: place::id_of(Path::new(&job.root)),
            state: "running",
            stage: None,
            done: 0,
            total: 0,
            took_ms: milliseconds(took),
            error: None,
            report: None,
        };
        match state {
            JobState::Running(step) => Self {
                stage: Some(stage_name(step.stage)),
                done: step.done,
                total: step.total,
                ..answer
            },
            JobState::Done(report) => {
                Self { state: "done", report: Some((&*report).into()), ..answer }
            }
            JobState::Failed(error) => Self { state: "failed", error: Some(error), ..answer },
        }
    }

    fn status(&self) -> StatusCode {
        if self.state == "running" { StatusCode::ACCEPTED } else { StatusCode::OK }
    }
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::List => "list",
        Stage::Heal => "heal",
        Stage::History => "history",
        Stage::Index => "index",
        Stage::Finish => "finish",
    }
}

/// Brings the index of a folder up to date.
///
/// What takes longer than some seconds goes on as a job.
#[utoipa::path(post, path = "/api/v1/documents/workspace", tag = "workspaces",
    request_body = IndexRequest, responses(
    (status = 200, description = "It is indexed.", body = JobAnswer),
    (status = 202, description = "It is being indexed.", body = JobAnswer)))]
pub async fn index(
    State(app): State<Shared>,
    Body(request): Body<IndexRequest>,
) -> Result<Reply, Problem> {
    let timeout = app.limits.timeout / 2;
    app.work(move |service| {
        let root = service.spaces.root_at(Path::new(&request.path))?;
        let choice = place::Choice {
            include: request.include_patterns,
            exclude: request.exclude_patterns,
            ..place::Choice::default()
        };
        let job = service.index(&root, choice, request.max_files)?;
        if request.wait.unwrap_or(true) {
            job.wait(INDEX_WAIT.min(timeout));
        }
        let answer = JobAnswer::new(&job);
        match answer.error {
            Some(error) => Err(Problem::unindexed(error)),
            None => Ok(Reply::with(answer.status(), &answer)),
        }
    })
    .await
}

/// Says how far an index run is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "workspaces",
    params(("id" = u64, Path, description = "The number of the job.")),
    responses((status = 200, description = "How far it is.", body = JobAnswer)))]
pub async fn job(State(app): State<Shared>, InPath(id): InPath<String>) -> Result<Reply, Problem> {
    let job = id.parse().ok().and_then(|number| app.service.jobs.get(number));
    let job: Arc<Job> = job.ok_or_else(|| Problem::not_found("job", &id))?;
    Ok(Reply::json(&JobAnswer::new(&job)))
}

/// A workspace that is indexed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
struct WorkspaceWire {
    /// Names it, as in `X-Workspace-ID`.
    id: String,
    root: String,
    /// Whether the folder still exists.
    root_exists: bool,
    /// Whether questions that name no workspace are about this one too.
    is_default: bool,
    documents: Option<u64>,
    passages: Option<u64>,
    /// When the index was last written, in seconds since 1970.
    indexed_s: Option<i64>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A space of documents that are not files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Library)]
struct LibraryWire {
    /// Names it, as in `X-Workspace-ID`.
    id: String,
    documents: Option<u64>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What is indexed.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkspacesAnswer {
    workspaces: Vec<WorkspaceWire>,
    /// The number of workspaces.
    total: usize,
    libraries: Vec<LibraryWire>,
}

/// Lists the workspaces that are indexed.
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "workspaces",
    responses((status = 200, description = "All of them, by root.", body = WorkspacesAnswer)))]
pub async fn list(State(app): State<Shared>) -> Result<Reply, Problem> {
    app.work(|service| {
        let spaces = &service.spaces;
        let mut workspaces = Vec::new();
        for known in spaces.known()? {
            let is_default = spaces.named().iter().any(|root| root.path() == known.root);
            let opened = crate::operation::open_known(&known.root, &known.database);
            let counted =
                opened.and_then(|workspace| Ok((workspace.totals()?, workspace.indexed_s())));
            let (totals, indexed_s, problem) = match counted {
                Ok((totals, indexed_s)) => (Some(totals), indexed_s, None),
                Err(error) => (None, None, Some(error.to_string())),
            };
            workspaces.push(WorkspaceWire {
                root_exists: known.root.is_dir(),
                root: text_of(&known.root),
                id: known.id,
                is_default,
                documents: totals.as_ref().map(|totals| totals.documents),
                passages: totals.as_ref().map(|totals| totals.passages),
                indexed_s,
                problem,
            });
        }
        let mut libraries = Vec::new();
        for place in spaces.libraries()? {
            let counted = spaces
                .library(&place.name)
                .and_then(|library| library.map_or(Ok(0), |library| library.count()));
            let (documents, problem) = match counted {
                Ok(documents) => (Some(documents), None),
                Err(error) => (None, Some(error.to_string())),
            };
            libraries.push(LibraryWire { id: place.name, documents, problem });
        }
        Ok(Reply::json(&WorkspacesAnswer { total: workspaces.len(), workspaces, libraries }))
    })
    .await
}

/// Says what is indexed of a workspace, and how fresh it is.
#[utoipa::path(get, path = "/api/v1/workspaces/{id}", tag = "workspaces",
    params(("id" = String, Path, description = "The id of a workspace.")),
    responses((status = 200, description = "Its state, measured now.", body = StatusWire)))]
pub async fn status(
    State(app): State<Shared>,
    InPath(id): InPath<String>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let space = service.spaces.resolve(Wanted { path: None, id: Some(&id) })?;
        let root = space.roots.first().ok_or_else(|| Problem::not_found("workspace", &id))?;
        let target = root.target(&service.spaces.grounds)?;
        let status = crate::operation::status(&target)?;
        Ok(Reply::json(&StatusWire::new(target.root(), &target.location.database, &status)))
    })
    .await
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForgottenAnswer {
    id: String,
    root: String,
    forgotten: bool,
}

/// Deletes the index of a workspace; its files are not touched.
#[utoipa::path(delete, path = "/api/v1/workspaces/{id}", tag = "workspaces",
    params(("id" = String, Path, description = "The id of a workspace.")),
    responses((status = 200, description = "It is deleted.", body = ForgottenAnswer)))]
pub async fn forget(
    State(app): State<Shared>,
    InPath(id): InPath<String>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let known = service.spaces.forget(&id)?;
        let root = text_of(&known.root);
        Ok(Reply::json(&ForgottenAnswer { id: known.id, root, forgotten: true }))
    })
    .await
}
