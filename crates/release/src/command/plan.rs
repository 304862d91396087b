//! `cargo ship plan`.

use std::path::Path;

use clap::Args;

use crate::command::Output;
use crate::command::office;
use crate::command::project::{self, DIST};
use crate::error::Result;
use crate::file;
use crate::plan::Plan;
use crate::surroundings::Surroundings;
use crate::workflow;

/// The arguments of `cargo ship plan`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to release; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Print the lines of a workflow's outputs instead: what is to be built, and whether the tag
    /// that is named is published already, for which the network is asked.
    #[arg(long, conflicts_with = "json")]
    outputs: bool,
    /// Write the JSON to dist/plan.json too.
    #[arg(long)]
    write: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever makes the release impossible.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let answer = match (options.json, options.outputs) {
        (true, _) => plan.json(),
        // Without a tag the tree is tried, whatever is published under its version.
        (false, true) => {
            let is_named = options.tag.as_deref().is_some_and(|tag| !tag.is_empty());
            let is_published = is_named && office::is_published(&plan, surroundings)?;
            workflow::outputs(&plan, is_published)
        }
        (false, false) => plan.table(),
    };
    let notice = if options.write { write(&plan, &root)? } else { String::new() };
    Ok(Output { answer, notice, code: 0 })
}

fn write(plan: &Plan, root: &Path) -> Result<String> {
    let path = root.join(DIST).join("plan.json");
    let is_new = file::write_whole(&path, plan.json().as_bytes())?;
    Ok(if is_new {
        format!("wrote {DIST}/plan.json\n")
    } else {
        format!("{DIST}/plan.json is up to date\n")
    })
}
