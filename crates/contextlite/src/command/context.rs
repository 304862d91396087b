//! `contextlite context QUESTION`: the passages to read, within a budget.

use std::time::Duration;

use contextlite_engine::context::{
    Bounds, CitedPassage, Comparison, Context, Method, ObjectiveStyle, Order, Place, Question,
    SelectionOptions, SelectionStatus,
};
use contextlite_engine::error::{Error, Result};

use super::{Session, answer};
use crate::args::{ContextArguments, Format, SelectionArguments, StyleArgument};
use crate::citation::Citation;
use crate::operation::{self, Answered, Target};
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::terminal::{FAINT, FIGURE, HEADING, Terminal, count, grouped, table};
use crate::wire::{BILLIONTHS, ContextWire};

/// Answers a question within its budget.
pub fn run(arguments: &ContextArguments, session: &mut Session<'_>) -> Ended {
    let question = question(arguments, session)?;
    let mut targets = session.targets(&arguments.question.scope)?;
    let format = format(arguments, session);
    if format == Format::Json {
        session.terminal.set_json();
    }
    let reporter = answer::is_refreshed(arguments.question.no_index, session)
        .then(|| Reporter::new(session.terminal.is_quiet()));
    let refresh = reporter.as_ref().map(|reporter| reporter as &dyn operation::Progress);
    let answered = operation::context(&mut targets, &question, refresh)?;
    drop(reporter);
    let terminal = &mut *session.terminal;
    let context = &answered.answer;
    if let (Some(file), Some(instance)) = (&arguments.selection.export_instance, &context.instance)
    {
        let file = session.places.current.join(file);
        operation::export(instance, &file, arguments.selection.export_format)?;
    }
    match format {
        Format::Json => {
            terminal.json(&ContextWire::new(context, answered.times, &answered.notes))?;
            let is_infeasible = context.selection.status == SelectionStatus::Infeasible;
            return Ok(if is_infeasible { Outcome::Infeasible } else { Outcome::Done });
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
    if !context.comparison.is_empty() && !context.passages.is_empty() {
        let text = comparison(&context.comparison);
        if terminal.is_for_people() {
            terminal.write(&text)?;
        } else {
            terminal.footer(text.trim_end());
        }
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
        selection: selection(&arguments.selection, arguments.question.explain, session)?,
        ..answer::question(&arguments.question, session)?
    })
}

fn selection(
    arguments: &SelectionArguments,
    explain: bool,
    session: &Session<'_>,
) -> Result<SelectionOptions> {
    let pin = |typed: &std::ffi::OsString| -> Result<Place> {
        Ok(Citation::parse(typed, "--pin")?.place(&session.places.current))
    };
    Ok(SelectionOptions {
        style: style(arguments)?,
        method: Method::Exact,
        gap_millionths: arguments.gap.unwrap_or(0),
        time_max: arguments.time_limit_ms.map(Duration::from_millis),
        passages_max: arguments.max_passages,
        per_document_max: arguments.per_document,
        pinned: arguments.pin.iter().map(pin).collect::<Result<_>>()?,
        compare: arguments.compare,
        record: arguments.export_instance.is_some(),
        explain,
    })
}

/// The style that was asked for; bounds alone ask for the one that has bounds.
fn style(arguments: &SelectionArguments) -> Result<ObjectiveStyle> {
    let bounds = Bounds {
        redundancy_max: arguments.redundancy_max,
        coherence_min: arguments.coherence_min,
        recency_min: arguments.recency_min,
    };
    let wrong = |message: &str| {
        Err(Error::InvalidInput { field: "--objective-style", message: message.to_owned() })
    };
    let has_bounds = bounds != Bounds::default();
    match arguments.objective_style {
        Some(StyleArgument::EpsilonConstraint) if !has_bounds => wrong(
            "epsilon-constraint needs a bound: --redundancy-max, --coherence-min or --recency-min",
        ),
        Some(StyleArgument::EpsilonConstraint) => Ok(ObjectiveStyle::EpsilonConstraint(bounds)),
        Some(_) if has_bounds => wrong("bounds are for epsilon-constraint; leave them out"),
        Some(StyleArgument::Lexicographic) => Ok(ObjectiveStyle::Lexicographic),
        None if has_bounds => Ok(ObjectiveStyle::EpsilonConstraint(bounds)),
        Some(StyleArgument::WeightedSum) | None => Ok(ObjectiveStyle::WeightedSum),
    }
}

/// The ways to choose as a table: what each is worth, and how much of it is in the answer.
fn comparison(methods: &[Comparison]) -> String {
    let best = methods.first().map_or(0, |method| method.objective);
    let head = ["objective", "of optimal", "tokens", "passages", "shared", "choice"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for method in methods {
        let share = 100.0 * method.objective as f64 / best.max(1) as f64;
        let limits = if method.is_permitted { "" } else { " (breaks a limit)" };
        rows.push(vec![
            format!("{:.6}", method.objective as f64 / BILLIONTHS),
            format!("{share:.2} %"),
            grouped(method.tokens),
            method.passages.len().to_string(),
            method.shared.to_string(),
            format!("{}{limits}", method.method),
        ]);
    }
    table(&rows)
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
    if context.selection.status == SelectionStatus::Infeasible {
        let reason = context.selection.note.as_deref().unwrap_or("the wishes contradict");
        terminal.note(format_args!("infeasible because {reason}"));
        return Outcome::Infeasible;
    }
    if let Some(note) = &context.selection.note {
        terminal.note(note);
        return Outcome::Negative;
    }
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
