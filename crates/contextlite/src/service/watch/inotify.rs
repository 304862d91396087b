//! The queue of changes that Linux has.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Changes;

/// How long a cookie is waited for; it usually takes well under a millisecond.
const COOKIE_WAIT: Duration = Duration::from_millis(50);
/// Each folder takes one of the watches that a user has.
const FOLDERS_MAX: usize = 8192;

/// File systems that only this machine changes, by their magic numbers (statfs(2)): ext, XFS,
/// Btrfs, F2FS, ZFS, tmpfs, overlayfs.
const LOCAL: [i64; 7] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630];

/// Watches roots; one for a process.
pub struct Watcher {
    watcher: Mutex<RecommendedWatcher>,
    shared: Arc<Shared>,
    cookies: tempfile::TempDir,
}

struct Shared {
    roots: RwLock<Vec<(PathBuf, Arc<Changes>)>>,
    /// The newest cookie that was seen.
    seen: Mutex<u64>,
    is_seen: Condvar,
    made: AtomicU64,
    cookies: PathBuf,
}

impl Watcher {
    /// A watcher of nothing yet; `None` if the system has none to give.
    pub fn new() -> Option<Self> {
        let cookies = tempfile::Builder::new().prefix("contextlite-").tempdir().ok()?;
        let folder = cookies.path().canonicalize().ok()?;
        let shared = Arc::new(Shared {
            roots: RwLock::default(),
            seen: Mutex::new(0),
            is_seen: Condvar::new(),
            made: AtomicU64::new(0),
            cookies: folder.clone(),
        });
        let told = Arc::clone(&shared);
        let mut watcher = notify::recommended_watcher(move |event| told.take(event)).ok()?;
        watcher.watch(&folder, RecursiveMode::NonRecursive).ok()?;
        Some(Self { watcher: Mutex::new(watcher), shared, cookies })
    }

    /// Begins to watch a root; `None` if it cannot be watched in full.
    pub fn watch(&self, root: &Path) -> Option<Arc<Changes>> {
        let has_own_history = !root.join(".git").is_file();
        if !has_own_history || !is_local(root) || FOLDERS_MAX < folders(root, FOLDERS_MAX) {
            return None;
        }
        let changes = Arc::new(Changes::default());
        let entry = (root.to_owned(), Arc::clone(&changes));
        self.shared.roots.write().unwrap_or_else(PoisonError::into_inner).push(entry);
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.watch(root, RecursiveMode::Recursive).is_ok() {
            return Some(changes);
        }
        drop(watcher);
        self.forget(root);
        None
    }

    /// Ends to watch a root.
    pub fn forget(&self, root: &Path) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = watcher.unwatch(root);
        let mut roots = self.shared.roots.write().unwrap_or_else(PoisonError::into_inner);
        roots.retain(|(path, _)| path != root);
    }

    /// Waits until every change that was made before this call is counted; whether that worked.
    pub fn catch_up(&self) -> bool {
        let cookie = self.shared.made.fetch_add(1, Ordering::AcqRel) + 1;
        let file = self.cookies.path().join(cookie.to_string());
        if std::fs::write(&file, "").is_err() {
            return false;
        }
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unseen = |seen: &mut u64| *seen < cookie;
        let waited = self.shared.is_seen.wait_timeout_while(seen, COOKIE_WAIT, is_unseen);
        let is_seen = waited.is_ok_and(|(seen, _)| cookie <= *seen);
        let _ = std::fs::remove_file(file);
        is_seen
    }

    /// Waits until every change that was made before this call is counted and every folder that was
    /// made before it is watched; whether that worked.
    ///
    /// A new folder is watched after the events that were read together with its own were told. The
    /// second cookie is made when those have been read, so it is told after that.
    pub fn settle(&self) -> bool {
        self.catch_up() && self.catch_up()
    }
}

impl Shared {
    fn take(&self, event: notify::Result<notify::Event>) {
        let roots = self.roots.read().unwrap_or_else(PoisonError::into_inner);
        let event = match event {
            Ok(event) if !event.need_rescan() => event,
            // Something was missed, nobody knows what.
            _ => return roots.iter().for_each(|(_, changes)| changes.add()),
        };
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in &event.paths {
            if path.parent() == Some(&self.cookies) {
                self.saw(path);
            }
            for (root, changes) in roots.iter() {
                if path.starts_with(root) {
                    changes.add();
                }
            }
        }
    }

    fn saw(&self, cookie: &Path) {
        let name = cookie.file_name().and_then(|name| name.to_str());
        let number: Option<u64> = name.and_then(|name| name.parse().ok());
        let Some(number) = number else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = number.max(*seen);
        self.is_seen.notify_all();
    }
}

#[allow(clippy::unnecessary_cast, reason = "the type of the number differs between machines")]
fn is_local(root: &Path) -> bool {
    let magic = |facts: rustix::fs::StatFs| facts.f_type as i64 & 0xffff_ffff;
    rustix::fs::statfs(root).map(magic).is_ok_and(|magic| LOCAL.contains(&magic))
}

/// The number of folders below a root, counted no further than just above `most`.
fn folders(root: &Path, most: usize) -> usize {
    let mut waiting = vec![root.to_owned()];
    let mut count = 0;
    while let Some(folder) = waiting.pop() {
        count += 1;
        if most < count {
            break;
        }
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_folder =
            |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        waiting.extend(entries.filter(is_folder).map(|entry| entry.path()));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_counted_once_the_cookie_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("inner")).unwrap();
        let watcher = Watcher::new().unwrap();
        let Some(changes) = watcher.watch(&root) else {
            panic!("{} cannot be watched", root.display());
        };
        assert!(watcher.catch_up());
        let mut last = changes.count();
        let mut is_counted = || {
            assert!(watcher.settle());
            let now = changes.count();
            std::mem::replace(&mut last, now) < now
        };
        assert!(!is_counted());
        std::fs::read_dir(&root).unwrap().for_each(drop);
        assert!(!is_counted(), "looking is no change");
        for step in 0..20 {
            std::fs::write(root.join("inner/file"), format!("{step}")).unwrap();
            assert!(is_counted(), "{step}");
            let new = root.join(format!("new{step}"));
            std::fs::create_dir(&new).unwrap();
            assert!(is_counted(), "{step}");
            std::fs::write(new.join("file"), "text").unwrap();
            assert!(is_counted(), "{step}");
            std::fs::rename(new.join("file"), root.join("moved")).unwrap();
            assert!(is_counted(), "{step}");
            assert!(!is_counted());
        }
        std::fs::write(folder.path().join("../elsewhere-of-this-test"), "").ok();
        watcher.forget(&root);
        std::fs::write(root.join("file"), "").unwrap();
        assert!(!is_counted(), "nobody watches any more");
        std::fs::remove_file(folder.path().join("../elsewhere-of-this-test")).ok();
    }
}
