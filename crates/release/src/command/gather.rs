//! `cargo ship gather`: what jobs and earlier runs of a workflow wrote down, put together.
//!
//! Each job has a machine of its own, and so a journal of its own; it keeps it as an artifact of
//! the run. They are fetched to `dist/evidence`, in whatever folders, and become one journal, one
//! set of receipts and one list of counts. The sum is kept as an artifact again, [`HISTORY`], from
//! which a later run goes on. So nothing but read access is needed for it, and the history is as
//! old as the host keeps artifacts, renewed by every run. Whoever loses it loses history and
//! nothing else: what is true is seen in the channels.
//!
//! Anybody can start a run with a pull request from a fork, and keep an artifact of any name: only
//! those of runs of the repository's own commits are taken, and of them only files with the names
//! that we give.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde::Deserialize;

use crate::channel;
use crate::command::Output;
use crate::command::metrics;
use crate::command::project::{self, DIST};
use crate::command::publish::RECEIPTS;
use crate::error::{Error, Result};
use crate::file;
use crate::github::access;
use crate::github::client::Client;
use crate::github::refusal::Refusal;
use crate::http::Method;
use crate::pack::archive;
use crate::publish::journal;
use crate::surroundings::Surroundings;
use crate::target::Os;

/// The folder, below [`DIST`], of what other jobs wrote down.
const EVIDENCE: &str = "evidence";

/// The name of the artifact that goes from run to run.
const HISTORY: &str = "history";

/// How many earlier sums are put together, so that one that could not be read leaves no gap.
const HISTORY_RUNS_MAX: usize = 10;

/// The most bytes of one of them; a line is some 300, a release some 500 lines.
const HISTORY_BYTES_MAX: u64 = 16 << 20;

/// How many folders deep evidence is looked for.
const DEPTH_MAX: usize = 8;

/// The arguments of `cargo ship gather`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Fetch what earlier runs of the workflow kept, too; needs a token with `actions: read`.
    #[arg(long)]
    earlier: bool,
}

#[derive(Deserialize)]
struct Artifacts {
    artifacts: Vec<Artifact>,
}

/// An artifact of a run.
#[derive(Deserialize)]
struct Artifact {
    id: u64,
    #[serde(default)]
    expired: bool,
    #[serde(default)]
    created_at: String,
    workflow_run: Option<Run>,
}

#[derive(Deserialize)]
struct Run {
    repository_id: u64,
    head_repository_id: u64,
}

/// What was written down, by path below [`DIST`]: the accounts of earlier runs, and of this one.
#[derive(Default)]
struct Accounts {
    earlier: BTreeMap<String, Vec<String>>,
    now: BTreeMap<String, Vec<String>>,
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or written. Earlier runs that cannot be had are told, with exit code 0
/// all the same: nothing that is true depends on them.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let dist = root.join(DIST);
    let (mut accounts, mut output) = (Accounts::default(), Output::default());
    if options.earlier {
        let access = access::read(&root, &plan.repository_url, surroundings)?;
        let client = Client::new(surroundings, access);
        match earlier(&client) {
            Ok(found) => {
                output.answer += &format!("{} earlier runs\n", found.len());
                for (path, text) in found.into_iter().flatten() {
                    accounts.earlier.entry(path).or_default().push(text);
                }
            }
            Err(refusal) => {
                output.notice = format!("earlier runs are not to be had: {}\n", refusal.line());
            }
        }
    }
    find(&dist.join(EVIDENCE), DEPTH_MAX, &mut accounts.now)?;
    find(&dist, 1, &mut accounts.now)?;
    for path in names() {
        let [earlier, now] = [&mut accounts.earlier, &mut accounts.now]
            .map(|all| all.remove(&path).unwrap_or_default());
        let Some(text) = joined(&path, &earlier, &now) else { continue };
        file::write_whole(&dist.join(&path), text.as_bytes())?;
        output.answer += &format!("{path}  {} lines\n", text.lines().count());
    }
    Ok(output)
}

/// Every file that is put together, by its path below [`DIST`].
fn names() -> Vec<String> {
    let channels = channel::facts().into_iter().flat_map(|facts| {
        let id = facts.id;
        [format!("{}/{id}.jsonl", journal::FOLDER), format!("{RECEIPTS}/{id}.json")]
    });
    channels.chain([metrics::FILE.to_owned()]).collect()
}

/// Reads the files that have our names in a folder, and so deep below it.
fn find(folder: &Path, depth: usize, found: &mut BTreeMap<String, Vec<String>>) -> Result<()> {
    for path in names() {
        let place = folder.join(&path);
        if place.is_file() {
            let text = std::fs::read_to_string(&place).map_err(Error::at(&place))?;
            found.entry(path).or_default().push(text);
        }
    }
    if depth <= 1 || !folder.is_dir() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(Error::at(folder))?;
    let entries = entries.collect::<std::io::Result<Vec<_>>>().map_err(Error::at(folder))?;
    let mut folders: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders.iter().try_for_each(|folder| find(folder, depth - 1, found))
}

/// What the workflow's earlier runs kept, oldest first: the files of each, by path.
fn earlier(client: &Client<'_>) -> std::result::Result<Vec<Vec<(String, String)>>, Refusal> {
    let path = format!("/actions/artifacts?name={HISTORY}&per_page=100");
    let mut kept = client.get::<Artifacts>(&path)?.artifacts;
    kept.retain(|artifact| {
        let is_ours = |run: &Run| run.head_repository_id == run.repository_id;
        !artifact.expired && artifact.workflow_run.as_ref().is_some_and(is_ours)
    });
    kept.sort_by(|a, b| (&a.created_at, a.id).cmp(&(&b.created_at, b.id)));
    let names = names();
    let mut all = Vec::new();
    for artifact in &kept[kept.len().saturating_sub(HISTORY_RUNS_MAX)..] {
        let call = client.call(Method::Get, &format!("/actions/artifacts/{}/zip", artifact.id));
        let response = client.send(&call.accept("application/zip", HISTORY_BYTES_MAX))?;
        // One that is damaged is as good as lost.
        let members = archive::unpack(&response.body, Os::Windows).unwrap_or_default();
        let ours = members.into_iter().filter(|member| names.contains(&member.path));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        all.push(ours.map(|member| (member.path, text(&member.bytes))).collect());
    }
    Ok(all)
}

/// What several accounts of one file come to; nothing, if there is none.
fn joined(path: &str, earlier: &[String], now: &[String]) -> Option<String> {
    let last = now.last().or(earlier.last())?;
    Some(if path == metrics::FILE {
        metrics::joined(earlier.iter().chain(now))
    } else if path.starts_with(RECEIPTS) {
        last.clone()
    } else {
        journal::joined(earlier, now)
    })
}
