//! Which state of the repository is built: its commit, and when that was made.
//!
//! The commit's time is the only time in a release: every file in an archive carries it, so that
//! packing on another day gives the same bytes. `SOURCE_DATE_EPOCH` overrides it, as is usual
//! among tools that build reproducibly.
//!
//! # Source
//!
//! <https://reproducible-builds.org/specs/source-date-epoch/>

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::process;

/// How long git may take to say what it knows.
const GIT_LIMIT: Duration = Duration::from_mins(1);

/// The variable that overrides the commit's time.
const EPOCH_VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The seconds that zip archives can name, 1980-01-01 to 2107-12-31.
const SECONDS: std::ops::RangeInclusive<u64> = 315_532_800..=4_354_819_199;

/// A state of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The commit as git names it; `-dirty` follows if files differ from it or are not in it.
    pub commit: String,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub seconds: u64,
}

impl Source {
    /// Asks git about the repository in `root`.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] if git is missing or `root` is no repository with a commit;
    /// [`Error::Epoch`] if the time is one that archives cannot carry.
    pub fn read(root: &Path, environment: &Environment<'_>) -> Result<Self> {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(root).args(arguments);
            process::read(&mut command, GIT_LIMIT)
        };
        let head = git(&["rev-parse", "--verify", "HEAD"])?;
        // A file that git does not know may be compiled all the same.
        let changes = git(&["status", "--porcelain", "--untracked-files=normal"])?;
        let seconds = match environment.text(EPOCH_VARIABLE) {
            Some(seconds) => seconds.to_owned(),
            None => git(&["show", "--no-patch", "--format=%ct", "HEAD"])?,
        };
        let seconds = seconds.trim();
        let acceptable = seconds.parse().ok().filter(|seconds| SECONDS.contains(seconds));
        let commit = head.trim().to_owned() + if changes.is_empty() { "" } else { "-dirty" };
        match acceptable {
            Some(seconds) => Ok(Self { commit, seconds }),
            None => Err(Error::Epoch { seconds: seconds.to_owned() }),
        }
    }

    /// Returns whether what is built is what the commit says.
    pub fn is_clean(&self) -> bool {
        !self.commit.ends_with("-dirty")
    }
}
