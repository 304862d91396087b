//! `cargo ship build`: the binaries of the plan, each checked in every way that this machine has.

use clap::Args;

use crate::build::{self, Order};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::nearest;
use crate::source::Source;
use crate::target::{self, TARGETS, Target};

use super::Output;
use super::project::{find_root, read_plan};

/// The arguments of `build`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to release; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// What to build, as linux-amd64 or as the compiler calls it; may be repeated.
    #[arg(long = "target", value_name = "PLATFORM", required_unless_present = "all")]
    targets: Vec<String>,
    /// Build all six platforms.
    #[arg(long, conflicts_with = "targets")]
    all: bool,
}

/// Checks the plan, then builds.
pub fn run(options: &Options, environment: &Environment<'_>) -> Result<Output> {
    let root = find_root(&environment.directory)?;
    let plan = read_plan(&root, options.tag.as_deref())?;
    let targets = if options.all { TARGETS.iter().collect() } else { named(&options.targets)? };
    let source = Source::read(&root, environment)?;
    let order = Order { root: &root, plan: &plan, source: &source };
    let records = build::build(&order, &targets, environment)?;
    let lines = records.iter().map(|record| {
        let selftest = record.selftest.as_deref().unwrap_or("no self test");
        format!(
            "{:15} {:>11} bytes  {}  {}; {}; {}\n",
            record.platform,
            record.size,
            record.version,
            record.format,
            record.tried.phrase(),
            selftest
        )
    });
    let notice = if source.is_clean() {
        String::new()
    } else {
        "warning: the tree is not that of a commit, so this cannot be packed for a release\n"
            .to_owned()
    };
    Ok(Output { answer: lines.collect(), notice, code: 0 })
}

/// Returns the targets with these names, in the order of the plan, each once.
///
/// # Errors
///
/// [`Error::Platform`] for a name that is none of them.
pub fn named(names: &[String]) -> Result<Vec<&'static Target>> {
    for name in names {
        if target::find(name).is_none() {
            let platforms = TARGETS.map(|target| target.platform());
            let known: Vec<&str> = platforms.iter().map(String::as_str).collect();
            return Err(Error::Platform { reason: nearest::unknown("platform", name, &known) });
        }
    }
    let is_named = |target: &&Target| {
        names.iter().any(|name| *name == target.triple || *name == target.platform())
    };
    Ok(TARGETS.iter().filter(is_named).collect())
}
