//! A question's walk, from its words to a rendered, proven answer.
//!
//! ```text
//! query::parse -> retrieve::candidates -> feature::measure -> utility -> fold, select -> render
//! ```
//! Each source, a workspace or a library, is read through one snapshot. The candidates of all are
//! ranked together, copies are folded into their best one, the best [`CANDIDATES_MAX`] and what is
//! pinned become the selection problem (see [`crate::objective`]), and what is chosen is rendered
//! and counted.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::citation::Citation;
use crate::context::{
    CitedPassage, Context, Instance, Listed, Order, Place, Question, SearchAnswer, Stages, Symbol,
};
use crate::document::DocumentId;
use crate::error::Result;
use crate::excerpt::hex;
use crate::feature::Features;
use crate::findings::{Findings, FindingsCache};
use crate::objective::{CANDIDATES_MAX, Choice, Objective};
use crate::query::{self, Query};
use crate::record::Record;
use crate::retrieve::{Candidate, PathFilter};
use crate::snapshot::Source;
use crate::store::{DocumentRow, PassageRow};
use crate::token::Tokenizer;
use crate::utility::Weights;
use crate::wish::{self, Wishes};

/// In a ranked list, what each further passage of a document keeps of its score.
const LIST_DECAY: f32 = 0.34;
/// Two passages are copies if they share at least this part of their distinct terms.
const COPY_SHARE: f32 = 0.9;
/// The smallest hashes of a record, compared first to find copies.
const SKETCH_TERMS: usize = 8;
/// A passage with fewer distinct terms is too short to be told from another.
const COPY_TERMS_MIN: usize = 12;

/// A candidate with its place, features and utility.
struct Ranked {
    source: usize,
    at: usize,
    features: Features,
    utility: f32,
    is_pinned: bool,
    is_excluded: bool,
}

/// All candidates of all sources, ranked.
struct Ranking<'s> {
    sources: &'s [Source<'s>],
    /// Whether a passage must say which root it is of: there are several workspaces or several
    /// libraries. One of each can be told apart, because only a library's passage names an id.
    names_root: bool,
    query: Query,
    findings: Vec<Arc<Findings>>,
    ranked: Vec<Ranked>,
}

/// Answers a question within its budget.
///
/// The stages are timed beside the answer, which knows no clock.
///
/// # Errors
/// `InvalidInput` for a malformed glob or weight; any failure of the stores.
pub fn context(
    sources: &[Source<'_>],
    question: &Question,
    cache: &FindingsCache,
) -> Result<(Context, Stages)> {
    let mut watch = Watch::new();
    let options = &question.selection;
    let ranking = Ranking::new(sources, question, &options.pinned, cache)?;
    let best = ranking.best();
    let choices = ranking.choices(&best, question.tokenizer)?;
    let rank = watch.lap();
    let objective = Objective::new(&choices, question.budget_tokens, options)?;
    let mut solution = objective.solve(options);
    let select = watch.lap();
    let chosen: Vec<&Ranked> = solution.chosen.iter().map(|&at| best[at]).collect();
    let mut passages = ranking.cite(&chosen, question.tokenizer)?;
    order(&mut passages, question.order);
    let text: String = passages.iter().map(|passage| ranking.block(passage)).collect();
    let total_tokens = question.tokenizer.count(&text);
    assert!(
        total_tokens <= question.budget_tokens,
        "the rendered answer has {total_tokens} tokens, the budget is {}",
        question.budget_tokens
    );
    let left_out =
        if options.explain { objective.left_out(&choices, &solution.chosen) } else { Vec::new() };
    let context = Context {
        query: ranking.query.text.clone(),
        budget_tokens: question.budget_tokens,
        total_tokens,
        tokenizer: question.tokenizer,
        passages,
        selection: objective.describe(&solution),
        comparison: if options.compare {
            objective.compare(&choices, &solution.chosen)
        } else {
            Vec::new()
        },
        left_out,
        instance: solution.certificate.take().map(|certificate| Instance {
            labels: objective.labels().to_vec(),
            problem: objective.problem,
            style: objective.style,
            certificate,
        }),
        documents: sources.iter().map(|s| s.snapshot.store().state().totals.documents).sum(),
        text,
    };
    Ok((context, Stages { rank, select, render: watch.lap() }))
}

/// Measures one stage after the other.
struct Watch(Instant);

impl Watch {
    fn new() -> Self {
        Self(Instant::now())
    }

    /// The time since the last lap.
    fn lap(&mut self) -> Duration {
        let before = std::mem::replace(&mut self.0, Instant::now());
        self.0 - before
    }
}

/// Ranks passages, or documents by their best passage; the order does not depend on `limit`.
///
/// In a list of passages each further one of a document keeps [`LIST_DECAY`] of its score, so that
/// it shows more than one file.
///
/// # Errors
/// `InvalidInput` for a malformed glob or weight; any failure of the stores.
pub fn search(
    sources: &[Source<'_>],
    question: &Question,
    listed: Listed,
    limit: usize,
    cache: &FindingsCache,
) -> Result<SearchAnswer> {
    let mut ranking = Ranking::new(sources, question, &[], cache)?;
    match listed {
        Listed::Passages => ranking.decay(),
        Listed::Documents => ranking.keep_best_of_document(),
    }
    let best: Vec<&Ranked> = ranking.ranked.iter().take(limit).collect();
    Ok(SearchAnswer {
        query: ranking.query.text.clone(),
        results: ranking.cite(&best, question.tokenizer)?,
        total: ranking.ranked.len(),
    })
}

/// The features of passages for a question: of the best one of each group, which must not be empty,
/// and of the best `others_max` that are in no group, in the order of rank.
///
/// # Errors
/// Any failure of the store.
pub fn measure<'s>(
    source: &'s Source<'s>,
    text: &str,
    groups: &[Vec<PassageRow>],
    others_max: usize,
) -> Result<(Vec<Features>, Vec<Features>)> {
    let rows = groups.iter().flatten().map(|row| (row.id, row.clone()));
    let wishes = Wishes { pinned: rows.collect(), excluded: BTreeSet::new() };
    let sources = std::slice::from_ref(source);
    let filter = PathFilter::default();
    let wishes = std::slice::from_ref(&wishes);
    let ranking = Ranking::with_wishes(sources, text, &filter, wishes, &FindingsCache::default())?;
    let best_of = |group: &Vec<PassageRow>| {
        let is_in = |ranked: &&Ranked| {
            let id = ranking.candidate(ranked).row.id;
            group.iter().any(|row| row.id == id)
        };
        let best = ranking.ranked.iter().find(is_in).expect("what is wished for is ranked");
        best.features
    };
    let judged = groups.iter().map(best_of).collect();
    let others = ranking.ranked.iter().filter(|ranked| !ranked.is_pinned);
    Ok((judged, others.take(others_max).map(|ranked| ranked.features).collect()))
}

impl<'s> Ranking<'s> {
    fn new(
        sources: &'s [Source<'s>],
        question: &Question,
        pinned: &[Place],
        cache: &FindingsCache,
    ) -> Result<Self> {
        let filter = PathFilter::new(&question.include, &question.exclude)?;
        let wishes = wish::find(sources, pinned, &question.without, &filter)?;
        Self::with_wishes(sources, &question.text, &filter, &wishes, cache)
    }

    fn with_wishes(
        sources: &'s [Source<'s>],
        text: &str,
        filter: &PathFilter,
        wishes: &[Wishes],
        cache: &FindingsCache,
    ) -> Result<Self> {
        let query = query::parse(text);
        let mut findings = Vec::with_capacity(sources.len());
        let mut ranked = Vec::new();
        for (source, (Source { snapshot, .. }, wishes)) in sources.iter().zip(wishes).enumerate() {
            let rows: Vec<PassageRow> = wishes.pinned.values().cloned().collect();
            let found = match rows.as_slice() {
                [] => cache.get_or_find(snapshot, &query, filter)?,
                rows => Arc::new(Findings::find(snapshot, &query, filter, rows)?),
            };
            let weights = Weights::with(&snapshot.store().weights()?)?;
            let candidates = found.features.iter().zip(&found.pool.candidates).enumerate();
            ranked.extend(candidates.filter_map(|(at, (&features, candidate))| {
                let utility = weights.utility(&features);
                let id = candidate.row.id;
                let is_pinned = wishes.pinned.contains_key(&id);
                let is_excluded = wishes.excluded.contains(&id);
                let is_wanted = is_pinned || (0.0 < features.relevance && !is_excluded);
                let ranked = Ranked { source, at, features, utility, is_pinned, is_excluded };
                is_wanted.then_some(ranked)
            }));
            findings.push(found);
        }
        let libraries = sources.iter().filter(|source| source.is_library).count();
        let names_root = 1 < libraries || 1 < sources.len() - libraries;
        let mut ranking = Self { sources, names_root, query, findings, ranked };
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
            let file = self.findings[ranked.source].pool.candidates[ranked.at].file;
            let count = seen.entry((ranked.source, file)).or_default();
            ranked.utility *= LIST_DECAY.powi(*count);
            *count += 1;
        }
        self.sort();
    }

    /// Leaves out all but the best passage of each document.
    fn keep_best_of_document(&mut self) {
        let mut seen = BTreeSet::new();
        let findings = &self.findings;
        self.ranked.retain(|ranked| {
            let pool = &findings[ranked.source].pool;
            seen.insert((ranked.source, pool.candidates[ranked.at].file))
        });
    }

    fn candidate(&self, ranked: &Ranked) -> &Candidate {
        &self.findings[ranked.source].pool.candidates[ranked.at]
    }

    fn document(&self, ranked: &Ranked) -> &DocumentRow {
        let pool = &self.findings[ranked.source].pool;
        &pool.files[pool.candidates[ranked.at].file].row
    }

    /// Leaves out passages that say what a better or a pinned one says in nearly the same terms.
    fn fold_copies(&mut self) {
        let mut sketches: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
        let mut keeps = vec![false; self.ranked.len()];
        let (pinned, others): (Vec<usize>, Vec<usize>) =
            (0..self.ranked.len()).partition(|&at| self.ranked[at].is_pinned);
        for at in pinned.into_iter().chain(others) {
            let record = Record::new(&self.candidate(&self.ranked[at]).row.record);
            let sketch: Vec<u32> = record.entries().take(SKETCH_TERMS).map(|(h, _)| h).collect();
            let alike = sketches.entry(sketch).or_default();
            let is_copy = COPY_TERMS_MIN <= record.distinct()
                && alike.iter().any(|&other| {
                    let other = Record::new(&self.candidate(&self.ranked[other]).row.record);
                    COPY_SHARE <= record.shared_terms(&other)
                });
            if self.ranked[at].is_pinned || !is_copy {
                alike.push(at);
                keeps[at] = true;
            }
        }
        let mut keeps = keeps.into_iter();
        self.ranked.retain(|_| keeps.next().unwrap_or(false));
    }

    /// What is chosen from: the best passages and all pinned ones, by rank.
    fn best(&self) -> Vec<&Ranked> {
        let is_in = |(at, ranked): &(usize, &Ranked)| *at < CANDIDATES_MAX || ranked.is_pinned;
        self.ranked.iter().enumerate().filter(is_in).map(|(_, ranked)| ranked).collect()
    }

    /// The candidates as the objective sees them.
    fn choices(&self, best: &[&Ranked], tokenizer: Tokenizer) -> Result<Vec<Choice<'_>>> {
        let costs = self.costs(best, tokenizer)?;
        let choice = |(ranked, cost): (&&Ranked, u32)| Choice {
            utility: ranked.utility,
            recency: ranked.features.recency,
            text: self.candidate(ranked).evidence.text,
            cost,
            document: (ranked.source, self.candidate(ranked).row.document),
            is_pinned: ranked.is_pinned,
            is_excluded: ranked.is_excluded,
            label: self.label(ranked),
            record: Record::new(&self.candidate(ranked).row.record),
        };
        Ok(best.iter().zip(costs).map(choice).collect())
    }

    /// `PATH:FIRST-LAST`, in a library `ID:FIRST-LAST`, with the root before it where there are
    /// several sources.
    fn label(&self, ranked: &Ranked) -> String {
        let row = &self.candidate(ranked).row;
        let key = self.document(ranked).key();
        let lines = format!("{}-{}", row.first_line, row.last_line);
        match self.sources {
            [_] => format!("{key}:{lines}"),
            sources => format!("{}/{key}:{lines}", sources[ranked.source].root.display()),
        }
    }

    /// What each passage costs as rendered.
    fn costs(&self, ranked: &[&Ranked], tokenizer: Tokenizer) -> Result<Vec<u32>> {
        let stored = ranked.iter().map(|ranked| self.stored_tokens(ranked, tokenizer));
        if let Some(costs) = stored.collect() {
            return Ok(costs);
        }
        Ok(self.cite(ranked, tokenizer)?.into_iter().map(|passage| passage.tokens).collect())
    }

    /// What a passage costs as rendered, where that was counted when it was stored.
    fn stored_tokens(&self, ranked: &Ranked, tokenizer: Tokenizer) -> Option<u32> {
        if self.names_root { None } else { self.candidate(ranked).row.tokens_of(tokenizer) }
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
                document_id: document.library_id.clone(),
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
                is_pinned: ranked.is_pinned,
                text: row.span.of(text).to_owned(),
                document_hash: hex(&document.hash),
            };
            passage.tokens = match self.stored_tokens(ranked, tokenizer) {
                Some(tokens) => tokens,
                None => tokenizer.count(&self.block(&passage)),
            };
            cited.push(passage);
        }
        Ok(cited)
    }

    /// The passage as it is rendered; it names its root where there are several of the kind.
    fn block(&self, passage: &CitedPassage) -> String {
        let root = passage.root.to_string_lossy();
        let citation = Citation {
            path: &passage.path,
            first_line: passage.first_line,
            last_line: passage.last_line,
            breadcrumb: &passage.breadcrumb,
            language: passage.language,
            library_id: passage.document_id.as_deref(),
            root: self.names_root.then_some(&root),
        };
        citation.block(&passage.text)
    }
}

fn order(passages: &mut Vec<CitedPassage>, order: Order) {
    fn document(p: &CitedPassage) -> (&PathBuf, &String, &Option<String>) {
        (&p.root, &p.path, &p.document_id)
    }
    passages.sort_by(|a, b| {
        let by_place = (document(a), a.first_line).cmp(&(document(b), b.first_line));
        b.score.total_cmp(&a.score).then(by_place)
    });
    if order == Order::Document {
        let mut places = BTreeMap::new();
        let ranks: Vec<usize> = passages
            .iter()
            .map(|passage| {
                let next = places.len();
                *places.entry(document(passage)).or_insert(next)
            })
            .collect();
        let mut ranked: Vec<(usize, CitedPassage)> =
            ranks.into_iter().zip(std::mem::take(passages)).collect();
        ranked.sort_by_key(|(rank, passage)| (*rank, passage.first_line));
        *passages = ranked.into_iter().map(|(_, passage)| passage).collect();
    }
}
