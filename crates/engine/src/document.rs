//! One file as it was read, and what its path says about it.

mod kind;

use crate::language::Language;

/// The number of a document in its store; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub i64);

/// What a file is for, as far as its path tells; ranking holds kinds back that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DocumentKind {
    /// Program text.
    Source = 0,
    /// Tests, fixtures, benchmarks of the program.
    Test = 1,
    /// Prose: documentation, read-me, change log.
    Prose = 2,
    /// Examples, demos, samples, templates.
    Example = 3,
    /// Build and tool configuration, continuous integration.
    Configuration = 4,
    /// Data: JSON, CSV, locale files, snapshots.
    Data = 5,
    /// Third-party code that was copied in.
    Vendored = 6,
    /// Written by a program: lock files, generated sources.
    Generated = 7,
}

/// What a file system tells about a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    /// The size in bytes.
    pub size_bytes: u64,
    /// The time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

/// A document's text and facts, before it is parsed.
#[derive(Debug, Clone)]
pub struct Document {
    /// The path relative to the workspace root, `/` between parts, invalid UTF-8 escaped as `%XX`.
    pub path: String,
    /// The id under which a library holds it; `None` for a file.
    pub library_id: Option<String>,
    /// The language, by path and first line, or as a library was told.
    pub language: Language,
    /// What the file is for.
    pub kind: DocumentKind,
    /// Size and time as the file system had them *before* the file was read.
    pub stat: FileStat,
    /// BLAKE3 of the bytes on disk.
    pub hash: [u8; 32],
    /// The text: UTF-8, byte order mark removed, UTF-16 decoded, invalid bytes replaced by U+FFFD.
    pub text: String,
}

impl Document {
    /// What no other document of the same store has: the id in a library, else the path.
    pub fn key(&self) -> &str {
        self.library_id.as_deref().unwrap_or(&self.path)
    }
}
