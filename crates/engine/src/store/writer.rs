//! Writing: one process, one transaction for each batch, everything or nothing.
//!
//! A [`Writer`] holds the writer lock as long as it lives. A [`Batch`] is one transaction; it keeps
//! the sums of [`State`] in memory and writes them, with the raised generation, as its last act.
//! A batch that is dropped leaves no trace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::codec::{self, Rank};
use super::connection::{self, FileMark, failure};
use super::lock::WriterLock;
use super::reader;
use super::row::{PassageId, SkippedFile, State, Totals};
use super::{StorePaths, reader::state_of};
use crate::document::{DocumentId, FileStat};
use crate::error::{Error, Result};
use crate::history::{Commit, FileHistory};
use crate::prepare::{PreparedDocument, PreparedHistory};
use crate::terms;

/// The right and the means to write one store.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    file: FileMark,
    _lock: WriterLock,
}

/// What opening a store to write costs, kept between two writes; without the right to write.
#[derive(Debug)]
pub struct ParkedWriter {
    connection: Connection,
    path: PathBuf,
    file: FileMark,
}

impl ParkedWriter {
    /// Takes up the right to write again; `None` if the database is not what it was, because
    /// somebody deleted, replaced or migrated it, and must be opened anew.
    pub fn resume(self, lock: WriterLock) -> Option<Writer> {
        let Self { connection, path, file } = self;
        let is_same = file.is_at(&path) && connection::is_current(&path, &connection);
        is_same.then_some(Writer { connection, path, file, _lock: lock })
    }
}

impl Writer {
    /// Takes the writer lock, waiting at most `wait`, and opens, creates or migrates the store.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::NotWritable`], [`Error::DamagedStore`], [`Error::NewerSchema`].
    pub fn open(paths: &StorePaths, wait: Duration) -> Result<Self> {
        Self::with_lock(paths, WriterLock::take(&paths.lock, wait)?)
    }

    /// Opens, creates or migrates the store under a lock that is already held.
    ///
    /// # Errors
    /// As [`Self::open`], without [`Error::Busy`].
    pub fn with_lock(paths: &StorePaths, lock: WriterLock) -> Result<Self> {
        let connection = connection::open_to_write(&paths.database)?;
        let (path, file) = (paths.database.clone(), FileMark::of(&paths.database));
        Ok(Self { connection, path, file, _lock: lock })
    }

    /// Makes each commit from now on wait until the disk has it, so that a loss of power cannot
    /// take it back.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn survive_power_loss(&self) -> Result<()> {
        let done = self.connection.pragma_update(None, "synchronous", "FULL");
        done.map_err(|error| failure(&self.path, error))
    }

    /// Gives the lock back and keeps the connection for the next write.
    pub fn park(self) -> ParkedWriter {
        let Self { connection, path, file, .. } = self;
        ParkedWriter { connection, path, file }
    }

    /// The facts about the store as committed.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn state(&self) -> Result<State> {
        state_of(&self.connection).map_err(|error| failure(&self.path, error))
    }

    /// Starts a transaction.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn begin(&self) -> Result<Batch<'_>> {
        let path = &self.path;
        let tx = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
            .map_err(|error| failure(path, error))?;
        let state = state_of(&tx).map_err(|error| failure(path, error))?;
        let numbers = Numbers::read(&tx).map_err(|error| failure(path, error))?;
        let generation = state.generation + 1;
        Ok(Batch { tx, path, state, numbers, generation, has_content: false })
    }

    /// The number of removals that are remembered for the full-text index.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn tombstones(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM tombstones";
        let count = self.connection.query_row(sql, [], |row| row.get(0));
        count.map_err(|error| failure(&self.path, error))
    }

    /// Carries the log over into the database file, so that the file is whole by itself; does
    /// nothing while a reader needs the log.
    ///
    /// # Errors
    /// [`Error::NotWritable`] on a full disk.
    pub fn checkpoint(&self) -> Result<()> {
        let done = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        match done.map_err(|error| failure(&self.path, error)) {
            Err(Error::Busy { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The numbers that are given next; none is ever given twice.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    document: i64,
    passage: i64,
    commit: i64,
}

impl Numbers {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT next_document, next_passage, next_commit FROM state";
        connection.query_row(sql, [], |row| {
            Ok(Self { document: row.get(0)?, passage: row.get(1)?, commit: row.get(2)? })
        })
    }
}

/// Where a document was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its number: that of the document in whose place it was put, or a new one.
    pub document: DocumentId,
    /// The number of its first passage; the others follow.
    pub first_passage: PassageId,
    /// Whether nothing was stored under its number before.
    pub is_new: bool,
}

/// One write transaction.
#[derive(Debug)]
pub struct Batch<'w> {
    pub(super) tx: Transaction<'w>,
    path: &'w Path,
    pub(super) state: State,
    numbers: Numbers,
    pub(super) generation: i64,
    has_content: bool,
}

/// What a stored document adds to the sums, for taking it away again.
struct Footprint {
    id: i64,
    totals: Totals,
}

impl Batch<'_> {
    /// Stores a document, in place of what was at its path, or had its id in a library; then it
    /// also needs an entry ([`Batch::put_entry`]).
    ///
    /// `is_settled` says whether the file was old enough, when it was read, for its time to tell
    /// a later change.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn put(
        &mut self,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
        is_settled: bool,
    ) -> Result<Stored> {
        self.try_put(prepared, history, is_settled).map_err(|error| self.failed(error))
    }

    /// Writes the history's record and terms of a document whose text stays as it is.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn put_history(
        &mut self,
        document: DocumentId,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
    ) -> Result<()> {
        self.try_put_history(document, prepared, history).map_err(|error| self.failed(error))
    }

    /// Removes a document; its number is remembered for the full-text index.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn remove(&mut self, document: DocumentId) -> Result<()> {
        self.try_remove(document).map_err(|error| self.failed(error))
    }

    /// Notes a new size and time of a file whose bytes are the same.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn set_stat(
        &mut self,
        document: DocumentId,
        stat: FileStat,
        is_settled: bool,
    ) -> Result<()> {
        let sql =
            "UPDATE documents SET size_bytes = ?2, modified_ns = ?3, settled = ?4 WHERE id = ?1";
        let values = params![document.0, stat.size_bytes, stat.modified_ns, is_settled];
        self.execute(sql, values)
    }

    /// Takes over what was read of the git history and marks the documents that it is about.
    ///
    /// With `is_complete`, `by_path` holds only what is newer than what is known and goes in
    /// front of it; otherwise it replaces everything.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn put_walk(&mut self, walk: &HistoryUpdate<'_>) -> Result<()> {
        self.try_put_walk(walk).map_err(|error| self.failed(error))
    }

    /// What git remembers about `path`, this batch's changes included.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn history(&self, path: &str) -> Result<Option<FileHistory>> {
        reader::history_of(&self.tx, path).map_err(|error| self.failed(error))
    }

    /// Replaces the list of skipped files.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn set_skips(&mut self, skips: &[SkippedFile]) -> Result<()> {
        self.execute("DELETE FROM skips", [])?;
        for skip in skips {
            let values = params![
                skip.path,
                skip.name,
                skip.reason,
                skip.stat.map(|stat| stat.size_bytes),
                skip.stat.map(|stat| stat.modified_ns)
            ];
            self.execute("INSERT OR REPLACE INTO skips VALUES (?1, ?2, ?3, ?4, ?5)", values)?;
        }
        Ok(())
    }

    /// Replaces the ranks of all documents; they must be sorted by document.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn set_ranks(&mut self, ranks: &[(DocumentId, Rank)]) -> Result<()> {
        let ranks: Vec<(i64, Rank)> = ranks.iter().map(|&(id, rank)| (id.0, rank)).collect();
        self.execute("UPDATE state SET ranks = ?1", [codec::ranks_to_bytes(&ranks)])?;
        self.state.is_unranked = false;
        Ok(())
    }

    /// Notes which root is indexed here, and how it is read.
    pub fn set_source(&mut self, root: &str, reading: &str, tokenizer: &str) {
        root.clone_into(&mut self.state.root);
        reading.clone_into(&mut self.state.reading);
        tokenizer.clone_into(&mut self.state.tokenizer);
    }

    /// Notes that all documents are prepared by this version of the pipeline.
    pub fn set_pipeline(&mut self, version: u32) {
        self.state.pipeline = version;
    }

    /// Forgets which documents were removed up to `generation`, which the full-text index
    /// reflects.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn forget_tombstones(&mut self, generation: i64) -> Result<()> {
        self.execute("DELETE FROM tombstones WHERE generation <= ?1", [generation])
    }

    /// The facts about the store as this batch will leave it; `content` is what the full-text
    /// index must reflect after the commit.
    pub fn state(&self) -> State {
        let mut state = self.state.clone();
        state.generation = self.generation;
        if self.has_content {
            state.content = self.generation;
        }
        state
    }

    /// Commits, and returns the facts about the store as it is now.
    ///
    /// # Errors
    /// [`Error::NotWritable`] on a full disk, or any failure of the store; nothing is changed then.
    pub fn commit(self) -> Result<State> {
        let state = self.state();
        let Totals { documents, passages, passage_terms, file_terms, tokens, text_bytes } =
            state.totals;
        let sql = "UPDATE state SET generation = ?1, content = ?2, pipeline = ?3, tokenizer = ?4, \
                   root = ?5, reading = ?6, head = ?7, next_document = ?8, next_passage = ?9, \
                   next_commit = ?10, documents = ?11, passages = ?12, passage_terms = ?13, \
                   file_terms = ?14, tokens = ?15, text_bytes = ?16, unranked = ?17";
        let values = params![
            state.generation,
            state.content,
            state.pipeline,
            state.tokenizer,
            state.root,
            state.reading,
            state.head,
            self.numbers.document,
            self.numbers.passage,
            self.numbers.commit,
            documents,
            passages,
            passage_terms,
            file_terms,
            tokens,
            text_bytes,
            state.is_unranked
        ];
        self.execute(sql, values)?;
        let path = self.path;
        self.tx.commit().map_err(|error| failure(path, error))?;
        Ok(state)
    }

    fn try_put(
        &mut self,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
        is_settled: bool,
    ) -> rusqlite::Result<Stored> {
        let document = &prepared.document;
        let before = match &document.library_id {
            Some(id) => self.footprint("id = (SELECT document FROM entries WHERE id = ?1)", id)?,
            None => self.footprint("path = ?1", &document.path)?,
        };
        let is_new = before.is_none();
        let id = match before {
            Some(before) => {
                self.clear(&before)?;
                before.id
            }
            None => next(&mut self.numbers.document, 1),
        };
        let first_passage = next(&mut self.numbers.passage, prepared.passages.len() as i64);
        let totals = totals_of(prepared, history);
        self.insert_document(id, first_passage, &totals, (prepared, history, is_settled))?;
        self.insert_body(id, prepared, history)?;
        self.insert_definers(id, prepared)?;
        add(&mut self.state.totals, &totals);
        self.note_content();
        let (document, first_passage) = (DocumentId(id), PassageId(first_passage));
        Ok(Stored { document, first_passage, is_new })
    }

    fn insert_document(
        &self,
        id: i64,
        first_passage: i64,
        totals: &Totals,
        (prepared, history, is_settled): (&PreparedDocument, Option<&PreparedHistory>, bool),
    ) -> rusqlite::Result<()> {
        let document = &prepared.document;
        let sql = "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, \
                   ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
        self.tx.prepare_cached(sql)?.execute(params![
            id,
            document.path,
            document.language.name(),
            document.kind as i64,
            document.stat.size_bytes,
            document.stat.modified_ns,
            is_settled,
            document.hash,
            prepared.lines,
            totals.text_bytes,
            totals.tokens,
            first_passage,
            totals.passages,
            totals.passage_terms,
            totals.file_terms,
            history.map_or(0, |history| history.commits),
            history.map_or(0, |history| history.last_commit_s),
            self.generation,
        ])?;
        Ok(())
    }

    fn insert_body(
        &self,
        id: i64,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
    ) -> rusqlite::Result<()> {
        let names = |names: &mut Vec<(u32, u32)>| {
            names.sort_unstable_by_key(|&(hash, _)| hash);
            names.dedup_by(|next, kept| {
                let is_same = next.0 == kept.0;
                kept.1 += if is_same { next.1 } else { 0 };
                is_same
            });
        };
        let mut mentioned: Vec<(u32, u32)> =
            prepared.references.iter().map(|(name, count)| (terms::hash(name), *count)).collect();
        names(&mut mentioned);
        let mut defined: Vec<u32> =
            prepared.symbols.iter().map(|symbol| terms::hash(&symbol.name)).collect();
        defined.sort_unstable();
        defined.dedup();
        let sql = "INSERT INTO records VALUES (?1, ?2, ?3, ?4)";
        self.tx.prepare_cached(sql)?.execute(params![
            id,
            prepared.record,
            history.map_or(&[][..], |history| &history.record),
            codec::passages_to_bytes(&prepared.passages),
        ])?;
        let sql = "INSERT INTO bodies VALUES (?1, ?2, ?3, ?4)";
        self.tx.prepare_cached(sql)?.execute(params![
            id,
            codec::symbols_to_bytes(&prepared.symbols),
            codec::names_to_bytes(&defined, &mentioned),
            codec::compress(prepared.document.text.as_bytes()),
        ])?;
        Ok(())
    }

    fn insert_definers(&self, id: i64, prepared: &PreparedDocument) -> rusqlite::Result<()> {
        let mut statement =
            self.tx.prepare_cached("INSERT OR IGNORE INTO definers VALUES (?1, ?2)")?;
        for symbol in &prepared.symbols {
            statement.execute(params![name_key(&symbol.name), id])?;
        }
        Ok(())
    }

    fn try_put_history(
        &mut self,
        document: DocumentId,
        prepared: &PreparedDocument,
        history: Option<&PreparedHistory>,
    ) -> rusqlite::Result<()> {
        let Some(before) = self.footprint("id = ?1", document.0)? else {
            return Ok(());
        };
        let file_terms = file_terms_of(prepared, history);
        let sql = "UPDATE documents SET stale = 0, file_terms = ?2, commits = ?3, \
                   last_commit_s = ?4, generation = ?5 WHERE id = ?1";
        self.tx.prepare_cached(sql)?.execute(params![
            document.0,
            file_terms,
            history.map_or(0, |history| history.commits),
            history.map_or(0, |history| history.last_commit_s),
            self.generation,
        ])?;
        let record = history.map_or(&[][..], |history| &history.record);
        self.tx
            .prepare_cached("UPDATE records SET history = ?2 WHERE document = ?1")?
            .execute(params![document.0, record])?;
        let totals = &mut self.state.totals;
        totals.file_terms = totals.file_terms - before.totals.file_terms + file_terms;
        self.has_content = true;
        Ok(())
    }

    fn try_remove(&mut self, document: DocumentId) -> rusqlite::Result<()> {
        let Some(before) = self.footprint("id = ?1", document.0)? else {
            return Ok(());
        };
        self.clear(&before)?;
        self.tx.prepare_cached("DELETE FROM entries WHERE document = ?1")?.execute([document.0])?;
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO tombstones VALUES (?1, ?2)")?
            .execute(params![document.0, self.generation])?;
        self.note_content();
        Ok(())
    }

    fn try_put_walk(&mut self, walk: &HistoryUpdate<'_>) -> rusqlite::Result<()> {
        if !walk.is_complete {
            self.tx.execute_batch(
                "UPDATE documents SET stale = 1 WHERE commits > 0; DELETE FROM histories; \
                 DELETE FROM commits;",
            )?;
        }
        let mut touches: BTreeMap<&str, (u32, i64, Vec<u64>)> = BTreeMap::new();
        let mut insert = self.tx.prepare_cached("INSERT INTO commits VALUES (?1, ?2, ?3)")?;
        for commit in walk.commits {
            let id = next(&mut self.numbers.commit, 1);
            insert.execute(params![id, commit.time_s, commit.message])?;
            for path in &commit.paths {
                let (commits, last_s, ids) = touches.entry(path).or_default();
                *commits += 1;
                *last_s = (*last_s).max(commit.time_s);
                if ids.len() < walk.messages_max && !commit.message.is_empty() {
                    ids.push(id as u64);
                }
            }
        }
        drop(insert);
        for (path, touched) in touches {
            self.put_touches(path, touched, walk.messages_max)?;
        }
        self.state.head = walk.head.map(str::to_owned);
        Ok(())
    }

    /// Puts newer commits in front of what is known about one path.
    fn put_touches(
        &self,
        path: &str,
        (mut commits, mut last_s, mut ids): (u32, i64, Vec<u64>),
        messages_max: usize,
    ) -> rusqlite::Result<()> {
        let known = self
            .tx
            .prepare_cached(
                "SELECT commits, last_commit_s, touches FROM histories WHERE path = ?1",
            )?
            .query_row([path], |row| {
                let ids = codec::numbers_from_bytes(row.get_ref(2)?.as_blob()?);
                Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?, ids.unwrap_or_default()))
            })
            .optional()?;
        if let Some((known_commits, known_last_s, known_ids)) = known {
            commits = commits.saturating_add(known_commits);
            last_s = last_s.max(known_last_s);
            ids.extend(known_ids);
            ids.truncate(messages_max);
        }
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO histories VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![path, commits, last_s, codec::numbers_to_bytes(&ids)])?;
        self.tx
            .prepare_cached("UPDATE documents SET stale = 1 WHERE path = ?1")?
            .execute([path])?;
        Ok(())
    }

    fn footprint(
        &self,
        condition: &'static str,
        value: impl rusqlite::ToSql,
    ) -> rusqlite::Result<Option<Footprint>> {
        let sql = format!(
            "SELECT id, passages, passage_terms, file_terms, tokens, text_bytes \
             FROM documents WHERE {condition}"
        );
        let found = self.tx.prepare_cached(&sql)?.query_row([value], |row| {
            Ok(Footprint {
                id: row.get(0)?,
                totals: Totals {
                    documents: 1,
                    passages: row.get(1)?,
                    passage_terms: row.get(2)?,
                    file_terms: row.get(3)?,
                    tokens: row.get(4)?,
                    text_bytes: row.get(5)?,
                },
            })
        });
        found.optional()
    }

    /// Deletes all rows of a document but its entry, and takes it out of the sums.
    fn clear(&mut self, before: &Footprint) -> rusqlite::Result<()> {
        let symbols = self
            .tx
            .prepare_cached("SELECT symbols FROM bodies WHERE document = ?1")?
            .query_row([before.id], |row| Ok(codec::symbols_from_bytes(row.get_ref(0)?.as_blob()?)))
            .optional()?;
        let sql = "DELETE FROM definers WHERE name_key = ?1 AND document = ?2";
        let mut statement = self.tx.prepare_cached(sql)?;
        for symbol in symbols.flatten().unwrap_or_default() {
            statement.execute(params![name_key(&symbol.name), before.id])?;
        }
        drop(statement);
        self.tx.prepare_cached("DELETE FROM records WHERE document = ?1")?.execute([before.id])?;
        self.tx.prepare_cached("DELETE FROM bodies WHERE document = ?1")?.execute([before.id])?;
        self.tx.prepare_cached("DELETE FROM documents WHERE id = ?1")?.execute([before.id])?;
        subtract(&mut self.state.totals, &before.totals);
        Ok(())
    }

    pub(super) fn note_content(&mut self) {
        self.has_content = true;
        self.state.is_unranked = true;
    }

    pub(super) fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<()> {
        let done = self.tx.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
        done.map(|_| ()).map_err(|error| self.failed(error))
    }

    pub(super) fn failed(&self, error: rusqlite::Error) -> Error {
        failure(self.path, error)
    }
}

/// One read of the git history, ready to be stored.
#[derive(Debug, Clone, Copy)]
pub struct HistoryUpdate<'h> {
    /// The head that was read; `None` if there is no history any more.
    pub head: Option<&'h str>,
    /// The commits, newest first.
    pub commits: &'h [Commit],
    /// Whether `commits` are newer than what is known and are added; otherwise they replace it.
    pub is_complete: bool,
    /// The most messages that are kept for one file.
    pub messages_max: usize,
}

/// Gives the next `count` numbers; returns the first of them.
fn next(number: &mut i64, count: i64) -> i64 {
    let first = *number;
    *number += count;
    first
}

/// The hash under which the definers of a name are found, whatever its case.
fn name_key(name: &str) -> u32 {
    terms::hash(&name.to_lowercase())
}

/// The number of terms in a list that is separated by spaces.
fn count_terms(index_terms: &str) -> u64 {
    index_terms.split_ascii_whitespace().count() as u64
}

fn file_terms_of(prepared: &PreparedDocument, history: Option<&PreparedHistory>) -> u64 {
    count_terms(&prepared.index_terms)
        + history.map_or(0, |history| count_terms(&history.index_terms))
}

fn totals_of(prepared: &PreparedDocument, history: Option<&PreparedHistory>) -> Totals {
    let passages = &prepared.passages;
    Totals {
        documents: 1,
        passages: passages.len() as u64,
        passage_terms: passages.iter().map(|passage| count_terms(&passage.index_terms)).sum(),
        file_terms: file_terms_of(prepared, history),
        tokens: passages.iter().map(|passage| u64::from(passage.tokens)).sum(),
        text_bytes: prepared.document.text.len() as u64,
    }
}

fn add(totals: &mut Totals, part: &Totals) {
    totals.documents += part.documents;
    totals.passages += part.passages;
    totals.passage_terms += part.passage_terms;
    totals.file_terms += part.file_terms;
    totals.tokens += part.tokens;
    totals.text_bytes += part.text_bytes;
}

fn subtract(totals: &mut Totals, part: &Totals) {
    totals.documents = totals.documents.saturating_sub(part.documents);
    totals.passages = totals.passages.saturating_sub(part.passages);
    totals.passage_terms = totals.passage_terms.saturating_sub(part.passage_terms);
    totals.file_terms = totals.file_terms.saturating_sub(part.file_terms);
    totals.tokens = totals.tokens.saturating_sub(part.tokens);
    totals.text_bytes = totals.text_bytes.saturating_sub(part.text_bytes);
}
