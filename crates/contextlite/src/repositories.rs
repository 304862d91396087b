//! Which repositories there are below some folders.

use std::path::{Path, PathBuf};

/// The most repositories that are shown and indexed at once.
pub const REPOSITORIES_MAX: usize = 200;
/// The most folders that are looked into; a home directory has fewer that are visible.
const FOLDERS_MAX: usize = 50_000;
/// Folders that hold the files of others.
const OTHERS: [&str; 8] =
    ["node_modules", "target", "vendor", "venv", "dist", "build", "Library", "AppData"];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The repositories, sorted by path.
    pub repositories: Vec<PathBuf>,
    /// Whether there may be more than was looked for.
    pub is_cut: bool,
}

/// Finds the repositories in `folders` and at most `depth` below.
///
/// Hidden folders, folders of other people's files and links are passed over, and nothing is looked
/// for inside a repository. What cannot be read is passed over too.
pub fn find(folders: &[PathBuf], depth: usize) -> Found {
    let mut found = Found { repositories: Vec::new(), is_cut: false };
    let mut waiting: Vec<(PathBuf, usize)> =
        folders.iter().map(|folder| (folder.clone(), 0)).collect();
    let mut looked = 0;
    while let Some((folder, level)) = waiting.pop() {
        if looked == FOLDERS_MAX || found.repositories.len() == REPOSITORIES_MAX {
            found.is_cut = true;
            break;
        }
        looked += 1;
        if folder.join(".git").exists() {
            found.repositories.push(folder);
        } else if level < depth {
            waiting.extend(inside(&folder).into_iter().map(|inner| (inner, level + 1)));
        }
    }
    found.repositories.sort();
    found.repositories.dedup();
    found
}

/// The folders in a folder that may hold repositories, last first.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let is_meant = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        let is_visible = !name.as_encoded_bytes().starts_with(b".");
        let is_others = name.to_str().is_some_and(|name| OTHERS.contains(&name));
        is_visible && !is_others && entry.file_type().is_ok_and(|found| found.is_dir())
    };
    let mut folders: Vec<PathBuf> =
        entries.filter_map(Result::ok).filter(is_meant).map(|entry| entry.path()).collect();
    folders.sort();
    folders.reverse();
    folders
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn repositories_are_found_as_deep_as_allowed() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().to_owned();
        for path in [
            "work/a/.git",
            "work/a/inner/.git",
            "work/node_modules/b/.git",
            ".hidden/c/.git",
            "x/y/z/d/.git",
            "e/.git",
        ] {
            std::fs::create_dir_all(home.join(path)).expect("a folder");
        }
        let names = |depth| -> Vec<String> {
            let found = find(std::slice::from_ref(&home), depth);
            assert!(!found.is_cut);
            let below = found.repositories.iter().map(|path| path.strip_prefix(&home));
            below.map(|path| path.expect("below").display().to_string()).collect()
        };
        assert_eq!(names(0), [] as [&str; 0]);
        assert_eq!(names(2), ["e", "work/a"]);
        assert_eq!(names(4), ["e", "work/a", "x/y/z/d"]);
    }
}
