//! A question's walk, from its words to a rendered, proven answer.
//!
//! ```text
//! query::parse -> retrieve::candidates -> feature::measure -> utility -> fold, select -> render
//! ```
//! Each workspace is read through one snapshot. The candidates of all workspaces are ranked
//! together, copies are folded into their best one, the best [`CANDIDATES_MAX`] become the
//! selection problem, and what is chosen is rendered and counted.
//!
//! **What is maximised.** A candidate's worth is `10⁶ · (u / u_best)^8` millionths, `u` its
//! utility: passages are wanted by how likely they are needed, and that falls much faster than the
//! score. (Measured on the localisation set, share of changed lines within 8,000 tokens: exponent
//! 1 .47, 2 .58, 4 .65, 6 .66, 8 .67.) The passages of one document form a group in which each
//! further one counts for 0.9 of the one before, so that an answer is not all of one file.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use contextlite_select::{Group, Item, Limits, Problem, Solution, SolveOptions, Status, solve};

use crate::citation::Citation;
use crate::context::{
    CitedPassage, Context, Order, Question, SearchAnswer, Selection, SelectionStatus, Symbol,
};
use crate::document::DocumentId;
use crate::error::{Error, Result};
use crate::feature::{self, Features};
use crate::query::{self, Query};
use crate::record::Record;
use crate::retrieve::{self, Candidate, PathFilter, Pool};
use crate::snapshot::Snapshot;
use crate::store::DocumentRow;
use crate::token::Tokenizer;
use crate::utility::Weights;

/// At most this many candidates are chosen from.
pub const CANDIDATES_MAX: usize = 200;
/// The exponent that turns utility into worth.
const WORTH_EXPONENT: i32 = 8;
/// What each further passage of a document counts of the one before, in thousandths.
const GROUP_GAMMA_THOUSANDTHS: u32 = 900;
/// In a ranked list, what each further passage of a document keeps of its score.
const LIST_DECAY: f32 = 0.34;
/// Two passages are copies if they share at least this part of their distinct terms.
const COPY_SHARE: f32 = 0.9;
/// The smallest hashes of a record, compared first to find copies.
const SKETCH_TERMS: usize = 8;
/// A passage with fewer distinct terms is too short to be told from another.
const COPY_TERMS_MIN: usize = 12;

/// One workspace as a question sees it.
pub struct Source<'s> {
    /// The root, for citations.
    pub root: &'s Path,
    /// One snapshot for the whole answer.
    pub snapshot: &'s Snapshot<'s>,
}

/// A candidate with its place, features and utility.
struct Ranked {
    source: usize,
    at: usize,
    features: Features,
    utility: f32,
}

/// All candidates of all sources, ranked.
struct Ranking<'s> {
    sources: &'s [Source<'s>],
    query: Query,
    pools: Vec<Pool>,
    ranked: Vec<Ranked>,
}

/// Answers a question within its budget.
///
/// # Errors
/// `InvalidInput` for a malformed glob or weight; any failure of the stores.
pub fn context(sources: &[Source<'_>], question: &Question) -> Result<Context> {
    let ranking = Ranking::new(sources, question)?;
    let best = &ranking.ranked[..ranking.ranked.len().min(CANDIDATES_MAX)];
    let costs = ranking.costs(best, question.tokenizer)?;
    let problem = problem(best, &costs, &ranking, question.budget_tokens);
    let solution =
        solve(&problem, &SolveOptions::default()).expect("the problem is made of valid candidates");
    let chosen: Vec<&Ranked> = solution.chosen.iter().map(|&at| &best[at]).collect();
    let mut passages = ranking.cite(&chosen, question.tokenizer)?;
    order(&mut passages, question.order);
    let text: String = passages.iter().map(|passage| ranking.block(passage)).collect();
    let total_tokens = question.tokenizer.count(&text);
    assert!(
        total_tokens <= question.budget_tokens,
        "the rendered answer has {total_tokens} tokens, the budget is {}",
        question.budget_tokens
    );
    Ok(Context {
        query: ranking.query.text.clone(),
        budget_tokens: question.budget_tokens,
        total_tokens,
        tokenizer: question.tokenizer,
        passages,
        selection: selection(&problem, &solution),
        documents: sources.iter().map(|s| s.snapshot.store().state().totals.documents).sum(),
        text,
    })
}

/// Ranks passages; the order does not depend on `limit`.
///
/// Each further passage of a document keeps [`LIST_DECAY`] of its score, so that a list shows
/// more than one file.
///
/// # Errors
/// `InvalidInput` for a malformed glob or weight; any failure of the stores.
pub fn search(sources: &[Source<'_>], question: &Question, limit: usize) -> Result<SearchAnswer> {
    let mut ranking = Ranking::new(sources, question)?;
    ranking.decay();
    let best: Vec<&Ranked> = ranking.ranked.iter().take(limit).collect();
    Ok(SearchAnswer {
        query: ranking.query.text.clone(),
        results: ranking.cite(&best, question.tokenizer)?,
        total: ranking.ranked.len(),
    })
}

impl<'s> Ranking<'s> {
    fn new(sources: &'s [Source<'s>], question: &Question) -> Result<Self> {
        let query = query::parse(&question.text);
        let filter = PathFilter::new(&question.include, &question.exclude)?;
        let mut pools = Vec::with_capacity(sources.len());
        let mut ranked = Vec::new();
        for (source, Source { snapshot, .. }) in sources.iter().enumerate() {
            let pool = retrieve::candidates(snapshot, &query, &filter)?;
            let weights = Weights::with(&snapshot.store().weights()?)?;
            let features = feature::measure(&pool, query.intent, &snapshot.store().feedback()?);
            ranked.extend(features.into_iter().enumerate().filter_map(|(at, features)| {
                let utility = weights.utility(&features);
                let is_relevant = 0.0 < features.relevance;
                is_relevant.then_some(Ranked { source, at, features, utility })
            }));
            pools.push(pool);
        }
        let mut ranking = Self { sources, query, pools, ranked };
        ranking.sort();
        ranking.fold_copies();
        Ok(ranking)
    }

    /// By utility, ties by workspace, path and position.
    fn sort(&mut self) {
        self.ranked.sort_by(|a, b| {
            b.utility.total_cmp(&a.utility).then((a.source, a.at).cmp(&(b.source, b.at)))
        });
    }

    /// Lowers further passages of a document, then sorts again.
    fn decay(&mut self) {
        let mut seen: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for ranked in &mut self.ranked {
            let file = self.pools[ranked.source].candidates[ranked.at].file;
            let count = seen.entry((ranked.source, file)).or_default();
            ranked.utility *= LIST_DECAY.powi(*count);
            *count += 1;
        }
        self.sort();
    }

    fn candidate(&self, ranked: &Ranked) -> &Candidate {
        &self.pools[ranked.source].candidates[ranked.at]
    }

    fn document(&self, ranked: &Ranked) -> &DocumentRow {
        let pool = &self.pools[ranked.source];
        &pool.files[pool.candidates[ranked.at].file].row
    }

    /// Leaves out passages that say what a better one says in nearly the same terms.
    fn fold_copies(&mut self) {
        let mut sketches: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
        let mut kept: Vec<usize> = Vec::new();
        for at in 0..self.ranked.len() {
            let record = Record::new(&self.candidate(&self.ranked[at]).row.record);
            let sketch: Vec<u32> = record.entries().take(SKETCH_TERMS).map(|(h, _)| h).collect();
            let alike = sketches.entry(sketch).or_default();
            let is_copy = COPY_TERMS_MIN <= record.distinct()
                && alike.iter().any(|&other| {
                    let other = Record::new(&self.candidate(&self.ranked[other]).row.record);
                    COPY_SHARE <= shared_terms(&record, &other)
                });
            if !is_copy {
                alike.push(at);
                kept.push(at);
            }
        }
        let mut position = 0;
        let mut kept = kept.into_iter().peekable();
        self.ranked.retain(|_| {
            let keeps = kept.next_if_eq(&position).is_some();
            position += 1;
            keeps
        });
    }

    /// What each passage costs as rendered.
    fn costs(&self, ranked: &[Ranked], tokenizer: Tokenizer) -> Result<Vec<u32>> {
        let is_stored = self.sources.len() <= 1 && tokenizer == Tokenizer::O200k;
        if is_stored {
            return Ok(ranked.iter().map(|ranked| self.candidate(ranked).row.tokens).collect());
        }
        let all: Vec<&Ranked> = ranked.iter().collect();
        Ok(self.cite(&all, tokenizer)?.into_iter().map(|passage| passage.tokens).collect())
    }

    /// Reads the texts and names of passages, in their order.
    fn cite(&self, ranked: &[&Ranked], tokenizer: Tokenizer) -> Result<Vec<CitedPassage>> {
        let mut texts: BTreeMap<(usize, DocumentId), (String, Vec<_>)> = BTreeMap::new();
        let mut cited = Vec::with_capacity(ranked.len());
        for ranked in ranked {
            let row = &self.candidate(ranked).row;
            let store = self.sources[ranked.source].snapshot.store();
            let key = (ranked.source, row.document);
            let (text, symbols) = match texts.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    place.insert((store.text(row.document)?, store.symbols_of(row.document)?))
                }
            };
            let document = self.document(ranked);
            let symbols = symbols.iter().filter(|symbol| symbol.passage == row.id);
            let mut passage = CitedPassage {
                root: PathBuf::from(self.sources[ranked.source].root),
                path: document.path.clone(),
                first_line: row.first_line,
                last_line: row.last_line,
                language: document.language,
                breadcrumb: row.breadcrumb.clone(),
                symbols: symbols
                    .map(|s| Symbol { name: s.name.clone(), kind: s.kind, line: s.line })
                    .collect(),
                tokens: row.tokens,
                score: ranked.utility,
                features: ranked.features,
                text: row.span.of(text).to_owned(),
                document_hash: hex(&document.hash),
            };
            if 1 < self.sources.len() || tokenizer != Tokenizer::O200k {
                passage.tokens = tokenizer.count(&self.block(&passage));
            }
            cited.push(passage);
        }
        Ok(cited)
    }

    /// The passage as it is rendered; it names its root where there are several.
    fn block(&self, passage: &CitedPassage) -> String {
        let root = passage.root.to_string_lossy();
        let citation = Citation {
            path: &passage.path,
            first_line: passage.first_line,
            last_line: passage.last_line,
            breadcrumb: &passage.breadcrumb,
            language: passage.language,
            root: (1 < self.sources.len()).then_some(&root),
        };
        citation.block(&passage.text)
    }
}

/// The share of distinct terms that two records have in common (Jaccard).
fn shared_terms(a: &Record<'_>, b: &Record<'_>) -> f32 {
    let common = a.entries().filter(|&(term, _)| b.levels(term).is_some()).count();
    let all = a.distinct() + b.distinct() - common;
    common as f32 / all.max(1) as f32
}

fn problem(ranked: &[Ranked], costs: &[u32], ranking: &Ranking<'_>, budget: u32) -> Problem {
    let best = ranked.first().map_or(1.0, |ranked| ranked.utility.max(f32::MIN_POSITIVE));
    let mut groups: BTreeMap<(usize, DocumentId), u32> = BTreeMap::new();
    let items = ranked.iter().zip(costs).map(|(ranked, &cost)| {
        let document = (ranked.source, ranking.candidate(ranked).row.document);
        let next = groups.len() as u32;
        let group = *groups.entry(document).or_insert(next);
        let share = f64::from(ranked.utility / best);
        let utility = (share.powi(WORTH_EXPONENT) * 1e6).round() as u32;
        Item { utility, cost, document: group, group }
    });
    let items: Vec<Item> = items.collect();
    Problem {
        items,
        groups: vec![Group { gamma_thousandths: GROUP_GAMMA_THOUSANDTHS }; groups.len()],
        pairs: Vec::new(),
        limits: Limits::tokens(budget),
        pinned: Vec::new(),
        excluded: Vec::new(),
        implied: Vec::new(),
    }
}

/// The certificate in millionths: the objective rounded down, the bound up.
fn selection(problem: &Problem, solution: &Solution) -> Selection {
    let (status, note) = match solution.status {
        Status::Optimal => (SelectionStatus::Optimal, None),
        Status::Gap | Status::Unknown => (SelectionStatus::Gap, None),
        Status::Infeasible(reason) => (SelectionStatus::Infeasible, Some(reason.to_string())),
    };
    Selection {
        status,
        objective: solution.objective.div_euclid(1000),
        upper_bound: -(-solution.upper_bound).div_euclid(1000),
        gap: solution.gap(),
        candidates: problem.items.len(),
        pairs: problem.pairs.len(),
        nodes: solution.nodes,
        note,
    }
}

fn order(passages: &mut [CitedPassage], order: Order) {
    let by_score = |a: &CitedPassage, b: &CitedPassage| {
        let by_place = (&a.root, &a.path, a.first_line).cmp(&(&b.root, &b.path, b.first_line));
        b.score.total_cmp(&a.score).then(by_place)
    };
    passages.sort_by(by_score);
    if order == Order::Document {
        let mut places: BTreeMap<(PathBuf, String), usize> = BTreeMap::new();
        for passage in passages.iter() {
            let next = places.len();
            places.entry((passage.root.clone(), passage.path.clone())).or_insert(next);
        }
        let place = |p: &CitedPassage| places[&(p.root.clone(), p.path.clone())];
        passages.sort_by_key(|passage| (place(passage), passage.first_line));
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write;
        write!(text, "{byte:02x}").expect("writing into a string does not fail");
        text
    })
}

/// The error for a question without a workspace.
pub(crate) fn no_workspace() -> Error {
    Error::InvalidInput { field: "root", message: "name at least one folder".to_owned() }
}
