//! The tables, and the steps from one schema version to the next.
//!
//! `PRAGMA user_version` is the number of steps that were taken. A step is never changed once it
//! has been released; a new version adds one at the end of [`STEPS`]. All missing steps run in one
//! transaction, under the writer lock, so a store is never between two versions.
//!
//! Step 2 gathers the passages of a document in one row. It leaves them empty and forgets which
//! pipeline prepared the documents, so the next index run prepares them anew from the texts.
//!
//! Step 3 makes room for libraries. Two documents of a library may have the same path, so paths are
//! not unique any more; in a workspace they still are, because its one writer looks before it
//! inserts. It also adds the journal of what was learned from feedback, with what each update
//! found.

use rusqlite::{Connection, TransactionBehavior};

/// `PRAGMA application_id` of every store: `CtxL` in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x4374_784c;

/// The newest schema that this program knows.
pub const SCHEMA_VERSION: i64 = STEPS.len() as i64;

/// What the step at position `n` does brings a store from version `n` to `n + 1`.
const STEPS: &[&str] = &[
    "
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  store_id INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  content INTEGER NOT NULL,
  pipeline INTEGER NOT NULL,
  tokenizer TEXT NOT NULL,
  root TEXT NOT NULL,
  reading TEXT NOT NULL,
  head TEXT,
  next_document INTEGER NOT NULL,
  next_passage INTEGER NOT NULL,
  next_commit INTEGER NOT NULL,
  documents INTEGER NOT NULL,
  passages INTEGER NOT NULL,
  passage_terms INTEGER NOT NULL,
  file_terms INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  text_bytes INTEGER NOT NULL,
  unranked INTEGER NOT NULL,
  ranks BLOB NOT NULL
);
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  language TEXT NOT NULL,
  kind INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  hash BLOB NOT NULL,
  lines INTEGER NOT NULL,
  text_bytes INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  first_passage INTEGER NOT NULL,
  passages INTEGER NOT NULL,
  passage_terms INTEGER NOT NULL,
  file_terms INTEGER NOT NULL,
  commits INTEGER NOT NULL,
  last_commit_s INTEGER NOT NULL,
  generation INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_by_path ON documents (path);
CREATE INDEX documents_by_generation ON documents (generation);
CREATE TABLE bodies (
  document INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  history BLOB NOT NULL,
  symbols BLOB NOT NULL,
  names BLOB NOT NULL,
  text BLOB NOT NULL
);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  breadcrumb TEXT NOT NULL,
  record BLOB NOT NULL
);
CREATE TABLE definers (
  name_key INTEGER NOT NULL,
  document INTEGER NOT NULL,
  PRIMARY KEY (name_key, document)
) WITHOUT ROWID;
CREATE TABLE tombstones (
  document INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL
);
CREATE TABLE commits (
  id INTEGER PRIMARY KEY,
  time_s INTEGER NOT NULL,
  message TEXT NOT NULL
);
CREATE TABLE histories (
  path TEXT PRIMARY KEY,
  commits INTEGER NOT NULL,
  last_commit_s INTEGER NOT NULL,
  touches BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE skips (
  path TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  size_bytes INTEGER,
  modified_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE feedback (
  path TEXT NOT NULL,
  passage TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  PRIMARY KEY (path, passage)
) WITHOUT ROWID;
CREATE TABLE weights (
  name TEXT PRIMARY KEY,
  value REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO state VALUES
  (1, random(), 0, 0, 0, '', '', '', NULL, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, x'');
",
    "
CREATE TABLE records (
  document INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  history BLOB NOT NULL,
  passages BLOB NOT NULL
);
INSERT INTO records SELECT document, record, history, x'00' FROM bodies;
ALTER TABLE bodies DROP COLUMN record;
ALTER TABLE bodies DROP COLUMN history;
DROP TABLE passages;
UPDATE state SET pipeline = 0;
",
    "
DROP INDEX documents_by_path;
CREATE INDEX documents_by_path ON documents (path);
CREATE TABLE entries (
  document INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  language TEXT,
  metadata TEXT,
  created_ns INTEGER NOT NULL,
  updated_ns INTEGER NOT NULL
);
CREATE TABLE lessons (
  number INTEGER PRIMARY KEY,
  learned_ns INTEGER NOT NULL,
  query TEXT NOT NULL
);
CREATE TABLE lesson_feedback (
  lesson INTEGER NOT NULL,
  path TEXT NOT NULL,
  passage TEXT NOT NULL,
  accepted INTEGER,
  rejected INTEGER,
  PRIMARY KEY (lesson, path, passage)
) WITHOUT ROWID;
CREATE TABLE lesson_weights (
  lesson INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (lesson, name)
) WITHOUT ROWID;
ALTER TABLE state ADD COLUMN next_entry INTEGER NOT NULL DEFAULT 1;
ALTER TABLE state ADD COLUMN lessons INTEGER NOT NULL DEFAULT 0;
",
];

/// Takes the steps that `connection` has not taken yet, all or none.
pub(super) fn migrate(connection: &mut Connection, from: i64) -> rusqlite::Result<()> {
    take_steps(connection, STEPS, from)
}

fn take_steps(connection: &mut Connection, steps: &[&str], from: i64) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &steps[from as usize..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", steps.len() as i64)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.commit()
}

/// Makes a store as the first version of the schema left it, with one document.
#[cfg(test)]
pub(crate) fn store_of_first_version(database: &std::path::Path, path: &str, text: &str) {
    let mut connection = Connection::open(database).unwrap();
    take_steps(&mut connection, &STEPS[..1], 0).unwrap();
    let size = text.len() as i64;
    let hash = *blake3::hash(text.as_bytes()).as_bytes();
    let document = "INSERT INTO documents VALUES \
                    (1, ?1, 'rust', 0, ?2, 1, 1, 0, ?3, 1, ?2, 9, 1, 1, 3, 3, 0, 0, 1)";
    connection.execute(document, (path, size, hash)).unwrap();
    let body = "INSERT INTO bodies VALUES (1, x'00', x'', ?1, x'0000', ?2)";
    let symbols = super::codec::symbols_to_bytes(&[]);
    connection.execute(body, (symbols, super::codec::compress(text.as_bytes()))).unwrap();
    let passage = "INSERT INTO passages VALUES (1, 1, 0, 0, ?1, 1, 1, 9, '', x'00')";
    connection.execute(passage, [size]).unwrap();
    let state = "UPDATE state SET generation = 1, content = 1, pipeline = 1, next_document = 2, \
                 next_passage = 2, documents = 1, passages = 1, passage_terms = 3, \
                 file_terms = 3, tokens = 9, text_bytes = ?1";
    connection.execute(state, [size]).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_missing_steps_are_taken() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE kept (x); INSERT INTO kept VALUES (7);";
        let second = "ALTER TABLE kept ADD y DEFAULT 8;";
        take_steps(&mut connection, &[first], 0).unwrap();
        assert_eq!(version(&connection), 1);
        take_steps(&mut connection, &[first, second], 1).unwrap();
        assert_eq!(version(&connection), 2);
        let row = connection.query_row("SELECT x, y FROM kept", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        assert_eq!(row.unwrap(), (7, 8));
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        take_steps(&mut connection, &["CREATE TABLE kept (x)"], 0).unwrap();
        let steps = ["", "CREATE TABLE more (x)", "CREATE TABLE kept (x)"];
        assert!(take_steps(&mut connection, &steps, 1).is_err());
        assert_eq!(version(&connection), 1);
        let tables = "SELECT count(*) FROM sqlite_schema";
        assert_eq!(connection.query_row(tables, [], |row| row.get(0)), Ok(1_i64));
    }

    #[test]
    fn a_new_store_has_the_newest_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, 0).unwrap();
        assert_eq!(version(&connection), SCHEMA_VERSION);
    }
}
