//! What an index run has to do: the files of the listing against what the store knows.
//!
//! ```text
//! listed, unknown                      read
//! listed, other size or time           read (a hash decides)
//! listed, not settled when last read   read (a hash decides)
//! listed, its history has changed      refresh, from the store
//! listed, skipped for good before      skip, unread
//! known, not listed any more           remove
//! ```
//! A file is *settled* when it was read if its time was then at least [`RACY_NS`] in the past. A
//! file that is written twice within one tick of the file system's clock keeps its time, and often
//! its size; git calls such entries racy and looks at their content, and so do we
//! (<https://git-scm.com/docs/racy-git>).
//!
//! Listing and known files are both sorted by path, so the comparison is one merge.

use crate::document::{DocumentId, FileStat};
use crate::error::Result;
use crate::files::{FoundFile, Listing};
use crate::store::{KnownFile, Reader, SkippedFile};

/// The coarsest clock of a file system in use (FAT) ticks every two seconds.
const RACY_NS: i64 = 2_000_000_000;

/// One thing to do; the order of all is that of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task<'l> {
    /// Read the file; it may be the same as what is known.
    Read { file: &'l FoundFile, known: Option<KnownFile> },
    /// Index the stored document again with its new history.
    Refresh(KnownFile),
}

/// All that a run has to do.
#[derive(Debug, Default)]
pub(super) struct Plan<'l> {
    pub(super) tasks: Vec<Task<'l>>,
    /// The documents that are not listed any more, sorted by path.
    pub(super) removed: Vec<(String, DocumentId)>,
    /// The files that are skipped without being read, sorted by path.
    pub(super) skips: Vec<SkippedFile>,
    /// Whether `skips` are exactly those of the last run.
    pub(super) has_same_skips: bool,
    /// The number of files that need nothing.
    pub(super) unchanged: u64,
}

impl<'l> Plan<'l> {
    /// Compares; with `is_read_anew` every file is read, because it is to be read in another way.
    pub(super) fn of(
        listing: &'l Listing,
        reader: Option<&Reader>,
        is_read_anew: bool,
    ) -> Result<Self> {
        let (known, skips) = match reader {
            Some(reader) => (reader.known_files()?, reader.skips()?),
            None => (Vec::new(), Vec::new()),
        };
        let mut plan = Plan::default();
        let mut known = known.into_iter().peekable();
        for file in &listing.files {
            while let Some(gone) = known.next_if(|known| known.path < file.path) {
                plan.removed.push((gone.path, gone.id));
            }
            let known = known.next_if(|known| known.path == file.path);
            plan.compare(file, known, &skips, is_read_anew);
        }
        plan.removed.extend(known.map(|gone| (gone.path, gone.id)));
        plan.skips.extend(listing.skipped.iter().map(|(path, reason)| SkippedFile {
            path: path.clone(),
            name: reason.name().to_owned(),
            reason: reason.to_string(),
            stat: None,
        }));
        plan.skips.sort_by(|a, b| a.path.cmp(&b.path));
        plan.has_same_skips = plan.skips == skips;
        Ok(plan)
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.removed.is_empty() && self.has_same_skips
    }

    fn compare(
        &mut self,
        file: &'l FoundFile,
        known: Option<KnownFile>,
        skips: &[SkippedFile],
        is_read_anew: bool,
    ) {
        match known {
            Some(known) if known.stat == file.stat && known.is_settled && !is_read_anew => {
                if known.is_stale {
                    self.tasks.push(Task::Refresh(known));
                } else {
                    self.unchanged += 1;
                }
            }
            Some(known) => self.tasks.push(Task::Read { file, known: Some(known) }),
            None => match find(skips, &file.path) {
                Some(skip) if skip.stat == Some(file.stat) && !is_read_anew => {
                    self.skips.push(skip.clone());
                }
                _ => self.tasks.push(Task::Read { file, known: None }),
            },
        }
    }
}

/// Whether a file of this time, read at `now_ns`, cannot change later without showing it.
pub(super) fn is_settled(stat: FileStat, now_ns: i64) -> bool {
    stat.modified_ns < now_ns.saturating_sub(RACY_NS)
}

fn find<'s>(skips: &'s [SkippedFile], path: &str) -> Option<&'s SkippedFile> {
    let at = skips.binary_search_by(|skip| skip.path.as_str().cmp(path));
    at.ok().map(|at| &skips[at])
}
