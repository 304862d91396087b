//! Writing the index, one batch at a time, in step with the store.
//!
//! A batch is written in three steps, so that the index is behind the store for a moment only:
//! [`Writer::flush`] writes everything that takes time, then the caller commits the store, then
//! [`Flushed::commit`] makes the batch visible with one small file. Death in between leaves the
//! index behind, and the next opening replays the difference.

use std::path::{Path, PathBuf};

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, PreparedCommit};
use tantivy::schema::TantivyDocument;
use tantivy::{IndexSettings, IndexWriter, TantivyError, Term};

use super::directory::{Disk, IndexDirectory};
use super::{Fields, describe, file_list, index_error, note_verified, open_index_in, payload_of};
use crate::document::DocumentId;
use crate::error::{Error, Result};
use crate::prepare::{PreparedDocument, PreparedHistory};
use crate::store::{State, Stored, not_writable};

/// What tantivy may hold in memory before it writes a segment; a batch of documents fits.
const MEMORY_BYTES: usize = 48 << 20;
/// The same for small commits that follow one another, and the least that tantivy permits: it makes
/// tables in proportion, at each commit.
const MEMORY_BYTES_LATER: usize = 15_000_000;
/// Segments of a level that are merged: a question looks at each segment in turn.
const SEGMENTS_PER_LEVEL: usize = 6;
/// The share of deleted entries at which a segment is written anew.
const DELETED_SHARE: f32 = 0.25;
/// The bits of a place that are a passage's position; the others are a hash of the path.
const ORDINAL_BITS: u32 = 20;

/// The one writer of an index; the caller holds the writer lock of the store.
pub struct Writer {
    folder: PathBuf,
    directory: IndexDirectory,
    fields: Fields,
    inner: IndexWriter,
}

/// A batch that is on disk and not yet visible.
pub struct Flushed<'w> {
    prepared: PreparedCommit<'w>,
    folder: &'w Path,
    directory: &'w IndexDirectory,
}

impl Writer {
    /// Opens the index in `folder` as it is.
    ///
    /// # Errors
    /// The inner `Err` says why it cannot be used and must be made anew; the outer one is a folder
    /// that cannot be written.
    pub fn open(folder: &Path, disk: Disk) -> Result<std::result::Result<Self, String>> {
        let opened = IndexDirectory::open(folder, disk).map_err(Into::into).and_then(|directory| {
            let (index, fields) = open_index_in(directory.clone())?;
            Self::start(folder, directory, &index, fields)
        });
        match opened {
            Ok(writer) => Ok(Ok(writer)),
            Err(error) => match index_error(folder, &error) {
                refusal @ Error::NotWritable { .. } => Err(refusal),
                _ => Ok(Err(describe(folder, &error))),
            },
        }
    }

    /// Makes an empty index in `folder`, in place of whatever is there.
    ///
    /// # Errors
    /// `NotWritable` or `Index`.
    pub fn create(folder: &Path, disk: Disk) -> Result<Self> {
        let refused = |source| not_writable(folder, &source);
        match std::fs::symlink_metadata(folder) {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(folder).map_err(refused)?,
            Ok(_) => std::fs::remove_file(folder).map_err(refused)?,
            Err(_) => {}
        }
        std::fs::create_dir_all(folder).map_err(refused)?;
        let (schema, fields) = Fields::schema();
        let created =
            IndexDirectory::open(folder, disk).map_err(Into::into).and_then(|directory| {
                let settings = IndexSettings::default();
                let index = tantivy::Index::create(directory.clone(), schema, settings)?;
                Self::start(folder, directory, &index, fields)
            });
        created.map_err(|error| index_error(folder, &error))
    }

    /// Adds the passages and the file of a document, in place of what had its number.
    ///
    /// # Errors
    /// `NotWritable` or `Index`.
    pub fn put(
        &mut self,
        stored: Stored,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
    ) -> Result<()> {
        if !stored.is_new {
            self.remove(stored.document);
        }
        let place = place_of(prepared.document.key());
        for (ordinal, passage) in prepared.passages.iter().enumerate() {
            let mut entry = TantivyDocument::new();
            entry.add_text(self.fields.terms, &passage.index_terms);
            entry.add_u64(self.fields.document, stored.document.0 as u64);
            entry.add_u64(self.fields.passage, stored.first_passage.0 as u64 + ordinal as u64);
            entry.add_u64(self.fields.place, place | (ordinal as u64).min(ordinal_max()));
            self.add(entry)?;
        }
        let mut terms = prepared.index_terms.clone();
        if let Some(history) = history {
            terms.push(' ');
            terms.push_str(&history.index_terms);
        }
        let mut entry = TantivyDocument::new();
        entry.add_text(self.fields.file_terms, &terms);
        entry.add_u64(self.fields.document, stored.document.0 as u64);
        entry.add_u64(self.fields.passage, 0);
        entry.add_u64(self.fields.place, place);
        self.add(entry)
    }

    /// Removes all entries of a document.
    pub fn remove(&mut self, document: DocumentId) {
        self.inner.delete_term(Term::from_field_u64(self.fields.document, document.0 as u64));
    }

    /// Writes the batch to disk without making it visible.
    ///
    /// # Errors
    /// `NotWritable` or `Index`.
    pub fn flush(&mut self) -> Result<Flushed<'_>> {
        let (folder, directory) = (self.folder.as_path(), &self.directory);
        let prepared = self.inner.prepare_commit();
        let prepared = prepared.map_err(|error| write_error(folder, directory, &error))?;
        Ok(Flushed { prepared, folder, directory })
    }

    /// Waits for merges that are under way, and ends. The files are then known to be right, since
    /// they were those of an open index or have just been written.
    ///
    /// # Errors
    /// `NotWritable` or `Index`; what was committed stays.
    pub fn finish(self) -> Result<()> {
        let Self { folder, directory, inner, .. } = self;
        let index = inner.index().clone();
        let merged = inner.wait_merging_threads();
        merged.map_err(|error| write_error(&folder, &directory, &error))?;
        note_verified(&folder, file_list(&folder, &index), directory.disk());
        Ok(())
    }

    fn start(
        folder: &Path,
        directory: IndexDirectory,
        index: &tantivy::Index,
        fields: Fields,
    ) -> tantivy::Result<Self> {
        let memory_bytes = match directory.disk() {
            Disk::Now => MEMORY_BYTES,
            Disk::Later => MEMORY_BYTES_LATER,
        };
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(memory_bytes)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter = index.writer_with_options(options)?;
        let mut merges = LogMergePolicy::default();
        merges.set_min_num_segments(SEGMENTS_PER_LEVEL);
        merges.set_del_docs_ratio_before_merge(DELETED_SHARE);
        writer.set_merge_policy(Box::new(merges));
        Ok(Self { folder: folder.to_owned(), directory, fields, inner: writer })
    }

    fn add(&mut self, entry: TantivyDocument) -> Result<()> {
        let added = self.inner.add_document(entry);
        added.map(|_| ()).map_err(|error| write_error(&self.folder, &self.directory, &error))
    }
}

impl Flushed<'_> {
    /// Makes the batch visible; it reflects `state`, which the store has committed.
    ///
    /// # Errors
    /// `NotWritable` or `Index`; the index is then behind the store.
    pub fn commit(mut self, state: &State) -> Result<()> {
        self.prepared.set_payload(&payload_of(state));
        let committed = self.prepared.commit();
        committed.map(|_| ()).map_err(|error| write_error(self.folder, self.directory, &error))
    }
}

/// What a failure to write means: the refusal of the operating system, if there was one.
fn write_error(folder: &Path, directory: &IndexDirectory, error: &TantivyError) -> Error {
    match directory.refusal() {
        Some(kind) => not_writable(folder, &kind.into()),
        None => index_error(folder, error),
    }
}

/// The place of a document, and of its first passage.
fn place_of(key: &str) -> u64 {
    let hash = blake3::hash(key.as_bytes());
    let (words, _) = hash.as_bytes().as_chunks::<8>();
    u64::from_le_bytes(words[0]) & !ordinal_max()
}

fn ordinal_max() -> u64 {
    (1 << ORDINAL_BITS) - 1
}
