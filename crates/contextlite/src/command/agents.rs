//! `contextlite agents`: a section for agents in AGENTS.md.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use serde::Serialize;

use super::Session;
use crate::args::{AgentsArguments, RootArguments};
use crate::briefing;
use crate::outcome::{Ended, Outcome};
use crate::wire::text_of;

#[derive(Serialize)]
struct Written {
    file: String,
    changed: bool,
}

/// Writes the section, renews it or takes it out.
pub fn run(arguments: &AgentsArguments, session: &mut Session<'_>) -> Ended {
    if arguments.print {
        session.terminal.write(briefing::SECTION)?;
        return Ok(Outcome::Done);
    }
    let files = files(arguments, session)?;
    let written: Vec<Written> = files
        .iter()
        .map(|file| Ok(Written { file: text_of(file), changed: edit(file, arguments.remove)? }))
        .collect::<Result<_>>()?;
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        terminal.json(&written)?;
        return Ok(Outcome::Done);
    }
    for Written { file, changed } in &written {
        let what = match (changed, arguments.remove) {
            (true, false) => "written",
            (true, true) => "taken out",
            (false, false) => "up to date",
            (false, true) => "not there",
        };
        terminal.line(format_args!("{file}: {what}"))?;
    }
    Ok(Outcome::Done)
}

fn files(arguments: &AgentsArguments, session: &Session<'_>) -> Result<Vec<PathBuf>> {
    if !arguments.files.is_empty() {
        let current = &session.places.current;
        return Ok(arguments.files.iter().map(|file| current.join(file)).collect());
    }
    let target = session.target(&RootArguments::default())?;
    let root = target.root();
    let claude = root.join("CLAUDE.md");
    Ok(std::iter::once(root.join("AGENTS.md")).chain(claude.exists().then_some(claude)).collect())
}

/// Edits one file; whether that changed it.
fn edit(file: &Path, remove: bool) -> Result<bool> {
    let before = match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io(file, error)),
    };
    let text = before.as_deref().unwrap_or_default();
    let after = if remove { briefing::without(text) } else { briefing::with(text).map(Some) };
    let after = after.map_err(|reason| Error::InvalidInput {
        field: "FILE",
        message: format!("{}: {reason}", file.display()),
    })?;
    match after {
        Some(after) if after.is_empty() && before.is_some() => std::fs::remove_file(file),
        Some(after) if before.as_ref() != Some(&after) => std::fs::write(file, after),
        _ => return Ok(false),
    }
    .map(|()| true)
    .map_err(|error| Error::io(file, error))
}
