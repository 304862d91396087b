//! The walk: names and sizes of a folder, in parallel, without reading a file.
//!
//! The `ignore` crate walks with a few threads and applies ignore files. Two things are decided
//! here rather than there: globs, because its overrides would bring ignored files back and leave
//! no trace of what they drop, and hidden names, because a hidden secret (`.env`) is worth a line
//! in the report. A folder is refused before it is descended into ([`Rules::admits`], in the
//! crate's filter); a file is judged where it is visited ([`Rules::judge`]), with the cheapest
//! question first: kind of entry, globs, name, and only then the `stat`.
//!
//! Each thread collects into its own [`Batch`], which joins the others when the thread ends; the
//! whole is sorted at the end, so that the threads' order leaves no trace.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, IncrementalIgnore, WalkBuilder, WalkState};

use super::attributes::GeneratedPaths;
use super::path::path_from_os;
use super::read::stat_of;
use super::{FoundFile, Listing, SkipReason, WalkOptions, classify, secret};
use crate::error::{Error, Result};

/// The name of our own ignore file; its rules come before those of all others.
const IGNORE_FILE: &str = ".contextliteignore";

/// The folders in which version control keeps its own files; never part of the sources.
const VERSION_CONTROL: [&str; 6] = [".git", ".hg", ".svn", ".jj", ".pijul", "CVS"];

/// Lists the files of a folder that may become documents, and what is left out and why.
///
/// Nothing is read but directories and ignore files. Both lists are sorted by path.
///
/// # Errors
/// [`Error::NotFound`] when there is no such folder, [`Error::InvalidInput`] when `root` is not a
/// folder or a glob is malformed (the field and the glob are named), [`Error::Io`] when the folder
/// itself cannot be listed. What cannot be read inside of it is a skip, not an error.
pub fn list(root: &Path, options: &WalkOptions) -> Result<Listing> {
    let root = canonical_folder(root)?;
    let include = globs("include", &options.include)?;
    let exclude = globs("exclude", &options.exclude)?;
    let builder = walk_builder(&root, options);
    let rules = Arc::new(Rules {
        include,
        exclude,
        spelled: hidden_names(&options.include),
        hidden: options.hidden,
        secrets: options.secrets,
        size_max_bytes: options.size_max_bytes,
        generated: GeneratedPaths::of_root(&root),
        unhidden: unhidden(&builder),
        refused: Mutex::default(),
        root,
    });
    let walked = Mutex::new(Walked::default());
    run(builder, &rules, &walked);
    let walked = walked.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(source) = walked.failure {
        return Err(Error::io(&rules.root, source));
    }
    let mut listing = walked.listing;
    listing.skipped.append(&mut rules.refused.lock().unwrap_or_else(PoisonError::into_inner));
    listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    listing.skipped.sort_unstable();
    listing.warnings.sort_unstable();
    Ok(listing)
}

fn canonical_folder(root: &Path) -> Result<PathBuf> {
    let canonical = fs::canonicalize(root).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => {
            Error::NotFound { what: "root", name: root.display().to_string() }
        }
        _ => Error::io(root, source),
    })?;
    if canonical.is_dir() {
        return Ok(canonical);
    }
    let message = format!("{} is not a folder; give the folder that holds it", root.display());
    Err(Error::InvalidInput { field: "root", message })
}

/// Compiles globs; `None` when there are none. `field` is the option's name, for the error.
pub(crate) fn globs(field: &'static str, globs: &[String]) -> Result<Option<Gitignore>> {
    let refuse = |glob: &str, why: &str| Error::InvalidInput {
        field,
        message: format!("glob `{glob}`: {why}"),
    };
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for glob in globs {
        if glob.trim().is_empty() {
            return Err(refuse(glob, "is empty; leave it out or write `**`"));
        }
        if glob.starts_with('!') {
            let other = if field == "include" { "exclude" } else { "include" };
            return Err(refuse(glob, &format!("starts with `!`; use {other} without the `!`")));
        }
        let line = if glob.starts_with('#') { format!("\\{glob}") } else { glob.clone() };
        builder.add_line(None, &line).map_err(|error| refuse(glob, &plain(&error)))?;
    }
    let matcher = builder.build().map_err(|error| refuse(&globs.join("`, `"), &plain(&error)))?;
    Ok((!globs.is_empty()).then_some(matcher))
}

/// The message of a glob error without the glob, which the caller names itself.
fn plain(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}

/// The hidden names that include globs spell: who writes `.github/**` wants to see it.
fn hidden_names(include: &[String]) -> Vec<String> {
    let parts = include.iter().flat_map(|glob| glob.split('/'));
    parts.filter(|part| part.starts_with('.')).map(str::to_owned).collect()
}

fn walk_builder(root: &Path, options: &WalkOptions) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .follow_links(false)
        .current_dir(root)
        .require_git(false)
        .git_global(false);
    if options.respect_ignore {
        builder
            .ignore(true)
            .git_ignore(true)
            .git_exclude(true)
            .parents(is_in_repository(root))
            .add_custom_ignore_filename(IGNORE_FILE);
    }
    builder
}

/// Whether a folder or one above it is a git work tree (`.git` is a file in linked ones).
fn is_in_repository(root: &Path) -> bool {
    root.ancestors().any(|folder| folder.join(".git").exists())
}

/// The matcher that knows which hidden names the ignore files bring back.
fn unhidden(builder: &WalkBuilder) -> Mutex<IncrementalIgnore> {
    let matcher = builder.build_matchers().pop();
    Mutex::new(matcher.expect("the builder has one root"))
}

fn run(mut builder: WalkBuilder, rules: &Arc<Rules>, walked: &Mutex<Walked>) {
    let filter = Arc::clone(rules);
    builder.filter_entry(move |entry| filter.admits(entry));
    builder.build_parallel().run(|| {
        let mut batch = Batch { walked, own: Walked::default() };
        Box::new(move |result| {
            match result {
                Ok(entry) => batch.own.visit(rules, &entry),
                Err(error) => batch.own.fail(rules, &error),
            }
            WalkState::Continue
        })
    });
}

/// What one thread saw; joins the rest when the thread is done.
struct Batch<'a> {
    walked: &'a Mutex<Walked>,
    own: Walked,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut all = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        all.listing.files.append(&mut self.own.listing.files);
        all.listing.skipped.append(&mut self.own.listing.skipped);
        all.listing.warnings.append(&mut self.own.listing.warnings);
        all.failure = all.failure.take().or(self.own.failure.take());
    }
}

#[derive(Default)]
struct Walked {
    listing: Listing,
    /// Why the root itself could not be listed.
    failure: Option<io::Error>,
}

impl Walked {
    fn visit(&mut self, rules: &Rules, entry: &DirEntry) {
        if let Some(error) = entry.error() {
            self.listing.warnings.push(error.to_string());
        }
        let is_folder = entry.file_type().is_none_or(|kind| kind.is_dir());
        if is_folder {
            return;
        }
        let path = path_from_os(rules.relative(entry.path()));
        match rules.judge(entry, path) {
            Ok(file) => self.listing.files.push(file),
            Err(Some(skip)) => self.listing.skipped.push(skip),
            Err(None) => (),
        }
    }

    fn fail(&mut self, rules: &Rules, error: &ignore::Error) {
        let relative = path_of(error).map(|path| path_from_os(rules.relative(path)));
        match (relative, error.io_error()) {
            (None, Some(source)) => self.failure = Some(again(source)),
            (Some(path), Some(source)) if path.is_empty() => self.failure = Some(again(source)),
            (Some(_), Some(source)) if source.kind() == io::ErrorKind::NotFound => (),
            (Some(path), Some(source)) => {
                self.listing.skipped.push((path, SkipReason::of_io(source)));
            }
            (_, None) => self.listing.warnings.push(error.to_string()),
        }
    }
}

/// The same system error as a value of its own.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// The path that an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// What decides about one entry of the walk.
struct Rules {
    root: PathBuf,
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
    /// Hidden names that include globs spell.
    spelled: Vec<String>,
    hidden: bool,
    secrets: bool,
    size_max_bytes: u64,
    generated: GeneratedPaths,
    unhidden: Mutex<IncrementalIgnore>,
    /// What [`Rules::admits`] refused and the report should name.
    refused: Mutex<Vec<(String, SkipReason)>>,
}

impl Rules {
    /// Whether an entry is looked at, and descended into when it is a folder.
    fn admits(&self, entry: &DirEntry) -> bool {
        let name = entry.file_name();
        if entry.depth() == 0 {
            return true;
        }
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if VERSION_CONTROL.iter().any(|&known| name == known) {
            return false;
        }
        if is_hidden(name) && !self.hidden && !self.is_unhidden(entry, is_folder) {
            if let Some(what) = name.to_str().and_then(secret::of_name).filter(|_| !is_folder) {
                self.refuse(entry, "", SkipReason::LikelySecret { what });
            }
            return false;
        }
        let is_excluded =
            is_folder && is_match(self.exclude.as_ref(), self.relative(entry.path()), true);
        if is_excluded {
            self.refuse(entry, "/", SkipReason::Excluded);
        }
        !is_excluded
    }

    fn refuse(&self, entry: &DirEntry, end: &str, reason: SkipReason) {
        let path = path_from_os(self.relative(entry.path())) + end;
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push((path, reason));
    }

    fn is_unhidden(&self, entry: &DirEntry, is_folder: bool) -> bool {
        if self.spelled.iter().any(|spelled| entry.file_name() == spelled.as_str()) {
            return true;
        }
        let mut matcher = self.unhidden.lock().unwrap_or_else(PoisonError::into_inner);
        matcher.matched(self.relative(entry.path()), is_folder).is_whitelist()
    }

    /// Decides about an entry that is not a folder; `Err(None)` when it vanished meanwhile.
    fn judge(
        &self,
        entry: &DirEntry,
        path: String,
    ) -> std::result::Result<FoundFile, Option<(String, SkipReason)>> {
        if let Some(reason) = self.reason_by_name(entry, &path) {
            return Err(Some((path, reason)));
        }
        match entry.metadata() {
            Ok(metadata) if self.size_max_bytes < metadata.len() => {
                Err(Some((path, SkipReason::TooLarge { size_bytes: metadata.len() })))
            }
            Ok(metadata) => {
                let absolute = entry.path().to_owned();
                Ok(FoundFile { path, absolute, stat: stat_of(&metadata) })
            }
            Err(error) => match error.io_error() {
                Some(source) if source.kind() == io::ErrorKind::NotFound => Err(None),
                Some(source) => Err(Some((path, SkipReason::of_io(source)))),
                None => Err(Some((path, SkipReason::Unreadable { detail: error.to_string() }))),
            },
        }
    }

    fn reason_by_name(&self, entry: &DirEntry, path: &str) -> Option<SkipReason> {
        let relative = self.relative(entry.path());
        if is_match(self.exclude.as_ref(), relative, false) {
            return Some(SkipReason::Excluded);
        }
        if self.include.is_some() && !is_match(self.include.as_ref(), relative, false) {
            return Some(SkipReason::NotIncluded);
        }
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            return Some(self.reason_of_link(entry.path()));
        }
        if !kind.is_file() {
            return Some(SkipReason::NotAFile);
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if !self.secrets
            && let Some(what) = secret::of_name(name)
        {
            return Some(SkipReason::LikelySecret { what });
        }
        classify::of_name(name)
            .or_else(|| self.generated.holds(relative).then_some(SkipReason::Generated))
    }

    /// Says where a link leads; following it is not an option.
    fn reason_of_link(&self, link: &Path) -> SkipReason {
        match fs::canonicalize(link) {
            Ok(target) if link.starts_with(&target) => SkipReason::SymlinkLoop,
            Ok(target) if target.starts_with(&self.root) => SkipReason::SymlinkInside,
            Ok(_) => SkipReason::SymlinkOutside,
            Err(error) if error.kind() == io::ErrorKind::NotFound => SkipReason::SymlinkDangling,
            Err(error) if is_loop(&error) => SkipReason::SymlinkLoop,
            Err(error) => SkipReason::of_io(&error),
        }
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

/// Whether globs match a relative path or a folder above it.
fn is_match(globs: Option<&Gitignore>, relative: &Path, is_folder: bool) -> bool {
    globs.is_some_and(|globs| globs.matched_path_or_any_parents(relative, is_folder).is_ignore())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether the system gave up on a chain of links; the kind has no stable name yet.
fn is_loop(error: &io::Error) -> bool {
    error.kind().to_string().contains("loop")
}
