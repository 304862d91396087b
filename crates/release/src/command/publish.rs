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
use crate::command::project::{self, DIST};
use crate::error::{Error, Result};
use crate::file;
use crate::github::address::Address;
use crate::github::client::{Access, Client};
use crate::github::refusal::Origin;
use crate::http::Token;
use crate::nearest;
use crate::plan::{Plan, PlannedChannel, State};
use crate::publish::github::{GitHub, Goal};
use crate::publish::journal::Journal;
use crate::publish::{self, Obstacle, Outcome, Sort, Standing};
use crate::surroundings::Surroundings;

/// The exit code if only channels failed that may.
const DEGRADED: u8 = 10;

/// The environment variables that may hold the token, the first that is set wins.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// The folder, below [`DIST`], that holds the packed files and nothing else.
const FILES: &str = "release";

/// The folder, below [`DIST`], that holds what channels were found to hold.
const RECEIPTS: &str = "receipts";

/// The arguments of `cargo ship publish`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to publish; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only these channels, separated by commas; by default, or if empty, all of the plan.
    #[arg(long, value_name = "CHANNELS", value_delimiter = ',')]
    only: Vec<String>,
    /// Look, and say what would be done; change nothing.
    #[arg(long)]
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
pub fn run(options: &Options, surroundings: &Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(surroundings.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let mut reports = Vec::new();
    for channel in chosen(&plan, &options.only)? {
        let outcome = match (channel.state, channel.id) {
            (State::Planned, "github") => {
                Some(github(&plan, &root, options.dry_run, surroundings)?)
            }
            _ => None,
        };
        reports.push(Report { channel, outcome });
    }
    Ok(output(&reports))
}

/// The channels that were asked for, in the order of the plan.
fn chosen<'p>(plan: &'p Plan, only: &[String]) -> Result<Vec<&'p PlannedChannel>> {
    let only: Vec<&str> = only.iter().map(|id| id.trim()).filter(|id| !id.is_empty()).collect();
    for &id in &only {
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
            Some(_) => continue,
        };
        return Err(Error::Channel { reason });
    }
    let is_chosen = |channel: &&PlannedChannel| only.is_empty() || only.contains(&channel.id);
    Ok(plan.channels.iter().filter(is_chosen).collect())
}

fn github(
    plan: &Plan,
    root: &Path,
    is_dry: bool,
    surroundings: &Surroundings<'_>,
) -> Result<Outcome> {
    let dist = root.join(DIST);
    let access = access(plan, surroundings)?;
    let changelog_path = root.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&changelog_path).map_err(Error::at(&changelog_path))?;
    let notes = changelog::notes(&changelog).map_err(|reason| Error::Surroundings {
        what: format!("CHANGELOG.md, {reason}"),
        next: "the release takes its notes from there".to_owned(),
    })?;
    let goal = Goal::read(plan, &dist.join(FILES), &notes)?;
    let means = surroundings.means;
    let mut publisher = GitHub::new(Client::new(means, access), goal);
    if is_dry {
        return Ok(publish::rehearse(&mut publisher));
    }
    let journal = Journal::new(&dist, means.clock, &plan.tag);
    let outcome = publish::run(&mut publisher, &journal, means.clock, means.say)?;
    if let Outcome::InPlace { standing, receipt, .. } = &outcome {
        write_receipt(&dist, plan, "github", *standing, receipt)?;
    }
    Ok(outcome)
}

/// Whom GitHub will know us as.
fn access(plan: &Plan, surroundings: &Surroundings<'_>) -> Result<Access> {
    let missing = |what: String, next: &str| Error::Surroundings { what, next: next.to_owned() };
    let repository = format!("{}/{}", plan.owner, plan.repository);
    if let Some(here) = surroundings.text("GITHUB_REPOSITORY")
        && surroundings.is_workflow()
        && !here.eq_ignore_ascii_case(&repository)
    {
        let what = format!("this run is of {here}, and release.toml releases {repository}");
        return Err(missing(what, "in a fork, change `repository` in release.toml"));
    }
    let token = TOKENS.into_iter().find_map(|name| surroundings.text(name)).ok_or_else(|| {
        missing(
            format!("neither {} nor {} is set", TOKENS[0], TOKENS[1]),
            "in a workflow give the step `env: GITHUB_TOKEN: ${{ github.token }}`, elsewhere a \
             token that may write the repository's contents",
        )
    })?;
    let token = Token::new(&token).ok_or_else(|| {
        missing(
            "the token has characters that none has".to_owned(),
            "copy it again, without quotes",
        )
    })?;
    let given = surroundings.text("GITHUB_API_URL");
    let address = Address::new(&plan.repository_url, given.as_deref())
        .map_err(|what| missing(what, "mend GITHUB_API_URL"))?;
    Ok(Access { address, repository, token, origin: origin(surroundings) })
}

/// Who asks, as far as it explains a refusal.
fn origin(surroundings: &Surroundings<'_>) -> Origin {
    let is = |name: &str, value: &str| surroundings.text(name).is_some_and(|said| said == value);
    let read_only = if is("GITHUB_ACTOR", "dependabot[bot]") {
        Some("this run was started by Dependabot".to_owned())
    } else if is("GITHUB_EVENT_NAME", "pull_request") && is_of_fork(surroundings) {
        Some("this run came from a fork's pull request".to_owned())
    } else {
        None
    };
    Origin { is_workflow: surroundings.is_workflow(), read_only }
}

/// Whether the pull request that started this run comes from another repository.
fn is_of_fork(surroundings: &Surroundings<'_>) -> bool {
    let text = surroundings.text("GITHUB_EVENT_PATH").and_then(|p| std::fs::read_to_string(p).ok());
    let event: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    let head = event.as_ref().and_then(|e| e.pointer("/pull_request/head/repo/full_name"));
    let head = head.and_then(Value::as_str);
    head.is_some_and(|head| surroundings.text("GITHUB_REPOSITORY").is_none_or(|r| r != head))
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
