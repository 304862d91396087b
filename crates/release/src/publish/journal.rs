//! The journal: what was done to the world, line by line, and what the world answered.
//!
//! It is evidence, for people and for later reports. It is never read to decide what to do next:
//! the world may have changed since, so the world is asked. A line is one JSON object, written
//! before the next step begins:
//!
//! ```json
//! {"time":"2026-11-22T10:30:00Z","tag":"v1.0.2","channel":"github","step":"…","result":"…"}
//! ```

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::clock::{self, Clock};
use crate::error::{Error, Result};

/// The file's name, in the folder of what is made for a release.
pub const FILE_NAME: &str = "journal.jsonl";

/// A file that lines are added to.
pub struct Journal<'a> {
    path: PathBuf,
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

impl<'a> Journal<'a> {
    /// Takes the journal in `folder`, which is made with its first line.
    pub fn new(folder: &Path, clock: &'a dyn Clock, tag: &'a str) -> Self {
        Self { path: folder.join(FILE_NAME), clock, tag }
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
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::at(folder))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        let mut file = file.map_err(Error::at(&self.path))?;
        file.write_all(text.as_bytes()).map_err(Error::at(&self.path))
    }
}
