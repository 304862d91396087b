//! What is linked into the binary: our crates, those of others, and how they need each other.
//!
//! `cargo metadata` knows every package of the workspace with its licence and folder, but also
//! what only tests need and what only other features would need. `cargo tree`, asked about one
//! package and one target, lists exactly what a build of it links. The graph is the first cut
//! down to the second, over all targets that are asked about; procedural macros and build scripts
//! run on the machine that builds and are not in it.
//!
//! The packages are sorted by name and version, so equal inputs give equal graphs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process;

/// How long cargo may take to list packages; it may have to download some.
const CARGO_LIMIT: Duration = Duration::from_mins(10);

/// One linked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The index or repository that it is from; none for a folder of the workspace.
    pub source: Option<String>,
    /// Whether it is a member of the workspace.
    pub is_own: bool,
    /// The SHA-256 of the packed package, if it is from an index.
    pub sha256: Option<String>,
    /// The licence as an SPDX expression, as its manifest states it.
    pub licence: Option<String>,
    /// Who wrote it, as its manifest states it.
    pub authors: Vec<String>,
    /// Where its source is kept.
    pub repository: Option<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// The folder that holds its source on this machine.
    pub folder: PathBuf,
    /// The places in [`Graph::packages`] of what it needs, in order.
    pub needs: Vec<usize>,
}

/// Everything that is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The packages, sorted by name and version.
    pub packages: Vec<Package>,
    /// The place of the package that is released.
    pub root: usize,
}

impl Graph {
    /// Asks `cargo` what `package`, in the workspace at `root`, links for these triples.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] if cargo fails, for instance because the lock file is out of date.
    pub fn read(cargo: &Path, root: &Path, package: &str, triples: &[&str]) -> Result<Self> {
        let mut metadata = Command::new(cargo);
        metadata.current_dir(root).args(["metadata", "--locked", "--format-version", "1"]);
        let text = process::read(&mut metadata, CARGO_LIMIT)?;
        let known: Metadata = serde_json::from_str(&text)
            .map_err(|error| process::failure(&metadata, &error.to_string()))?;
        let mut linked = BTreeSet::new();
        for triple in triples {
            let mut tree = Command::new(cargo);
            tree.current_dir(root).args(["tree", "--locked", "--prefix", "none"]);
            tree.args(["--edges", "normal,no-proc-macro", "--format", "{p}"]);
            tree.args(["--package", package, "--target", triple]);
            linked.extend(process::read(&mut tree, CARGO_LIMIT)?.lines().filter_map(listed));
        }
        let lock = root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&lock).map_err(Error::at(&lock))?;
        let graph = cut(known, &linked, &checksums(&lock), package);
        graph
            .ok_or_else(|| process::failure(&metadata, &format!("it lists no package `{package}`")))
    }
}

/// A package's name and version.
type Named = (String, String);

/// The package of a line of `cargo tree`: `name v1.2.3`, and perhaps a folder and `(*)`.
fn listed(line: &str) -> Option<Named> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    Some((name.to_owned(), version.to_owned()))
}

fn checksums(lock: &str) -> BTreeMap<Named, String> {
    let table: toml::Table = lock.parse().unwrap_or_default();
    let packages = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let checksum = |package: &toml::Value| {
        let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
        Some(((text("name")?, text("version")?), text("checksum")?))
    };
    packages.filter_map(checksum).collect()
}

fn cut(
    known: Metadata,
    linked: &BTreeSet<Named>,
    checksums: &BTreeMap<Named, String>,
    package: &str,
) -> Option<Graph> {
    let mut kept: Vec<MetadataPackage> = known.packages;
    kept.retain(|package| linked.contains(&package.named()));
    kept.sort_by_key(MetadataPackage::named);
    let places: BTreeMap<&str, usize> =
        kept.iter().enumerate().map(|(place, package)| (package.id.as_str(), place)).collect();
    let mut needs: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for node in &known.resolve.nodes {
        let normal = node.deps.iter().filter(|need| need.is_normal());
        let mut found: Vec<usize> =
            normal.filter_map(|need| places.get(need.pkg.as_str()).copied()).collect();
        found.sort_unstable();
        found.dedup();
        needs.insert(&node.id, found);
    }
    let packages = kept.iter().map(|package| Package {
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.source.clone(),
        is_own: known.workspace_members.contains(&package.id),
        sha256: checksums.get(&package.named()).cloned(),
        licence: package.license.clone(),
        authors: package.authors.clone(),
        repository: package.repository.clone(),
        description: package.description.clone(),
        folder: package.manifest_path.parent().map(Path::to_owned).unwrap_or_default(),
        needs: needs.get(package.id.as_str()).cloned().unwrap_or_default(),
    });
    let packages: Vec<Package> = packages.collect();
    let is_root = |each: &Package| each.name == package && each.source.is_none();
    let root = packages.iter().position(is_root)?;
    Some(Graph { packages, root })
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
    version: String,
    source: Option<String>,
    license: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    repository: Option<String>,
    description: Option<String>,
    manifest_path: PathBuf,
}

impl MetadataPackage {
    fn named(&self) -> Named {
        (self.name.clone(), self.version.clone())
    }
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Need>,
}

#[derive(Deserialize)]
struct Need {
    pkg: String,
    dep_kinds: Vec<NeedKind>,
}

impl Need {
    fn is_normal(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

#[derive(Deserialize)]
struct NeedKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_line_of_the_tree_names_a_package() {
        let check = |line: &str, expected: Option<(&str, &str)>| {
            let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
            assert_eq!(listed(line), expected, "{line}");
        };
        check("memchr v2.8.3", Some(("memchr", "2.8.3")));
        check("lite v1.0.2 (/a/b c)", Some(("lite", "1.0.2")));
        check("serde v1.0.229 (*)", Some(("serde", "1.0.229")));
        check("", None);
        check("[build-dependencies]", None);
    }
}
