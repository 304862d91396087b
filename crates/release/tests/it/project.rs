//! A small project on disk, with everything in it that states a version.

use std::path::Path;

use contextlite_release::command::{self, Output};
use tempfile::TempDir;

/// The repository's own configuration: what ships is what is tested.
pub const RELEASE_TOML: &str = include_str!("../../../../release.toml");

/// A folder that is removed when the test ends.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// A project whose workspace, lock file, change log and three clients all say `version`.
    pub fn at_version(version: &str) -> Self {
        let project = Self::without_clients(version);
        let package =
            format!("{{\n  \"name\": \"contextlite\",\n  \"version\": \"{version}\"\n}}\n");
        let pyproject = format!("[project]\nname = \"contextlite\"\nversion = \"{version}\"\n");
        project
            .file("clients/python/pyproject.toml", &pyproject)
            .file("clients/node/package.json", &package)
            .file("editors/vscode/package.json", &package)
    }

    /// The same before the clients exist.
    pub fn without_clients(version: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace =
            format!("[workspace]\nmembers = []\n\n[workspace.package]\nversion = \"{version}\"\n");
        let changelog = format!(
            "# Changelog\n\n## [Unreleased]\n\n## [{version}] - 2026-11-22\n\n### Added\n\n\
             - a thing\n\n## [0.9.0] - 2025-08-01\n\n- an older thing\n"
        );
        let lock = format!(
            "version = 4\n\n[[package]]\nname = \"clap\"\nversion = \"4.6.7\"\n\
             source = \"registry\"\n\n[[package]]\n\
             name = \"contextlite\"\nversion = \"{version}\"\n\n\
             [[package]]\nname = \"contextlite-engine\"\nversion = \"{version}\"\n"
        );
        Self { folder }
            .file("release.toml", RELEASE_TOML)
            .file("Cargo.toml", &workspace)
            .file("Cargo.lock", &lock)
            .file("CHANGELOG.md", &changelog)
    }

    /// Writes one file, whatever was there before.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        let folder = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(folder).expect("a folder for the file");
        std::fs::write(path, text).expect("a written file");
        self
    }

    /// Removes one file.
    pub fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.root().join(path)).expect("a file to remove");
        self
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `cargo ship` with these words in the root.
    pub fn ship(&self, words: &str) -> Output {
        ship_in(self.root(), words)
    }

    /// The words' answer; they have to succeed without a notice.
    pub fn answer(&self, words: &str) -> String {
        let output = self.ship(words);
        assert_eq!((output.code, output.notice.as_str()), (0, ""), "{words}");
        output.answer
    }

    /// The words' notice; they have to be refused without an answer.
    pub fn refusal(&self, words: &str) -> String {
        let output = self.ship(words);
        assert_eq!((output.code, output.answer.as_str()), (1, ""), "{words}");
        output.notice
    }
}

/// Runs `cargo ship` with these words in a folder.
pub fn ship_in(folder: &Path, words: &str) -> Output {
    let arguments = std::iter::once("cargo-ship").chain(words.split_whitespace());
    command::run(arguments.map(Into::into), folder)
}
