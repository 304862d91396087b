//! What the long-running faces share: open indexes, kept answers, jobs and counters.
//!
//! ```text
//! request -> Spaces: which roots            -> fresh: files as they are now
//!         -> AnswerCache: question, options, weights and generation of every root -> engine
//! ```
//! Everything here is called from many threads at once and blocks; a face that must not block calls
//! it from threads of its own. Nothing here knows of HTTP.

pub mod counter;
pub mod job;
pub mod pool;
pub mod watch;
pub mod root;
pub mod space;
pub mod cache;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use contextlite_engine::context::{
    CitedPassage, Context, Listed, Question, SearchAnswer, SelectionStatus, Stages,
};
use contextlite_engine::engine::{self, Excerpt, Step};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::findings::FindingsCache;

use self::cache::{AnswerCache, Fingerprint};
use self::counter::Counters;
use self::job::{Job, Jobs};
use self::root::{Readiness, Root};
use self::space::{Source, Space, Spaces};
use crate::operation;
use crate::place::Choice;
use crate::wire::text_of;

/// All state of a running server.
pub struct Service {
    /// Where questions can be asked.
    pub spaces: Spaces,
    /// The answers that are kept.
    pub cache: AnswerCache,
    /// What was done so far.
    pub counters: Counters,
    /// Index runs that are watched from outside.
    pub jobs: Jobs,
    started: Instant,
    is_stopping: Arc<AtomicBool>,
}

/// An answer and how it came about.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The answer with the times of its stages; shared with the cache.
    pub content: Arc<(Context, Stages)>,
    /// Whether it was kept from an earlier question.
    pub is_cached: bool,
    /// Names question, options and content.
    pub fingerprint: Fingerprint,
    /// Bringing the indexes up to date.
    pub index: Duration,
    /// Sentences about the indexes.
    pub notes: Vec<String>,
}

/// The stores that an answer is from.
#[derive(Default)]
pub struct Prepared {
    /// The stores, a library first.
    pub sources: Vec<Source>,
    /// Sentences about the indexes.
    pub notes: Vec<String>,
    /// The roots that are not up to date yet.
    pub unfinished: Vec<Unfinished>,
    /// Why others lack what changed on disk.
    pub lacks: Vec<String>,
    /// Bringing the indexes up to date.
    pub index: Duration,
}

/// A root whose index is being brought up to date.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// The root.
    pub root: PathBuf,
    /// How far the run is; `None` if it has not begun, because another process is at it.
    pub step: Option<Step>,
    /// The documents that can be asked by now.
    pub documents: u64,
}

impl Service {
    /// A service without any work done.
    pub fn new(spaces: Spaces, cache_bytes: u64) -> Self {
        let is_stopping = Arc::new(AtomicBool::new(false));
        Self {
            spaces,
            cache: AnswerCache::new(cache_bytes),
            counters: Counters::default(),
            jobs: Jobs::new(Arc::clone(&is_stopping)),
            started: Instant::now(),
            is_stopping,
        }
    }

    /// The time since the start.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Asks all index runs to stop after what they are committing.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Answers a question within its budget, from files as they are now.
    ///
    /// With `use_cache` an equal question about equal content is answered from memory, and one with
    /// the same words, another budget say, is not looked for again.
    ///
    /// # Errors
    /// Whatever keeps an index from being opened or asked.
    pub fn context(&self, space: &Space, question: &Question, use_cache: bool) -> Result<Answer> {
        self.context_from(&self.fresh(space)?, question, use_cache)
    }

    /// As [`Service::context`], from what was prepared.
    ///
    /// # Errors
    /// Whatever keeps an index from being asked.
    pub fn context_from(
        &self,
        prepared: &Prepared,
        question: &Question,
        use_cache: bool,
    ) -> Result<Answer> {
        let start = Instant::now();
        let Prepared { sources, notes, index, .. } = prepared;
        let fingerprint = Fingerprint::of(question, sources)?;
        let nothing = FindingsCache::default();
        let findings = if use_cache { &self.cache.findings } else { &nothing };
        let make = || -> Result<(Context, Stages)> {
            let asked = sources.iter().map(Source::asked);
            let (context, stages) = engine::timed_context(asked, question, findings)?;
            self.counters.solved(&context.selection, stages);
            Ok((context, stages))
        };
        // A gap that a clock may have made is not kept.
        let is_final = |made: &(Context, Stages)| {
            let is_timed = question.selection.time_max.is_some();
            !is_timed || made.0.selection.status != SelectionStatus::Gap
        };
        let (content, is_cached) = if use_cache {
            self.cache.contexts.get_or_make(fingerprint, is_final, make)?
        } else {
            (Arc::new(make()?), false)
        };
        self.counters.answered(*index + start.elapsed());
        Ok(Answer { content, is_cached, fingerprint, index: *index, notes: notes.clone() })
    }

    /// Lists the best passages or documents for a question, from files as they are now, or from
    /// memory as in [`Service::context`].
    ///
    /// # Errors
    /// As [`Service::context`].
    pub fn search(
        &self,
        space: &Space,
        question: &Question,
        listed: Listed,
        limit: usize,
    ) -> Result<Arc<SearchAnswer>> {
        self.search_from(&self.fresh(space)?, question, listed, limit)
    }

    /// As [`Service::search`], from what was prepared.
    ///
    /// # Errors
    /// As [`Service::context_from`].
    pub fn search_from(
        &self,
        prepared: &Prepared,
        question: &Question,
        listed: Listed,
        limit: usize,
    ) -> Result<Arc<SearchAnswer>> {
        let start = Instant::now();
        let sources = &prepared.sources;
        let fingerprint = Fingerprint::of(&(question, listed, limit), sources)?;
        let make = || {
            let asked = sources.iter().map(Source::asked);
            engine::search(asked, question, listed, limit, &self.cache.findings)
        };
        let (answer, _) = self.cache.lists.get_or_make(fingerprint, |_| true, make)?;
        self.counters.ranked(prepared.index + start.elapsed());
        Ok(answer)
    }

    /// A whole document of a space as it is now: by its id in the library, or by its path from a
    /// root or from the file system; `None` if there is none.
    ///
    /// # Errors
    /// As [`Service::context`].
    pub fn document(&self, space: &Space, name: &str) -> Result<Option<Excerpt>> {
        for source in self.sources(space)? {
            if let Some(found) = source.document(name)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The stores of a space, brought up to date; its library first.
    ///
    /// # Errors
    /// As [`Service::context`].
    pub fn sources(&self, space: &Space) -> Result<Vec<Source>> {
        self.fresh(space).map(|prepared| prepared.sources)
    }

    /// The metadata of documents of a library, as they were written, by id.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn metadata(
        &self,
        space: &Space,
        passages: &[CitedPassage],
    ) -> Result<HashMap<String, String>> {
        let mut metadata = HashMap::new();
        let Some(name) = &space.library else { return Ok(metadata) };
        let Some(library) = self.spaces.library(name)? else { return Ok(metadata) };
        for id in passages.iter().filter_map(|passage| passage.document_id.as_ref()) {
            if !metadata.contains_key(id)
                && let Some(text) = library.get(id)?.and_then(|document| document.metadata)
            {
                metadata.insert(id.clone(), text);
            }
        }
        Ok(metadata)
    }

    /// Indexes a root as a job. A choice of files replaces the one that is remembered; more files
    /// than `files_max` are refused before anything is written.
    ///
    /// # Errors
    /// `Busy` if too many jobs run.
    pub fn index(
        self: &Arc<Self>,
        root: &Arc<Root>,
        choice: Choice,
        files_max: Option<u64>,
    ) -> Result<Arc<Job>> {
        let (service, indexed) = (Arc::clone(self), Arc::clone(root));
        self.jobs.begin(text_of(root.path()), move |progress| {
            let configuration = &service.spaces.grounds.configuration;
            let mut target = indexed.target(&service.spaces.grounds)?;
            if choice != Choice::default() {
                operation::choose(&mut target, choice, configuration)?;
            }
            if let Some(most) = files_max {
                let files = operation::plan(&target)?.documents.len() as u64;
                if most < files {
                    let message = format!("{files} files would be indexed, {most} may be");
                    return Err(Error::InvalidInput { field: "max_files", message });
                }
            }
            operation::index(&mut target, false, configuration, progress).map(|done| done.answer)
        })
    }

    /// The stores of a space, brought up to date, however long that takes.
    fn fresh(&self, space: &Space) -> Result<Prepared> {
        let start = Instant::now();
        let mut prepared = self.begun(space)?;
        let go_on = |_: Step| !self.is_stopping.load(Ordering::Relaxed);
        for root in &space.roots {
            let (workspace, look) = root.fresh(&self.spaces.grounds, &go_on)?;
            prepared.sources.push(Source::Workspace(workspace));
            prepared.notes.extend(look.notes.into_iter().chain(look.lacks));
        }
        prepared.index = start.elapsed();
        Ok(prepared)
    }

    /// The stores of a space as they can be had within `wait`: brought up to date if that is done
    /// by then, else as they are, and [`Prepared::unfinished`] says how far they are and
    /// [`Prepared::lacks`] what they lack. The rest is done in the background. `on_step` is told
    /// now and then.
    ///
    /// # Errors
    /// As [`Service::context`].
    pub fn prepare_within(
        self: &Arc<Self>,
        space: &Space,
        wait: Duration,
        on_step: &dyn Fn(Step),
    ) -> Result<Prepared> {
        let start = Instant::now();
        let mut prepared = self.begun(space)?;
        for root in &space.roots {
            let (service, worked) = (Arc::clone(self), Arc::clone(root));
            let begin = move || {
                let work = move || {
                    let go_on = |_: Step| !service.is_stopping.load(Ordering::Relaxed);
                    worked.work_off(&service.spaces.grounds, &go_on);
                };
                let thread = std::thread::Builder::new().name("refresh".to_owned()).spawn(work);
                thread.map(drop).map_err(|source| Error::io("a new thread", source))
            };
            let left = wait.saturating_sub(start.elapsed());
            match root.fresh_within(&self.spaces.grounds, left, begin, on_step)? {
                Readiness::Fresh(workspace, look) => {
                    prepared.sources.push(Source::Workspace(workspace));
                    prepared.notes.extend(look.notes);
                    prepared.lacks.extend(look.lacks);
                }
                Readiness::Underway(workspace, step) => {
                    let totals = workspace.as_ref().map(|workspace| workspace.totals());
                    let documents = totals.transpose()?.map_or(0, |totals| totals.documents);
                    let root = root.path().to_owned();
                    prepared.unfinished.push(Unfinished { root, step, documents });
                    prepared.sources.extend(workspace.map(Source::Workspace));
                }
            }
        }
        prepared.index = start.elapsed();
        Ok(prepared)
    }

    /// A preparation with the library of a space.
    fn begun(&self, space: &Space) -> Result<Prepared> {
        let mut prepared = Prepared::default();
        if let Some(name) = &space.library
            && let Some(library) = self.spaces.library(name)?
        {
            prepared.sources.push(Source::Library(name.clone(), library));
        }
        Ok(prepared)
    }
}

/// The present, in nanoseconds since 1970.
pub fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_nanos().min(i64::MAX as u128) as i64
}
