//! `cargo ship carry`: a package of a language's registry around one binary.
//!
//! For a trial, and for the tests of the clients: the binary may be any that says the version of
//! the workspace. What is released is made of the checked binaries.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::build::embedded;
use crate::carrier::{self, Load, Package, npm, vsix, wheel};
use crate::dependency::Graph;
use crate::environment::{Environment, find_program};
use crate::error::{Error, Result};
use crate::file;
use crate::notices;
use crate::plan::Plan;
use crate::source::Source;
use crate::tag::Tag;
use crate::target::Target;

use super::Output;
use super::build::named;
use super::project::{find_root, read_config, read_plan};

/// The arguments of `carry`.
#[derive(Debug, Args)]
pub struct Options {
    /// For which registry.
    #[arg(value_name = "CHANNEL")]
    carrier: Carrier,
    /// The program to carry; it has to be of the workspace's version.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// What it was built for, as linux-amd64 or as the compiler calls it.
    #[arg(long, value_name = "PLATFORM")]
    target: String,
    /// The folder for the package; it is made if it is absent.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The registries whose packages carry the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Carrier {
    /// A wheel for Python.
    Pypi,
    /// A package for the platform, and the one of the client for Node.
    Npm,
    /// An extension for each of the platform's names in VS Code.
    Vscode,
}

impl Carrier {
    /// The folder of the client, below the root.
    fn folder(self) -> &'static str {
        match self {
            Self::Pypi => wheel::FOLDER,
            Self::Npm => npm::FOLDER,
            Self::Vscode => vsix::FOLDER,
        }
    }

    fn pack(self, load: &Load<'_>) -> Result<Vec<Package>> {
        match self {
            Self::Pypi => Ok(vec![wheel::pack(load)?]),
            Self::Npm => npm::pack(load),
            Self::Vscode => vsix::pack(load),
        }
    }
}

/// Reads everything, packs, and writes the packages.
pub fn run(options: &Options, environment: &Environment<'_>) -> Result<Output> {
    let root = find_root(&environment.directory)?;
    let plan = read_plan(&root, None)?;
    let target = named(std::slice::from_ref(&options.target))?[0];
    let path = environment.directory.join(&options.binary);
    let binary = std::fs::read(&path).map_err(Error::at(&path))?;
    agree(&binary, &plan, target)?;
    let config = read_config(&root)?;
    let source = Source::read(&root, environment)?;
    let licence = root.join("LICENSE");
    let load = Load {
        tag: &Tag::parse(&plan.tag)?,
        repository: &config.repository.url,
        seconds: source.seconds,
        target,
        binary: &binary,
        licence: &std::fs::read(&licence).map_err(Error::at(&licence))?,
        notices: &notices_of(&plan, target, (&root, environment))?,
        client: &carrier::client(&root.join(options.carrier.folder()))?,
    };
    let folder = environment.directory.join(&options.out);
    let mut answer = String::new();
    for package in options.carrier.pack(&load)? {
        let path = folder.join(&package.name);
        file::write_whole(&path, &package.bytes)?;
        answer += &format!("{}\n", path.display());
    }
    Ok(Output { answer, ..Output::default() })
}

/// Whether the binary says the version that the package will have.
fn agree(binary: &[u8], plan: &Plan, target: &Target) -> Result<()> {
    let versions = embedded::versions(binary, &plan.name);
    if versions.iter().eq([&plan.version]) {
        return Ok(());
    }
    let said = match versions.len() {
        0 => "no version".to_owned(),
        _ => versions.into_iter().collect::<Vec<_>>().join(" and "),
    };
    let faults = vec![format!("it says {said}, the workspace {}", plan.version)];
    Err(Error::Binary { platform: target.platform(), faults })
}

fn notices_of(
    plan: &Plan,
    target: &Target,
    (root, environment): (&std::path::Path, &Environment<'_>),
) -> Result<String> {
    let cargo = find_program("cargo", &environment.search_path());
    let cargo = cargo.unwrap_or_else(|| "cargo".into());
    let graph = Graph::read(&cargo, root, &plan.name, &[target.triple])?;
    let title = format!("{} {}: the work of others in it", plan.name, plan.version);
    notices::collect(&graph, root, &title)
}
