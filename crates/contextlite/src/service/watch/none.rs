//! No other system tells of changes in order, so there is no watcher.

use std::path::Path;
use std::sync::Arc;

use super::{Changes, Unwatched};

/// There is none.
pub enum Watcher {}

impl Watcher {
    /// None.
    ///
    /// # Errors
    /// Always.
    pub fn new() -> Result<Self, Unwatched> {
        Err(Unwatched::System)
    }

    /// Watches a root in full, from the beginning or anew.
    ///
    /// # Errors
    /// Why it cannot be watched.
    pub fn watch(&self, _: &Path) -> Result<Arc<Changes>, Unwatched> {
        match *self {}
    }

    /// Whether the path is the folder that was watched.
    pub fn is_same(&self, _: &Path) -> bool {
        match *self {}
    }

    /// Ends to watch a root.
    pub fn forget(&self, _: &Path) {
        match *self {}
    }

    /// Waits until every change that was made before this call is counted.
    pub fn catch_up(&self) -> bool {
        match *self {}
    }

    /// As `catch_up`, and until every new folder is watched.
    pub fn settle(&self) -> bool {
        match *self {}
    }
}
