//! What a command is told about the machine: its folder, its variables, and a place for progress.
//!
//! The library asks the process for nothing; `main` gathers this once and passes it down. So a
//! test decides what the machine looks like, and what a command depends on can be listed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The surroundings of one command.
pub struct Environment<'a> {
    /// The folder in which the command was started.
    pub directory: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    say: &'a dyn Fn(&str),
}

impl<'a> Environment<'a> {
    /// Describes the surroundings; `say` is called with each line of progress.
    pub fn new(
        directory: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        say: &'a dyn Fn(&str),
    ) -> Self {
        let variables = variables.into_iter().collect();
        Self { directory: directory.to_owned(), variables, say }
    }

    /// Returns a variable that is set, not empty and text.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(OsStr::new(name))?.to_str()?;
        Some(value).filter(|value| !value.is_empty())
    }

    /// Returns all variables, sorted by name.
    pub fn variables(&self) -> &BTreeMap<OsString, OsString> {
        &self.variables
    }

    /// Returns the folders that programs are looked for in, in order.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.variables.get(OsStr::new("PATH"));
        path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default()
    }

    /// Tells the person who waits what happens now; one line, without its end.
    pub fn say(&self, line: &str) {
        (self.say)(line);
    }
}

/// Returns the first file with a program's name in the folders; Windows adds `.exe` or `.cmd`.
pub fn find_program(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let ends: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let found = folders.iter().flat_map(|folder| ends.iter().map(move |end| (folder, end)));
    found.map(|(folder, end)| folder.join(format!("{name}{end}"))).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::{Environment, find_program};

    #[test]
    fn empty_variables_count_as_absent_and_programs_are_found_in_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [first, second] = ["a", "b"].map(|name| folder.path().join(name));
        let tool = format!("tool{}", std::env::consts::EXE_SUFFIX);
        for place in [&first, &second] {
            std::fs::create_dir(place).expect("a folder");
            std::fs::write(place.join(&tool), "").expect("a file");
        }
        let path = std::env::join_paths([&second, &first]).expect("a path");
        let variables = [("PATH".into(), path), ("EMPTY".into(), "".into())];
        let environment = Environment::new(folder.path(), variables, &|_| {});
        assert_eq!(environment.text("EMPTY"), None);
        assert_eq!(environment.text("ABSENT"), None);
        let folders = environment.search_path();
        assert_eq!(find_program("tool", &folders), Some(second.join(&tool)));
        assert_eq!(find_program("other", &folders), None);
    }
}
