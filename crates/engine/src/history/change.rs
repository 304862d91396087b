//! Which files below the root a commit touched: the difference of two trees.
//!
//! A tree names its entries with the hash of their content, so that equal parts are skipped by
//! one comparison. The comparison starts at the tree of the root, not at the top, which leaves
//! out everything else that a large repository holds, and it stops as soon as the commit has
//! touched more files than are evidence of anything.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use gix::ObjectId;
use gix::bstr::BStr;
use gix::diff::tree::visit::{Action, Change};
use gix::diff::tree::{State, Visit};
use gix::objs::{FindExt, TreeRefIter};

use super::HistoryLimits;

/// The objects of a repository, with their caches.
pub type Objects = gix::odb::Handle;

/// The tree without entries: what was there before the first commit.
pub const NO_TREE: ObjectId = ObjectId::empty_tree(gix::hash::Kind::Sha1);

/// How many folders may differ for each file that may: a bound for trees that hold only trees.
const FOLDERS_PER_FILE_MAX: usize = 64;

/// Compares trees of one repository and keeps its buffers from one commit to the next.
pub struct TreeComparison<'a> {
    objects: &'a Objects,
    prefix: &'a [Vec<u8>],
    files_max: usize,
    state: State,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl<'a> TreeComparison<'a> {
    /// Prepares for comparing what lies below `prefix`.
    pub fn new(objects: &'a Objects, prefix: &'a [Vec<u8>], limits: &HistoryLimits) -> Self {
        Self {
            objects,
            prefix,
            files_max: limits.files_per_commit_max as usize,
            state: State::default(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// The sorted paths, relative to the prefix, that differ between two trees.
    ///
    /// `None` if more files differ than the limit allows, or if an object is missing or damaged.
    pub fn paths(&mut self, before: ObjectId, after: ObjectId) -> Option<Vec<String>> {
        if before == after {
            return Some(Vec::new());
        }
        let before = self.below_prefix(before)?;
        let after = self.below_prefix(after)?;
        if before == after {
            return Some(Vec::new());
        }
        let before = tree(self.objects, before, &mut self.before)?;
        let after = tree(self.objects, after, &mut self.after)?;
        let mut touched = Touched::at_most(self.files_max);
        gix::diff::tree(before, after, &mut self.state, self.objects, &mut touched).ok()?;
        touched.paths.sort_unstable();
        Some(touched.paths)
    }

    /// Goes down the prefix: the tree there, the empty tree if that folder did not exist.
    fn below_prefix(&mut self, top: ObjectId) -> Option<ObjectId> {
        let mut at = top;
        for name in self.prefix {
            let mut entries = tree(self.objects, at, &mut self.before)?.filter_map(Result::ok);
            at = match entries.find(|entry| entry.filename == *name) {
                Some(entry) if entry.mode.is_tree() => entry.oid.to_owned(),
                _ => return Some(NO_TREE),
            };
        }
        Some(at)
    }
}

/// Reads a tree into `buffer`; the empty tree need not exist to be read.
fn tree<'b>(objects: &Objects, id: ObjectId, buffer: &'b mut Vec<u8>) -> Option<TreeRefIter<'b>> {
    if id == NO_TREE {
        return Some(TreeRefIter::from_bytes(&[], gix::hash::Kind::Sha1));
    }
    objects.find_tree_iter(&id, buffer).ok()
}

/// Collects the paths of the files that a comparison meets.
struct Touched {
    paths: Vec<String>,
    files_max: usize,
    folders: usize,
    /// The path of the current entry, as the comparison pushes and pops its parts.
    path: Vec<u8>,
    /// The paths of the folders that wait for their comparison, which goes breadth first.
    waiting: VecDeque<Vec<u8>>,
}

impl Touched {
    fn at_most(files_max: usize) -> Self {
        Self {
            paths: Vec::new(),
            files_max,
            folders: 0,
            path: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.paths.len() <= self.files_max
            && self.folders <= self.files_max.saturating_mul(FOLDERS_PER_FILE_MAX)
    }
}

impl Visit for Touched {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.path = self.waiting.pop_front().unwrap_or_default();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.push_path_component(component);
        self.waiting.push_back(self.path.clone());
    }

    fn push_path_component(&mut self, component: &BStr) {
        if !component.is_empty() && !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(component);
    }

    fn pop_path_component(&mut self) {
        let end = self.path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        self.path.truncate(end);
    }

    fn visit(&mut self, change: Change) -> Action {
        // A file that became a folder, or a folder that became a file, touches both.
        let (mode, earlier_mode) = match change {
            Change::Addition { entry_mode, .. } | Change::Deletion { entry_mode, .. } => {
                (entry_mode, entry_mode)
            }
            Change::Modification { entry_mode, previous_entry_mode, .. } => {
                (entry_mode, previous_entry_mode)
            }
        };
        if mode.is_tree() || earlier_mode.is_tree() {
            self.folders += 1;
        }
        if mode.is_blob_or_symlink() || earlier_mode.is_blob_or_symlink() {
            self.paths.push(document_path(&self.path));
        }
        if self.has_room() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Writes a path as `Document::path` does: bytes that are not UTF-8 become `%XX`.
fn document_path(bytes: &[u8]) -> String {
    let mut path = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        path.push_str(chunk.valid());
        for byte in chunk.invalid() {
            write!(path, "%{byte:02X}").expect("a string takes everything");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_documents_write_them() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(document_path(bytes), expected);
        check(b"src/lib.rs", "src/lib.rs");
        check("häuser/ü.txt".as_bytes(), "häuser/ü.txt");
        check(b"caf\xe9/x", "caf%E9/x");
    }

    #[test]
    fn the_comparison_ends_when_a_commit_is_sweeping() {
        let addition = || Change::Addition {
            entry_mode: gix::objs::tree::EntryKind::Blob.into(),
            oid: ObjectId::null(gix::hash::Kind::Sha1),
            relation: None,
        };
        let mut touched = Touched::at_most(1);
        assert_eq!(touched.visit(addition()), ControlFlow::Continue(()));
        assert_eq!(touched.visit(addition()), ControlFlow::Break(()));
    }
}
