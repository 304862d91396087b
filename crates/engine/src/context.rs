//! What is asked and what is answered: the values at both ends of a question's walk.

use std::path::PathBuf;
use std::time::Duration;

use contextlite_select::{Certificate, Digest, Problem, Style};

use crate::feature::Features;
use crate::language::Language;
use crate::passage::SymbolKind;
use crate::token::Tokenizer;

/// The default budget of an answer, in tokens.
pub const BUDGET_TOKENS_DEFAULT: u32 = 4000;

/// In which order the passages of an answer stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Documents by their best passage, the best first; inside a document by position.
    #[default]
    Document,
    /// Passages by score, the best first.
    Score,
}

/// A question with the limits of its answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// The question: plain words, an identifier, a path, a stack trace, an issue text.
    pub text: String,
    /// The most tokens that the rendered answer may have.
    pub budget_tokens: u32,
    /// The tokenizer that the budget is counted with.
    pub tokenizer: Tokenizer,
    /// Only documents whose path matches one of these globs; empty for all.
    pub include: Vec<String>,
    /// No document whose path matches one of these globs.
    pub exclude: Vec<String>,
    /// No passage of these places; a place that is not indexed is no passage anyway.
    pub without: Vec<Place>,
    /// The order of the rendered passages.
    pub order: Order,
    /// How the passages are chosen.
    pub selection: SelectionOptions,
}

impl Question {
    /// A question with the default budget, tokenizer and order, about all documents.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            budget_tokens: BUDGET_TOKENS_DEFAULT,
            tokenizer: Tokenizer::default(),
            include: Vec::new(),
            exclude: Vec::new(),
            without: Vec::new(),
            order: Order::default(),
            selection: SelectionOptions::default(),
        }
    }
}

/// How an answer is chosen among the candidates, beyond its budget.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SelectionOptions {
    /// What is best.
    pub style: ObjectiveStyle,
    /// How the best is looked for.
    pub method: Method,
    /// The choice may be this much below the best, in millionths; 0 asks for the best.
    pub gap_millionths: u32,
    /// The most time for the proof; what is not proven by then is answered with a gap. The only
    /// option under which two runs may differ.
    pub time_max: Option<Duration>,
    /// The most passages.
    pub passages_max: Option<u32>,
    /// The most passages of one document.
    pub per_document_max: Option<u32>,
    /// What must be in the answer, whether the question leads there or not.
    pub pinned: Vec<Place>,
    /// Whether to compare the choice with what a greedy and a plain ranked choice would be.
    pub compare: bool,
    /// Whether to answer with the instance and its certificate.
    pub record: bool,
    /// Whether to say of each candidate that was not chosen why not.
    pub explain: bool,
}

/// How a selection is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// By exact search, with a proof.
    #[default]
    Exact,
    /// Greedily: what gains most for each token, until nothing fits. The proof is still made, and
    /// says how far below the best the choice is.
    Greedy,
}

impl Method {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Greedy => "greedy",
        }
    }
}

/// What makes one selection better than another; see `objective` for the parts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ObjectiveStyle {
    /// The sum of worth, coherence and (negative) redundancy.
    #[default]
    WeightedSum,
    /// Worth, at most a hundredth of it given away; then the least redundancy; then the most
    /// coherence; then the most recency: each as good as those before it permit.
    Lexicographic,
    /// The sum, among the selections within bounds.
    EpsilonConstraint(Bounds),
}

/// The bounds of [`ObjectiveStyle::EpsilonConstraint`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// The most redundancy of all pairs together, in units of the best candidate's worth.
    pub redundancy_max: Option<f64>,
    /// The least coherence of all pairs together, in the same unit.
    pub coherence_min: Option<f64>,
    /// The least mean of the passages' recency, in [0, 1].
    pub recency_min: Option<f64>,
}

/// A document, or lines of it, as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The names that the document may go by, the first one that is indexed counts: a path
    /// relative to a root, or an absolute one below it, or an id in a library. A path in a library
    /// stands for all documents at it.
    pub names: Vec<PathBuf>,
    /// The first and the last line, 1-based and inclusive; all lines if there are none. A passage
    /// is meant if it shares a line.
    pub lines: Option<(u32, u32)>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(name) = self.names.first() {
            write!(f, "{}", name.display())?;
        }
        match self.lines {
            Some((first, last)) => write!(f, ":{first}-{last}"),
            None => Ok(()),
        }
    }
}

/// A name that a passage defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The name as written.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its 1-based line.
    pub line: u32,
}

/// One passage of an answer, cited.
#[derive(Debug, Clone, PartialEq)]
pub struct CitedPassage {
    /// The root of the workspace that holds the document; `library:` and the database of a library.
    pub root: PathBuf,
    /// The path relative to that root, `/` between parts; in a library, as its caller gave it.
    pub path: String,
    /// The document's id in a library; `None` for a file.
    pub document_id: Option<String>,
    /// The first line, 1-based.
    pub first_line: u32,
    /// The last line, 1-based, inclusive.
    pub last_line: u32,
    /// The language of the document.
    pub language: Language,
    /// The names that enclose the passage, joined with ` › `.
    pub breadcrumb: String,
    /// The names that it defines.
    pub symbols: Vec<Symbol>,
    /// The tokens of the passage as rendered, header and fence included.
    pub tokens: u32,
    /// The utility that the passage was selected by, higher is better.
    pub score: f32,
    /// The features that the score was made from.
    pub features: Features,
    /// Whether the caller asked for it by name.
    pub is_pinned: bool,
    /// The text of the lines, exactly as in the indexed document.
    pub text: String,
    /// BLAKE3 of the document's bytes when it was indexed, lower-case hex.
    pub document_hash: String,
}

/// How sure it is that no better selection exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionStatus {
    /// Proven: no other selection within the limits has a greater objective.
    Optimal,
    /// The objective is at most [`Selection::gap`] below the best possible.
    Gap,
    /// No selection fulfils the limits.
    Infeasible,
}

impl SelectionStatus {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::Gap => "gap",
            Self::Infeasible => "infeasible",
        }
    }
}

/// What is known of a selection, in billionths of the best candidate's worth where not said
/// otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Whether the selection is proven.
    pub status: SelectionStatus,
    /// The name of the style: `weighted-sum`, `lexicographic`, `epsilon-constraint`.
    pub style: &'static str,
    /// How it was found.
    pub method: Method,
    /// The value of the selection; of its last tier in the lexicographic style.
    pub objective: i64,
    /// A value that no selection exceeds.
    pub upper_bound: i64,
    /// `(upper_bound - objective) / upper_bound`, in [0, 1]; the largest of all tiers; 0 for an
    /// empty problem.
    pub gap: f64,
    /// What the pairs inside the selection add: the measure that `coherence_min` bounds.
    pub coherence: i64,
    /// What they take, as a positive number: the measure that `redundancy_max` bounds.
    pub redundancy: i64,
    /// The tiers of the lexicographic style in order, as far as they were reached.
    pub tiers: Vec<TierValue>,
    /// The number of candidates that were chosen from.
    pub candidates: usize,
    /// The number of pair terms.
    pub pairs: usize,
    /// The number of limits that a selection must keep: the budget, the caps that could bind, each
    /// pinned and each excluded candidate, each bound of the style.
    pub constraints: usize,
    /// The number of search nodes.
    pub nodes: u64,
    /// Names the instance: problem and style.
    pub digest: Digest,
    /// Why there is no better status, where there is something to say.
    pub note: Option<String>,
}

/// One tier of the lexicographic style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierValue {
    /// What it maximises.
    pub name: &'static str,
    /// Its value in billionths; `None` if no selection was found.
    pub objective: Option<i64>,
    /// A value that no selection exceeds.
    pub upper_bound: i64,
}

/// How another way to choose would have fared with the same candidates and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// `optimal`, `greedy`, `top-k` (by utility until the next one does not fit) or `bm25` (the
    /// same by BM25 alone).
    pub method: &'static str,
    /// The value of its choice by the weighted sum, in billionths.
    pub objective: i64,
    /// The tokens of its choice.
    pub tokens: u64,
    /// Its passages, as `PATH:FIRST-LAST`, in a library `ID:FIRST-LAST`, by rank.
    pub passages: Vec<String>,
    /// How many of them are in the answer, too.
    pub shared: usize,
    /// Whether the choice keeps all limits; only the answer always does.
    pub is_permitted: bool,
}

/// A candidate that is not in the answer, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// `PATH:FIRST-LAST`, as [`Comparison::passages`].
    pub passage: String,
    /// Its tokens as rendered.
    pub tokens: u32,
    /// Its utility.
    pub score: f32,
    /// What keeps it out.
    pub reason: LeftOutReason,
}

/// What keeps a candidate out of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutReason {
    /// The caller excluded it.
    Excluded,
    /// It alone has more tokens than the budget.
    TooLarge,
    /// It does not fit beside what was chosen, which is worth more together.
    NoRoom,
    /// As many passages as permitted were chosen.
    CountCap,
    /// As many passages of its document as permitted were chosen.
    DocumentCap,
    /// It would add nothing: what it repeats takes as much as it is worth.
    NoGain,
    /// The style has other aims or bounds that the choice serves better.
    Style,
}

impl LeftOutReason {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::TooLarge => "too-large",
            Self::NoRoom => "no-room",
            Self::CountCap => "count-cap",
            Self::DocumentCap => "document-cap",
            Self::NoGain => "no-gain",
            Self::Style => "style",
        }
    }
}

/// How long the stages of one answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// Finding candidates, measuring and ranking them.
    pub rank: Duration,
    /// Choosing among them, with the proof.
    pub select: Duration,
    /// Reading, citing and counting what was chosen.
    pub render: Duration,
}

/// The very problem that was solved, for others to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The numbers.
    pub problem: Problem,
    /// What was maximised, and under which bounds.
    pub style: Style,
    /// The claims and their record.
    pub certificate: Certificate,
    /// Which passage each candidate is: `PATH:FIRST-LAST`.
    pub labels: Vec<String>,
}

/// The answer to a question within a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The question.
    pub query: String,
    /// The budget in tokens.
    pub budget_tokens: u32,
    /// The tokens of [`Context::text`]; never more than the budget.
    pub total_tokens: u32,
    /// The tokenizer of both numbers.
    pub tokenizer: Tokenizer,
    /// The passages in rendered order.
    pub passages: Vec<CitedPassage>,
    /// How good the selection is.
    pub selection: Selection,
    /// The other ways to choose, if that was asked for: optimal, greedy, top-k, bm25.
    pub comparison: Vec<Comparison>,
    /// The candidates that were not chosen, by rank, if that was asked for.
    pub left_out: Vec<LeftOut>,
    /// The instance, if it was asked for.
    pub instance: Option<Instance>,
    /// The number of documents in the searched workspaces and libraries.
    pub documents: u64,
    /// The rendered text for a model.
    pub text: String,
}

/// What a ranked list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Passages, with a preference for ones of different documents.
    Passages,
    /// Documents, each with its best passage only.
    Documents,
}

/// A ranked list, without regard to a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchAnswer {
    /// The question.
    pub query: String,
    /// The best passages, best first; `tokens` is their cost as rendered, `score` the utility.
    pub results: Vec<CitedPassage>,
    /// How many were ranked before the limit cut the list.
    pub total: usize,
}
