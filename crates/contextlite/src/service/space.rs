//! Where a question can be asked: the roots that are open, and which more may be opened.
//!
//! A *space* is what one request is about. Without a word it is what the server was started for;
//! `workspace_path` names one root instead, `X-Workspace-ID` the id of one. What a request may name
//! is decided here and nowhere else: the roots of the start, workspaces that this user has
//! indexed before, and, if callers are on this machine only, folders below the home directory of
//! which no part is hidden.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contextlite_engine::error::{Error, Result};

use super::root::Root;
use crate::config::Configuration;
use crate::place::{self, Places, Record};

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

/// What one request is about.
#[derive(Clone, Default)]
pub struct Space {
    /// The roots that are asked, in order.
    pub roots: Vec<Arc<Root>>,
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
    /// The folders of this process.
    pub places: Places,
    /// The settings.
    pub configuration: Configuration,
    named: Vec<Arc<Root>>,
    opened: Mutex<Opened>,
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
    /// With `is_open_to_home` a request may name any folder that is visible below the home
    /// directory.
    pub fn new(
        places: Places,
        configuration: Configuration,
        roots: Vec<PathBuf>,
        is_open_to_home: bool,
    ) -> Self {
        let named = roots.into_iter().map(|root| Arc::new(Root::new(root))).collect();
        Self { places, configuration, named, opened: Mutex::default(), is_open_to_home }
    }

    /// The space that a request names.
    ///
    /// # Errors
    /// `NotFound` for what does not exist, `Forbidden` for what may not be named.
    pub fn resolve(&self, wanted: Wanted<'_>) -> std::result::Result<Space, Refusal> {
        match wanted {
            Wanted { path: Some(path), .. } => {
                Ok(Space { roots: vec![self.root_at(Path::new(path))?] })
            }
            Wanted { id: Some(id), .. } => {
                let known = self.known()?.into_iter().find(|known| known.id == id);
                let known = known
                    .ok_or_else(|| Error::NotFound { what: "workspace", name: id.to_owned() })?;
                Ok(Space { roots: vec![self.open(known.root)] })
            }
            Wanted { path: None, id: None } => Ok(Space { roots: self.named.clone() }),
        }
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
        let Ok(canonical) = self.places.roots(&[path.to_owned()]).map(|mut roots| roots.remove(0))
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
        let Some(home) = &self.places.home else { return false };
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
            }
        }
        let root = Arc::new(Root::new(path.clone()));
        opened.roots.insert(path, (Arc::clone(&root), now));
        root
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
        for database in place::databases(&self.configuration.store_folder())? {
            if let Ok(Some(record)) = Record::read(&database) {
                let root = PathBuf::from(record.root);
                known.push(Known { id: place::id_of(&root), root, database });
            }
        }
        known.sort_by(|a, b| a.root.cmp(&b.root));
        Ok(known)
    }

    /// How the open roots stand, those of the start first; roots without an index are left out.
    pub fn standings(&self) -> Vec<Standing> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<Arc<Root>> =
            opened.roots.values().map(|(root, _)| Arc::clone(root)).collect();
        drop(opened);
        let standing = |root: &Arc<Root>| {
            let totals = root.workspace(self).and_then(|workspace| workspace.totals()).ok()?;
            let id = place::id_of(root.path());
            Some(Standing { id, documents: totals.documents, age: root.age() })
        };
        self.named.iter().chain(&others).filter_map(standing).collect()
    }

    /// Deletes the index of a workspace, not its files.
    ///
    /// # Errors
    /// `NotFound` for an unknown id; `Busy` while it is being indexed.
    pub fn forget(&self, id: &str) -> Result<Known> {
        let known = self.known()?.into_iter().find(|known| known.id == id);
        let known =
            known.ok_or_else(|| Error::NotFound { what: "workspace", name: id.to_owned() })?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.roots.remove(&known.root);
        drop(opened);
        place::delete(&known.database, &self.configuration.store_folder())?;
        Ok(known)
    }
}
