//! `contextlite symbol NAME`: where a name is defined, which functions use it, where it is
//! mentioned.

use contextlite_engine::error::Result;
use contextlite_engine::symbol::{Origin, Part, SymbolAnswer, SymbolLimits};

use super::{Session, answer};
use crate::args::SymbolArguments;
use crate::operation::{self, Target};
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::terminal::{FAINT, FIGURE, HEADING, Terminal, count, grouped, one_line};
use crate::wire::SymbolAnswerWire;

/// Says what is known of a name.
pub fn run(arguments: &SymbolArguments, session: &mut Session<'_>) -> Ended {
    let mut targets = session.targets(&arguments.scope)?;
    let mut limits = SymbolLimits::default();
    if let Some(limit) = arguments.limit {
        limits = SymbolLimits { definitions_max: limit as usize, mentions_max: limit as usize };
    }
    let reporter = answer::is_refreshed(arguments.no_index, session)
        .then(|| Reporter::new(session.terminal.is_quiet()));
    let refresh = reporter.as_ref().map(|reporter| reporter as &dyn operation::Progress);
    let answered = operation::symbol(&mut targets, &arguments.name, limits, refresh)?;
    drop(reporter);
    let terminal = &mut *session.terminal;
    let found = &answered.answer;
    if terminal.is_json() {
        terminal.json(&SymbolAnswerWire::new(found, &answered.notes))?;
        return Ok(Outcome::Done);
    }
    list(found, &targets, terminal)?;
    for note in &answered.notes {
        terminal.note(note);
    }
    if found.definitions.is_empty() && found.mentions.is_empty() {
        terminal.note("no document defines or mentions it; `contextlite search` finds text");
        return Ok(Outcome::Negative);
    }
    terminal.footer(format_args!(
        "{} of {}, {} of {}, {} of {} in {}",
        found.definitions.len(),
        count(found.definitions_total as u64, "definition", "definitions"),
        found.callers.len(),
        count(found.callers_total as u64, "function", "functions"),
        found.mentions.len(),
        count(found.mentions_total, "mention", "mentions"),
        count(found.mentioning_documents as u64, "document", "documents"),
    ));
    if found.searched_documents < found.mentioning_documents {
        terminal.note(format_args!(
            "only {} of the documents that mention it were looked into: those that others lean on \
             most",
            grouped(found.searched_documents as u64)
        ));
    }
    Ok(Outcome::Done)
}

fn list(found: &SymbolAnswer, targets: &[Target], terminal: &mut Terminal) -> Result<()> {
    for (at, definition) in found.definitions.iter().enumerate() {
        head("defined", at, terminal)?;
        part("definition", (&definition.origin, &definition.part), None, targets, terminal)?;
    }
    for (at, caller) in found.callers.iter().enumerate() {
        head("used by", at, terminal)?;
        let place = (&caller.origin, &caller.part);
        part("caller", place, Some(caller.mentions), targets, terminal)?;
    }
    for (at, mention) in found.mentions.iter().enumerate() {
        head("mentioned", at, terminal)?;
        let path = answer::full_path(&mention.origin.path, &mention.origin.root, targets);
        let (path, line, text) = (one_line(&path), mention.line, one_line(&mention.text));
        if terminal.is_for_people() {
            let place = terminal.paint(HEADING, format_args!("{path}:{line}"));
            terminal.line(format_args!("  {place}  {}", terminal.paint(FAINT, text)))?;
        } else {
            terminal.line(format_args!("reference\t{path}:{line}\t{text}"))?;
        }
    }
    Ok(())
}

/// Heads a list for people, before its first line.
fn head(name: &str, at: usize, terminal: &mut Terminal) -> Result<()> {
    if at != 0 || !terminal.is_for_people() {
        return Ok(());
    }
    terminal.line(terminal.paint(FAINT, name))
}

fn part(
    role: &str,
    (origin, part): (&Origin, &Part),
    mentions: Option<u32>,
    targets: &[Target],
    terminal: &mut Terminal,
) -> Result<()> {
    let path = one_line(&answer::full_path(&origin.path, &origin.root, targets));
    let (first, last) = (part.first_line, part.last_line);
    let name = one_line(&answer::qualified(part));
    let (kind, signature) = (part.kind.name(), one_line(&part.signature));
    if !terminal.is_for_people() {
        let mentions = mentions.map(|mentions| format!("\t{mentions}")).unwrap_or_default();
        let place = format!("{path}:{first}-{last}");
        return terminal
            .line(format_args!("{role}\t{place}\t{kind}\t{name}\t{signature}{mentions}"));
    }
    let place = terminal.paint(HEADING, format_args!("{path}:{first}-{last}"));
    let times = mentions.filter(|&mentions| 1 < mentions);
    let times = times.map(|times| terminal.paint(FIGURE, format_args!("  × {times}")));
    let kind = terminal.paint(FAINT, kind);
    terminal.line(format_args!("  {place}  {signature}  {kind}{}", times.unwrap_or_default()))
}
