//! `cargo ship latest`: the newest published release, for a run that looks at what users get.
//!
//! The tree may be ahead of it. The host says which release it shows first; without any the tag
//! is empty, and there is nothing to look at.

use clap::Args;

use crate::command::Output;
use crate::command::project;
use crate::error::{Error, Result};
use crate::github::access;
use crate::github::client::Client;
use crate::github::release;
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship latest`.
#[derive(Debug, Args)]
pub struct Options {}

/// Runs the command.
///
/// # Errors
///
/// [`Error::Surroundings`] if the host does not say.
pub fn run(_options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, None)?;
    let access = access::read(&root, &plan.repository_url, surroundings)?;
    let client = Client::new(surroundings, access);
    let latest = release::latest(&client).map_err(|refusal| Error::Surroundings {
        what: refusal.line(),
        next: "try again later".to_owned(),
    })?;
    let tag = latest.map(|release| release.tag_name).unwrap_or_default();
    Ok(Output { answer: format!("tag={tag}\n"), ..Output::default() })
}
