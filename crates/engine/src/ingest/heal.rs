//! Bringing the full-text index back in step with the store.
//!
//! ```text
//! index current            nothing to do
//! index behind             replay: the documents and removals of later generations
//! missing, damaged, ahead  rebuild: all documents
//! pipeline changed         prepare all documents anew, and rebuild
//! ```
//! All of it reads the store only, not the files, so it gives what was indexed, also when the
//! files are gone. A process that dies while it replays or rebuilds leaves an index that is behind
//! or incomplete, and the next one does it again.

use std::path::Path;
use std::sync::Mutex;

use super::pipeline::{self, Limits};
use crate::document::{Document, DocumentId, DocumentKind};
use crate::error::{Error, Result};
use crate::index::{self, Disk, Standing};
use crate::language::Language;
use crate::prepare::{
    PIPELINE_VERSION, PreparedDocument, PreparedHistory, prepare, prepare_history,
};
use crate::store::{self, DocumentRow, Reader, State, StorePaths, Stored};

/// What had to be done before the index could be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Healing {
    /// Nothing.
    #[default]
    None,
    /// The index was behind the store and has followed.
    Replayed {
        /// The documents that were indexed or removed.
        documents: u64,
    },
    /// The index was made anew from the store.
    Rebuilt {
        /// Why, as the end of the sentence "the full-text index was rebuilt: …".
        reason: String,
        /// The documents that were indexed.
        documents: u64,
    },
}

impl std::fmt::Display for Healing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => write!(f, "the full-text index was up to date"),
            Self::Replayed { documents } => {
                write!(f, "brought the full-text index up to date with {documents} documents")
            }
            Self::Rebuilt { reason, documents } => {
                write!(f, "rebuilt the full-text index of {documents} documents: {reason}")
            }
        }
    }
}

/// Brings the index to the store's generation, on so many threads, and returns its writer.
///
/// # Errors
/// `NotWritable`, `DamagedStore` or `Index`.
pub(crate) fn heal(
    writer: &store::Writer,
    paths: &StorePaths,
    (threads, disk): (usize, Disk),
) -> Result<(index::Writer, Healing)> {
    let state = writer.state()?;
    if state.pipeline != PIPELINE_VERSION && 0 < state.totals.documents {
        return prepare_anew(writer, paths, (threads, disk));
    }
    let reason = match index::standing(&paths.index, &state) {
        Standing::Unusable(reason) => reason,
        standing => match open_sound(&paths.index, disk)? {
            Err(reason) => reason,
            Ok(mut index) => {
                let Standing::Behind(generation) = standing else {
                    return Ok((index, Healing::None));
                };
                if let Some(documents) = replay(&mut index, paths, generation, threads)? {
                    index.flush()?.commit(&state)?;
                    return Ok((index, Healing::Replayed { documents }));
                }
                return prepare_anew(writer, paths, (threads, disk));
            }
        },
    };
    let mut index = index::Writer::create(&paths.index, disk)?;
    let is_new = state.content == 0;
    if let Some(documents) = replay(&mut index, paths, 0, threads)? {
        index.flush()?.commit(&state)?;
        let healing = if is_new { Healing::None } else { Healing::Rebuilt { reason, documents } };
        return Ok((index, healing));
    }
    prepare_anew(writer, paths, (threads, disk))
}

/// Opens the index for writing if all its files are sound; the inner `Err` says why not.
fn open_sound(folder: &Path, disk: Disk) -> Result<std::result::Result<index::Writer, String>> {
    match index::Index::open(folder) {
        Ok(_) => index::Writer::open(folder, disk),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Indexes what changed after `generation`; `None` if a document is no longer prepared as it was
/// when it was stored.
fn replay(
    index: &mut index::Writer,
    paths: &StorePaths,
    generation: i64,
    threads: usize,
) -> Result<Option<u64>> {
    let Some(reader) = Reader::open(&paths.database)? else {
        return Ok(Some(0));
    };
    let removed = reader.removed_since(generation)?;
    for &document in &removed {
        index.remove(document);
    }
    let changed = reader.changed_since(generation)?;
    let mut is_same = true;
    each_prepared(paths, &changed, threads, |loaded| {
        let stored = loaded.stored;
        is_same &= loaded.is_as_stored;
        index.put(stored, &loaded.prepared, loaded.history.as_ref())
    })?;
    Ok(is_same.then_some((removed.len() + changed.len()) as u64))
}

/// Prepares all documents anew from their stored text, and makes a new index of them.
fn prepare_anew(
    writer: &store::Writer,
    paths: &StorePaths,
    (threads, disk): (usize, Disk),
) -> Result<(index::Writer, Healing)> {
    let Some(reader) = Reader::open(&paths.database)? else {
        return Ok((index::Writer::create(&paths.index, disk)?, Healing::None));
    };
    let all = reader.changed_since(-1)?;
    drop(reader);
    let mut index = index::Writer::create(&paths.index, disk)?;
    let mut batch = writer.begin()?;
    each_prepared(paths, &all, threads, |loaded| {
        let stored = batch.put(&loaded.prepared, loaded.history.as_ref(), loaded.is_settled)?;
        index.put(stored, &loaded.prepared, loaded.history.as_ref())
    })?;
    batch.set_pipeline(PIPELINE_VERSION);
    let flushed = index.flush()?;
    let state: State = batch.commit()?;
    flushed.commit(&state)?;
    let reason = "documents are prepared in a new way since this version".to_owned();
    Ok((index, Healing::Rebuilt { reason, documents: all.len() as u64 }))
}

/// A stored document, prepared again.
pub(super) struct Loaded {
    pub(super) stored: Stored,
    pub(super) prepared: PreparedDocument,
    pub(super) history: Option<PreparedHistory>,
    is_settled: bool,
    is_as_stored: bool,
}

/// Loads a document from the store and prepares it as if it had been read from its file.
pub(super) fn load(reader: &Reader, id: DocumentId) -> Result<Loaded> {
    let row = reader.documents(&[id])?.pop();
    let row = row.ok_or_else(|| Error::NotFound { what: "document", name: id.0.to_string() })?;
    let DocumentRow { path, library_id, stat, hash, first_passage, passages, .. } = row;
    let DocumentRow { record, is_settled, .. } = row;
    let text = reader.text(id)?;
    let named = if library_id.is_some() { reader.entry(id)? } else { None };
    let language = named.and_then(|entry| entry.language);
    let language = language.unwrap_or_else(|| Language::detect(&path, &text));
    let kind = DocumentKind::of_path(&path, language);
    let history = reader.history(&path)?.map(|history| prepare_history(&history));
    let prepared = prepare(Document { path, library_id, language, kind, stat, hash, text });
    Ok(Loaded {
        stored: Stored { document: id, first_passage, is_new: false },
        is_as_stored: prepared.passages.len() == passages as usize && prepared.record == record,
        prepared,
        history,
        is_settled,
    })
}

/// Prepares stored documents on several threads and hands them over in order.
fn each_prepared(
    paths: &StorePaths,
    documents: &[(DocumentId, u64)],
    threads: usize,
    mut take: impl FnMut(Loaded) -> Result<()>,
) -> Result<()> {
    let readers = Readers::new(&paths.database);
    pipeline::run(
        documents,
        |&(_, bytes)| bytes,
        |&(document, _)| readers.with(|reader| load(reader, document)),
        Limits::for_threads(threads),
        |_, loaded| take(loaded?),
    )
}

/// Readers of one store, one for each thread that asks at the same time.
pub(super) struct Readers<'p> {
    database: &'p Path,
    idle: Mutex<Vec<Reader>>,
}

impl<'p> Readers<'p> {
    pub(super) fn new(database: &'p Path) -> Self {
        Self { database, idle: Mutex::new(Vec::new()) }
    }

    /// Calls `read` with a reader that no other thread uses.
    pub(super) fn with<R>(&self, read: impl FnOnce(&Reader) -> Result<R>) -> Result<R> {
        let idle = self.idle.lock().expect("no thread panics while it holds the list").pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Reader::open_unmapped(self.database)?.ok_or_else(|| Error::NotFound {
                what: "database",
                name: self.database.display().to_string(),
            })?,
        };
        let result = read(&reader);
        self.idle.lock().expect("no thread panics while it holds the list").push(reader);
        result
    }
}
