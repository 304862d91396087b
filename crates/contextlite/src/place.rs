//! Where things are on this machine: the roots that are asked about, and the files of their index.
//!
//! A *root* is named by the user or found: the nearest folder upwards that holds `.git`, else the
//! current folder. Its canonical path decides everything else, so two spellings of one folder are
//! one workspace.
//!
//! The index of a root lies outside of it, in
//! `DATA/contextlite/workspaces/ID/contextlite.db`, where `DATA` is `$XDG_DATA_HOME` (by default
//! `~/.local/share`, on macOS too) or `%LOCALAPPDATA%`, and `ID` the first 16 hexadecimal digits
//! of the BLAKE3 hash of the root's path. The engine puts its lock and its full-text index beside
//! the database. `contextlite.db.workspace.json` beside it is ours: the root, so that an index can
//! be traced back to it, and the choice of files that later runs must keep to ([`Record`]). It is
//! replaced by renaming, never written in place.
//!
//! Folders are made with mode 0700 and files with 0600: an index holds the text of the files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contextlite_engine::engine::Location;
use contextlite_engine::error::{Error, Result};
use contextlite_engine::store::{StorePaths, WriterLock};
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

/// The name of every database in the data folder.
const DATABASE_NAME: &str = "contextlite.db";
/// How many hexadecimal digits of its hash name a workspace: 64 bits, no two roots of one user.
const ID_DIGITS: usize = 16;
/// The ending of the file beside a library's database that says its name.
const LIBRARY_ENDING: &str = ".library.json";
/// How long another process is waited for that writes what is to be deleted.
const DELETE_WAIT: Duration = Duration::from_secs(5);

/// The folders of this process.
#[derive(Debug, Clone)]
pub struct Places {
    /// The current folder.
    pub current: PathBuf,
    /// The user's home, where there is one.
    pub home: Option<PathBuf>,
    /// The folder of the user's configuration file.
    config: Option<PathBuf>,
    /// The folder of all workspaces.
    data: Option<PathBuf>,
}

impl Places {
    /// Asks the environment.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no current folder. A missing home is an error only of what needs
    /// it.
    pub fn from_environment() -> Result<Self> {
        let current = std::env::current_dir().map_err(|source| Error::io(".", source))?;
        let base = etcetera::choose_base_strategy().ok();
        let data = base.as_ref().map(|base| {
            let folder = if cfg!(windows) { base.cache_dir() } else { base.data_dir() };
            folder.join("contextlite")
        });
        Ok(Self {
            current,
            home: base.as_ref().and_then(|base| base.home_dir().canonicalize().ok()),
            config: base.map(|base| base.config_dir().join("contextlite")),
            data,
        })
    }

    /// The user's configuration file, whether it exists or not.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.config.as_ref().map(|folder| folder.join("contextlite.toml"))
    }

    /// The folder of all data, whether it exists or not; empty without a home.
    pub fn data_folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_default()
    }

    /// The canonical roots that are meant by `named`, each once; by default the one around the
    /// current folder.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a folder that does not exist, [`Error::InvalidInput`] for a file.
    pub fn roots(&self, named: &[PathBuf]) -> Result<Vec<PathBuf>> {
        if named.is_empty() {
            return Ok(vec![canonical(&self.root_around())?]);
        }
        let mut roots = Vec::with_capacity(named.len());
        for root in named {
            let root = canonical(&self.current.join(root))?;
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Ok(roots)
    }

    /// The nearest folder from the current one upwards that is a repository and not too wide to be
    /// meant, else the current one.
    fn root_around(&self) -> PathBuf {
        self.current
            .ancestors()
            .find(|folder| folder.join(".git").exists() && self.too_wide(folder).is_none())
            .unwrap_or(&self.current)
            .to_owned()
    }

    /// What a root is that nobody means to index as a whole.
    pub fn too_wide(&self, root: &Path) -> Option<&'static str> {
        if root.parent().is_none() {
            return Some("the root of the file system");
        }
        let home = self.home.as_deref()?;
        if home == root {
            Some("the home directory")
        } else if home.starts_with(root) {
            Some("a folder that holds the home directory")
        } else {
            None
        }
    }
}

/// The canonical path of a folder that must exist.
fn canonical(root: &Path) -> Result<PathBuf> {
    let found = root.canonicalize().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => {
            Error::NotFound { what: "root", name: root.display().to_string() }
        }
        _ => Error::io(root, source),
    })?;
    if !found.is_dir() {
        return Err(Error::InvalidInput {
            field: "--root",
            message: format!("{} is a file; name the folder that holds it", root.display()),
        });
    }
    Ok(without_verbatim_prefix(found))
}

/// Windows answers with `\\?\C:\…`, which people do not read and other programs do not take.
fn without_verbatim_prefix(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(rest) if cfg!(windows) && rest.as_bytes().get(1) == Some(&b':') => PathBuf::from(rest),
        _ => path,
    }
}

/// What names the workspace of a root.
pub fn id_of(root: &Path) -> String {
    let hash = blake3::hash(root.as_os_str().as_encoded_bytes());
    hash.to_hex()[..ID_DIGITS].to_owned()
}

/// The place of a root's index in the folder of all data.
pub fn location_of(root: &Path, data: &Path) -> Location {
    let id = id_of(root);
    let database = data.join("workspaces").join(id).join(DATABASE_NAME);
    Location { root: root.to_owned(), database }
}

/// The root that an index was made of, for a root that is gone or was not named.
///
/// # Errors
/// As [`databases`] and [`Record::read`].
pub fn recorded_root(
    database: Option<&Path>,
    named: Option<&Path>,
    data: &Path,
) -> Result<Option<(PathBuf, PathBuf)>> {
    let databases = match database {
        Some(database) => vec![database.to_owned()],
        None => databases(data)?,
    };
    for database in databases {
        if let Ok(Some(record)) = Record::read(&database)
            && named.is_none_or(|named| named.to_string_lossy() == record.root)
        {
            return Ok(Some((PathBuf::from(record.root), database)));
        }
    }
    Ok(None)
}

/// Makes the folder of a database, and sees to it that only this user can read what is put there.
///
/// # Errors
/// [`Error::NotWritable`] if the folder cannot be made.
pub fn prepare(location: &Location) -> Result<()> {
    make_folder(&location.database)
}

fn make_folder(database: &Path) -> Result<()> {
    keep_private();
    let folder = folder_of(database);
    std::fs::create_dir_all(folder).map_err(|source| Error::NotWritable {
        path: folder.to_owned(),
        detail: format!("{source}; make the folder writable, or choose another with --database"),
    })
}
/// Sees to it that only this user can read what this process makes from now on.
pub fn keep_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// The folder that holds a file.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Which files of a root are indexed, where the user said so once for all later runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// Only these, as globs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    /// Not these, as globs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
    /// Names that start with a dot, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Likely secrets, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<bool>,
    /// The largest file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_max: Option<u64>,
}

/// What stands beside a database about its workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The root's path; each byte that is not UTF-8 as U+FFFD.
    pub root: String,
    /// The choice of files.
    #[serde(default)]
    pub choice: Choice,
}

impl Record {
    /// The file beside `database`.
    pub fn path(database: &Path) -> PathBuf {
        path_beside(database, ".workspace.json")
    }

    /// Reads the record beside `database`; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::DamagedStore`] if it is not ours.
    pub fn read(database: &Path) -> Result<Option<Self>> {
        let path = Self::path(database);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(source) if is_absent(&source) => return Ok(None),
            Err(source) => return Err(Error::io(path, source)),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::DamagedStore { path, detail: error.to_string() })
    }

    /// Puts the record beside `database`, whole or not at all.
    ///
    /// # Errors
    /// [`Error::NotWritable`].
    pub fn write(&self, database: &Path) -> Result<()> {
        write_whole(&Self::path(database), self)
    }
}

/// The file beside a database with this ending.
fn path_beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Puts a record into a file, whole or not at all.
fn write_whole(path: &Path, record: &impl Serialize) -> Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let text = serde_json::to_vec_pretty(record).expect("a record is plain text");
    let written = std::fs::File::create(&new)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&new, path));
    written.map_err(|source| {
        let _ = std::fs::remove_file(&new);
        Error::NotWritable {
            path: path.to_owned(),
            detail: format!("{source}; make room or choose another place with --database"),
        }
    })
}

/// Whether a path does not exist, also because something above it is a file.
fn is_absent(source: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(source.kind(), NotFound | NotADirectory)
}

/// The databases of all workspaces in the folder of all data, sorted by path.
///
/// # Errors
/// [`Error::Io`] if the folder exists and cannot be listed.
pub fn databases(data: &Path) -> Result<Vec<PathBuf>> {
    databases_in(&data.join("workspaces"))
}

fn databases_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if is_absent(&source) => return Ok(Vec::new()),
        Err(source) => return Err(Error::io(folder, source)),
    };
    let mut databases: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path().join(DATABASE_NAME))
        .filter(|database| database.exists() || Record::path(database).exists())
        .collect();
    databases.sort();
    Ok(databases)
}

/// The library that a name stands for: a database of documents that are not files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryPlace {
    /// What it is called.
    pub name: String,
    /// Its database.
    pub database: PathBuf,
}

/// What stands beside the database of a library.
#[derive(Debug, Serialize, Deserialize)]
struct LibraryRecord {
    library: String,
}

impl LibraryPlace {
    /// The place of the library `name` in the folder of all data.
    pub fn of(name: &str, data: &Path) -> Self {
        let hash = blake3::hash(name.as_bytes());
        let folder = data.join("libraries").join(&hash.to_hex()[..ID_DIGITS]);
        Self { name: name.to_owned(), database: folder.join(DATABASE_NAME) }
    }

    /// Makes its folder, and notes the name in it.
    ///
    /// # Errors
    /// [`Error::NotWritable`].
    pub fn prepare(&self) -> Result<()> {
        make_folder(&self.database)?;
        let path = path_beside(&self.database, LIBRARY_ENDING);
        if path.exists() {
            return Ok(());
        }
        write_whole(&path, &LibraryRecord { library: self.name.clone() })
    }
}

/// The libraries in the folder of all data, by name.
///
/// # Errors
/// [`Error::Io`] if the folder exists and cannot be listed.
pub fn libraries(data: &Path) -> Result<Vec<LibraryPlace>> {
    let mut libraries = Vec::new();
    for database in databases_in(&data.join("libraries"))? {
        let record = std::fs::read(path_beside(&database, LIBRARY_ENDING)).ok();
        let record = record.and_then(|text| serde_json::from_slice::<LibraryRecord>(&text).ok());
        if let Some(LibraryRecord { library: name }) = record {
            libraries.push(LibraryPlace { name, database });
        }
    }
    libraries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(libraries)
}

/// Deletes a database and all that stands beside it under its name; in the folder of all data the
/// folder that was made for it, too.
///
/// The writer lock is held meanwhile and its file goes last. The database goes before it: until
/// then, what is left is found and can be deleted again.
///
/// # Errors
/// [`Error::Busy`] while another process writes, [`Error::Io`] on what cannot be deleted.
pub fn delete(database: &Path, data: &Path) -> Result<()> {
    let lock = StorePaths::of(database).lock;
    let held = WriterLock::take(&lock, DELETE_WAIT)?;
    for path in beside(database)?.into_iter().filter(|path| *path != lock) {
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.map_err(|source| Error::io(&path, source))?;
    }
    remove_if_there(database)?;
    drop(held);
    remove_if_there(&lock)?;
    let folder = folder_of(database);
    let is_made_for_it =
        ["workspaces", "libraries"].iter().any(|all| folder.parent() == Some(&data.join(all)));
    if is_made_for_it {
        std::fs::remove_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    }
    Ok(())
}

/// All paths in the folder of a database whose names are its name with a suffix.
fn beside(database: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder_of(database);
    let name = database.file_name().unwrap_or_default().as_encoded_bytes();
    let is_beside = |path: &PathBuf| {
        let other = path.file_name().unwrap_or_default().as_encoded_bytes();
        other.strip_prefix(name).is_some_and(|rest| matches!(rest.first(), Some(b'-' | b'.')))
    };
    let entries = std::fs::read_dir(folder).map_err(|source| Error::io(folder, source))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_beside).collect())
}

fn remove_if_there(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(file, source))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(current: &Path, home: &Path) -> Places {
        Places {
            current: current.to_owned(),
            home: Some(home.to_owned()),
            config: None,
            data: None,
        }
    }

    #[test]
    fn the_root_is_the_repository_around() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        let inner = home.join("repository/src/deep");
        std::fs::create_dir_all(&inner).unwrap();
        let named = |places: &Places| places.roots(&[]).unwrap()[0].clone();
        assert_eq!(named(&places(&inner, &home)), inner, "no repository: the current folder");
        std::fs::create_dir(home.join(".git")).unwrap();
        assert_eq!(named(&places(&inner, &home)), inner, "a home under git is not the root");
        std::fs::write(home.join("repository/.git"), "gitdir: elsewhere").unwrap();
        assert_eq!(named(&places(&inner, &home)), home.join("repository"), "a worktree");
    }

    #[test]
    fn two_spellings_are_one_root() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(home.join("a/b")).unwrap();
        let places = places(&home.join("a"), &home);
        let roots = places.roots(&["b".into(), "../a/b".into(), home.join("a/b")]).unwrap();
        assert_eq!(roots, [home.join("a/b")]);
        assert!(matches!(places.roots(&["c".into()]), Err(Error::NotFound { what: "root", .. })));
        std::fs::write(home.join("file"), "").unwrap();
        assert!(matches!(places.roots(&["../file".into()]), Err(Error::InvalidInput { .. })));
    }

    #[test]
    fn wide_roots_are_told() {
        let places = places(Path::new("/home/me/x"), Path::new("/home/me"));
        for (root, wide) in [
            ("/", true),
            ("/home", true),
            ("/home/me", true),
            ("/home/me/x", false),
            ("/srv", false),
        ] {
            assert_eq!(places.too_wide(Path::new(root)).is_some(), wide, "{root}");
        }
    }

    #[test]
    fn a_record_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.db");
        assert_eq!(Record::read(&database).unwrap(), None);
        let choice = Choice { hidden: Some(true), ..Choice::default() };
        let record = Record { root: "/r".to_owned(), choice };
        record.write(&database).unwrap();
        assert_eq!(Record::read(&database).unwrap(), Some(record));
        std::fs::write(Record::path(&database), "{").unwrap();
        assert!(matches!(Record::read(&database), Err(Error::DamagedStore { .. })));
    }
}
