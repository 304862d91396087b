//! `contextlite forget`: deletes the index of a workspace.

use contextlite_engine::error::Error;
use serde::Serialize;

use super::{Session, agrees};
use crate::args::ForgetArguments;
use crate::operation;
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
    let agreed = arguments.yes
        || agrees(
            &format!("Delete the index of {}?", target.root().display()),
            "delete the index",
        )?;
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
