//! Where the version is written, and whether every place says the same.
//!
//! The workspace's version is the one that people edit; the lock file, the change log and the
//! clients repeat it. A repetition can be forgotten, and a forgotten one becomes a package that
//! names another version than its content. So each is read here, and the release is refused
//! until all agree. A client whose manifest leaves the version to what packs it (`dynamic` in a
//! `pyproject.toml`, no key in a `package.json`) repeats nothing and cannot be wrong. The lock
//! file matters twice: it records the version of every crate of the workspace, so one that does
//! not inherit the workspace's version is found too.

use std::io::ErrorKind;
use std::path::Path;

use crate::changelog::{self, Entry};
use crate::error::{Difference, Error, Result};
use crate::tag::Tag;

const WORKSPACE_PLACE: &str = "Cargo.toml workspace.package.version";
const CHANGELOG_PLACE: &str = "CHANGELOG.md top entry";

/// The clients' manifests; each is compared if it exists.
const MANIFESTS: [(&str, Format); 3] = [
    ("clients/python/pyproject.toml", Format::Pyproject),
    ("clients/node/package.json", Format::PackageJson),
    ("editors/vscode/package.json", Format::PackageJson),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pyproject,
    PackageJson,
}

/// Everything that the tree says about its version.
#[derive(Debug, Clone)]
pub struct Stated {
    /// The version of `[workspace.package]`.
    pub workspace: Statement,
    /// The top entry of the change log, or why there is none.
    pub changelog: std::result::Result<Entry, String>,
    /// What the lock file and the clients repeat, in a fixed order.
    pub repeated: Vec<Statement>,
}

/// What one place says.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The file and the key in it.
    pub place: String,
    /// The version that stands there, or a phrase that says why none can be read.
    pub says: std::result::Result<String, String>,
    /// Whether Python's spelling of a prerelease is right here too.
    pub is_python: bool,
}

impl Stated {
    /// Reads every place below `root`; `name` is the package's, and the stem of its crates'.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if a file exists and cannot be read. A file that is missing, damaged or
    /// without a version is not an error here: it becomes a statement that differs.
    pub fn read(root: &Path, name: &str) -> Result<Self> {
        let text = |path: &str| read_optional(&root.join(path));
        let missing = || Err("the file is missing".to_owned());
        let workspace = text("Cargo.toml")?.map_or_else(missing, |t| workspace_version(&t));
        let changelog = match text("CHANGELOG.md")? {
            Some(text) => changelog::top(&text),
            None => Err("the file is missing".to_owned()),
        };
        let mut repeated = Vec::new();
        if let Some(text) = text("Cargo.lock")? {
            repeated.extend(locked_versions(&text, name));
        }
        for (path, format) in MANIFESTS {
            if let Some(text) = text(path)? {
                repeated.extend(manifest_version(path, format, &text));
            }
        }
        let workspace =
            Statement { place: WORKSPACE_PLACE.to_owned(), says: workspace, is_python: false };
        Ok(Self { workspace, changelog, repeated })
    }

    /// Returns the tag of the workspace's version, which is released unless another is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::NoVersion`] without a workspace version, [`Error::Tag`] if it may not be released.
    pub fn default_tag(&self) -> Result<Tag> {
        match &self.workspace.says {
            Ok(version) => Tag::parse(&format!("v{version}")),
            Err(reason) => Err(Error::NoVersion {
                place: self.workspace.place.clone(),
                reason: reason.clone(),
            }),
        }
    }

    /// Returns the change log's entry for `tag`, once every place agrees with the tag.
    ///
    /// # Errors
    ///
    /// [`Error::Disagreement`] with all places that differ, not only the first.
    pub fn agree(&self, tag: &Tag) -> Result<&Entry> {
        let mut differences: Vec<Difference> =
            difference(&self.workspace, tag).into_iter().collect();
        let version = tag.version().to_string();
        match &self.changelog {
            Ok(entry) if entry.version == version => {}
            Ok(entry) => differences.push(Difference {
                place: format!("{CHANGELOG_PLACE}, line {}", entry.line),
                says: entry.version.clone(),
            }),
            Err(reason) => differences
                .push(Difference { place: CHANGELOG_PLACE.to_owned(), says: reason.clone() }),
        }
        differences.extend(self.repeated.iter().filter_map(|said| difference(said, tag)));
        match &self.changelog {
            Ok(entry) if differences.is_empty() => Ok(entry),
            _ => Err(Error::Disagreement { version, differences }),
        }
    }
}

fn difference(said: &Statement, tag: &Tag) -> Option<Difference> {
    let version = tag.version().to_string();
    let says = match &said.says {
        Ok(says) if *says == version => return None,
        Ok(says) if said.is_python && *says == tag.python_version() => return None,
        Ok(says) => says,
        Err(reason) => reason,
    };
    Some(Difference { place: said.place.clone(), says: says.clone() })
}

fn read_optional(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::at(path)(error)),
    }
}

fn workspace_version(text: &str) -> std::result::Result<String, String> {
    let table = toml_table(text)?;
    let version = table.get("workspace").and_then(|w| w.get("package")?.get("version"));
    version_text(version.and_then(toml::Value::as_str))
}

/// What a client's manifest says; nothing if it leaves the version to what packs it.
fn manifest_version(path: &str, format: Format, text: &str) -> Option<Statement> {
    let (key, says) = match format {
        Format::Pyproject => ("project.version", project_version(text).transpose()?),
        Format::PackageJson => ("version", package_version(text).transpose()?),
    };
    let is_python = format == Format::Pyproject;
    Some(Statement { place: format!("{path} {key}"), says, is_python })
}

/// The version of a `pyproject.toml`; none if it is among what is filled in later.
fn project_version(text: &str) -> std::result::Result<Option<String>, String> {
    let table = toml_table(text)?;
    let project = table.get("project");
    let dynamic = project.and_then(|project| project.get("dynamic")?.as_array());
    if dynamic.is_some_and(|keys| keys.iter().any(|key| key.as_str() == Some("version"))) {
        return Ok(None);
    }
    let version = project.and_then(|project| project.get("version"));
    version_text(version.and_then(toml::Value::as_str)).map(Some)
}

/// The version of a `package.json`; none if it is filled in later.
fn package_version(text: &str) -> std::result::Result<Option<String>, String> {
    let package: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    match package.get("version") {
        None => Ok(None),
        Some(version) => version_text(version.as_str()).map(Some),
    }
}

/// The locked versions of the workspace's crates; those from elsewhere have a `source`.
fn locked_versions(text: &str, name: &str) -> Vec<Statement> {
    let said = |place: String, says| Statement { place, says, is_python: false };
    let table = match toml_table(text) {
        Ok(table) => table,
        Err(reason) => return vec![said("Cargo.lock".to_owned(), Err(reason))],
    };
    let crates_prefix = format!("{name}-");
    let packages = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let ours = packages.filter(|package| package.get("source").is_none()).filter_map(|package| {
        let crate_name = package.get("name")?.as_str()?;
        let is_ours = crate_name == name || crate_name.starts_with(&crates_prefix);
        let version = version_text(package.get("version").and_then(toml::Value::as_str));
        is_ours.then(|| said(format!("Cargo.lock {crate_name}"), version))
    });
    ours.collect()
}

fn toml_table(text: &str) -> std::result::Result<toml::Table, String> {
    text.parse().map_err(|error: toml::de::Error| format!("not TOML: {}", error.message()))
}

fn version_text(version: Option<&str>) -> std::result::Result<String, String> {
    version.map(str::to_owned).ok_or_else(|| "no version is written there".to_owned())
}
