//! What the store gives back: plain values, one for each kind of row.

use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::document::{DocumentId, DocumentKind, FileStat};
use crate::language::Language;
use crate::passage::SymbolKind;
use crate::text::Span;
use crate::token::Tokenizer;

pub use super::codec::Rank;

/// The number of a passage in its store; never used twice.
///
/// The passages of a document have consecutive numbers in order of position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassageId(pub i64);

/// Facts about the store as a whole, all of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// A random number that tells this store from any other.
    pub store_id: i64,
    /// Raised by every committed write.
    pub generation: i64,
    /// The generation of the last write that the full-text index must follow.
    pub content: i64,
    /// The `PIPELINE_VERSION` that prepared the documents; 0 in a new store.
    pub pipeline: u32,
    /// The name of the tokenizer of the stored token counts.
    pub tokenizer: String,
    /// The root that is indexed here, as its caller spells it; empty in a new store.
    pub root: String,
    /// The reading options of the last index run, in a form that can only be compared.
    pub reading: String,
    /// The head of the git history that has been read.
    pub head: Option<String>,
    /// Whether documents changed after the ranks were computed.
    pub is_unranked: bool,
    /// Sums over all documents.
    pub totals: Totals,
}

/// Sums over all documents of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// The number of documents.
    pub documents: u64,
    /// The number of passages.
    pub passages: u64,
    /// The terms of all passages in the full-text index, repetitions counted.
    pub passage_terms: u64,
    /// The terms of all files in the full-text index, their history's included.
    pub file_terms: u64,
    /// The model tokens of all passages' texts.
    pub tokens: u64,
    /// The bytes of all texts.
    pub text_bytes: u64,
}

/// One document without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentRow {
    /// Its number.
    pub id: DocumentId,
    /// The path relative to the root; see `Document::path`.
    pub path: String,
    /// The id under which a library holds it; `None` for a file.
    pub library_id: Option<String>,
    /// The language.
    pub language: Language,
    /// What the file is for.
    pub kind: DocumentKind,
    /// Size and time of the file when it was read.
    pub stat: FileStat,
    /// BLAKE3 of the bytes on disk.
    pub hash: [u8; 32],
    /// The number of lines.
    pub lines: u32,
    /// The bytes of its text.
    pub text_bytes: u32,
    /// The model tokens of its passages' texts.
    pub tokens: u32,
    /// The number of its first passage.
    pub first_passage: PassageId,
    /// The number of its passages.
    pub passages: u32,
    /// The number of commits that touched it, as far as history was read.
    pub commits: u32,
    /// The time of the newest of them, in seconds since 1970; 0 without history.
    pub last_commit_s: i64,
    /// Its place in the reference graph.
    pub rank: Rank,
    /// Whether the file was old enough when it was read for its time to tell a later change.
    pub is_settled: bool,
    /// The forward record of the file.
    pub record: Vec<u8>,
    /// The forward record of its history; empty without history.
    pub history: Vec<u8>,
    /// Its passages as they are stored; `Reader::passages_in` reads them.
    pub(super) shelf: Arc<[u8]>,
}

impl DocumentRow {
    /// What no other document of the same store has: the id in a library, else the path.
    pub fn key(&self) -> &str {
        self.library_id.as_deref().unwrap_or(&self.path)
    }
}

/// What a library knows of a document beyond its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The language that the caller named; `None` if it was recognised.
    pub language: Option<Language>,
    /// The caller's own text about the document.
    pub metadata: Option<String>,
    /// When it was first put, in nanoseconds since 1970.
    pub created_ns: i64,
    /// When it was last put, in nanoseconds since 1970.
    pub updated_ns: i64,
}

/// One passage without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassageRow {
    /// Its number.
    pub id: PassageId,
    /// The document that it is a part of.
    pub document: DocumentId,
    /// Its position among the passages of the document, from 0.
    pub ordinal: u32,
    /// Where it is in the document's text.
    pub span: Span,
    /// The first line, 1-based.
    pub first_line: u32,
    /// The last line, 1-based, inclusive.
    pub last_line: u32,
    /// Its o200k tokens as rendered, header and fence included.
    pub tokens: u32,
    /// Its cl100k tokens as rendered.
    pub tokens_cl100k: u32,
    /// The names of the enclosing parts, joined with ` › `.
    pub breadcrumb: String,
    /// Its forward record.
    pub record: RecordBytes,
}

impl PassageRow {
    /// Its tokens as rendered, for a tokenizer whose counts are stored.
    pub fn tokens_of(&self, tokenizer: Tokenizer) -> Option<u32> {
        match tokenizer {
            Tokenizer::O200k => Some(self.tokens),
            Tokenizer::Cl100k => Some(self.tokens_cl100k),
            Tokenizer::Claude => Some(Tokenizer::claude_estimate(self.tokens)),
            Tokenizer::Chars => None,
        }
    }
}

/// The bytes of a passage's record, shared with all passages that were read together.
#[derive(Clone)]
pub struct RecordBytes {
    shelf: Arc<[u8]>,
    range: Range<usize>,
}

impl RecordBytes {
    /// The bytes of `shelf` at `range`, which must lie inside.
    pub(super) fn new(shelf: &Arc<[u8]>, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= shelf.len(), "the range lies inside");
        Self { shelf: Arc::clone(shelf), range }
    }

    /// Moves records to a shelf of their own, away from others that were read with them and are
    /// not needed.
    pub fn gather<'r>(records: impl Iterator<Item = &'r mut Self>) {
        let mut records: Vec<&mut Self> = records.collect();
        let shelf: Vec<u8> = records.iter().flat_map(|record| record.iter().copied()).collect();
        let shelf: Arc<[u8]> = shelf.into();
        let mut start = 0;
        for record in &mut records {
            let end = start + record.len();
            **record = Self::new(&shelf, start..end);
            start = end;
        }
    }
}

impl Deref for RecordBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.shelf[self.range.clone()]
    }
}

impl PartialEq for RecordBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for RecordBytes {}

impl std::fmt::Debug for RecordBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordBytes({} bytes)", self.range.len())
    }
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolRow {
    /// The document that defines it.
    pub document: DocumentId,
    /// The passage that its name stands in.
    pub passage: PassageId,
    /// The name as written.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The 1-based line of its name.
    pub line: u32,
}

/// All definitions of one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Definitions {
    /// The number of documents that define it (a different name may be among them, once in about
    /// four billion).
    pub documents: u32,
    /// The definitions by document and position; empty if `documents` is over the asked limit.
    pub symbols: Vec<SymbolRow>,
}

/// What is compared to see whether a file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its path.
    pub path: String,
    /// Its number.
    pub id: DocumentId,
    /// Size and time when it was read.
    pub stat: FileStat,
    /// Whether the file was old enough when it was read for its time to tell a later change.
    pub is_settled: bool,
    /// Whether its history has changed since its terms were indexed.
    pub is_stale: bool,
    /// BLAKE3 of the bytes on disk.
    pub hash: [u8; 32],
}

/// A file that was not indexed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// Its path.
    pub path: String,
    /// The name of the kind of reason, for programs and for counting.
    pub name: String,
    /// The reason as a phrase.
    pub reason: String,
    /// Size and time when it was read; `None` if it was not even opened, or is to be tried again.
    pub stat: Option<FileStat>,
}

/// What a user thought of one passage, or of a whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// The document's path; in a library, its id.
    pub path: String,
    /// A key of the passage that its caller chose; empty for the whole document.
    pub passage: String,
    /// How often it was accepted.
    pub accepted: u32,
    /// How often it was rejected.
    pub rejected: u32,
}

/// One update from feedback.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'l> {
    /// The question.
    pub query: &'l str,
    /// When it was learned, in nanoseconds since 1970.
    pub learned_ns: i64,
    /// What was judged, each once: the key of the document, that of the passage (see
    /// [`Feedback::passage`]), and whether it was accepted.
    pub judged: &'l [(String, String, bool)],
    /// The weights that change, with their new values.
    pub weights: &'l [(&'static str, f64)],
}

/// The kind that is stored under a number.
pub(super) fn kind_of_number(number: i64) -> Option<DocumentKind> {
    use DocumentKind::{Configuration, Data, Example, Generated, Prose, Source, Test, Vendored};
    let kinds = [Source, Test, Prose, Example, Configuration, Data, Vendored, Generated];
    kinds.into_iter().find(|&kind| kind as i64 == number)
}
