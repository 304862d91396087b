//! The project that a rehearsal releases: a copy of the parts of the tree that a release reads,
//! and the files of a release that were made of one program.
//!
//! The copy is what keeps a rehearsal from the real `dist`. It may be given another version, so
//! that an older or a newer release can be there before: every place that states the version
//! then states the other one.
//!
//! The files are those of the plan, under their names. The archive for this machine holds the
//! program that is given, and so do the others, where only formats and digests can be looked at.

use std::path::Path;

use crate::artifact::Kind;
use crate::error::{Error, Result};
use crate::file;
use crate::manifest::{self, Entry, Manifest, SCHEMA};
use crate::pack::archive::{self, Member};
use crate::plan::Plan;
use crate::target::Os;

/// What a release reads of a tree.
const PARTS: [&str; 10] = [
    "release.toml",
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
    "README.md",
    "LICENSE",
    "packaging",
    "crates/contextlite/Cargo.toml",
    "clients",
    "editors",
];

/// Folders that hold what was fetched or is made by tools, and files that the system makes.
///
/// What was built of a client (`lib`, `out`) is packed, and so it is copied.
const PASSED_OVER: [&str; 6] =
    ["node_modules", "target", "dist", "__pycache__", ".venv", ".DS_Store"];

/// The places that state the version, beside the packages of the lock file.
const STATED: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
    "clients/python/pyproject.toml",
    "clients/node/package.json",
    "editors/vscode/package.json",
];

/// The time that is written into archives: any will do, and it has to be the same each time.
const SECONDS: u64 = 1_700_000_000;

/// What a program of a small release begins with; its version follows.
pub const PROGRAM_HEAD: &str = "#!/bin/sh\n# a program of a rehearsal\n# ";

/// Returns a program for a release in which no file matters: it is its own version.
///
/// Nobody runs it but [`crate::rehearse::world`], which knows what it would say.
pub fn program(name: &str, version: &str) -> Vec<u8> {
    format!("{PROGRAM_HEAD}{name} {version}\n").into_bytes()
}

/// Copies what a release reads from one folder to another.
///
/// # Errors
///
/// [`Error::Io`] if a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    for part in PARTS {
        copy_part(&from.join(part), &to.join(part))?;
    }
    Ok(())
}

fn copy_part(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        let folder = to.parent().unwrap_or(to);
        std::fs::create_dir_all(folder).map_err(Error::at(folder))?;
        std::fs::copy(from, to).map_err(Error::at(from))?;
    }
    if !from.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(from).map_err(Error::at(from))? {
        let name = entry.map_err(Error::at(from))?.file_name();
        if !PASSED_OVER.iter().any(|passed| name == *passed) {
            copy_part(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Makes a copy state another version.
///
/// # Errors
///
/// [`Error::Io`] if a file cannot be read or written.
pub fn restate(root: &Path, from: &str, to: &str) -> Result<()> {
    for path in STATED.map(|path| root.join(path)).iter().filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(path).map_err(Error::at(path))?;
        // The change log has one entry for each version; only the newest is ours.
        let text = match path.file_name() {
            Some(name) if name == "CHANGELOG.md" => text.replacen(from, to, 1),
            _ => text.replace(&format!("\"{from}\""), &format!("\"{to}\"")),
        };
        file::write_whole(path, text.as_bytes())?;
    }
    Ok(())
}

/// Leaves of a copy's lock file only the packages of the project itself.
///
/// The others state no version of ours, and reading them is most of what a plan takes: a
/// rehearsal in the process makes thousands.
///
/// # Errors
///
/// [`Error::Io`] if it cannot be read or written.
pub fn shorten_lock(root: &Path, name: &str) -> Result<()> {
    const PACKAGE: &str = "\n[[package]]\n";
    let path = root.join("Cargo.lock");
    let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
    let mut parts = text.split(PACKAGE);
    let head = parts.next().unwrap_or_default().to_owned();
    let ours = format!("name = \"{name}");
    let kept = parts.filter(|part| part.starts_with(&ours));
    let text = kept.fold(head, |text, part| text + PACKAGE + part);
    file::write_whole(&path, text.as_bytes()).map(|_| ())
}

/// Makes the files of a release from one program, and their manifest, in a folder.
///
/// `papers` are what an archive holds beside the program.
///
/// # Errors
///
/// [`Error::Io`] if a file cannot be written.
pub fn pack(
    plan: &Plan,
    folder: &Path,
    commit: &str,
    program: &[u8],
    papers: &[Member],
) -> Result<()> {
    let mut entries = Vec::new();
    for artifact in plan.artifacts.iter().filter(|artifact| artifact.kind != Kind::Manifest) {
        let bytes = match (artifact.kind, artifact.os) {
            (Kind::Archive, Some(os)) => archive(&plan.name, os, program, papers),
            _ => format!("for a rehearsal: {}\n", artifact.name).into_bytes(),
        };
        file::write_whole(&folder.join(&artifact.name), &bytes)?;
        let digest = file::digest_of(&bytes);
        entries.push(Entry {
            name: artifact.name.clone(),
            kind: artifact.kind,
            target: None,
            os: artifact.os,
            arch: artifact.arch,
            size: digest.size,
            sha256: digest.sha256,
        });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = Manifest {
        schema: SCHEMA,
        name: plan.name.clone(),
        version: plan.version.clone(),
        tag: plan.tag.clone(),
        commit: commit.to_owned(),
        rust_version: "0.0.0".to_owned(),
        artifacts: entries,
    };
    manifest.write(folder)?;
    debug_assert!(folder.join(manifest::FILE_NAME).is_file());
    Ok(())
}

fn archive(name: &str, os: Os, program: &[u8], papers: &[Member]) -> Vec<u8> {
    let path = if os == Os::Windows { format!("{name}.exe") } else { name.to_owned() };
    let program = Member { path, bytes: program.to_vec(), is_program: true };
    let members: Vec<Member> = papers.iter().cloned().chain([program]).collect();
    archive::pack(&members, os, SECONDS)
}
