//! `cargo ship pack`: the files of a release, from the binaries that were built and checked.

use clap::Args;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::pack::{self, Order};
use crate::source::Source;
use crate::target::TARGETS;

use super::Output;
use super::build::named;
use super::project::{find_root, read_config, read_plan};

/// The arguments of `pack`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to release; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Pack only this platform, as linux-amd64 or as the compiler calls it; may be repeated.
    #[arg(long = "target", value_name = "PLATFORM")]
    targets: Vec<String>,
    /// Pack although files differ from the commit or are not in it; for a trial only.
    #[arg(long)]
    allow_dirty: bool,
}

/// Checks the plan and the binaries, then packs.
pub fn run(options: &Options, environment: &Environment<'_>) -> Result<Output> {
    let root = find_root(&environment.directory)?;
    let plan = read_plan(&root, options.tag.as_deref())?;
    let config = read_config(&root)?;
    let source = Source::read(&root, environment)?;
    if !source.is_clean() && !options.allow_dirty {
        return Err(Error::Dirty { commit: source.commit });
    }
    let targets = if options.targets.is_empty() {
        TARGETS.iter().collect()
    } else {
        named(&options.targets)?
    };
    let order =
        Order { root: &root, config: &config, plan: &plan, source: &source, targets: &targets };
    let manifest = pack::pack(&order, environment)?;
    let lines = manifest.artifacts.iter();
    let lines = lines.map(|entry| format!("{}  {:>9}  {}\n", entry.sha256, entry.size, entry.name));
    let notice = format!("packed {} files in {}\n", manifest.artifacts.len() + 1, pack::FOLDER);
    Ok(Output { answer: lines.collect(), notice, code: 0 })
}
