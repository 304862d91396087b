//! Whether anything below a root changed since it was last looked at, without looking.
//!
//! Linux tells a process of every change below the folders that it watches, in order and through
//! one queue. So a question can ask the queue itself: it makes a file, the *cookie*, in a folder of
//! our own that is watched too. Once the cookie is seen, so is every change that was made before
//! it; if none of them was below the root, the last look is still true. (The idea is Watchman's.)
//!
//! What the queue does not tell is bounded by [`TRUST_MAX`], after which the files are looked at
//! anyway: writes through a memory map, and ignore files outside of the root. A root on a file
//! system that others may change (network, FUSE), with more than [`FOLDERS_MAX`] folders, or whose
//! git folder lies elsewhere is not watched, and neither is any root on other systems; then every
//! question looks.

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(not(target_os = "linux"))]
mod none;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use self::inotify::Watcher;
#[cfg(not(target_os = "linux"))]
pub use self::none::Watcher;

/// How long a look may be trusted.
pub const TRUST_MAX: Duration = Duration::from_secs(10);

/// Counts the changes below a root, and times at which some may have been missed.
#[derive(Debug, Default)]
pub struct Changes(AtomicU64);

impl Changes {
    /// How many there were so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    #[cfg(target_os = "linux")]
    fn add(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
