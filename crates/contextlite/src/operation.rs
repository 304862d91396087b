//! What can be asked of the program: one function each, without a word about terminals.
//!
//! A [`Target`] is one workspace that is asked about: its root, where its index lies, and which
//! files belong into it. A question brings every target's index up to date first. When that
//! cannot be done now, because another process is at it or the place cannot be written, the
//! question is answered from the index as it was, and a note says so: an answer that may be a
//! little old and says it is better than none.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use contextlite_engine::context::{Context, Instance, Listed, Question, SearchAnswer};
pub use contextlite_engine::engine::Progress;
use contextlite_engine::engine::{
    self, Excerpt, IndexOptions, IndexReport, Location, SkippedFile, Workspace, WorkspaceStatus,
};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::files::{self, WalkOptions};
use contextlite_engine::findings::FindingsCache;
use contextlite_engine::symbol::{DocumentOutline, SymbolAnswer, SymbolLimits};
use contextlite_select::{Style, digest};

use crate::config::{Configuration, Settings};
use crate::instance::{self, InstanceFormat};
use crate::place::{self, Choice, Places, Record};
use crate::wire::{Plan, Times, Verification};

/// How long a question waits for another process that indexes, when there is an older index that
/// it can be answered from.
const QUESTION_WAIT: Duration = Duration::from_secs(3);
/// How long is waited when there is nothing else to do.
const INDEX_WAIT: Duration = Duration::from_mins(2);

/// What a command was told about the workspaces that it is for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The folders that were named; none for the one around the current folder.
    pub roots: &'a [PathBuf],
    /// Whether any folder may be a root.
    pub any_root: bool,
    /// The database that was named.
    pub database: Option<&'a Path>,
}

/// One workspace that is asked about.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its root and its database.
    pub location: Location,
    /// The settings that hold for it.
    pub settings: Settings,
    /// What stands beside the database; `None` before the first index run.
    record: Option<Record>,
    /// A choice of files that is to be remembered in place of the one in the record.
    choice: Option<Choice>,
}

impl Target {
    /// The root.
    pub fn root(&self) -> &Path {
        &self.location.root
    }

    /// Whether there was an index run here before.
    pub fn is_known(&self) -> bool {
        self.record.is_some()
    }

    /// Which of its files are indexed.
    pub fn walk(&self) -> WalkOptions {
        let settings = &self.settings;
        WalkOptions {
            include: settings.list("index.include").to_vec(),
            exclude: settings.list("index.exclude").to_vec(),
            hidden: settings.flag("index.hidden"),
            secrets: settings.flag("index.secrets"),
            size_max_bytes: settings.number("index.size_max"),
            ..WalkOptions::default()
        }
    }

    fn options(&self, lock_wait: Duration) -> IndexOptions {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        IndexOptions {
            walk: self.walk(),
            lock_wait,
            ..IndexOptions::at(now.as_nanos().min(i64::MAX as u128) as i64)
        }
    }

    /// Remembers the root, and what was chosen, beside the database.
    fn remember(&mut self) -> Result<()> {
        let known = self.record.as_ref();
        let remembered = || known.map(|record| record.choice.clone());
        let choice = self.choice.clone().or_else(remembered).unwrap_or_default();
        let record = Record { root: self.root().to_string_lossy().into_owned(), choice };
        if known != Some(&record) {
            record.write(&self.location.database)?;
            self.record = Some(record);
        }
        Ok(())
    }
}

/// Finds the targets of a scope, in the order in which they were named.
///
/// # Errors
/// [`Error::NotFound`] and [`Error::InvalidInput`] for roots that do not exist, are files, are too
/// wide to be meant, or do not belong to the database that was named.
pub fn targets(
    scope: Scope<'_>,
    places: &Places,
    configuration: &Configuration,
) -> Result<Vec<Target>> {
    let roots = places.roots(scope.roots)?;
    if 1 < roots.len() && scope.database.is_some() {
        return Err(Error::InvalidInput {
            field: "--database",
            message: "one database holds one workspace; leave --database out, or name one --root"
                .to_owned(),
        });
    }
    let target = |root: PathBuf| {
        let location = locate(root, scope.database, places, configuration)?;
        let record = Record::read(&location.database)?;
        check(&location, record.as_ref(), scope.any_root, places)?;
        let choice = record.as_ref().map(|record| record.choice.clone()).unwrap_or_default();
        let settings = configuration.settings_for(&location.root, &choice)?;
        Ok(Target { location, settings, record, choice: None })
    };
    roots.into_iter().map(target).collect()
}

/// Finds the one target of a scope.
///
/// # Errors
/// As [`targets`]; [`Error::InvalidInput`] if several roots are named.
pub fn target(scope: Scope<'_>, places: &Places, configuration: &Configuration) -> Result<Target> {
    let mut targets = targets(scope, places, configuration)?;
    match (targets.pop(), targets.is_empty()) {
        (Some(target), true) => Ok(target),
        _ => Err(Error::InvalidInput {
            field: "--root",
            message: "this command works on one root at a time".to_owned(),
        }),
    }
}

/// Finds the target whose index is to be deleted; its root may be gone, and with a database that
/// was named no root need be.
///
/// # Errors
/// As [`target`].
pub fn forgettable(
    scope: Scope<'_>,
    places: &Places,
    configuration: &Configuration,
) -> Result<Target> {
    let database = scope.database.map(|database| places.current.join(database));
    let named = match scope.roots {
        [] => None,
        [root, ..] => Some(places.current.join(root)),
    };
    let is_missing = named.as_ref().is_some_and(|root| !root.exists());
    if is_missing || (named.is_none() && database.is_some()) {
        let folder = configuration.store_folder();
        let found = place::recorded_root(database.as_deref(), named.as_deref(), &folder)?;
        if let Some((root, database)) = found {
            let record = Record::read(&database)?;
            let location = Location { root, database };
            return Ok(Target {
                location,
                settings: configuration.settings(),
                record,
                choice: None,
            });
        }
    }
    target(scope, places, configuration)
}

fn locate(
    root: PathBuf,
    database: Option<&Path>,
    places: &Places,
    configuration: &Configuration,
) -> Result<Location> {
    if let Some(database) = database {
        return Ok(Location { root, database: places.current.join(database) });
    }
    let folder = configuration.store_folder();
    if folder.as_os_str().is_empty() {
        return Err(Error::InvalidInput {
            field: "--database",
            message: "there is no home directory to keep the index in; set HOME or name a file \
                      with --database"
                .to_owned(),
        });
    }
    Ok(place::location_of(&root, &folder))
}

fn check(
    location: &Location,
    record: Option<&Record>,
    any_root: bool,
    places: &Places,
) -> Result<()> {
    let root = &location.root;
    if let Some(record) = record {
        if record.root == root.to_string_lossy() {
            return Ok(());
        }
        return Err(Error::InvalidInput {
            field: "--database",
            message: format!(
                "{} is the index of {}, not of {}; name another file",
                location.database.display(),
                record.root,
                root.display()
            ),
        });
    }
    match places.too_wide(root) {
        Some(what) if !any_root => Err(Error::InvalidInput {
            field: "--root",
            message: format!(
                "{} is {what}; name a folder in it with --root, or say --any-root to index all \
                 of it",
                root.display()
            ),
        }),
        _ => Ok(()),
    }
}

/// An answer with what should be known about it.
#[derive(Debug)]
pub struct Answered<T> {
    /// The answer.
    pub answer: T,
    /// How long it took.
    pub times: Times,
    /// Sentences about the index that it is from.
    pub notes: Vec<String>,
}

/// Answers a question within its budget.
///
/// # Errors
/// Whatever keeps the index of a target from being opened; see [`Error`].
pub fn context(
    targets: &mut [Target],
    question: &Question,
    refresh: Option<&dyn Progress>,
) -> Result<Answered<Context>> {
    answer(targets, refresh, |workspaces| engine::context(workspaces, question))
}

/// Writes an instance into a file, in the named format or the one of the file's ending.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn export(instance: &Instance, file: &Path, format: Option<InstanceFormat>) -> Result<()> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let by_name = extension.and_then(InstanceFormat::of_extension);
    let format = format.or(by_name).unwrap_or(InstanceFormat::Json);
    std::fs::write(file, instance::text_of(instance, format))
        .map_err(|source| Error::io(file, source))
}

/// Reads an instance, and checks its certificate without the search.
///
/// # Errors
/// [`Error::InvalidInput`] if it is no instance, [`Error::Io`] if it cannot be read.
pub fn verify(name: &Path, input: impl Read) -> Result<Verification> {
    let mut bytes = Vec::new();
    let most = instance::FILE_BYTES_MAX;
    let read = input.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| Error::io(name, source))?;
    let wrong = |reason: String| Error::InvalidInput {
        field: "FILE",
        message: format!("{} cannot be checked: {reason}", name.display()),
    };
    if most < bytes.len() as u64 {
        return Err(wrong(format!("it is longer than {most} bytes")));
    }
    let Instance { problem, style, certificate, .. } = instance::read(&bytes).map_err(wrong)?;
    drop(bytes);
    let verdict = contextlite_select::verify(&problem, &style, &certificate);
    let is_sound = verdict.is_ok();
    let steps = certificate.proofs.iter().filter_map(|proof| proof.steps.as_ref()).map(Vec::len);
    Ok(Verification {
        candidates: problem.items.len(),
        pairs: problem.pairs.len(),
        budget_tokens: problem.limits.budget,
        digest: digest(&problem, &style).to_string(),
        style: match style {
            Style::WeightedSum => "weighted-sum",
            Style::Lexicographic(_) => "lexicographic",
            Style::EpsilonConstraint(_) => "epsilon-constraint",
        },
        chosen: certificate.chosen().len(),
        tokens: if is_sound { problem.cost(certificate.chosen()) } else { 0 },
        steps: steps.sum(),
        verdict,
    })
}

/// Lists the best passages for a question.
///
/// # Errors
/// Whatever keeps the index of a target from being opened; see [`Error`].
pub fn search(
    targets: &mut [Target],
    question: &Question,
    limit: usize,
    refresh: Option<&dyn Progress>,
) -> Result<Answered<SearchAnswer>> {
    answer(targets, refresh, |workspaces| {
        engine::search(workspaces, question, Listed::Passages, limit, &FindingsCache::default())
    })
}

/// The named parts of a document, of the first target that holds it; with its place in `targets`.
///
/// # Errors
/// [`Error::NotFound`] if no target holds it; whatever keeps an index from being opened.
pub fn outline(
    targets: &mut [Target],
    names: impl Fn(&Path) -> Vec<String>,
    refresh: Option<&dyn Progress>,
) -> Result<Answered<(usize, DocumentOutline)>> {
    answer(targets, refresh, |workspaces| {
        let mut missing = None;
        for (at, workspace) in workspaces.iter().enumerate() {
            for name in names(&workspace.location().root) {
                match workspace.outline(&name) {
                    Ok(outline) => return Ok((at, outline)),
                    Err(error @ Error::NotFound { .. }) => missing = missing.or(Some(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        Err(missing.expect("there is a target, and it has at least one name"))
    })
}

/// Where a name is defined and who mentions it.
///
/// # Errors
/// [`Error::InvalidInput`] on `name` if it is empty; whatever keeps an index from being opened.
pub fn symbol(
    targets: &mut [Target],
    name: &str,
    limits: SymbolLimits,
    refresh: Option<&dyn Progress>,
) -> Result<Answered<SymbolAnswer>> {
    answer(targets, refresh, |workspaces| engine::symbol(workspaces, name, limits))
}

/// Opens all targets, brings them up to date if there is a `refresh` to watch it, and asks them.
fn answer<T>(
    targets: &mut [Target],
    refresh: Option<&dyn Progress>,
    ask: impl Fn(&[Workspace]) -> Result<T>,
) -> Result<Answered<T>> {
    let start = Instant::now();
    let mut notes = Vec::new();
    let mut workspaces = Vec::with_capacity(targets.len());
    for target in targets {
        let workspace = match refresh {
            Some(progress) => {
                let refreshed = refreshed(target, progress, &mut notes)?;
                notes.extend(refreshed.lacks);
                refreshed.workspace
            }
            None => existing(target)?,
        };
        notes.extend(workspace.notes());
        workspaces.push(workspace);
    }
    let index = start.elapsed();
    let start = Instant::now();
    let answer = ask(&workspaces)?;
    Ok(Answered { answer, times: Times { index, answer: start.elapsed() }, notes })
}

/// A workspace before a question.
pub struct Refreshed {
    /// It.
    pub workspace: Workspace,
    /// Why it lacks what changed on disk; `None` if it does not.
    pub lacks: Option<String>,
}

/// The workspace with what changed on disk in it, or as it was where that cannot be done now.
///
/// # Errors
/// Whatever keeps the index of a target from being opened; see [`Error`].
pub fn refreshed(
    target: &mut Target,
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Result<Refreshed> {
    let wait = if target.is_known() { QUESTION_WAIT } else { INDEX_WAIT };
    let error = match open(target) {
        Ok(mut workspace) => match workspace.index(&target.options(wait), progress) {
            Ok(report) => {
                notes.extend(report.warnings);
                return Ok(Refreshed { workspace, lacks: None });
            }
            Err(error) => error,
        },
        Err(error) => error,
    };
    if !matches!(error, Error::Busy { .. } | Error::NotWritable { .. }) {
        return Err(error);
    }
    match Workspace::open_existing(&target.location) {
        Ok(Some(workspace)) => {
            let root = target.root().display();
            let lacks = Some(format!("{root}: answered from the index as it was: {error}"));
            Ok(Refreshed { workspace, lacks })
        }
        _ => Err(error),
    }
}

/// Opens a target to write, and makes its index if there is none.
fn open(target: &mut Target) -> Result<Workspace> {
    place::prepare(&target.location)?;
    let workspace = Workspace::open(&target.location)?;
    target.remember()?;
    Ok(workspace)
}

/// Opens the index of a target as it is.
///
/// # Errors
/// [`Error::NotFound`] on the index if there is none.
pub fn existing(target: &Target) -> Result<Workspace> {
    Workspace::open_existing(&target.location)?
        .ok_or_else(|| Error::NotFound { what: "index", name: target.root().display().to_string() })
}

/// Opens an index by its database, whether its root exists or not.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub fn open_known(root: &Path, database: &Path) -> Result<Workspace> {
    let location = Location { root: root.to_owned(), database: database.to_owned() };
    Workspace::open_existing(&location)?
        .ok_or_else(|| Error::NotFound { what: "database", name: database.display().to_string() })
}

/// Makes a choice of files in place of the one that is remembered.
///
/// # Errors
/// As [`Configuration::settings_for`].
pub fn choose(target: &mut Target, choice: Choice, configuration: &Configuration) -> Result<()> {
    target.settings = configuration.settings_for(target.root(), &choice)?;
    target.choice = Some(choice);
    Ok(())
}

/// Brings the index of a target up to date; all of it anew for a rebuild.
///
/// # Errors
/// Whatever keeps the index from being written; see [`Error`].
pub fn index(
    target: &mut Target,
    rebuild: bool,
    configuration: &Configuration,
    progress: &dyn Progress,
) -> Result<Answered<IndexReport>> {
    let start = Instant::now();
    if rebuild {
        delete(target, configuration)?;
    }
    let mut workspace = open(target)?;
    let report = workspace.index(&target.options(INDEX_WAIT), progress)?;
    let mut notes = workspace.notes();
    notes.extend(report.warnings.iter().cloned());
    let times = Times { index: start.elapsed(), ..Times::default() };
    Ok(Answered { answer: report, times, notes })
}

/// Looks at all files as an index run would, and writes nothing.
///
/// # Errors
/// [`Error::Io`] if the root cannot be listed, [`Error::InvalidInput`] for a wrong glob.
pub fn plan(target: &Target) -> Result<Plan> {
    let walk = target.walk();
    let listing = files::list(target.root(), &walk)?;
    let mut plan = Plan { warnings: listing.warnings, ..Plan::default() };
    let skip = |path: String, reason: files::SkipReason| SkippedFile {
        path,
        name: reason.name().to_owned(),
        reason: reason.to_string(),
        stat: None,
    };
    plan.skipped = listing.skipped.into_iter().map(|(path, reason)| skip(path, reason)).collect();
    for file in listing.files {
        match files::read(&file, &walk) {
            Ok(document) => {
                plan.text_bytes += document.text.len() as u64;
                plan.documents.push(document.path);
            }
            Err(reason) => plan.skipped.push(skip(file.path, reason)),
        }
    }
    plan.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(plan)
}

/// Reads lines back from the first target that holds the document; with its place in `targets`.
///
/// # Errors
/// [`Error::NotFound`] if no target holds it.
pub fn show(
    targets: &[Target],
    names: impl Fn(&Target) -> Vec<String>,
    lines: (u32, u32),
) -> Result<(usize, Excerpt)> {
    let mut missing = None;
    for (at, target) in targets.iter().enumerate() {
        let workspace = existing(target)?;
        for name in names(target) {
            match workspace.show(&name, lines.0, lines.1) {
                Ok(excerpt) => return Ok((at, excerpt)),
                Err(error @ Error::NotFound { .. }) => missing = missing.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
    }
    Err(missing.expect("there is a target, and it has at least one name"))
}

/// Says what is indexed of a target.
///
/// # Errors
/// [`Error::NotFound`] on the index if there is none.
pub fn status(target: &Target) -> Result<WorkspaceStatus> {
    existing(target)?.status(&target.walk())
}

/// Whether anything of an index of the target exists, sound or not.
pub fn is_indexed(target: &Target) -> bool {
    target.is_known() || target.location.database.exists()
}

/// Deletes the index of a target, not its files.
///
/// # Errors
/// [`Error::Busy`] while another process writes it, [`Error::Io`] if something cannot be deleted.
pub fn delete(target: &Target, configuration: &Configuration) -> Result<()> {
    place::delete(&target.location.database, &configuration.store_folder())
}
