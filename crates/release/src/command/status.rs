//! `cargo ship status`: what was written down, and what is seen now.

use std::path::Path;

use clap::Args;

use crate::artifact::Kind;
use crate::channel::settle::{self, Settled, State};
use crate::channel::{self, Channel};
use crate::clock;
use crate::command::metrics;
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::command::{Leniency, Output, annotation};
use crate::error::{Error, Result};
use crate::file;
use crate::plan::{self, Plan, PlannedChannel};
use crate::publish::journal::{Journal, VERIFY_FAILED};
use crate::publish::{Obstacle, Sort};
use crate::report::{Grade, Report, Row, html};
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship status`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Print Markdown instead of a table.
    #[arg(long, conflicts_with = "json")]
    md: bool,
    #[command(flatten)]
    leniency: Leniency,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps the release from being known; what a channel answers is in the report.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let report = report(&plan, &root, surroundings).inspect_err(|error| {
        // Whoever opens the run's page is to see why there is no report.
        let text = format!("# Deployment status report - {}\n\nNone: {error}\n", plan.tag);
        let _ = summarise(&text, surroundings);
    })?;
    let dist = root.join(DIST);
    for (name, text) in [
        ("deployment-status.json", report.json()),
        ("deployment-status.md", report.markdown()),
        ("deployment-status.html", html::page(&report)),
    ] {
        file::write_whole(&dist.join(name), text.as_bytes())?;
    }
    summarise(&report.markdown(), surroundings)?;
    let answer = match (options.json, options.md) {
        (true, _) => report.json(),
        (_, true) => report.markdown(),
        _ => report.table(),
    };
    let code = match report.grade {
        Grade::Ok => 0,
        Grade::Degraded => super::DEGRADED,
        Grade::Failed => 1,
    };
    let bad =
        report.bad().map(|row| annotation(surroundings, row.is_required, (row.title, &row.cause)));
    let notice = bad.collect();
    Ok(options.leniency.judge(Output { answer, notice, code }))
}

/// Looks at every channel.
fn report(plan: &Plan, root: &Path, surroundings: Surroundings<'_>) -> Result<Report> {
    let office = Office::open(root, plan, surroundings)?;
    let journal = Journal::new(&root.join(DIST), surroundings.clock, &plan.tag);
    let rows: Vec<Row> =
        plan.channels.iter().map(|planned| row(planned, &office, &journal)).collect();
    let archives = plan.artifacts.iter().filter(|artifact| artifact.kind == Kind::Archive);
    Ok(Report {
        format: Report::format(),
        time: clock::moment(surroundings.clock.now_ms() / 1000),
        name: plan.name.clone(),
        version: plan.version.clone(),
        tag: plan.tag.clone(),
        repository_url: plan.repository_url.clone(),
        grade: Report::grade_of(&rows),
        archives: archives.map(|artifact| artifact.name.clone()).collect(),
        files: office.release.files.len() + 1,
        counts: metrics::read(root, &plan.version)?,
        rows,
    })
}

fn row(planned: &PlannedChannel, office: &Office<'_>, journal: &Journal<'_>) -> Row {
    let found = channel::find(planned.id);
    let last = journal.last(planned.id);
    let proven = last.filter(|(_, state)| state.starts_with("verified")).map(|(time, _)| time);
    let settled = match (planned.state, found) {
        (plan::State::Planned, Some(channel)) => seen(channel, office, journal),
        (plan::State::SkippedPrerelease, _) => {
            Settled::of(State::SkippedPrerelease, planned.note.clone())
        }
        (plan::State::PolicyBlocked, _) => Settled::of(State::PolicyBlocked, planned.note.clone()),
        _ => Settled::of(State::Planned, "this program cannot publish there yet"),
    };
    let release = &office.release;
    let platforms = found.map(<dyn Channel>::targets).unwrap_or_default();
    Row {
        id: planned.id,
        title: planned.title,
        is_required: planned.is_required,
        state: settled.state,
        current: settled.current,
        proven: proven.filter(|_| settled.state == State::Verified),
        cause: settled.note,
        fix: settled.obstacle.map(|obstacle| obstacle.advice).unwrap_or_default(),
        url: settled.url,
        install: found.map(|channel| channel.install(release)).unwrap_or_default(),
        credential: planned.credential.clone(),
        platforms: platforms.iter().map(|target| target.platform()).collect(),
    }
}

/// What is seen of a channel, with what was written down where that still holds.
fn seen(channel: &dyn Channel, office: &Office<'_>, journal: &Journal<'_>) -> Settled {
    let id = channel.facts().id;
    let files = match office.render(channel) {
        Ok(files) => files,
        Err(error) => return Settled::of(State::Failed, format!("{id}: {error}")),
    };
    let desk = office.desk(channel, &files);
    let settled = settle::standing(channel, &desk);
    let last = journal.last_state(id).unwrap_or_default();
    let (last, note) = last.split_once(": ").unwrap_or((&last, ""));
    match (settled.state, last) {
        (State::Live, "verified") => {
            Settled { state: State::Verified, note: note.to_owned(), ..settled }
        }
        (State::Live, VERIFY_FAILED) => {
            let note = format!("users get it, and it is not as it should be: {note}");
            let fix = "look at what they get: cargo ship verify; then roll back, or release the \
                 next version";
            let stopped = Settled::stopped(desk.refused(note, &[fix]));
            Settled { current: settled.current, ..stopped }
        }
        // What was taken back is not to be taken for what was never sent.
        (State::Planned | State::Failed, "rolled_back") if settled.obstacle.is_none() => {
            Settled { state: State::RolledBack, note: note.to_owned(), ..settled }
        }
        (State::Planned | State::Failed, "submitted") if settled.obstacle.is_none() => {
            Settled { state: State::Submitted, note: note.to_owned(), ..settled }
        }
        // Whoever reports has no secrets; what was met by who had them is the cause.
        (State::SkippedUnconfigured | State::Planned, "failed") => {
            Settled { current: settled.current, ..met(Sort::Refused, note, id) }
        }
        (State::Failed, "failed") if channel.missing(&desk).is_some() => {
            Settled { current: settled.current, ..met(Sort::Refused, note, id) }
        }
        (State::SkippedUnconfigured | State::Planned, "blocked_upstream") => {
            Settled { current: settled.current, ..met(Sort::Closed, note, id) }
        }
        (State::SkippedUnconfigured, "submitted") => Settled::of(State::Submitted, note),
        _ => settled,
    }
}

/// What a run met that had what it needs to publish.
fn met(sort: Sort, note: &str, id: &str) -> Settled {
    let first = if sort == Sort::Closed { "wait until it opens" } else { "mend the cause" };
    let advice = format!("{first}, then publish again: only {id}, it goes on where it was");
    Settled::stopped(Obstacle { sort, what: note.to_owned(), advice: vec![advice] })
}

/// In a run of a workflow the report is its summary, too.
fn summarise(text: &str, surroundings: Surroundings<'_>) -> Result<()> {
    let Some(path) = surroundings.environment.text("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let path = Path::new(path);
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let mut opened = opened.map_err(Error::at(path))?;
    std::io::Write::write_all(&mut opened, text.as_bytes()).map_err(Error::at(path))
}
