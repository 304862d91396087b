//! GitHub Releases: the files that every other channel carries or points at.
//!
//! - Publishing it is more than sending parts: a draft is filled, compared and published once, by
//!   [`crate::publish::github`].
//! - A published release is never changed. A bad one is marked as a prerelease by hand, so that
//!   it is no longer the latest, and the next version is released.
//! - The host counts how often each file was fetched.

use serde_json::Value;

use crate::changelog;
use crate::channel::desk::{Desk, Stock};
use crate::channel::{
    Channel, Chore, Count, Measure, Observed, Part, Presence, Rollback, Uncounted, Unproven,
};
use crate::error::{Error, Result as Fallible};
use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};
use crate::github::access;
use crate::github::client::Client;
use crate::manifest;
use crate::pack;
use crate::publish::github::{GitHub as Draft, Goal};
use crate::publish::{Obstacle, Outcome, Run};
use crate::release::Release;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "github",
    title: "GitHub Releases",
    wave: Wave::Release,
    credential: Credential::WorkflowToken,
    permissions: &["contents: write"],
    prerelease: Prerelease::Taken("marked as a prerelease, never as the latest"),
    ..USUAL
};

/// The channel.
pub struct GitHub;

/// What the host says about the release.
fn published(desk: &Desk<'_>) -> Result<Option<Value>, Obstacle> {
    let client = desk.host_client()?;
    client.find(&format!("/releases/tags/{}", desk.release.tag)).map_err(|refusal| {
        if refusal.is_passing() {
            return desk.passing(refusal.line());
        }
        let mut obstacle = desk.refused(refusal.line(), &[]);
        obstacle.advice = refusal.advice(&client.access().origin);
        obstacle
    })
}

fn assets(release: &Value) -> &[Value] {
    release["assets"].as_array().map_or(&[], Vec::as_slice)
}

impl Channel for GitHub {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        TARGETS.iter().collect()
    }

    fn install(&self, release: &Release) -> String {
        format!("curl -fsSL {}/install.sh | sh", release.download_url)
    }

    /// Everybody may look at it; what publishing needs is said when it begins.
    fn missing(&self, _desk: &Desk<'_>) -> Option<String> {
        None
    }

    fn render(&self, _stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        Ok(Vec::new())
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let release = published(desk)?;
        let assets = release.as_ref().map_or(&[][..], assets);
        let names = desk.release.files.iter().map(|file| file.name.as_str());
        let parts = names.chain([manifest::FILE_NAME]).map(|name| {
            let is_there = assets.iter().any(|asset| asset["name"] == name);
            let presence = if is_there { Presence::There } else { Presence::Missing };
            Part { name: name.to_owned(), presence }
        });
        let (url, tag) = (&desk.release.repository_url, &desk.release.tag);
        Ok(Observed {
            current: release.is_some().then(|| desk.release.version.clone()),
            parts: parts.collect(),
            url: format!("{url}/releases/tag/{tag}"),
        })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        let what = format!("{part} is missing, and a published release is never changed");
        Err(desk.refused(what, &["release the next version"]))
    }

    fn carry(&self, desk: &Desk<'_>, run: &Run<'_>) -> Fallible<Outcome> {
        let access = access::read(desk.root, &desk.release.repository_url, desk.surroundings)?;
        let path = desk.root.join("CHANGELOG.md");
        let changelog = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
        let notes = changelog::notes(&changelog).map_err(|reason| Error::Surroundings {
            what: format!("CHANGELOG.md, {reason}"),
            next: "the release takes its notes from there".to_owned(),
        })?;
        let goal = Goal::read(desk.release, &desk.root.join(pack::FOLDER), &notes)?;
        run.carry_out(&mut Draft::new(Client::new(desk.surroundings, access), goal))
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&TARGETS.each_ref())
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        let release = published(desk)?;
        let assets = release.as_ref().map_or(&[][..], assets);
        let count = |asset: &Value| {
            let count = asset["download_count"].as_u64()?;
            Some(Count::new(Measure::VersionSoFar, asset["name"].as_str()?, count))
        };
        Ok(assets.iter().filter_map(count).collect())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        let Release { repository_url: url, tag, .. } = release;
        Rollback::Manual {
            url: format!("{url}/releases/edit/{tag}"),
            steps: vec![
                format!("mark {tag} as a prerelease, so that it is not the latest"),
                format!("make v{to} the latest release ({url}/releases/edit/v{to})"),
                "write into the notes of the bad release what is wrong with it".to_owned(),
                "release the next version: files of a published release never change".to_owned(),
            ],
        }
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let url = &release.repository_url;
        let settings = |page: &str| format!("{url}/settings{page}");
        vec![
            Chore::new("set the default rights of workflows to reading", settings("/actions")),
            Chore::new("switch on immutable releases", settings("")),
            Chore::new(
                "make the environment `release`, for `main` and tags `v*` only",
                settings("/environments"),
            ),
        ]
    }
}
