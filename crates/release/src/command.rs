//! The command line of `cargo ship`: arguments in, text and an exit code out.
//!
//! A command is a function from values to an [`Output`]; only `main` touches the process. Exit
//! code 0 means done, 1 refused or failed (the notice says why), 2 that the arguments make no
//! sense.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};
use crate::error::{Error, Result};
use crate::file;
use crate::plan::{self, Plan};
use crate::tag::Tag;
use crate::version::Stated;

/// The folder, below the root, that receives what is made for a release.
const DIST: &str = "dist";

/// One tag becomes a release that cannot lie.
#[derive(Debug, Parser)]
#[command(name = "cargo-ship", bin_name = "cargo ship", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show all that a release will be: targets, files, channels and their order.
    ///
    /// Reads release.toml and every place that states the version; needs no network and changes
    /// nothing. Refuses, with all reasons at once, if the tag, the workspace, the change log or a
    /// client disagree.
    Plan(PlanOptions),
}

#[derive(Debug, Args)]
struct PlanOptions {
    /// The tag to release; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Write the JSON to dist/plan.json too.
    #[arg(long)]
    write: bool,
}

/// What a command has to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// The text for standard output.
    pub answer: String,
    /// The text for standard error.
    pub notice: String,
    /// The exit code.
    pub code: u8,
}

/// Runs one command line, its first word being the program's own name, as if in `directory`.
pub fn run(arguments: impl IntoIterator<Item = OsString>, directory: &Path) -> Output {
    let result = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Command::Plan(options) }) => plan_command(&options, directory),
        Err(error) => return usage(&error),
    };
    result.unwrap_or_else(|error| Output {
        notice: format!("error: {error}\n"),
        code: 1,
        ..Output::default()
    })
}

fn plan_command(options: &PlanOptions, directory: &Path) -> Result<Output> {
    let root = find_root(directory)?;
    let plan = read_plan(&root, options.tag.as_deref())?;
    let answer = if options.json { plan.json() } else { plan.table() };
    let notice = if options.write { write_plan(&plan, &root)? } else { String::new() };
    Ok(Output { answer, notice, code: 0 })
}

/// Reads the tree below `root` and makes its plan.
fn read_plan(root: &Path, tag: Option<&str>) -> Result<Plan> {
    let tag = tag.map(Tag::parse).transpose()?;
    let config = Config::read(root)?;
    let stated = Stated::read(root, &config.name)?;
    let tag = tag.map_or_else(|| stated.default_tag(), Ok)?;
    let entry = stated.agree(&tag)?;
    Ok(plan::make(&config, &tag, &entry.date))
}

fn find_root(directory: &Path) -> Result<PathBuf> {
    let root = directory.ancestors().find(|folder| folder.join(config::FILE_NAME).is_file());
    root.map(Path::to_owned).ok_or_else(|| Error::NoProject { directory: directory.to_owned() })
}

fn write_plan(plan: &Plan, root: &Path) -> Result<String> {
    let path = root.join(DIST).join("plan.json");
    let is_new = file::write_whole(&path, plan.json().as_bytes())?;
    Ok(if is_new {
        format!("wrote {DIST}/plan.json\n")
    } else {
        format!("{DIST}/plan.json is up to date\n")
    })
}

fn usage(error: &clap::Error) -> Output {
    let text = error.to_string();
    if error.use_stderr() {
        Output { notice: text, code: 2, ..Output::default() }
    } else {
        Output { answer: text, ..Output::default() }
    }
}
