//! One root that stays open: its index, brought up to date once for all who wait for it.
//!
//! Every question looks at the files as they are when it arrives. Questions that arrive while
//! such a look is under way cannot use it, because it may have passed the file that has just
//! changed; they all share the next one. So under any load at most one look is under way and one
//! is waited for. Where the system tells of changes (see `watch`), a look that is still true is not
//! repeated.
//!
//! Who cannot wait for as long as it takes asks for [`Root::fresh_within`]: a worker, one for each
//! root, does the look, and the caller learns how far it is.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use contextlite_engine::engine::{Progress, Step, Workspace};
use contextlite_engine::error::{Error, Result};

use super::watch::{Changes, RETRY, TRUST_MAX, Unwatched, Watcher};
use crate::config::Configuration;
use crate::operation::{self, Target};
use crate::place::Places;

/// Where the process is, and what it was told.
pub struct Grounds {
    /// The folders of this process.
    pub places: Places,
    /// The settings.
    pub configuration: Configuration,
    /// Tells of changes, where the system does.
    pub watcher: std::result::Result<Watcher, Unwatched>,
}

impl Grounds {
    /// With a watcher, where the system has one.
    pub fn new(places: Places, configuration: Configuration) -> Self {
        let watcher = Watcher::new();
        if let Err(reason) = &watcher
            && *reason != Unwatched::System
        {
            tracing::warn!("nothing is watched: {reason}; {}", fix(reason));
        }
        Self { places, configuration, watcher }
    }
}

/// A root whose index stays open.
pub struct Root {
    path: PathBuf,
    watched: Mutex<Watched>,
    runs: Mutex<Runs>,
    is_done: Condvar,
    opened: Mutex<Option<Opened>>,
}

/// What a look at the files said.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Sentences about the files and the index.
    pub notes: Vec<String>,
    /// Why the index lacks what changed; `None` if it does not.
    pub lacks: Option<String>,
}

/// Whether changes below a root are told of.
#[derive(Default)]
enum Watched {
    #[default]
    NotYet,
    Yes(Arc<Changes>),
    /// No, and since when it was not tried again.
    No(Unwatched, Instant),
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
    look: Look,
    is_running: bool,
    /// How far the run is that is under way.
    step: Option<Step>,
    /// The last run that somebody waits for whom the worker serves.
    wanted: u64,
    has_worker: bool,
    /// The last run of the worker that failed.
    failed: u64,
    /// The changes that were counted when the last run began, if somebody counts them.
    changes: Option<u64>,
}

/// How often who waits for a run is told how far it is.
const TICK: Duration = Duration::from_millis(250);

/// What was ready in time.
pub enum Readiness {
    /// The index with all changes, or with those that could be had, and what a look said.
    Fresh(Arc<Workspace>, Look),
    /// The run goes on; the index as it is so far, if there is one.
    Underway(Option<Arc<Workspace>>, Option<Step>),
}

/// An index as it was opened.
struct Opened {
    workspace: Arc<Workspace>,
    identity: Option<same_file::Handle>,
}

impl Root {
    /// The root at a canonical path.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            watched: Mutex::default(),
            runs: Mutex::default(),
            is_done: Condvar::new(),
            opened: Mutex::default(),
        }
    }

    /// Its canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The index with all changes that were on disk when this was called, if they could be had, and
    /// what the look at them said.
    ///
    /// # Errors
    /// Whatever keeps the index from being opened; see [`operation::refreshed`].
    pub fn fresh(
        &self,
        grounds: &Grounds,
        progress: &dyn Progress,
    ) -> Result<(Arc<Workspace>, Look)> {
        if let Some(look) = self.still_true(grounds)
            && let Ok(workspace) = self.workspace(grounds)
        {
            return Ok((workspace, look));
        }
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
            let changes = self.changes(grounds);
            let mut notes = Vec::new();
            let mut target = self.target(grounds)?;
            let told = |step: Step| {
                self.runs().step = Some(step);
                progress.step(step)
            };
            let refreshed = operation::refreshed(&mut target, &told, &mut notes)?;
            notes.extend(refreshed.workspace.notes());
            let look = Look { notes, lacks: refreshed.lacks };
            // Only files that were looked at can be known to be as they were.
            let changes = changes.filter(|_| look.lacks.is_none());
            runs = self.runs();
            runs.done = number;
            runs.done_at = Some(Instant::now());
            runs.changes = changes;
            runs.look = look;
            drop(runs);
            drop(run);
            runs = self.runs();
        }
        let look = runs.look.clone();
        drop(runs);
        Ok((self.workspace(grounds)?, look))
    }

    /// As [`Root::fresh`], but waits no longer than `wait`; what is not done then goes on.
    /// `on_step` is told now and then how far it is. `begin` starts the worker, which must call
    /// [`Root::work_off`].
    ///
    /// # Errors
    /// As [`Root::fresh`], and whatever `begin` says.
    pub fn fresh_within(
        &self,
        grounds: &Grounds,
        wait: Duration,
        begin: impl FnOnce() -> Result<()>,
        on_step: &dyn Fn(Step),
    ) -> Result<Readiness> {
        if let Some(look) = self.still_true(grounds)
            && let Ok(workspace) = self.workspace(grounds)
        {
            return Ok(Readiness::Fresh(workspace, look));
        }
        let deadline = Instant::now() + wait;
        let mut runs = self.runs();
        let needed = runs.begun + 1;
        runs.wanted = runs.wanted.max(needed);
        if !runs.has_worker {
            runs.has_worker = true;
            drop(runs);
            begin().inspect_err(|_| self.runs().has_worker = false)?;
            runs = self.runs();
        }
        while runs.done < needed && runs.failed < needed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let step = runs.step;
                drop(runs);
                return match self.workspace(grounds) {
                    Ok(workspace) => Ok(Readiness::Underway(Some(workspace), step)),
                    Err(Error::NotFound { what: "index" | "database", .. }) => {
                        Ok(Readiness::Underway(None, step))
                    }
                    Err(error) => Err(error),
                };
            }
            let waited = self.is_done.wait_timeout(runs, left.min(TICK));
            runs = waited.unwrap_or_else(PoisonError::into_inner).0;
            if let Some(step) = runs.step {
                drop(runs);
                on_step(step);
                runs = self.runs();
            }
        }
        if runs.done < needed {
            // The worker failed; here the failure has somebody to be told to.
            drop(runs);
            let (workspace, look) = self.fresh(grounds, &|_: Step| true)?;
            return Ok(Readiness::Fresh(workspace, look));
        }
        let look = runs.look.clone();
        drop(runs);
        Ok(Readiness::Fresh(self.workspace(grounds)?, look))
    }

    /// Does all runs that somebody waits for in [`Root::fresh_within`].
    pub fn work_off(&self, grounds: &Grounds, progress: &dyn Progress) {
        loop {
            let mut runs = self.runs();
            let (begun, wanted) = (runs.begun, runs.wanted);
            if wanted <= runs.done.max(runs.failed) {
                runs.has_worker = false;
                return;
            }
            drop(runs);
            if self.fresh(grounds, progress).is_err() {
                let mut runs = self.runs();
                runs.failed = runs.begun.max(begun + 1).max(wanted);
                drop(runs);
                self.is_done.notify_all();
            }
        }
    }

    /// Whether the system tells of changes below it, in words; if not, why, and what to do.
    pub fn watching(&self) -> String {
        match &*self.watched() {
            Watched::NotYet => "not yet; the first question begins it".to_owned(),
            Watched::Yes(_) => "yes, the system tells of changes".to_owned(),
            Watched::No(reason, _) => format!("no, {reason}; {}", fix(reason)),
        }
    }

    /// How far the run is that is under way, if one is.
    pub fn step(&self) -> Option<Step> {
        self.runs().step
    }

    /// What the last look said, if nothing has changed since.
    fn still_true(&self, grounds: &Grounds) -> Option<Look> {
        let watcher = grounds.watcher.as_ref().ok()?;
        let changes = match &*self.watched() {
            Watched::Yes(changes) => Arc::clone(changes),
            Watched::NotYet | Watched::No(..) => return None,
        };
        if !watcher.is_same(&self.path) || !watcher.catch_up() || changes.is_doubtful() {
            return None;
        }
        let now = changes.count();
        let runs = self.runs();
        let is_recent = runs.done_at.is_some_and(|then| then.elapsed() < TRUST_MAX);
        (is_recent && runs.changes == Some(now)).then(|| runs.look.clone())
    }

    /// The changes that were counted so far, if they can be; begins to count them, also anew where
    /// some may have been missed.
    fn changes(&self, grounds: &Grounds) -> Option<u64> {
        let mut watched = self.watched();
        let watcher = match &grounds.watcher {
            Ok(watcher) => watcher,
            Err(reason) => {
                *watched = Watched::No(reason.clone(), Instant::now());
                return None;
            }
        };
        let begins = match &*watched {
            Watched::NotYet => true,
            Watched::Yes(changes) => changes.is_doubtful() || !watcher.is_same(&self.path),
            Watched::No(_, since) => RETRY <= since.elapsed(),
        };
        if begins {
            let next = match watcher.watch(&self.path) {
                Ok(changes) => Watched::Yes(changes),
                Err(reason) => {
                    let is_known = matches!(&*watched, Watched::No(known, _) if *known == reason);
                    if !is_known {
                        let root = self.path.display();
                        tracing::warn!("{root} is not watched: {reason}; {}", fix(&reason));
                    }
                    Watched::No(reason, Instant::now())
                }
            };
            *watched = next;
        }
        let Watched::Yes(changes) = &*watched else { return None };
        watcher.settle().then(|| changes.count())
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
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

/// What follows from a root that is not watched, and what to do.
fn fix(reason: &Unwatched) -> String {
    let looks = "every question looks at all files";
    match reason.fix() {
        Some(fix) => format!("{fix}; until then {looks}"),
        None => looks.to_owned(),
    }
}

/// Ends a run, whichever way, and wakes who waits.
struct RunGuard<'r>(&'r Root);

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        let mut runs = self.0.runs();
        runs.is_running = false;
        runs.step = None;
        drop(runs);
        self.0.is_done.notify_all();
    }
}
