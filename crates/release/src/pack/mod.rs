//! Packing: from checked binaries to the files of a release, and the manifest that names them.
//!
//! ```text
//! records agree -> notices, bill of materials, papers -> archives, packages, installers
//!    -> checksums -> signature -> manifest -> all compared with the manifest
//! ```
//!
//! The files are made in a folder beside their place, which they take when all are there: what
//! is in `dist/release` is a whole release. They depend on the binaries, the tree and the commit
//! alone, not on when, where or by whom they are packed.

pub mod archive;
pub mod papers;
mod package;
mod installer;
mod signature;

use std::path::{Path, PathBuf};

use crate::artifact::{Artifact, Kind};
use crate::build::record::{self, Record};
use crate::build::strategy::TOOLS;
use crate::build::trial::{Runner, Way};
use crate::config::Config;
use crate::dependency::Graph;
use crate::environment::{Environment, find_program};
use crate::error::{Error, Result};
use crate::file;
use crate::manifest::{Entry, Manifest, SCHEMA};
use crate::notices;
use crate::plan::Plan;
use crate::sbom;
use crate::source::Source;
use crate::target::{self, Target};

use self::archive::Member;
use self::package::About;

/// The folder, below the root, of the files of a release.
pub const FOLDER: &str = "dist/release";

/// Where they are made.
const SCRATCH: &str = "dist/pack";

/// The notices as a file of an archive.
const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";

/// What is packed, from what.
pub struct Order<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// The configuration.
    pub config: &'a Config,
    /// What the release will be.
    pub plan: &'a Plan,
    /// The state of the repository.
    pub source: &'a Source,
    /// The platforms; all of them for a release.
    pub targets: &'a [&'static Target],
}

/// A binary that may be packed.
struct Built {
    target: &'static Target,
    record: Record,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Packs everything and returns the manifest.
///
/// # Errors
///
/// [`Error::Unfit`] with every binary that is missing or of another version, commit or compiler;
/// then whatever keeps a file from being made.
pub fn pack(order: &Order<'_>, environment: &Environment<'_>) -> Result<Manifest> {
    let built = built(order)?;
    let scratch = order.root.join(SCRATCH);
    remove(&scratch)?;
    let made = scratch.join("release");
    std::fs::create_dir_all(&made).map_err(Error::at(&made))?;
    let manifest = make(order, &built, environment, (&scratch, &made))?;
    manifest.verify(&made)?;
    let place = order.root.join(FOLDER);
    remove(&place)?;
    std::fs::rename(&made, &place).map_err(Error::at(&place))?;
    remove(&scratch)?;
    Ok(manifest)
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at(folder)(error)),
        _ => Ok(()),
    }
}

/// The binaries with their records, once all of them belong to this release.
fn built(order: &Order<'_>) -> Result<Vec<Built>> {
    let mut built: Vec<Built> = Vec::new();
    let mut faults = Vec::new();
    for &target in order.targets {
        let platform = target.platform();
        let Some(record) = Record::read(order.root, target)? else {
            faults.push(format!("{platform} was not built"));
            continue;
        };
        let path = order.root.join(record::FOLDER).join(&platform);
        let path = path.join(target.program(&order.plan.name));
        let bytes = std::fs::read(&path).map_err(Error::at(&path))?;
        if file::digest_of(&bytes).sha256 != record.sha256 {
            faults.push(format!("{platform} is not the binary that was checked"));
        }
        if record.version != order.plan.version {
            faults.push(format!("{platform} is of version {}", record.version));
        }
        if record.source != *order.source {
            let Source { commit, seconds } = &record.source;
            faults.push(format!("{platform} is of commit {commit} at second {seconds}"));
        }
        if let Some(first) = built.first()
            && first.record.rust_version != record.rust_version
        {
            let (one, other) = (&first.record.rust_version, &record.rust_version);
            faults.push(format!("{platform} was compiled by {other}, others by {one}"));
        }
        built.push(Built { target, record, path, bytes });
    }
    if faults.is_empty() {
        return Ok(built);
    }
    let (version, commit) = (order.plan.version.clone(), order.source.commit.clone());
    Err(Error::Unfit { version, commit, faults })
}

fn make(
    order: &Order<'_>,
    built: &[Built],
    environment: &Environment<'_>,
    (scratch, made): (&Path, &Path),
) -> Result<Manifest> {
    let plan = order.plan;
    let cargo = find_program("cargo", &environment.search_path());
    let cargo = cargo.unwrap_or_else(|| "cargo".into());
    let triples: Vec<&str> = order.targets.iter().map(|target| target.triple).collect();
    let graph = Graph::read(&cargo, order.root, &plan.name, &triples)?;
    let title = format!("{} {}: the work of others in it", plan.name, plan.version);
    let notices = notices::collect(&graph, order.root, &title)?;
    let papers = papers(order, built, environment, scratch, &notices)?;

    let mut entries = Vec::new();
    let mut put = |artifact: &Artifact, bytes: &[u8]| -> Result<()> {
        file::write_whole(&made.join(&artifact.name), bytes)?;
        environment.say(&format!("  {} {} bytes", artifact.name, bytes.len()));
        entries.push(entry(artifact, bytes));
        Ok(())
    };
    let is_wanted = |artifact: &&Artifact| {
        let target = target_of(artifact);
        target.is_none_or(|target| order.targets.contains(&target))
    };
    let mut checksums_artifact = None;
    for artifact in plan.artifacts.iter().filter(is_wanted) {
        match artifact.kind {
            Kind::Archive | Kind::Deb | Kind::Rpm => {
                let bytes = carry(order, artifact, (built, &papers, &graph), environment, scratch)?;
                put(artifact, &bytes)?;
            }
            Kind::Installer => {
                let name = &artifact.name;
                put(artifact, &installer::script(order.root, name, order.config, &plan.version)?)?;
            }
            Kind::Notices => put(artifact, notices.as_bytes())?,
            Kind::Sbom => put(artifact, sbom::json(&graph, &plan.date).as_bytes())?,
            Kind::Checksums => checksums_artifact = Some(artifact),
            Kind::Manifest | Kind::Signature => {}
        }
    }
    if let Some(artifact) = checksums_artifact {
        let text = checksums(&entries);
        file::write_whole(&made.join(&artifact.name), text.as_bytes())?;
        entries.push(entry(artifact, text.as_bytes()));
        let comment = format!("{} {} {}", plan.name, plan.tag, order.source.commit);
        if let Some(signature) = signature::sign(text.as_bytes(), &comment, environment)? {
            let name = format!("{}{}", artifact.name, signature::EXTENSION);
            let signed = Artifact { name, kind: Kind::Signature, ..artifact.clone() };
            file::write_whole(&made.join(&signed.name), &signature)?;
            entries.push(entry(&signed, &signature));
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = Manifest {
        schema: SCHEMA,
        name: plan.name.clone(),
        version: plan.version.clone(),
        tag: plan.tag.clone(),
        commit: order.source.commit.clone(),
        rust_version: built.first().map(|b| b.record.rust_version.clone()).unwrap_or_default(),
        artifacts: entries,
    };
    manifest.write(made)?;
    Ok(manifest)
}

/// Everything that stands beside a binary in an archive.
fn papers(
    order: &Order<'_>,
    built: &[Built],
    environment: &Environment<'_>,
    scratch: &Path,
    notices: &str,
) -> Result<Vec<Member>> {
    let wine = order.root.join(TOOLS).join("wine");
    let runner = |built: &&Built| Runner::find(built.target, environment, &wine);
    let mut able: Vec<(&Built, Runner)> =
        built.iter().map(|built| (built, runner(&built))).collect();
    able.retain(|(_, runner)| runner.way() != Way::File);
    able.sort_by_key(|(_, runner)| runner.way() as u8);
    let Some((built, runner)) = able.first() else {
        let faults = vec!["none of the binaries runs here, so none can write its manual".into()];
        return Err(Error::Binary { platform: "this machine".into(), faults });
    };
    let mut members = papers::make(runner, &built.path, &order.plan.name, scratch)?;
    for name in ["README.md", "LICENSE"] {
        let path = order.root.join(name);
        members.push(Member::paper(name, std::fs::read(&path).map_err(Error::at(&path))?));
    }
    members.push(Member::paper(NOTICES, notices));
    Ok(members)
}

/// An archive or a package: a binary with its papers.
fn carry(
    order: &Order<'_>,
    artifact: &Artifact,
    (built, papers, graph): (&[Built], &[Member], &Graph),
    environment: &Environment<'_>,
    scratch: &Path,
) -> Result<Vec<u8>> {
    let plan = order.plan;
    let target = target_of(artifact).expect("an archive and a package are for a target");
    let built = built.iter().find(|built| built.target == target);
    let built = built.expect("what is wanted was built");
    let mut members = papers.to_vec();
    members.push(Member {
        path: target.program(&plan.name),
        bytes: built.bytes.clone(),
        is_program: true,
    });
    if artifact.kind == Kind::Archive {
        return Ok(archive::pack(&members, target.os, order.source.seconds));
    }
    let tools = order.root.join(TOOLS).join("bin");
    let folders = [vec![tools], environment.search_path()].concat();
    let nfpm =
        find_program("nfpm", &folders).ok_or(Error::NoTool { tool: "nfpm", part: "pack" })?;
    let package = &graph.packages[graph.root];
    let host = plan.repository_url.split('/').nth(2).unwrap_or_default();
    let about = About {
        name: &plan.name,
        version: &plan.version,
        description: package.description.as_deref().unwrap_or(&plan.name),
        licence: package.licence.as_deref().unwrap_or_default(),
        homepage: &plan.repository_url,
        maintainer: &format!("{0} <{0}@users.noreply.{host}>", plan.owner),
        seconds: order.source.seconds,
    };
    let scratch = scratch.join(&artifact.name);
    std::fs::create_dir_all(&scratch).map_err(Error::at(&scratch))?;
    package::pack(&nfpm, artifact.kind, target, (&about, &members), &scratch)
}

fn target_of(artifact: &Artifact) -> Option<&'static Target> {
    let (os, arch) = (artifact.os?, artifact.arch?);
    target::TARGETS.iter().find(|target| target.os == os && target.arch == arch)
}

fn entry(artifact: &Artifact, bytes: &[u8]) -> Entry {
    let digest = file::digest_of(bytes);
    Entry {
        name: artifact.name.clone(),
        kind: artifact.kind,
        target: target_of(artifact).map(|target| target.triple.to_owned()),
        os: artifact.os,
        arch: artifact.arch,
        size: digest.size,
        sha256: digest.sha256,
    }
}

/// The checksums in the form of `sha256sum`, sorted by name.
fn checksums(entries: &[Entry]) -> String {
    let mut lines: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.name.as_str(), entry.sha256.as_str())).collect();
    lines.sort_unstable();
    lines.iter().fold(String::new(), |text, (name, sha256)| text + sha256 + "  " + name + "\n")
}
