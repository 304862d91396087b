//! A small project on disk, with everything in it that states a version.

use std::path::Path;

use contextlite_release::carrier;
use contextlite_release::clock::Clock;
use contextlite_release::command::{self, Output};
use contextlite_release::environment::Environment;
use contextlite_release::file;
use contextlite_release::http::Transport;
use contextlite_release::manifest::{Entry, Manifest, SCHEMA};
use contextlite_release::pack::archive::{self, Member};
use contextlite_release::rehearse::Service;
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::{COMMIT, GitHub};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::surroundings::Surroundings;
use contextlite_release::target::Os;
use tempfile::TempDir;

/// The host of these tests, with its faults.
pub type Fake = Service<GitHub>;

/// The repository's own configuration: what ships is what is tested.
pub const RELEASE_TOML: &str = include_str!("../../../../release.toml");

/// What the repository's own clients say of themselves.
const PYPROJECT: &str = include_str!("../../../../clients/python/pyproject.toml");
const PACKAGE_JSON: &str = include_str!("../../../../clients/node/package.json");

/// The repository's own description of the extension.
const EXTENSION_JSON: &str = include_str!("../../../../editors/vscode/package.json");

/// What starts the program of the package of npm: the program is where the client looks for it.
const STARTER: &str = "#!/usr/bin/env node
const program = `@contextlite/${process.platform}-${process.arch}/bin/contextlite`;
const started = require('node:child_process').spawnSync(
  require.resolve(program), process.argv.slice(2), { stdio: 'inherit' });
process.exit(started.status ?? 1);
";

/// The folder of packed files.
pub const FILES: &str = "dist/release";

/// A program that says the version and finds what is asked for, as far as a proof can tell.
pub const PROGRAM: &str = "#!/bin/sh
case $1 in
--version) echo 'contextlite 1.0.2' ;;
context) grep -rH 'lantern room' \"$4\" ;;
esac
";

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

    /// A project without any file.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The same before the clients exist.
    pub fn without_clients(version: &str) -> Self {
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
        Self::empty()
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

    /// The same with everything packed, as `cargo ship pack` leaves it: small files, and archives
    /// with [`PROGRAM`].
    pub fn packed(version: &str) -> Self {
        let project = Self::at_version(version);
        let folder = project.root().join(FILES);
        let plan: serde_json::Value =
            serde_json::from_str(&project.answer("plan --json")).expect("JSON");
        let planned = plan["artifacts"].as_array().expect("a list").iter();
        let mut artifacts: Vec<Entry> = planned
            .map(|artifact| (artifact, artifact["name"].as_str().expect("a name")))
            .filter(|(_, name)| *name != "release-manifest.json")
            .map(|(artifact, name)| {
                let bytes = packed_bytes(artifact, name);
                file::write_whole(&folder.join(name), &bytes).expect("a packed file");
                let digest = file::digest_of(&bytes);
                Entry {
                    name: name.to_owned(),
                    kind: serde_json::from_value(artifact["kind"].clone()).expect("a kind"),
                    target: None,
                    os: serde_json::from_value(artifact["os"].clone()).expect("a system"),
                    arch: serde_json::from_value(artifact["arch"].clone()).expect("a processor"),
                    size: digest.size,
                    sha256: digest.sha256,
                }
            })
            .collect();
        artifacts.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = Manifest {
            schema: SCHEMA,
            name: "contextlite".to_owned(),
            version: version.to_owned(),
            tag: format!("v{version}"),
            commit: COMMIT.to_owned(),
            rust_version: "1.96.0".to_owned(),
            artifacts,
        };
        manifest.write(&folder).expect("a written manifest");
        project
    }

    /// The same with the repository's own templates of the channels, and clients that have its own
    /// manifests and little else.
    pub fn with_packaging(self) -> Self {
        let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
        copy_folder(&packaging, &self.root().join("packaging"));
        let readme = "# A client\n\nSee [the docs](../../docs/clients.md).\n";
        let project = self
            .file("clients/python/pyproject.toml", PYPROJECT)
            .file("clients/python/README.md", readme)
            .file("clients/python/src/contextlite/__init__.py", "\"\"\"A client.\"\"\"\n")
            .file("clients/python/src/contextlite/py.typed", "")
            .file("clients/node/package.json", PACKAGE_JSON)
            .file("clients/node/README.md", readme)
            .file("clients/node/src/index.ts", "export {};\n")
            .file("editors/vscode/package.json", EXTENSION_JSON)
            .file("editors/vscode/README.md", readme)
            .file("editors/vscode/CHANGELOG.md", "# Changes\n")
            .file("editors/vscode/media/icon.png", "a picture")
            .file("editors/vscode/src/extension.ts", "export {};\n");
        build_clients(project.root());
        project
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

/// What a packed file holds.
fn packed_bytes(artifact: &serde_json::Value, name: &str) -> Vec<u8> {
    if artifact["kind"] != "archive" {
        return format!("the bytes of {name}").into_bytes();
    }
    let is_windows = artifact["os"] == "windows";
    let os = if is_windows { Os::Windows } else { Os::Linux };
    let program = if is_windows { "contextlite.exe" } else { "contextlite" };
    let members = [
        Member { path: program.to_owned(), bytes: PROGRAM.into(), is_program: true },
        Member::paper("LICENSE", "our licence\n"),
        Member::paper("THIRD-PARTY-NOTICES.txt", format!("notices of {name}\n")),
    ];
    archive::pack(&members, os, 1_700_000_000)
}

/// Writes what stands in for the modules that are built of a client's sources.
pub fn build_clients(root: &Path) {
    let starter = root.join("clients/node/bin/contextlite.js");
    file::write_whole(&starter, STARTER.as_bytes()).expect("a starter");
    build_client(&root.join("clients/node"), "lib", &NODE_MODULES);
    build_client(&root.join("editors/vscode"), "out", &["extension.js"]);
}

/// What the client for Node is built into.
const NODE_MODULES: [&str; 4] = ["index.js", "index.mjs", "index.d.ts", "index.d.mts"];

fn build_client(folder: &Path, to: &str, modules: &[&str]) {
    let built = folder.join(to);
    if built.exists() {
        std::fs::remove_dir_all(&built).expect("what was built");
    }
    let client = carrier::client(folder).expect("the client's files");
    let sources = client.iter().filter(|member| member.path.starts_with("src/"));
    let lines = sources
        .map(|member| format!("{}  {}\n", file::digest_of(&member.bytes).sha256, member.path));
    let list: String = lines.collect();
    let modules = modules.iter().map(|&name| (name, name));
    for (name, text) in [("SOURCES", list.as_str())].into_iter().chain(modules) {
        file::write_whole(&built.join(name), text.as_bytes()).expect("a module");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            std::fs::copy(&path, &copy).expect("a copied file");
        }
    }
}

/// Runs `cargo ship` with these words in a folder, in an empty environment.
pub fn ship_in(folder: &Path, words: &str) -> Output {
    ship_words(folder, &words.split_whitespace().collect::<Vec<_>>())
}

/// The same with words that may be empty or hold spaces.
pub fn ship_words(folder: &Path, words: &[&str]) -> Output {
    let nobody = Direct::new(Fake::default());
    Surrounded { folder, variables: &[], transport: &nobody, clock: &Hand::default() }
        .ship_words(words)
}

/// What a command finds around itself.
pub struct Surrounded<'a> {
    pub folder: &'a Path,
    pub variables: &'a [(&'a str, &'a str)],
    pub transport: &'a dyn Transport,
    pub clock: &'a dyn Clock,
}

impl Surrounded<'_> {
    /// Runs `cargo ship` with these words; what it says on the way precedes its notice.
    pub fn ship(&self, words: &str) -> Output {
        self.ship_words(&words.split_whitespace().collect::<Vec<_>>())
    }

    fn ship_words(&self, words: &[&str]) -> Output {
        let said = std::cell::RefCell::new(String::new());
        let say = |line: &str| {
            said.borrow_mut().push_str(line);
            said.borrow_mut().push('\n');
        };
        let variables = self.variables.iter().map(|(name, value)| (name.into(), value.into()));
        let environment = Environment::new(self.folder, variables, &say);
        let surroundings = Surroundings {
            environment: &environment,
            transport: self.transport,
            clock: self.clock,
        };
        let arguments = std::iter::once("cargo-ship").chain(words.iter().copied());
        let output = command::run(arguments.map(Into::into), surroundings);
        Output { notice: said.into_inner() + &output.notice, ..output }
    }
}
