//! Reading: one connection, one read transaction, so that all answers are of one generation.
//!
//! A question looks up some hundred documents, each with its passages, which are one value of one
//! row. Each look-up is one compiled statement on a row number; SQLite needs about two microseconds
//! for it, less than an `IN` list of the same numbers costs once the list must be compiled anew for
//! each length. The records of passages stay where they were read and are shared, not copied.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::codec;
use super::connection::{self, FileMark, Map, Opened, damaged, failure};
use super::row::{
    Definitions, DocumentRow, Entry, Feedback, KnownFile, PassageId, PassageRow, Rank, RecordBytes,
    SkippedFile, State, SymbolRow, Totals, kind_of_number,
};
use crate::document::{DocumentId, FileStat};
use crate::error::{Error, Result};
use crate::history::FileHistory;
use crate::language::Language;
use crate::prepare::PreparedSymbol;
use crate::terms;

const DOCUMENT: &str = "SELECT d.id, d.path, d.language, d.kind, d.size_bytes, d.modified_ns, \
     d.hash, d.lines, d.text_bytes, d.tokens, d.first_passage, d.passages, d.commits, \
     d.last_commit_s, d.settled, r.record, r.history, r.passages, e.id FROM documents AS d \
     JOIN records AS r ON r.document = d.id LEFT JOIN entries AS e ON e.document = d.id \
     WHERE d.id = ?1";

/// A read transaction on a store.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
    file: FileMark,
    state: State,
    ranks: OnceCell<Vec<u8>>,
}

impl Reader {
    /// Opens the store at `path` and takes a snapshot; `None` if there is no store yet.
    ///
    /// # Errors
    /// [`Error::DamagedStore`], [`Error::NewerSchema`], or [`Error::NotWritable`] where reading
    /// would first need a write in a folder that refuses it.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        Self::open_with(path, Map::Yes)
    }

    /// As [`Self::open`], for reading much of the store once, in little memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_unmapped(path: &Path) -> Result<Option<Self>> {
        Self::open_with(path, Map::No)
    }

    /// As [`Self::open`], but `None` also for a store of an older schema, which a writer brings to
    /// this one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_migrated(path: &Path) -> Result<Option<Self>> {
        match connection::open_to_read(path, Map::Yes)? {
            Opened::Ready(connection) => Self::start(path, connection).map(Some),
            Opened::Nothing | Opened::Older(_) => Ok(None),
        }
    }

    /// Whether there is a store at `path`, of this schema or an older one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn is_there(path: &Path) -> Result<bool> {
        Ok(!matches!(connection::open_to_read(path, Map::No)?, Opened::Nothing))
    }

    fn open_with(path: &Path, map: Map) -> Result<Option<Self>> {
        match connection::open_to_read(path, map)? {
            Opened::Ready(connection) => Self::start(path, connection).map(Some),
            Opened::Nothing => Ok(None),
            Opened::Older(version) => Err(connection::needs_migration(path, version)),
        }
    }

    fn start(path: &Path, connection: Connection) -> Result<Self> {
        let state = begin(&connection).map_err(|error| failure(path, error))?;
        let (path, file) = (path.to_owned(), FileMark::of(path));
        Ok(Self { connection, path, file, state, ranks: OnceCell::new() })
    }

    /// Whether what it reads is the database at its path, and not one that was deleted or replaced.
    pub fn is_in_place(&self) -> bool {
        self.file.is_at(&self.path)
    }

    /// Gives the snapshot up and takes one of the newest generation.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn refresh(&mut self) -> Result<()> {
        self.release()?;
        self.state = begin(&self.connection).map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Ends the read transaction, so that an idle reader holds no old log back; call
    /// [`Self::refresh`] before reading again.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn release(&mut self) -> Result<()> {
        self.ranks = OnceCell::new();
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("ROLLBACK").map_err(|error| self.failed(error))
    }

    /// The facts about the whole store in this snapshot.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All passages of a document, in order; none for a number that is not in the store.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn passages_of(&self, document: DocumentId) -> Result<Vec<PassageRow>> {
        match self.documents(&[document])?.pop() {
            Some(row) => self.passages_in(&row, |_| true),
            None => Ok(Vec::new()),
        }
    }

    /// The passages of a document that `is_wanted` says, in order.
    ///
    /// # Errors
    /// [`Error::DamagedStore`] if they cannot be read.
    pub fn passages_in(
        &self,
        row: &DocumentRow,
        is_wanted: impl Fn(PassageId) -> bool,
    ) -> Result<Vec<PassageRow>> {
        let shelf = &row.shelf;
        let mut passages = Vec::new();
        let read = codec::each_passage(shelf, |ordinal, stored| {
            let id = PassageId(row.first_passage.0 + i64::from(ordinal));
            if !is_wanted(id) {
                return;
            }
            passages.push(PassageRow {
                id,
                document: row.id,
                ordinal,
                span: stored.span,
                first_line: stored.lines.0,
                last_line: stored.lines.1,
                tokens: stored.tokens,
                tokens_cl100k: stored.tokens_cl100k,
                breadcrumb: String::from_utf8_lossy(&shelf[stored.breadcrumb]).into_owned(),
                record: RecordBytes::new(shelf, stored.record),
            });
        });
        read.map(|()| passages).ok_or_else(|| self.damaged(row.id, "passages"))
    }

    /// The documents with these numbers, in the order of `ids`; numbers that are not in the store
    /// are left out.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentRow>> {
        let mut statement = self.statement(DOCUMENT)?;
        let mut rows: Vec<DocumentRow> =
            self.each_of(ids, |id| statement.query_row([id.0], document_row).optional())?;
        for row in &mut rows {
            row.rank = self.rank(row.id)?;
        }
        Ok(rows)
    }

    /// The document at `path`; in a library, where several may be at one path, the first by number.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn document_by_path(&self, path: &str) -> Result<Option<DocumentRow>> {
        Ok(self.documents_by_path(path)?.into_iter().next())
    }

    /// All documents at `path`, by number; a workspace has one at most.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn documents_by_path(&self, path: &str) -> Result<Vec<DocumentRow>> {
        let ids = self.ids("SELECT id FROM documents WHERE path = ?1 ORDER BY id", [path])?;
        self.documents(&ids)
    }

    /// The document with this id in a library.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn document_by_library_id(&self, id: &str) -> Result<Option<DocumentRow>> {
        let ids = self.ids("SELECT document FROM entries WHERE id = ?1", [id])?;
        Ok(self.documents(&ids)?.pop())
    }

    /// What a library knows of a document beyond its text; `None` for a file.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn entry(&self, document: DocumentId) -> Result<Option<Entry>> {
        entry_of(&self.connection, "document = ?1", document.0).map_err(|error| self.failed(error))
    }

    /// The documents of a library by id, `limit` of them after the first `offset`.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn documents_by_library_ids(&self, offset: usize, limit: usize) -> Result<Vec<DocumentId>> {
        let sql = "SELECT document FROM entries ORDER BY id LIMIT ?1 OFFSET ?2";
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.ids(sql, [number(limit), number(offset)])
    }

    /// The paths of the documents that begin with `start`, sorted, `limit` of them after the first
    /// `offset`.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn paths(&self, start: &str, offset: usize, limit: usize) -> Result<Vec<String>> {
        let mut statement = self.statement(
            "SELECT path FROM documents WHERE substr(path, 1, length(?1)) = ?1 ORDER BY path \
             LIMIT ?2 OFFSET ?3",
        )?;
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let rows = statement.query_map((start, number(limit), number(offset)), |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    fn ids(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<DocumentId>> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(values, |row| row.get(0).map(DocumentId));
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// The text of a document.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a number that is not in the store, or any failure of the store.
    pub fn text(&self, document: DocumentId) -> Result<String> {
        let mut statement = self.statement("SELECT text FROM bodies WHERE document = ?1")?;
        let bytes = statement
            .query_row([document.0], |row| Ok(codec::decompress(row.get_ref(0)?.as_blob()?)))
            .optional()
            .map_err(|error| self.failed(error))?
            .ok_or_else(|| not_found(document))?;
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| self.damaged(document, "text"))
    }

    /// The named parts of a document, in order of position.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a number that is not in the store, or any failure of the store.
    pub fn symbols_of(&self, document: DocumentId) -> Result<Vec<SymbolRow>> {
        let mut statement = self.statement(
            "SELECT symbols, first_passage FROM bodies JOIN documents ON id = document \
             WHERE document = ?1",
        )?;
        let (symbols, first) = statement
            .query_row([document.0], |row| {
                Ok((codec::symbols_from_bytes(row.get_ref(0)?.as_blob()?), row.get::<_, i64>(1)?))
            })
            .optional()
            .map_err(|error| self.failed(error))?
            .ok_or_else(|| not_found(document))?;
        let symbols = symbols.ok_or_else(|| self.damaged(document, "symbols"))?;
        let row = |PreparedSymbol { name, kind, passage, line }| SymbolRow {
            document,
            passage: PassageId(first + i64::from(passage)),
            name,
            kind,
            line,
        };
        Ok(symbols.into_iter().map(row).collect())
    }

    /// The definitions of `name`, whatever its case.
    ///
    /// A name that more than `documents_max` documents define says little; its definitions are
    /// then left out and only their number is given.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn definitions_named(&self, name: &str, documents_max: u32) -> Result<Definitions> {
        let documents = self.definers_of(name)?;
        let mut found = Definitions { documents: documents.len() as u32, symbols: Vec::new() };
        if documents_max < found.documents {
            return Ok(found);
        }
        let key = name.to_lowercase();
        for document in documents {
            let symbols = self.symbols_of(document)?;
            found.symbols.extend(symbols.into_iter().filter(|s| s.name.to_lowercase() == key));
        }
        Ok(found)
    }

    /// The documents that define `name`, whatever its case, by number (one that does not may be
    /// among them, once in about four billion).
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn definers_of(&self, name: &str) -> Result<Vec<DocumentId>> {
        let sql = "SELECT document FROM definers WHERE name_key = ?1 ORDER BY document";
        self.ids(sql, [terms::hash(&name.to_lowercase())])
    }

    /// The documents that mention the name of a hash (`terms::hash`), by path, and how often.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn mentioners_of(&self, name_hash: u32) -> Result<Vec<(DocumentId, u32)>> {
        let mut found = Vec::new();
        self.each_names(|names| {
            let at = names.mentioned.binary_search_by_key(&name_hash, |&(hash, _)| hash);
            if let Ok(at) = at {
                found.push((names.id, names.mentioned[at].1));
            }
        })?;
        Ok(found)
    }

    /// The place of a document in the reference graph.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn rank(&self, document: DocumentId) -> Result<Rank> {
        if self.ranks.get().is_none() {
            let ranks = self
                .connection
                .query_row("SELECT ranks FROM state", [], |row| row.get(0))
                .map_err(|error| self.failed(error))?;
            self.ranks.get_or_init(|| ranks);
        }
        let ranks = self.ranks.get().map_or(&[][..], Vec::as_slice);
        Ok(codec::rank_in_bytes(ranks, document.0))
    }

    /// What is needed to see which files have changed, sorted by path.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn known_files(&self) -> Result<Vec<KnownFile>> {
        let mut statement = self.statement(
            "SELECT path, id, size_bytes, modified_ns, settled, stale, hash FROM documents",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(KnownFile {
                path: row.get(0)?,
                id: DocumentId(row.get(1)?),
                stat: FileStat { size_bytes: row.get(2)?, modified_ns: row.get(3)? },
                is_settled: row.get(4)?,
                is_stale: row.get(5)?,
                hash: row.get(6)?,
            })
        });
        let rows: rusqlite::Result<Vec<KnownFile>> = rows.and_then(Iterator::collect);
        let mut files = rows.map_err(|error| self.failed(error))?;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The files that the last index run left out, sorted by path.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn skips(&self) -> Result<Vec<SkippedFile>> {
        let mut statement = self.statement(
            "SELECT path, name, reason, size_bytes, modified_ns FROM skips ORDER BY path",
        )?;
        let rows = statement.query_map([], |row| {
            let size_bytes: Option<u64> = row.get(3)?;
            let modified_ns: Option<i64> = row.get(4)?;
            let stat = size_bytes
                .zip(modified_ns)
                .map(|(size_bytes, modified_ns)| FileStat { size_bytes, modified_ns });
            Ok(SkippedFile { path: row.get(0)?, name: row.get(1)?, reason: row.get(2)?, stat })
        });
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// The documents that were written after `generation`, by number, with the bytes of their text.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn changed_since(&self, generation: i64) -> Result<Vec<(DocumentId, u64)>> {
        let mut statement = self
            .statement("SELECT id, text_bytes FROM documents WHERE generation > ?1 ORDER BY id")?;
        let rows =
            statement.query_map([generation], |row| Ok((DocumentId(row.get(0)?), row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// The documents that were removed after `generation`, by number.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn removed_since(&self, generation: i64) -> Result<Vec<DocumentId>> {
        let mut statement = self
            .statement("SELECT document FROM tombstones WHERE generation > ?1 ORDER BY document")?;
        let rows = statement.query_map([generation], |row| row.get(0).map(DocumentId));
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// For each document, sorted by path: the names that it defines and those that it mentions.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn each_names(&self, mut take: impl FnMut(DocumentNames)) -> Result<()> {
        let mut statement = self.statement(
            "SELECT id, names FROM documents JOIN bodies ON document = id ORDER BY path",
        )?;
        let mut rows = statement.query([]).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            let id = DocumentId(row.get(0).map_err(|error| self.failed(error))?);
            let bytes = row.get_ref(1).map_err(|error| self.failed(error))?;
            let names = bytes.as_blob().ok().and_then(codec::names_from_bytes);
            let (defined, mentioned) = names.ok_or_else(|| self.damaged(id, "names"))?;
            take(DocumentNames { id, defined, mentioned });
        }
        Ok(())
    }

    /// What git remembers about `path`, as far as history was read.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn history(&self, path: &str) -> Result<Option<FileHistory>> {
        history_of(&self.connection, path).map_err(|error| self.failed(error))
    }

    /// All feedback, by path and passage.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn feedback(&self) -> Result<Vec<Feedback>> {
        let mut statement = self.statement(
            "SELECT path, passage, accepted, rejected FROM feedback ORDER BY path, passage",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Feedback {
                path: row.get(0)?,
                passage: row.get(1)?,
                accepted: row.get(2)?,
                rejected: row.get(3)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// The weights that were set or learned, by name.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn weights(&self) -> Result<Vec<(String, f64)>> {
        weights_of(&self.connection).map_err(|error| self.failed(error))
    }

    /// How many lessons were learned from feedback and not undone, and how many of them, the newest
    /// ones, can be undone.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn lessons(&self) -> Result<(u64, u64)> {
        let sql = "SELECT lessons, (SELECT count(*) FROM lessons) FROM state";
        let counts = self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        counts.map_err(|error| self.failed(error))
    }

    /// How many documents each language has, the most first, then by name.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn languages(&self) -> Result<Vec<(String, u64)>> {
        let mut statement = self.statement(
            "SELECT language, count(*) AS documents FROM documents GROUP BY language \
             ORDER BY documents DESC, language",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(|error| self.failed(error))
    }

    /// Reads the whole database and checks that it is sound; takes seconds on a big one.
    ///
    /// # Errors
    /// [`Error::DamagedStore`] with what SQLite found, or any failure of the store.
    pub fn check(&self) -> Result<()> {
        let found: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.failed(error))?;
        if found == "ok" { Ok(()) } else { Err(damaged(&self.path, &found)) }
    }

    fn each_of<I: Copy, R>(
        &self,
        ids: &[I],
        mut find: impl FnMut(I) -> rusqlite::Result<Option<R>>,
    ) -> Result<Vec<R>> {
        let mut found = Vec::with_capacity(ids.len());
        for &id in ids {
            found.extend(find(id).map_err(|error| self.failed(error))?);
        }
        Ok(found)
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        failure(&self.path, error)
    }

    fn damaged(&self, document: DocumentId, what: &str) -> Error {
        damaged(&self.path, &format!("the {what} of document {} cannot be read", document.0))
    }
}

/// The names of one document as hashes (`terms::hash`), each list rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentNames {
    /// The document.
    pub id: DocumentId,
    /// The names that it defines.
    pub defined: Vec<u32>,
    /// The names that it mentions, with how often.
    pub mentioned: Vec<(u32, u32)>,
}

fn not_found(document: DocumentId) -> Error {
    Error::NotFound { what: "document", name: document.0.to_string() }
}

/// Starts a read transaction; the first read in it fixes the snapshot.
fn begin(connection: &Connection) -> rusqlite::Result<State> {
    connection.execute_batch("BEGIN")?;
    state_of(connection)
}

/// The one row of `state`.
pub(super) fn state_of(connection: &Connection) -> rusqlite::Result<State> {
    let sql = "SELECT store_id, generation, content, pipeline, tokenizer, root, reading, head, \
               unranked, documents, passages, passage_terms, file_terms, tokens, text_bytes \
               FROM state";
    connection.prepare_cached(sql)?.query_row([], |row| {
        Ok(State {
            store_id: row.get(0)?,
            generation: row.get(1)?,
            content: row.get(2)?,
            pipeline: row.get(3)?,
            tokenizer: row.get(4)?,
            root: row.get(5)?,
            reading: row.get(6)?,
            head: row.get(7)?,
            is_unranked: row.get(8)?,
            totals: Totals {
                documents: row.get(9)?,
                passages: row.get(10)?,
                passage_terms: row.get(11)?,
                file_terms: row.get(12)?,
                tokens: row.get(13)?,
                text_bytes: row.get(14)?,
            },
        })
    })
}

/// The weights that were set or learned, by name.
pub(super) fn weights_of(connection: &Connection) -> rusqlite::Result<Vec<(String, f64)>> {
    let mut statement =
        connection.prepare_cached("SELECT name, value FROM weights ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.and_then(Iterator::collect)
}

/// The entry that `condition` finds.
pub(super) fn entry_of(
    connection: &Connection,
    condition: &'static str,
    value: impl rusqlite::ToSql,
) -> rusqlite::Result<Option<Entry>> {
    let sql = format!(
        "SELECT id, language, metadata, created_ns, updated_ns FROM entries WHERE {condition}"
    );
    let found = connection.prepare_cached(&sql)?.query_row([value], |row| {
        let language: Option<String> = row.get(1)?;
        Ok(Entry {
            id: row.get(0)?,
            language: language.as_deref().and_then(Language::from_name),
            metadata: row.get(2)?,
            created_ns: row.get(3)?,
            updated_ns: row.get(4)?,
        })
    });
    found.optional()
}

/// What git remembers about `path`.
pub(super) fn history_of(
    connection: &Connection,
    path: &str,
) -> rusqlite::Result<Option<FileHistory>> {
    let sql = "SELECT commits, last_commit_s, touches FROM histories WHERE path = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([path], |row| {
            let touches = codec::numbers_from_bytes(row.get_ref(2)?.as_blob()?);
            Ok((row.get(0)?, row.get(1)?, touches))
        })
        .optional()?;
    let Some((commits, last_commit_s, touches)) = found else {
        return Ok(None);
    };
    let Some(touches) = touches else {
        let damage = "a history cannot be read".into();
        return Err(rusqlite::Error::FromSqlConversionFailure(2, Type::Blob, damage));
    };
    let mut messages = Vec::with_capacity(touches.len());
    let mut statement =
        connection.prepare_cached("SELECT time_s, message FROM commits WHERE id = ?1")?;
    for touch in touches {
        let message = statement.query_row([touch as i64], |row| {
            Ok((row.get(0)?, Arc::from(row.get_ref(1)?.as_str()?)))
        });
        messages.extend(message.optional()?);
    }
    Ok(Some(FileHistory { commits, last_commit_s, messages }))
}

fn document_row(row: &Row<'_>) -> rusqlite::Result<DocumentRow> {
    let language = row.get_ref(2)?.as_str()?;
    Ok(DocumentRow {
        id: DocumentId(row.get(0)?),
        path: row.get(1)?,
        library_id: row.get(18)?,
        language: Language::from_name(language).unwrap_or(Language::Unknown),
        kind: kind_of_number(row.get(3)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, 0))?,
        stat: FileStat { size_bytes: row.get(4)?, modified_ns: row.get(5)? },
        hash: row.get(6)?,
        lines: row.get(7)?,
        text_bytes: row.get(8)?,
        tokens: row.get(9)?,
        first_passage: PassageId(row.get(10)?),
        passages: row.get(11)?,
        commits: row.get(12)?,
        last_commit_s: row.get(13)?,
        rank: Rank::default(),
        is_settled: row.get(14)?,
        record: row.get(15)?,
        history: row.get(16)?,
        shelf: Arc::from(row.get_ref(17)?.as_blob()?),
    })
}
