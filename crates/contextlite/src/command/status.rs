//! `contextlite status`: what is indexed, and whether it is fresh.

use contextlite_engine::engine::WorkspaceStatus;

use super::Session;
use crate::args::RootArguments;
use crate::operation::{self, Target};
use crate::outcome::{Ended, Outcome};
use crate::service::watch::{self, Unwatched};
use crate::terminal::{FAINT, ago, count, grouped, one_line, size};
use crate::wire::StatusWire;

/// Names of languages beyond this many are summed up.
const LANGUAGES_SHOWN: usize = 8;

/// Says what is indexed of each root.
pub fn run(arguments: &RootArguments, session: &mut Session<'_>) -> Ended {
    let targets = session.targets(arguments)?;
    let statuses: Vec<WorkspaceStatus> =
        targets.iter().map(operation::status).collect::<Result<_, _>>()?;
    let wires: Vec<StatusWire<'_>> = targets
        .iter()
        .zip(&statuses)
        .map(|(target, status)| StatusWire::new(target.root(), &target.location.database, status))
        .collect();
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        match wires.as_slice() {
            [one] => terminal.json(one)?,
            all => terminal.json(&all)?,
        }
        return Ok(Outcome::Done);
    }
    for (at, (target, status)) in targets.iter().zip(&statuses).enumerate() {
        if 0 < at {
            terminal.line("")?;
        }
        for (name, value) in rows(target, status) {
            let name = terminal.paint(FAINT, format_args!("{name:<10}"));
            terminal.line(format_args!("{name} {}", one_line(&value)))?;
        }
    }
    Ok(Outcome::Done)
}

fn rows(target: &Target, status: &WorkspaceStatus) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("root", target.root().display().to_string()),
        ("database", target.location.database.display().to_string()),
        (
            "holds",
            format!(
                "{}, {}, {} of text",
                count(status.documents, "document", "documents"),
                count(status.passages, "passage", "passages"),
                size(status.text_bytes)
            ),
        ),
        (
            "on disk",
            format!("{} database, {} index", size(status.database_bytes), size(status.index_bytes)),
        ),
        ("indexed", status.indexed_s.map_or_else(|| "never".to_owned(), ago)),
        ("generation", grouped(status.generation)),
        ("fresh", freshness(status)),
    ];
    if let Err(reason) = watch::probe(target.root())
        && reason != Unwatched::System
    {
        let fix = reason.fix().map_or_else(String::new, |fix| format!("; {fix}"));
        rows.push(("watching", format!("not possible: {reason}{fix}")));
    }
    if let Some(head) = &status.head {
        rows.push(("git head", head.clone()));
    }
    rows.push(("languages", named_counts(&status.languages, LANGUAGES_SHOWN)));
    if !status.skipped.is_empty() {
        rows.push(("left out", named_counts(&status.skipped, usize::MAX)));
    }
    rows
}

fn freshness(status: &WorkspaceStatus) -> String {
    if status.is_fresh() {
        return "yes".to_owned();
    }
    if status.changed + status.new + status.deleted == 0 {
        return "no: the history of a new commit; the next question reads it".to_owned();
    }
    format!(
        "no: {} changed, {} new, {} deleted; the next question indexes them",
        status.changed, status.new, status.deleted
    )
}

/// `Rust 12, Python 3, 4 more`, in the order given.
fn named_counts(counts: &[(String, u64)], shown: usize) -> String {
    let mut parts: Vec<String> =
        counts.iter().take(shown).map(|(name, number)| format!("{name} {number}")).collect();
    if shown < counts.len() {
        parts.push(format!("{} more", counts.len() - shown));
    }
    parts.join(", ")
}
