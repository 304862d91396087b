//! What git remembers about the files of a workspace: when they changed, with whom, and why.
//!
//! The words of past commit messages tell which files a question is about better than many a
//! comment does, and the time of the last change tells what is alive. This module reads both
//! from the repository around a root and gives them as plain values; it starts no process,
//! writes nothing, reads no configuration and touches no working file.
//!
//! # The idea
//!
//! ```text
//! place    root -> git folder, shared folder, prefix of the root inside the repository
//! walk     head -> commits, newest first, without those that an earlier read has seen
//! change   commit -> the paths that differ from its parent
//! message  raw message -> subject and body, without trailers, clipped
//! ```
//!
//! All parents are walked, in the order of commit time, and every commit with at most one parent
//! is compared with that parent; merges are skipped. A first-parent walk would read less, but it
//! shows a merged branch as one change of many files with a message such as "Merge pull request
//! #12": exactly the commit that says least. The commits of the branch, each small and with its
//! own words, are the evidence, and the full walk meets each of them once. What only a merge
//! changed (the repair of a conflict) is lost; that is little, and it is never said elsewhere.
//! Renames are not followed: a renamed file counts as one file that went and one that came.
//!
//! # Reading on
//!
//! A caller keeps the head of its last read. [`read_since`] then gives only the commits that are
//! reachable from the new head and not from the old one. If the old head is not an ancestor of
//! the new one (another branch, a rebase, history rewritten, or too far away), what was read
//! before may hold commits that are no longer part of the history. The walk then says
//! `complete: false` and carries a whole first read, with which the caller starts over.
//! Clocks that went wrong can show a commit a second time; they never hide one.
//!
//! # What is absent or damaged
//!
//! No repository, no commit, or a head that cannot be read is `None`. Everything else yields what
//! can be read: a commit whose parent is beyond the edge of a shallow clone, whose trees were
//! left out of a partial clone, or whose objects are damaged, is skipped. Nothing is fetched.
//! Repositories with SHA-256 names or reftable references are not understood and give `None`.

mod change;
mod message;
mod place;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::ObjectId;

use self::change::{NO_TREE, TreeComparison};
use self::place::Place;
use self::walk::{Reach, Revision};

/// How much of a history is read; every number bounds time or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The commits that one read looks at, merges included.
    pub commits_max: u32,
    /// The files below the root that a commit may touch; a bigger one is sweeping (a reformatting,
    /// an import), says nothing about any single file, and is left out.
    pub files_per_commit_max: u32,
    /// The messages that [`FileHistory`] keeps for a file, newest first.
    pub messages_per_file_max: u32,
    /// The bytes of a message that are kept; it is cut at the end of a word.
    pub message_bytes_max: u32,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self {
            commits_max: 3000,
            files_per_commit_max: 40,
            messages_per_file_max: 60,
            message_bytes_max: 600,
        }
    }
}

/// What is checked out at a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit, 40 hexadecimal digits.
    pub id: String,
    /// The branch without `refs/heads/`; `None` if the head is detached.
    pub branch: Option<String>,
}

/// One change of few files, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The commit, 40 hexadecimal digits.
    pub id: String,
    /// When it was committed, in seconds since 1970.
    pub time_s: i64,
    /// Subject and body, without trailers such as `Signed-off-by`, clipped; may be empty.
    pub message: String,
    /// The files that it added, changed or removed, in the form of `Document::path`, sorted;
    /// never empty.
    pub paths: Vec<String>,
}

/// The result of one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The head that was read: the `known` of the next read.
    pub head: String,
    /// Commits that touch files below the root, newest first; no merges, none that is sweeping.
    pub commits: Vec<Commit>,
    /// Whether `commits` are all that came since `known`: add them to what is known. If not,
    /// they are a first read: forget what is known and take them instead.
    pub complete: bool,
}

/// What the commits say about one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileHistory {
    /// The commits that touched it.
    pub commits: u32,
    /// When it was last touched, in seconds since 1970.
    pub last_commit_s: i64,
    /// Time (seconds since 1970) and message of its commits, newest first; empty messages are
    /// left out, at most [`HistoryLimits::messages_per_file_max`].
    pub messages: Vec<(i64, Arc<str>)>,
}

/// Reads which commit and branch is checked out at `root`, without reading any object.
///
/// It costs a few small file reads, so it may be asked before every question. `None` if no folder
/// from `root` upwards is the top of a work tree, or if nothing has been committed yet.
pub fn head(root: &Path) -> Option<Head> {
    let (id, branch) = Place::around(root)?.head()?;
    Some(Head { id: id.to_string(), branch })
}

/// The folders outside of `root` that decide what is read of it: those of its repository, if they
/// lie elsewhere (linked work trees, submodules, roots inside of a repository), and those above it
/// that may hold ignore files. With each goes whether the folders below it count too. Sorted.
pub fn folders_outside(root: &Path) -> Vec<(PathBuf, bool)> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    Place::around(&root).map_or_else(Vec::new, |place| place.folders_outside(&root))
}

/// Reads the commits that touch files below `root` and that came after the head `known`.
///
/// With `None`, or a `known` that is not an ancestor of the head, it is a first read of at most
/// `limits.commits_max` commits. The result of the same repository is always the same. `None` as
/// for [`head`], and if the newest commit itself cannot be read.
pub fn read_since(root: &Path, known: Option<&str>, limits: &HistoryLimits) -> Option<Walk> {
    let place = Place::around(root)?;
    let (head, _) = place.head()?;
    let known = known.and_then(|id| ObjectId::from_hex(id.as_bytes()).ok());
    if known == Some(head) {
        return Some(Walk { head: head.to_string(), commits: Vec::new(), complete: true });
    }
    let objects = place.objects()?;
    let reach = known
        .and_then(|known| walk::between(&objects, known, head, limits))
        .map(|reach| (reach, true))
        .or_else(|| walk::from_head(&objects, head, limits).map(|reach| (reach, false)));
    let (reach, complete) = reach?;
    let mut comparison = TreeComparison::new(&objects, &place.prefix, limits);
    let commits = reach
        .newest_first
        .iter()
        .filter_map(|id| commit_of(*id, &reach, &mut comparison))
        .collect();
    Some(Walk { head: head.to_string(), commits, complete })
}

/// Gathers what `commits` (newest first) say about each file.
pub fn by_path(commits: &[Commit], limits: &HistoryLimits) -> BTreeMap<String, FileHistory> {
    let mut files: BTreeMap<String, FileHistory> = BTreeMap::new();
    for commit in commits {
        let message: Arc<str> = commit.message.as_str().into();
        for path in &commit.paths {
            let file = files.entry(path.clone()).or_default();
            file.commits += 1;
            file.last_commit_s = file.last_commit_s.max(commit.time_s);
            let has_room = file.messages.len() < limits.messages_per_file_max as usize;
            if has_room && !message.is_empty() {
                file.messages.push((commit.time_s, message.clone()));
            }
        }
    }
    files
}

impl FileHistory {
    /// Adds an older part of the same file's history behind this one.
    pub fn append_older(&mut self, older: Self, limits: &HistoryLimits) {
        self.commits = self.commits.saturating_add(older.commits);
        self.last_commit_s = self.last_commit_s.max(older.last_commit_s);
        self.messages.extend(older.messages);
        self.messages.truncate(limits.messages_per_file_max as usize);
    }
}

/// The evidence of one commit; `None` if it is a merge, sweeping, unreadable or elsewhere.
fn commit_of(id: ObjectId, reach: &Reach, comparison: &mut TreeComparison) -> Option<Commit> {
    let revision = reach.revisions.get(&id)?;
    let parent_tree = match revision.parents.as_slice() {
        [] => NO_TREE,
        [parent] => reach.revisions.get(parent)?.tree,
        _ => return None,
    };
    let paths = comparison.paths(parent_tree, revision.tree)?;
    let Revision { time_s, message, .. } = revision;
    (!paths.is_empty()).then(|| Commit {
        id: id.to_string(),
        time_s: *time_s,
        message: message.clone(),
        paths,
    })
}
