//! The command line of `cargo ship`: arguments in, text and an exit code out.
//!
//! A command is a function from values to an [`Output`]; only `main` touches the process. Exit
//! code 0 means done, 1 refused or failed (the notice says why), 2 that the arguments make no
//! sense, 10 that a channel which may fail did.

mod project;
mod kept;
mod office;
mod plan;
mod latest;
mod build;
mod pack;
mod carry;
mod render;
mod publish;
mod metrics;
mod gather;
mod status;
mod verify;
mod rollback;
mod bootstrap;
mod rehearse;
mod doctor;

use std::ffi::OsString;
use std::path::Path;

use clap::{Parser, Subcommand};

use crate::error::Result;
use crate::plan::Plan;
use crate::publish::Obstacle;
use crate::surroundings::Surroundings;

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
    Plan(plan::Options),
    /// Print the tag of the newest published release, as a line of a workflow's outputs.
    Latest(latest::Options),
    /// Build the binaries of the plan and check each in every way that this machine has.
    ///
    /// The plan is checked before anything is built. Each binary is put below dist/build with a
    /// record of what was checked how; dist/build.json holds all records.
    Build(build::Options),
    /// Pack archives, packages, installers, checksums and the manifest from the binaries.
    ///
    /// Puts the files of the release below dist/release, all or none. They depend on the binaries,
    /// the tree and the commit alone: packed twice, they are equal. With `MINISIGN_SECRET_KEY`
    /// set the checksums are signed.
    Pack(pack::Options),
    /// Pack one binary for a registry of a language, with the client that stands beside it.
    ///
    /// For a trial: `--binary` may be any binary of the workspace's version. The package depends
    /// on the binary, the tree and the commit alone; its path is printed.
    Carry(carry::Options),
    /// Make the files of the channels, below dist/channels, and publish nothing.
    ///
    /// They follow from the plan and from the manifest of what was packed or published.
    Render(render::Options),
    /// Put a packed release into its channels, as far as it is not there yet.
    ///
    /// Looks at each channel, does what is missing, and looks again. The same command resumes a
    /// run that broke off, and changes nothing where everything is in place. What is published
    /// and different is never touched.
    Publish(publish::Options),
    /// Put together what other jobs and earlier runs of the workflow wrote down about the release.
    ///
    /// Takes the journals, receipts and counts anywhere below dist/evidence; with `--earlier` also
    /// those that the workflow's runs keep at the host. Each line counts once, however often it
    /// is found.
    Gather(gather::Options),
    /// Say where the release stands in every channel, by what is seen there now.
    ///
    /// Writes dist/deployment-status.json, .md and .html too, and the summary of a workflow's
    /// run. Exit code 0 is fine, 10 that a channel which may fail did, 1 that a required one did.
    Status(status::Options),
    /// Get the release back from the channels in which it is live, run it, and ask it a question.
    Verify(verify::Options),
    /// Count how often the release was fetched, where a channel tells; adds to dist/metrics.csv.
    Metrics(metrics::Options),
    /// Take a bad release back in a channel, or say who can, or what to do instead.
    Rollback(rollback::Options),
    /// Print what a person does once for each channel, and what is seen of it.
    Bootstrap(bootstrap::Options),
    /// Go through the whole release on this machine, with everything that can go wrong.
    ///
    /// Publishes to services of its own, installs back, reports, takes back, and lets everything
    /// happen to each channel that can. Needs no credential and reaches nobody. Writes
    /// dist/rehearsal, with deployment-status.md. Exit code 1 if anything is not as it has to be.
    Rehearse(rehearse::Options),
    /// Say what this repository lacks for a release, each with the next step.
    ///
    /// Reads the project and its workflows; with a token in `GITHUB_TOKEN` it looks at the
    /// repository too: tag, release, secrets, default rights, environments. Changes nothing.
    Doctor(doctor::Options),
}

/// The exit code if only channels failed that may.
const DEGRADED: u8 = 10;

/// What stands in the way, as a person reads it.
fn complaint(obstacle: &Obstacle) -> String {
    let advice: Vec<String> = obstacle.advice.iter().map(|line| format!("  {line}\n")).collect();
    format!("error: {}\n{}", obstacle.what, advice.concat())
}

/// Whether only channels failed that may, and a run of a workflow is not to fail for it.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Leniency {
    /// Exit with 0 rather than 10 if only channels failed that may; they are shown all the same.
    #[arg(long)]
    allow_degraded: bool,
}

impl Leniency {
    fn judge(self, output: Output) -> Output {
        let is_allowed = self.allow_degraded && output.code == DEGRADED;
        Output { code: if is_allowed { 0 } else { output.code }, ..output }
    }
}

/// The line with which a run of a workflow shows a failure on its page; elsewhere nothing.
///
/// # Source
///
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
fn annotation(
    surroundings: Surroundings<'_>,
    is_required: bool,
    (title, what): (&str, &str),
) -> String {
    if !surroundings.is_workflow() {
        return String::new();
    }
    let level = if is_required { "error" } else { "warning" };
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}\n", escaped(what))
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

/// Runs one command line, its first word being the program's own name.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: Surroundings<'_>,
) -> Output {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    obey(&arguments.command, surroundings).unwrap_or_else(|error| Output {
        notice: format!("error: {error}\n"),
        code: 1,
        ..Output::default()
    })
}

/// Returns the plan of the project in a folder, by the version that it states.
///
/// # Errors
///
/// Whatever makes the release impossible.
pub fn plan_of(root: &Path) -> Result<Plan> {
    project::read_plan(root, None)
}

fn obey(command: &Command, surroundings: Surroundings<'_>) -> Result<Output> {
    match command {
        Command::Plan(options) => plan::run(options, surroundings),
        Command::Latest(options) => latest::run(options, surroundings),
        Command::Build(options) => build::run(options, surroundings.environment),
        Command::Pack(options) => pack::run(options, surroundings.environment),
        Command::Carry(options) => carry::run(options, surroundings.environment),
        Command::Render(options) => render::run(options, surroundings),
        Command::Publish(options) => publish::run(options, surroundings),
        Command::Gather(options) => gather::run(options, surroundings),
        Command::Status(options) => status::run(options, surroundings),
        Command::Verify(options) => verify::run(options, surroundings),
        Command::Metrics(options) => metrics::run(options, surroundings),
        Command::Rollback(options) => rollback::run(options, surroundings),
        Command::Bootstrap(options) => bootstrap::run(options, surroundings),
        Command::Rehearse(options) => rehearse::run(options, surroundings),
        Command::Doctor(options) => doctor::run(options, surroundings),
    }
}

fn usage(error: &clap::Error) -> Output {
    let text = error.to_string();
    if error.use_stderr() {
        Output { notice: text, code: 2, ..Output::default() }
    } else {
        Output { answer: text, ..Output::default() }
    }
}
