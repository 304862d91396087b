//! `cargo ship bootstrap`: what a person does once for each channel, and whether it was done.

use std::fmt::Write as _;

use clap::Args;

use crate::channel;
use crate::channel::settle::{self, State};
use crate::command::Output;
use crate::command::office::Office;
use crate::command::project;
use crate::error::{Error, Result};
use crate::nearest;
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship bootstrap`.
#[derive(Debug, Args)]
pub struct Options {
    /// The channels; by default all.
    #[arg(value_name = "CHANNEL")]
    channels: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps the release from being known.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, None)?;
    let ids: Vec<&str> = plan.channels.iter().map(|planned| planned.id).collect();
    if let Some(unknown) = options.channels.iter().find(|id| !ids.contains(&id.as_str())) {
        return Err(Error::Channel { reason: nearest::unknown("channel", unknown, &ids) });
    }
    let office = Office::open(&root, &plan, surroundings)?;
    let mut output = Output::default();
    for id in ids {
        if !options.channels.is_empty() && options.channels.iter().all(|asked| asked != id) {
            continue;
        }
        let Some(found) = channel::find(id) else { continue };
        let files = office.render(found)?;
        let desk = office.desk(found, &files);
        let facts = found.facts();
        let _ = writeln!(output.answer, "{}: {}", facts.title, facts.credential.phrase());
        let state = match facts.policy {
            Some(policy) => format!("blocked by policy: {}", policy.reason),
            None => match found.missing(&desk) {
                Some(missing) => format!("{missing} is not given here"),
                None => {
                    let settled = settle::look(found, &desk);
                    match settled.state {
                        State::Failed | State::BlockedUpstream => settled.note,
                        _ => "what it needs is given, and the channel can be seen".to_owned(),
                    }
                }
            },
        };
        let _ = writeln!(output.answer, "  now: {state}");
        for chore in found.chores(&office.release) {
            let _ = writeln!(output.answer, "  - {} ({})", chore.step, chore.url);
        }
        let _ = writeln!(output.answer, "  then: cargo ship publish {id} --dry-run");
    }
    Ok(output)
}
