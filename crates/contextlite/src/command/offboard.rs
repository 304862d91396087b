//! `contextlite offboard`: the files of assistants as they were before `onboard`.
//!
//! Indexes stay; `contextlite forget` deletes them.

use contextlite_engine::error::Result;

use super::onboard::{AssistantWire, chosen, folders, registrations};
use super::{Session, agrees};
use crate::args::OffboardArguments;
use crate::assistant::{ASSISTANTS, Assistant, Standing};
use crate::outcome::{Ended, Outcome};
use crate::terminal::one_line;
use crate::wire::text_of;

/// Takes our entries out after the user agreed.
pub fn run(arguments: &OffboardArguments, session: &mut Session<'_>) -> Ended {
    let folders = folders(session)?;
    let mut registrations = registrations(session)?;
    let named = chosen(&arguments.assistants)?;
    let asked = |assistant: &&'static Assistant| {
        named.is_empty() || named.iter().any(|named| named.id == assistant.id)
    };
    let mut wires = Vec::new();
    for assistant in ASSISTANTS.iter().filter(asked) {
        let (changed, error) = match registrations.standing(assistant) {
            Standing::Absent => continue,
            Standing::Registered | Standing::Other(_) => (true, None),
            Standing::Broken(reason) => (false, Some(reason)),
        };
        let file = text_of(&assistant.file(&folders));
        let (id, title) = (assistant.id, assistant.title);
        wires.push((assistant, AssistantWire { assistant: id, title, file, changed, error }));
    }
    // A file that never was a list of servers is nobody's concern unless it was asked about.
    wires.retain(|(_, wire)| wire.error.is_none() || !named.is_empty());
    if wires.is_empty() {
        session.terminal.note("no assistant has an entry of ContextLite");
    } else if !arguments.dry_run {
        let list: Vec<&str> = wires.iter().map(|(_, wire)| wire.title).collect();
        let question = format!("Take the entry out of {}?", list.join(", "));
        if !arguments.yes && !agrees(&question, "take the entries out")? {
            return Ok(Outcome::Negative);
        }
        for (assistant, wire) in wires.iter_mut().filter(|(_, wire)| wire.error.is_none()) {
            match registrations.remove(assistant) {
                Ok(changed) => wire.changed = changed,
                Err(error) => wire.error = Some(error.to_string()),
            }
        }
    }
    let wires: Vec<AssistantWire> = wires.into_iter().map(|(_, wire)| wire).collect();
    print(&wires, arguments.dry_run, session)?;
    let is_done = wires.iter().all(|wire| wire.error.is_none());
    Ok(if is_done { Outcome::Done } else { Outcome::Negative })
}

fn print(wires: &[AssistantWire], dry_run: bool, session: &mut Session<'_>) -> Result<()> {
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        return terminal.json(&wires);
    }
    for wire in wires {
        let what = match (&wire.error, dry_run) {
            (Some(reason), _) => format!("left as it is: {reason}"),
            (None, true) => format!("{} would be as before", wire.file),
            (None, false) => format!("{} is as before", wire.file),
        };
        terminal.line(format_args!("{}: {}", wire.title, one_line(&what)))?;
    }
    Ok(())
}
