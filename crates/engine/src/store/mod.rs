//! The store: one SQLite database, the only truth about a workspace.
//!
//! # What is in it
//!
//! ```text
//! state       one row: store id, generations, versions, root, git head, next numbers, sums, ranks
//! documents   one row for each file: path, language, kind, size, time, hash, sums, git facts
//! records     beside it what ranking looks at: forward record, history record, all passages (span,
//!             lines, tokens, breadcrumb, forward record)
//! bodies      and what answers are made of: symbols, names, text (LZ4)
//! definers    hash of a name (lower-case) -> documents that define it
//! histories   path -> its commits; commits: time and message, shared by the files of a commit
//! skips       files that the last run left out, and why
//! tombstones  documents that were removed, until the full-text index has followed
//! entries     what a library knows beyond a document's text: id, named language, metadata, times
//! feedback    how often a document or a passage of it was accepted and rejected
//! weights     those that moved
//! lessons     each update of both, with what was there before, so that it can be undone
//! ```
//! A store is that of a workspace or of a library. In a library each document has an entry, and is
//! found by its id; paths may repeat there.
//!
//! What belongs to one document and is always read whole is one value (see `codec`), because a row
//! for each symbol or reference would cost more than the text. The passages of a document have
//! consecutive numbers, its row knows the first. Document and passage numbers
//! are never given twice; a changed file keeps its document number and gets new passage numbers.
//!
//! # Generations
//!
//! Every committed write raises `generation`. A write that the full-text index must follow also
//! sets `content` to it, and the documents it wrote carry it. So an index that reflects generation
//! *g* is brought up to date by the documents and tombstones with a greater one.
//!
//! # Who may do what, when
//!
//! The database is in WAL mode. A [`Reader`] is a read-only connection inside one read transaction:
//! it never blocks, never waits and never writes. A [`Writer`] holds the writer lock and writes in
//! batches. A batch is durable against the death of the process as soon as it is committed; after a
//! loss of power the newest batches may be missing, but never a part of one
//! (<https://www.sqlite.org/pragma.html#pragma_synchronous>). [`Writer::survive_power_loss`] closes
//! that gap at the price of one more wait for the disk in each batch.

mod codec;
mod lock;
mod schema;
mod connection;
mod row;
mod reader;
mod writer;
mod entries;
mod lessons;

use std::path::{Path, PathBuf};

pub use self::lessons::{FEEDBACK_COUNT_MAX, FEEDBACK_ROWS_MAX, LESSONS_MAX};
pub(crate) use self::lock::not_writable;
pub use self::lock::{LOCK_WAIT, WriterLock};
pub use self::reader::{DocumentNames, Reader};
pub use self::row::{
    Definitions, DocumentRow, Entry, Feedback, KnownFile, Lesson, PassageId, PassageRow, Rank,
    RecordBytes, SkippedFile, State, SymbolRow, Totals,
};
pub use self::schema::SCHEMA_VERSION;
#[cfg(test)]
pub(crate) use self::schema::store_of_first_version;
pub use self::writer::{Batch, HistoryUpdate, ParkedWriter, Stored, Writer};

/// What [`State::root`] says in the store of a library; no folder is spelt so.
pub const LIBRARY_ROOT: &str = "library:";

/// The files that one store consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePaths {
    /// The SQLite database.
    pub database: PathBuf,
    /// The folder of the full-text index, beside it.
    pub index: PathBuf,
    /// The lock file, beside it.
    pub lock: PathBuf,
}

impl StorePaths {
    /// The store whose database is at `database`.
    pub fn of(database: &Path) -> Self {
        Self {
            database: database.to_owned(),
            index: connection::with_suffix(database, ".index"),
            lock: connection::with_suffix(database, ".lock"),
        }
    }

    /// The bytes of the database and the files that SQLite keeps beside it, and the time of the
    /// newest change, in seconds since 1970.
    pub fn database_size(&self) -> (u64, Option<i64>) {
        let name = self.database.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = self.database.parent().and_then(|folder| std::fs::read_dir(folder).ok());
        let mut bytes = 0;
        let mut newest = None;
        for entry in folder.into_iter().flatten().flatten() {
            let Ok(facts) = entry.metadata() else { continue };
            if !facts.is_file() || !entry.file_name().to_string_lossy().starts_with(&name) {
                continue;
            }
            bytes += facts.len();
            let modified = facts.modified().ok();
            let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            newest = newest.max(since.map(|since| since.as_secs() as i64));
        }
        (bytes, newest)
    }

    /// The bytes of the full-text index.
    pub fn index_bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.index).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|facts| facts.len()).sum()
    }
}
