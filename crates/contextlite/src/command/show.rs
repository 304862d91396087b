//! `contextlite show PATH:FIRST-LAST`: reads a citation back.

use std::path::PathBuf;

use contextlite_engine::error::Error;

use super::{Session, answer};
use crate::args::ShowArguments;
use crate::citation::{ALL_LINES, Citation, names};
use crate::operation::{self, Target};
use crate::outcome::{Ended, Outcome};
use crate::terminal::{FAINT, HEADING, count, one_line};
use crate::wire::ExcerptWire;

/// Prints lines of a document as they were indexed.
pub fn run(arguments: &ShowArguments, session: &mut Session<'_>) -> Ended {
    let targets = session.targets(&arguments.scope)?;
    let citation = Citation::parse(&arguments.citation, "PATH:FIRST-LAST")?;
    let whole = Citation { path: PathBuf::from(&arguments.citation), lines: ALL_LINES };
    let read = |citation: &Citation| {
        let names = |target: &Target| names(&citation.path, &session.places.current, target.root());
        operation::show(&targets, names, citation.lines)
    };
    let (at, excerpt) = match read(&citation) {
        Err(error @ Error::NotFound { what: "document", .. }) if citation != whole => {
            read(&whole).map_err(|_| error)?
        }
        result => result?,
    };
    let terminal = &mut *session.terminal;
    let root = targets[at].root();
    if terminal.is_json() {
        terminal.json(&ExcerptWire::new(&excerpt, root))?;
        return Ok(Outcome::Done);
    }
    if terminal.is_for_people() {
        let lines = format!("{}-{}", excerpt.first_line, excerpt.last_line);
        let heading = terminal.paint(HEADING, format_args!("{}:{lines}", one_line(&excerpt.path)));
        let of = terminal
            .paint(FAINT, format_args!("of {}", count(excerpt.lines.into(), "line", "lines")));
        terminal.line(format_args!("{heading}  {of}"))?;
        answer::numbered(&excerpt.text, excerpt.first_line, terminal)?;
    } else {
        terminal.write(&excerpt.text)?;
    }
    if excerpt.changed {
        terminal.note(format_args!(
            "{} changed since it was indexed; `contextlite index` brings the index up to date",
            excerpt.path
        ));
    }
    Ok(Outcome::Done)
}
