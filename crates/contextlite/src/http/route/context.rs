//! Whole answers: passages within a budget, with the proof.

use std::time::{Duration, Instant};

use axum::extract::State;
use contextlite_engine::context::{CitedPassage, Context, Method, Stages};
use contextlite_engine::feature::FEATURE_NAMES;
use contextlite_engine::utility::Weights;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::asking::Asking;
use super::metadata::Metadata;
use super::reply::{Reply, milliseconds};
use crate::http::Shared;
use crate::http::extract::{Body, WorkspaceId};
use crate::http::problem::Problem;
use crate::instance::{self, InstanceFormat};
use crate::service::Answer;
use crate::wire::{
    BILLIONTHS, ComparisonWire, FeaturesWire, LeftOutWire, SymbolWire, TokenizerWire, text_of,
};

/// One passage of an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document)]
pub struct DocumentWire<'a> {
    /// Names the document.
    id: &'a str,
    /// Its path, relative to `root`.
    path: &'a str,
    /// The root of its workspace; empty for a document that is not a file.
    root: String,
    /// The text of the lines.
    content: &'a str,
    language: &'static str,
    /// 1-based.
    start_line: u32,
    /// 1-based, inclusive.
    end_line: u32,
    /// The utility that the passage was chosen by.
    score: f32,
    /// The same as `score`.
    utility_score: f32,
    relevance_score: f32,
    recency_score: f32,
    features: FeaturesWire,
    /// The tokens of the passage as it stands in `context`.
    tokens: u32,
    /// What speaks for it.
    inclusion_reason: String,
    /// The names around it.
    breadcrumb: &'a str,
    /// The names that it defines.
    symbols: Vec<SymbolWire<'a>>,
    /// BLAKE3 of the document when it was indexed.
    document_hash: &'a str,
    pinned: bool,
    /// As it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    metadata: Option<&'a RawValue>,
}

impl<'a> DocumentWire<'a> {
    /// A passage as it is answered.
    pub fn new(passage: &'a CitedPassage, metadata: &'a Metadata) -> Self {
        Self {
            id: passage.document_id.as_deref().unwrap_or(&passage.path),
            path: &passage.path,
            root: root(passage),
            content: &passage.text,
            language: passage.language.name(),
            start_line: passage.first_line,
            end_line: passage.last_line,
            score: passage.score,
            utility_score: passage.score,
            relevance_score: passage.features.relevance,
            recency_score: passage.features.recency,
            features: FeaturesWire::from(passage.features),
            tokens: passage.tokens,
            inclusion_reason: reason(passage),
            breadcrumb: &passage.breadcrumb,
            symbols: passage.symbols.iter().map(SymbolWire::from).collect(),
            document_hash: &passage.document_hash,
            pinned: passage.is_pinned,
            metadata: passage
                .document_id
                .as_ref()
                .and_then(|id| metadata.get(id).map(|metadata| &**metadata)),
        }
    }
}

/// The root of a file's workspace; empty for a document of a library.
pub fn root(passage: &CitedPassage) -> String {
    match passage.document_id {
        Some(_) => String::new(),
        None => text_of(&passage.root),
    }
}

/// The features that speak most for a passage, by their part in its utility under the default
/// weights, or that it was asked for.
pub fn reason(passage: &CitedPassage) -> String {
    if passage.is_pinned {
        return "pinned by the request".to_owned();
    }
    let weighed = FEATURE_NAMES.iter().zip(passage.features.values()).zip(Weights::default().0);
    let for_it = weighed.filter(|((name, _), _)| **name != "uncertainty");
    let mut for_it: Vec<_> =
        for_it.map(|((name, value), weight)| (value * weight, name, value)).collect();
    for_it.sort_by(|a, b| b.0.total_cmp(&a.0));
    let strongest = for_it.iter().take(3).map(|(_, name, value)| format!("{name} {value:.2}"));
    strongest.collect::<Vec<_>>().join(", ")
}

/// How long the parts of an answer took, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timings)]
pub struct TimingsWire {
    /// Bringing the index up to date.
    index_ms: f64,
    /// Finding and ranking candidates; absent in an answer from memory, as the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank_ms: Option<f64>,
    /// Choosing among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    select_ms: Option<f64>,
    /// Reading, citing and counting what was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    render_ms: Option<f64>,
    /// All of it.
    total_ms: f64,
}

impl TimingsWire {
    fn new(answer: &Answer, stages: Stages, total: Duration) -> Self {
        let stage = |time: Duration| (!answer.is_cached).then(|| milliseconds(time));
        Self {
            index_ms: milliseconds(answer.index),
            rank_ms: stage(stages.rank),
            select_ms: stage(stages.select),
            render_ms: stage(stages.render),
            total_ms: milliseconds(total),
        }
    }
}

/// What is known of the choice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Solver)]
pub struct SolverWire {
    /// `exact` or `greedy`.
    solver_used: &'static str,
    /// `optimal`, `gap` or `infeasible`.
    status: &'static str,
    objective_style: &'static str,
    /// The value of the choice; the best passage's worth is 1.
    objective: f64,
    /// A value that no choice exceeds.
    upper_bound: f64,
    /// `(upper_bound - objective) / upper_bound`.
    gap: f64,
    coherence: f64,
    redundancy: f64,
    solve_time_us: u64,
    solve_time_ms: f64,
    variable_count: usize,
    constraint_count: usize,
    k_candidates: usize,
    pairs_count: usize,
    nodes: u64,
    budget_tokens: u32,
    max_docs: Option<u32>,
    /// Names the instance that was solved.
    digest: String,
    /// Why the choice was not made exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_reason: Option<&'static str>,
}

impl SolverWire {
    fn new(context: &Context, stages: Stages, max_docs: Option<u32>) -> Self {
        let selection = &context.selection;
        Self {
            solver_used: selection.method.name(),
            status: selection.status.name(),
            objective_style: selection.style,
            objective: selection.objective as f64 / BILLIONTHS,
            upper_bound: selection.upper_bound as f64 / BILLIONTHS,
            gap: selection.gap,
            coherence: selection.coherence as f64 / BILLIONTHS,
            redundancy: selection.redundancy as f64 / BILLIONTHS,
            solve_time_us: stages.select.as_micros() as u64,
            solve_time_ms: milliseconds(stages.select),
            variable_count: selection.candidates,
            constraint_count: selection.constraints,
            k_candidates: selection.candidates,
            pairs_count: selection.pairs,
            nodes: selection.nodes,
            budget_tokens: context.budget_tokens,
            max_docs,
            digest: selection.digest.to_string(),
            fallback_reason: (selection.method == Method::Greedy)
                .then_some("the request says use_smt: false"),
        }
    }
}

/// The answer of a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContextAnswer<'a> {
    query: &'a str,
    /// The rendered passages, to be read by a model.
    context: &'a str,
    documents: Vec<DocumentWire<'a>>,
    /// The passages of the answer.
    total_documents: usize,
    /// The documents that were searched.
    searched_documents: u64,
    /// The tokens of `context`.
    total_tokens: u32,
    budget_tokens: u32,
    tokenizer: TokenizerWire,
    /// What the pairs inside the answer add.
    coherence_score: f64,
    cache_hit: bool,
    /// Names question, options and content.
    cache_key_fingerprint: String,
    /// Nanoseconds.
    processing_time: u64,
    timings: TimingsWire,
    smt_metrics: SolverWire,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutWire<'a>>,
    /// In an answer of `baseline`: the optimal choice, a greedy one, and taking passages by utility
    /// and by BM25 alone until the next one does not fit; what each is worth, and how many passages
    /// it shares with the optimal one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparison: Vec<ComparisonWire<'a>>,
    /// What `contextlite verify` checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<serde_json::Value>,
    /// What should be known about the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl<'a> ContextAnswer<'a> {
    fn new(
        answer: &'a Answer,
        metadata: &'a Metadata,
        max_docs: Option<u32>,
        total: Duration,
    ) -> Self {
        let (context, stages) = &*answer.content;
        let certificate = context.instance.as_ref().map(|instance| {
            let text = instance::text_of(instance, InstanceFormat::Json);
            serde_json::from_str(&text).expect("an instance is written as JSON")
        });
        Self {
            query: &context.query,
            context: &context.text,
            documents: context
                .passages
                .iter()
                .map(|passage| DocumentWire::new(passage, metadata))
                .collect(),
            total_documents: context.passages.len(),
            searched_documents: context.documents,
            total_tokens: context.total_tokens,
            budget_tokens: context.budget_tokens,
            tokenizer: context.tokenizer.into(),
            coherence_score: context.selection.coherence as f64 / BILLIONTHS,
            cache_hit: answer.is_cached,
            cache_key_fingerprint: answer.fingerprint.to_string(),
            processing_time: total.as_nanos() as u64,
            timings: TimingsWire::new(answer, *stages, total),
            smt_metrics: SolverWire::new(context, *stages, max_docs),
            left_out: context.left_out.iter().map(LeftOutWire::from).collect(),
            comparison: context.comparison.iter().map(ComparisonWire::from).collect(),
            certificate,
            message: message(answer),
        }
    }
}

/// What should be known about an answer: why it is empty, and what the indexes say.
fn message(answer: &Answer) -> Option<String> {
    let context = &answer.content.0;
    let mut said: Vec<String> = answer.notes.clone();
    said.extend(context.selection.note.clone());
    if context.passages.is_empty() && context.selection.note.is_none() {
        said.push(match (context.documents, context.selection.candidates) {
            (0, _) => "nothing is indexed here yet".to_owned(),
            (_, 0) => "nothing was found; try other words".to_owned(),
            _ => "no passage fits into the budget; raise max_tokens".to_owned(),
        });
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// Assembles the context of a question.
///
/// The choice is optimal under the budget, or says how far from it it may be.
#[utoipa::path(post, path = "/api/v1/context/assemble", tag = "context", request_body = Asking,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The answer.", body = ContextAnswer)))]
pub async fn assemble(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Body(asking): Body<Asking>,
) -> Result<Reply, Problem> {
    answer(&app, id, asking, false).await
}

/// Compares the optimal choice with a greedy one and with plain ranked ones, under the same budget.
#[utoipa::path(post, path = "/api/v1/context/baseline", tag = "context", request_body = Asking,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "All choices.", body = ContextAnswer)))]
pub async fn baseline(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Body(asking): Body<Asking>,
) -> Result<Reply, Problem> {
    answer(&app, id, asking, true).await
}

/// The answer; with `compare` beside other ways to choose.
async fn answer(
    app: &Shared,
    id: Option<String>,
    asking: Asking,
    compare: bool,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let start = Instant::now();
        let question =
            asking.question(&service.spaces.grounds.configuration.settings(), compare)?;
        let space = service.spaces.resolve(asking.wanted(id.as_deref()))?;
        let answer = service.context(&space, &question, asking.may_use_cache())?;
        let metadata = asking.metadata(service, &space, &answer.content.0.passages)?;
        let max_docs = question.selection.passages_max;
        Ok(Reply::json(&ContextAnswer::new(&answer, &metadata, max_docs, start.elapsed())))
    })
    .await
}
