//! The advisory lock that makes one process at a time the writer of a store.
//!
//! The lock is the operating system's, on an open file beside the database, so it ends with the
//! process however that ends; the file itself stays and means nothing. SQLite's own lock is not
//! enough, because the full-text index and the database are written as one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How long a writer waits for another one: a big repository is indexed in well under this time.
pub const LOCK_WAIT: Duration = Duration::from_mins(2);
/// How often a waiting process looks again.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The right to write one store; given back when dropped.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock, waiting at most `wait` for another process.
    ///
    /// # Errors
    /// [`Error::Busy`] after `wait`; [`Error::NotWritable`] if the lock file cannot be made.
    pub fn take(path: &Path, wait: Duration) -> Result<Self> {
        let start = Instant::now();
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            let waited = start.elapsed();
            if wait <= waited {
                let waited_ms = waited.as_millis() as u64;
                return Err(Error::Busy { path: path.to_owned(), waited_ms });
            }
            std::thread::sleep(LOCK_POLL.min(wait.saturating_sub(waited)));
        }
    }

    /// Whether a process writes now. A lock that this user may not look at counts as free.
    pub fn is_held(path: &Path) -> bool {
        let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        File::open(path).is_ok_and(held)
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// [`Error::NotWritable`] if the lock file cannot be made.
    pub fn try_take(path: &Path) -> Result<Option<Self>> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|source| not_writable(path, &source))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(not_writable(path, &source)),
        }
    }
}

/// The error of a folder or disk that refuses to be written, with the next step.
pub(crate) fn not_writable(path: &Path, source: &std::io::Error) -> Error {
    use std::io::ErrorKind;
    let next = match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free some space and run it again; what was indexed before is kept"
        }
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            "make the folder, or choose another place with --database"
        }
        _ => "make the folder writable, or choose another place with --database",
    };
    Error::NotWritable { path: path.to_owned(), detail: format!("{source}; {next}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!WriterLock::is_held(&path), "there is no such file");
        let held = WriterLock::take(&path, Duration::ZERO).unwrap();
        assert!(WriterLock::is_held(&path));
        assert!(WriterLock::try_take(&path).unwrap().is_none());
        let refused = WriterLock::take(&path, Duration::from_millis(30)).unwrap_err();
        assert!(matches!(refused, Error::Busy { waited_ms, .. } if 30 <= waited_ms));
        drop(held);
        assert!(!WriterLock::is_held(&path));
        assert!(WriterLock::try_take(&path).unwrap().is_some());
    }

    #[test]
    fn a_path_below_a_file_is_not_writable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = WriterLock::try_take(&file.join("lock")).unwrap_err();
        assert!(matches!(refused, Error::NotWritable { .. }), "{refused}");
    }
}
