//! `contextlite outline FILE`: the named parts of a document.

use std::path::Path;

use super::{Session, answer};
use crate::args::OutlineArguments;
use crate::citation;
use crate::operation;
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::terminal::{FAINT, HEADING, count, one_line};
use crate::wire::OutlineWire;

/// Lists the named parts of a document with their lines.
pub fn run(arguments: &OutlineArguments, session: &mut Session<'_>) -> Ended {
    let mut targets = session.targets(&arguments.scope)?;
    let reporter = answer::is_refreshed(arguments.no_index, session)
        .then(|| Reporter::new(session.terminal.is_quiet()));
    let refresh = reporter.as_ref().map(|reporter| reporter as &dyn operation::Progress);
    let names = |root: &Path| citation::names(&arguments.file, &session.places.current, root);
    let answered = operation::outline(&mut targets, names, refresh)?;
    drop(reporter);
    let terminal = &mut *session.terminal;
    let (at, outline) = &answered.answer;
    let root = targets[*at].root();
    if terminal.is_json() {
        terminal.json(&OutlineWire::new(outline, root, &answered.notes))?;
        return Ok(Outcome::Done);
    }
    let path = one_line(&answer::full_path(&outline.path, root, &targets));
    if terminal.is_for_people() {
        let heading = terminal.paint(HEADING, &path);
        let of = terminal.paint(FAINT, count(outline.lines.into(), "line", "lines"));
        terminal.line(format_args!("{heading}  {of}"))?;
    }
    for part in &outline.parts {
        let signature = one_line(&part.signature);
        if terminal.is_for_people() {
            let lines = format!("{}-{}", part.first_line, part.last_line);
            let lines = terminal.paint(FAINT, format_args!("{lines:>11}"));
            let kind = terminal.paint(FAINT, part.kind.name());
            let indent = "  ".repeat(part.depth as usize);
            terminal.line(format_args!("{lines}  {indent}{signature}  {kind}"))?;
        } else {
            let (first, last, kind) = (part.first_line, part.last_line, part.kind.name());
            let name = one_line(&answer::qualified(part));
            terminal.line(format_args!("{path}:{first}-{last}\t{kind}\t{name}\t{signature}"))?;
        }
    }
    for note in &answered.notes {
        terminal.note(note);
    }
    if outline.parts.is_empty() {
        terminal.note(format_args!("{path} has no named parts"));
        return Ok(Outcome::Negative);
    }
    Ok(Outcome::Done)
}
