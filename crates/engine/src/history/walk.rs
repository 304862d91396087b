//! Which commits a read is about: all that the head reaches, or those that came since the last.
//!
//! Commits leave a queue in the order of their commit time, newest first, and put their parents
//! in. For a walk *between* two heads each commit carries marks, as `git merge-base` does it:
//! reached from the new head, reached from the old one. A commit with both marks is known, and so
//! is everything behind it. The walk ends when nothing in the queue is new only. The old head is
//! an ancestor of the new one exactly if it got both marks: on the way from the new head down to
//! it, all commits are new only, so the walk cannot end before it has passed them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use gix::ObjectId;
use gix::objs::FindExt;

use super::HistoryLimits;
use super::change::Objects;
use super::message;

/// A walk between two heads may meet this many times the commits of a first read; beyond that,
/// starting over costs less than finding out what is new.
const WALK_FACTOR_MAX: usize = 4;
/// An octopus merge rarely has a dozen parents; more than this is an attack on the queue.
const PARENTS_MAX: usize = 64;

/// What is kept of a commit.
#[derive(Debug)]
pub struct Revision {
    /// The tree that it recorded.
    pub tree: ObjectId,
    /// Its parents, the first one first.
    pub parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub time_s: i64,
    /// The cleaned message; empty for a merge.
    pub message: String,
    marks: Marks,
    is_waiting: bool,
}

/// The heads from which a commit was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Marks {
    new: bool,
    old: bool,
}

impl Marks {
    const NEW: Self = Self { new: true, old: false };
    const OLD: Self = Self { new: false, old: true };
    const BOTH: Self = Self { new: true, old: true };

    fn with(self, other: Self) -> Self {
        Self { new: self.new || other.new, old: self.old || other.old }
    }
}

/// The commits that a walk found.
#[derive(Debug)]
pub struct Reach {
    /// Everything that was read, the parents of the oldest commits included where they exist.
    pub revisions: BTreeMap<ObjectId, Revision>,
    /// The commits that the walk is about.
    pub newest_first: Vec<ObjectId>,
}

/// Walks from `head` to at most `limits.commits_max` commits; `None` if `head` is unreadable.
pub fn from_head(objects: &Objects, head: ObjectId, limits: &HistoryLimits) -> Option<Reach> {
    let mut queue = Queue::new(objects, limits);
    queue.reach(head, Marks::NEW)?;
    let mut newest_first = Vec::new();
    while newest_first.len() < limits.commits_max as usize
        && let Some(id) = queue.pop()
    {
        newest_first.push(id);
    }
    Some(Reach { revisions: queue.revisions, newest_first })
}

/// Walks the commits that `new` reaches and `old` does not.
///
/// `None` if `old` is not an ancestor of `new`, is unreadable, or is too far away.
pub fn between(
    objects: &Objects,
    old: ObjectId,
    new: ObjectId,
    limits: &HistoryLimits,
) -> Option<Reach> {
    let mut queue = Queue::new(objects, limits);
    queue.reach(new, Marks::NEW)?;
    queue.reach(old, Marks::OLD)?;
    let mut met = Vec::new();
    let met_max = WALK_FACTOR_MAX * limits.commits_max as usize;
    while 0 < queue.waiting_new {
        let id = queue.pop()?;
        met.push(id);
        if met_max < met.len() {
            return None;
        }
    }
    let revisions = queue.revisions;
    let marks_of = |id: &ObjectId| revisions.get(id).map_or(Marks::OLD, |found| found.marks);
    if marks_of(&old) != Marks::BOTH {
        return None;
    }
    let newest_first: Vec<ObjectId> =
        met.into_iter().filter(|id| marks_of(id) == Marks::NEW).collect();
    (newest_first.len() <= limits.commits_max as usize).then_some(Reach { revisions, newest_first })
}

/// The commits that were seen and not yet met, newest first.
struct Queue<'a> {
    objects: &'a Objects,
    message_bytes_max: usize,
    buffer: Vec<u8>,
    revisions: BTreeMap<ObjectId, Revision>,
    /// Time, then the order of arrival: among commits of one second, the first parent's side.
    waiting: BinaryHeap<(i64, Reverse<u32>, ObjectId)>,
    arrivals: u32,
    /// The number of entries of `waiting` whose commit is new only.
    waiting_new: usize,
}

impl<'a> Queue<'a> {
    fn new(objects: &'a Objects, limits: &HistoryLimits) -> Self {
        Self {
            objects,
            message_bytes_max: limits.message_bytes_max as usize,
            buffer: Vec::new(),
            revisions: BTreeMap::new(),
            waiting: BinaryHeap::new(),
            arrivals: 0,
            waiting_new: 0,
        }
    }

    /// Marks a commit, and lets it wait if that is news; `None` if it cannot be read.
    fn reach(&mut self, id: ObjectId, marks: Marks) -> Option<()> {
        if !self.revisions.contains_key(&id) {
            let revision = self.read(id)?;
            self.revisions.insert(id, revision);
        }
        let revision = self.revisions.get_mut(&id).expect("it was there or was just inserted");
        let (before, was_waiting) = (revision.marks, revision.is_waiting);
        let after = before.with(marks);
        if after == before {
            return Some(());
        }
        revision.marks = after;
        revision.is_waiting = true;
        self.waiting_new += usize::from(after == Marks::NEW);
        self.waiting_new -= usize::from(was_waiting && before == Marks::NEW);
        if !was_waiting {
            self.waiting.push((revision.time_s, Reverse(self.arrivals), id));
            self.arrivals += 1;
        }
        Some(())
    }

    /// Takes out the newest commit and reaches its parents; those that are missing are the edge.
    fn pop(&mut self) -> Option<ObjectId> {
        let (.., id) = self.waiting.pop()?;
        let revision = self.revisions.get_mut(&id).expect("only commits that were read wait");
        revision.is_waiting = false;
        let marks = revision.marks;
        let parents = revision.parents.clone();
        self.waiting_new -= usize::from(marks == Marks::NEW);
        for parent in parents {
            let _edge = self.reach(parent, marks);
        }
        Some(id)
    }

    fn read(&mut self, id: ObjectId) -> Option<Revision> {
        let mut commit = self.objects.find_commit_iter(&id, &mut self.buffer).ok()?;
        let tree = commit.tree_id().ok()?;
        let time_s = commit.committer().ok()?.seconds();
        let parents: Vec<ObjectId> = commit.parent_ids().take(PARENTS_MAX).collect();
        let message = match parents.as_slice() {
            [] | [_] => message::clean(commit.message().ok()?, self.message_bytes_max),
            _ => String::new(),
        };
        Some(Revision {
            tree,
            parents,
            time_s,
            message,
            marks: Marks::default(),
            is_waiting: false,
        })
    }
}
