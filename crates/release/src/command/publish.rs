//! `cargo ship publish`.
//!
//! Channels are published in the order of the plan. What is printed in the end is one line for
//! each channel that was asked for, whether or not something was done: a channel that is passed
//! over says why, so that nothing that did not happen looks like success.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::channel::settle::{self, Settled, State};
use crate::channel::{self, Channel};
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::command::{DEGRADED, Leniency, Output, annotation, complaint};
use crate::error::{Error, Result};
use crate::facts::{Facts, Wave};
use crate::file;
use crate::nearest;
use crate::plan::{self, Plan, PlannedChannel};
use crate::publish::journal::{Journal, STATE};
use crate::publish::{Obstacle, Run, Sort};
use crate::surroundings::Surroundings;

/// The folder, below [`DIST`], that holds what channels were found to hold.
pub const RECEIPTS: &str = "receipts";

/// The arguments of `cargo ship publish`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to publish; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The channels that this run is for; by default all of the plan.
    #[arg(value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Of those only these, separated by commas; an empty list is no limit.
    #[arg(long, value_name = "CHANNELS", value_delimiter = ',')]
    only: Vec<String>,
    /// Look, and say what would be done; change nothing.
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    dry_run: bool,
    #[command(flatten)]
    leniency: Leniency,
}

/// One channel and what happened to it; nothing, if it was passed over.
struct Report<'a> {
    channel: &'a PlannedChannel,
    settled: Option<Settled>,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever stops it before a channel is looked at; what a channel answers is in the output.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let mut reports = Vec::new();
    for channel in chosen(&plan, options)? {
        let settled = match (channel.state, channel::find(channel.id)) {
            (plan::State::Planned, Some(found)) => {
                Some(publish(found, &plan, &root, options.dry_run, surroundings)?)
            }
            _ => None,
        };
        reports.push(Report { channel, settled });
    }
    if reports.is_empty() {
        let answer = "nothing was asked for here: --only names other channels\n".to_owned();
        return Ok(Output { answer, ..Output::default() });
    }
    Ok(options.leniency.judge(output(&reports, surroundings)))
}

/// The channels that were asked for, in the order of the plan.
///
/// A workflow's job names the channels that it is for, and passes on the limit that a person
/// gave; where the two have nothing in common there is nothing to do.
fn chosen<'p>(plan: &'p Plan, options: &Options) -> Result<Vec<&'p PlannedChannel>> {
    let only: Vec<&str> = options.only.iter().map(|id| id.trim()).collect();
    let only: Vec<&str> = only.into_iter().filter(|id| !id.is_empty()).collect();
    let named: Vec<&str> = options.channels.iter().map(String::as_str).collect();
    for &id in named.iter().chain(&only) {
        check(plan, id)?;
    }
    let is_in = |list: &[&str], id: &str| list.is_empty() || list.contains(&id);
    let is_chosen =
        |channel: &&PlannedChannel| is_in(&named, channel.id) && is_in(&only, channel.id);
    Ok(plan.channels.iter().filter(is_chosen).collect())
}

/// Refuses a channel that was asked for by name and cannot be published to.
fn check(plan: &Plan, id: &str) -> Result<()> {
    let reason = match plan.channels.iter().find(|channel| channel.id == id) {
        None => {
            let known: Vec<&str> = plan.channels.iter().map(|channel| channel.id).collect();
            nearest::unknown("channel", id, &known)
        }
        Some(PlannedChannel { state: plan::State::PolicyBlocked, note, .. }) => {
            format!("`{id}` cannot be published: {note}")
        }
        Some(_) => return Ok(()),
    };
    Err(Error::Channel { reason })
}

/// Publishes to a channel, and writes down how that ended.
///
/// Whatever goes wrong is its own failure and stops no other, but for the release itself: without
/// it no other can go on.
fn publish(
    channel: &dyn Channel,
    plan: &Plan,
    root: &Path,
    is_dry: bool,
    surroundings: Surroundings<'_>,
) -> Result<Settled> {
    let Facts { id, wave, .. } = *channel.facts();
    let own = |settled: Result<Settled>| match settled {
        Err(error) if wave != Wave::Release => {
            let what = format!("{id}: {error}");
            Ok(Settled::stopped(Obstacle { sort: Sort::Refused, what, advice: Vec::new() }))
        }
        settled => settled,
    };
    let journal = Journal::new(&root.join(DIST), surroundings.clock, &plan.tag);
    let run = Run { journal: &journal, surroundings, is_dry };
    let settled = own(settle(channel, plan, root, &run))?;
    own(conclude(&settled, id, &run).map(|()| settled))
}

/// The release itself is what is packed here; every other channel is for what is published.
fn settle(channel: &dyn Channel, plan: &Plan, root: &Path, run: &Run<'_>) -> Result<Settled> {
    let Facts { id, wave, .. } = *channel.facts();
    let is_release = wave == Wave::Release;
    let open = if is_release { Office::packed } else { Office::open };
    let office = open(root, plan, run.surroundings)?;
    let files = office.render(channel)?;
    let desk = office.desk(channel, &files);
    if !is_release && !office.is_published && !run.is_dry {
        let what = format!("{} is not published on GitHub, and its files are there", plan.tag);
        let advice = "publish it first: cargo ship publish github";
        return Ok(Settled::stopped(desk.refused(what, &[advice])));
    }
    let settled = settle::settle(channel, &desk, run)?;
    if !run.is_dry && matches!(settled.state, State::Live | State::InReview) {
        write_receipt(&root.join(DIST), plan, id, &settled)?;
    }
    Ok(settled)
}

/// Writes down in which state a run left a channel.
fn conclude(settled: &Settled, id: &str, Run { journal, is_dry, .. }: &Run<'_>) -> Result<()> {
    if *is_dry {
        return Ok(());
    }
    let last = journal.last_state(id).unwrap_or_default();
    if settled.state == State::Live && settled.actions == 0 && last.starts_with("verif") {
        // Nothing was done, so what was found of it still holds.
        return Ok(());
    }
    let is_conflict = settled.obstacle.as_ref().is_some_and(|o| o.sort == Sort::Conflict);
    if is_conflict && last.starts_with("rolled_back") {
        // It was left as it was, on purpose.
        return Ok(());
    }
    let state = serde_json::to_value(settled.state).expect("a state is a word");
    let state = state.as_str().unwrap_or_default();
    let text = if settled.note.is_empty() {
        state.to_owned()
    } else {
        format!("{state}: {}", settled.note)
    };
    journal.add(id, STATE, &text)
}

/// Writes what a channel was found to hold.
fn write_receipt(dist: &Path, plan: &Plan, id: &str, settled: &Settled) -> Result<()> {
    let receipt = json!({
        "format": 1,
        "channel": id,
        "tag": plan.tag,
        "version": plan.version,
        "state": settled.state,
        "found": settled.receipt,
    });
    let text = format!("{receipt:#}\n");
    let path = dist.join(RECEIPTS).join(format!("{id}.json"));
    file::write_whole(&path, text.as_bytes()).map(|_| ())
}

fn output(reports: &[Report<'_>], surroundings: Surroundings<'_>) -> Output {
    let mut output = Output::default();
    let width = reports.iter().map(|report| report.channel.title.chars().count()).max();
    for Report { channel, settled } in reports {
        let title = format!("{:1$}", channel.title, width.unwrap_or(0));
        let line = match settled {
            None => passed_over(channel),
            Some(settled) => line(settled),
        };
        let _ = writeln!(output.answer, "{title}  {line}");
        if let Some(obstacle) = settled.as_ref().and_then(|settled| settled.obstacle.as_ref()) {
            let code = if channel.is_required { 1 } else { DEGRADED };
            output.code = if output.code == 1 { 1 } else { code };
            output.notice += &complaint(obstacle);
            let what = (channel.title, obstacle.what.as_str());
            output.notice += &annotation(surroundings, channel.is_required, what);
        }
    }
    output
}

fn passed_over(channel: &PlannedChannel) -> String {
    match channel.note.as_str() {
        "" => channel.state.phrase().to_owned(),
        note => format!("{}: {note}", channel.state.phrase()),
    }
}

fn line(settled: &Settled) -> String {
    let Settled { state, note, url, actions, would_do, obstacle, .. } = settled;
    if let Some(obstacle) = obstacle {
        return match (obstacle.sort, state) {
            (Sort::Conflict, _) => "conflict, nothing was changed".to_owned(),
            (_, state) => state.phrase().to_owned(),
        };
    }
    if !would_do.is_empty() {
        let lines: Vec<String> = would_do.iter().map(|action| format!("\n  {action}")).collect();
        return format!("would do, in this order:{}", lines.concat());
    }
    let ended = match actions {
        0 if matches!(state, State::Live | State::InReview) => ", nothing to do",
        0 => "",
        1 => " after 1 action",
        _ => &format!(" after {actions} actions"),
    };
    let place = [note, url].into_iter().filter(|text| !text.is_empty());
    let place: Vec<&str> = place.map(String::as_str).collect();
    let colon = if place.is_empty() { "" } else { ": " };
    format!("{}{ended}{colon}{}", state.phrase(), place.join(", "))
}
