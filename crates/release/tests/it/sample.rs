//! A whole small project that can be built and packed: a workspace in a git repository.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output as Ended};

use contextlite_release::build::record::{FOLDER, Record};
use contextlite_release::build::trial::Way;
use contextlite_release::command::{self, Output};
use contextlite_release::environment::Environment;
use contextlite_release::file;
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::source::Source;
use contextlite_release::surroundings::Surroundings;
use contextlite_release::target::{TARGETS, Target};

use crate::project::{Fake, Project};

/// The program of the sample, as a source and as a script that needs no building.
const MAIN: &str = include_str!("../sample/program.rs");
const SCRIPT: &str = include_str!("../sample/program.sh");

/// The scripts that are released.
const INSTALL_SH: &str = include_str!("../../../../packaging/install/install.sh");
const INSTALL_PS1: &str = include_str!("../../../../packaging/install/install.ps1");

const WORKSPACE: &str = "[workspace]
members = [\"crates/contextlite\"]
exclude = [\"vendor\"]
resolver = \"3\"

[workspace.package]
version = \"1.0.2\"

[profile.dist]
inherits = \"release\"
opt-level = 0
strip = \"symbols\"
";

const PACKAGE: &str = "[package]
name = \"contextlite\"
description = \"A program that is released\"
version.workspace = true
edition = \"2024\"
license = \"MIT\"

[dependencies]
vendored = { path = \"../../vendor/vendored\" }
";

const VENDORED: &str = "[package]
name = \"vendored\"
version = \"0.3.1\"
edition = \"2024\"
license = \"Apache-2.0/MIT\"
repository = \"https://git.example.org/vendored\"
";

const LOCK: &str = "version = 4

[[package]]
name = \"contextlite\"
version = \"1.0.2\"
dependencies = [
 \"vendored\",
]

[[package]]
name = \"vendored\"
version = \"0.3.1\"
";

const CHANGELOG: &str = "# Changelog\n\n## [1.0.2] - 2026-11-22\n\n- a thing\n";

const MIT: &str = "MIT License\n\nCopyright (c) 2020 Somebody Else\n\n\
     Permission is hereby granted, free of charge, to any person\n";

/// When everything in the sample was committed.
const COMMITTED: &str = "1700000000 +0000";

/// The tools that `scripts/release/setup-cross` installs for this repository.
pub fn tools() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = root.canonicalize().expect("the repository").join("target/ship-tools");
    assert!(tools.is_dir(), "run scripts/release/setup-cross, as scripts/test does");
    tools
}

/// One of those tools.
pub fn tool(name: &str) -> PathBuf {
    let tool = tools().join("bin").join(name);
    assert!(tool.is_file(), "{name} is missing; run scripts/release/setup-cross");
    tool
}

/// The files of the sample, before anything of it is built.
pub fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("release.toml", crate::project::RELEASE_TOML),
        ("Cargo.toml", WORKSPACE),
        ("Cargo.lock", LOCK),
        ("CHANGELOG.md", CHANGELOG),
        ("README.md", "# A sample\n"),
        ("LICENSE", "MIT License\n\nCopyright (c) 2026 Ourselves\n"),
        (".gitignore", "/dist\n/target\n"),
        ("crates/contextlite/Cargo.toml", PACKAGE),
        ("crates/contextlite/src/main.rs", MAIN),
        ("vendor/vendored/Cargo.toml", VENDORED),
        ("vendor/vendored/LICENSE-MIT", MIT),
        (
            "vendor/vendored/src/lib.rs",
            "pub fn sum(all: &[u32]) -> u32 {\n    all.iter().sum()\n}\n",
        ),
        ("packaging/install/install.sh", INSTALL_SH),
        ("packaging/install/install.ps1", INSTALL_PS1),
    ]
}

/// The sample in a folder of its own, with everything committed.
pub fn sample() -> Project {
    let project = Project::empty();
    let project =
        files().into_iter().fold(project, |project, (path, text)| project.file(path, text));
    commit(project.root());
    project
}

/// The sample with a script in the place of each of these binaries.
pub fn built(targets: &[Target]) -> Project {
    let project = sample();
    for target in targets {
        write_binary(project.root(), target, SCRIPT.as_bytes());
    }
    project
}

/// The sample with a script in the place of every binary.
pub fn all_built() -> Project {
    built(&TARGETS)
}

/// Puts a binary and its record where `cargo ship build` puts them.
pub fn write_binary(root: &Path, target: &Target, bytes: &[u8]) {
    let folder = root.join(FOLDER).join(target.platform());
    let path = folder.join(target.program("contextlite"));
    file::write_whole(&path, bytes).expect("a binary");
    make_program(&path);
    record(root, target, bytes).write(&folder).expect("a record");
}

/// The record of a binary that was built from what is committed.
pub fn record(root: &Path, target: &Target, bytes: &[u8]) -> Record {
    let digest = file::digest_of(bytes);
    Record {
        schema: Record::SCHEMA,
        platform: target.platform(),
        target: target.triple.to_owned(),
        version: "1.0.2".to_owned(),
        source: with(root, &[], |environment| Source::read(root, environment)).expect("a source"),
        rust_version: "1.96.0".to_owned(),
        method: "by hand".to_owned(),
        size: digest.size,
        sha256: digest.sha256,
        format: "a script".to_owned(),
        tried: Way::File,
        selftest: None,
        packages: 2,
    }
}

/// Makes a repository of a folder, with the same commit wherever it is.
pub fn commit(root: &Path) {
    for arguments in
        [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "-m", "all"]]
    {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(["-c", "user.name=A", "-c", "user.email=a@example.org"]);
        git.args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]).args(arguments);
        git.env("GIT_AUTHOR_DATE", COMMITTED).env("GIT_COMMITTER_DATE", COMMITTED);
        succeed(&mut git);
    }
}

/// Runs `cargo ship` in a folder, with some variables set beside those of this process.
pub fn ship(folder: &Path, words: &str, variables: &[(&str, &str)]) -> Output {
    let arguments = std::iter::once("cargo-ship").chain(words.split_whitespace());
    with(folder, variables, |environment| run(arguments.map(Into::into), environment))
}

/// Runs a command that never leaves this machine.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &Environment<'_>) -> Output {
    let (transport, clock) = (Direct::new(Fake::default()), Hand::default());
    let surroundings = Surroundings { environment, transport: &transport, clock: &clock };
    command::run(arguments, surroundings)
}

/// Calls a function with the surroundings of this process, changed in some variables, and with
/// the tools of this repository on the search path.
pub fn with<T>(
    folder: &Path,
    variables: &[(&str, &str)],
    call: impl FnOnce(&Environment<'_>) -> T,
) -> T {
    let mut all: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let path = all.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let path = std::iter::once(tools().join("bin")).chain(std::env::split_paths(&path));
    all.insert("PATH".into(), std::env::join_paths(path).expect("a search path"));
    all.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
    call(&Environment::new(folder, all, &|_| {}))
}

/// Runs a program that must succeed, and returns its standard output as text.
pub fn succeed(command: &mut Command) -> String {
    let ended = end(command);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{command:?}: {text}{said}");
    text
}

/// Runs a program to its end, whatever that is; one that is not installed is a failed test.
pub fn end(command: &mut Command) -> Ended {
    let name = command.get_program().to_string_lossy().into_owned();
    command.output().unwrap_or_else(|error| panic!("{name}: {error}; scripts/test installs it"))
}

/// The command for a program that changes what only root may change.
pub fn as_root(program: &str) -> Command {
    if succeed(Command::new("id").arg("-u")).trim() == "0" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Lets a file be run.
pub fn make_program(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).expect("permissions");
}
