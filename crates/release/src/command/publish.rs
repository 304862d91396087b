//! `cargo ship publish`.
//!
//! Channels are published in the order of the plan. What is printed in the end is one line for
//! each channel that was asked for, whether or not something was done: a channel that is passed
//! over says why, so that nothing that did not happen looks like success.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use crate::changelog;
use crate::command::Output;
use crate::command::access;
use crate::command::project::{self, DIST};
use crate::error::{Error, Result};
use crate::file;
use crate::github::client::Client;
use crate::nearest;
use crate::pack;
use crate::plan::{Plan, PlannedChannel, State};
use crate::publish::github::{GitHub, Goal};
use crate::publish::journal::Journal;
use crate::publish::{self, Obstacle, Outcome, Sort, Standing};
use crate::surroundings::Surroundings;

/// The exit code if only channels failed that may.
const DEGRADED: u8 = 10;

/// The folder, below [`DIST`], that holds what channels were found to hold.
const RECEIPTS: &str = "receipts";

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
}

/// One channel and what happened to it; nothing, if it was passed over.
struct Report<'a> {
    channel: &'a PlannedChannel,
    outcome: Option<Outcome>,
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
        let outcome = match (channel.state, channel.id) {
            (State::Planned, "github") => {
                Some(github(&plan, &root, options.dry_run, surroundings)?)
            }
            _ => None,
        };
        reports.push(Report { channel, outcome });
    }
    if reports.is_empty() {
        let answer = "nothing was asked for here: --only names other channels\n".to_owned();
        return Ok(Output { answer, ..Output::default() });
    }
    Ok(output(&reports))
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
        Some(PlannedChannel { state: State::NotImplemented, .. }) => {
            format!("`{id}` cannot be published yet: it is not implemented")
        }
        Some(PlannedChannel { state: State::PolicyBlocked, note, .. }) => {
            format!("`{id}` cannot be published: {note}")
        }
        Some(_) => return Ok(()),
    };
    Err(Error::Channel { reason })
}

fn github(
    plan: &Plan,
    root: &Path,
    is_dry: bool,
    surroundings: Surroundings<'_>,
) -> Result<Outcome> {
    let dist = root.join(DIST);
    let access = access::read(root, plan, surroundings)?;
    let changelog_path = root.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&changelog_path).map_err(Error::at(&changelog_path))?;
    let notes = changelog::notes(&changelog).map_err(|reason| Error::Surroundings {
        what: format!("CHANGELOG.md, {reason}"),
        next: "the release takes its notes from there".to_owned(),
    })?;
    let goal = Goal::read(plan, &root.join(pack::FOLDER), &notes)?;
    let mut publisher = GitHub::new(Client::new(surroundings, access), goal);
    if is_dry {
        return Ok(publish::rehearse(&mut publisher));
    }
    let journal = Journal::new(&dist, surroundings.clock, &plan.tag);
    let outcome = publish::run(&mut publisher, &journal, surroundings)?;
    if let Outcome::InPlace { standing, receipt, .. } = &outcome {
        write_receipt(&dist, plan, "github", *standing, receipt)?;
    }
    Ok(outcome)
}

/// Writes what a channel was found to hold.
fn write_receipt(
    dist: &Path,
    plan: &Plan,
    id: &str,
    standing: Standing,
    found: &Value,
) -> Result<()> {
    let receipt = json!({
        "format": 1,
        "channel": id,
        "tag": plan.tag,
        "version": plan.version,
        "standing": standing,
        "found": found,
    });
    let text = format!("{receipt:#}\n");
    let path = dist.join(RECEIPTS).join(format!("{id}.json"));
    file::write_whole(&path, text.as_bytes()).map(|_| ())
}

fn output(reports: &[Report<'_>]) -> Output {
    let mut output = Output::default();
    let width = reports.iter().map(|report| report.channel.title.chars().count()).max();
    for Report { channel, outcome } in reports {
        let title = format!("{:1$}", channel.title, width.unwrap_or(0));
        let state = match outcome {
            None => state(channel),
            Some(Outcome::InPlace { standing, receipt, actions }) => {
                in_place(*standing, receipt, *actions)
            }
            Some(Outcome::WouldDo(actions)) => would_do(actions),
            Some(Outcome::Stopped(obstacle)) => {
                let code = if channel.is_required { 1 } else { DEGRADED };
                output.code = if output.code == 1 { 1 } else { code };
                output.notice += &complaint(obstacle);
                match obstacle.sort {
                    Sort::Conflict => "conflict, nothing was changed".to_owned(),
                    Sort::Passing | Sort::Refused => "failed".to_owned(),
                }
            }
        };
        let _ = writeln!(output.answer, "{title}  {state}");
    }
    output
}

fn state(channel: &PlannedChannel) -> String {
    match channel.note.as_str() {
        "" => channel.state.phrase().to_owned(),
        note => format!("{}: {note}", channel.state.phrase()),
    }
}

fn in_place(standing: Standing, receipt: &Value, actions: usize) -> String {
    let standing = match standing {
        Standing::Live => "live",
        Standing::InReview => "in review",
        Standing::Partial => "partial",
        Standing::Absent => "absent",
    };
    let url = receipt.get("url").and_then(Value::as_str).unwrap_or_default();
    match actions {
        0 => format!("{standing}, nothing to do: {url}"),
        1 => format!("{standing} after 1 action: {url}"),
        _ => format!("{standing} after {actions} actions: {url}"),
    }
}

fn would_do(actions: &[String]) -> String {
    if actions.is_empty() {
        return "nothing to do".to_owned();
    }
    let lines: Vec<String> = actions.iter().map(|action| format!("\n  {action}")).collect();
    format!("would do, in this order:{}", lines.concat())
}

fn complaint(obstacle: &Obstacle) -> String {
    let advice: Vec<String> = obstacle.advice.iter().map(|line| format!("  {line}\n")).collect();
    format!("error: {}\n{}", obstacle.what, advice.concat())
}
