//! The search: BM25 over one field, exact, and the same for the same content.
//!
//! # The score
//!
//! For terms *t* with weights *w*, of *N* entries, *n* of which hold *t*:
//! ```text
//! score(d) = Σ w(t) · idf(t) · f · (k1 + 1) / (f + k1 · (1 − b + b · |d| / avg))
//! idf(t)   = ln(1 + (N − n + ½) / (n + ½))
//! ```
//! (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, §3;
//! the idf of Lucene, which is never negative.) |d| is as coarse as tantivy keeps it, one byte.
//! *N* and *n* count entries that are alive, and *avg* is the store's.
//!
//! Each summand is rounded down to a multiple of a unit that is chosen so that the greatest
//! possible sum fits into 32 bits. Sums of integers do not depend on the order of the summands, so
//! neither the segments nor the order of the terms can change a score by a last bit.
//!
//! # The search
//!
//! Term at a time, rarest first, into one sum for each entry of a segment, which is as fast as
//! walking the lists side by side and needs no skipping. The gain comes from stopping early
//! (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995): as soon as the
//! terms that are left cannot lift a new entry above the worst of the best, no new entry is
//! admitted, and only the sums that can still matter are completed, by jumping in the long lists.
//! What is dropped is strictly worse than all that is returned, so the result is exact.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::{InvertedIndexReader, SegmentReader};
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, TERMINATED, Term};

use super::{Fields, index_error};
use crate::document::DocumentId;
use crate::error::{Error, Result};
use crate::store::{PassageId, Totals};

/// How soon repetitions of a term stop to count.
const K1: f32 = 1.2;
/// How much a long text is held back.
const B: f32 = 0.75;
/// The greatest possible sum of a question, in units.
const SUM_MAX: f64 = (1_u32 << 30) as f64;
/// Stopping early is tried where the terms that are left have this many times more entries than
/// have been looked at, because finding the worst of the best costs as much as some entries do.
const WORTHWHILE: u32 = 2;
/// The entries whose sums are compared with the floor at once.
const SCAN_ENTRIES: usize = 64;

/// One entry that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<Id> {
    /// The document, or the passage with its document.
    pub id: Id,
    /// BM25, positive; comparable within one answer only.
    pub score: f32,
}

/// A view of one commit of the index.
#[derive(Clone)]
pub struct Searcher {
    folder: PathBuf,
    segments: Arc<Vec<Segment>>,
    fields: Fields,
    totals: Totals,
}

/// One immutable part of the index.
struct Segment {
    reader: SegmentReader,
    passages: FieldReader,
    files: FieldReader,
    document: Column<u64>,
    passage: Column<u64>,
    place: Column<u64>,
    deleted: Vec<DocId>,
}

/// The posting lists of one field of a segment.
struct FieldReader {
    lists: Arc<InvertedIndexReader>,
    norms: FieldNormReader,
}

/// What is searched: passages or files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Passages,
    Files,
}

impl Searcher {
    pub(super) fn new(
        folder: &Path,
        searcher: &tantivy::Searcher,
        fields: Fields,
        totals: Totals,
    ) -> Result<Self> {
        let segments: tantivy::Result<Vec<Segment>> =
            searcher.segment_readers().iter().map(|reader| Segment::open(reader, fields)).collect();
        let segments = Arc::new(segments.map_err(|error| index_error(folder, &error))?);
        Ok(Self { folder: folder.to_owned(), segments, fields, totals })
    }

    /// The best `limit` passages for weighted terms, each with its document, best first; ties in
    /// the order of places.
    ///
    /// Terms without an entry, and weights that are not positive, count for nothing. A term that
    /// is given twice counts with the sum of its weights.
    ///
    /// # Errors
    /// [`Error::Index`] if a file cannot be read.
    pub fn top_passages(
        &self,
        terms: &[(String, f32)],
        limit: usize,
    ) -> Result<Vec<Found<(DocumentId, PassageId)>>> {
        self.top(Scope::Passages, terms, limit, |segment, entry| {
            let document = DocumentId(first(&segment.document, entry) as i64);
            (document, PassageId(first(&segment.passage, entry) as i64))
        })
    }

    /// The best `limit` files for weighted terms; as [`Self::top_passages`].
    ///
    /// # Errors
    /// [`Error::Index`] if a file cannot be read.
    pub fn top_files(
        &self,
        terms: &[(String, f32)],
        limit: usize,
    ) -> Result<Vec<Found<DocumentId>>> {
        self.top(Scope::Files, terms, limit, |segment, entry| {
            DocumentId(first(&segment.document, entry) as i64)
        })
    }

    /// The number of passages that hold `term`.
    ///
    /// # Errors
    /// [`Error::Index`] if a file cannot be read.
    pub fn passages_with(&self, term: &str) -> Result<u32> {
        self.entries_with(Scope::Passages, term)
    }

    /// The number of files that hold `term`, their history included.
    ///
    /// # Errors
    /// [`Error::Index`] if a file cannot be read.
    pub fn files_with(&self, term: &str) -> Result<u32> {
        self.entries_with(Scope::Files, term)
    }

    /// The sums of the store that this index reflects.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    fn top<Id>(
        &self,
        scope: Scope,
        terms: &[(String, f32)],
        limit: usize,
        id_of: impl Fn(&Segment, DocId) -> Id,
    ) -> Result<Vec<Found<Id>>> {
        let question = self.weigh(scope, terms)?;
        if limit == 0 || question.terms.is_empty() {
            return Ok(Vec::new());
        }
        let mut best = Best { limit, entries: Vec::new(), floor: 1 };
        for (number, segment) in self.segments.iter().enumerate() {
            segment
                .collect(scope, &question, number, &mut best)
                .map_err(|error| self.failed(&error))?;
        }
        let found = best.finish().into_iter().map(|entry| Found {
            id: id_of(&self.segments[entry.segment], entry.entry),
            score: (f64::from(entry.sum) * question.unit) as f32,
        });
        Ok(found.collect())
    }

    /// Looks the terms up and brings them into the order of the search.
    fn weigh(&self, scope: Scope, terms: &[(String, f32)]) -> Result<Question> {
        let mut merged: Vec<(&str, f32)> =
            terms.iter().map(|(term, weight)| (term.as_str(), *weight)).collect();
        merged.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
        merged.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 += if is_same { next.1 } else { 0.0 };
            is_same
        });
        let (entries, lengths) = match scope {
            Scope::Passages => (self.totals.passages, self.totals.passage_terms),
            Scope::Files => (self.totals.documents, self.totals.file_terms),
        };
        let mut weighed = Vec::with_capacity(merged.len());
        for (text, weight) in merged {
            let term = self.term(scope, text);
            let (count, places) = self.look_up(scope, &term)?;
            if 0 < count && 0.0 < weight && weight.is_finite() {
                let (entries, count_f) = (entries as f64, f64::from(count));
                let idf = (1.0 + ((entries - count_f).max(0.0) + 0.5) / (count_f + 0.5)).ln();
                let greatest = f64::from(weight) * idf * f64::from(K1 + 1.0);
                weighed.push((term, count, places, greatest));
            }
        }
        let sum: f64 = weighed.iter().map(|(.., greatest)| greatest).sum();
        let unit = sum / SUM_MAX;
        let mut terms: Vec<WeighedTerm> = weighed
            .into_iter()
            .map(|(term, count, places, greatest)| WeighedTerm {
                term,
                count,
                places,
                greatest: (greatest / unit) as f32,
            })
            .collect();
        terms.sort_by(|a, b| a.count.cmp(&b.count).then_with(|| a.term.cmp(&b.term)));
        let average = (lengths as f64 / (entries as f64).max(1.0)).max(1.0) as f32;
        Ok(Question { terms, unit, saturations: saturations(average) })
    }

    fn entries_with(&self, scope: Scope, term: &str) -> Result<u32> {
        Ok(self.look_up(scope, &self.term(scope, term))?.0)
    }

    /// The number of entries alive that hold a term, and where its list is in each segment.
    fn look_up(&self, scope: Scope, term: &Term) -> Result<(u32, Vec<Option<TermInfo>>)> {
        let mut count = 0;
        let mut places = Vec::with_capacity(self.segments.len());
        for segment in self.segments.iter() {
            let found = segment.look_up(scope, term).map_err(|error| self.failed(&error))?;
            count += found.as_ref().map_or(0, |(alive, _)| *alive);
            places.push(found.map(|(_, place)| place));
        }
        Ok((count, places))
    }

    fn term(&self, scope: Scope, text: &str) -> Term {
        let field = match scope {
            Scope::Passages => self.fields.terms,
            Scope::Files => self.fields.file_terms,
        };
        Term::from_field_text(field, text)
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::Index { path: self.folder.clone(), detail: error.to_string() }
    }
}

/// A question as it is searched.
struct Question {
    /// Rarest first.
    terms: Vec<WeighedTerm>,
    /// What one unit of a sum is worth.
    unit: f64,
    /// k1 · (1 − b + b · |d| / avg) for each length that a norm can stand for.
    saturations: [f32; 256],
}

struct WeighedTerm {
    term: Term,
    count: u32,
    /// Where its list is in each segment.
    places: Vec<Option<TermInfo>>,
    /// What an endless repetition would score, in units.
    greatest: f32,
}

impl WeighedTerm {
    /// What no entry can exceed, rounding included.
    fn bound(&self) -> u32 {
        self.greatest as u32 + 1
    }
}

fn saturations(average: f32) -> [f32; 256] {
    std::array::from_fn(|norm| {
        let length = FieldNormReader::id_to_fieldnorm(norm as u8) as f32;
        K1 * (1.0 - B + B * length / average)
    })
}

/// The score of one term in one entry, in units.
fn score(greatest: f32, saturation: f32, frequency: u32) -> u32 {
    let frequency = frequency as f32;
    (greatest * frequency / (frequency + saturation)) as u32
}

impl Segment {
    fn open(reader: &SegmentReader, fields: Fields) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let all = 0..reader.max_doc();
        let deleted = match reader.alive_bitset() {
            Some(alive) => all.filter(|&entry| alive.is_deleted(entry)).collect(),
            None => Vec::new(),
        };
        Ok(Self {
            passages: FieldReader::open(reader, fields.terms)?,
            files: FieldReader::open(reader, fields.file_terms)?,
            document: fast.u64("document")?,
            passage: fast.u64("passage")?,
            place: fast.u64("place")?,
            deleted,
            reader: reader.clone(),
        })
    }

    fn field(&self, scope: Scope) -> &FieldReader {
        match scope {
            Scope::Passages => &self.passages,
            Scope::Files => &self.files,
        }
    }

    /// The number of entries alive that hold a term, and where its list is.
    fn look_up(&self, scope: Scope, term: &Term) -> std::io::Result<Option<(u32, TermInfo)>> {
        let lists = &self.field(scope).lists;
        let Some(found) = lists.get_term_info(term)? else {
            return Ok(None);
        };
        if self.deleted.is_empty() {
            return Ok(Some((found.doc_freq, found)));
        }
        let mut list = lists.read_block_postings_from_terminfo(&found, IndexRecordOption::Basic)?;
        let dead = self.deleted.iter().filter(|&&entry| {
            let at = list.seek(entry);
            list.doc(at) == entry
        });
        Ok(Some((found.doc_freq - dead.count() as u32, found)))
    }

    /// Adds the entries of this segment that belong to the best.
    fn collect(
        &self,
        scope: Scope,
        question: &Question,
        number: usize,
        best: &mut Best,
    ) -> std::io::Result<()> {
        let field = self.field(scope);
        let mut lists = Vec::with_capacity(question.terms.len());
        for term in &question.terms {
            if let Some(place) = &term.places[number] {
                let with = IndexRecordOption::WithFreqs;
                lists.push((term, field.lists.read_block_postings_from_terminfo(place, with)?));
            }
        }
        let mut sums = Sums::new(self.reader.max_doc());
        let mut rest: u32 = lists.iter().map(|(term, _)| term.bound()).sum();
        let mut rest_entries: u32 = lists.iter().map(|(_, list)| list.doc_freq()).sum();
        let mut lists = lists.into_iter();
        while let Some((term, list)) = lists.next() {
            rest_entries -= list.doc_freq();
            rest -= term.bound();
            sums.add_all(list, term, &field.norms, &question.saturations);
            if sums.touched.saturating_mul(WORTHWHILE) < rest_entries {
                let floor = sums.floor(best, self).max(best.floor);
                if rest < floor {
                    let entries = sums.entries_from(floor - rest, self);
                    for (term, list) in lists {
                        sums.add_at(&entries, list, term, (&field.norms, &question.saturations));
                    }
                    best.take(entries.into_iter(), &sums, (number, self));
                    return Ok(());
                }
            }
        }
        let floor = sums.floor(best, self).max(best.floor);
        let entries = sums.entries_from(floor, self);
        best.take(entries.into_iter(), &sums, (number, self));
        Ok(())
    }

    fn is_alive(&self, entry: DocId) -> bool {
        self.deleted.is_empty() || !self.reader.is_deleted(entry)
    }
}

impl FieldReader {
    fn open(reader: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        Ok(Self {
            lists: reader.inverted_index(field)?,
            norms: reader.get_fieldnorms_reader(field)?,
        })
    }
}

/// One sum for each entry of a segment.
struct Sums {
    sums: Vec<u32>,
    /// The number of entries that were added to, repetitions counted.
    touched: u32,
}

impl Sums {
    fn new(entries: u32) -> Self {
        Self { sums: vec![0; entries as usize], touched: 0 }
    }

    /// Adds a term to every entry that holds it.
    fn add_all(
        &mut self,
        mut list: BlockSegmentPostings,
        term: &WeighedTerm,
        norms: &FieldNormReader,
        saturations: &[f32; 256],
    ) {
        self.touched += list.doc_freq();
        while 0 < list.block_len() {
            for (&entry, &frequency) in list.docs().iter().zip(list.freqs()) {
                let saturation = saturations[usize::from(norms.fieldnorm_id(entry))];
                self.sums[entry as usize] += score(term.greatest, saturation, frequency);
            }
            list.advance();
        }
    }

    /// Adds a term to those of `entries` (rising) that hold it.
    fn add_at(
        &mut self,
        entries: &[DocId],
        mut list: BlockSegmentPostings,
        term: &WeighedTerm,
        (norms, saturations): (&FieldNormReader, &[f32; 256]),
    ) {
        for &entry in entries {
            let at = list.seek(entry);
            let found = list.doc(at);
            if found == entry {
                let saturation = saturations[usize::from(norms.fieldnorm_id(entry))];
                self.sums[entry as usize] += score(term.greatest, saturation, list.freq(at));
            } else if found == TERMINATED {
                return;
            }
        }
    }

    /// The entries alive whose sum is at least `floor`, rising.
    fn entries_from(&self, floor: u32, segment: &Segment) -> Vec<DocId> {
        let mut entries = Vec::new();
        self.each_from(floor.max(1), |entry, _| {
            if segment.is_alive(entry) {
                entries.push(entry);
            }
            floor
        });
        entries
    }

    /// The sum of the worst of the best so far; 0 if there are fewer than wanted.
    fn floor(&self, best: &Best, segment: &Segment) -> u32 {
        let mut sums: Vec<u32> = Vec::with_capacity(best.limit.min(self.sums.len()) * 2);
        let mut floor = 0;
        self.each_from(best.floor.max(1), |entry, sum| {
            if segment.is_alive(entry) {
                sums.push(sum);
            }
            if sums.len() == best.limit * 2 {
                let worst = best.limit - 1;
                floor = *sums.select_nth_unstable_by(worst, |a, b| b.cmp(a)).1;
                sums.truncate(best.limit);
            }
            floor
        });
        if sums.len() < best.limit {
            return 0;
        }
        *sums.select_nth_unstable_by(best.limit - 1, |a, b| b.cmp(a)).1
    }

    /// Gives each entry whose sum is at least `floor`, rising, with its sum; `take` answers with
    /// the floor for the entries behind it, which is only ever raised.
    fn each_from(&self, mut floor: u32, mut take: impl FnMut(DocId, u32) -> u32) {
        for (block, sums) in self.sums.chunks(SCAN_ENTRIES).enumerate() {
            // Most blocks hold nothing; their greatest sum is found many entries at a time.
            if sums.iter().copied().max().unwrap_or(0) < floor {
                continue;
            }
            for (at, &sum) in sums.iter().enumerate() {
                if floor <= sum {
                    floor = floor.max(take((block * SCAN_ENTRIES + at) as DocId, sum));
                }
            }
        }
    }
}

/// The best entries so far.
struct Best {
    limit: usize,
    entries: Vec<BestEntry>,
    /// No entry with a smaller sum can belong to the best.
    floor: u32,
}

#[derive(Debug, Clone, Copy)]
struct BestEntry {
    sum: u32,
    place: u64,
    segment: usize,
    entry: DocId,
}

impl BestEntry {
    /// Best first; the order of two entries does not depend on where in the index they are.
    fn key(&self) -> (std::cmp::Reverse<u32>, u64) {
        (std::cmp::Reverse(self.sum), self.place)
    }
}

impl Best {
    fn take(
        &mut self,
        entries: impl Iterator<Item = DocId>,
        sums: &Sums,
        (number, segment): (usize, &Segment),
    ) {
        for entry in entries {
            let sum = sums.sums[entry as usize];
            if self.floor <= sum {
                let place = first(&segment.place, entry);
                self.entries.push(BestEntry { sum, place, segment: number, entry });
            }
        }
        if self.limit < self.entries.len() {
            self.entries.select_nth_unstable_by_key(self.limit - 1, BestEntry::key);
            self.entries.truncate(self.limit);
        }
        if self.entries.len() == self.limit {
            self.floor = self.entries.iter().map(|entry| entry.sum).min().unwrap_or(1);
        }
    }

    fn finish(mut self) -> Vec<BestEntry> {
        self.entries.sort_unstable_by_key(BestEntry::key);
        self.entries
    }
}

/// The value of a fast field; all entries have all of them.
fn first(column: &Column<u64>, entry: DocId) -> u64 {
    column.first(entry).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::document::{Document, DocumentKind, FileStat};
    use crate::index::{Disk, Index, Standing, Writer};
    use crate::language::Language;
    use crate::passage::Passage;
    use crate::prepare::{PreparedDocument, PreparedPassage};
    use crate::store::{State, Stored};
    use crate::text::Span;

    /// Words of very different frequency, so that searches can stop early.
    const WORDS: [&str; 6] = ["common", "usual", "some", "few", "rare", "single"];

    fn prepared(path: &str, passages: &[Vec<usize>]) -> PreparedDocument {
        let passage = |words: &Vec<usize>| PreparedPassage {
            passage: Passage {
                span: Span::default(),
                first_line: 1,
                last_line: 1,
                defines: Vec::new(),
                breadcrumb: String::new(),
            },
            tokens: 0,
            tokens_cl100k: 0,
            record: Vec::new(),
            index_terms: words.iter().map(|&word| WORDS[word]).collect::<Vec<_>>().join(" "),
        };
        let passages: Vec<PreparedPassage> = passages.iter().map(passage).collect();
        let terms: Vec<&str> = passages.iter().map(|p| p.index_terms.as_str()).collect();
        PreparedDocument {
            document: Document {
                path: path.to_owned(),
                library_id: None,
                language: Language::Unknown,
                kind: DocumentKind::Source,
                stat: FileStat { size_bytes: 0, modified_ns: 0 },
                hash: [0; 32],
                text: String::new(),
            },
            lines: 1,
            symbols: Vec::new(),
            references: Vec::new(),
            record: Vec::new(),
            index_terms: terms.join(" "),
            passages,
        }
    }

    /// Documents by number, as they are left after some were put again and some removed.
    type Corpus = BTreeMap<i64, Vec<Vec<usize>>>;

    struct Tried {
        _folder: tempfile::TempDir,
        searcher: Searcher,
    }

    /// Writes each step as a commit of its own, so that there are segments and deleted entries.
    fn index_of(steps: &[Corpus], left: &Corpus) -> Tried {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), Disk::Later).unwrap();
        let passages: Vec<&Vec<usize>> = left.values().flatten().collect();
        let words: usize = passages.iter().map(|words| words.len()).sum();
        let totals = Totals {
            documents: left.len() as u64,
            passages: passages.len() as u64,
            passage_terms: words as u64,
            file_terms: words as u64,
            ..Totals::default()
        };
        let state = State {
            store_id: 1,
            generation: 1,
            content: 1,
            pipeline: 1,
            tokenizer: String::new(),
            root: String::new(),
            reading: String::new(),
            head: None,
            is_unranked: false,
            totals,
        };
        for step in steps {
            for (&number, passages) in step {
                let (document, first) = (DocumentId(number), PassageId(number * 1000));
                let stored = Stored { document, first_passage: first, is_new: false };
                writer.put(stored, &prepared(&format!("path-{number}"), passages), None).unwrap();
            }
            writer.flush().unwrap().commit(&state).unwrap();
        }
        for number in steps.iter().flat_map(BTreeMap::keys).filter(|n| !left.contains_key(n)) {
            writer.remove(DocumentId(*number));
        }
        writer.flush().unwrap().commit(&state).unwrap();
        writer.finish().unwrap();
        let index = Index::open(folder.path()).unwrap();
        assert_eq!(index.reload(&state), Standing::Current);
        Tried { searcher: index.searcher(&state).unwrap(), _folder: folder }
    }

    /// The score of each passage by the formula, with tantivy's coarse lengths.
    fn expected(left: &Corpus, question: &[(String, f32)]) -> Vec<(PassageId, f64)> {
        let all: Vec<(PassageId, &Vec<usize>)> = left
            .iter()
            .flat_map(|(number, passages)| {
                let numbered = passages.iter().enumerate();
                numbered.map(move |(at, words)| (PassageId(number * 1000 + at as i64), words))
            })
            .collect();
        let average = all.iter().map(|(_, words)| words.len()).sum::<usize>() as f64;
        let average = (average / all.len().max(1) as f64).max(1.0);
        let count = |words: &[usize], term: &str| {
            words.iter().filter(|&&word| WORDS[word] == term).count() as f64
        };
        let mut scores = Vec::new();
        for (id, words) in &all {
            let length = FieldNormReader::fieldnorm_to_id(words.len() as u32);
            let length = f64::from(FieldNormReader::id_to_fieldnorm(length));
            let mut score = 0.0;
            for (term, weight) in question {
                let holders = all.iter().filter(|(_, words)| 0.0 < count(words, term)).count();
                let (n, total) = (holders as f64, all.len() as f64);
                let idf = (1.0 + (total - n + 0.5) / (n + 0.5)).ln();
                let f = count(words, term);
                let saturation = 1.2 * (1.0 - 0.75 + 0.75 * length / average);
                score += f64::from(*weight) * idf * f * 2.2 / (f + saturation);
            }
            if 0.0 < score {
                scores.push((*id, score));
            }
        }
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        scores
    }

    fn any_word() -> impl Strategy<Value = usize> {
        prop_oneof![20 => Just(0_usize), 12 => Just(1), 6 => Just(2), 3 => Just(3), 1 => Just(4)]
    }

    fn any_corpus() -> impl Strategy<Value = Corpus> {
        let passage = prop::collection::vec(any_word(), 1..12);
        let document = prop::collection::vec(passage, 1..6);
        prop::collection::btree_map(1_i64..40, document, 1..25)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn the_best_are_found_with_their_scores(
            steps in prop::collection::vec(any_corpus(), 1..4),
            removed in prop::collection::btree_set(1_i64..40, 0..10),
            weights in prop::collection::vec(0.1_f32..3.0, WORDS.len()),
            limit in 1_usize..30,
        ) {
            let mut left = Corpus::new();
            for step in &steps {
                left.extend(step.clone());
            }
            left.retain(|number, _| !removed.contains(number));
            let tried = index_of(&steps, &left);
            let weighed = WORDS.iter().zip(weights);
            let question: Vec<(String, f32)> =
                weighed.map(|(word, weight)| ((*word).to_owned(), weight)).collect();
            let found = tried.searcher.top_passages(&question, limit).unwrap();
            let all = tried.searcher.top_passages(&question, 1_000_000).unwrap();
            prop_assert_eq!(&found[..], &all[..limit.min(all.len())], "the limit only cuts");
            let expected = expected(&left, &question);
            prop_assert_eq!(all.len(), expected.len());
            for (found, (_, score)) in all.iter().zip(&expected) {
                let off = (f64::from(found.score) - score).abs();
                prop_assert!(off < 1e-4 * score, "{found:?} {score}");
            }
        }
    }

    #[test]
    fn repeated_and_useless_terms_are_harmless() {
        let left = Corpus::from([(1, vec![vec![0, 3], vec![0, 0, 1]]), (2, vec![vec![1]])]);
        let tried = index_of(std::slice::from_ref(&left), &left);
        let search = |question: &[(&str, f32)]| {
            let question: Vec<(String, f32)> =
                question.iter().map(|&(term, weight)| (term.to_owned(), weight)).collect();
            tried.searcher.top_passages(&question, 10).unwrap()
        };
        assert_eq!(search(&[("few", 1.0), ("few", 1.0)]), search(&[("few", 2.0)]));
        let useless = [("few", 1.0), ("absent", 5.0), ("usual", 0.0), ("common", f32::NAN)];
        assert_eq!(search(&useless), search(&[("few", 1.0)]));
        assert_eq!(search(&[]), []);
        assert_eq!(tried.searcher.passages_with("common").unwrap(), 2);
        assert_eq!(tried.searcher.files_with("usual").unwrap(), 2);
    }
}
