//! The folder of the index as tantivy sees it: memory-mapped files, and a folder that may refuse
//! to be written.
//!
//! Tantivy takes a lock file before it opens the files of a commit, so that a writer in another
//! process does not remove them meanwhile. In a folder that nobody can write there is no such
//! writer, and no lock file can be made: the lock is then left out.
//!
//! Tantivy writes on threads of its own, and says of a failure there only that one happened. So
//! the folder remembers why the operating system last refused a write.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::error::{
    DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory,
    TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

/// A memory-mapped folder that can be read when it cannot be written.
#[derive(Debug, Clone)]
pub(super) struct IndexDirectory {
    mapped: MmapDirectory,
    refusal: Refusal,
}

/// Why the operating system last refused a write, if it did.
#[derive(Debug, Clone, Default)]
struct Refusal(Arc<Mutex<Option<io::ErrorKind>>>);

impl Refusal {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.kind());
        }
        result
    }
}

impl IndexDirectory {
    pub(super) fn open(folder: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { mapped: MmapDirectory::open(folder)?, refusal: Refusal::default() })
    }

    /// Why the operating system last refused a write, if it did.
    pub(super) fn refusal(&self) -> Option<io::ErrorKind> {
        *self.refusal.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let opened = self.mapped.open_write(path);
        if let Err(OpenWriteError::IoError { io_error, .. }) = &opened {
            let _ = self.refusal.note::<()>(Err(io_error.kind().into()));
        }
        let file = opened?.into_inner().map_err(|error| {
            let error = Arc::new(error.into_error());
            OpenWriteError::IoError { io_error: error, filepath: path.to_owned() }
        })?;
        Ok(BufWriter::new(Box::new(WatchedFile { file, refusal: self.refusal.clone() })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.refusal.note(self.mapped.atomic_write(path, data))
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.mapped.acquire_lock(lock) {
            Err(LockError::IoError(error))
                if lock.filepath == META_LOCK.filepath && is_read_only(&error) =>
            {
                Ok(DirectoryLock::from(Box::new(())))
            }
            result => result,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

/// A file that tells why it could not be written.
struct WatchedFile {
    file: Box<dyn TerminatingWrite + Send + Sync>,
    refusal: Refusal,
}

impl Write for WatchedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.refusal.note(self.file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.refusal.note(self.file.flush())
    }
}

impl TerminatingWrite for WatchedFile {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.refusal.note(self.file.terminate_ref(token))
    }
}
