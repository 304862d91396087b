//! The journal: what was done to the world, line by line, and what the world answered.
//!
//! It is evidence, for people and for later reports. It is never read to decide what to do next:
//! the world may have changed since, so the world is asked. A line is one JSON object, written
//! before the next step begins; each channel has a file of its own, so that two never wait for each
//! other:
//!
//! ```json
//! {"time":"2026-11-22T10:30:00Z","tag":"v1.0.2","channel":"github","step":"…","result":"…"}
//! ```

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::clock::{self, Clock};
use crate::error::{Error, Result};

/// The folder of the files, in the folder of what is made for a release.
pub const FOLDER: &str = "journal";

/// The step of the line that says in which state a run left a channel.
pub const STATE: &str = "state";

/// How the state of a channel begins whose release is there and is not as it should be.
pub const VERIFY_FAILED: &str = "verify_failed";

/// Files that lines are added to, one for each channel.
pub struct Journal<'a> {
    folder: PathBuf,
    clock: &'a dyn Clock,
    tag: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    tag: &'a str,
    channel: &'a str,
    step: &'a str,
    result: &'a str,
}

/// Returns several accounts of one channel as one, each line once.
///
/// `earlier` are accounts that follow each other. Those of `now` were written at the same time on
/// several machines; there what was found wrong comes last, since what one machine could run says
/// nothing of what another could not.
pub fn joined(earlier: &[String], now: &[String]) -> String {
    let mut lines: Vec<&str> = now.iter().flat_map(|text| text.lines()).collect();
    let told = |line: &str, field: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        line[field].as_str().unwrap_or_default().to_owned()
    };
    lines.sort_by_cached_key(|line| {
        (told(line, "result").starts_with(VERIFY_FAILED), told(line, "time"))
    });
    let all = earlier.iter().flat_map(|text| text.lines()).chain(lines);
    let mut seen = BTreeSet::new();
    let once = all.filter(|line| !line.trim().is_empty() && seen.insert(*line));
    once.fold(String::new(), |text, line| text + line + "\n")
}

impl<'a> Journal<'a> {
    /// Takes the journal in `folder`; a file is made with its first line.
    pub fn new(folder: &Path, clock: &'a dyn Clock, tag: &'a str) -> Self {
        Self { folder: folder.join(FOLDER), clock, tag }
    }

    /// Returns the last state that a run wrote down for a channel and this tag, as it was written.
    ///
    /// It says what we know of the past, and is never trusted about the present.
    pub fn last_state(&self, channel: &str) -> Option<String> {
        self.last(channel).map(|(_, state)| state)
    }

    /// Returns the same with the moment at which it was written down.
    pub fn last(&self, channel: &str) -> Option<(String, String)> {
        let path = self.folder.join(format!("{channel}.jsonl"));
        let text = std::fs::read_to_string(path).ok()?;
        let state = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_it = line["tag"] == self.tag && line["step"] == STATE;
            let text = |field: &str| line[field].as_str().map(str::to_owned);
            is_it.then(|| Some((text("time")?, text("result")?)))?
        };
        text.lines().rev().find_map(state)
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be written.
    pub fn add(&self, channel: &str, step: &str, result: &str) -> Result<()> {
        let time = clock::moment(self.clock.now_ms() / 1000);
        let line = Line { time, tag: self.tag, channel, step, result };
        let mut text = serde_json::to_string(&line).expect("a line is made of texts");
        text.push('\n');
        std::fs::create_dir_all(&self.folder).map_err(Error::at(&self.folder))?;
        let path = self.folder.join(format!("{channel}.jsonl"));
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(Error::at(&path))?;
        file.write_all(text.as_bytes()).map_err(Error::at(&path))
    }
}
