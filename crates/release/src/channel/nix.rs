//! Nix: a flake with the binaries, in a repository of our own.
//!
//! - The flake is the repository `OWNER/nix-packages`; users run it by its address. It unpacks
//!   what was built for the release, which on Linux is static and needs no patching.
//! - nixpkgs builds from source and takes new packages by hand; its own robot follows releases
//!   afterwards. The flake needs nobody's leave.
//! - A rollback brings back the older files; users of a flake stay on the commit that they locked.
//!
//! # Source
//!
//! <https://nix.dev/manual/nix/latest/command-ref/new-cli/nix3-flake>.

use crate::channel::desk::{Desk, Stock};
use crate::channel::repository::{self, Repository};
use crate::channel::{Channel, Chore, Observed, Rollback, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{Os, TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "nix",
    title: "Nix",
    credential: Credential::Secret("NIXPKGS_GITHUB_TOKEN"),
    prerelease: Prerelease::Refused("the flake has one version; every update would take it"),
    ..USUAL
};

/// The repository of the flake.
const FLAKE: &str = "nix-packages";

/// The file that tells the version.
const KEY: &str = "package.nix";

/// The channel.
pub struct Nix;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os != Os::Windows).collect()
}

fn version_of(package: &str) -> Option<String> {
    let line = package.lines().find_map(|line| line.trim().strip_prefix("version = \""))?;
    line.strip_suffix("\";").map(str::to_owned)
}

fn flake(desk: &Desk<'_>) -> Repository<'static> {
    let url = desk.release.sibling_url(FLAKE);
    Repository { remote: desk.remote(&url), key: KEY, version_of, page: url }
}

impl Channel for Nix {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("nix run github:{}/{FLAKE}", release.owner)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let names = ["name", "version", "summary", "repository-url", "owner"];
        let marks = stock.release.marks(&names, &["url", "sha256"], &targets());
        stock.templates.fill(&marks)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        flake(desk).observe(desk)
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        flake(desk).publish(desk)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&targets())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Automatic(vec![
            format!("commit the files of {to} again to {}", release.sibling_url(FLAKE)),
            "who has locked a commit stays on it until `nix flake update`".to_owned(),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        flake(desk).roll_back(desk, to)
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        repository::chores(release, FLAKE)
    }
}
