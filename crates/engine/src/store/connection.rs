//! Opening the database, and what SQLite's failures mean to a user.
//!
//! A reading connection is opened read-only and can do no harm, whatever the code above it does.
//! In a folder that may not be written, SQLite cannot make the shared memory file that its
//! write-ahead log needs; such a database is opened as *immutable*, which is right as long as
//! nobody can write it, and refused while an unfinished log lies beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::lock::not_writable;
use super::schema::{self, APPLICATION_ID, SCHEMA_VERSION};
use crate::error::{Error, Result};

/// How long SQLite itself waits for a lock. The writer lock keeps writers apart and readers never
/// block, so only a checkpoint or a first opening is ever waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The part of the database that a reader maps into its address space, in bytes.
const READ_MAP_BYTES: i64 = 1 << 30;
/// Page caches, in KiB: a writer inserts in key order and needs the right edge of each tree.
const WRITE_CACHE_KIB: i64 = 32 << 10;
const READ_CACHE_KIB: i64 = 8 << 10;
/// The log is cut back to this size when it has been carried over into the database.
const LOG_BYTES_KEPT: i64 = 4 << 20;
/// More statements than this module has, so that each is compiled once for a connection.
const STATEMENTS_MAX: usize = 64;

/// Whether a reader maps the database into its address space: look-ups get faster, and what was
/// read counts as the process's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    Yes,
    No,
}

/// Tells a database file from another one that has come into its place.
///
/// Where the system has no numbers for files, an open one cannot be replaced either (Windows), and
/// that it is there is all there is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileMark(Option<(u64, u64)>);

impl FileMark {
    /// The mark of the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        Self(std::fs::metadata(path).ok().map(|facts| numbers_of(&facts)))
    }

    /// Whether the file is still at `path`.
    pub(super) fn is_at(self, path: &Path) -> bool {
        self.0.is_some() && self == Self::of(path)
    }
}

#[cfg(unix)]
fn numbers_of(facts: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (facts.dev(), facts.ino())
}

#[cfg(not(unix))]
fn numbers_of(_: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}

/// Whether an open database still has the schema that this program writes.
pub(super) fn is_current(path: &Path, connection: &Connection) -> bool {
    version_of(path, connection).is_ok_and(|version| version == SCHEMA_VERSION)
}

/// Opens, and where needed creates and migrates, the database for its one writer.
pub(super) fn open_to_write(path: &Path) -> Result<Connection> {
    let failed = |error| failure(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|error| {
        let cannot_open = error.sqlite_error_code() == Some(ErrorCode::CannotOpen);
        match std::fs::metadata(path.parent().unwrap_or(Path::new("."))) {
            Err(source) if cannot_open => not_writable(path, &source),
            _ => failure(path, error),
        }
    })?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    let version = version_of(path, &connection)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -WRITE_CACHE_KIB).map_err(failed)?;
    if version < SCHEMA_VERSION {
        schema::migrate(&mut connection, version).map_err(failed)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

/// What a database is to a reader.
pub(super) enum Opened {
    /// There is none, or nothing in it yet.
    Nothing,
    /// Its schema, of this version, must first be migrated by a writer.
    Older(i64),
    /// It can be read.
    Ready(Connection),
}

/// Opens an existing database for reading.
pub(super) fn open_to_read(path: &Path, map: Map) -> Result<Opened> {
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(Opened::Nothing),
        Err(source) if source.kind() == std::io::ErrorKind::NotADirectory => {
            return Ok(Opened::Nothing);
        }
        Err(source) => return Err(Error::io(path, source)),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags)
        .map_err(|error| failure(path, error))
        .and_then(|connection| version_of(path, &connection).map(|version| (connection, version)));
    let (connection, version) = match opened {
        Ok(opened) => opened,
        Err(Error::NotWritable { .. }) => open_immutable(path)?,
        Err(error) => return Err(error),
    };
    if version < SCHEMA_VERSION {
        return Ok(if version == 0 { Opened::Nothing } else { Opened::Older(version) });
    }
    let failed = |error| failure(path, error);
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -READ_CACHE_KIB).map_err(failed)?;
    if map == Map::Yes {
        connection.pragma_update(None, "mmap_size", READ_MAP_BYTES).map_err(failed)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(Opened::Ready(connection))
}

/// Opens a database that nobody can write at the moment.
fn open_immutable(path: &Path) -> Result<(Connection, i64)> {
    let log = with_suffix(path, "-wal");
    if std::fs::metadata(&log).is_ok_and(|log| 0 < log.len()) {
        return Err(Error::NotWritable {
            path: path.to_owned(),
            detail: "an unfinished write must be completed first; make the folder writable and \
                     run `contextlite status`"
                .to_owned(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable_uri(path), flags)
        .map_err(|error| failure(path, error))?;
    let version = version_of(path, &connection)?;
    Ok((connection, version))
}

/// The URI of a path, <https://www.sqlite.org/uri.html>: every byte that is not plain is escaped.
fn immutable_uri(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = String::from("file:");
    if cfg!(windows) {
        uri.push('/');
    }
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b':' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => write!(uri, "%{byte:02X}").expect("a string takes all text"),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Checks that the file is a database of ours, or empty, and returns its schema version.
///
/// All facts are of one transaction: between two of them another process may make the database.
fn version_of(path: &Path, connection: &Connection) -> Result<i64> {
    let failed = |error| failure(path, error);
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let version = version_in(path, connection)?;
    transaction.finish().map_err(failed)?;
    Ok(version)
}

fn version_in(path: &Path, connection: &Connection) -> Result<i64> {
    let pragma = |name: &str| -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let failed = |error| failure(path, error);
    let application = pragma("application_id").map_err(failed)?;
    let found = pragma("user_version").map_err(failed)?;
    if application != APPLICATION_ID {
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        if application == 0 && found == 0 && tables == 0 {
            return Ok(0);
        }
        return Err(damaged(path, "it is a database of another program"));
    }
    if SCHEMA_VERSION < found {
        let path = path.to_owned();
        return Err(Error::NewerSchema { path, found, known: SCHEMA_VERSION });
    }
    Ok(found)
}

pub(super) fn needs_migration(path: &Path, version: i64) -> Error {
    Error::NotWritable {
        path: path.to_owned(),
        detail: format!(
            "its schema {version} must first be brought to {SCHEMA_VERSION}; \
             run `contextlite index`"
        ),
    }
}

/// What a failure of SQLite means for the store at `path`.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failure(path: &Path, error: rusqlite::Error) -> Error {
    let Some(code) = error.sqlite_error_code() else {
        return damaged(path, &error.to_string());
    };
    match code {
        ErrorCode::DiskFull => {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            not_writable(path, &full)
        }
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
            not_writable(path, &refused)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Error::Busy { path: path.to_owned(), waited_ms: BUSY_TIMEOUT.as_millis() as u64 }
        }
        ErrorCode::SystemIoFailure => io_failure(path, &error),
        _ => damaged(path, &error.to_string()),
    }
}

/// Tells writes that failed (full disk, quota) from reads that failed.
fn io_failure(path: &Path, error: &rusqlite::Error) -> Error {
    const WRITES: [i32; 7] = [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_DIR_FSYNC,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMOPEN,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_SHMMAP,
    ];
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    if WRITES.contains(&extended) {
        let detail = format!("{error}; free some space on the disk and run it again");
        return Error::NotWritable { path: path.to_owned(), detail };
    }
    Error::io(path, std::io::Error::other(error.to_string()))
}

/// The error of a store whose content breaks its own rules.
pub(super) fn damaged(path: &Path, detail: &str) -> Error {
    Error::DamagedStore { path: path.to_owned(), detail: detail.to_owned() }
}

/// `path` with `suffix` behind its file name, as SQLite names the files beside a database.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
