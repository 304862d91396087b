//! `contextlite workspaces`: every index on this machine.

use std::path::{Path, PathBuf};

use contextlite_engine::engine::{Location, Workspace};
use contextlite_engine::error::Result;
use serde::Serialize;

use super::Session;
use crate::outcome::{Ended, Outcome};
use crate::place::{self, Record};
use crate::terminal::{FAINT, HEADING, ago, count, one_line, size};
use crate::wire::text_of;

/// One index, as far as it can be read.
#[derive(Debug, Serialize)]
struct Row {
    root: Option<String>,
    root_exists: bool,
    database: String,
    size_bytes: u64,
    documents: Option<u64>,
    indexed_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Lists all workspaces in the data folder.
pub fn run(session: &mut Session<'_>) -> Ended {
    let databases = place::databases(&session.configuration.store_folder())?;
    let mut rows: Vec<Row> = databases.iter().map(|database| row(database)).collect();
    rows.sort_by(|a, b| a.root.cmp(&b.root).then_with(|| a.database.cmp(&b.database)));
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        terminal.json(&rows)?;
        return Ok(Outcome::Done);
    }
    for row in &rows {
        let root = row.root.as_deref().unwrap_or(&row.database);
        let root = terminal.paint(HEADING, one_line(root));
        let facts = terminal.paint(FAINT, one_line(&facts(row)));
        terminal.line(format_args!("{root}  {facts}"))?;
    }
    if rows.is_empty() {
        terminal.note("nothing is indexed yet; `contextlite index` in a repository starts");
    }
    Ok(Outcome::Done)
}

fn row(database: &Path) -> Row {
    let record = Record::read(database);
    let root = record.as_ref().ok().and_then(|record| record.as_ref().map(|it| it.root.clone()));
    let path = PathBuf::from(root.clone().unwrap_or_default());
    let counted = record.map(|_| ()).and_then(|()| counts(&path, database));
    let (documents, indexed_s, problem) = match counted {
        Ok((documents, indexed_s)) => (documents, indexed_s, None),
        Err(error) => (None, None, Some(error.to_string())),
    };
    Row {
        root_exists: path.is_dir(),
        root,
        database: text_of(database),
        size_bytes: size_of(place::folder_of(database)),
        documents,
        indexed_s,
        problem,
    }
}

/// The documents of a store and the time of its last run.
fn counts(root: &Path, database: &Path) -> Result<(Option<u64>, Option<i64>)> {
    let location = Location { root: root.to_owned(), database: database.to_owned() };
    let Some(workspace) = Workspace::open_existing(&location)? else {
        return Ok((None, None));
    };
    Ok((Some(workspace.totals()?.documents), workspace.indexed_s()))
}

/// The bytes of all files in a folder; what cannot be read counts nothing.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn facts(row: &Row) -> String {
    let mut facts = vec![match row.documents {
        Some(documents) => count(documents, "document", "documents"),
        None => "no documents".to_owned(),
    }];
    facts.push(size(row.size_bytes));
    facts.extend(row.indexed_s.map(|then| format!("indexed {}", ago(then))));
    if let Some(problem) = &row.problem {
        facts.push(problem.clone());
    } else if !row.root_exists {
        facts.push("the root is gone; `contextlite forget` deletes the index".to_owned());
    }
    facts.join(", ")
}
