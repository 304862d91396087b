//! `cargo ship metrics`: how often the release was fetched, where a channel tells.
//!
//! Counts are added to `dist/metrics.csv`, one line each: time, channel, the version that was
//! current, over what is counted ([`Measure`]), what, count. A channel that cannot be asked leaves
//! the others alone, and one that tells nothing says so. A fault that may pass is told and fails
//! nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;

use crate::channel::{self, Count, Measure, Uncounted};
use crate::clock;
use crate::command::Output;
use crate::command::office::Office;
use crate::command::project::{self, DIST};
use crate::error::{Error, Result};
use crate::publish::Sort;
use crate::report::Counted;
use crate::surroundings::Surroundings;

/// The file, below [`DIST`].
pub const FILE: &str = "metrics.csv";

/// Its first line.
const HEADER: &str = "time,channel,version,measure,what,count\n";

/// The arguments of `cargo ship metrics`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps the release from being known, or the file from being written.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref())?;
    let office = Office::open(&root, &plan, surroundings)?;
    let time = clock::moment(surroundings.clock.now_ms() / 1000);
    let (mut output, mut lines) = (Output::default(), String::new());
    for planned in
        plan.channels.iter().filter(|planned| planned.state == crate::plan::State::Planned)
    {
        let Some(found) = channel::find(planned.id) else { continue };
        match found.metrics(&office.desk(found, &[])) {
            Ok(counts) => {
                if counts.is_empty() {
                    let _ =
                        writeln!(output.answer, "{:19}  nothing was counted yet", planned.title);
                }
                for Count { what, measure, count } in counts {
                    let (what, measure) = (what.replace(',', " "), measure.word());
                    let of = format!("{},{},{measure}", planned.id, plan.version);
                    let _ = writeln!(lines, "{time},{of},{what},{count}");
                    let _ = writeln!(output.answer, "{:19}  {what}  {count}", planned.title);
                }
            }
            Err(Uncounted::Nowhere(why)) => {
                let _ = writeln!(output.answer, "{:19}  not counted: {why}", planned.title);
            }
            Err(Uncounted::Unreachable(obstacle)) => {
                output.notice += &super::complaint(&obstacle);
                // What passes needs nobody: the next run counts again.
                if obstacle.sort != Sort::Passing {
                    output.code = super::DEGRADED;
                }
            }
        }
    }
    add(&root, &lines)?;
    Ok(output)
}

fn add(root: &Path, lines: &str) -> Result<()> {
    let path = root.join(DIST).join(FILE);
    std::fs::create_dir_all(root.join(DIST)).map_err(Error::at(&path))?;
    let is_new = !path.exists();
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let mut opened = opened.map_err(Error::at(&path))?;
    let text = format!("{}{lines}", if is_new { HEADER } else { "" });
    std::io::Write::write_all(&mut opened, text.as_bytes()).map_err(Error::at(&path))
}

/// Returns several such files as one, each line once, in the order of counting.
pub fn joined<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    let lines = texts.into_iter().flat_map(|text| text.lines());
    let lines = lines.filter(|line| *line != HEADER.trim_end());
    let lines: BTreeSet<&str> = lines.collect();
    lines.into_iter().fold(HEADER.to_owned(), |text, line| text + line + "\n")
}

/// Returns what was counted of a version so far, in the order of counting.
///
/// # Errors
///
/// [`Error::Io`] if the file is there and cannot be read.
pub fn read(root: &Path, version: &str) -> Result<Vec<Counted>> {
    let path = root.join(DIST).join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
    let counted = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [time, channel, of, measure, what, count] = fields[..] else { return None };
        (of == version).then_some(())?;
        let (measure, count) = (Measure::find(measure)?, count.parse().ok()?);
        let (time, channel, what) = (time.to_owned(), channel.to_owned(), what.to_owned());
        Some(Counted { time, channel, what, measure, count })
    };
    Ok(text.lines().filter_map(counted).collect())
}
