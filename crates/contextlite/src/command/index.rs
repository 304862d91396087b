//! `contextlite index [ROOT]`: brings the index of a repository up to date.

use std::collections::BTreeMap;

use contextlite_engine::engine::{IndexReport, SkippedFile};
use contextlite_engine::error::Result;

use super::Session;
use crate::args::{ChoiceArguments, IndexArguments};
use crate::operation::{self, Answered, Target};
use crate::outcome::{Ended, Outcome};
use crate::place::Choice;
use crate::progress::Reporter;
use crate::terminal::{FAINT, HEADING, Terminal, count, duration, one_line, size};
use crate::wire::{IndexWire, Plan, PlanWire};

/// Indexes what changed, and says what it did.
pub fn run(mut arguments: IndexArguments, session: &mut Session<'_>) -> Ended {
    arguments.scope.roots.extend(arguments.root.take());
    let mut target = session.target(&arguments.scope)?;
    if let Some(choice) = choice(&arguments.choice, arguments.reset) {
        operation::choose(&mut target, choice, &session.configuration)?;
    }
    if arguments.dry_run {
        let plan = operation::plan(&target)?;
        show_plan(&target, &plan, arguments.explain, session.terminal)?;
        return Ok(Outcome::Done);
    }
    let reporter = Reporter::new(session.terminal.is_quiet());
    let rebuild = arguments.rebuild;
    let answered = operation::index(&mut target, rebuild, &session.configuration, &reporter)?;
    drop(reporter);
    show_report(&target, &answered, arguments.explain, session.terminal)?;
    Ok(Outcome::Done)
}

/// The choice that the arguments make; `None` if they make none.
fn choice(arguments: &ChoiceArguments, reset: bool) -> Option<Choice> {
    let globs = |globs: &[String]| (!globs.is_empty()).then(|| globs.to_vec());
    let choice = Choice {
        include: globs(&arguments.include),
        exclude: globs(&arguments.exclude),
        hidden: arguments.hidden.then_some(true),
        secrets: arguments.secrets.then_some(true),
        size_max: arguments.size_max,
    };
    (reset || choice != Choice::default()).then_some(choice)
}

fn show_report(
    target: &Target,
    answered: &Answered<IndexReport>,
    is_explained: bool,
    terminal: &mut Terminal,
) -> Result<()> {
    let report = &answered.answer;
    let took = answered.times.index;
    if terminal.is_json() {
        let wire = IndexWire::new(target.root(), report, is_explained, took, &answered.notes);
        return terminal.json(&wire);
    }
    answered.notes.iter().for_each(|note| terminal.note(note));
    let summary = format!(
        "{}, {}; {} indexed, {} unchanged, {} removed; {} of text read in {}",
        count(report.totals.documents, "document", "documents"),
        count(report.totals.passages, "passage", "passages"),
        report.indexed,
        report.unchanged,
        report.removed,
        size(report.text_bytes),
        duration(took)
    );
    close(target, &summary, &report.skipped, is_explained, terminal)
}

fn show_plan(
    target: &Target,
    plan: &Plan,
    is_explained: bool,
    terminal: &mut Terminal,
) -> Result<()> {
    if terminal.is_json() {
        return terminal.json(&PlanWire::new(target.root(), plan, is_explained));
    }
    plan.warnings.iter().for_each(|warning| terminal.note(warning));
    plan.documents.iter().try_for_each(|path| terminal.line(one_line(path)))?;
    let summary = format!(
        "would hold {}, {} of text; nothing was written",
        count(plan.documents.len() as u64, "document", "documents"),
        size(plan.text_bytes)
    );
    close(target, &summary, &plan.skipped, is_explained, terminal)
}

/// Writes what was left out, if that is wanted, and the sums.
fn close(
    target: &Target,
    summary: &str,
    skipped: &[SkippedFile],
    is_explained: bool,
    terminal: &mut Terminal,
) -> Result<()> {
    if is_explained {
        for skip in skipped {
            let reason = terminal.paint(FAINT, format_args!("left out: {}", skip.reason));
            terminal.line(format_args!("{}  {reason}", one_line(&skip.path)))?;
        }
    }
    let root = terminal.paint(HEADING, one_line(&target.root().display().to_string()));
    terminal.line(format_args!("{root}: {summary}"))?;
    if skipped.is_empty() {
        return Ok(());
    }
    let advice = if is_explained { "" } else { "; --explain lists them" };
    let files = count(skipped.len() as u64, "file", "files");
    terminal.line(format_args!("{files} left out: {}{advice}", reasons(skipped)))
}

/// How many files were left out for which reason, the most frequent reason first.
fn reasons(skipped: &[SkippedFile]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for skip in skipped {
        *counts.entry(&skip.name).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, number)| std::cmp::Reverse(number));
    let reasons: Vec<String> = counts
        .iter()
        .map(|(name, number)| format!("{number} {}", name.replace('_', " ")))
        .collect();
    reasons.join(", ")
}
