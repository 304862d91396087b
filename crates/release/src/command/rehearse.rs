//! `cargo ship rehearse`: the whole release on this machine, with everything that can go wrong.
//!
//! One command on a machine without any credential: an older version is published, then this one,
//! to services of this machine by the ordinary clients; a second run has to change nothing; each
//! channel has to give the release back, and it has to run; the report is made; the release is
//! taken back. Then each channel goes through everything that can happen to it
//! ([`crate::rehearse::case`]), in the process.
//!
//! The files are those of `dist/release`, or are made of one binary of this machine. All that is
//! written is below `dist/rehearsal`.
//!
//! The services alone, for the ordinary clients, are `cargo ship rehearse --serve`.
//!
//! A channel is checked by its script `scripts/channels/ID` too: the channel's real tool installs
//! what was published, and runs it. The script's line `# needs: TOOL=PACKAGE …` names its tools; of
//! one that is missing the package that brings it is told, and the channel does not count as
//! verified by it. A line `# not in a rehearsal: …` is the reason why one is not called.

use std::cell::Cell;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use semver::Version;
use serde_json::Value;

use crate::build::strategy::TOOLS;
use crate::build::trial::{Runner, here};
use crate::channel::{self, Rollback};
use crate::command::Output;
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::environment::{Environment, find_program};
use crate::error::{Error, Result};
use crate::http::Network;
use crate::manifest::Manifest;
use crate::nearest;
use crate::pack::archive::Member;
use crate::pack::{self, papers};
use crate::plan::{self, Plan, PlannedChannel};
use crate::process;
use crate::rehearse::case::{self, Proof, Said, Stage};
use crate::rehearse::github::COMMIT;
use crate::rehearse::hand::Ahead;
use crate::rehearse::loopback::Loopback;
use crate::rehearse::server::Server;
use crate::rehearse::tree;
use crate::rehearse::world::World;
use crate::surroundings::Surroundings;
use crate::target::TARGETS;

/// The folder, below [`DIST`], of all that a rehearsal writes.
const FOLDER: &str = "rehearsal";

/// How long the real tool of a channel may take.
const TOOL_LIMIT: Duration = Duration::from_mins(10);

/// What begins the line of a script that names its tools.
const NEEDS: &str = "# needs:";

/// What begins the line of a script that a rehearsal does not call.
const ALONE: &str = "# not in a rehearsal:";

/// The arguments of `cargo ship rehearse`.
#[derive(Debug, Args)]
pub struct Options {
    /// The channels, separated by commas; by default all.
    #[arg(long, value_name = "CHANNEL", value_delimiter = ',')]
    channel: Vec<String>,
    /// Leave out the fault cases.
    #[arg(long)]
    quick: bool,
    /// Make the files of the release from this binary, which has to be one for this machine,
    /// rather than taking those of dist/release.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Only start the services, say how clients find them, and let them go on until they are ended.
    #[arg(long, conflicts_with_all = ["channel", "quick", "binary"])]
    serve: bool,
}

/// How far a channel was verified.
enum Verified {
    /// It gave the release back, and it ran; how.
    Yes(String),
    /// What it gives was compared, and nothing here could run it; how.
    ByForm(String),
    /// Nothing here can tell; why.
    NotHere(String),
    /// It gave something else.
    No(String),
}

impl Verified {
    /// What is known once the channel's real tool has spoken too, which looked by itself.
    fn and(self, tool: Self) -> Self {
        match (self, tool) {
            // A second proof; the first one stands whatever this machine lacks for the second.
            (Self::Yes(own), Self::Yes(tool) | Self::ByForm(tool)) => {
                Self::Yes(format!("{own}; {tool}"))
            }
            (Self::Yes(own), Self::NotHere(why)) => {
                Self::Yes(format!("{own}; not with its tool: {why}"))
            }
            (_, tool) => tool,
        }
    }
}

/// What is known of a channel in the end.
struct Row {
    id: &'static str,
    title: &'static str,
    state: String,
    verified: Verified,
    rollback: String,
    proof: Option<Proof>,
}

/// A rehearsal that goes on.
struct Rehearsal<'a> {
    surroundings: Surroundings<'a>,
    root: &'a Path,
    folder: PathBuf,
    loopback: Loopback,
    clock: Ahead<'a>,
    variables: Vec<(OsString, OsString)>,
    step: Cell<usize>,
    steps: usize,
    is_quick: bool,
    /// What went wrong, as lines.
    faults: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps the rehearsal from beginning; what goes wrong in it is in the output.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    if options.serve {
        return serve(&root, surroundings);
    }
    let plan = project::read_plan(&root, None)?;
    let ids = chosen(&plan, &options.channel)?;
    let folder = root.join(DIST).join(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(Error::at(&folder))?;
    }
    surroundings.environment.say("prepare: files, services, an older and a newer release");
    let project = folder.join("project");
    tree::copy(&root, &project)?;
    link_tools(&root, &project);
    let files = project.join(pack::FOLDER);
    let commit = prepare(&plan, &root, &files, options.binary.as_deref(), surroundings)?;
    let small = Small::make(&root, &plan, &folder)?;
    let mut world = World::default();
    for tag in &small.tags {
        world.github.tags.insert(tag.clone(), COMMIT.to_owned());
    }
    world.github.tags.insert(plan.tag.clone(), commit);
    let loopback = Loopback::start(world, &folder, Box::new(Network::default()))?;
    let variables = loopback.variables(surroundings.environment, options.binary.is_some());
    let is_open = |planned: &&PlannedChannel| planned.state == plan::State::Planned;
    let planned = plan.channels.iter().filter(|planned| ids.contains(&planned.id));
    let open = planned.filter(is_open).count();
    let mut rehearsal = Rehearsal {
        surroundings,
        root: &root,
        folder,
        loopback,
        clock: Ahead::new(surroundings.clock),
        variables,
        step: Cell::new(0),
        // The older version, this one, again, everything that can go wrong; installed back,
        // taken back; the review and the report.
        steps: (if options.quick { 3 } else { 4 }) * open + 2 * ids.len() + 2,
        is_quick: options.quick,
        faults: Vec::new(),
    };
    let rows = rehearsal.play(&ids, &plan, &small)?;
    Ok(rehearsal.output(&rows))
}

/// Lets the services listen, empty, until this program is ended.
fn serve(root: &Path, surroundings: Surroundings<'_>) -> Result<Output> {
    let server = Server::start(World::default()).map_err(Error::at(root))?;
    let variables = server.service().variables();
    for (name, value) in variables {
        surroundings.environment.say(&format!("{name}={value}"));
    }
    loop {
        std::thread::park();
    }
}

/// The channels that were asked for, in order, the release itself always among them.
fn chosen(plan: &Plan, asked: &[String]) -> Result<Vec<&'static str>> {
    let known: Vec<&str> = plan.channels.iter().map(|planned| planned.id).collect();
    if let Some(unknown) = asked.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(Error::Channel { reason: nearest::unknown("channel", unknown, &known) });
    }
    let is_asked = |id: &str| asked.is_empty() || id == "github" || asked.iter().any(|a| a == id);
    let channels = plan.channels.iter().filter(|planned| {
        matches!(planned.state, plan::State::Planned | plan::State::PolicyBlocked)
    });
    Ok(channels.map(|planned| planned.id).filter(|id| is_asked(id)).collect())
}

/// Lets the copy of the project find the tools of this one.
fn link_tools(root: &Path, project: &Path) {
    let (tools, link) = (root.join(TOOLS), project.join(TOOLS));
    let Some(folder) = link.parent().filter(|_| tools.is_dir()) else { return };
    // Without the link a tool of the machine is taken, or none is there: that is said later.
    #[cfg(unix)]
    let _ = std::fs::create_dir_all(folder).and_then(|()| std::os::unix::fs::symlink(tools, link));
    #[cfg(not(unix))]
    let _ = folder;
}

/// Puts the files of the release into a folder: those that are packed, or made of a binary.
///
/// Returns the commit that they were built from.
fn prepare(
    plan: &Plan,
    root: &Path,
    files: &Path,
    binary: Option<&Path>,
    surroundings: Surroundings<'_>,
) -> Result<String> {
    let packed = root.join(pack::FOLDER);
    let Some(binary) = binary else {
        let manifest = Manifest::read(&packed).map_err(|error| Error::Surroundings {
            what: format!("no release is packed here: {error}"),
            next: "run `cargo ship pack`, or name a binary of this machine: --binary PATH".into(),
        })?;
        std::fs::create_dir_all(files).map_err(Error::at(files))?;
        for entry in std::fs::read_dir(&packed).map_err(Error::at(&packed))? {
            let entry = entry.map_err(Error::at(&packed))?;
            let copy = files.join(entry.file_name());
            std::fs::copy(entry.path(), &copy).map_err(Error::at(&copy))?;
        }
        return Ok(manifest.commit);
    };
    let path = surroundings.environment.directory.join(binary);
    let program = std::fs::read(&path).map_err(Error::at(&path))?;
    let (os, arch) = here();
    let own = TARGETS.iter().find(|target| Some(target.os) == os && Some(target.arch) == arch);
    let own = own.ok_or_else(|| Error::Surroundings {
        what: "no release is built for this machine".to_owned(),
        next: "rehearse on Linux".to_owned(),
    })?;
    let scratch = root.join(DIST).join(FOLDER).join("papers");
    std::fs::create_dir_all(&scratch).map_err(Error::at(&scratch))?;
    let runner = Runner::find(own, surroundings.environment, &root.join(TOOLS).join("wine"));
    let mut members = papers::make(&runner, &path, &plan.name, &scratch)?;
    for name in ["README.md", "LICENSE"] {
        let path = root.join(name);
        members.push(Member::paper(name, std::fs::read(&path).map_err(Error::at(&path))?));
    }
    members.push(Member::paper("THIRD-PARTY-NOTICES.txt", "for a rehearsal only\n"));
    tree::pack(plan, files, COMMIT, &program, &members)?;
    Ok(COMMIT.to_owned())
}

/// Small releases of three versions, for what is about versions and faults and not about files.
struct Small {
    older: PathBuf,
    same: PathBuf,
    newer: PathBuf,
    older_version: String,
    tags: Vec<String>,
}

impl Small {
    fn make(root: &Path, plan: &Plan, folder: &Path) -> Result<Self> {
        let ours = Version::parse(&plan.version).expect("a plan has a version");
        let (major, minor, patch) = (ours.major, ours.minor, ours.patch);
        let older = match (major, minor, patch) {
            (_, _, 1..) => Version::new(major, minor, patch - 1),
            (_, 1.., _) => Version::new(major, minor - 1, 0),
            _ => Version::new(major.saturating_sub(1), 0, 0),
        };
        let versions = [older, ours, Version::new(major, minor, patch + 1)];
        let [older, same, newer] = ["older", "same", "newer"].map(|name| folder.join(name));
        for (place, version) in [&older, &same, &newer].into_iter().zip(&versions) {
            tree::copy(root, place)?;
            link_tools(root, place);
            tree::shorten_lock(place, &plan.name)?;
            tree::restate(place, &plan.version, &version.to_string())?;
            let plan = project::read_plan(place, None)?;
            let papers = ["README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt"];
            let papers = papers.map(|name| Member::paper(name, "for a rehearsal only\n"));
            let program = tree::program(&plan.name, &plan.version);
            tree::pack(&plan, &place.join(pack::FOLDER), COMMIT, &program, &papers)?;
        }
        let tags = versions.iter().map(|version| format!("v{version}")).collect();
        Ok(Self { older, same, newer, older_version: versions[0].to_string(), tags })
    }
}

impl Rehearsal<'_> {
    fn play(&mut self, ids: &[&'static str], plan: &Plan, small: &Small) -> Result<Vec<Row>> {
        let project = self.folder.join("project");
        let blocked = |id: &str| {
            let planned = plan.channels.iter().find(|planned| planned.id == id);
            planned.is_some_and(|planned| planned.state == plan::State::PolicyBlocked)
        };
        let open: Vec<&str> = ids.iter().copied().filter(|id| !blocked(id)).collect();
        for id in &open {
            self.say(id, "publish the version before");
            self.demand(&small.older, &format!("publish {id}"), &["live", "in review"]);
        }
        self.loopback.server.service().approve();
        for id in &open {
            self.say(id, "publish");
            let words = ["live", "in review", "submitted"];
            self.demand(&project, &format!("publish {id} --dry-run"), &["would do"]);
            self.demand(&project, &format!("publish {id}"), &words);
        }
        self.say("all", "those who review let it through");
        self.loopback.server.service().approve();
        let before = self.loopback.taken()?;
        for id in &open {
            self.say(id, "publish again");
            self.demand(&project, &format!("publish {id}"), &["live, nothing to do"]);
        }
        if before != self.loopback.taken()? {
            self.faults.push("the second run changed something".to_owned());
        }
        let mut rows = Vec::new();
        for planned in plan.channels.iter().filter(|planned| ids.contains(&planned.id)) {
            self.say(planned.id, "install back and run");
            let verified = self.verify(planned.id, &project, blocked(planned.id));
            let (state, rollback, proof) = (String::new(), String::new(), None);
            let (id, title) = (planned.id, planned.title);
            rows.push(Row { id, title, state, verified, rollback, proof });
        }
        self.say("all", "report");
        self.report(&project, &mut rows)?;
        for row in &mut rows {
            self.say(row.id, &format!("go back to {}", small.older_version));
            row.rollback = self.roll_back(row.id, plan, &project, &small.older_version)?;
        }
        let is_quick = self.is_quick;
        for row in rows.iter_mut().filter(|row| !is_quick && !blocked(row.id)) {
            self.say(row.id, "everything that can go wrong");
            row.proof = Some(self.prove(row.id, small)?);
        }
        Ok(rows)
    }

    /// Says which step begins.
    fn say(&self, id: &str, what: &str) {
        let number = self.step.get() + 1;
        self.step.set(number);
        let line = format!("[{number}/{}] {id}: {what}", self.steps.max(number));
        self.surroundings.environment.say(&line);
    }

    /// Runs a command line of this program in a project, over the loopback.
    fn ship(&self, root: &Path, words: &str) -> Said {
        let environment = Environment::new(root, self.variables.clone(), &|_| {});
        let surroundings = Surroundings {
            environment: &environment,
            transport: &self.loopback,
            clock: &self.clock,
        };
        process::with_stand_in(self.loopback.stand_in(), || said(words, surroundings))
    }

    /// Runs a command line that has to succeed and to say one of these words.
    fn demand(&mut self, root: &Path, words: &str, expected: &[&str]) {
        let said = self.ship(root, words);
        if said.code != 0 || !expected.iter().any(|word| said.answer.contains(word)) {
            let text = format!("{}{}", said.answer, said.notice);
            self.faults.push(format!("`cargo ship {words}` said {}", text.trim_end()));
        }
    }

    /// Gets the release back from a channel and runs it: as `cargo ship verify` does, and with the
    /// channel's real tool.
    fn verify(&mut self, id: &str, project: &Path, is_blocked: bool) -> Verified {
        let own = if is_blocked {
            // What was rendered is all there is; its script installs it from here.
            Verified::NotHere(self.ship(project, &format!("render {id}")).notice)
        } else {
            self.verify_by_command(id, project)
        };
        if matches!(own, Verified::No(_)) {
            return own;
        }
        match self.verify_by_tool(id, project) {
            Some(tool) => own.and(tool),
            None => own,
        }
    }

    fn verify_by_command(&self, id: &str, project: &Path) -> Verified {
        let said = self.ship(project, &format!("verify {id}"));
        let text = format!("{}{}", said.answer, said.notice);
        let line = text.trim().split_once("  ").map_or(text.trim(), |(_, line)| line.trim());
        match line.strip_prefix("verified: ") {
            Some(proof) if said.code == 0 => Verified::Yes(proof.to_owned()),
            _ if said.code == 0 && line.contains("not run here") => {
                Verified::NotHere(line.to_owned())
            }
            _ => Verified::No(line.to_owned()),
        }
    }

    /// Nothing if the channel has no script that a rehearsal calls.
    fn verify_by_tool(&self, id: &str, project: &Path) -> Option<Verified> {
        let (script, needs) = self.script(id)?;
        if self.is_quick {
            return Some(Verified::NotHere("left out".to_owned()));
        }
        let folders = self.surroundings.environment.search_path();
        let missing: Vec<&(String, String)> =
            needs.iter().filter(|(tool, _)| find_program(tool, &folders).is_none()).collect();
        if !missing.is_empty() {
            let list = |pick: fn(&(String, String)) -> &String| {
                missing.iter().map(|need| pick(need).as_str()).collect::<Vec<_>>().join(" ")
            };
            let (tools, packages) = (list(|need| &need.0), list(|need| &need.1));
            let what = format!("no {tools}; apt-get install {packages}");
            return Some(Verified::NotHere(what));
        }
        Some(match self.run_script(&script, id, project) {
            Ok(proof) if proof.starts_with("installed, ") => Verified::Yes(proof),
            Ok(proof) => Verified::ByForm(proof),
            Err(error) => Verified::No(error.to_string()),
        })
    }

    /// The script with the real tool of a channel, and each tool with the package that brings it.
    fn script(&self, id: &str) -> Option<(PathBuf, Vec<(String, String)>)> {
        let path = self.root.join("scripts/channels").join(id);
        let text = std::fs::read_to_string(&path).ok()?;
        if text.lines().any(|line| line.starts_with(ALONE)) {
            return None;
        }
        let lines = text.lines().filter_map(|line| line.strip_prefix(NEEDS));
        let needs = lines.flat_map(str::split_whitespace).filter_map(|need| need.split_once('='));
        Some((path, needs.map(|(tool, package)| (tool.to_owned(), package.to_owned())).collect()))
    }

    /// Runs it with what was published; its last line is the proof.
    fn run_script(&self, script: &Path, id: &str, project: &Path) -> Result<String> {
        let work = self.folder.join("work").join(id);
        std::fs::create_dir_all(&work).map_err(Error::at(&work))?;
        let plan = project::read_plan(project, None)?;
        let rendered = project.join(DIST).join("channels").join(id);
        let mut command = Command::new("bash");
        command.arg(script).arg(rendered).arg(project.join(pack::FOLDER)).arg(work);
        command.env_clear().envs(self.variables.iter().cloned());
        command.env("PUBLISHED", plan.download_url()).current_dir(self.root);
        // A tool that builds finds the compiler of this machine, and nothing else of the home.
        let environment = self.surroundings.environment;
        for (name, usual) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            let given = environment.text(name).map(PathBuf::from);
            let home = environment.text("HOME").map(|home| Path::new(home).join(usual));
            command.envs(given.or(home).map(|folder| (name, folder)));
        }
        let said = process::read(&mut command, TOOL_LIMIT)?;
        Ok(said.lines().last().unwrap_or_default().to_owned())
    }

    /// Makes the report, and reads the state of each channel in it.
    fn report(&mut self, project: &Path, rows: &mut [Row]) -> Result<()> {
        let report = self.states(project);
        for name in ["deployment-status.json", "deployment-status.md", "deployment-status.html"] {
            let (from, to) = (project.join(DIST).join(name), self.folder.join(name));
            std::fs::copy(&from, &to).map_err(Error::at(&from))?;
        }
        for row in rows {
            row.state = state_in(&report, row.id);
            let is_right = match &row.verified {
                Verified::No(_) => row.state == "failed",
                _ => ["verified", "live", "policy_blocked"].contains(&row.state.as_str()),
            };
            if !is_right {
                let (id, state) = (row.id, &row.state);
                self.faults.push(format!("the report says that {id} is {state}, which is untrue"));
            }
        }
        Ok(())
    }

    fn states(&self, project: &Path) -> Value {
        let said = self.ship(project, "status --json");
        serde_json::from_str(&said.answer).unwrap_or_default()
    }

    /// Takes the release back in a channel, as far as that can be done; says how.
    fn roll_back(&mut self, id: &str, plan: &Plan, project: &Path, to: &str) -> Result<String> {
        let environment = Environment::new(project, self.variables.clone(), &|_| {});
        let transport = &self.loopback;
        let surroundings =
            Surroundings { environment: &environment, transport, clock: &self.clock };
        let office = Office::open(project, plan, surroundings)?;
        let Some(found) = channel::find(id) else { return Ok("unknown".to_owned()) };
        Ok(match found.rollback(&office.release, to) {
            Rollback::Automatic(_) => {
                self.demand(project, &format!("rollback {id} --to {to} --yes"), &["done: "]);
                let state = state_in(&self.states(project), id);
                if state != "rolled_back" {
                    self.faults.push(format!("{id} was taken back, and is reported as {state}"));
                }
                "done".to_owned()
            }
            Rollback::Manual { url, .. } => format!("by hand: {url}"),
            Rollback::Impossible { why, .. } => format!("impossible: {why}"),
        })
    }

    /// Takes a channel through everything that can happen to it.
    fn prove(&mut self, id: &str, small: &Small) -> Result<Proof> {
        let Small { older, same, newer, tags, .. } = small;
        let stage = Stage { root: same, older, newer, tags, ship: &said };
        let proof = case::prove(&stage, id)?;
        self.faults.extend(proof.broken.iter().map(|what| format!("{id}, {what}")));
        Ok(proof)
    }

    fn output(&self, rows: &[Row]) -> Output {
        let mut output = Output::default();
        let width = rows.iter().map(|row| row.title.chars().count()).max().unwrap_or(0);
        let count = |is_it: fn(&Row) -> bool| rows.iter().filter(|row| is_it(row)).count();
        let verified = count(|row| matches!(row.verified, Verified::Yes(_)));
        let by_form = count(|row| matches!(row.verified, Verified::ByForm(_)));
        for row in rows {
            let (mark, how) = match &row.verified {
                Verified::Yes(how) => ("verified", how),
                Verified::ByForm(how) => ("by its form", how),
                Verified::NotHere(why) => ("not here", why),
                Verified::No(why) => ("WRONG", why),
            };
            let faults = row
                .proof
                .as_ref()
                .map_or("-".to_owned(), |proof| format!("{}/{}", proof.converged, proof.cases));
            let _ = writeln!(
                output.answer,
                "{:width$}  {:14}  faults {faults:>9}  rollback {}\n{:width$}  {mark}: {how}",
                row.title, row.state, row.rollback, ""
            );
        }
        let folder = self.folder.strip_prefix(self.root).unwrap_or(&self.folder).display();
        let _ = writeln!(
            output.answer,
            "{verified} of {} channels gave the release back and it ran, {by_form} more by its \
             form; {} faults; {folder}/deployment-status.md",
            rows.len(),
            self.faults.len()
        );
        let is_wrong = rows.iter().any(|row| matches!(row.verified, Verified::No(_)));
        if is_wrong || !self.faults.is_empty() {
            output.code = 1;
        }
        for fault in &self.faults {
            let _ = writeln!(output.notice, "error: {fault}");
        }
        output
    }
}

fn state_in(report: &Value, id: &str) -> String {
    let mut rows = report["rows"].as_array().into_iter().flatten();
    let row = rows.find(|row| row["id"] == id);
    row.and_then(|row| row["state"].as_str()).unwrap_or("unknown").to_owned()
}

/// Runs a command line of this program.
fn said(words: &str, surroundings: Surroundings<'_>) -> Said {
    let words = std::iter::once("cargo-ship").chain(words.split_whitespace());
    let output = super::run(words.map(OsString::from), surroundings);
    Said { answer: output.answer, notice: output.notice, code: output.code }
}

#[cfg(test)]
mod tests {
    use super::Verified;

    fn phrase(verified: &Verified) -> String {
        match verified {
            Verified::Yes(how) => format!("yes: {how}"),
            Verified::ByForm(how) => format!("by form: {how}"),
            Verified::NotHere(why) => format!("not here: {why}"),
            Verified::No(why) => format!("no: {why}"),
        }
    }

    #[test]
    fn a_tool_adds_to_a_proof_and_its_objection_counts_more() {
        let ran = || Verified::Yes("ran".to_owned());
        let unseen = || Verified::NotHere("no wine".to_owned());
        let said = |own: Verified, tool: fn(String) -> Verified| {
            phrase(&own.and(tool("the tool".to_owned())))
        };
        assert_eq!(said(ran(), Verified::Yes), "yes: ran; the tool");
        assert_eq!(said(ran(), Verified::ByForm), "yes: ran; the tool");
        assert_eq!(said(ran(), Verified::NotHere), "yes: ran; not with its tool: the tool");
        assert_eq!(said(ran(), Verified::No), "no: the tool");
        assert_eq!(said(unseen(), Verified::Yes), "yes: the tool");
        assert_eq!(said(unseen(), Verified::ByForm), "by form: the tool");
        assert_eq!(said(unseen(), Verified::No), "no: the tool");
    }
}
