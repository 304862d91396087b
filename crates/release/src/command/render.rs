//! `cargo ship render`: the files of the channels, made and put where they can be looked at.

use std::fmt::Write as _;

use clap::Args;

use crate::channel;
use crate::command::Output;
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::error::{Error, Result};
use crate::nearest;
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship render`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The channels to render for; by default all.
    #[arg(value_name = "CHANNEL")]
    channels: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps a file from being made.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let ids: Vec<&str> = channel::facts().iter().map(|facts| facts.id).collect();
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
        for file in office.render(found)? {
            let _ = writeln!(output.answer, "{DIST}/channels/{id}/{}", file.path);
        }
    }
    Ok(output)
}
