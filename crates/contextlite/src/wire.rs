//! The JSON of every answer, the same for all faces.
//!
//! Scripts rely on these shapes: a field is added, never renamed or given another unit. Lines are
//! 1-based and inclusive; paths are relative to their `root`; scores and objectives are in units
//! of utility; times are in milliseconds where the name says `_ms`. Paths are the engine's: `/`
//! between the parts, bytes that are not UTF-8 as `%XX`.

use std::path::Path;
use std::time::Duration;

use contextlite_engine::context::{
    CitedPassage, Comparison, Context, LeftOut, SearchAnswer, Selection, Symbol, TierValue,
};
use contextlite_engine::engine::{Excerpt, IndexReport, SkippedFile, WorkspaceStatus};
use contextlite_engine::error::{Error, ErrorKind};
use contextlite_engine::feature::Features;
use contextlite_engine::symbol::{DocumentOutline, Origin, Part, SymbolAnswer};
use contextlite_engine::token::Tokenizer;
use contextlite_select::{CheckError, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

/// What an index run would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The paths of the documents, sorted.
    pub documents: Vec<String>,
    /// The bytes of their texts.
    pub text_bytes: u64,
    /// The files that are left out and why, sorted by path.
    pub skipped: Vec<SkippedFile>,
    /// What is wrong with ignore files.
    pub warnings: Vec<String>,
}

/// Values of selections and certificates are whole billionths.
pub const BILLIONTHS: f64 = 1e9;

/// A name that a passage defines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Symbol)]
pub struct SymbolWire<'a> {
    name: &'a str,
    kind: &'static str,
    line: u32,
}

/// One cited passage, in a search and in a context.
#[derive(Debug, Serialize)]
pub struct PassageWire<'a> {
    path: &'a str,
    start_line: u32,
    end_line: u32,
    tokens: u32,
    score: f32,
    language: &'static str,
    breadcrumb: &'a str,
    symbols: Vec<SymbolWire<'a>>,
    features: FeaturesWire,
    #[serde(skip_serializing_if = "is_false")]
    pinned: bool,
    root: String,
    document_hash: &'a str,
    text: &'a str,
}

impl<'a> From<&'a Symbol> for SymbolWire<'a> {
    fn from(symbol: &'a Symbol) -> Self {
        Self { name: &symbol.name, kind: symbol.kind.name(), line: symbol.line }
    }
}

impl<'a> From<&'a CitedPassage> for PassageWire<'a> {
    fn from(passage: &'a CitedPassage) -> Self {
        Self {
            path: &passage.path,
            start_line: passage.first_line,
            end_line: passage.last_line,
            tokens: passage.tokens,
            score: passage.score,
            language: passage.language.name(),
            breadcrumb: &passage.breadcrumb,
            symbols: passage.symbols.iter().map(SymbolWire::from).collect(),
            features: passage.features.into(),
            pinned: passage.is_pinned,
            root: text_of(&passage.root),
            document_hash: &passage.document_hash,
            text: &passage.text,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer asks this way")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// The seven features by name, each in [0, 1].
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Features)]
pub struct FeaturesWire {
    relevance: f32,
    recency: f32,
    entanglement: f32,
    prior: f32,
    authority: f32,
    specificity: f32,
    uncertainty: f32,
}

impl From<Features> for FeaturesWire {
    fn from(features: Features) -> Self {
        Self {
            relevance: features.relevance,
            recency: features.recency,
            entanglement: features.entanglement,
            prior: features.prior,
            authority: features.authority,
            specificity: features.specificity,
            uncertainty: features.uncertainty,
        }
    }
}

/// The answer of `search`.
#[derive(Debug, Serialize)]
pub struct SearchWire<'a> {
    query: &'a str,
    results: Vec<PassageWire<'a>>,
    total: usize,
    took_ms: f64,
    index_ms: f64,
    notes: &'a [String],
}

impl<'a> SearchWire<'a> {
    /// The answer, with the times of answering and of the indexing before it, and what should be
    /// known about it.
    pub fn new(answer: &'a SearchAnswer, times: Times, notes: &'a [String]) -> Self {
        Self {
            query: &answer.query,
            results: answer.results.iter().map(PassageWire::from).collect(),
            total: answer.total,
            took_ms: milliseconds(times.answer),
            index_ms: milliseconds(times.index),
            notes,
        }
    }
}

/// How long the two parts of an answer took; kept apart so that neither hides the other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Bringing the index up to date, opening included.
    pub index: Duration,
    /// Answering.
    pub answer: Duration,
}

/// Rounds to microseconds, so that the number is short.
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

/// A tokenizer and whether its counts are a model's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokenizer)]
pub struct TokenizerWire {
    name: &'static str,
    exact: bool,
}

impl From<Tokenizer> for TokenizerWire {
    fn from(tokenizer: Tokenizer) -> Self {
        Self { name: tokenizer.name(), exact: tokenizer.is_exact() }
    }
}

/// One tier of the lexicographic style.
#[derive(Debug, Serialize)]
pub struct TierWire {
    name: &'static str,
    objective: Option<f64>,
    upper_bound: f64,
}

impl From<&TierValue> for TierWire {
    fn from(tier: &TierValue) -> Self {
        Self {
            name: tier.name,
            objective: tier.objective.map(|value| value as f64 / BILLIONTHS),
            upper_bound: tier.upper_bound as f64 / BILLIONTHS,
        }
    }
}

/// How another way to choose would have fared.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub struct ComparisonWire<'a> {
    method: &'static str,
    objective: f64,
    tokens: u64,
    passages: &'a [String],
    shared: usize,
    permitted: bool,
}

impl<'a> From<&'a Comparison> for ComparisonWire<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self {
            method: comparison.method,
            objective: comparison.objective as f64 / BILLIONTHS,
            tokens: comparison.tokens,
            passages: &comparison.passages,
            shared: comparison.shared,
            permitted: comparison.is_permitted,
        }
    }
}

/// A candidate that is not in the answer, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeftOut)]
pub struct LeftOutWire<'a> {
    passage: &'a str,
    tokens: u32,
    score: f32,
    reason: &'static str,
}

impl<'a> From<&'a LeftOut> for LeftOutWire<'a> {
    fn from(left_out: &'a LeftOut) -> Self {
        Self {
            passage: &left_out.passage,
            tokens: left_out.tokens,
            score: left_out.score,
            reason: left_out.reason.name(),
        }
    }
}

/// What is known of a selection.
#[derive(Debug, Serialize)]
pub struct SelectionWire<'a> {
    status: &'static str,
    style: &'static str,
    method: &'static str,
    objective: f64,
    upper_bound: f64,
    gap: f64,
    coherence: f64,
    redundancy: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<TierWire>,
    candidates: usize,
    pairs: usize,
    constraints: usize,
    nodes: u64,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl<'a> From<&'a Selection> for SelectionWire<'a> {
    fn from(selection: &'a Selection) -> Self {
        Self {
            status: selection.status.name(),
            style: selection.style,
            method: selection.method.name(),
            objective: selection.objective as f64 / BILLIONTHS,
            upper_bound: selection.upper_bound as f64 / BILLIONTHS,
            gap: selection.gap,
            coherence: selection.coherence as f64 / BILLIONTHS,
            redundancy: selection.redundancy as f64 / BILLIONTHS,
            tiers: selection.tiers.iter().map(TierWire::from).collect(),
            candidates: selection.candidates,
            pairs: selection.pairs,
            constraints: selection.constraints,
            nodes: selection.nodes,
            digest: selection.digest.to_string(),
            note: selection.note.as_deref(),
        }
    }
}

/// The answer of `context`.
#[derive(Debug, Serialize)]
pub struct ContextWire<'a> {
    query: &'a str,
    budget_tokens: u32,
    total_tokens: u32,
    tokenizer: TokenizerWire,
    passages: Vec<PassageWire<'a>>,
    selection: SelectionWire<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparison: Vec<ComparisonWire<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutWire<'a>>,
    documents: u64,
    took_ms: f64,
    index_ms: f64,
    notes: &'a [String],
    context: &'a str,
}

impl<'a> ContextWire<'a> {
    /// The answer, with the times of answering and of the indexing before it, and what should be
    /// known about it.
    pub fn new(context: &'a Context, times: Times, notes: &'a [String]) -> Self {
        Self {
            query: &context.query,
            budget_tokens: context.budget_tokens,
            total_tokens: context.total_tokens,
            tokenizer: context.tokenizer.into(),
            passages: context.passages.iter().map(PassageWire::from).collect(),
            selection: (&context.selection).into(),
            comparison: context.comparison.iter().map(ComparisonWire::from).collect(),
            left_out: context.left_out.iter().map(LeftOutWire::from).collect(),
            documents: context.documents,
            took_ms: milliseconds(times.answer),
            index_ms: milliseconds(times.index),
            notes,
            context: &context.text,
        }
    }
}

/// What a check of a certificate found.
#[derive(Debug)]
pub struct Verification {
    /// The candidates that were chosen from.
    pub candidates: usize,
    /// The pair terms.
    pub pairs: usize,
    /// The budget in tokens.
    pub budget_tokens: u32,
    /// Names the instance, as it was recomputed.
    pub digest: String,
    /// The name of the style.
    pub style: &'static str,
    /// The candidates of the answer.
    pub chosen: usize,
    /// What they cost.
    pub tokens: u64,
    /// The steps of all branch records.
    pub steps: usize,
    /// What the certificate proves, or the claim that does not hold.
    pub verdict: Result<Verdict, CheckError>,
}

impl Verification {
    /// The verdict in one word: `optimal`, `gap`, `infeasible`, `unchecked` or `rejected`.
    pub fn word(&self) -> &'static str {
        match &self.verdict {
            Err(_) => "rejected",
            Ok(verdict) if !verdict.is_bound_checked => "unchecked",
            Ok(verdict) if !verdict.is_proven => "gap",
            Ok(Verdict { objective: Some(_), .. }) => "optimal",
            Ok(_) => "infeasible",
        }
    }
}

/// The answer of `verify`.
#[derive(Debug, Serialize)]
pub struct VerificationWire<'a> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    style: &'a str,
    digest: &'a str,
    candidates: usize,
    pairs: usize,
    budget_tokens: u32,
    chosen: usize,
    tokens: u64,
    steps: usize,
    objective: Option<f64>,
    upper_bound: Option<f64>,
}

impl<'a> From<&'a Verification> for VerificationWire<'a> {
    fn from(found: &'a Verification) -> Self {
        let verdict = found.verdict.as_ref().ok();
        let units = |billionths: i64| billionths as f64 / BILLIONTHS;
        Self {
            verdict: found.word(),
            reason: found.verdict.as_ref().err().map(ToString::to_string),
            style: found.style,
            digest: &found.digest,
            candidates: found.candidates,
            pairs: found.pairs,
            budget_tokens: found.budget_tokens,
            chosen: found.chosen,
            tokens: found.tokens,
            steps: found.steps,
            objective: verdict.and_then(|verdict| verdict.objective).map(units),
            upper_bound: verdict.map(|verdict| units(verdict.upper_bound)),
        }
    }
}

/// The answer of `show`.
#[derive(Debug, Serialize)]
pub struct ExcerptWire<'a> {
    path: &'a str,
    start_line: u32,
    end_line: u32,
    lines: u32,
    language: &'static str,
    root: String,
    document_hash: &'a str,
    /// Whether the file is another one now than when it was indexed.
    changed: bool,
    text: &'a str,
}

impl<'a> ExcerptWire<'a> {
    /// The lines, with the root that their path is relative to.
    pub fn new(excerpt: &'a Excerpt, root: &Path) -> Self {
        Self {
            path: &excerpt.path,
            start_line: excerpt.first_line,
            end_line: excerpt.last_line,
            lines: excerpt.lines,
            language: excerpt.language.name(),
            root: text_of(root),
            document_hash: &excerpt.document_hash,
            changed: excerpt.changed,
            text: &excerpt.text,
        }
    }
}

/// A named part of a document.
#[derive(Debug, Serialize)]
pub struct PartWire<'a> {
    name: &'a str,
    kind: &'static str,
    signature: &'a str,
    /// The names around it.
    breadcrumb: &'a str,
    depth: u32,
    /// The first line, with its documentation.
    start_line: u32,
    end_line: u32,
    /// The line of the signature.
    line: u32,
}

impl<'a> From<&'a Part> for PartWire<'a> {
    fn from(part: &'a Part) -> Self {
        Self {
            name: &part.name,
            kind: part.kind.name(),
            signature: &part.signature,
            breadcrumb: &part.breadcrumb,
            depth: part.depth,
            start_line: part.first_line,
            end_line: part.last_line,
            line: part.line,
        }
    }
}

/// The answer of `outline`.
#[derive(Debug, Serialize)]
pub struct OutlineWire<'a> {
    path: &'a str,
    root: String,
    language: &'static str,
    lines: u32,
    /// Whether the file is another one now than when it was indexed.
    changed: bool,
    parts: Vec<PartWire<'a>>,
    notes: &'a [String],
}

impl<'a> OutlineWire<'a> {
    /// The parts of a document below `root`, and what should be known about the answer.
    pub fn new(outline: &'a DocumentOutline, root: &Path, notes: &'a [String]) -> Self {
        Self {
            path: &outline.path,
            root: text_of(root),
            language: outline.language.name(),
            lines: outline.lines,
            changed: outline.changed,
            parts: outline.parts.iter().map(PartWire::from).collect(),
            notes,
        }
    }
}

/// A part of a document, and which document that is.
#[derive(Debug, Serialize)]
struct PlacedPartWire<'a> {
    path: &'a str,
    root: String,
    #[serde(flatten)]
    part: PartWire<'a>,
    /// How often it mentions the name; absent in a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<u32>,
}

impl<'a> PlacedPartWire<'a> {
    fn new(origin: &'a Origin, part: &'a Part, references: Option<u32>) -> Self {
        let root = text_of(&origin.root);
        Self { path: &origin.path, root, part: part.into(), references }
    }
}

/// A line that mentions a name.
#[derive(Debug, Serialize)]
struct MentionWire<'a> {
    path: &'a str,
    root: String,
    line: u32,
    text: &'a str,
}

/// The answer of `symbol`.
#[derive(Debug, Serialize)]
pub struct SymbolAnswerWire<'a> {
    name: &'a str,
    definitions: Vec<PlacedPartWire<'a>>,
    definitions_total: usize,
    callers: Vec<PlacedPartWire<'a>>,
    callers_total: usize,
    references: Vec<MentionWire<'a>>,
    /// As recorded; the list may be shorter.
    references_total: u64,
    referencing_documents: usize,
    /// How many of them were looked into.
    searched_documents: usize,
    notes: &'a [String],
}

impl<'a> SymbolAnswerWire<'a> {
    /// What is known of a name, and what should be known about the answer.
    pub fn new(answer: &'a SymbolAnswer, notes: &'a [String]) -> Self {
        let definitions = answer.definitions.iter();
        let callers = answer.callers.iter();
        Self {
            name: &answer.name,
            definitions: definitions
                .map(|found| PlacedPartWire::new(&found.origin, &found.part, None))
                .collect(),
            definitions_total: answer.definitions_total,
            callers: callers
                .map(|found| PlacedPartWire::new(&found.origin, &found.part, Some(found.mentions)))
                .collect(),
            callers_total: answer.callers_total,
            references: answer
                .mentions
                .iter()
                .map(|mention| MentionWire {
                    path: &mention.origin.path,
                    root: text_of(&mention.origin.root),
                    line: mention.line,
                    text: &mention.text,
                })
                .collect(),
            references_total: answer.mentions_total,
            referencing_documents: answer.mentioning_documents,
            searched_documents: answer.searched_documents,
            notes,
        }
    }
}

/// A path that was left out, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Skip)]
pub struct SkipWire<'a> {
    path: &'a str,
    kind: &'a str,
    reason: &'a str,
}

impl<'a> From<&'a SkippedFile> for SkipWire<'a> {
    fn from(skip: &'a SkippedFile) -> Self {
        Self { path: &skip.path, kind: &skip.name, reason: &skip.reason }
    }
}

/// The answer of `index`.
#[derive(Debug, Serialize)]
pub struct IndexWire<'a> {
    root: String,
    dry_run: bool,
    documents: u64,
    passages: u64,
    scanned: u64,
    indexed: u64,
    refreshed: u64,
    unchanged: u64,
    removed: u64,
    text_bytes: u64,
    commits: u64,
    skipped_total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<Vec<SkipWire<'a>>>,
    took_ms: f64,
    notes: &'a [String],
}

impl<'a> IndexWire<'a> {
    /// What a run on `root` did; every file that was left out only if `is_explained`.
    pub fn new(
        root: &Path,
        report: &'a IndexReport,
        is_explained: bool,
        took: Duration,
        notes: &'a [String],
    ) -> Self {
        Self {
            root: text_of(root),
            dry_run: false,
            documents: report.totals.documents,
            passages: report.totals.passages,
            scanned: report.scanned,
            indexed: report.indexed,
            refreshed: report.refreshed,
            unchanged: report.unchanged,
            removed: report.removed,
            text_bytes: report.text_bytes,
            commits: report.commits,
            skipped_total: report.skipped.len(),
            skipped: is_explained.then(|| report.skipped.iter().map(SkipWire::from).collect()),
            took_ms: milliseconds(took),
            notes,
        }
    }
}

/// The answer of `index --dry-run`.
#[derive(Debug, Serialize)]
pub struct PlanWire<'a> {
    root: String,
    dry_run: bool,
    documents: &'a [String],
    text_bytes: u64,
    skipped_total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<Vec<SkipWire<'a>>>,
    notes: &'a [String],
}

impl<'a> PlanWire<'a> {
    /// What a run on `root` would hold; every file that was left out only if `is_explained`.
    pub fn new(root: &Path, plan: &'a Plan, is_explained: bool) -> Self {
        Self {
            root: text_of(root),
            dry_run: true,
            documents: &plan.documents,
            text_bytes: plan.text_bytes,
            skipped_total: plan.skipped.len(),
            skipped: is_explained.then(|| plan.skipped.iter().map(SkipWire::from).collect()),
            notes: &plan.warnings,
        }
    }
}

/// A name and how many there are of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Count)]
pub struct CountWire<'a> {
    name: &'a str,
    count: u64,
}

fn counts(pairs: &[(String, u64)]) -> Vec<CountWire<'_>> {
    pairs.iter().map(|(name, count)| CountWire { name, count: *count }).collect()
}

/// What changed on disk since the last index run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Freshness)]
pub struct FreshnessWire {
    fresh: bool,
    changed: u64,
    new: u64,
    deleted: u64,
}

/// The answer of `status`, and one line of `workspaces`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusWire<'a> {
    root: String,
    database: String,
    documents: u64,
    passages: u64,
    text_bytes: u64,
    database_bytes: u64,
    index_bytes: u64,
    generation: u64,
    indexed_s: Option<i64>,
    /// The commit whose history is indexed.
    head: Option<&'a str>,
    /// The commit that is checked out, and its branch.
    head_now: Option<&'a str>,
    branch: Option<&'a str>,
    languages: Vec<CountWire<'a>>,
    skipped: Vec<CountWire<'a>>,
    freshness: FreshnessWire,
}

impl<'a> StatusWire<'a> {
    /// The state of the workspace at `root`.
    pub fn new(root: &Path, database: &Path, status: &'a WorkspaceStatus) -> Self {
        Self {
            root: text_of(root),
            database: text_of(database),
            documents: status.documents,
            passages: status.passages,
            text_bytes: status.text_bytes,
            database_bytes: status.database_bytes,
            index_bytes: status.index_bytes,
            generation: status.generation,
            indexed_s: status.indexed_s,
            head: status.head.as_deref(),
            head_now: status.head_now.as_ref().map(|head| head.id.as_str()),
            branch: status.head_now.as_ref().and_then(|head| head.branch.as_deref()),
            languages: counts(&status.languages),
            skipped: counts(&status.skipped),
            freshness: FreshnessWire {
                fresh: status.is_fresh(),
                changed: status.changed,
                new: status.new,
                deleted: status.deleted,
            },
        }
    }
}

/// A failure, as [`Error`] tells it.
#[derive(Debug, Serialize)]
pub struct ErrorWire {
    error: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl ErrorWire {
    /// The failure with its next step, where that is not in the sentence already.
    pub fn new(error: &Error, hint: Option<String>) -> Self {
        let field = match error {
            Error::InvalidInput { field, .. } => Some(*field),
            _ => None,
        };
        Self { error: error.to_string(), code: code_of(error.kind()), field, hint }
    }
}

fn code_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "INVALID_INPUT",
        ErrorKind::NotFound => "NOT_FOUND",
        ErrorKind::Io => "IO",
        ErrorKind::Store => "STORE",
        ErrorKind::Busy => "BUSY",
        ErrorKind::Cancelled => "CANCELLED",
    }
}

/// A path of this machine as JSON can hold it; bytes that are not UTF-8 become U+FFFD.
pub fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
