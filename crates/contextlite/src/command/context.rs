//! `contextlite context QUESTION`: the passages to read, within a budget.

use contextlite_engine::context::{CitedPassage, Context, Order, Question, SelectionStatus};
use contextlite_engine::error::Result;

use super::{Session, answer};
use crate::args::{ContextArguments, Format};
use crate::operation::{self, Answered, Target};
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::terminal::{FAINT, FIGURE, HEADING, Terminal, count, grouped};
use crate::wire::ContextWire;

/// Answers a question within its budget.
pub fn run(arguments: &ContextArguments, session: &mut Session<'_>) -> Ended {
    let question = question(arguments, session)?;
    let mut targets = session.targets(&arguments.question.scope)?;
    let format = format(arguments, session);
    if format == Format::Json {
        session.terminal.set_json();
    }
    let reporter = answer::is_refreshed(&arguments.question, session)
        .then(|| Reporter::new(session.terminal.is_quiet()));
    let refresh = reporter.as_ref().map(|reporter| reporter as &dyn operation::Progress);
    let answered = operation::context(&mut targets, &question, refresh)?;
    drop(reporter);
    let terminal = &mut *session.terminal;
    let context = &answered.answer;
    match format {
        Format::Json => {
            terminal.json(&ContextWire::new(context, answered.times, &answered.notes))?;
            return Ok(Outcome::Done);
        }
        Format::List => {
            context.passages.iter().try_for_each(|each| answer::list(each, &targets, terminal))?;
        }
        Format::Text if terminal.is_for_people() => {
            context.passages.iter().try_for_each(|each| passage(each, &targets, terminal))?;
        }
        Format::Text => terminal.write(&context.text)?,
    }
    if arguments.question.explain && !context.passages.is_empty() {
        answer::explain(&context.passages, &targets, terminal)?;
    }
    Ok(close(&answered, terminal))
}

fn question(arguments: &ContextArguments, session: &Session<'_>) -> Result<Question> {
    let settings = session.configuration.settings();
    let budget = settings.number("answer.budget") as u32;
    let order = match (arguments.order, settings.text("answer.order")) {
        (Some(order), _) => order.into(),
        (None, "score") => Order::Score,
        (None, _) => Order::Document,
    };
    Ok(Question {
        budget_tokens: arguments.budget.unwrap_or(budget),
        order,
        ..answer::question(&arguments.question, session)?
    })
}

fn format(arguments: &ContextArguments, session: &Session<'_>) -> Format {
    let settings = session.configuration.settings();
    match (arguments.format, settings.text("answer.format")) {
        _ if session.terminal.is_json() => Format::Json,
        (Some(format), _) => format,
        (None, "json") => Format::Json,
        (None, "list") => Format::List,
        (None, _) => Format::Text,
    }
}

/// Writes a passage for people: a heading, its numbered lines, an empty line.
fn passage(passage: &CitedPassage, targets: &[Target], terminal: &mut Terminal) -> Result<()> {
    let heading = format!(
        "{}  {}  {}",
        terminal.paint(HEADING, answer::citation(passage, targets)),
        terminal.paint(FIGURE, format_args!("{:.3}", passage.score)),
        terminal.paint(FAINT, count(passage.tokens.into(), "token", "tokens")),
    );
    terminal.line(heading)?;
    answer::numbered(&passage.text, passage.first_line, terminal)?;
    terminal.line("")
}

/// Writes notes and the footer, or says that nothing was found and why.
fn close(answered: &Answered<Context>, terminal: &mut Terminal) -> Outcome {
    for note in &answered.notes {
        terminal.note(note);
    }
    let context = &answered.answer;
    if context.passages.is_empty() {
        terminal.note(emptiness(context));
        return Outcome::Negative;
    }
    terminal.footer(footer(context));
    Outcome::Done
}

fn emptiness(context: &Context) -> String {
    let documents = count(context.documents, "document", "documents");
    match context.selection.candidates {
        0 if context.documents == 0 => {
            "nothing is indexed; see `contextlite index --explain`".to_owned()
        }
        0 => format!("nothing found in {documents}; try other words"),
        _ => format!(
            "no passage fits into {}; raise --budget",
            count(context.budget_tokens.into(), "token", "tokens")
        ),
    }
}

/// The measures of an answer on one line.
fn footer(context: &Context) -> String {
    let exactness = if context.tokenizer.is_exact() { "exact" } else { "estimate" };
    format!(
        "{} of {} tokens ({}, {exactness}); {}; {}, {}; {}",
        grouped(context.total_tokens.into()),
        grouped(context.budget_tokens.into()),
        context.tokenizer.name(),
        count(context.passages.len() as u64, "passage", "passages"),
        count(context.documents, "document", "documents"),
        count(context.selection.candidates as u64, "candidate", "candidates"),
        certainty(context.selection.status, context.selection.gap),
    )
}

/// What is known about the selection; the gap is rounded up, so that it stays a bound.
fn certainty(status: SelectionStatus, gap: f64) -> String {
    match status {
        SelectionStatus::Optimal => "selection proven optimal".to_owned(),
        SelectionStatus::Gap => format!("gap ≤ {} %", (gap * 1e4).ceil() / 1e2),
        SelectionStatus::Infeasible => "no selection fulfils the limits".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_never_rounded_down() {
        assert_eq!(certainty(SelectionStatus::Gap, 0.012_301), "gap ≤ 1.24 %");
        assert_eq!(certainty(SelectionStatus::Gap, 1e-9), "gap ≤ 0.01 %");
        assert_eq!(certainty(SelectionStatus::Optimal, 0.0), "selection proven optimal");
    }
}
