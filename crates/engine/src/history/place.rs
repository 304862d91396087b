//! Where the repository of a root lies.
//!
//! A root belongs to the nearest folder upwards that holds `.git`. That is either the git folder
//! itself or, in a linked work tree and in a submodule, a file with the one line `gitdir: PATH`.
//! The git folder holds `HEAD`; objects and branches lie in the folder that its file `commondir`
//! names (linked work trees), or in the git folder itself. These four facts are the whole layout,
//! described in `gitrepository-layout(5)`. No configuration is read: nothing in it could change
//! what was committed, and a repository that was copied from elsewhere is not trusted to choose
//! what is opened here.

use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::odb::pack::cache::lru::MemoryCappedHashmap as DeltaBases;
use gix::odb::store::init::Options as ObjectOptions;
use gix::refs::Target;
use gix::refs::file::Store as References;

use super::change::Objects;

/// A `gitdir:` or `commondir` file is one path; a longer file is something else.
const PATH_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Symbolic references that point to each other end here; git itself follows five.
const SYMBOLIC_STEPS_MAX: u32 = 5;
/// Memory for the bases of deltas in packs: the trees of neighbouring commits share theirs.
const DELTA_BASES_BYTES_MAX: usize = 24 << 20;
/// Memory for whole objects: the tree of a commit is read again as the parent's of the next.
const OBJECTS_BYTES_MAX: usize = 24 << 20;
/// A commit or a tree of more than this is damaged or hostile and is not read.
const OBJECT_BYTES_MAX: usize = 64 << 20;

/// The repository of a root.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder that holds `HEAD`.
    git_folder: PathBuf,
    /// The folder that holds objects and branches, if it is another one.
    shared_folder: Option<PathBuf>,
    /// The names of the folders from the top of the work tree to the root.
    pub prefix: Vec<Vec<u8>>,
}

impl Place {
    /// Finds the repository of `root`, which must exist; symbolic links are resolved first.
    pub fn around(root: &Path) -> Option<Self> {
        let root = root.canonicalize().ok()?;
        let (top, git_folder) =
            root.ancestors().find_map(|folder| Some((folder, git_folder_of(folder)?)))?;
        let prefix = root
            .strip_prefix(top)
            .ok()?
            .components()
            .map(|part| part.as_os_str().as_encoded_bytes().to_vec())
            .collect();
        let shared_folder =
            path_file(&git_folder.join("commondir")).map(|path| git_folder.join(path));
        Some(Self { git_folder, shared_folder, prefix })
    }

    /// The folders outside of `root`, which must be canonical, whose content says what is checked
    /// out there and what is ignored, and whether what lies below them counts too.
    pub fn folders_outside(&self, root: &Path) -> Vec<(PathBuf, bool)> {
        let shared = self.shared_folder.as_ref().unwrap_or(&self.git_folder);
        let above = root.ancestors().skip(1).take(self.prefix.len());
        let flat = [self.git_folder.clone(), shared.clone(), shared.join("info")];
        let named = flat.into_iter().chain(above.map(Path::to_owned)).map(|folder| (folder, false));
        let named = named.chain([(shared.join("refs"), true)]);
        let canonical =
            named.filter_map(|(folder, deep)| Some((folder.canonicalize().ok()?, deep)));
        let mut found: Vec<_> = canonical.filter(|(folder, _)| !folder.starts_with(root)).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Reads the commit that is checked out, and the name of its branch.
    pub fn head(&self) -> Option<(ObjectId, Option<String>)> {
        let hash = gix::hash::Kind::Sha1;
        let references = match &self.shared_folder {
            Some(shared) => {
                References::for_linked_worktree(self.git_folder.clone(), shared.clone(), hash)
            }
            None => References::at(self.git_folder.clone(), hash),
        };
        let mut target = references.find("HEAD").ok()?.target;
        let mut branch = None;
        for _ in 0..=SYMBOLIC_STEPS_MAX {
            match target {
                Target::Object(id) => return Some((id, branch)),
                Target::Symbolic(name) => {
                    let short = name.as_bstr().strip_prefix(b"refs/heads/");
                    branch = short.map(|name| String::from_utf8_lossy(name).into_owned());
                    target = references.find(name.as_ref()).ok()?.target;
                }
            }
        }
        None
    }

    /// Opens the objects; they are read as they are asked for.
    pub fn objects(&self) -> Option<Objects> {
        let folder = self.shared_folder.as_ref().unwrap_or(&self.git_folder).join("objects");
        let options = ObjectOptions {
            alloc_limit_bytes: Some(OBJECT_BYTES_MAX),
            current_dir: Some(self.git_folder.clone()),
            ..ObjectOptions::default()
        };
        let mut objects = gix::odb::at_opts(folder, gix::hash::Kind::Sha1, None, options).ok()?;
        // A missing object stays missing: looking into the folder again for each of the many
        // that a partial clone lacks would take most of the time.
        objects.refresh_never();
        objects.set_pack_cache(|| Box::new(DeltaBases::new(DELTA_BASES_BYTES_MAX)));
        objects.set_object_cache(|| {
            Box::new(gix::odb::pack::cache::object::MemoryCappedHashmap::new(OBJECTS_BYTES_MAX))
        });
        Some(objects)
    }
}

/// The git folder of a work tree with this top; `None` if it is not one.
fn git_folder_of(top: &Path) -> Option<PathBuf> {
    let entry = top.join(".git");
    let metadata = fs::metadata(&entry).ok()?;
    let folder = if metadata.is_dir() { entry } else { top.join(gitdir_line(&entry)?) };
    folder.join("HEAD").symlink_metadata().is_ok().then_some(folder)
}

/// The path in a `.git` file.
fn gitdir_line(file: &Path) -> Option<PathBuf> {
    let content = small_text(file)?;
    Some(PathBuf::from(content.strip_prefix("gitdir:")?.trim()))
}

/// The path that is the whole content of `file`; `None` if there is no such file.
fn path_file(file: &Path) -> Option<PathBuf> {
    let content = small_text(file)?;
    let path = content.trim();
    (!path.is_empty()).then(|| PathBuf::from(path))
}

fn small_text(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    (metadata.is_file() && metadata.len() <= PATH_FILE_BYTES_MAX)
        .then(|| fs::read_to_string(file).ok())?
}
