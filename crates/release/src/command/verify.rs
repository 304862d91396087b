//! `cargo ship verify`: the release is got back from each channel, and has to run.

use std::fmt::Write as _;

use clap::Args;

use crate::channel::settle::{self, State};
use crate::channel::{self, Channel, Unproven};
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::command::{Leniency, Output, annotation};
use crate::error::{Error, Result};
use crate::nearest;
use crate::plan;
use crate::publish::journal::{Journal, STATE, VERIFY_FAILED};
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship verify`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The channels; by default all in which the release is live.
    #[arg(value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Only those that were not verified before.
    #[arg(long)]
    pending: bool,
    #[command(flatten)]
    leniency: Leniency,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps the release from being known; what a channel gives is in the output.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let ids: Vec<&str> = plan.channels.iter().map(|planned| planned.id).collect();
    if let Some(unknown) = options.channels.iter().find(|id| !ids.contains(&id.as_str())) {
        return Err(Error::Channel { reason: nearest::unknown("channel", unknown, &ids) });
    }
    let office = Office::open(&root, &plan, surroundings)?;
    let journal = Journal::new(&root.join(DIST), surroundings.clock, &plan.tag);
    let mut output = Output::default();
    for planned in plan.channels.iter().filter(|each| each.state == plan::State::Planned) {
        let is_asked = options.channels.iter().any(|id| id == planned.id);
        if !options.channels.is_empty() && !is_asked {
            continue;
        }
        let Some(found) = channel::find(planned.id) else { continue };
        let last = journal.last_state(planned.id).unwrap_or_default();
        if options.pending && last.starts_with("verified") {
            continue;
        }
        surroundings.environment.say(&format!("verify {}", planned.title));
        let (line, is_wrong) = verify(found, &office, &journal)?;
        let _ = writeln!(output.answer, "{:19}  {line}", planned.title);
        if is_wrong {
            let what = (planned.title, line.as_str());
            output.notice += &annotation(surroundings, planned.is_required, what);
            let code = if planned.is_required { 1 } else { super::DEGRADED };
            output.code = if output.code == 1 { 1 } else { code };
        }
    }
    Ok(options.leniency.judge(output))
}

/// What became of one channel, and whether that is a failure.
fn verify(
    channel: &dyn Channel,
    office: &Office<'_>,
    journal: &Journal<'_>,
) -> Result<(String, bool)> {
    let id = channel.facts().id;
    let files = match office.render(channel) {
        Ok(files) => files,
        Err(error) => return Ok((format!("failed: {error}"), true)),
    };
    let desk = office.desk(channel, &files);
    let settled = settle::look(channel, &desk);
    if settled.state != State::Live {
        let is_failed = matches!(settled.state, State::Failed | State::BlockedUpstream);
        return Ok((format!("not live ({}) {}", settled.state.phrase(), settled.note), is_failed));
    }
    Ok(match channel.verify(&desk) {
        Ok(proof) => {
            journal.add(id, STATE, &format!("verified: {proof}"))?;
            (format!("verified: {proof}"), false)
        }
        Err(Unproven::Wrong(fault)) => {
            journal.add(id, STATE, &format!("{VERIFY_FAILED}: {fault}"))?;
            (format!("failed: {fault}"), true)
        }
        Err(Unproven::Unreachable(obstacle)) => (format!("not to be had: {}", obstacle.what), true),
        Err(Unproven::NotHere(why)) => (format!("live, not run here: {why}"), false),
    })
}
