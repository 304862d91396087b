//! One answer, one snapshot: the store and the index at the same generation.
//!
//! A [`Snapshot`] pairs a read transaction of the store with a view of the index that reflects
//! exactly the same content. Between the commit of the store and that of the index there is a
//! moment in which no such pair can be taken; a reader then waits for the writer. If there is no
//! writer, one has died in that moment, or the index folder was damaged; the reader then takes the
//! writer lock, if it is free, and heals the index itself. In no other case does a reader take it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::index::{Disk, Index, Searcher, Standing};
use crate::ingest::{self, Healing};
use crate::store::{self, Reader, StorePaths, Totals, WriterLock};

/// How long a reader waits for a writer to finish what it is committing. A rebuild of the index by
/// another process is the longest wait.
pub const SNAPSHOT_WAIT: Duration = Duration::from_mins(1);
/// How often a waiting reader looks again; a commit of the index takes some milliseconds.
const SNAPSHOT_POLL: Duration = Duration::from_millis(5);
/// Readers and index handles that are kept for the next question.
const IDLE_MAX: usize = 8;

/// Where snapshots of one store are taken, any number at a time, from any thread.
pub struct Snapshots {
    paths: StorePaths,
    wait: Duration,
    idle: Mutex<Vec<Reader>>,
    index: Mutex<Option<Index>>,
    searcher: Mutex<Option<(i64, Searcher)>>,
}

/// Names the content of a store: two answers of equal versions are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// A random number of this very store; a new one if it is made anew.
    pub store: i64,
    /// The number of the last committed write.
    pub generation: i64,
}

/// What a store holds, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdings {
    /// The sums over all documents.
    pub totals: Totals,
    /// The number of the last committed write.
    pub generation: i64,
    /// The bytes of the database file and its log.
    pub database_bytes: u64,
    /// The bytes of the full-text index.
    pub index_bytes: u64,
    /// When the database was last written, in seconds since 1970.
    pub written_s: Option<i64>,
}

/// One workspace or library as a question sees it.
pub struct Source<'s> {
    /// The root, for citations.
    pub root: &'s Path,
    /// Whether it is a library: its documents are found by id, too.
    pub is_library: bool,
    /// One snapshot for the whole answer.
    pub snapshot: &'s Snapshot<'s>,
}

/// The store and the index at one generation.
pub struct Snapshot<'s> {
    /// What had to be repaired to get it.
    pub healing: Healing,
    reader: Option<Reader>,
    searcher: Searcher,
    source: &'s Snapshots,
}

impl Snapshots {
    /// Takes snapshots of the store at `paths`, each after waiting at most `wait` for a writer.
    pub fn new(paths: StorePaths, wait: Duration) -> Self {
        Self {
            paths,
            wait,
            idle: Mutex::default(),
            index: Mutex::default(),
            searcher: Mutex::default(),
        }
    }

    /// The files of the store.
    pub fn paths(&self) -> &StorePaths {
        &self.paths
    }

    /// Takes a snapshot of the newest generation; `None` if there is no store yet.
    ///
    /// # Errors
    /// `Busy` if a writer does not finish in time; `NotWritable` if the index must be repaired in
    /// a folder that cannot be written; `DamagedStore`, `NewerSchema`, `Index`.
    pub fn take(&self) -> Result<Option<Snapshot<'_>>> {
        let start = Instant::now();
        let Some(mut reader) = self.reader()? else {
            return Ok(None);
        };
        let mut healing = Healing::None;
        let mut attempt = 0_u32;
        // Who healed keeps the lock until its snapshot is taken, or many small writes of others
        // could always come in between.
        let mut healer: Option<store::Writer> = None;
        loop {
            let standing = match self.searcher(&reader)? {
                Ok(searcher) => {
                    return Ok(Some(self.snapshot(reader, searcher, healing)));
                }
                Err(standing) => standing,
            };
            drop(healer.take());
            // The first mismatch may only mean that a commit came between the two halves.
            if 0 < attempt {
                reader.release()?;
                match WriterLock::try_take(&self.paths.lock)
                    .map_err(|error| unhealed(error, &standing))?
                {
                    Some(lock) => {
                        let writer = store::Writer::with_lock(&self.paths, lock)?;
                        healing = self.heal(&writer)?;
                        healer = Some(writer);
                    }
                    None if self.wait <= start.elapsed() => {
                        let waited_ms = start.elapsed().as_millis() as u64;
                        return Err(Error::Busy { path: self.paths.lock.clone(), waited_ms });
                    }
                    None => std::thread::sleep(SNAPSHOT_POLL),
                }
            }
            attempt += 1;
            reader.refresh()?;
        }
    }

    /// Takes a snapshot of the newest generation if the index reflects it; never waits or heals.
    ///
    /// # Errors
    /// Any failure of the store or the index.
    pub fn take_current(&self) -> Result<Option<Snapshot<'_>>> {
        let Some(reader) = self.reader()? else { return Ok(None) };
        match self.searcher(&reader)? {
            Ok(searcher) => Ok(Some(self.snapshot(reader, searcher, Healing::None))),
            Err(_) => {
                self.put_back(reader);
                Ok(None)
            }
        }
    }

    /// Reads from the newest generation of the store, whether or not the index reflects it; `None`
    /// if there is no store yet.
    ///
    /// # Errors
    /// Any failure of the store, or of `read`.
    pub fn read<R>(&self, read: impl FnOnce(&Reader) -> Result<R>) -> Result<Option<R>> {
        let Some(reader) = self.reader()? else { return Ok(None) };
        let found = read(&reader);
        self.put_back(reader);
        found.map(Some)
    }

    /// Which store this is and what was committed last; `None` if there is no store yet.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn version(&self) -> Result<Option<Version>> {
        self.read(|reader| {
            let state = reader.state();
            Ok(Version { store: state.store_id, generation: state.generation })
        })
    }

    /// What the store holds and what it takes; `None` if there is none yet.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn holdings(&self) -> Result<Option<Holdings>> {
        let (database_bytes, written_s) = self.paths.database_size();
        let index_bytes = self.paths.index_bytes();
        self.read(|reader| {
            let state = reader.state();
            Ok(Holdings {
                totals: state.totals,
                generation: state.generation,
                database_bytes,
                index_bytes,
                written_s,
            })
        })
    }

    fn snapshot(&self, reader: Reader, searcher: Searcher, healing: Healing) -> Snapshot<'_> {
        Snapshot { healing, reader: Some(reader), searcher, source: self }
    }

    /// Keeps a reader for the next question.
    fn put_back(&self, mut reader: Reader) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && reader.release().is_ok() {
            idle.push(reader);
        }
    }

    /// A reader with a fresh snapshot; `None` if there is no store yet.
    fn reader(&self) -> Result<Option<Reader>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle.filter(Reader::is_in_place) {
            Some(mut reader) => {
                reader.refresh()?;
                Ok(Some(reader))
            }
            None => Reader::open(&self.paths.database),
        }
    }

    /// A view of the index that reflects what `reader` sees, or how the index stands to it.
    fn searcher(&self, reader: &Reader) -> Result<std::result::Result<Searcher, Standing>> {
        let state = reader.state();
        let mut kept = self.searcher.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((content, searcher)) = kept.as_ref()
            && *content == state.content
        {
            return Ok(Ok(searcher.clone()));
        }
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.is_none() {
            match Index::open(&self.paths.index) {
                Ok(opened) => *index = Some(opened),
                Err(reason) => return Ok(Err(Standing::Unusable(reason))),
            }
        }
        let opened = index.as_ref().expect("the index was just opened");
        match opened.reload(state) {
            Standing::Current => {
                let searcher = opened.searcher(state)?;
                *kept = Some((state.content, searcher.clone()));
                Ok(Ok(searcher))
            }
            standing @ Standing::Behind(_) => Ok(Err(standing)),
            standing @ Standing::Unusable(_) => {
                *index = None;
                Ok(Err(standing))
            }
        }
    }

    fn heal(&self, writer: &store::Writer) -> Result<Healing> {
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (index, healing) = ingest::heal(writer, &self.paths, (threads, Disk::Now))?;
        index.finish()?;
        Ok(healing)
    }
}

/// The error of a reader that would have to repair the index and may not write.
fn unhealed(error: Error, standing: &Standing) -> Error {
    let what = match standing {
        Standing::Unusable(reason) => format!("the full-text index must be rebuilt ({reason})"),
        _ => "the full-text index must be brought up to date".to_owned(),
    };
    match error {
        Error::NotWritable { path, detail } => {
            Error::NotWritable { path, detail: format!("{what}: {detail}") }
        }
        other => other,
    }
}

impl Snapshot<'_> {
    /// The store.
    pub fn store(&self) -> &Reader {
        self.reader.as_ref().expect("a snapshot has its reader until it is dropped")
    }

    /// The full-text index.
    pub fn index(&self) -> &Searcher {
        &self.searcher
    }

    /// Which store this is, and its generation.
    pub fn version(&self) -> Version {
        let state = self.store().state();
        Version { store: state.store_id, generation: state.generation }
    }

    /// The generation of the store.
    pub fn generation(&self) -> i64 {
        self.store().state().generation
    }

    /// The files of the store.
    pub fn paths(&self) -> &PathBuf {
        &self.source.paths.database
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.source.put_back(reader);
        }
    }
}
