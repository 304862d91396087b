//! Scoop: a manifest in a bucket of our own.
//!
//! - The bucket is the repository `OWNER/scoop-bucket`, and the secret a token with
//!   `contents: write` there. Scoop's main bucket is curated; once we are in it, its own robot
//!   follows `checkver` and `autoupdate`, and nothing has to be pushed.
//! - The manifest names the zip of each processor with its SHA-256; `autoupdate` takes those of a
//!   later version from the checksums of the release.
//! - A rollback is a commit that brings back the older manifest.
//!
//! # Source
//!
//! <https://github.com/ScoopInstaller/Scoop/wiki/App-Manifests>.

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
    id: "scoop",
    title: "Scoop",
    credential: Credential::Secret("SCOOP_GITHUB_TOKEN"),
    prerelease: Prerelease::Refused("the bucket has one manifest; every update would take it"),
    ..USUAL
};

/// The repository of the bucket.
const BUCKET: &str = "scoop-bucket";

/// The channel.
pub struct Scoop;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Windows).collect()
}

fn version_of(manifest: &str) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
    manifest.get("version")?.as_str().map(str::to_owned)
}

fn manifest(release: &Release) -> String {
    format!("bucket/{}.json", release.name)
}

fn bucket<'a>(desk: &Desk<'_>, key: &'a str) -> Repository<'a> {
    let url = desk.release.sibling_url(BUCKET);
    Repository { remote: desk.remote(&url), key, version_of, page: url }
}

impl Channel for Scoop {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        let (owner, name) = (&release.owner, &release.name);
        let bucket = release.sibling_url(BUCKET);
        format!("scoop bucket add {owner} {bucket}; scoop install {owner}/{name}")
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let release = stock.release;
        let names = ["name", "version", "summary", "owner", "repository-url"];
        let mut marks = release.marks(&names, &["url", "sha256"], &targets());
        marks = marks.with("bucket-url", release.sibling_url(BUCKET));
        for target in targets() {
            let later = later(&release.archive(target).url, &release.version);
            marks = marks.with(&format!("later-url-{}", target.platform()), later);
        }
        stock.templates.fill(&marks)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        bucket(desk, &manifest(desk.release)).observe(desk)
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        bucket(desk, &manifest(desk.release)).publish(desk)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&targets())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Automatic(vec![
            format!("commit the manifest of {to} again to {}", release.sibling_url(BUCKET)),
            "users go back with `scoop uninstall` and `scoop install`".to_owned(),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        bucket(desk, &manifest(desk.release)).roll_back(desk, to)
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        repository::chores(release, BUCKET)
    }
}

/// An address with Scoop's variable in the place of the version.
fn later(url: &str, version: &str) -> String {
    url.replace(version, "$version")
}
