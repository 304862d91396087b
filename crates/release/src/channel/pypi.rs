//! The Python Package Index: a wheel for each platform, with the client and the program in it.
//!
//! - The identity of a workflow run (OIDC) lets it publish, for the first time too: a *pending
//!   publisher* is entered before there is a project. `PYPI_API_TOKEN` is for who publishes from
//!   elsewhere.
//! - A file name is taken once and for ever. The same bytes again are no mistake; other bytes under
//!   the name are a conflict.
//! - A broken release can be *yanked*, by hand only: then nobody gets it who does not name it. That
//!   is seen: the release is rolled back, and no run undoes it.
//!
//! # Source
//!
//! [`GUIDE`] and [`YANKING`]; the page of a release in
//! <https://github.com/pypi/warehouse/blob/main/warehouse/routes.py>; more in [`python_index`].

use std::process::Command;

use crate::carrier::wheel;
use crate::channel::carried::Loads;
use crate::channel::desk::{Desk, Stock};
use crate::channel::python_index::{self, Listed};
use crate::channel::{
    Channel, Chore, Count, Observed, Part, Presence, Rollback, Uncounted, Unproven,
};
use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};
use crate::file;
use crate::http;
use crate::proof;
use crate::publish::{Obstacle, Sort};
use crate::release::Release;
use crate::tag::Tag;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "pypi",
    title: "PyPI",
    wave: Wave::A,
    credential: Credential::OidcOr("PYPI_API_TOKEN"),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Taken("pip installs it only with --pre or by its exact version"),
    ..USUAL
};

/// Where it is described how a trusted publisher is entered.
const GUIDE: &str = "https://packaging.python.org/en/latest/guides/\
     publishing-package-distribution-releases-using-github-actions-ci-cd-workflows/";

/// Where yanking is described.
const YANKING: &str = "https://packaging.python.org/en/latest/specifications/file-yanking/";

/// The channel.
pub struct PyPi;

/// Our version as Python writes it.
fn version(release: &Release) -> String {
    Tag::parse(&release.tag).map_or_else(|_| release.version.clone(), |tag| tag.python_version())
}

/// Where a wheel of ours stands among the files of its version.
fn presence(desk: &Desk<'_>, wheel: &Rendered, listed: &Listed) -> Result<Presence, Obstacle> {
    let Some((name, theirs)) = listed.files.iter().find(|(name, _)| *name == wheel.path) else {
        return Ok(Presence::Missing);
    };
    let ours = file::digest_of(&wheel.bytes).sha256;
    if ours == *theirs {
        let taken_back = listed.yanked.as_ref().map(|why| {
            let Release { name, version, .. } = desk.release;
            Presence::TakenBack(format!("{name} {version} is yanked {why}"))
        });
        return Ok(taken_back.unwrap_or(Presence::There));
    }
    let what = format!("{name} has SHA-256 {theirs} there, and {ours} was made here");
    Err(desk.obstacle(Sort::Conflict, what, &["compare, then release the next version"]))
}

impl Channel for PyPi {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        TARGETS.iter().collect()
    }

    fn install(&self, release: &Release) -> String {
        format!("pip install {}", release.name)
    }

    fn client(&self) -> Option<&'static str> {
        Some(wheel::FOLDER)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        Loads::read(stock, wheel::FOLDER)?.pack(wheel::pack)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let (name, ours) = (&desk.release.name, version(desk.release));
        let newest = python_index::list(desk, name)?;
        let current = newest.as_ref().map(|listed| listed.version.clone());
        let exact = match newest {
            Some(listed) if listed.version == ours => Some(listed),
            _ => python_index::list(desk, &format!("{name}=={ours}"))?,
        };
        let part = |wheel: &Rendered| {
            let listed = exact.as_ref().map(|listed| presence(desk, wheel, listed));
            let presence = listed.unwrap_or(Ok(Presence::Missing))?;
            Ok(Part { name: wheel.path.clone(), presence })
        };
        let parts: Result<Vec<Part>, Obstacle> = desk.files.iter().map(part).collect();
        let parts = parts?;
        if parts.iter().any(|part| part.presence == Presence::Missing) {
            desk.refuse_newer("the index", current.as_deref())?;
        }
        let is_ours = current.as_ref() == Some(&ours);
        let url = if current.is_some() { python_index::page(desk, name)? } else { String::new() };
        let current = if is_ours { Some(desk.release.version.clone()) } else { current };
        Ok(Observed { current, parts, url })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        let wheel = desk.files.iter().find(|file| file.path == part);
        let wheel = wheel.ok_or_else(|| desk.refused(format!("no {part}"), &[]))?;
        python_index::upload(desk, wheel)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        let release = desk.release;
        let requirement = format!("{}=={}", release.name, version(release));
        let installed = python_index::install(desk, &requirement)?;
        let is_it = |file: &&Rendered| file::digest_of(&file.bytes).sha256 == installed.sha256;
        let Some(wheel) = desk.files.iter().find(is_it) else {
            let what = format!("pip took a file with SHA-256 {}, not ours", installed.sha256);
            return Err(Unproven::Wrong(what));
        };
        let environment = desk.surroundings.environment;
        let run = |words: &[&str]| {
            let mut command = Command::new(installed.programs.join(&release.name));
            command.env_clear().envs(environment.variables()).args(words);
            command
        };
        let proof = proof::prove(run, &release.name, &release.version, &desk.scratch);
        let proof = proof.map_err(Unproven::Wrong)?;
        let count = desk.files.len();
        Ok(format!(
            "pip install {requirement} took {}: {proof}; {count} wheels compared",
            wheel.path
        ))
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        python_index::counts(desk, &desk.release.name)
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        let (name, version) = (&release.name, version(release));
        Rollback::Manual {
            url: YANKING.to_owned(),
            steps: vec![
                format!(
                    "sign in to the index, on the page of {name} {version}: Options, Yank; say why"
                ),
                format!("pip then takes {to}, but for who names {version}"),
                "cargo ship status: it sees the yank and says that it is rolled back".to_owned(),
                "deleting is no way back: the file names are used up all the same".to_owned(),
            ],
        }
    }

    fn rollback_page(&self, desk: &Desk<'_>) -> Result<Option<String>, Obstacle> {
        let (name, version) = (&desk.release.name, version(desk.release));
        let index = python_index::index(desk, &format!("{name}=={version}"))?;
        let page = |index: String| {
            let (scheme, _) = index.split_once("://")?;
            let host = http::host(&index);
            Some(format!("{scheme}://{host}/manage/project/{name}/release/{version}/"))
        };
        Ok(index.and_then(page))
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let (owner, repository) = (&release.owner, &release.repository);
        vec![
            Chore::new("make an account of the index, with a second factor", GUIDE),
            Chore::new(
                format!(
                    "enter a pending publisher there (Your account, Publishing): project {}, owner \
                     {owner}, repository {repository}, workflow release.yml, environment release",
                    release.name
                ),
                GUIDE,
            ),
        ]
    }
}
