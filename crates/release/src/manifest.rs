//! The manifest of a release: every file that was packed, with size, digest and origin.
//!
//! `release-manifest.json` is written last, when all files are there, and is read by everything
//! that comes after: what is uploaded is what it lists, and what was uploaded is compared with
//! it. It names every file of the release but itself.
//!
//! ```json
//! {
//!   "schema": 1,
//!   "name": "contextlite", "version": "1.0.2", "tag": "v1.0.2",
//!   "commit": "0123…", "rust_version": "1.96.0",
//!   "artifacts": [
//!     {"name": "contextlite-1.0.2-linux-amd64.tar.gz", "kind": "archive",
//!      "target": "x86_64-unknown-linux-musl", "os": "linux", "arch": "amd64",
//!      "size": 123, "sha256": "…64 hexadecimal digits…"}
//!   ]
//! }
//! ```
//!
//! The artifacts are sorted by name, each name once; `target`, `os` and `arch` are null for a
//! file that serves every platform. Fields may be added under one `schema`, never renamed or
//! removed; a reader refuses a number that it does not know.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::artifact::Kind;
use crate::error::{Error, Result};
use crate::file::{self, Digest};
use crate::target::{Arch, Os};

/// The name of the manifest in the folder of the files that it lists.
pub const FILE_NAME: &str = "release-manifest.json";

/// The form that is written, and the only one that is read.
pub const SCHEMA: u32 = 1;

/// The most bytes of a manifest; one entry has about 300.
const SIZE_MAX: u64 = 1 << 20;

/// What was packed for one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form; [`SCHEMA`].
    pub schema: u32,
    /// The package's name.
    pub name: String,
    /// The released version, without `v`.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// The commit that was built, as git names it.
    pub commit: String,
    /// The version of the compiler that built it.
    pub rust_version: String,
    /// Every file but the manifest, sorted by name.
    pub artifacts: Vec<Entry>,
}

/// One packed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The file name, which is also the name of the release asset.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// What the compiler calls the platform it is for, if it is for one.
    pub target: Option<String>,
    /// The operating system it is for, if it is for one.
    pub os: Option<Os>,
    /// The architecture it is for, if it is for one.
    pub arch: Option<Arch>,
    /// The length in bytes.
    pub size: u64,
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest in `folder`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read, [`Error::Manifest`] with every problem if it is not a
    /// manifest of this schema.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        let size = std::fs::metadata(&path).map_err(Error::at(&path))?.len();
        let text = match size {
            0..=SIZE_MAX => std::fs::read_to_string(&path).map_err(Error::at(&path))?,
            _ => return Err(refusal(&path, vec![format!("it has more than {SIZE_MAX} bytes")])),
        };
        Self::parse(&text).map_err(|problems| refusal(&path, problems))
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    ///
    /// Every problem as a phrase.
    pub fn parse(text: &str) -> std::result::Result<Self, Vec<String>> {
        let one = |problem: String| vec![problem];
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| one(format!("not JSON: {error}")))?;
        let schema = value.get("schema").and_then(serde_json::Value::as_u64);
        if schema != Some(SCHEMA.into()) {
            let found = schema.map_or("none".to_owned(), |schema| schema.to_string());
            return Err(one(format!(
                "schema is {found}, and this program reads {SCHEMA}; use the version that packed"
            )));
        }
        let manifest: Self =
            serde_json::from_value(value).map_err(|error| one(error.to_string()))?;
        let problems = manifest.problems();
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }

    /// Returns the manifest as JSON, indented, with a line feed at its end.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a manifest is made of texts, numbers and lists") + "\n"
    }

    /// Puts the manifest in its place in `folder`, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Manifest`] if it is one that would not be read again, [`Error::Io`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE_NAME);
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(refusal(&path, problems));
        }
        file::write_whole(&path, self.json().as_bytes()).map(|_| ())
    }

    /// Checks that `folder` holds exactly the files that are listed, and the manifest.
    ///
    /// # Errors
    ///
    /// [`Error::Manifest`] with every file that is missing, unlisted or different; [`Error::Io`]
    /// if the folder or a file in it cannot be read.
    pub fn verify(&self, folder: &Path) -> Result<()> {
        let mut there = files(folder)?;
        let mut problems = Vec::new();
        if there.remove(FILE_NAME).is_none() {
            problems.push(format!("{FILE_NAME} is missing; run `cargo ship pack`"));
        }
        for entry in &self.artifacts {
            match there.remove(&entry.name) {
                None => problems.push(format!("{} is missing", entry.name)),
                Some(false) => problems.push(format!("{} is not a file", entry.name)),
                Some(true) => {
                    let found = file::digest(&folder.join(&entry.name))?;
                    problems.extend(entry.difference(&found));
                }
            }
        }
        problems.extend(there.keys().map(|name| format!("{name} is not listed")));
        if problems.is_empty() { Ok(()) } else { Err(refusal(&folder.join(FILE_NAME), problems)) }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for pair in self.artifacts.windows(2) {
            if pair[1].name <= pair[0].name {
                let (first, second) = (&pair[0].name, &pair[1].name);
                problems.push(format!("{second} follows {first}; names are sorted, each once"));
            }
        }
        problems.extend(self.artifacts.iter().filter_map(Entry::problem));
        problems
    }
}

impl Entry {
    /// Returns what differs from a file's content, as a phrase.
    pub fn difference(&self, found: &Digest) -> Option<String> {
        let name = &self.name;
        if found.size != self.size {
            return Some(format!("{name} has {} bytes, not {}", found.size, self.size));
        }
        let is_other = found.sha256 != self.sha256;
        is_other.then(|| format!("{name} has SHA-256 {}, not {}", found.sha256, self.sha256))
    }

    fn problem(&self) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let name = &self.name;
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Some(format!("`{name}` is not a file name that a release can have"));
        }
        if name == FILE_NAME || self.kind == Kind::Manifest {
            return Some(format!("{name} cannot list itself"));
        }
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let is_digest = self.sha256.len() == 64 && self.sha256.chars().all(is_digit);
        (!is_digest).then(|| format!("{name}: sha256 is not 64 lower-case hexadecimal digits"))
    }
}

/// Every name in a folder, in order, with whether it is a file.
fn files(folder: &Path) -> Result<BTreeMap<String, bool>> {
    let mut names = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(Error::at(folder))? {
        let entry = entry.map_err(Error::at(folder))?;
        let is_file = entry.file_type().map_err(Error::at(&entry.path()))?.is_file();
        names.insert(entry.file_name().to_string_lossy().into_owned(), is_file);
    }
    Ok(names)
}

fn refusal(path: &Path, problems: Vec<String>) -> Error {
    Error::Manifest { path: path.to_owned(), problems }
}

#[cfg(test)]
mod tests {
    use super::{Entry, FILE_NAME, Manifest, SCHEMA};
    use crate::artifact::Kind;
    use crate::file;
    use crate::target::{Arch, Os};

    fn entry(name: &str, bytes: &[u8]) -> Entry {
        let digest = file::digest_of(bytes);
        let is_archive = name.contains("linux");
        Entry {
            name: name.to_owned(),
            kind: if is_archive { Kind::Archive } else { Kind::Checksums },
            target: is_archive.then(|| "x86_64-unknown-linux-musl".to_owned()),
            os: is_archive.then_some(Os::Linux),
            arch: is_archive.then_some(Arch::Amd64),
            size: digest.size,
            sha256: digest.sha256,
        }
    }

    fn manifest() -> Manifest {
        Manifest {
            schema: SCHEMA,
            name: "lite".to_owned(),
            version: "1.0.2".to_owned(),
            tag: "v1.0.2".to_owned(),
            commit: "a".repeat(40),
            rust_version: "1.96.0".to_owned(),
            artifacts: vec![entry("lite-checksums.txt", b"sums"), entry("lite-linux.tgz", b"x")],
        }
    }

    /// A folder with what the manifest lists.
    fn packed() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        manifest().write(folder.path()).expect("written");
        for (name, text) in [("lite-checksums.txt", "sums"), ("lite-linux.tgz", "x")] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    #[test]
    fn what_is_written_is_read_back_and_holds() {
        let folder = packed();
        let read = Manifest::read(folder.path()).expect("read");
        assert_eq!(read, manifest());
        read.verify(folder.path()).expect("all files are as listed");
        let text = read.json();
        assert!(text.contains("\"target\": null"), "{text}");
        assert!(text.contains("\"kind\": \"archive\""), "{text}");
        assert!(text.starts_with("{\n  \"schema\": 1,\n") && text.ends_with("}\n"), "{text}");
    }

    #[test]
    fn all_differences_are_one_error() {
        let folder = packed();
        let path = |name: &str| folder.path().join(name);
        std::fs::remove_file(path("lite-checksums.txt")).expect("removed");
        std::fs::write(path("lite-linux.tgz"), "y").expect("written");
        std::fs::write(path("zzz.partial"), "").expect("written");
        std::fs::create_dir(path("a")).expect("made");
        let error = manifest().verify(folder.path()).expect_err("differs").to_string();
        let lines: Vec<&str> = error.lines().skip(1).map(str::trim).collect();
        let (y, x) = (file::digest_of(b"y").sha256, file::digest_of(b"x").sha256);
        let other = format!("lite-linux.tgz has SHA-256 {y}, not {x}");
        let expected = [
            "lite-checksums.txt is missing",
            &other,
            "a is not listed",
            "zzz.partial is not listed",
        ];
        assert_eq!(lines, expected);
        std::fs::write(path("lite-linux.tgz"), "longer").expect("written");
        let error = manifest().verify(folder.path()).expect_err("differs").to_string();
        assert!(error.contains("lite-linux.tgz has 6 bytes, not 1"), "{error}");
    }

    #[test]
    fn what_is_not_a_manifest_is_refused_with_its_reason() {
        let check = |from: &str, to: &str, expected: &str| {
            let text = manifest().json();
            assert!(text.contains(from), "{from}");
            let problems = Manifest::parse(&text.replacen(from, to, 1)).expect_err("refused");
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{problems:?}");
        };
        check("{", "", "not JSON");
        check("\"schema\": 1", "\"schema\": 2", "schema is 2, and this program reads 1");
        check("\"schema\": 1,", "", "schema is none");
        check("\"kind\": \"archive\"", "\"kind\": \"song\"", "song");
        check("lite-checksums.txt", "z.txt", "lite-linux.tgz follows z.txt");
        check("lite-checksums.txt", "lite-linux.tgz", "names are sorted, each once");
        check("lite-checksums.txt", "../x", "`../x` is not a file name");
        check("lite-linux.tgz", FILE_NAME, "cannot list itself");
        check("\"sha256\": \"", "\"sha256\": \"A", "sha256 is not 64");
    }

    #[test]
    fn one_that_would_not_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut wrong = manifest();
        wrong.artifacts.reverse();
        assert!(wrong.write(folder.path()).is_err());
        assert!(!folder.path().join(FILE_NAME).exists());
    }
}
