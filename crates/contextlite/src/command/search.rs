//! `contextlite search QUERY`: the best passages, best first.

use super::{Session, answer};
use crate::args::SearchArguments;
use crate::operation;
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::terminal::{count, duration};
use crate::wire::SearchWire;

/// Lists the best passages for a question.
pub fn run(arguments: &SearchArguments, session: &mut Session<'_>) -> Ended {
    let question = answer::question(&arguments.question, session)?;
    let mut targets = session.targets(&arguments.question.scope)?;
    let limit = session.configuration.settings().number("answer.limit");
    let limit = arguments.limit.unwrap_or(limit) as usize;
    let reporter = answer::is_refreshed(arguments.question.no_index, session)
        .then(|| Reporter::new(session.terminal.is_quiet()));
    let refresh = reporter.as_ref().map(|reporter| reporter as &dyn operation::Progress);
    let answered = operation::search(&mut targets, &question, limit, refresh)?;
    drop(reporter);
    let terminal = &mut *session.terminal;
    let found = &answered.answer;
    if terminal.is_json() {
        terminal.json(&SearchWire::new(found, answered.times, &answered.notes))?;
        return Ok(Outcome::Done);
    }
    found.results.iter().try_for_each(|each| answer::list(each, &targets, terminal))?;
    if arguments.question.explain && !found.results.is_empty() {
        answer::explain(&found.results, &targets, terminal)?;
    }
    for note in &answered.notes {
        terminal.note(note);
    }
    if found.results.is_empty() {
        terminal.note("nothing found; try other words");
        return Ok(Outcome::Negative);
    }
    terminal.footer(format_args!(
        "{} of {}, in {}",
        found.results.len(),
        count(found.total as u64, "passage", "passages"),
        duration(answered.times.answer),
    ));
    Ok(Outcome::Done)
}
