//! The servers of this user that run: one file each, held by a lock that dies with its server.
//!
//! `instances/PID-PORT.json` in the data folder says where a server listens; beside it a `.lock`
//! is locked for as long as the process lives. A file whose lock is free is left over from a
//! server that was killed, and whoever lists them deletes it. The token is in none of them.

use std::fs::File;
use std::path::{Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// A server that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The process.
    pub pid: u32,
    /// Where it answers, as `http://127.0.0.1:8080`.
    pub url: String,
    /// Its version.
    pub version: String,
    /// When it began, in seconds since 1970.
    pub started_s: i64,
    /// The roots that it was started for.
    pub roots: Vec<String>,
    /// Whether it needs a token.
    pub needs_token: bool,
}

/// Shows that a server runs, until it is dropped.
#[derive(Debug)]
pub struct Presence {
    file: PathBuf,
    lock_file: PathBuf,
    _lock: File,
}

impl Presence {
    /// Announces a server in the data folder.
    ///
    /// # Errors
    /// `NotWritable` if the folder cannot be written.
    pub fn announce(data: &Path, port: u16, instance: &Instance) -> Result<Self> {
        let folder = data.join("instances");
        let file = folder.join(format!("{}-{port}.json", instance.pid));
        let lock_file = file.with_extension("lock");
        let unwritable = |source: std::io::Error| Error::NotWritable {
            path: folder.clone(),
            detail: source.to_string(),
        };
        std::fs::create_dir_all(&folder).map_err(unwritable)?;
        let lock = File::create(&lock_file).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let text = serde_json::to_vec(instance).expect("it is made of strings and numbers");
        std::fs::write(&file, text).map_err(unwritable)?;
        Ok(Self { file, lock_file, _lock: lock })
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
        let _ = std::fs::remove_file(&self.lock_file);
    }
}

/// The servers that run, the oldest first; what is left over from others is deleted.
///
/// # Errors
/// `Io` if the folder cannot be listed.
pub fn instances(data: &Path) -> Result<Vec<Instance>> {
    let folder = data.join("instances");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::io(folder, source)),
    };
    let mut found = Vec::new();
    for file in entries.flatten().map(|entry| entry.path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let lock_file = file.with_extension("lock");
        if is_free(&lock_file) {
            let _ = std::fs::remove_file(&file);
            let _ = std::fs::remove_file(&lock_file);
        } else if let Ok(text) = std::fs::read(&file)
            && let Ok(instance) = serde_json::from_slice::<Instance>(&text)
        {
            found.push(instance);
        }
    }
    found.sort_by_key(|instance| (instance.started_s, instance.pid));
    Ok(found)
}

/// Whether no process holds the lock.
fn is_free(lock_file: &Path) -> bool {
    match File::open(lock_file) {
        Ok(lock) => lock.try_lock_shared().is_ok(),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_listed_while_it_lives() {
        let data = tempfile::tempdir().unwrap();
        let instance = Instance {
            pid: 7,
            url: "http://127.0.0.1:1".to_owned(),
            version: "1".to_owned(),
            started_s: 1,
            roots: vec!["/r".to_owned()],
            needs_token: false,
        };
        assert_eq!(instances(data.path()).unwrap(), []);
        let presence = Presence::announce(data.path(), 1, &instance).unwrap();
        assert_eq!(instances(data.path()).unwrap(), std::slice::from_ref(&instance));
        drop(presence);
        assert_eq!(instances(data.path()).unwrap(), []);
        // Killed: the file is there and nobody holds the lock.
        let left = data.path().join("instances/9-9.json");
        std::fs::write(&left, serde_json::to_vec(&instance).unwrap()).unwrap();
        std::fs::write(left.with_extension("lock"), "").unwrap();
        assert_eq!(instances(data.path()).unwrap(), []);
        assert!(!left.exists());
    }
}
