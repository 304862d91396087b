//! Where a question can be asked: the roots and libraries that are open, and which more may be.
//!
//! A *space* is what one request is about: some roots, and a library of documents that are not
//! files. Without a word it is the roots that the server was started for, and the default library.
//! `workspace_path` names one root instead. `X-Workspace-ID` names a root by its id, and else a
//! library: any other name is a space of its own, which nothing of another space gets into.
//!
//! Which folders a request may name is decided here and nowhere else: the roots of the start,
//! workspaces that this user has indexed before, and, if callers are on this machine only, folders
//! below the home directory of which no part is hidden.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contextlite_engine::engine::{Asked, Excerpt, Holdings, Version, Workspace};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::learn::{Judgement, LearnedWeights};
use contextlite_engine::library::Library;
use contextlite_engine::symbol::DocumentOutline;

use super::root::{Grounds, Root};
use crate::place::{self, LibraryPlace, Record};
use crate::wire::text_of;

/// Roots that stay open beside those of the start; the one that was not asked longest gives way.
const OPEN_MAX: usize = 64;

/// Why a request cannot be served.
#[derive(Debug)]
pub enum Refusal {
    /// The engine says so.
    Engine(Error),
    /// The caller may not name this; with the next step.
    Forbidden(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// The name of the library of requests that name none.
pub const DEFAULT_LIBRARY: &str = "default";
/// The longest name of a library, in characters.
const NAME_CHARS_MAX: usize = 200;

/// What one request is about.
#[derive(Clone)]
pub struct Space {
    /// The roots that are asked, in order.
    pub roots: Vec<Arc<Root>>,
    /// The library that is asked too, if there is one by this name.
    pub library: Option<String>,
}

/// An open store of a space.
#[derive(Clone)]
pub enum Source {
    /// The index of a root.
    Workspace(Arc<Workspace>),
    /// A library, with its name.
    Library(String, Arc<Library>),
}

impl Source {
    /// As the engine is asked.
    pub fn asked(&self) -> Asked<'_> {
        match self {
            Self::Workspace(workspace) => Asked::Workspace(workspace),
            Self::Library(_, library) => Asked::Library(library),
        }
    }

    /// Its root, or its name.
    pub fn name(&self) -> String {
        match self {
            Self::Workspace(workspace) => text_of(&workspace.location().root),
            Self::Library(name, _) => name.clone(),
        }
    }

    /// Which store it is and what was committed last.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn version(&self) -> Result<Version> {
        match self {
            Self::Workspace(workspace) => workspace.version(),
            Self::Library(_, library) => library.version(),
        }
    }

    /// What it holds, and what it takes.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn holdings(&self) -> Result<Holdings> {
        match self {
            Self::Workspace(workspace) => workspace.holdings(),
            Self::Library(_, library) => library.holdings(),
        }
    }

    /// Its database file.
    pub fn database(&self) -> &Path {
        match self {
            Self::Workspace(workspace) => &workspace.location().database,
            Self::Library(_, library) => library.database(),
        }
    }

    /// A whole document: by its path from the root or from the file system, by its id in a library;
    /// `None` if there is none.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn document(&self, name: &str) -> Result<Option<Excerpt>> {
        match self.excerpt(name, (1, u32::MAX)) {
            Ok(excerpt) => Ok(Some(excerpt)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lines of a document, `last` may lie beyond its end; named as for [`Source::document`].
    ///
    /// # Errors
    /// `NotFound` if there is none; `InvalidInput` on `lines` for a range that is not in it.
    pub fn excerpt(&self, name: &str, (first, last): (u32, u32)) -> Result<Excerpt> {
        match self {
            Self::Workspace(workspace) => workspace.show(below(workspace, name), first, last),
            Self::Library(_, library) => library.show(name, first, last),
        }
    }

    /// The named parts of a document; named as for [`Source::document`].
    ///
    /// # Errors
    /// `NotFound` if there is none; any failure of the store.
    pub fn outline(&self, name: &str) -> Result<DocumentOutline> {
        match self {
            Self::Workspace(workspace) => workspace.outline(below(workspace, name)),
            Self::Library(_, library) => library.outline(name),
        }
    }

    /// What it has learned from feedback.
    ///
    /// # Errors
    /// Any failure of the store.
    pub fn weights(&self) -> Result<LearnedWeights> {
        match self {
            Self::Workspace(workspace) => workspace.weights(),
            Self::Library(_, library) => library.weights(),
        }
    }

    /// Learns from a judgement.
    ///
    /// # Errors
    /// `InvalidInput` for what is not in it; `Busy`, or any failure of the store.
    pub fn learn(&self, judgement: &Judgement<'_>) -> Result<LearnedWeights> {
        match self {
            Self::Workspace(workspace) => workspace.learn(judgement),
            Self::Library(_, library) => library.learn(judgement),
        }
    }

    /// Undoes the newest judgement.
    ///
    /// # Errors
    /// `Busy`, or any failure of the store.
    pub fn undo(&self) -> Result<Option<LearnedWeights>> {
        match self {
            Self::Workspace(workspace) => workspace.undo(),
            Self::Library(_, library) => library.undo(),
        }
    }

    /// Forgets all that was learned.
    ///
    /// # Errors
    /// `Busy`, or any failure of the store.
    pub fn reset(&self) -> Result<()> {
        match self {
            Self::Workspace(workspace) => workspace.reset(),
            Self::Library(_, library) => library.reset(),
        }
    }
}

/// A path of a request as the workspace knows it.
fn below<'n>(workspace: &Workspace, name: &'n str) -> &'n str {
    let below = Path::new(name).strip_prefix(&workspace.location().root);
    let path = below.ok().and_then(|below| below.to_str()).unwrap_or(name);
    path.strip_prefix("./").unwrap_or(path)
}

/// Which space a request names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The folder of a workspace; it counts before the id.
    pub path: Option<&'a str>,
    /// The id of a workspace.
    pub id: Option<&'a str>,
}

/// A workspace that this user has indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Names it: 16 hexadecimal digits.
    pub id: String,
    /// Its root.
    pub root: PathBuf,
    /// Its database.
    pub database: PathBuf,
}

/// A name for a library, or what is wrong with it.
fn named(id: &str) -> std::result::Result<String, Refusal> {
    let is_good = !id.trim().is_empty() && id.chars().count() <= NAME_CHARS_MAX;
    if is_good {
        return Ok(id.to_owned());
    }
    let message = format!("a name has 1 to {NAME_CHARS_MAX} characters");
    Err(Error::InvalidInput { field: "X-Workspace-ID", message }.into())
}

/// How an open root stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Names the workspace.
    pub id: String,
    /// Its documents.
    pub documents: u64,
    /// The time since its files were last looked at; `None` if they never were.
    pub age: Option<Duration>,
}

/// All spaces of a server.
pub struct Spaces {
    /// Where the process is, and what it was told.
    pub grounds: Grounds,
    named: Vec<Arc<Root>>,
    /// The database of the default library.
    database: Option<PathBuf>,
    opened: Mutex<Opened>,
    libraries: Mutex<HashMap<String, Arc<Library>>>,
    is_open_to_home: bool,
}

#[derive(Default)]
struct Opened {
    roots: HashMap<PathBuf, (Arc<Root>, u64)>,
    uses: u64,
}

impl Spaces {
    /// The spaces of a server that was started for `roots`, which are canonical.
    ///
    /// `database` is that of the default library, if it is not to be in the data folder. With
    /// `is_open_to_home` a request may name any folder that is visible below the home directory.
    pub fn new(
        grounds: Grounds,
        roots: Vec<PathBuf>,
        database: Option<PathBuf>,
        is_open_to_home: bool,
    ) -> Self {
        let named = roots.into_iter().map(|root| Arc::new(Root::new(root))).collect();
        Self {
            grounds,
            named,
            database,
            opened: Mutex::default(),
            libraries: Mutex::default(),
            is_open_to_home,
        }
    }

    /// The space that a request names.
    ///
    /// # Errors
    /// `NotFound` for what does not exist, `Forbidden` for what may not be named.
    pub fn resolve(&self, wanted: Wanted<'_>) -> std::result::Result<Space, Refusal> {
        match wanted {
            Wanted { path: Some(path), .. } => {
                Ok(Space { roots: vec![self.root_at(Path::new(path))?], library: None })
            }
            Wanted { id: Some(id), .. } if id != DEFAULT_LIBRARY => {
                match self.known()?.into_iter().find(|known| known.id == id) {
                    Some(known) => Ok(Space { roots: vec![self.open(known.root)], library: None }),
                    None => Ok(Space { roots: Vec::new(), library: Some(named(id)?) }),
                }
            }
            _ => Ok(Space { roots: self.named.clone(), library: Some(DEFAULT_LIBRARY.to_owned()) }),
        }
    }

    /// The library of a name; `None` if it has never had a document.
    ///
    /// # Errors
    /// Whatever keeps the store from being opened.
    pub fn library(&self, name: &str) -> Result<Option<Arc<Library>>> {
        self.open_library(name, false)
    }

    /// The library of a name, made if there is none.
    ///
    /// # Errors
    /// Whatever keeps the store from being opened or made.
    pub fn made_library(&self, name: &str) -> Result<Arc<Library>> {
        let library = self.open_library(name, true)?;
        library.ok_or_else(|| Error::NotFound { what: "library", name: name.to_owned() })
    }

    fn open_library(&self, name: &str, make: bool) -> Result<Option<Arc<Library>>> {
        let mut libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = libraries.get(name) {
            return Ok(Some(Arc::clone(library)));
        }
        let place = self.library_place(name);
        let library = if make {
            if self.database.is_none() || name != DEFAULT_LIBRARY {
                place.prepare()?;
            }
            Some(Library::open(&place.database)?)
        } else {
            Library::open_existing(&place.database)?
        };
        let library = library.map(Arc::new);
        if let Some(library) = &library {
            libraries.insert(name.to_owned(), Arc::clone(library));
        }
        Ok(library)
    }

    fn library_place(&self, name: &str) -> LibraryPlace {
        match &self.database {
            Some(database) if name == DEFAULT_LIBRARY => {
                LibraryPlace { name: name.to_owned(), database: database.clone() }
            }
            _ => LibraryPlace::of(name, &self.grounds.configuration.store_folder()),
        }
    }

    /// The libraries that there are, by name.
    ///
    /// # Errors
    /// `Io` if the folder of all libraries cannot be listed.
    pub fn libraries(&self) -> Result<Vec<LibraryPlace>> {
        let mut places = place::libraries(&self.grounds.configuration.store_folder())?;
        let default = self.library_place(DEFAULT_LIBRARY);
        places.retain(|place| place.name != DEFAULT_LIBRARY);
        if default.database.exists() {
            places.insert(0, default);
        }
        Ok(places)
    }

    /// The open root at a path that a request names.
    ///
    /// # Errors
    /// `InvalidInput` for a path that is not absolute, `NotFound` for one that is no folder,
    /// `Forbidden` for one that may not be named.
    pub fn root_at(&self, path: &Path) -> std::result::Result<Arc<Root>, Refusal> {
        if !path.is_absolute() {
            let message = format!("{} is not an absolute path", path.display());
            return Err(Error::InvalidInput { field: "workspace_path", message }.into());
        }
        // What may not be named is not looked at either: whether it exists is nobody's business.
        let Ok(canonical) =
            self.grounds.places.roots(&[path.to_owned()]).map(|mut roots| roots.remove(0))
        else {
            let name = path.display().to_string();
            return Err(if self.may_name(path)? {
                Error::NotFound { what: "workspace", name }.into()
            } else {
                self.forbidden(path)
            });
        };
        if !self.may_name(&canonical)? {
            return Err(self.forbidden(path));
        }
        Ok(self.open(canonical))
    }

    fn forbidden(&self, path: &Path) -> Refusal {
        let others = if self.is_open_to_home {
            "only visible folders below the home directory and workspaces that are indexed already \
             can be named"
        } else {
            "only the roots that the server was started for and workspaces that are indexed \
             already can be named"
        };
        Refusal::Forbidden(format!(
            "{}: {others}; start the server with --root, or run `contextlite index` there",
            path.display()
        ))
    }

    fn may_name(&self, root: &Path) -> Result<bool> {
        let is_named = self.named.iter().any(|named| named.path() == root);
        if is_named || (self.is_open_to_home && self.is_visible_below_home(root)) {
            return Ok(true);
        }
        Ok(self.known()?.iter().any(|known| known.root == root))
    }

    fn is_visible_below_home(&self, root: &Path) -> bool {
        let Some(home) = &self.grounds.places.home else { return false };
        let Ok(below) = root.strip_prefix(home) else { return false };
        let is_visible = |part: Component<'_>| match part {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            _ => false,
        };
        below != Path::new("") && below.components().all(is_visible)
    }

    fn open(&self, path: PathBuf) -> Arc<Root> {
        if let Some(named) = self.named.iter().find(|named| named.path() == path) {
            return Arc::clone(named);
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.uses += 1;
        let now = opened.uses;
        if let Some((root, used)) = opened.roots.get_mut(&path) {
            *used = now;
            return Arc::clone(root);
        }
        if OPEN_MAX <= opened.roots.len() {
            let oldest = opened.roots.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(path, _)| path.clone()) {
                opened.roots.remove(&oldest);
                self.unwatch(&oldest);
            }
        }
        let root = Arc::new(Root::new(path.clone()));
        opened.roots.insert(path, (Arc::clone(&root), now));
        root
    }

    fn unwatch(&self, root: &Path) {
        if let Ok(watcher) = &self.grounds.watcher {
            watcher.forget(root);
        }
    }

    /// The roots that the server was started for.
    pub fn named(&self) -> &[Arc<Root>] {
        &self.named
    }

    /// The workspaces that are indexed, by root.
    ///
    /// # Errors
    /// `Io` if the folder of all workspaces cannot be listed.
    pub fn known(&self) -> Result<Vec<Known>> {
        let mut known = Vec::new();
        for database in place::databases(&self.grounds.configuration.store_folder())? {
            if let Ok(Some(record)) = Record::read(&database) {
                let root = PathBuf::from(record.root);
                known.push(Known { id: place::id_of(&root), root, database });
            }
        }
        known.sort_by(|a, b| a.root.cmp(&b.root));
        Ok(known)
    }

    /// The stores of the default space as they are: its library first, then its roots; each may be
    /// unreadable. What has no store yet is left out.
    pub fn default_sources(&self) -> Vec<Result<Source>> {
        let library = self.library(DEFAULT_LIBRARY).transpose();
        let library = library.map(|library| {
            library.map(|library| Source::Library(DEFAULT_LIBRARY.to_owned(), library))
        });
        let root = |root: &Arc<Root>| match root.workspace(&self.grounds) {
            Err(Error::NotFound { what: "index" | "database", .. }) => None,
            opened => Some(opened.map(Source::Workspace)),
        };
        library.into_iter().chain(self.named.iter().filter_map(root)).collect()
    }

    /// How the open roots stand, those of the start first; roots without an index are left out.
    pub fn standings(&self) -> Vec<Standing> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<Arc<Root>> =
            opened.roots.values().map(|(root, _)| Arc::clone(root)).collect();
        drop(opened);
        let standing = |root: &Arc<Root>| {
            let totals =
                root.workspace(&self.grounds).and_then(|workspace| workspace.totals()).ok()?;
            let id = place::id_of(root.path());
            Some(Standing { id, documents: totals.documents, age: root.age() })
        };
        self.named.iter().chain(&others).filter_map(standing).collect()
    }

    /// Deletes the index of a workspace, not its files; or a library with its documents.
    ///
    /// # Errors
    /// `NotFound` for an unknown id; `Busy` while it is being written.
    pub fn forget(&self, id: &str) -> Result<Known> {
        let Some(known) = self.known()?.into_iter().find(|known| known.id == id) else {
            return self.forget_library(id);
        };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.roots.remove(&known.root).is_some() {
            self.unwatch(&known.root);
        }
        drop(opened);
        place::delete(&known.database, &self.grounds.configuration.store_folder())?;
        Ok(known)
    }

    fn forget_library(&self, name: &str) -> Result<Known> {
        let found = self.libraries()?.into_iter().find(|place| place.name == name);
        let LibraryPlace { name, database } =
            found.ok_or_else(|| Error::NotFound { what: "workspace", name: name.to_owned() })?;
        let mut libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        libraries.remove(&name);
        place::delete(&database, &self.grounds.configuration.store_folder())?;
        Ok(Known { id: name, root: PathBuf::new(), database })
    }
}
