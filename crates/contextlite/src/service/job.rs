//! Index runs that go on after the request that began them, and can be watched.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contextlite_engine::engine::{IndexReport, Stage, Step};
use contextlite_engine::error::{Error, Result};

/// Finished jobs that are remembered; the oldest is forgotten first.
const REMEMBERED_MAX: usize = 256;
/// Jobs that run at once.
const RUNNING_MAX: usize = 8;

/// How far a job is.
#[derive(Debug, Clone)]
pub enum State {
    /// It runs.
    Running(Step),
    /// It ended.
    Done(Arc<IndexReport>),
    /// It failed, and why.
    Failed(String),
}

/// A job as it can be watched.
pub struct Job {
    /// Names it.
    pub id: u64,
    /// The root that is indexed.
    pub root: String,
    began: Instant,
    state: Mutex<(State, Duration)>,
    is_over: Condvar,
}

impl Job {
    /// How far it is, and how long it has run.
    pub fn state(&self) -> (State, Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match state {
            (running @ State::Running(_), _) => (running, self.began.elapsed()),
            over => over,
        }
    }

    /// Waits for its end, at most for a time.
    pub fn wait(&self, time_max: Duration) -> (State, Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = |state: &mut (State, Duration)| matches!(state.0, State::Running(_));
        drop(self.is_over.wait_timeout_while(state, time_max, is_running));
        self.state()
    }

    fn set(&self, state: State) {
        let is_over = !matches!(state, State::Running(_));
        let mut place = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *place = (state, self.began.elapsed());
        drop(place);
        if is_over {
            self.is_over.notify_all();
        }
    }
}

/// All jobs, the newest last.
pub struct Jobs {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    begun: AtomicU64,
    is_stopping: Arc<AtomicBool>,
}

impl Jobs {
    /// No jobs; they stop early once `is_stopping` is set.
    pub fn new(is_stopping: Arc<AtomicBool>) -> Self {
        Self { jobs: Mutex::default(), begun: AtomicU64::default(), is_stopping }
    }

    /// Begins a job on a thread of its own, or finds the one that already indexes `root`.
    ///
    /// # Errors
    /// `Busy` if as many jobs run as may.
    pub fn begin(
        &self,
        root: String,
        work: impl FnOnce(&dyn contextlite_engine::engine::Progress) -> Result<IndexReport>
        + Send
        + 'static,
    ) -> Result<Arc<Job>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = |job: &&Arc<Job>| matches!(job.state().0, State::Running(_));
        if let Some(job) = jobs.iter().filter(is_running).find(|job| job.root == root) {
            return Ok(Arc::clone(job));
        }
        if RUNNING_MAX <= jobs.iter().filter(is_running).count() {
            return Err(Error::Busy { path: root.into(), waited_ms: 0 });
        }
        let first = Step { stage: Stage::List, done: 0, total: 0 };
        let job = Arc::new(Job {
            id: self.begun.fetch_add(1, Ordering::Relaxed) + 1,
            root,
            began: Instant::now(),
            state: Mutex::new((State::Running(first), Duration::ZERO)),
            is_over: Condvar::new(),
        });
        let running = Arc::clone(&job);
        let is_stopping = Arc::clone(&self.is_stopping);
        let begun = std::thread::Builder::new().name("index".to_owned()).spawn(move || {
            let progress = |step: Step| {
                running.set(State::Running(step));
                !is_stopping.load(Ordering::Relaxed)
            };
            let run = std::panic::AssertUnwindSafe(|| work(&progress));
            running.set(match std::panic::catch_unwind(run) {
                Ok(Ok(report)) => State::Done(Arc::new(report)),
                Ok(Err(error)) => State::Failed(error.to_string()),
                Err(_) => State::Failed("the program failed; see its log".to_owned()),
            });
        });
        begun.map_err(|source| Error::io("a new thread", source))?;
        while REMEMBERED_MAX <= jobs.len() {
            jobs.pop_front();
        }
        jobs.push_back(Arc::clone(&job));
        Ok(job)
    }

    /// The job of that number.
    pub fn get(&self, id: u64) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().find(|job| job.id == id).map(Arc::clone)
    }

    /// How many jobs run.
    pub fn running(&self) -> usize {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().filter(|job| matches!(job.state().0, State::Running(_))).count()
    }
}
