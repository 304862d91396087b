//! Writing what was learned from feedback, in a journal whose newest entry can be undone exactly.
//!
//! A lesson changes counts of `feedback` and values of `weights`. Before it does, it writes down
//! what each changed row holds, `NULL` for a row that is not there. Undoing puts that back, so the
//! two tables are then what they were, to the last bit. `state.lessons` is the number of lessons in
//! force and the number of the newest one; those of the last [`LESSONS_MAX`] can be undone.

use rusqlite::{OptionalExtension, params};

use super::reader;
use super::row::Lesson;
use super::writer::Batch;
use crate::error::{Error, Result};

/// The lessons that can be undone; a lesson is some hundred bytes.
pub const LESSONS_MAX: i64 = 1000;
/// The most that a passage or document is counted as accepted, or rejected. Long before, one more
/// no longer moves anything.
pub const FEEDBACK_COUNT_MAX: u32 = 1000;
/// The most passages and documents that are judged in one store: each question reads all of it.
pub const FEEDBACK_ROWS_MAX: u64 = 10_000;

impl Batch<'_> {
    /// The weights that were set or learned, by name, this batch's changes included.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn weights(&self) -> Result<Vec<(String, f64)>> {
        reader::weights_of(&self.tx).map_err(|error| self.failed(error))
    }

    /// Adds one to the counts of what was judged and sets the weights, and notes how to undo it.
    ///
    /// # Errors
    /// `InvalidInput` on `accepted` if the store would hold more than [`FEEDBACK_ROWS_MAX`]
    /// judgements; any failure of the store.
    pub fn learn(&mut self, lesson: &Lesson<'_>) -> Result<()> {
        self.try_learn(lesson).map_err(|error| self.failed(error))?;
        let count = self.tx.query_row("SELECT count(*) FROM feedback", [], |row| row.get(0));
        let count: u64 = count.map_err(|error| self.failed(error))?;
        if count <= FEEDBACK_ROWS_MAX {
            return Ok(());
        }
        let message = format!(
            "{FEEDBACK_ROWS_MAX} passages are judged already, the most that is kept; reset the \
             feedback to judge others"
        );
        Err(Error::InvalidInput { field: "accepted", message })
    }

    /// Undoes the newest lesson; whether there was one that can be undone.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn undo_lesson(&mut self) -> Result<bool> {
        self.try_undo().map_err(|error| self.failed(error))
    }

    /// Forgets all feedback, all weights that are not the defaults, and the journal; whether there
    /// was anything.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn forget_lessons(&mut self) -> Result<bool> {
        let tables = ["feedback", "weights", "lessons", "lesson_feedback", "lesson_weights"];
        let mut rows = 0;
        for table in tables {
            let deleted = self.tx.execute(&format!("DELETE FROM {table}"), []);
            rows += deleted.map_err(|error| self.failed(error))?;
        }
        self.execute("UPDATE state SET lessons = 0", [])?;
        Ok(0 < rows)
    }

    fn try_learn(&mut self, lesson: &Lesson<'_>) -> rusqlite::Result<()> {
        let tx = &self.tx;
        let sql = "UPDATE state SET lessons = lessons + 1 RETURNING lessons";
        let number: i64 = tx.query_row(sql, [], |row| row.get(0))?;
        let values = params![number, lesson.learned_ns, lesson.query];
        tx.execute("INSERT INTO lessons VALUES (?1, ?2, ?3)", values)?;
        let mut note = tx.prepare_cached(
            "INSERT INTO lesson_feedback SELECT ?1, ?2, ?3, \
             (SELECT accepted FROM feedback WHERE path = ?2 AND passage = ?3), \
             (SELECT rejected FROM feedback WHERE path = ?2 AND passage = ?3)",
        )?;
        let mut count = tx.prepare_cached(
            "INSERT INTO feedback VALUES (?1, ?2, ?3, 1 - ?3) ON CONFLICT DO UPDATE SET \
             accepted = min(accepted + excluded.accepted, ?4), \
             rejected = min(rejected + excluded.rejected, ?4)",
        )?;
        for (key, passage, is_accepted) in lesson.judged {
            note.execute(params![number, key, passage])?;
            count.execute(params![key, passage, is_accepted, FEEDBACK_COUNT_MAX])?;
        }
        let mut note = tx.prepare_cached(
            "INSERT INTO lesson_weights SELECT ?1, ?2, \
             (SELECT value FROM weights WHERE name = ?2)",
        )?;
        let mut set = tx.prepare_cached("INSERT OR REPLACE INTO weights VALUES (?1, ?2)")?;
        for (name, value) in lesson.weights {
            note.execute(params![number, name])?;
            set.execute(params![name, value])?;
        }
        for (table, column) in
            [("lessons", "number"), ("lesson_feedback", "lesson"), ("lesson_weights", "lesson")]
        {
            let sql = format!("DELETE FROM {table} WHERE {column} <= ?1");
            tx.prepare_cached(&sql)?.execute([number - LESSONS_MAX])?;
        }
        Ok(())
    }

    fn try_undo(&mut self) -> rusqlite::Result<bool> {
        let tx = &self.tx;
        let sql = "SELECT number FROM lessons JOIN state ON number = lessons";
        let newest = tx.query_row(sql, [], |row| row.get(0)).optional()?;
        let Some(number): Option<i64> = newest else { return Ok(false) };
        for sql in [
            "DELETE FROM feedback WHERE (path, passage) IN \
             (SELECT path, passage FROM lesson_feedback WHERE lesson = ?1)",
            "INSERT INTO feedback SELECT path, passage, accepted, rejected \
             FROM lesson_feedback WHERE lesson = ?1 AND accepted IS NOT NULL",
            "DELETE FROM weights WHERE name IN \
             (SELECT name FROM lesson_weights WHERE lesson = ?1)",
            "INSERT INTO weights SELECT name, value \
             FROM lesson_weights WHERE lesson = ?1 AND value IS NOT NULL",
            "DELETE FROM lesson_feedback WHERE lesson = ?1",
            "DELETE FROM lesson_weights WHERE lesson = ?1",
            "DELETE FROM lessons WHERE number = ?1",
            "UPDATE state SET lessons = ?1 - 1",
        ] {
            tx.execute(sql, [number])?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Reader, StorePaths, Writer};

    /// A lesson with this number; every third judges the same.
    fn learn(batch: &mut Batch<'_>, number: u32) -> Result<()> {
        let is_accepted = number.is_multiple_of(2);
        let judged = [(format!("file {}", number % 3), String::new(), is_accepted)];
        let weights = [("prior", f64::from(number) / 3e4)];
        batch.learn(&Lesson { query: "q", learned_ns: 1, judged: &judged, weights: &weights })
    }

    fn rows(paths: &StorePaths) -> String {
        let reader = Reader::open(&paths.database).unwrap().unwrap();
        format!("{:?} {:?}", reader.feedback().unwrap(), reader.weights().unwrap())
    }

    #[test]
    fn the_journal_is_bounded_and_what_is_in_it_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = StorePaths::of(&folder.path().join("store.db"));
        let writer = Writer::open(&paths, Duration::ZERO).unwrap();
        let more = 5;
        let mut batch = writer.begin().unwrap();
        (0..more).for_each(|number| learn(&mut batch, number).unwrap());
        batch.commit().unwrap();
        let before = rows(&paths);
        let mut batch = writer.begin().unwrap();
        let most = LESSONS_MAX as u32;
        (more..more + most).for_each(|number| learn(&mut batch, number).unwrap());
        batch.commit().unwrap();
        let reader = Reader::open(&paths.database).unwrap().unwrap();
        assert_eq!(reader.lessons().unwrap(), (u64::from(more + most), u64::from(most)));
        let mut batch = writer.begin().unwrap();
        (0..most).for_each(|_| assert!(batch.undo_lesson().unwrap()));
        assert!(!batch.undo_lesson().unwrap(), "the first ones are in force for good");
        batch.commit().unwrap();
        assert_eq!(rows(&paths), before);
        let reader = Reader::open(&paths.database).unwrap().unwrap();
        assert_eq!(reader.lessons().unwrap(), (u64::from(more), 0));
    }

    #[test]
    fn counts_and_rows_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let paths = StorePaths::of(&folder.path().join("store.db"));
        let writer = Writer::open(&paths, Duration::ZERO).unwrap();
        let mut batch = writer.begin().unwrap();
        for _ in 0..FEEDBACK_COUNT_MAX + 3 {
            learn(&mut batch, 0).unwrap();
        }
        batch.commit().unwrap();
        let reader = Reader::open(&paths.database).unwrap().unwrap();
        assert_eq!(reader.feedback().unwrap()[0].accepted, FEEDBACK_COUNT_MAX);
        let mut batch = writer.begin().unwrap();
        let judged: Vec<(String, String, bool)> =
            (0..FEEDBACK_ROWS_MAX).map(|at| (at.to_string(), String::new(), true)).collect();
        let lesson = Lesson { query: "q", learned_ns: 1, judged: &judged, weights: &[] };
        let refused = batch.learn(&lesson).unwrap_err();
        assert!(matches!(refused, Error::InvalidInput { field: "accepted", .. }), "{refused}");
    }
}
