//! The part of a request that says what is asked: question, budget, restrictions, kind of choice.
//!
//! Older callers have other names for the same things; both are taken, and two that contradict each
//! other are refused. Their answers have at most [`DOCUMENTS_DEFAULT`] passages unless the request
//! gives a budget or a number.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use contextlite_engine::context::{
    Bounds, CitedPassage, Method, ObjectiveStyle, Order, Place, Question, SelectionOptions,
};
use contextlite_engine::token::Tokenizer;
use serde::Deserialize;
use utoipa::ToSchema;

use super::metadata::{Metadata, metadata};
use crate::citation::{ALL_LINES, Citation};
use crate::config::Settings;
use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::space::{Space, Wanted};

/// The most passages where the request gives neither a budget nor a number.
const DOCUMENTS_DEFAULT: u32 = 10;

/// A question with the limits of its answer.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asking {
    /// The question: plain words, an identifier, a path, a stack trace, an issue text.
    #[schema(example = "how are retries done")]
    query: Option<String>,
    /// The same as `query`.
    q: Option<String>,
    /// The most tokens of the answer; 4000 if neither this nor `budget` is given.
    #[schema(example = 4000)]
    max_tokens: Option<u32>,
    /// The same as `max_tokens`.
    budget: Option<u32>,
    /// The most passages; 10 if neither this nor a budget is given.
    #[schema(minimum = 1)]
    max_documents: Option<u32>,
    /// The same as `max_documents`.
    #[schema(minimum = 1)]
    max_results: Option<u32>,
    /// The same as `max_documents`.
    #[schema(minimum = 1)]
    k: Option<u32>,
    /// The most passages of one document.
    #[schema(minimum = 1)]
    per_document: Option<u32>,
    /// The folder of the workspace that is asked; absolute.
    workspace_path: Option<String>,
    /// Only documents whose path matches one of these globs.
    include_patterns: Option<Vec<String>>,
    /// No document whose path matches one of these globs.
    exclude_patterns: Option<Vec<String>>,
    /// Passages that must be in the answer: `PATH` or `PATH:FIRST-LAST`.
    pin: Option<Vec<String>>,
    /// The model that reads the answer; one that is not known is counted by characters.
    model_id: Option<String>,
    /// How tokens are counted: o200k, cl100k, claude or chars.
    tokenizer: Option<String>,
    /// false chooses greedily; the answer says so, and how much better the best could be.
    use_smt: Option<bool>,
    /// The most milliseconds for the proof; what is not proven by then has a gap.
    smt_timeout_ms: Option<u64>,
    /// The choice may be this share below the best, in [0, 1].
    #[schema(minimum = 0, maximum = 1)]
    max_opt_gap: Option<f64>,
    /// weighted-sum, lexicographic or epsilon-constraint.
    objective_style: Option<String>,
    /// A bound of epsilon-constraint: the most redundancy; the best passage's worth is 1.
    redundancy_max: Option<f64>,
    /// A bound of epsilon-constraint: the least coherence; the best passage's worth is 1.
    coherence_min: Option<f64>,
    /// A bound of epsilon-constraint: the least mean recency, in [0, 1].
    recency_min: Option<f64>,
    /// The order of the passages: document or score.
    order: Option<String>,
    /// false does the work again, even if an equal question about equal content was answered.
    use_cache: Option<bool>,
    /// Whether documents have their metadata.
    include_metadata: Option<bool>,
    /// Whether to say of each candidate that was left out what keeps it out.
    explain: Option<bool>,
    /// Whether to answer with the instance and the certificate that `contextlite verify` checks.
    certificate: Option<bool>,
}

impl Asking {
    /// A question alone.
    pub fn about(query: String) -> Self {
        Self { query: Some(query), ..Self::default() }
    }

    /// Sets the most passages.
    pub fn with_documents(self, most: Option<u32>) -> Self {
        Self { max_results: most, ..self }
    }

    /// Restricts it to a workspace and to paths.
    pub fn within(
        self,
        workspace_path: Option<String>,
        include_patterns: Option<Vec<String>>,
        exclude_patterns: Option<Vec<String>>,
    ) -> Self {
        Self { workspace_path, include_patterns, exclude_patterns, ..self }
    }

    /// Limits tokens and the milliseconds of the proof.
    pub fn limited(self, max_tokens: Option<u32>, smt_timeout_ms: Option<u64>) -> Self {
        Self { max_tokens, smt_timeout_ms, ..self }
    }

    /// The space that it is about, with the id that a header gave.
    pub fn wanted<'a>(&'a self, id: Option<&'a str>) -> Wanted<'a> {
        Wanted { path: self.workspace_path.as_deref(), id }
    }

    /// Whether a kept answer may be given.
    pub fn may_use_cache(&self) -> bool {
        self.use_cache.unwrap_or(true)
    }

    /// The metadata of the documents of an answer, if it is to have them.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn metadata(
        &self,
        service: &Service,
        space: &Space,
        passages: &[CitedPassage],
    ) -> Result<Metadata, Problem> {
        match self.include_metadata {
            Some(false) => Ok(Metadata::default()),
            _ => metadata(service, space, passages),
        }
    }

    /// The question as the engine takes it; with `compare` other ways to choose are computed too.
    ///
    /// # Errors
    /// 400 with the field that is wrong.
    pub fn question(&self, settings: &Settings, compare: bool) -> Result<Question, Problem> {
        let text = one_of([("query", self.query.as_ref()), ("q", self.q.as_ref())])?;
        let text = text.ok_or_else(|| Problem::invalid("query", "it is missing"))?;
        if text.trim().is_empty() {
            return Err(Problem::invalid("query", "it is empty; say what you look for"));
        }
        let budget =
            one_of([("max_tokens", self.max_tokens.as_ref()), ("budget", self.budget.as_ref())])?;
        let order = match self.order.as_deref() {
            None => match settings.text("answer.order") {
                "score" => Order::Score,
                _ => Order::Document,
            },
            Some("document") => Order::Document,
            Some("score") => Order::Score,
            Some(_) => return Err(Problem::invalid("order", "it is document or score")),
        };
        Ok(Question {
            text: text.clone(),
            budget_tokens: budget
                .copied()
                .unwrap_or_else(|| settings.number("answer.budget") as u32),
            tokenizer: self.tokenizer(settings)?,
            include: self.include_patterns.clone().unwrap_or_default(),
            exclude: self.exclude_patterns.clone().unwrap_or_default(),
            without: Vec::new(),
            order,
            selection: SelectionOptions {
                style: self.style()?,
                method: match self.use_smt {
                    Some(false) => Method::Greedy,
                    _ => Method::Exact,
                },
                gap_millionths: self.gap()?,
                time_max: self.smt_timeout_ms.map(Duration::from_millis),
                passages_max: self.documents_max(budget.is_some())?,
                per_document_max: positive("per_document", self.per_document)?,
                pinned: self.pinned()?,
                compare,
                record: self.certificate.unwrap_or(false),
                explain: self.explain.unwrap_or(false),
            },
        })
    }

    fn documents_max(&self, has_budget: bool) -> Result<Option<u32>, Problem> {
        let names = [
            ("max_documents", self.max_documents.as_ref()),
            ("max_results", self.max_results.as_ref()),
            ("k", self.k.as_ref()),
        ];
        let given = names.into_iter().find(|(_, value)| value.is_some());
        match (one_of(names)?, given) {
            (Some(most), Some((name, _))) => positive(name, Some(*most)),
            _ if has_budget => Ok(None),
            _ => Ok(Some(DOCUMENTS_DEFAULT)),
        }
    }

    /// The named tokenizer, else the model's, else the configured one.
    fn tokenizer(&self, settings: &Settings) -> Result<Tokenizer, Problem> {
        match (&self.tokenizer, &self.model_id) {
            (Some(name), _) => Ok(Tokenizer::from_name(name)?),
            (None, Some(model)) => Ok(Tokenizer::from_name(model).unwrap_or(Tokenizer::Chars)),
            (None, None) => Ok(Tokenizer::from_name(settings.text("answer.tokenizer"))?),
        }
    }

    fn gap(&self) -> Result<u32, Problem> {
        match self.max_opt_gap {
            None => Ok(0),
            Some(gap) if (0.0..=1.0).contains(&gap) => Ok((gap * 1e6).floor() as u32),
            Some(_) => Err(Problem::invalid("max_opt_gap", "it is a share from 0 to 1")),
        }
    }

    fn style(&self) -> Result<ObjectiveStyle, Problem> {
        let bounds = Bounds {
            redundancy_max: self.redundancy_max,
            coherence_min: self.coherence_min,
            recency_min: self.recency_min,
        };
        let has_bounds = bounds != Bounds::default();
        let wrong = |message: &str| Err(Problem::invalid("objective_style", message));
        match self.objective_style.as_deref() {
            None | Some("epsilon-constraint") if has_bounds => {
                Ok(ObjectiveStyle::EpsilonConstraint(bounds))
            }
            None | Some("weighted-sum") if !has_bounds => Ok(ObjectiveStyle::WeightedSum),
            Some("lexicographic") if !has_bounds => Ok(ObjectiveStyle::Lexicographic),
            Some("epsilon-constraint") => {
                wrong("it needs a bound: redundancy_max, coherence_min or recency_min")
            }
            Some("weighted-sum" | "lexicographic") => {
                wrong("bounds are for epsilon-constraint; leave them out")
            }
            _ => wrong("it is weighted-sum, lexicographic or epsilon-constraint"),
        }
    }

    fn pinned(&self) -> Result<Vec<Place>, Problem> {
        let place = |text: &String| -> Result<Place, Problem> {
            let citation = Citation::parse(OsStr::new(text), "pin")?;
            let lines = (citation.lines != ALL_LINES).then_some(citation.lines);
            // The whole text may be a path, too, where the lines are part of its name.
            let names = vec![citation.path, PathBuf::from(text)];
            Ok(Place { names, lines })
        };
        self.pin.iter().flatten().map(place).collect()
    }
}

/// A number that is not zero.
fn positive(field: &str, number: Option<u32>) -> Result<Option<u32>, Problem> {
    match number {
        Some(0) => Err(Problem::invalid(field, "it is 1 or more")),
        number => Ok(number),
    }
}

/// The value of a thing with several names; two values must be equal.
fn one_of<'a, T: PartialEq, const N: usize>(
    names: [(&str, Option<&'a T>); N],
) -> Result<Option<&'a T>, Problem> {
    let mut found: Option<(&str, &T)> = None;
    for (name, value) in names {
        match (found, value) {
            (Some((first, other)), Some(value)) if value != other => {
                return Err(Problem::invalid(
                    name,
                    format!("it contradicts {first}, which means the same; give one of them"),
                ));
            }
            (None, Some(value)) => found = Some((name, value)),
            _ => {}
        }
    }
    Ok(found.map(|(_, value)| value))
}
