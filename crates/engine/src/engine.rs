//! The engine as its faces see it: workspaces that are indexed, asked, shown and inspected; and
//! questions that are asked of workspaces and libraries together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::assemble;
use crate::context::{Context, Listed, Question, SearchAnswer, Stages};
use crate::error::{Error, Result};
use crate::excerpt;
pub use crate::excerpt::Excerpt;
use crate::files::{self, WalkOptions};
use crate::findings::FindingsCache;
use crate::history::{self, Head};
use crate::ingest;
pub use crate::ingest::{
    Healing, IndexReport, IngestOptions as IndexOptions, Progress, Stage, Step,
};
use crate::learn::{self, Judgement, LearnedWeights};
use crate::library::Library;
pub use crate::snapshot::{Holdings, Version};
use crate::snapshot::{SNAPSHOT_WAIT, Snapshot, Snapshots, Source};
use crate::store::{DocumentRow, LOCK_WAIT, Reader, StorePaths, Writer};
pub use crate::store::{SkippedFile, Totals};
use crate::symbol::{self, DocumentOutline, SymbolAnswer, SymbolLimits};

/// Where a workspace is: the folder that is indexed, and the database that holds its index.
///
/// The full-text index and the lock file stand beside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The folder that is indexed.
    pub root: PathBuf,
    /// The database file.
    pub database: PathBuf,
}

/// One folder and its index.
pub struct Workspace {
    location: Location,
    snapshots: Snapshots,
    healing: Healing,
}

/// Facts about a workspace, measured when they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceStatus {
    /// The number of documents.
    pub documents: u64,
    /// The number of passages.
    pub passages: u64,
    /// The bytes of all texts.
    pub text_bytes: u64,
    /// The bytes of the database file and its log.
    pub database_bytes: u64,
    /// The bytes of the full-text index.
    pub index_bytes: u64,
    /// The number of the last committed write.
    pub generation: u64,
    /// When the database was last written, in seconds since 1970.
    pub indexed_s: Option<i64>,
    /// How many files were skipped, for each name of a reason.
    pub skipped: Vec<(String, u64)>,
    /// The commit whose history was read last.
    pub head: Option<String>,
    /// The commit that is checked out now; `None` outside of git.
    pub head_now: Option<Head>,
    /// How many documents each language has, the most first.
    pub languages: Vec<(String, u64)>,
    /// How many files have changed on disk since they were indexed.
    pub changed: u64,
    /// How many files are on disk and not indexed, without those that are skipped for a reason.
    pub new: u64,
    /// How many documents have no file any more.
    pub deleted: u64,
}

impl WorkspaceStatus {
    /// Whether the next question finds nothing to index: no file, and no commit.
    pub fn is_fresh(&self) -> bool {
        let is_read = |head: &String| self.head_now.as_ref().is_none_or(|now| *head == now.id);
        self.changed + self.new + self.deleted == 0 && self.head.as_ref().is_none_or(is_read)
    }
}

impl Workspace {
    /// Opens the workspace, creating its database if there is none, and repairs what is derived.
    ///
    /// # Errors
    /// `NotWritable` if there is none and none can be made; `DamagedStore`, `NewerSchema`,
    /// `Index`, `Busy` from the store.
    pub fn open(location: &Location) -> Result<Self> {
        if let Some(workspace) = Self::open_existing(location)? {
            return Ok(workspace);
        }
        drop(Writer::open(&StorePaths::of(&location.database), LOCK_WAIT)?);
        Self::open_existing(location)?.ok_or_else(|| Error::NotFound {
            what: "database",
            name: location.database.display().to_string(),
        })
    }

    /// Opens the workspace if it has a database.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_existing(location: &Location) -> Result<Option<Self>> {
        let snapshots = Snapshots::new(StorePaths::of(&location.database), SNAPSHOT_WAIT);
        if !Reader::is_there(&location.database)? {
            return Ok(None);
        }
        Ok(Some(Self { location: location.clone(), snapshots, healing: Healing::None }))
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What had to be repaired by the last index run, a line each.
    pub fn notes(&self) -> Vec<String> {
        match &self.healing {
            Healing::None => Vec::new(),
            healing => vec![healing.to_string()],
        }
    }

    /// Brings the index up to date with the files.
    ///
    /// # Errors
    /// See [`ingest::run`].
    pub fn index(
        &mut self,
        options: &IndexOptions,
        progress: &dyn Progress,
    ) -> Result<IndexReport> {
        let report = ingest::run(self.snapshots.paths(), &self.location.root, options, progress)?;
        self.healing = report.healing.clone();
        Ok(report)
    }

    /// The sums over all documents, without a look at the files.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn totals(&self) -> Result<Totals> {
        Ok(self.reader()?.state().totals)
    }

    /// Which store this is and what was committed last; answers of equal versions are equal.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn version(&self) -> Result<Version> {
        self.snapshots.version()?.ok_or_else(|| self.gone())
    }

    /// When the database was last written, in seconds since 1970.
    pub fn indexed_s(&self) -> Option<i64> {
        self.snapshots.paths().database_size().1
    }

    /// What it holds, without a look at the files.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn holdings(&self) -> Result<Holdings> {
        self.snapshots.holdings()?.ok_or_else(|| self.gone())
    }

    /// Facts about the workspace; looks at every file's size and time under the root, and reads
    /// those whose time is too new to tell a change.
    ///
    /// # Errors
    /// Any failure of the store, or `Io` if the root cannot be listed.
    pub fn status(&self, walk: &WalkOptions) -> Result<WorkspaceStatus> {
        let reader = self.reader()?;
        let state = reader.state().clone();
        let mut skipped: BTreeMap<String, u64> = BTreeMap::new();
        for skip in reader.skips()? {
            *skipped.entry(skip.name).or_default() += 1;
        }
        let pending = ingest::pending(&reader, &self.location.root, walk)?;
        let (database_bytes, indexed_s) = self.snapshots.paths().database_size();
        Ok(WorkspaceStatus {
            documents: state.totals.documents,
            passages: state.totals.passages,
            text_bytes: state.totals.text_bytes,
            database_bytes,
            index_bytes: self.snapshots.paths().index_bytes(),
            generation: state.generation.max(0) as u64,
            indexed_s,
            skipped: skipped.into_iter().collect(),
            head: state.head,
            head_now: history::head(&self.location.root),
            languages: reader.languages()?,
            changed: pending.changed,
            new: pending.new,
            deleted: pending.deleted,
        })
    }

    /// Lines `first..=last` of a document as it was indexed; `last` may lie beyond its end.
    ///
    /// # Errors
    /// `NotFound` for a path that is not indexed; `InvalidInput` on `lines` for a range that
    /// starts after the document or ends before it starts.
    pub fn show(&self, path: &str, first: u32, last: u32) -> Result<Excerpt> {
        let reader = self.reader()?;
        let document = document_at(&reader, path)?;
        excerpt::read(&reader, &document, (first, last), || self.is_changed(&document))
    }

    /// The named parts of a document as it was indexed.
    ///
    /// # Errors
    /// `NotFound` for a path that is not indexed; any failure of the store.
    pub fn outline(&self, path: &str) -> Result<DocumentOutline> {
        let reader = self.reader()?;
        let document = document_at(&reader, path)?;
        symbol::outline(&reader, &document, self.is_changed(&document))
    }

    /// Whether the file on disk is not what was indexed.
    fn is_changed(&self, document: &DocumentRow) -> bool {
        let size_bytes = document.stat.size_bytes;
        let hash = files::hash_below(&self.location.root, &document.path, size_bytes);
        hash != Some(document.hash)
    }

    /// The paths of the documents that begin with `start`, sorted, `limit` of them after the first
    /// `offset`.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn paths(&self, start: &str, offset: usize, limit: usize) -> Result<Vec<String>> {
        self.reader()?.paths(start, offset, limit)
    }

    /// What was learned from feedback.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn weights(&self) -> Result<LearnedWeights> {
        learn::weights(&self.reader()?)
    }

    /// Learns from a judgement; answers of the new generation follow it. The index stays.
    ///
    /// # Errors
    /// See [`learn::measure`] and [`learn::keep`]; `Busy` while another process writes.
    pub fn learn(&self, judgement: &Judgement<'_>) -> Result<LearnedWeights> {
        let snapshot = self.snapshot()?;
        let measured = learn::measure(&Asked::Workspace(self).source(&snapshot), judgement)?;
        drop(snapshot);
        learn::keep(&self.writer()?, judgement, &measured)?;
        self.weights()
    }

    /// Undoes the newest judgement that is in force; `None` if there is none that can be undone.
    ///
    /// # Errors
    /// `Busy` while another process writes, or any failure of the store.
    pub fn undo(&self) -> Result<Option<LearnedWeights>> {
        let is_undone = learn::undo(&self.writer()?)?;
        is_undone.then(|| self.weights()).transpose()
    }

    /// Forgets all that was learned from feedback.
    ///
    /// # Errors
    /// `Busy` while another process writes, or any failure of the store.
    pub fn reset(&self) -> Result<()> {
        learn::reset(&self.writer()?)
    }

    /// Reads the whole database and checks that it is sound, and that the index fits it.
    ///
    /// # Errors
    /// `DamagedStore` with what was found, or any failure of store and index.
    pub fn check(&self) -> Result<()> {
        self.reader()?.check()?;
        self.snapshot().map(drop)
    }

    fn writer(&self) -> Result<Writer> {
        Writer::open(self.snapshots.paths(), LOCK_WAIT)
    }

    fn reader(&self) -> Result<Reader> {
        Reader::open(&self.location.database)?.ok_or_else(|| self.gone())
    }

    fn snapshot(&self) -> Result<Snapshot<'_>> {
        self.snapshots.take()?.ok_or_else(|| self.gone())
    }

    fn gone(&self) -> Error {
        let name = self.location.database.display().to_string();
        Error::NotFound { what: "database", name }
    }
}

/// What is asked: a workspace, or a library.
#[derive(Clone, Copy)]
pub enum Asked<'a> {
    /// The files of a folder.
    Workspace(&'a Workspace),
    /// Documents that are not files.
    Library(&'a Library),
}

impl<'a> From<&'a Workspace> for Asked<'a> {
    fn from(workspace: &'a Workspace) -> Self {
        Self::Workspace(workspace)
    }
}

impl<'a> From<&'a Library> for Asked<'a> {
    fn from(library: &'a Library) -> Self {
        Self::Library(library)
    }
}

impl<'a> From<&Asked<'a>> for Asked<'a> {
    fn from(asked: &Asked<'a>) -> Self {
        *asked
    }
}

impl<'a> Asked<'a> {
    fn snapshot(self) -> Result<Snapshot<'a>> {
        match self {
            Self::Workspace(workspace) => workspace.snapshot(),
            Self::Library(library) => library.snapshot(),
        }
    }

    fn source<'s>(self, snapshot: &'s Snapshot<'s>) -> Source<'s>
    where
        'a: 's,
    {
        match self {
            Self::Workspace(Workspace { location, .. }) => {
                Source { root: &location.root, is_library: false, snapshot }
            }
            Self::Library(library) => library.source(snapshot),
        }
    }
}

/// Answers a question within its budget from all that is asked.
///
/// # Errors
/// `InvalidInput` for a malformed glob or if nothing is asked; any failure of the stores.
pub fn context<'a, A: Into<Asked<'a>>>(
    asked: impl IntoIterator<Item = A>,
    question: &Question,
) -> Result<Context> {
    timed_context(asked, question, &FindingsCache::default()).map(|(context, _)| context)
}

/// As [`context`], and how long each stage took; findings of earlier questions are used again.
///
/// # Errors
/// As [`context`].
pub fn timed_context<'a, A: Into<Asked<'a>>>(
    asked: impl IntoIterator<Item = A>,
    question: &Question,
    cache: &FindingsCache,
) -> Result<(Context, Stages)> {
    with_sources(asked, |sources| assemble::context(sources, question, cache))
}

/// Ranks the passages or the documents of all that is asked and gives the best `limit`; findings of
/// earlier questions are used again.
///
/// # Errors
/// `InvalidInput` for a malformed glob or if nothing is asked; any failure of the stores.
pub fn search<'a, A: Into<Asked<'a>>>(
    asked: impl IntoIterator<Item = A>,
    question: &Question,
    listed: Listed,
    limit: usize,
    cache: &FindingsCache,
) -> Result<SearchAnswer> {
    with_sources(asked, |sources| assemble::search(sources, question, listed, limit, cache))
}

/// Where a name is defined and who mentions it, in all that is asked, in that order.
///
/// # Errors
/// `InvalidInput` on `name` if it is empty; any failure of the stores.
pub fn symbol<'a, A: Into<Asked<'a>>>(
    asked: impl IntoIterator<Item = A>,
    name: &str,
    limits: SymbolLimits,
) -> Result<SymbolAnswer> {
    if name.trim().is_empty() {
        let message = "it is empty; say which name is looked for".to_owned();
        return Err(Error::InvalidInput { field: "name", message });
    }
    let mut answer = SymbolAnswer { name: name.trim().to_owned(), ..SymbolAnswer::default() };
    for asked in asked {
        match asked.into() {
            Asked::Workspace(workspace) => {
                symbol::find(&workspace.reader()?, &workspace.location.root, &mut answer)?;
            }
            Asked::Library(library) => library.find_symbol(&mut answer)?,
        }
    }
    symbol::limit(&mut answer, limits);
    Ok(answer)
}

fn document_at(reader: &Reader, path: &str) -> Result<DocumentRow> {
    let found = reader.document_by_path(path)?;
    found.ok_or_else(|| Error::NotFound { what: "document", name: path.to_owned() })
}

fn with_sources<'a, A: Into<Asked<'a>>, R>(
    asked: impl IntoIterator<Item = A>,
    answer: impl FnOnce(&[Source<'_>]) -> Result<R>,
) -> Result<R> {
    let asked: Vec<Asked<'a>> = asked.into_iter().map(Into::into).collect();
    let snapshots: Vec<Snapshot<'_>> =
        asked.iter().map(|asked| asked.snapshot()).collect::<Result<_>>()?;
    let sources: Vec<Source<'_>> =
        asked.iter().zip(&snapshots).map(|(asked, snapshot)| asked.source(snapshot)).collect();
    answer(&sources)
}
