//! Whether anything below a root changed since it was last looked at, without looking.
//!
//! Linux tells a process of every change below the folders that it watches, in order and through
//! one queue. So a question can ask the queue itself: it makes a file, the *cookie*, in a folder of
//! our own that is watched too. Once the cookie is seen, so is every change that was made before
//! it; if none of them was below the root, the last look is still true. (The idea is Watchman's.)
//! The folders outside of the root that say what is checked out there are watched with it.
//!
//! A look is trusted only while nothing can have been missed. When folders came, when the queue ran
//! over, when a watch was refused or the root is another folder than it was, all of it is watched
//! anew before the next look; if that fails, the root is not watched, [`Unwatched`] says why and
//! what to do, and every question looks at the files.
//!
//! What the queue does not tell is bounded by [`TRUST_MAX`], after which the files are looked at
//! anyway: writes through a memory map, through a hard link or a mount inside of the root, and
//! ignore files of a user.

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(not(target_os = "linux"))]
mod none;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use self::inotify::Watcher;
#[cfg(not(target_os = "linux"))]
pub use self::none::Watcher;
use crate::terminal::grouped;

/// How long a look may be trusted.
pub const TRUST_MAX: Duration = Duration::from_secs(10);
/// After this time it is tried again to watch a root that could not be watched.
pub const RETRY: Duration = Duration::from_mins(1);
/// Each folder takes one of the watches that a user has, and about a kilobyte of the kernel.
pub const FOLDERS_MAX: usize = 8192;

/// Why a root is not watched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(dead_code, reason = "each system has its own reasons")]
pub enum Unwatched {
    /// The system does not tell of changes in order.
    System,
    /// The user has no more queues of changes.
    Queues,
    /// The user has no more watches.
    Watches,
    /// There are more folders than [`FOLDERS_MAX`].
    Folders,
    /// The file system may be changed by others: network, FUSE.
    Shared,
    /// Something else, in the system's words.
    Failed(String),
}

impl Unwatched {
    /// What to do about it; `None` if nothing can be done.
    pub fn fix(&self) -> Option<&'static str> {
        match self {
            Self::Queues => Some(
                "`sudo sysctl fs.inotify.max_user_instances=1024`, then start the assistant or the \
                 server anew",
            ),
            Self::Watches => Some("`sudo sysctl fs.inotify.max_user_watches=524288`"),
            Self::System | Self::Folders | Self::Shared | Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for Unwatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => write!(f, "this system does not tell of changes in order"),
            Self::Queues => write!(f, "this user has no more inotify instances"),
            Self::Watches => write!(f, "this user has no more inotify watches"),
            Self::Folders => write!(f, "it has more than {} folders", grouped(FOLDERS_MAX as u64)),
            Self::Shared => write!(f, "others may change its file system"),
            Self::Failed(reason) => write!(f, "the system refused: {reason}"),
        }
    }
}

/// Whether a root could be watched now.
///
/// # Errors
/// Why not.
pub fn probe(root: &Path) -> Result<(), Unwatched> {
    Watcher::new()?.watch(root).map(drop)
}

/// Counts the changes below a root, and knows when some may have been missed.
#[derive(Debug, Default)]
pub struct Changes {
    count: AtomicU64,
    is_doubtful: AtomicBool,
}

impl Changes {
    /// How many there were so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether the root has to be watched anew before changes are counted in full again.
    pub fn is_doubtful(&self) -> bool {
        self.is_doubtful.load(Ordering::Acquire)
    }

    #[cfg(target_os = "linux")]
    fn add(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    #[cfg(target_os = "linux")]
    fn doubt(&self) {
        self.is_doubtful.store(true, Ordering::Release);
        self.add();
    }

    #[cfg(target_os = "linux")]
    fn begin_anew(&self) {
        self.is_doubtful.store(false, Ordering::Release);
    }
}
