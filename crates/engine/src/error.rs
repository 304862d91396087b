//! What can go wrong in the engine, said so that a user knows the next step.
//!
//! A variant says what failed and on which path or id. [`Error::kind`] is the one classification
//! that the faces translate to exit codes and status codes; nothing else looks inside.
//! Bad *content* is never an error: a file that cannot be read or parsed becomes a skip with a
//! reason (see `files`).

use std::path::{Path, PathBuf};

/// The result of every fallible engine call.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the engine; messages are lower case, name the thing and say what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value given by the caller is not acceptable; `field` names it.
    #[error("{field}: {message}")]
    InvalidInput {
        /// The name of the offending field, as the caller spells it.
        field: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
    /// Something that was asked for by name does not exist.
    #[error("{what} not found: {name}")]
    NotFound {
        /// The kind of thing: "document", "workspace", "root".
        what: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The database is damaged or not one of ours; nothing in it was changed.
    #[error(
        "{}: the database is damaged ({detail}); move it away or run \
         `contextlite forget --root ROOT` and index again",
        path.display()
    )]
    DamagedStore {
        /// The database file.
        path: PathBuf,
        /// What the integrity check or SQLite said.
        detail: String,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "{}: the database has schema {found}, this version knows up to {known}; \
         update contextlite or use another --database",
        path.display()
    )]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// The schema version found in it.
        found: i64,
        /// The newest schema version that this program knows.
        known: i64,
    },
    /// Another process is writing this store and did not finish within the waiting limit.
    #[error(
        "{}: another process is indexing; waited {waited_ms} ms; try again when it is done",
        path.display()
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited, in milliseconds.
        waited_ms: u64,
    },
    /// The store can be read but not written (read-only folder or full disk).
    #[error("{}: cannot write the index: {detail}", path.display())]
    NotWritable {
        /// The database file or data folder.
        path: PathBuf,
        /// The reason, with the next step.
        detail: String,
    },
    /// The derived full-text index failed although it had been rebuilt.
    #[error("{}: full-text index: {detail}", path.display())]
    Index {
        /// The index folder.
        path: PathBuf,
        /// What the index library said.
        detail: String,
    },
    /// The caller asked to stop a long operation.
    #[error("stopped before the end; what was committed is kept")]
    Cancelled,
}

/// The classes of failure that faces tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The caller's input is wrong.
    InvalidInput,
    /// The named thing does not exist.
    NotFound,
    /// The file system refused.
    Io,
    /// The store is damaged, too new, or not writable.
    Store,
    /// Another process holds the writer lock.
    Busy,
    /// The caller stopped the operation.
    Cancelled,
}

impl Error {
    /// Returns the class of this failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidInput { .. } => ErrorKind::InvalidInput,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Io { .. } => ErrorKind::Io,
            Self::DamagedStore { .. }
            | Self::NewerSchema { .. }
            | Self::NotWritable { .. }
            | Self::Index { .. } => ErrorKind::Store,
            Self::Busy { .. } => ErrorKind::Busy,
            Self::Cancelled => ErrorKind::Cancelled,
        }
    }

    /// Wraps an operating system error with the path that it is about.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), source }
    }
}
