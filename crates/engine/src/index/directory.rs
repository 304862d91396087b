//! The folder of the index as tantivy sees it: memory-mapped files, and a folder that may refuse
//! to be written.
//!
//! Tantivy takes a lock file before it opens the files of a commit, so that a writer in another
//! process does not remove them meanwhile. In a folder that nobody can write there is no such
//! writer, and no lock file can be made: the lock is then left out.
//!
//! Tantivy waits for the disk after each of some fourteen files of a commit. Where many small
//! commits follow one another, [`Disk::Later`] leaves that to the operating system. A loss of power
//! can then damage the newest files, which is found by their checksums, and the index is made anew.
//!
//! Tantivy writes on threads of its own, and says of a failure there only that one happened. So
//! the folder remembers why the operating system last refused a write.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::error::{
    DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory,
    TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

/// When what is written has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// Before the commit is done.
    Now,
    /// When the operating system sees fit.
    Later,
}

/// A memory-mapped folder that can be read when it cannot be written.
#[derive(Debug, Clone)]
pub(super) struct IndexDirectory {
    mapped: MmapDirectory,
    folder: PathBuf,
    disk: Disk,
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
    pub(super) fn open(folder: &Path, disk: Disk) -> Result<Self, OpenDirectoryError> {
        let (mapped, folder) = (MmapDirectory::open(folder)?, folder.to_owned());
        Ok(Self { mapped, folder, disk, refusal: Refusal::default() })
    }

    /// When what is written has to be on the disk.
    pub(super) fn disk(&self) -> Disk {
        self.disk
    }

    fn create(
        &self,
        path: &Path,
    ) -> Result<Box<dyn TerminatingWrite + Send + Sync>, OpenWriteError> {
        if self.disk == Disk::Now {
            let opened = self.mapped.open_write(path)?.into_inner();
            return opened.map_err(|error| write_failure(path, error.into_error()));
        }
        let file = File::options().write(true).create_new(true).open(self.folder.join(path));
        match file {
            Ok(file) => Ok(Box::new(UnsyncedFile(file))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(OpenWriteError::FileAlreadyExists(path.to_owned()))
            }
            Err(error) => Err(write_failure(path, error)),
        }
    }

    /// Puts a file in place of another as one act, unless the power fails.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let target = self.folder.join(path);
        let mut new = target.clone().into_os_string();
        new.push(".new");
        std::fs::write(&new, bytes)?;
        std::fs::rename(new, target)
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
        let opened = self.create(path);
        if let Err(OpenWriteError::IoError { io_error, .. }) = &opened {
            let _ = self.refusal.note::<()>(Err(io_error.kind().into()));
        }
        let (file, refusal) = (opened?, self.refusal.clone());
        Ok(BufWriter::new(Box::new(WatchedFile { file, refusal })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.refusal.note(match self.disk {
            Disk::Now => self.mapped.atomic_write(path, data),
            Disk::Later => self.replace(path, data),
        })
    }

    fn sync_directory(&self) -> io::Result<()> {
        match self.disk {
            Disk::Now => self.mapped.sync_directory(),
            Disk::Later => Ok(()),
        }
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

fn write_failure(path: &Path, error: io::Error) -> OpenWriteError {
    OpenWriteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() }
}

/// A file that does not wait for the disk.
struct UnsyncedFile(File);

impl Write for UnsyncedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl TerminatingWrite for UnsyncedFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.flush()
    }
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
