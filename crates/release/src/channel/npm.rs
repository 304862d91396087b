//! npm: a client for Node, and a package with the program for each platform.
//!
//! - A workflow's identity (OIDC) lets it publish, once the packages are there and each has a
//!   trusted publisher; `NPM_TOKEN` makes them. npm 11.5.1 or later does this by itself, and
//!   writes down where a package is from.
//! - The identity lets publish and nothing else: moving a tag and deprecating need the token, or a
//!   person with a second factor. So a version is published under the tag that it will have.
//! - A name with a version is used up for ever, even after it was removed.
//! - What is counted is the client's package; each of its downloads brings one for a platform.
//!
//! # Source
//!
//! <https://docs.npmjs.com/trusted-publishers>,
//! <https://docs.npmjs.com/cli/v11/commands/npm-publish>.

use crate::carrier::npm::{self, Names};
use crate::channel::carried;
use crate::channel::desk::{Desk, Stock};
use crate::channel::npm_registry::{self, Registry};
use crate::channel::{Channel, Chore, Count, Observed, Rollback, Uncounted, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "npm",
    title: "npm",
    wave: Wave::A,
    credential: Credential::OidcAfter("NPM_TOKEN"),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Taken("under the tag next, so latest stays"),
    ..USUAL
};

/// What to do if we are not let in.
const ADVICE: [&str; 2] = [
    "with NPM_TOKEN: a granular token that may write these packages and needs no second factor",
    "without: npm 11.5.1 or later, and a trusted publisher for each package, which has to exist",
];

/// The channel.
pub struct Npm;

fn registry<'a>(desk: &'a Desk<'a>) -> Result<Registry<'a>, Obstacle> {
    let url = npm_registry::address(desk, "registry")?;
    let url =
        url.ok_or_else(|| desk.refused("npm has no registry", &["npm config get registry"]))?;
    Ok(Registry { desk, called: Names::Own, url, is_closed: false, advice: &ADVICE })
}

impl Channel for Npm {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        TARGETS.iter().collect()
    }

    fn install(&self, release: &Release) -> String {
        format!("npm install {}", release.name)
    }

    fn client(&self) -> Option<&'static str> {
        Some(npm::FOLDER)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        carried::npm_packages(stock, &Names::Own)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        registry(desk)?.observe()
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        registry(desk)?.publish(part)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        registry(desk)?.verify()
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        registry(desk)?.counts()
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        let (name, version) = (&release.name, &release.version);
        Rollback::Automatic(vec![
            format!("with NPM_TOKEN: npm dist-tag add {name}@{to} latest"),
            format!("and: npm deprecate {name}@{version} 'taken back; use {to}'"),
            format!("who wrote {version} down keeps it; the number is used up"),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        let registry = registry(desk)?;
        let (name, version) = (&desk.release.name, &desk.release.version);
        let about = registry.about(name)?.unwrap_or_default();
        if about["versions"][to].is_null() {
            let what = format!("{name} never had version {to}");
            return Err(desk.refused(what, &["go back to one that it has"]));
        }
        let mut done = Vec::new();
        if registry.tagged(&about).as_deref() != Some(to) {
            done.push(registry.tag_version(name, to)?);
        }
        let is_there = !about["versions"][version].is_null();
        if is_there && npm_registry::deprecation(&about, version).is_empty() {
            registry.deprecate(name, version, &format!("taken back; use {to}"))?;
            done.push(format!("{name}@{version} is deprecated"));
        }
        Ok(if done.is_empty() { format!("{to} is there already") } else { done.join(", ") })
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let name = &release.name;
        let scopes = "https://docs.npmjs.com/creating-an-organization";
        let tokens = "https://docs.npmjs.com/creating-and-viewing-access-tokens";
        let trust = "https://docs.npmjs.com/trusted-publishers";
        vec![
            Chore::new(format!("make the organisation {name}, for the scope @{name}"), scopes),
            Chore::new(
                "make a granular token that may write all packages and needs no second factor, \
                 short-lived, and give it as NPM_TOKEN: the first publish makes the packages",
                tokens,
            ),
            Chore::new(
                format!(
                    "then enter the workflow release.yml of {}/{} as the trusted publisher of \
                     each of the {} packages, forbid tokens there, and remove NPM_TOKEN",
                    release.owner,
                    release.repository,
                    TARGETS.len() + 1
                ),
                trust,
            ),
        ]
    }
}
