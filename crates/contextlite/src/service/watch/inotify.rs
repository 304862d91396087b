//! The queue of changes that Linux has.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use contextlite_engine::history;
use notify::event::{CreateKind, ModifyKind};
use notify::{Config, ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{Changes, FOLDERS_MAX, Unwatched};

/// How long a cookie is waited for; it usually takes well under a millisecond.
const COOKIE_WAIT: Duration = Duration::from_millis(50);
/// How often a root is watched from the start because folders in it went at the same time.
const ATTEMPTS_MAX: u32 = 3;

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
    roots: RwLock<Vec<Watched>>,
    /// The newest cookie that was seen.
    seen: Mutex<u64>,
    is_seen: Condvar,
    made: AtomicU64,
    cookies: PathBuf,
}

/// A root and what is watched for it.
struct Watched {
    root: PathBuf,
    /// Device and inode of the root: another folder at its path is not watched.
    identity: (u64, u64),
    /// The folders outside of the root, and whether those below them are watched too.
    outside: Vec<(PathBuf, bool)>,
    changes: Arc<Changes>,
}

impl Watcher {
    /// A watcher of nothing yet.
    ///
    /// # Errors
    /// Why the system has none to give.
    pub fn new() -> Result<Self, Unwatched> {
        let failed = |error: std::io::Error| Unwatched::Failed(error.to_string());
        let cookies = tempfile::Builder::new().prefix("contextlite-").tempdir().map_err(failed)?;
        let folder = cookies.path().canonicalize().map_err(failed)?;
        let shared = Arc::new(Shared {
            roots: RwLock::default(),
            seen: Mutex::new(0),
            is_seen: Condvar::new(),
            made: AtomicU64::new(0),
            cookies: folder.clone(),
        });
        let told = Arc::clone(&shared);
        // Links are not followed when files are listed either.
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(move |event| told.take(event), config)
            .map_err(|error| reason(&error))?;
        watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| reason(&error))?;
        Ok(Self { watcher: Mutex::new(watcher), shared, cookies })
    }

    /// Watches a root in full, from the beginning or anew.
    ///
    /// # Errors
    /// Why it cannot be watched; then nothing of it is.
    pub fn watch(&self, root: &Path) -> Result<Arc<Changes>, Unwatched> {
        let outside = history::folders_outside(root);
        let changes = self.enter(root, outside.clone())?;
        let is_all_local = outside.iter().all(|(folder, _)| is_local(folder)) && is_local(root);
        let watched = match () {
            () if !is_all_local => Err(Unwatched::Shared),
            () if FOLDERS_MAX < folders(root, FOLDERS_MAX) => Err(Unwatched::Folders),
            () => self.add(root, &outside),
        };
        match watched {
            Ok(()) => Ok(changes),
            Err(reason) => {
                self.forget(root);
                Err(reason)
            }
        }
    }

    /// Notes what is watched for a root, before it is, so that no change is lost between the two.
    fn enter(&self, root: &Path, outside: Vec<(PathBuf, bool)>) -> Result<Arc<Changes>, Unwatched> {
        let identity = identity(root).map_err(|error| Unwatched::Failed(error.to_string()))?;
        let mut roots = self.shared.roots.write().unwrap_or_else(PoisonError::into_inner);
        let at = roots.iter().position(|watched| watched.root == root);
        let before = at.map(|at| roots.swap_remove(at).changes);
        let changes = before.unwrap_or_default();
        changes.begin_anew();
        let watched =
            Watched { root: root.to_owned(), identity, outside, changes: Arc::clone(&changes) };
        roots.push(watched);
        Ok(changes)
    }

    /// Asks the system to tell of all folders. What it is told of already stays so.
    fn add(&self, root: &Path, outside: &[(PathBuf, bool)]) -> Result<(), Unwatched> {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let mut add_all = || {
            for (folder, is_deep) in outside {
                watcher.watch(folder, mode(*is_deep))?;
            }
            watcher.watch(root, RecursiveMode::Recursive)
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match add_all() {
                Ok(()) => return Ok(()),
                // A folder went while it was added, and those after it were not added.
                Err(error)
                    if matches!(error.kind, ErrorKind::PathNotFound) && attempts < ATTEMPTS_MAX => {
                }
                Err(error) => return Err(reason(&error)),
            }
        }
    }

    /// Whether the path is the folder that is watched as this root.
    pub fn is_same(&self, root: &Path) -> bool {
        let roots = self.shared.roots.read().unwrap_or_else(PoisonError::into_inner);
        let watched = roots.iter().find(|watched| watched.root == root);
        watched.is_some_and(|watched| identity(root).is_ok_and(|now| now == watched.identity))
    }

    /// Ends to watch a root. What is watched for others too is watched anew for them.
    pub fn forget(&self, root: &Path) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let mut roots = self.shared.roots.write().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = roots.iter().position(|watched| watched.root == root) else { return };
        let gone = roots.swap_remove(at);
        roots.iter().for_each(|watched| watched.changes.doubt());
        // The watcher's own thread may wait to count a change while it is asked to forget.
        drop(roots);
        for (folder, _) in &gone.outside {
            let _ = watcher.unwatch(folder);
        }
        let _ = watcher.unwatch(root);
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
            // Something was missed or is not watched, nobody knows what.
            _ => return roots.iter().for_each(|watched| watched.changes.doubt()),
        };
        // A folder that came may have folders, and some of them may have come unseen.
        let has_folders = match event.kind {
            EventKind::Access(_) => return,
            EventKind::Create(kind) => kind == CreateKind::Folder,
            EventKind::Modify(ModifyKind::Name(_)) => event.paths.iter().any(|path| path.is_dir()),
            _ => false,
        };
        for path in &event.paths {
            if path.parent() == Some(&self.cookies) {
                self.saw(path);
            }
            for watched in roots.iter().filter(|watched| watched.is_about(path)) {
                if has_folders {
                    watched.changes.doubt();
                } else {
                    watched.changes.add();
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

impl Watched {
    fn is_about(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
            || self.outside.iter().any(|(folder, is_deep)| {
                path.parent() == Some(folder) || (*is_deep && path.starts_with(folder))
            })
    }
}

fn mode(is_deep: bool) -> RecursiveMode {
    if is_deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive }
}

fn identity(root: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::metadata(root).map(|facts| (facts.dev(), facts.ino()))
}

fn reason(error: &notify::Error) -> Unwatched {
    let code = match &error.kind {
        ErrorKind::MaxFilesWatch => return Unwatched::Watches,
        ErrorKind::Io(source) => source.raw_os_error(),
        _ => None,
    };
    let is_full = code == Some(rustix::io::Errno::MFILE.raw_os_error());
    if is_full { Unwatched::Queues } else { Unwatched::Failed(error.to_string()) }
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
        let changes = watcher.watch(&root).unwrap();
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

    #[test]
    fn what_may_have_been_missed_is_watched_anew() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("root");
        std::fs::create_dir(&root).unwrap();
        let watcher = Watcher::new().unwrap();
        let changes = watcher.watch(&root).unwrap();
        assert!(watcher.settle() && !changes.is_doubtful());
        std::fs::write(root.join("file"), "").unwrap();
        std::fs::rename(root.join("file"), root.join("moved")).unwrap();
        assert!(watcher.settle() && !changes.is_doubtful(), "a file is not a folder");
        std::fs::create_dir(root.join("inner")).unwrap();
        assert!(watcher.settle() && changes.is_doubtful());
        let again = watcher.watch(&root).unwrap();
        assert!(Arc::ptr_eq(&changes, &again) && !changes.is_doubtful());
        // The queue ran over.
        let lost = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        watcher.shared.take(Ok(lost));
        assert!(changes.is_doubtful());
        watcher.watch(&root).unwrap();
        // A new folder could not be watched.
        watcher.shared.take(Err(notify::Error::new(ErrorKind::MaxFilesWatch)));
        assert!(changes.is_doubtful());
        watcher.watch(&root).unwrap();
        // Another folder is where the root was.
        assert!(watcher.is_same(&root));
        std::fs::rename(&root, folder.path().join("before")).unwrap();
        std::fs::create_dir(&root).unwrap();
        assert!(!watcher.is_same(&root));
        watcher.watch(&root).unwrap();
        assert!(watcher.settle() && watcher.is_same(&root));
        let before = changes.count();
        std::fs::write(root.join("file"), "").unwrap();
        assert!(watcher.settle() && before < changes.count());
    }

    #[test]
    fn roots_that_share_folders_keep_them() {
        let folder = tempfile::tempdir().unwrap();
        let outer = folder.path().canonicalize().unwrap();
        let inner = outer.join("inner");
        std::fs::create_dir(&inner).unwrap();
        let watcher = Watcher::new().unwrap();
        let changes = watcher.watch(&outer).unwrap();
        watcher.watch(&inner).unwrap();
        watcher.forget(&inner);
        assert!(changes.is_doubtful(), "its folders are no longer watched");
        watcher.watch(&outer).unwrap();
        assert!(watcher.settle());
        let before = changes.count();
        std::fs::write(inner.join("file"), "").unwrap();
        assert!(watcher.settle() && before < changes.count());
    }
}
