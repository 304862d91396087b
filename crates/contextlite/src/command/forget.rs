//! `contextlite forget`: deletes the index of a workspace.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use contextlite_engine::error::{Error, Result};
use serde::Serialize;

use super::Session;
use crate::args::ForgetArguments;
use crate::operation::{self, Target};
use crate::outcome::{Ended, Outcome};
use crate::wire::text_of;

#[derive(Serialize)]
struct Answer {
    root: String,
    database: String,
    forgotten: bool,
}

/// Deletes the index after the user agreed.
pub fn run(arguments: &ForgetArguments, session: &mut Session<'_>) -> Ended {
    let target = operation::forgettable(
        session.scope(&arguments.scope),
        &session.places,
        &session.configuration,
    )?;
    if !operation::is_indexed(&target) {
        return Err(Error::NotFound { what: "index", name: text_of(target.root()) });
    }
    let agreed = arguments.yes || ask(&target)?;
    if agreed {
        operation::delete(&target, &session.configuration)?;
    }
    let terminal = &mut *session.terminal;
    let (root, database) = (text_of(target.root()), text_of(&target.location.database));
    if terminal.is_json() {
        terminal.json(&Answer { root, database, forgotten: agreed })?;
    } else {
        terminal.line(if agreed { format!("forgot {root}") } else { format!("kept {root}") })?;
    }
    Ok(if agreed { Outcome::Done } else { Outcome::Negative })
}

/// Asks on the terminal; without one, the user must have said yes before.
fn ask(target: &Target) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::InvalidInput {
            field: "--yes",
            message: "nobody can be asked here; say --yes to delete the index".to_owned(),
        });
    }
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "Delete the index of {}? [y/N] ", target.root().display());
    let _ = stderr.flush();
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|source| Error::io("standard input", source))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
