//! Flathub, which does not take us; the Flatpak is made all the same.
//!
//! - Flathub accepts no console software and closes such submissions. So nothing is ever
//!   submitted: the channel is blocked by policy, and says where the rule is written.
//! - The manifest and its metainfo are rendered and built like those of any other channel, so
//!   that who wants a Flatpak can build one, and so that we are ready should the rule change.
//!
//! # Source
//!
//! <https://docs.flathub.org/docs/for-app-authors/requirements>,
//! <https://docs.flatpak.org/en/latest/manifests.html>.

use crate::channel::desk::{Desk, Stock};
use crate::channel::{Channel, Chore, Observed, Rollback, Unproven};
use crate::facts::{Credential, Facts, Policy, Prerelease, USUAL};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{Os, TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "flathub",
    title: "Flathub",
    credential: Credential::Secret("FLATHUB_TOKEN"),
    prerelease: Prerelease::Refused("nothing is published there"),
    policy: Some(POLICY),
    ..USUAL
};

/// The rule that keeps us out.
const POLICY: Policy = Policy {
    reason: "console software is not accepted",
    link: "https://docs.flathub.org/docs/for-app-authors/requirements#console-software",
};

/// The channel.
pub struct Flathub;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Linux).collect()
}

/// The name by which Flatpak knows the program: that of its page, turned round, as Flathub
/// spells it.
fn app_id(release: &Release) -> String {
    let owner = release.owner.to_ascii_lowercase().replace('-', "_");
    format!("io.github.{owner}.{}", release.name)
}

impl Channel for Flathub {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("flatpak-builder --user --install build {}.yml", app_id(release))
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let release = stock.release;
        let names = ["name", "version", "date", "summary", "repository-url", "owner"];
        let marks = release.marks(&names, &["url", "sha256"], &targets());
        stock.templates.fill(&marks.with("app-id", app_id(release)))
    }

    fn observe(&self, _desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        Ok(Observed::default())
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        Err(desk.refused(POLICY.reason, &[POLICY.link]))
    }

    fn verify(&self, _desk: &Desk<'_>) -> Result<String, Unproven> {
        Err(Unproven::NotHere(format!("nothing is published: {}", POLICY.reason)))
    }

    fn rollback(&self, _release: &Release, _to: &str) -> Rollback {
        Rollback::Impossible {
            why: "nothing is published there".to_owned(),
            instead: "nothing has to be taken back".to_owned(),
        }
    }

    fn chores(&self, _release: &Release) -> Vec<Chore> {
        vec![Chore::new("nothing: a submission would be closed", POLICY.link)]
    }
}
