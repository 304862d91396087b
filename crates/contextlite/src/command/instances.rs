//! `contextlite instances`: the servers of this user that run.

use super::Session;
use crate::http::presence;
use crate::outcome::{Ended, Outcome};
use crate::terminal::{FAINT, HEADING, ago, one_line};

/// Lists them, the oldest first.
pub fn run(session: &mut Session<'_>) -> Ended {
    let found = presence::instances(&session.configuration.store_folder())?;
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        terminal.json(&found)?;
        return Ok(Outcome::Done);
    }
    for instance in &found {
        let mut facts = format!("pid {}, {}", instance.pid, instance.version);
        facts += &format!(", started {}", ago(instance.started_s));
        if instance.needs_token {
            facts += ", needs a token";
        }
        for root in &instance.roots {
            facts += &format!(", {root}");
        }
        let url = terminal.paint(HEADING, &instance.url);
        let facts = terminal.paint(FAINT, one_line(&facts));
        terminal.line(format_args!("{url}  {facts}"))?;
    }
    if found.is_empty() {
        terminal.note("no server runs; `contextlite serve` starts one");
    }
    Ok(Outcome::Done)
}
