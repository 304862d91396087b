//! `cargo ship rollback`: a bad release taken back, as far as a channel lets it be.
//!
//! Without `--yes` it only says what can be done. What a program cannot do is printed as steps for
//! a person; what nobody can do is said with what to do instead.

use std::fmt::Write as _;

use clap::Args;

use crate::channel::{self, Rollback};
use crate::command::Output;
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::error::{Error, Result};
use crate::nearest;
use crate::publish::journal::{Journal, STATE};
use crate::surroundings::Surroundings;
use crate::tag::Tag;

/// The arguments of `cargo ship rollback`.
#[derive(Debug, Args)]
pub struct Options {
    /// The channel, or `all`.
    #[arg(value_name = "CHANNEL")]
    channel: String,
    /// The version that users are to get again.
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// The tag of the bad release; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Do what can be done, rather than saying it.
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
///
/// # Errors
///
/// A version or a channel that makes no sense; what a channel answers is in the output.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let to = Tag::parse(&format!("v{}", options.to.trim_start_matches('v')))?;
    let bad = Tag::parse(&plan.tag)?;
    if bad.version() <= to.version() {
        let reason = format!("{} is not older than {}", to.version(), bad.version());
        return Err(Error::Tag { tag: to.to_string(), reason });
    }
    let ids: Vec<&str> = channel::facts().iter().map(|facts| facts.id).collect();
    if options.channel != "all" && !ids.contains(&options.channel.as_str()) {
        return Err(Error::Channel { reason: nearest::unknown("channel", &options.channel, &ids) });
    }
    let office = Office::open(&root, &plan, surroundings)?;
    let journal = Journal::new(&root.join(DIST), surroundings.clock, &plan.tag);
    let version = to.version().to_string();
    let mut output = Output::default();
    for id in ids.into_iter().filter(|id| options.channel == "all" || options.channel == *id) {
        let Some(found) = channel::find(id) else { continue };
        let title = found.facts().title;
        let mut rollback = found.rollback(&office.release, &version);
        if let Rollback::Manual { url, .. } = &mut rollback {
            match found.rollback_page(&office.desk(found, &[])) {
                Ok(page) => *url = page.unwrap_or_else(|| url.clone()),
                // What can be done is said all the same.
                Err(obstacle) => output.notice += &super::complaint(&obstacle),
            }
        }
        let _ = writeln!(output.answer, "{title}: {}", told(&rollback));
        match rollback {
            Rollback::Automatic(_) if options.yes => {
                let files = office.render(found)?;
                match found.roll_back(&office.desk(found, &files), &version) {
                    Ok(done) => {
                        let _ = writeln!(output.answer, "  done: {done}");
                        journal.add(id, STATE, &format!("rolled_back: to {version}, {done}"))?;
                    }
                    Err(obstacle) => {
                        output.notice += &super::complaint(&obstacle);
                        output.code = 1;
                    }
                }
            }
            Rollback::Automatic(_) => output.answer += "  to do it: add --yes\n",
            Rollback::Manual { .. } => {}
            Rollback::Impossible { .. } if options.channel == "all" => {}
            Rollback::Impossible { .. } => output.code = 1,
        }
    }
    Ok(output)
}

fn told(rollback: &Rollback) -> String {
    let list =
        |steps: &[String]| steps.iter().fold(String::new(), |text, step| text + "\n  - " + step);
    match rollback {
        Rollback::Automatic(steps) => format!("can be done{}", list(steps)),
        Rollback::Manual { url, steps } => format!("by hand, at {url}{}", list(steps)),
        Rollback::Impossible { why, instead } => {
            format!("cannot be taken back: {why}\n  - instead: {instead}")
        }
    }
}
