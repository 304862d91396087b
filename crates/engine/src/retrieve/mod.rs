//! From a question to candidates with evidence.
//!
//! ```text
//! terms -> full-text index: best passages, best files ┐
//! names -> symbol table: passages that define them    ┴-> files looked at (records)
//!    -> the promising files' passages looked at -> associations -> pool
//! ```
//! The pool has a fixed size, so ranking does not depend on how much of it is asked for. All
//! numbers come from records; no text is read here.

pub mod evidence;
pub mod association;
mod filter;

use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use self::association::Associations;
use self::evidence::{FileEvidence, PassageEvidence, WeightedQuery};
pub use self::filter::PathFilter;
use crate::document::DocumentId;
use crate::error::Result;
use crate::passage::SymbolKind;
use crate::query::{Query, QueryName, QueryPath};
use crate::record::Record;
use crate::snapshot::Snapshot;
use crate::store::{DocumentRow, PassageId, PassageRow};
use crate::terms;

/// How many passages the full-text index is asked for.
const PASSAGES_MAX: usize = 300;
/// How many files the full-text index is asked for.
const FILES_MAX: usize = 120;
/// How many of the weightiest terms the full-text index is asked with.
const INDEX_TERMS_MAX: usize = 40;
/// Of how many of the best files all passages are looked at, not only those the index gave.
const WHOLE_FILES_MAX: usize = 40;
/// The most passages of one file that are looked at.
const FILE_PASSAGES_MAX: usize = 400;
/// The most passages of one file that stay in the pool.
const POOL_PASSAGES_OF_FILE_MAX: usize = 25;
/// A name that more documents define is a common word.
const DEFINERS_MAX: u32 = 40;

/// A file of the pool.
#[derive(Debug, Clone)]
pub struct FileCandidate {
    /// The document.
    pub row: DocumentRow,
    /// What its record says.
    pub evidence: FileEvidence,
    /// How well the question names its path, in [0, 1].
    pub path: f32,
    /// The best passage's share of the question's weight that occurs in it.
    pub coverage_best: f32,
    /// The mean text evidence of its second to fifth best passages, in [0, 1].
    pub following: f32,
}

/// A passage of the pool.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The passage.
    pub row: PassageRow,
    /// The position of its file in [`Pool::files`].
    pub file: usize,
    /// What its record says.
    pub evidence: PassageEvidence,
    /// How well a name of the question is defined here, in [0, 1].
    pub definition: f32,
    /// The share of the associated terms' weight that it holds, in [0, 1].
    pub entanglement: f32,
    /// The share of its distinct terms that are the question's, in [0, 1].
    pub density: f32,
}

/// The candidates for one question in one workspace.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// The files, by path, then by id.
    pub files: Vec<FileCandidate>,
    /// The passages, by file and position.
    pub candidates: Vec<Candidate>,
}

/// Finds the candidates for `query` in one snapshot.
///
/// # Errors
/// Any failure of the store or the index.
pub fn candidates(snapshot: &Snapshot<'_>, query: &Query, filter: &PathFilter) -> Result<Pool> {
    let search = Search::new(snapshot, query)?;
    let definitions = search.definitions()?;
    let (passages, mut documents) = search.found(&definitions)?;
    documents.sort_unstable();
    documents.dedup();
    let files = search.files(&documents, filter)?;
    let passages = search.passages(&files, &passages)?;
    let pool = search.look_at(files, passages, &definitions);
    search.associate(pool)
}

/// Adds passages to a pool and looks at them as at all others, whether or not the question leads
/// to them; what is in the pool already is not added again.
///
/// # Errors
/// Any failure of the store or the index.
pub fn include(
    snapshot: &Snapshot<'_>,
    query: &Query,
    pool: &mut Pool,
    rows: &[PassageRow],
) -> Result<()> {
    let known: FxHashSet<PassageId> = pool.candidates.iter().map(|other| other.row.id).collect();
    let rows: Vec<&PassageRow> = rows.iter().filter(|row| !known.contains(&row.id)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let search = Search::new(snapshot, query)?;
    let mut files: FxHashMap<DocumentId, usize> =
        pool.files.iter().enumerate().map(|(at, file)| (file.row.id, at)).collect();
    for row in rows {
        let file = match files.entry(row.document) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                pool.files.extend(search.files(&[row.document], &PathFilter::default())?);
                *place.insert(pool.files.len() - 1)
            }
        };
        pool.candidates.push(search.candidate(&pool.files[file], file, row.clone(), 0.0));
    }
    Ok(())
}

/// Which passages define names of the question, and how well.
type DefinitionScores = FxHashMap<PassageId, (DocumentId, f32)>;

struct Search<'s, 'q> {
    snapshot: &'s Snapshot<'s>,
    query: &'q Query,
    weighted: WeightedQuery,
}

impl<'s, 'q> Search<'s, 'q> {
    fn new(snapshot: &'s Snapshot<'s>, query: &'q Query) -> Result<Self> {
        let index = snapshot.index();
        let mut failure = None;
        let weighted = WeightedQuery::new(query, index.totals().passages, |hash| {
            let key = terms::key(hash);
            let count = index.passages_with(&key).and_then(|passages| {
                if 0 < passages { Ok(passages) } else { index.files_with(&key).map(|f| f.min(1)) }
            });
            count.map_err(|error| failure = Some(error)).unwrap_or(0).into()
        });
        failure.map_or(Ok(Self { snapshot, query, weighted }), Err)
    }

    /// The terms as the index knows them, the weightiest first, alternates after them.
    fn index_terms(&self) -> Vec<(String, f32)> {
        let terms = self.weighted.terms.iter().take(INDEX_TERMS_MAX);
        let own = terms.clone().map(|term| (terms::key(term.hash), term.plain));
        let alternates = terms.flat_map(|term| {
            let share = evidence::ALTERNATE_SHARE * term.plain;
            term.alternates.iter().map(move |&(hash, _)| (terms::key(hash), share))
        });
        own.chain(alternates).collect()
    }

    fn definitions(&self) -> Result<DefinitionScores> {
        let mut scores = DefinitionScores::default();
        for name in &self.query.names {
            let found = self.snapshot.store().definitions_named(&name.key, DEFINERS_MAX)?;
            for symbol in found.symbols {
                let score = definition_score(name, &symbol.name, symbol.kind);
                let known = scores.entry(symbol.passage).or_insert((symbol.document, 0.0));
                known.1 = known.1.max(score);
            }
        }
        Ok(scores)
    }

    /// What the index finds, and the documents of all of it.
    fn found(&self, definitions: &DefinitionScores) -> Result<(Vec<PassageId>, Vec<DocumentId>)> {
        let terms = self.index_terms();
        let index = self.snapshot.index();
        let found = index.top_passages(&terms, PASSAGES_MAX)?.into_iter().map(|found| found.id);
        let defined = definitions.iter().map(|(&passage, &(document, _))| (document, passage));
        let (mut documents, mut passages): (Vec<DocumentId>, Vec<PassageId>) =
            found.chain(defined).unzip();
        passages.sort_unstable();
        passages.dedup();
        documents.extend(index.top_files(&terms, FILES_MAX)?.into_iter().map(|found| found.id));
        Ok((passages, documents))
    }

    fn files(&self, ids: &[DocumentId], filter: &PathFilter) -> Result<Vec<FileCandidate>> {
        let rows = self.snapshot.store().documents(ids)?;
        let rows = rows.into_iter().filter(|row| filter.admits(&row.path));
        let mut files: Vec<FileCandidate> = rows
            .map(|row| FileCandidate {
                evidence: evidence::of_file(
                    &self.weighted,
                    &Record::new(&row.record),
                    &Record::new(&row.history),
                    row.language,
                ),
                path: path_score(&self.query.paths, &row.path),
                row,
                coverage_best: 0.0,
                following: 0.0,
            })
            .collect();
        files.sort_by(|a, b| {
            let by_path = a.row.path.cmp(&b.row.path);
            by_path.then_with(|| a.row.library_id.cmp(&b.row.library_id))
        });
        Ok(files)
    }

    /// The found passages of the remaining files, and all passages of the most promising ones.
    fn passages(
        &self,
        files: &[FileCandidate],
        found: &[PassageId],
    ) -> Result<Vec<(usize, PassageRow)>> {
        let mut by_promise: Vec<usize> = (0..files.len()).collect();
        by_promise
            .sort_by(|&a, &b| promise(&files[b]).total_cmp(&promise(&files[a])).then(a.cmp(&b)));
        by_promise.truncate(WHOLE_FILES_MAX);
        let mut passages: Vec<(usize, PassageRow)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let is_whole = by_promise.contains(&at);
            let is_wanted = |id| is_whole || found.binary_search(&id).is_ok();
            let rows = self.snapshot.store().passages_in(&file.row, is_wanted)?;
            let rows_max = if is_whole { FILE_PASSAGES_MAX } else { usize::MAX };
            passages.extend(rows.into_iter().take(rows_max).map(|row| (at, row)));
        }
        Ok(passages)
    }

    fn look_at(
        &self,
        mut files: Vec<FileCandidate>,
        passages: Vec<(usize, PassageRow)>,
        definitions: &DefinitionScores,
    ) -> Pool {
        let mut of_file: Vec<Vec<Candidate>> = files.iter().map(|_| Vec::new()).collect();
        for (file, row) in passages {
            let definition = definitions.get(&row.id).map_or(0.0, |&(_, score)| score);
            of_file[file].push(self.candidate(&files[file], file, row, definition));
        }
        for (file, candidates) in files.iter_mut().zip(&mut of_file) {
            candidates.sort_by(|a, b| {
                let by_text = b.evidence.text.total_cmp(&a.evidence.text);
                by_text.then(a.row.id.cmp(&b.row.id))
            });
            let following = candidates.iter().skip(1).take(4).map(|c| c.evidence.text).sum::<f32>();
            file.following = following / 4.0;
            let coverages = candidates.iter().map(|candidate| candidate.evidence.coverage);
            file.coverage_best = coverages.fold(0.0, f32::max);
            candidates.truncate(POOL_PASSAGES_OF_FILE_MAX);
        }
        let mut candidates: Vec<Candidate> = of_file.into_iter().flatten().collect();
        candidates.sort_by_key(|candidate| (candidate.file, candidate.row.ordinal));
        Pool { files, candidates }
    }

    fn candidate(
        &self,
        of: &FileCandidate,
        file: usize,
        row: PassageRow,
        definition: f32,
    ) -> Candidate {
        let record = Record::new(&row.record);
        let path = Record::new(&of.row.record);
        let evidence = evidence::of_passage(&self.weighted, &record, &path, of.row.language);
        let density = self.density(&record);
        Candidate { row, file, evidence, definition, entanglement: 0.0, density }
    }

    /// The share of a passage's distinct terms that are the question's.
    fn density(&self, record: &Record<'_>) -> f32 {
        let held = self.weighted.terms.iter().filter(|t| record.levels(t.hash).is_some()).count();
        held as f32 / record.distinct().max(1) as f32
    }

    /// Learns from the best passages what else goes with the question, and looks for it.
    fn associate(&self, mut pool: Pool) -> Result<Pool> {
        let mut best: Vec<(f32, usize)> = pool
            .candidates
            .iter()
            .enumerate()
            .map(|(at, c)| (c.evidence.text + 0.3 * c.evidence.name, at))
            .collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let sample =
            best.iter().map(|&(score, at)| (Record::new(&pool.candidates[at].row.record), score));
        let index = self.snapshot.index();
        let mut failure = None;
        let associations = Associations::learn(sample, index.totals().passages, |hash| {
            let count = index.passages_with(&terms::key(hash));
            count.map_err(|error| failure = Some(error)).unwrap_or(0).into()
        });
        if let Some(error) = failure {
            return Err(error);
        }
        for candidate in &mut pool.candidates {
            candidate.entanglement = associations.share_in(&Record::new(&candidate.row.record));
        }
        Ok(pool)
    }
}

/// How promising a file is before its passages are looked at.
fn promise(file: &FileCandidate) -> f32 {
    let evidence = &file.evidence;
    evidence.text + evidence.stem + evidence.history + 0.5 * evidence.names + file.path
}

/// How well a definition answers to a name of the question: the case of letters and the kind of
/// thing count.
fn definition_score(name: &QueryName, defined: &str, kind: SymbolKind) -> f32 {
    let spelling = if name.text == defined { 1.0 } else { 0.7 };
    let weight = match kind {
        SymbolKind::Field | SymbolKind::Key => 0.3,
        SymbolKind::Section => 0.5,
        SymbolKind::Constant | SymbolKind::Implementation => 0.6,
        _ => 1.0,
    };
    spelling * weight
}

/// How well the question names `path`: in full 1, by its file name 0.6, by a part 0.4.
fn path_score(asked: &[QueryPath], path: &str) -> f32 {
    let path = path.to_ascii_lowercase();
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let score = |asked: &QueryPath| {
        if path == asked.path || path.ends_with(&format!("/{}", asked.path)) {
            1.0
        } else if name(&path) == name(&asked.path) {
            0.6
        } else if path.contains(&asked.path) {
            0.4
        } else {
            0.0
        }
    };
    asked.iter().map(score).fold(0.0, f32::max)
}
