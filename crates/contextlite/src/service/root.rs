//! One root that stays open: its index, brought up to date once for all who wait for it.
//!
//! Every question looks at the files as they are when it arrives. Questions that arrive while
//! such a look is under way cannot use it, because it may have passed the file that has just
//! changed; they all share the next one. So under any load at most one look is under way and one
//! is waited for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use contextlite_engine::engine::{Progress, Workspace};
use contextlite_engine::error::Result;

use crate::config::Configuration;
use crate::operation::{self, Target};
use crate::place::Places;

/// Where the process is, and what it was told.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The folders of this process.
    pub places: Places,
    /// The settings.
    pub configuration: Configuration,
}

/// A root whose index stays open.
pub struct Root {
    path: PathBuf,
    runs: Mutex<Runs>,
    is_done: Condvar,
    opened: Mutex<Option<Opened>>,
}

/// The index runs of a root, by number.
#[derive(Default)]
struct Runs {
    /// The number of runs that have begun.
    begun: u64,
    /// The last run that came to its end.
    done: u64,
    /// When it did.
    done_at: Option<Instant>,
    /// What it said.
    notes: Vec<String>,
    is_running: bool,
}

/// An index as it was opened.
struct Opened {
    workspace: Arc<Workspace>,
    identity: Option<same_file::Handle>,
}

impl Root {
    /// The root at a canonical path.
    pub fn new(path: PathBuf) -> Self {
        Self { path, runs: Mutex::default(), is_done: Condvar::new(), opened: Mutex::default() }
    }

    /// Its canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The index with all changes that were on disk when this was called, and what should be known
    /// about it.
    ///
    /// # Errors
    /// Whatever keeps the index from being opened; see [`operation::refreshed`].
    pub fn fresh(
        &self,
        grounds: &Grounds,
        progress: &dyn Progress,
    ) -> Result<(Arc<Workspace>, Vec<String>)> {
        let mut runs = self.runs();
        let needed = runs.begun + 1;
        while runs.done < needed {
            if runs.is_running {
                runs = self.is_done.wait(runs).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            runs.is_running = true;
            runs.begun += 1;
            let number = runs.begun;
            drop(runs);
            let run = RunGuard(self);
            let mut notes = Vec::new();
            let mut target = self.target(grounds)?;
            let workspace = operation::refreshed(&mut target, progress, &mut notes)?;
            notes.extend(workspace.notes());
            runs = self.runs();
            runs.done = number;
            runs.done_at = Some(Instant::now());
            runs.notes = notes;
            drop(runs);
            drop(run);
            runs = self.runs();
        }
        let notes = runs.notes.clone();
        drop(runs);
        Ok((self.workspace(grounds)?, notes))
    }

    /// The time since the files were last looked at.
    pub fn age(&self) -> Option<Duration> {
        self.runs().done_at.map(|then| then.elapsed())
    }

    /// The index as it is.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn workspace(&self, grounds: &Grounds) -> Result<Arc<Workspace>> {
        let target = self.target(grounds)?;
        let identity = same_file::Handle::from_path(&target.location.database).ok();
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.as_ref()
            && opened.identity == identity
        {
            return Ok(Arc::clone(&opened.workspace));
        }
        let workspace = Arc::new(operation::existing(&target)?);
        *opened = Some(Opened { workspace: Arc::clone(&workspace), identity });
        Ok(workspace)
    }

    /// The root as operations take it, with the settings that hold for it now.
    ///
    /// # Errors
    /// `NotFound` if the folder is gone; `InvalidInput` for a wrong configuration in it.
    pub fn target(&self, grounds: &Grounds) -> Result<Target> {
        let scope = operation::Scope {
            roots: std::slice::from_ref(&self.path),
            any_root: true,
            database: None,
        };
        operation::target(scope, &grounds.places, &grounds.configuration)
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a run, whichever way, and wakes who waits.
struct RunGuard<'r>(&'r Root);

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        self.0.runs().is_running = false;
        self.0.is_done.notify_all();
    }
}
