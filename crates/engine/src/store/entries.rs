//! Writing what a library knows of its documents beyond their text.

use rusqlite::{OptionalExtension, params};

use super::reader;
use super::row::{Entry, Totals};
use super::writer::Batch;
use crate::document::DocumentId;
use crate::error::Result;

impl Batch<'_> {
    /// Stores the entry of a document, in place of the one that it had.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn put_entry(&mut self, document: DocumentId, entry: &Entry) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![
            document.0,
            entry.id,
            entry.language.map(crate::language::Language::name),
            entry.metadata,
            entry.created_ns,
            entry.updated_ns
        ];
        self.execute(sql, values)
    }

    /// The entry with this id, this batch's changes included.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn entry(&self, id: &str) -> Result<Option<Entry>> {
        reader::entry_of(&self.tx, "id = ?1", id).map_err(|error| self.failed(error))
    }

    /// The document with this id, this batch's changes included.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn document_by_library_id(&self, id: &str) -> Result<Option<DocumentId>> {
        let found = self
            .tx
            .prepare_cached("SELECT document FROM entries WHERE id = ?1")
            .and_then(|mut it| it.query_row([id], |row| row.get(0).map(DocumentId)).optional());
        found.map_err(|error| self.failed(error))
    }

    /// Gives a number that no entry was given before.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn next_entry_number(&mut self) -> Result<i64> {
        let sql = "UPDATE state SET next_entry = next_entry + 1 RETURNING next_entry - 1";
        let number = self
            .tx
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
        number.map_err(|error| self.failed(error))
    }

    /// Removes all documents of a library; gives how many there were.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn remove_all(&mut self) -> Result<u64> {
        let documents = self.state.totals.documents;
        if documents == 0 {
            return Ok(0);
        }
        let sql = "INSERT OR REPLACE INTO tombstones SELECT id, ?1 FROM documents";
        self.execute(sql, [self.generation])?;
        for sql in [
            "DELETE FROM documents",
            "DELETE FROM records",
            "DELETE FROM bodies",
            "DELETE FROM definers",
            "DELETE FROM entries",
        ] {
            self.execute(sql, [])?;
        }
        self.state.totals = Totals::default();
        self.note_content();
        Ok(documents)
    }
}
