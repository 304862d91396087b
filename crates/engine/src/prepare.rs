//! From a document's text to everything that is stored and indexed of it; pure.
//!
//! ```text
//! Document -> outline (parse) -> passages (split) -> records, index terms, token costs
//! ```
//! The same function serves first indexing, re-indexing and rebuilding the full-text index from
//! the store, so the three cannot differ. When its result changes for the same document, raise
//! [`PIPELINE_VERSION`]: stores written before are then prepared anew.

use rustc_hash::FxHashMap;

use crate::citation::Citation;
use crate::document::Document;
use crate::history::FileHistory;
use crate::parse;
use crate::passage::{Definition, Outline, Passage, SymbolKind};
use crate::record::{FileField, HistoryField, PassageField, RecordBuilder};
use crate::split::{self, SplitLimits};
use crate::terms::{self, TermKind};
use crate::text::{LineIndex, Span};
use crate::token;

/// Raised when the same document would be prepared differently than before.
pub const PIPELINE_VERSION: u32 = 2;

/// How much one occurrence in each passage field weighs in the flattened index field.
const PASSAGE_WEIGHTS: [u32; 5] = [3, 2, 1, 1, 1];
/// How much one occurrence in each file field weighs in the flattened index field.
const FILE_WEIGHTS: [u32; 5] = [6, 3, 2, 1, 1];
/// A term is written at most this often into the flattened field; BM25 saturates long before.
const INDEX_REPEATS_MAX: u32 = 8;

/// One passage, ready to be stored and indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPassage {
    /// Where it is and what it defines.
    pub passage: Passage,
    /// Its o200k tokens as rendered, header and fence included.
    pub tokens: u32,
    /// Its cl100k tokens as rendered.
    pub tokens_cl100k: u32,
    /// Its forward record, fields of [`PassageField`].
    pub record: Vec<u8>,
    /// Its terms for the full-text index, separated by spaces, repeated by weight.
    pub index_terms: String,
}

/// One named part, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedSymbol {
    /// The name as written.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The position of its passage in [`PreparedDocument::passages`].
    pub passage: u32,
    /// The 1-based line of its name.
    pub line: u32,
}

/// One document, ready to be stored and indexed.
#[derive(Debug, Clone)]
pub struct PreparedDocument {
    /// The document as read.
    pub document: Document,
    /// The number of lines.
    pub lines: u32,
    /// Its passages, in order; they tile the text.
    pub passages: Vec<PreparedPassage>,
    /// Its named parts, in order of position.
    pub symbols: Vec<PreparedSymbol>,
    /// The distinct names that it mentions, sorted, with how often.
    pub references: Vec<(String, u32)>,
    /// Its forward record, fields of [`FileField`].
    pub record: Vec<u8>,
    /// Its terms for the full-text index, separated by spaces, repeated by weight.
    pub index_terms: String,
}

/// What the past changes of one file say about it, ready to be stored and indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedHistory {
    /// The forward record, fields of [`HistoryField`].
    pub record: Vec<u8>,
    /// The terms of the messages for the full-text index.
    pub index_terms: String,
    /// The number of commits that touched the file, as far as history was read.
    pub commits: u32,
    /// The time of the newest of them, seconds since 1970.
    pub last_commit_s: i64,
}

/// Prepares one document. Never fails: what has no structure is split by lines.
pub fn prepare(document: Document) -> PreparedDocument {
    let text = document.text.as_str();
    let outline = parse::outline(document.language, text);
    let passages = split::passages(text, document.language, &outline, &SplitLimits::default());
    let mut pass = TermPass::new(&outline);
    let prepared: Vec<PreparedPassage> =
        passages.into_iter().map(|passage| pass.passage(&document, passage)).collect();
    let (record, index_terms) = pass.file(&document.path);
    let lines = LineIndex::new(text);
    let symbols = symbols(&outline, &prepared, &lines);
    let references = references(&outline);
    let lines = lines.lines();
    PreparedDocument {
        lines,
        passages: prepared,
        symbols,
        references,
        record,
        index_terms,
        document,
    }
}

/// Prepares the history of one file.
pub fn prepare_history(history: &FileHistory) -> PreparedHistory {
    let mut builder = RecordBuilder::default();
    let mut index_terms = String::new();
    let mut seen: Vec<u32> = Vec::new();
    let mut written: FxHashMap<u32, u32> = FxHashMap::default();
    for (time_s, message) in &history.messages {
        seen.clear();
        builder.add(commit_hash(*time_s, message), HistoryField::Commit as usize, true);
        terms::each_term(message, |term, kind| {
            let term_hash = terms::hash(term);
            if seen.contains(&term_hash) {
                return;
            }
            seen.push(term_hash);
            builder.add(term_hash, HistoryField::Message as usize, kind == TermKind::Part);
            let repeats = written.entry(term_hash).or_default();
            if *repeats < INDEX_REPEATS_MAX / 2 {
                *repeats += 1;
                push_key(&mut index_terms, term_hash);
            }
        });
    }
    PreparedHistory {
        record: builder.finish(),
        index_terms,
        commits: history.commits,
        last_commit_s: history.last_commit_s,
    }
}

/// What tells a commit from others wherever it is met: its time and its message.
fn commit_hash(time_s: i64, message: &str) -> u32 {
    terms::hash(message).rotate_left(16) ^ (time_s as u32)
}

/// The passage as an answer shows it.
fn block_of(document: &Document, passage: &Passage) -> String {
    let citation = Citation {
        path: &document.path,
        first_line: passage.first_line,
        last_line: passage.last_line,
        breadcrumb: &passage.breadcrumb,
        language: document.language,
        library_id: document.library_id.as_deref(),
        root: None,
    };
    citation.block(passage.span.of(&document.text))
}

fn push_key(target: &mut String, term_hash: u32) {
    if !target.is_empty() {
        target.push(' ');
    }
    terms::push_key(target, term_hash);
}

fn symbols(
    outline: &Outline,
    passages: &[PreparedPassage],
    lines: &LineIndex,
) -> Vec<PreparedSymbol> {
    let mut symbols = Vec::new();
    for (ordinal, prepared) in passages.iter().enumerate() {
        for &at in &prepared.passage.defines {
            let definition = &outline.definitions[at as usize];
            symbols.push(PreparedSymbol {
                name: definition.name.clone(),
                kind: definition.kind,
                passage: ordinal as u32,
                line: lines.line_at(definition.signature.start),
            });
        }
    }
    symbols
}

fn references(outline: &Outline) -> Vec<(String, u32)> {
    let mut names: Vec<&str> = outline.references.iter().map(|r| r.name.as_str()).collect();
    names.sort_unstable();
    let mut counted: Vec<(String, u32)> = Vec::new();
    for name in names {
        match counted.last_mut() {
            Some((last, count)) if last == name => *count += 1,
            _ => counted.push((name.to_owned(), 1)),
        }
    }
    counted
}

/// The terms of one document, numbered, with the counts of the passage and of the file so far.
struct TermPass<'d> {
    definitions: &'d [Definition],
    /// Signatures and comments in order, without overlap, with the passage field they belong to.
    regions: Vec<(Span, PassageField)>,
    numbers: FxHashMap<Box<str>, u32>,
    hashes: Vec<u32>,
    /// Occurrences in the current passage: term number, field.
    current: Vec<(u32, u8)>,
    file_counts: Vec<[u32; 5]>,
    file_lengths: [u32; 5],
}

impl<'d> TermPass<'d> {
    fn new(outline: &'d Outline) -> Self {
        Self {
            definitions: &outline.definitions,
            regions: regions(outline),
            numbers: FxHashMap::default(),
            hashes: Vec::new(),
            current: Vec::new(),
            file_counts: Vec::new(),
            file_lengths: [0; 5],
        }
    }

    fn passage(&mut self, document: &Document, passage: Passage) -> PreparedPassage {
        let text = document.text.as_str();
        let mut lengths = [0; 5];
        let mut at = passage.span.start;
        let first = self.regions.partition_point(|(span, _)| span.end <= at);
        for index in first..self.regions.len() {
            let (span, field) = self.regions[index];
            if passage.span.end <= span.start {
                break;
            }
            let start = span.start.max(at);
            let end = span.end.min(passage.span.end);
            self.count(&text[at as usize..start as usize], PassageField::Body, &mut lengths);
            self.count(&text[start as usize..end as usize], field, &mut lengths);
            at = end;
        }
        let rest = &text[at as usize..passage.span.end as usize];
        self.count(rest, PassageField::Body, &mut lengths);
        let definitions = self.definitions;
        for &defined in &passage.defines {
            self.count(&definitions[defined as usize].name, PassageField::Name, &mut lengths);
        }
        self.count(&passage.breadcrumb, PassageField::Breadcrumb, &mut lengths);
        let (tokens, tokens_cl100k) = token::count_exact(&block_of(document, &passage));
        let (record, index_terms) = self.finish_passage(lengths);
        PreparedPassage { passage, tokens, tokens_cl100k, record, index_terms }
    }

    fn count(&mut self, text: &str, field: PassageField, lengths: &mut [u32; 5]) {
        terms::each_term(text, |term, kind| {
            let number = match self.numbers.get(term) {
                Some(&number) => number,
                None => self.number_new(term),
            };
            self.current.push((number, field as u8));
            lengths[field as usize] += u32::from(kind == TermKind::Part);
        });
    }

    fn number_new(&mut self, term: &str) -> u32 {
        let number = self.hashes.len() as u32;
        self.numbers.insert(term.into(), number);
        self.hashes.push(terms::hash(term));
        self.file_counts.push([0; 5]);
        number
    }

    /// Packs the current passage and adds its counts to the file's.
    fn finish_passage(&mut self, lengths: [u32; 5]) -> (Vec<u8>, String) {
        self.current.sort_unstable();
        let mut builder = RecordBuilder::with_lengths(lengths);
        let mut index_terms = String::new();
        let mut from = 0;
        while from < self.current.len() {
            let number = self.current[from].0 as usize;
            let mut weight = 0;
            while from < self.current.len() && self.current[from].0 as usize == number {
                let field = usize::from(self.current[from].1);
                builder.add(self.hashes[number], field, false);
                weight += PASSAGE_WEIGHTS[field];
                if let Some(file_field) = file_field_of(field) {
                    self.file_counts[number][file_field as usize] += 1;
                }
                from += 1;
            }
            for _ in 0..weight.min(INDEX_REPEATS_MAX) {
                push_key(&mut index_terms, self.hashes[number]);
            }
        }
        for (field, length) in lengths.into_iter().enumerate() {
            if let Some(file_field) = file_field_of(field) {
                self.file_lengths[file_field as usize] += length;
            }
        }
        self.current.clear();
        (builder.finish(), index_terms)
    }

    /// Packs the whole file, its path included.
    fn file(&mut self, path: &str) -> (Vec<u8>, String) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
        let stem = if stem.is_empty() { name } else { stem };
        for (text, field) in [(stem, FileField::Stem), (folder, FileField::Folder)] {
            let mut numbers = Vec::new();
            terms::each_term(text, |term, kind| {
                let number = match self.numbers.get(term) {
                    Some(&number) => number,
                    None => self.number_new(term),
                };
                numbers.push((number, kind));
            });
            for (number, kind) in numbers {
                self.file_counts[number as usize][field as usize] += 1;
                self.file_lengths[field as usize] += u32::from(kind == TermKind::Part);
            }
        }
        let mut builder = RecordBuilder::with_lengths(self.file_lengths);
        let mut index_terms = String::new();
        for (number, counts) in self.file_counts.iter().enumerate() {
            let mut weight = 0;
            for (field, &count) in counts.iter().enumerate() {
                builder.add_count(self.hashes[number], field, count);
                weight += FILE_WEIGHTS[field] * count;
            }
            for _ in 0..weight.min(INDEX_REPEATS_MAX) {
                push_key(&mut index_terms, self.hashes[number]);
            }
        }
        (builder.finish(), index_terms)
    }
}

/// The file field that an occurrence in a passage field counts for; the breadcrumb repeats names
/// that are counted where they are defined.
fn file_field_of(passage_field: usize) -> Option<FileField> {
    match passage_field {
        at if at == PassageField::Name as usize => Some(FileField::Name),
        at if at == PassageField::Docs as usize => Some(FileField::Docs),
        at if at == PassageField::Breadcrumb as usize => None,
        _ => Some(FileField::Body),
    }
}

/// Signatures and comments in order, without overlap; a comment wins over a signature.
fn regions(outline: &Outline) -> Vec<(Span, PassageField)> {
    let docs = outline.comments.iter().copied();
    let docs = docs.chain(outline.definitions.iter().filter_map(|d| d.docs));
    let mut regions: Vec<(Span, PassageField)> = docs
        .map(|span| (span, PassageField::Docs))
        .chain(outline.definitions.iter().map(|d| (d.signature, PassageField::Signature)))
        .filter(|(span, _)| !span.is_empty())
        .collect();
    regions.sort_by_key(|&(span, field)| (span.start, field != PassageField::Docs, span.end));
    let mut kept: Vec<(Span, PassageField)> = Vec::new();
    for (span, field) in regions {
        let free = kept.last().map_or(0, |(last, _)| last.end);
        if free < span.end {
            kept.push((Span::new(span.start.max(free), span.end), field));
        }
    }
    kept
}
