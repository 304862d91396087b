//! Indexing: a folder's files into the store and the full-text index, and only what has changed.
//!
//! ```text
//! files::list -> Plan (size and time, then hash) -> read, parse, prepare    N threads, in order
//!    -> batch: store transaction + index segment -> commit -> ... -> ranks -> report
//! ```
//! [`run`] first compares the listing with the store through a reader; when nothing has changed it
//! ends there, without the writer lock, without opening the index, at the cost of the listing.
//! Otherwise it takes the lock and compares again, since another process may have done the work.
//!
//! Several processes index one folder, so a listing can be older than what is in the store by the
//! time it is used. Two rules keep the store from going back to it. Under the lock the files are
//! listed again if the store was written since the first listing began, or if a file that is to be
//! removed is there. And no run says that there is nothing to do while another one writes: that one
//! may have listed the files before. So every state that a run has seen and compared, or a later
//! one, is what answers are from.
//!
//! A batch is committed when its texts reach [`BATCH_TEXT_BYTES`]: everything slow is written
//! first, then the store commits, then the index (see [`crate::index::Writer`]). Death at any
//! instant keeps all committed batches, and the next run does the rest.
//!
//! The same files give the same store content in the same order, whatever the number of threads.

mod pipeline;
mod add;
mod heal;
mod plan;
mod pending;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub(crate) use self::add::prepare_all;
pub use self::heal::Healing;
pub(crate) use self::heal::heal;
use self::heal::{Loaded, Readers, load};
pub(crate) use self::pending::pending;
use self::pipeline::Limits;
use self::plan::{Plan, Task, is_settled};
use crate::authority::{self, FileNames};
use crate::document::FileStat;
use crate::error::{Error, Result};
use crate::files::{self, Listing, WalkOptions};
use crate::history::{self, Head, HistoryLimits};
use crate::index::{self, Disk, Standing};
use crate::prepare::{
    PIPELINE_VERSION, PreparedDocument, PreparedHistory, prepare, prepare_history,
};
use crate::store::{
    self, Batch, HistoryUpdate, KnownFile, LOCK_WAIT, Reader, SkippedFile, State, StorePaths,
    Totals, WriterLock,
};
use crate::token::Tokenizer;

/// A batch is committed at this many bytes of text: some seconds of work that death can cost, and
/// a segment of the full-text index that is worth its own file.
const BATCH_TEXT_BYTES: u64 = 24 << 20;

/// How a folder is indexed.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Which files are wanted.
    pub walk: WalkOptions,
    /// How much of the git history is read; `None` for none of it.
    pub history: Option<HistoryLimits>,
    /// The number of threads that prepare documents; 0 for as many as the machine runs at once.
    pub threads: usize,
    /// The present, in nanoseconds since 1970; decides which files are too new to trust their time.
    pub now_ns: i64,
    /// How long another writer is waited for.
    pub lock_wait: Duration,
}

impl IngestOptions {
    /// The usual options at the time `now_ns`.
    pub fn at(now_ns: i64) -> Self {
        Self {
            walk: WalkOptions::default(),
            history: Some(HistoryLimits::default()),
            threads: 0,
            now_ns,
            lock_wait: LOCK_WAIT,
        }
    }
}

/// The parts of an index run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking at the folder.
    List,
    /// Bringing the full-text index back in step with the store.
    Heal,
    /// Reading the git history.
    History,
    /// Reading, preparing and storing files; the only stage with a known length.
    Index,
    /// Computing ranks and merging.
    Finish,
}

/// How far an index run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is being done.
    pub stage: Stage,
    /// The files that are done.
    pub done: u64,
    /// The files that there are to do; 0 while that is not known.
    pub total: u64,
}

/// Is told how far an index run is, and decides whether it goes on.
pub trait Progress: Sync {
    /// Takes a step; `false` stops the run after what is committed.
    fn step(&self, step: Step) -> bool;
}

impl<F: Fn(Step) -> bool + Sync> Progress for F {
    fn step(&self, step: Step) -> bool {
        self(step)
    }
}

/// What an index run found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexReport {
    /// The files that were looked at.
    pub scanned: u64,
    /// The documents that were stored, new or changed.
    pub indexed: u64,
    /// The documents that were indexed again because their history had changed.
    pub refreshed: u64,
    /// The files that needed nothing.
    pub unchanged: u64,
    /// The documents that were removed.
    pub removed: u64,
    /// The files that are not documents and why, sorted by path.
    pub skipped: Vec<SkippedFile>,
    /// What is wrong with ignore files.
    pub warnings: Vec<String>,
    /// The commits that were read.
    pub commits: u64,
    /// The bytes of text that were stored.
    pub text_bytes: u64,
    /// The sums over all documents, after the run.
    pub totals: Totals,
    /// What had to be repaired.
    pub healing: Healing,
}

impl IndexReport {
    /// The number of skipped files for each name of a reason.
    pub fn skipped_by_name(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for skip in &self.skipped {
            *counts.entry(skip.name.as_str()).or_default() += 1;
        }
        counts
    }
}

/// Brings the store and its index up to date with the files below `root`.
///
/// # Errors
/// `Io` if the root cannot be listed; `Busy` if another process writes for longer than is waited;
/// `NotWritable`, `DamagedStore`, `NewerSchema`, `Index` from the store; `InvalidInput` on
/// `database` for that of a library; `Cancelled` if `progress` said so. What was committed is kept
/// in all cases.
pub fn run(
    paths: &StorePaths,
    root: &Path,
    options: &IngestOptions,
    progress: &dyn Progress,
) -> Result<IndexReport> {
    go_on(progress, Stage::List)?;
    let generation = Reader::open_migrated(&paths.database)?.map(|it| it.state().generation);
    let listing = files::list(root, &options.walk)?;
    let source = Source {
        root: root.to_string_lossy().into_owned(),
        reading: reading_of(&options.walk),
        head: options.history.and_then(|_| history::head(root)),
    };
    if WriterLock::is_held(&paths.lock) {
        drop(WriterLock::take(&paths.lock, options.lock_wait)?);
    }
    if let Some(reader) = Reader::open_migrated(&paths.database)? {
        if reader.state().root == store::LIBRARY_ROOT {
            let message = format!("{} is that of a library", paths.database.display());
            return Err(Error::InvalidInput { field: "database", message });
        }
        let plan = Plan::of(&listing, Some(&reader), source.is_read_anew(reader.state()))?;
        if plan.is_empty() && source.is_current(reader.state(), &paths.index) {
            return Ok(report_of(&listing, plan, reader.state().totals));
        }
    }
    if let Some(folder) = paths.database.parent() {
        std::fs::create_dir_all(folder).map_err(|error| store::not_writable(folder, &error))?;
    }
    let writer = store::Writer::open(paths, options.lock_wait)?;
    let relist = || files::list(root, &options.walk);
    let is_old = generation.unwrap_or_default() != writer.state()?.generation;
    let mut listing = if is_old { relist()? } else { listing };
    let mut run = Run::start(&writer, paths, options, progress)?;
    run.read_history(root, &source)?;
    let mut plan = run.plan(&listing, &source)?;
    if plan.removed.iter().any(|(path, _)| root.join(path).symlink_metadata().is_ok()) {
        drop(plan);
        listing = relist()?;
        plan = run.plan(&listing, &source)?;
    }
    run.index(&listing, plan, &source)?;
    run.finish()
}

/// What decides how files are read, as the store remembers it.
fn reading_of(walk: &WalkOptions) -> String {
    format!("{} {}", walk.size_max_bytes, walk.secrets)
}

/// Where the documents come from, and how.
struct Source {
    root: String,
    reading: String,
    head: Option<Head>,
}

impl Source {
    fn is_read_anew(&self, state: &State) -> bool {
        state.reading != self.reading
    }

    fn head_id(&self) -> Option<&str> {
        self.head.as_ref().map(|head| head.id.as_str())
    }

    /// Whether a store that knows all files as they are needs nothing else.
    fn is_current(&self, state: &State, index: &Path) -> bool {
        state.root == self.root
            && state.head.as_deref() == self.head_id()
            && state.pipeline == PIPELINE_VERSION
            && !state.is_unranked
            && index::standing(index, state) == Standing::Current
    }
}

fn report_of(listing: &Listing, plan: Plan<'_>, totals: Totals) -> IndexReport {
    IndexReport {
        scanned: (listing.files.len() + listing.skipped.len()) as u64,
        unchanged: plan.unchanged,
        skipped: plan.skips,
        warnings: listing.warnings.clone(),
        totals,
        ..IndexReport::default()
    }
}

fn go_on(progress: &dyn Progress, stage: Stage) -> Result<()> {
    if progress.step(Step { stage, done: 0, total: 0 }) { Ok(()) } else { Err(Error::Cancelled) }
}

/// One run under the writer lock.
struct Run<'w> {
    writer: &'w store::Writer,
    index: index::Writer,
    paths: &'w StorePaths,
    options: &'w IngestOptions,
    progress: &'w dyn Progress,
    threads: usize,
    batch: Option<Batch<'w>>,
    batch_bytes: u64,
    report: IndexReport,
}

/// What a thread made of a task.
enum Outcome {
    /// The file is what is known, at this size and time.
    Same(FileStat),
    Prepared(Box<PreparedDocument>, Option<PreparedHistory>),
    Refreshed(Box<Loaded>),
    Skipped(SkippedFile),
}

impl<'w> Run<'w> {
    fn start(
        writer: &'w store::Writer,
        paths: &'w StorePaths,
        options: &'w IngestOptions,
        progress: &'w dyn Progress,
    ) -> Result<Self> {
        go_on(progress, Stage::Heal)?;
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let (index, healing) = heal(writer, paths, (threads, Disk::Now))?;
        let report = IndexReport { healing, ..IndexReport::default() };
        let (batch, batch_bytes) = (None, 0);
        Ok(Self { writer, index, paths, options, progress, threads, batch, batch_bytes, report })
    }

    /// Stores what is new in the git history, and marks the documents that it is about.
    fn read_history(&mut self, root: &Path, source: &Source) -> Result<()> {
        let state = self.writer.state()?;
        let Some(limits) = self.options.history else { return Ok(()) };
        if state.head.as_deref() == source.head_id() {
            return Ok(());
        }
        go_on(self.progress, Stage::History)?;
        let walk = history::read_since(root, state.head.as_deref(), &limits);
        let update = HistoryUpdate {
            head: walk.as_ref().map(|walk| walk.head.as_str()),
            commits: walk.as_ref().map_or(&[], |walk| &walk.commits),
            is_complete: walk.as_ref().is_some_and(|walk| walk.complete),
            messages_max: limits.messages_per_file_max as usize,
        };
        let mut batch = self.writer.begin()?;
        batch.put_walk(&update)?;
        batch.commit()?;
        self.report.commits = update.commits.len() as u64;
        Ok(())
    }

    fn plan<'l>(&self, listing: &'l Listing, source: &Source) -> Result<Plan<'l>> {
        let reader = Reader::open(&self.paths.database)?;
        let is_read_anew = reader.as_ref().is_none_or(|reader| source.is_read_anew(reader.state()));
        Plan::of(listing, reader.as_ref(), is_read_anew)
    }

    fn index(&mut self, listing: &Listing, mut plan: Plan<'_>, source: &Source) -> Result<()> {
        let tasks = std::mem::take(&mut plan.tasks);
        let (removed, has_same_skips) = (std::mem::take(&mut plan.removed), plan.has_same_skips);
        let healing = std::mem::take(&mut self.report.healing);
        let commits = self.report.commits;
        self.report = report_of(listing, plan, Totals::default());
        self.report.healing = healing;
        self.report.commits = commits;
        if self.writer.state()?.content == 0 {
            self.batch()?.set_pipeline(PIPELINE_VERSION);
        }
        for &(_, document) in &removed {
            self.batch()?.remove(document)?;
            self.index.remove(document);
            self.report.removed += 1;
        }
        let skips_before = self.report.skipped.len();
        self.work(&tasks)?;
        if !has_same_skips || self.report.skipped.len() != skips_before {
            self.report.skipped.sort_by(|a, b| a.path.cmp(&b.path));
            let skips = std::mem::take(&mut self.report.skipped);
            self.batch()?.set_skips(&skips)?;
            self.report.skipped = skips;
        }
        let state = self.batch()?.state();
        if state.root != source.root || state.reading != source.reading {
            let tokenizer = Tokenizer::O200k.name();
            self.batch()?.set_source(&source.root, &source.reading, tokenizer);
        }
        self.commit()
    }

    /// Does the tasks on several threads, and stores their outcomes in order.
    fn work(&mut self, tasks: &[Task<'_>]) -> Result<()> {
        let readers = Readers::new(&self.paths.database);
        let total = tasks.len() as u64;
        let (options, limits) = (self.options, Limits::for_threads(self.threads));
        let mut done = 0;
        let result = pipeline::run(
            tasks,
            Task::size_bytes,
            |task| outcome_of(task, options, &readers),
            limits,
            |task, outcome| {
                self.store(task, outcome?)?;
                done += 1;
                let step = Step { stage: Stage::Index, done, total };
                if self.progress.step(step) { Ok(()) } else { Err(Error::Cancelled) }
            },
        );
        if matches!(result, Err(Error::Cancelled)) {
            self.commit()?;
        }
        result
    }

    fn store(&mut self, task: &Task<'_>, outcome: Outcome) -> Result<()> {
        let now_ns = self.options.now_ns;
        match outcome {
            Outcome::Same(stat) => {
                if let Some(known) = task.known() {
                    let settled = is_settled(stat, now_ns);
                    if known.stat != stat || known.is_settled != settled {
                        self.batch()?.set_stat(known.id, stat, settled)?;
                    }
                }
                self.report.unchanged += 1;
            }
            Outcome::Prepared(prepared, history) => {
                let settled = is_settled(prepared.document.stat, now_ns);
                let stored = self.batch()?.put(&prepared, history.as_ref(), settled)?;
                self.index.put(stored, &prepared, history.as_ref())?;
                self.report.indexed += 1;
                self.report.text_bytes += prepared.document.text.len() as u64;
                self.note_bytes(prepared.document.text.len())?;
            }
            Outcome::Refreshed(loaded) => {
                let Loaded { stored, prepared, history, .. } = *loaded;
                self.batch()?.put_history(stored.document, &prepared, history.as_ref())?;
                self.index.put(stored, &prepared, history.as_ref())?;
                self.report.refreshed += 1;
                self.note_bytes(prepared.document.text.len())?;
            }
            Outcome::Skipped(skip) => {
                let is_to_be_kept = skip.name == CHANGED_WHILE_READ;
                if let Some(known) = task.known().filter(|_| !is_to_be_kept) {
                    self.batch()?.remove(known.id)?;
                    self.index.remove(known.id);
                    self.report.removed += 1;
                }
                self.report.skipped.push(skip);
            }
        }
        Ok(())
    }

    fn note_bytes(&mut self, bytes: usize) -> Result<()> {
        self.batch_bytes += bytes as u64;
        if self.batch_bytes < BATCH_TEXT_BYTES { Ok(()) } else { self.commit() }
    }

    /// The batch under way.
    fn batch(&mut self) -> Result<&mut Batch<'w>> {
        if self.batch.is_none() {
            self.batch = Some(self.writer.begin()?);
        }
        Ok(self.batch.as_mut().expect("a batch was just begun"))
    }

    /// Commits the batch under way to the store and then to the index.
    fn commit(&mut self) -> Result<()> {
        self.batch_bytes = 0;
        let Some(mut batch) = self.batch.take() else { return Ok(()) };
        let state = batch.state();
        if state.content != state.generation {
            return batch.commit().map(|_| ());
        }
        batch.forget_tombstones(self.writer.state()?.content)?;
        let flushed = self.index.flush()?;
        let state = batch.commit()?;
        flushed.commit(&state)
    }

    /// Computes ranks where documents have changed, and tidies up.
    fn finish(mut self) -> Result<IndexReport> {
        let state = self.writer.state()?;
        if state.is_unranked {
            go_on(self.progress, Stage::Finish)?;
            let mut batch = self.writer.begin()?;
            if let Some(reader) = Reader::open_unmapped(&self.paths.database)? {
                rank(&reader, &mut batch)?;
            }
            batch.commit()?;
        }
        self.report.totals = state.totals;
        self.index.finish()?;
        self.writer.checkpoint()?;
        Ok(self.report)
    }
}

/// The name of the one reason to keep what is known of a file: it will be read again.
const CHANGED_WHILE_READ: &str = "changed_while_read";

impl Task<'_> {
    fn known(&self) -> Option<&KnownFile> {
        match self {
            Self::Read { known, .. } => known.as_ref(),
            Self::Refresh(known) => Some(known),
        }
    }

    fn size_bytes(&self) -> u64 {
        match self {
            Self::Read { file, .. } => file.stat.size_bytes,
            Self::Refresh(known) => known.stat.size_bytes,
        }
    }
}

/// Reads and prepares; runs on any thread and writes nothing.
fn outcome_of(task: &Task<'_>, options: &IngestOptions, readers: &Readers<'_>) -> Result<Outcome> {
    let (file, known) = match task {
        Task::Refresh(known) => {
            let loaded = readers.with(|reader| load(reader, known.id))?;
            return Ok(Outcome::Refreshed(Box::new(loaded)));
        }
        Task::Read { file, known } => (file, known),
    };
    let document = match files::read(file, &options.walk) {
        Ok(document) => document,
        Err(reason) => {
            let lasts = reason.is_lasting() && is_settled(file.stat, options.now_ns);
            return Ok(Outcome::Skipped(SkippedFile {
                path: file.path.clone(),
                name: reason.name().to_owned(),
                reason: reason.to_string(),
                stat: lasts.then_some(file.stat),
            }));
        }
    };
    if let Some(known) = known
        && known.hash == document.hash
    {
        if !known.is_stale {
            return Ok(Outcome::Same(document.stat));
        }
        let loaded = readers.with(|reader| load(reader, known.id))?;
        return Ok(Outcome::Refreshed(Box::new(loaded)));
    }
    let history = readers.with(|reader| reader.history(&document.path))?;
    let history = history.map(|history| prepare_history(&history));
    Ok(Outcome::Prepared(Box::new(prepare(document)), history))
}

/// Computes the ranks of all documents.
fn rank(reader: &Reader, batch: &mut Batch<'_>) -> Result<()> {
    let (mut ids, mut files) = (Vec::new(), Vec::new());
    reader.each_names(|names| {
        ids.push(names.id);
        let mentioned = names.mentioned.into_iter().map(|(name, _)| name).collect();
        files.push(FileNames { defined: names.defined, mentioned });
    })?;
    let mut ranks: Vec<_> = ids.into_iter().zip(authority::ranks(&files)).collect();
    ranks.sort_unstable_by_key(|&(id, _)| id);
    batch.set_ranks(&ranks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentId;

    #[test]
    fn a_store_of_the_first_schema_is_brought_to_this_one_with_its_documents() {
        let folder = tempfile::tempdir().unwrap();
        let (root, text) = (folder.path().join("root"), "fn weigh_parcel() {}\n");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("a.rs"), text).unwrap();
        let paths = StorePaths::of(&folder.path().join("store.db"));
        store::store_of_first_version(&paths.database, "a.rs", text);
        let refused = Reader::open(&paths.database).unwrap_err().to_string();
        assert!(refused.contains("run `contextlite index`"), "{refused}");

        let report = run(&paths, &root, &IngestOptions::at(2), &|_| true).unwrap();
        assert!(matches!(report.healing, Healing::Rebuilt { documents: 1, .. }), "{report:?}");
        let reader = Reader::open(&paths.database).unwrap().unwrap();
        let row = reader.document_by_path("a.rs").unwrap().unwrap();
        assert_eq!(row.id, DocumentId(1), "what was there keeps its number");
        let passages = reader.passages_in(&row, |_| true).unwrap();
        let block = format!("## a.rs:1-1\n```rust\n{text}```\n\n");
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].tokens, Tokenizer::O200k.count(&block));
        assert_eq!(passages[0].tokens_cl100k, Tokenizer::Cl100k.count(&block));
    }
}
