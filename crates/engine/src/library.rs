//! Documents that are not files: put by a caller, kept durably, searched beside workspaces.
//!
//! A library is a store whose documents have an *id* instead of a place in a folder. Everything
//! else is as in a workspace: the same preparation, the same index, the same ranking, so that a
//! question can be asked of both together.
//!
//! # Ids and paths
//!
//! An id is any text that is not empty. A document that is put under a known id replaces what was
//! there. Without an id the path is the id; without either, the id is `doc-N` with a number that
//! only rises. The path is what globs, the kind of a document and its terms are about; two
//! documents may have the same path and the same text. The store therefore keeps the path where it
//! keeps that of a file, so that no stage of a question tells the two apart, and the id in a row of
//! its own (`entries`), with what else only a library knows: the language as it was named, the
//! caller's metadata, the times. A citation names the id beside the path (see [`crate::citation`]).
//!
//! # Durability and freshness
//!
//! What [`Library::put`], [`Library::remove`] and [`Library::clear`] have done when they return is
//! on the disk: the store waits for it in each commit (`PRAGMA synchronous = FULL`), because there
//! is no file from which it could be read again. All of one call is one transaction.
//!
//! A write does not touch the full-text index; it only makes it fall behind. The first question
//! after it brings the index up to date before it is answered, as any reader of a store does after
//! a crash. The index does not wait for the disk, since it can be made again (see [`Disk`]). So a
//! row of single writes costs one commit each, and a question never misses a document that was put
//! before it was asked.
//!
//! A library is no program of one piece: the documents have no place in a reference graph, and
//! their authority is 0.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::document::{Document, DocumentKind, FileStat};
use crate::error::{Error, Result};
use crate::excerpt::{self, Excerpt, hex};
use crate::index::Disk;
use crate::ingest;
use crate::language::Language;
use crate::learn::{self, Judgement, LearnedWeights};
use crate::prepare::PIPELINE_VERSION;
use crate::snapshot::{Holdings, SNAPSHOT_WAIT, Snapshot, Snapshots, Source, Version};
use crate::store::{
    self, Batch, DocumentRow, Entry, LIBRARY_ROOT, LOCK_WAIT, ParkedWriter, Reader, StorePaths,
    WriterLock,
};
use crate::symbol::{self, DocumentOutline, SymbolAnswer};
use crate::token::Tokenizer;

/// The longest id, in bytes; ids stand in citations.
pub const ID_BYTES_MAX: usize = 1 << 10;
/// The longest path, in bytes, as long as operating systems permit.
pub const PATH_BYTES_MAX: usize = 4 << 10;
/// The longest text of a document, in bytes; preparing it takes several times its size.
pub const CONTENT_BYTES_MAX: usize = 16 << 20;
/// The longest metadata of a document, in bytes; it is kept beside what is searched.
pub const METADATA_BYTES_MAX: usize = 1 << 20;
/// The most documents of one [`Library::put`], which is one transaction.
pub const PUT_DOCUMENTS_MAX: usize = 100_000;

/// At so many removals that are remembered for the full-text index, it is written to the disk, so
/// that they can be forgotten.
const TOMBSTONES_MAX: u64 = 1000;

/// Documents that are not files, in a store of their own.
pub struct Library {
    /// `library:` and the database, as citations name it among several.
    root: PathBuf,
    snapshots: Snapshots,
    desk: Mutex<Desk>,
}

/// What one writer after the other uses.
#[derive(Default)]
struct Desk {
    writer: Option<ParkedWriter>,
    /// The generation that the full-text index reflects on the disk, come what may.
    synced: i64,
}

/// A document to be put.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewDocument {
    /// The id, at most [`ID_BYTES_MAX`] bytes; by default the path, else one is made.
    pub id: Option<String>,
    /// The path, at most [`PATH_BYTES_MAX`] bytes; by default, and if it is empty, the id.
    pub path: Option<String>,
    /// The text, at most [`CONTENT_BYTES_MAX`] bytes; it may be empty.
    pub content: String,
    /// The name of its language, see [`Language::named`]; by default recognised as in files.
    pub language: Option<String>,
    /// Text of the caller, at most [`METADATA_BYTES_MAX`] bytes, given back as it is.
    pub metadata: Option<String>,
    /// When it was made, in nanoseconds since 1970; by default when it was first put.
    pub created_ns: Option<i64>,
    /// When it was last changed, in nanoseconds since 1970; by default now. Recency goes by it.
    pub modified_ns: Option<i64>,
}

/// A document as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The id.
    pub id: String,
    /// The path.
    pub path: String,
    /// The text, as it was put.
    pub content: String,
    /// The language.
    pub language: Language,
    /// Text of the caller, as it was put.
    pub metadata: Option<String>,
    /// When it was made, in nanoseconds since 1970.
    pub created_ns: i64,
    /// When it was last put, in nanoseconds since 1970.
    pub updated_ns: i64,
    /// When it was last changed, in nanoseconds since 1970, as recency sees it.
    pub modified_ns: i64,
    /// The o200k tokens of its passages, as rendered.
    pub tokens: u64,
    /// The number of lines; an empty text has one.
    pub lines: u32,
    /// BLAKE3 of the text, lower-case hex.
    pub hash: String,
}

/// A document without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// The id.
    pub id: String,
    /// The path.
    pub path: String,
    /// The language.
    pub language: Language,
    /// Text of the caller, as it was put.
    pub metadata: Option<String>,
    /// When it was made, in nanoseconds since 1970.
    pub created_ns: i64,
    /// When it was last put, in nanoseconds since 1970.
    pub updated_ns: i64,
    /// When it was last changed, in nanoseconds since 1970, as recency sees it.
    pub modified_ns: i64,
    /// The bytes of its text.
    pub text_bytes: u64,
    /// The o200k tokens of its passages, as rendered.
    pub tokens: u64,
    /// The number of lines; an empty text has one.
    pub lines: u32,
    /// BLAKE3 of the text, lower-case hex.
    pub hash: String,
}

/// What became of the documents of one [`Library::put`].
#[derive(Debug, Default)]
pub struct PutReport {
    /// The ids of the documents that were kept, in the order of the input.
    pub ids: Vec<String>,
    /// How many of them are new.
    pub added: usize,
    /// How many of them are in place of one with the same id.
    pub replaced: usize,
    /// Each document that is not acceptable: its position in the input, and what is wrong with it.
    pub errors: Vec<(usize, Error)>,
}

impl Library {
    /// Opens the library, creating its database, and the folder of it, if there is none.
    ///
    /// # Errors
    /// `InvalidInput` on `database` for that of a workspace; `NotWritable` if none can be made;
    /// `DamagedStore`, `NewerSchema`, `Busy` from the store.
    pub fn open(database: &Path) -> Result<Self> {
        let library = Self::new(database);
        if !library.is_ready()? {
            if let Some(folder) = database.parent() {
                let refused = |error| store::not_writable(folder, &error);
                std::fs::create_dir_all(folder).map_err(refused)?;
            }
            library.establish()?;
        }
        Ok(library)
    }

    /// Opens the library if it has a database.
    ///
    /// # Errors
    /// As [`Library::open`].
    pub fn open_existing(database: &Path) -> Result<Option<Self>> {
        if Reader::is_there(database)? { Self::open(database).map(Some) } else { Ok(None) }
    }

    fn new(database: &Path) -> Self {
        let paths = StorePaths::of(database);
        let root = PathBuf::from(format!("{LIBRARY_ROOT}{}", database.display()));
        let snapshots = Snapshots::new(paths, SNAPSHOT_WAIT);
        Self { root, snapshots, desk: Mutex::default() }
    }

    /// Whether there is a store of this schema that is marked as a library's.
    fn is_ready(&self) -> Result<bool> {
        let Some(reader) = Reader::open_migrated(self.database())? else { return Ok(false) };
        let state = reader.state();
        if state.root == LIBRARY_ROOT {
            return Ok(true);
        }
        if state.root.is_empty() && state.totals.documents == 0 {
            return Ok(false);
        }
        let message = format!(
            "{} is the index of a folder; give the library a database of its own",
            self.database().display()
        );
        Err(Error::InvalidInput { field: "database", message })
    }

    /// Makes or migrates the store, and marks it as a library's.
    fn establish(&self) -> Result<()> {
        let mut desk = self.desk();
        let writer = self.writer(&mut desk)?;
        if !self.is_ready()? {
            let mut batch = writer.begin()?;
            batch.set_source(LIBRARY_ROOT, "", Tokenizer::O200k.name());
            batch.set_pipeline(PIPELINE_VERSION);
            batch.commit()?;
        }
        desk.writer = Some(writer.park());
        Ok(())
    }

    /// The database file.
    pub fn database(&self) -> &Path {
        &self.snapshots.paths().database
    }

    /// Keeps documents, each under its id, in place of what was there; all that are acceptable in
    /// one transaction. Of two with the same id in one call the later one stays.
    ///
    /// # Errors
    /// `InvalidInput` on `documents` for more than [`PUT_DOCUMENTS_MAX`]; `Busy`, `NotWritable` or
    /// any failure of the store, and then nothing is kept. A document that is not acceptable is no
    /// error of the call, see [`PutReport::errors`].
    pub fn put(&self, documents: Vec<NewDocument>, now_ns: i64) -> Result<PutReport> {
        if PUT_DOCUMENTS_MAX < documents.len() {
            let message = format!(
                "{} at once, the most is {PUT_DOCUMENTS_MAX}; divide them",
                documents.len()
            );
            return Err(Error::InvalidInput { field: "documents", message });
        }
        let mut report = PutReport::default();
        let mut drafts = Vec::with_capacity(documents.len());
        for (at, document) in documents.into_iter().enumerate() {
            match Draft::new(document, now_ns) {
                Ok(draft) => drafts.push(draft),
                Err(error) => report.errors.push((at, error)),
            }
        }
        if drafts.is_empty() {
            return Ok(report);
        }
        let mut desk = self.desk();
        let writer = self.writer(&mut desk)?;
        let mut batch = writer.begin()?;
        batch.forget_tombstones(desk.synced)?;
        name(&mut batch, &mut drafts)?;
        let size_bytes = |draft: &Draft| draft.content.len() as u64;
        ingest::prepare_all(&drafts, size_bytes, Draft::document, |at, prepared| {
            let draft = &drafts[at];
            let before = batch.entry(&draft.id)?;
            let created_ns = draft.created_ns.or(before.map(|entry| entry.created_ns));
            let entry = Entry {
                id: draft.id.clone(),
                language: draft.language,
                metadata: draft.metadata.clone(),
                created_ns: created_ns.unwrap_or(now_ns),
                updated_ns: now_ns,
            };
            let stored = batch.put(&prepared, None, true)?;
            batch.put_entry(stored.document, &entry)?;
            report.added += usize::from(stored.is_new);
            report.replaced += usize::from(!stored.is_new);
            Ok(())
        })?;
        batch.commit()?;
        desk.writer = Some(writer.park());
        report.ids = drafts.into_iter().map(|draft| draft.id).collect();
        Ok(report)
    }

    /// The document with this id.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn get(&self, id: &str) -> Result<Option<StoredDocument>> {
        self.read(|reader| {
            let Some(row) = reader.document_by_library_id(id)? else { return Ok(None) };
            let content = reader.text(row.id)?;
            let Entry { id, metadata, created_ns, updated_ns, .. } = entry_of(reader, &row)?;
            Ok(Some(StoredDocument {
                id,
                content,
                language: row.language,
                metadata,
                created_ns,
                updated_ns,
                modified_ns: row.stat.modified_ns,
                tokens: u64::from(row.tokens),
                lines: row.lines,
                hash: hex(&row.hash),
                path: row.path,
            }))
        })
    }

    /// The documents by id, bytes in order, `limit` of them after the first `offset`.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn list(&self, offset: usize, limit: usize) -> Result<Vec<ListedDocument>> {
        self.read(|reader| {
            let ids = reader.documents_by_library_ids(offset, limit)?;
            reader.documents(&ids)?.iter().map(|row| listed(reader, row)).collect()
        })
    }

    /// Removes the document with this id; whether there was one.
    ///
    /// # Errors
    /// `Busy`, `NotWritable` or any failure of the store.
    pub fn remove(&self, id: &str) -> Result<bool> {
        self.write(|batch| match batch.document_by_library_id(id)? {
            Some(document) => batch.remove(document).map(|()| (true, true)),
            None => Ok((false, false)),
        })
    }

    /// Removes all documents; gives how many there were. What was learned from feedback stays.
    ///
    /// # Errors
    /// `Busy`, `NotWritable` or any failure of the store.
    pub fn clear(&self) -> Result<u64> {
        self.write(|batch| batch.remove_all().map(|removed| (removed, 0 < removed)))
    }

    /// Lines `first..=last` of a document, `last` may lie beyond its end.
    ///
    /// # Errors
    /// `NotFound` for an id that is not in the library; `InvalidInput` on `lines` for a range that
    /// starts after the document or ends before it starts.
    pub fn show(&self, id: &str, first: u32, last: u32) -> Result<Excerpt> {
        self.read(|reader| {
            let document = reader
                .document_by_library_id(id)?
                .ok_or_else(|| Error::NotFound { what: "document", name: id.to_owned() })?;
            excerpt::read(reader, &document, (first, last), || false)
        })
    }

    /// The named parts of a document.
    ///
    /// # Errors
    /// `NotFound` for an id that is not in the library; any failure of the store.
    pub fn outline(&self, id: &str) -> Result<DocumentOutline> {
        self.read(|reader| {
            let document = reader
                .document_by_library_id(id)?
                .ok_or_else(|| Error::NotFound { what: "document", name: id.to_owned() })?;
            symbol::outline(reader, &document, false)
        })
    }

    /// Adds to `answer` what the library knows of its name.
    pub(crate) fn find_symbol(&self, answer: &mut SymbolAnswer) -> Result<()> {
        self.read(|reader| symbol::find(reader, self.database(), answer))
    }

    /// The number of documents.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn count(&self) -> Result<u64> {
        self.read(|reader| Ok(reader.state().totals.documents))
    }

    /// Which store this is and what was committed last; answers of equal versions are equal.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn version(&self) -> Result<Version> {
        self.snapshots.version()?.ok_or_else(|| self.gone())
    }

    /// What it holds, and what it takes.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn holdings(&self) -> Result<Holdings> {
        self.snapshots.holdings()?.ok_or_else(|| self.gone())
    }

    /// What was learned from feedback.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn weights(&self) -> Result<LearnedWeights> {
        self.read(learn::weights)
    }

    /// Learns from a judgement; answers of the new generation follow it. The index stays.
    ///
    /// # Errors
    /// See [`learn::measure`] and [`learn::keep`]; `Busy` while another process writes.
    pub fn learn(&self, judgement: &Judgement<'_>) -> Result<LearnedWeights> {
        let snapshot = self.snapshot()?;
        let measured = learn::measure(&self.source(&snapshot), judgement)?;
        drop(snapshot);
        self.with_writer(|writer| learn::keep(writer, judgement, &measured))?;
        self.weights()
    }

    /// Undoes the newest judgement that is in force; `None` if there is none that can be undone.
    ///
    /// # Errors
    /// `Busy` while another process writes, or any failure of the store.
    pub fn undo(&self) -> Result<Option<LearnedWeights>> {
        let is_undone = self.with_writer(learn::undo)?;
        is_undone.then(|| self.weights()).transpose()
    }

    /// Forgets all that was learned from feedback.
    ///
    /// # Errors
    /// `Busy` while another process writes, or any failure of the store.
    pub fn reset(&self) -> Result<()> {
        self.with_writer(learn::reset)
    }

    /// Reads the whole database and checks that it is sound, and that the index fits it.
    ///
    /// # Errors
    /// `DamagedStore` with what was found, or any failure of store and index.
    pub fn check(&self) -> Result<()> {
        self.read(Reader::check)?;
        self.snapshot().map(drop)
    }

    /// The newest committed state, for one answer.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>> {
        if let Some(snapshot) = self.snapshots.take_current()? {
            return Ok(snapshot);
        }
        // No write of this process comes between while the desk is taken, so many writes cannot
        // keep a question waiting for ever.
        let mut desk = self.desk();
        self.catch_up(&mut desk)?;
        self.snapshots.take()?.ok_or_else(|| self.gone())
    }

    /// The library as a question sees it.
    pub(crate) fn source<'s>(&'s self, snapshot: &'s Snapshot<'s>) -> Source<'s> {
        Source { root: &self.root, is_library: true, snapshot }
    }

    /// Brings the full-text index up to date with the store.
    fn catch_up(&self, desk: &mut Desk) -> Result<()> {
        let writer = self.writer(desk)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let paths = self.snapshots.paths();
        // An index that a loss of power took back is told what was removed since; so that may only
        // be forgotten once the index is on the disk.
        let is_due = TOMBSTONES_MAX <= writer.tombstones()?;
        let disk = if is_due { Disk::Now } else { Disk::Later };
        let (index, _) = ingest::heal(&writer, paths, (threads, disk))?;
        index.finish()?;
        if disk == Disk::Now {
            desk.synced = writer.state()?.content;
        }
        desk.writer = Some(writer.park());
        Ok(())
    }

    fn with_writer<R>(&self, act: impl FnOnce(&store::Writer) -> Result<R>) -> Result<R> {
        let mut desk = self.desk();
        let writer = self.writer(&mut desk)?;
        let result = act(&writer)?;
        desk.writer = Some(writer.park());
        Ok(result)
    }

    /// Does something in one transaction; `act` says what it gives, and whether it changed
    /// anything.
    fn write<R>(&self, act: impl FnOnce(&mut Batch<'_>) -> Result<(R, bool)>) -> Result<R> {
        let mut desk = self.desk();
        let writer = self.writer(&mut desk)?;
        let mut batch = writer.begin()?;
        batch.forget_tombstones(desk.synced)?;
        let (result, is_changed) = act(&mut batch)?;
        if is_changed {
            batch.commit()?;
        } else {
            drop(batch);
        }
        desk.writer = Some(writer.park());
        Ok(result)
    }

    /// The right to write, with the connection of the last write where that still fits.
    fn writer(&self, desk: &mut Desk) -> Result<store::Writer> {
        let paths = self.snapshots.paths();
        let mut lock = WriterLock::take(&paths.lock, LOCK_WAIT)?;
        if let Some(parked) = desk.writer.take() {
            match parked.resume(lock) {
                Some(writer) => return Ok(writer),
                None => lock = WriterLock::take(&paths.lock, LOCK_WAIT)?,
            }
        }
        desk.synced = 0;
        let writer = store::Writer::with_lock(paths, lock)?;
        writer.survive_power_loss()?;
        Ok(writer)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<R>(&self, read: impl FnOnce(&Reader) -> Result<R>) -> Result<R> {
        self.snapshots.read(read)?.ok_or_else(|| self.gone())
    }

    fn gone(&self) -> Error {
        Error::NotFound { what: "database", name: self.database().display().to_string() }
    }
}

/// A document that was found acceptable.
struct Draft {
    /// Empty until one is made.
    id: String,
    path: String,
    content: String,
    language: Option<Language>,
    metadata: Option<String>,
    created_ns: Option<i64>,
    modified_ns: i64,
}

impl Draft {
    fn new(document: NewDocument, now_ns: i64) -> Result<Self> {
        let NewDocument { id, path, content, language, metadata, created_ns, modified_ns } =
            document;
        let path = path.filter(|path| !path.is_empty());
        if id.as_ref().is_some_and(String::is_empty) {
            return Err(invalid("id", "it is empty; give one, or leave it out".to_owned()));
        }
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        check_length("id", length(&id), ID_BYTES_MAX)?;
        check_length("path", length(&path), PATH_BYTES_MAX)?;
        check_length("content", content.len(), CONTENT_BYTES_MAX)?;
        check_length("metadata", length(&metadata), METADATA_BYTES_MAX)?;
        if id.is_none() && ID_BYTES_MAX < length(&path) {
            let message = format!("it is too long for an id ({ID_BYTES_MAX} bytes); give an id");
            return Err(invalid("path", message));
        }
        let language = language.filter(|name| !name.is_empty());
        let language = language.map(|name| {
            Language::named(&name).map_err(|nearest| {
                let message = format!("{name:?} is not known; did you mean {nearest:?}?");
                invalid("language", message)
            })
        });
        let id = id.or_else(|| path.clone()).unwrap_or_default();
        Ok(Self {
            path: path.unwrap_or_else(|| id.clone()),
            id,
            content,
            language: language.transpose()?,
            metadata,
            created_ns,
            modified_ns: modified_ns.unwrap_or(now_ns),
        })
    }

    /// The document as if it had been read from a file.
    fn document(&self) -> Document {
        let language = self.language.unwrap_or_else(|| Language::detect(&self.path, &self.content));
        let size_bytes = self.content.len() as u64;
        Document {
            path: self.path.clone(),
            library_id: Some(self.id.clone()),
            language,
            kind: DocumentKind::of_path(&self.path, language),
            stat: FileStat { size_bytes, modified_ns: self.modified_ns },
            hash: *blake3::hash(self.content.as_bytes()).as_bytes(),
            text: self.content.clone(),
        }
    }
}

/// Gives each document that has no id one that no other has, nor was given before.
fn name(batch: &mut Batch<'_>, drafts: &mut [Draft]) -> Result<()> {
    let (named, nameless): (Vec<&mut Draft>, Vec<&mut Draft>) =
        drafts.iter_mut().partition(|draft| !draft.id.is_empty());
    if nameless.is_empty() {
        return Ok(());
    }
    let given: BTreeSet<&str> = named.iter().map(|draft| draft.id.as_str()).collect();
    for draft in nameless {
        let id = loop {
            let id = format!("doc-{}", batch.next_entry_number()?);
            if !given.contains(id.as_str()) && batch.entry(&id)?.is_none() {
                break id;
            }
        };
        draft.path.clone_from(&id);
        draft.id = id;
    }
    Ok(())
}

fn listed(reader: &Reader, row: &DocumentRow) -> Result<ListedDocument> {
    let Entry { id, metadata, created_ns, updated_ns, .. } = entry_of(reader, row)?;
    Ok(ListedDocument {
        id,
        path: row.path.clone(),
        language: row.language,
        metadata,
        created_ns,
        updated_ns,
        modified_ns: row.stat.modified_ns,
        text_bytes: u64::from(row.text_bytes),
        tokens: u64::from(row.tokens),
        lines: row.lines,
        hash: hex(&row.hash),
    })
}

fn entry_of(reader: &Reader, row: &DocumentRow) -> Result<Entry> {
    let missing = || Error::NotFound { what: "document", name: row.key().to_owned() };
    reader.entry(row.id)?.ok_or_else(missing)
}

fn check_length(field: &'static str, bytes: usize, bytes_max: usize) -> Result<()> {
    if bytes <= bytes_max {
        return Ok(());
    }
    Err(invalid(field, format!("it has {bytes} bytes, the most is {bytes_max}")))
}

fn invalid(field: &'static str, message: String) -> Error {
    Error::InvalidInput { field, message }
}
