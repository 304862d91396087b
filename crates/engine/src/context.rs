//! What is asked and what is answered: the values at both ends of a question's walk.

use std::path::PathBuf;

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
    /// The order of the rendered passages.
    pub order: Order,
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
            order: Order::default(),
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
    /// The root of the workspace that holds the document.
    pub root: PathBuf,
    /// The path relative to that root, `/` between parts.
    pub path: String,
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

/// The certificate of a selection, in millionths of utility where not said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Whether the selection is proven.
    pub status: SelectionStatus,
    /// The value of the selection.
    pub objective: i64,
    /// A value that no selection exceeds.
    pub upper_bound: i64,
    /// `(upper_bound - objective) / upper_bound`, in [0, 1]; 0 for an empty problem.
    pub gap: f64,
    /// The number of candidates that were chosen from.
    pub candidates: usize,
    /// The number of pair terms.
    pub pairs: usize,
    /// The number of search nodes.
    pub nodes: u64,
    /// Why there is no better status, where there is something to say.
    pub note: Option<String>,
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
    /// The number of documents in the searched workspaces.
    pub documents: u64,
    /// The rendered text for a model.
    pub text: String,
}

/// A ranked list, without regard to a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchAnswer {
    /// The question.
    pub query: String,
    /// The best passages, best first; `tokens` is their cost as rendered, `score` the utility.
    pub results: Vec<CitedPassage>,
    /// The number of ranked passages before the limit cut the list.
    pub total: usize,
}
