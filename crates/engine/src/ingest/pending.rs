//! What the next index run would find, without doing it.
//!
//! It is the same comparison as that of a run, so that nothing is called fresh which a run would
//! index: a file that is not settled (see `plan`) is read and its hash decides, as it does there.

use std::path::Path;

use super::plan::{Plan, Task};
use super::reading_of;
use crate::error::Result;
use crate::files::{self, FoundFile, WalkOptions};
use crate::store::{KnownFile, Reader};

/// How an index differs from the files below its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pending {
    /// The documents whose file has another size, time or content, or is to be read in another way.
    pub(crate) changed: u64,
    /// The files that would become documents.
    pub(crate) new: u64,
    /// The documents whose file is no longer wanted or no longer there.
    pub(crate) deleted: u64,
}

/// Compares what a reader sees with the files below `root`.
///
/// # Errors
/// `Io` if the root cannot be listed, and any failure of the store.
pub(crate) fn pending(reader: &Reader, root: &Path, walk: &WalkOptions) -> Result<Pending> {
    let listing = files::list(root, walk)?;
    let plan = Plan::of(&listing, Some(reader), false)?;
    let skips = reader.skips()?;
    let mut pending = Pending { deleted: plan.removed.len() as u64, ..Pending::default() };
    for task in &plan.tasks {
        let Task::Read { file, known } = task else { continue };
        match known {
            Some(known) => pending.changed += u64::from(differs(file, known, walk)),
            None => {
                // One that was left out before is new only if it would not be left out again.
                let found = skips.binary_search_by(|skip| skip.path.as_str().cmp(&file.path));
                let is_new = found.is_err() || files::read(file, walk).is_ok();
                pending.new += u64::from(is_new);
            }
        }
    }
    if reader.state().reading != reading_of(walk) {
        pending.changed = reader.state().totals.documents.saturating_sub(pending.deleted);
    }
    Ok(pending)
}

fn differs(file: &FoundFile, known: &KnownFile, walk: &WalkOptions) -> bool {
    known.stat != file.stat
        || !files::read(file, walk).is_ok_and(|document| document.hash == known.hash)
}
