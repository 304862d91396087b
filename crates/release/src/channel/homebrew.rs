//! Homebrew: a formula in a tap of our own.
//!
//! - A *formula*, not a cask: a cask's download is quarantined, and macOS then refuses a binary
//!   that is not notarised. homebrew-core wants a build from source and a notability that a new
//!   project does not have; it is asked for by hand, later.
//! - The tap is the repository `OWNER/homebrew-tap`. The secret is a token with `contents: write`
//!   there; brew itself reads a variable of the same name for another purpose.
//! - From Homebrew 6 on users trust a tap before they install from it; the install command says
//!   so.
//! - A rollback is a commit that brings back the older formula. Who has upgraded stays there:
//!   `brew upgrade` never goes back.
//!
//! # Source
//!
//! <https://docs.brew.sh/Formula-Cookbook>, <https://docs.brew.sh/Taps>.

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
    id: "homebrew",
    title: "Homebrew",
    credential: Credential::Secret("HOMEBREW_GITHUB_API_TOKEN"),
    prerelease: Prerelease::Refused("the tap has one formula; every upgrade would take it"),
    ..USUAL
};

/// The repository of the tap; users write its name without `homebrew-`.
const TAP: &str = "homebrew-tap";

/// The channel.
pub struct Homebrew;

/// What the formula is for: every archive that is no Windows one.
fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os != Os::Windows).collect()
}

/// The version of a formula: the text after `version`.
fn version_of(formula: &str) -> Option<String> {
    let line = formula.lines().find_map(|line| line.trim().strip_prefix("version \""))?;
    line.strip_suffix('"').map(str::to_owned)
}

fn tap<'a>(desk: &Desk<'_>, key: &'a str) -> Repository<'a> {
    let url = desk.release.sibling_url(TAP);
    Repository { remote: desk.remote(&url), key, version_of, page: url }
}

fn formula(release: &Release) -> String {
    format!("Formula/{}.rb", release.name)
}

impl Channel for Homebrew {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        let (owner, name) = (&release.owner, &release.name);
        let item = format!("{owner}/tap/{name}");
        format!("brew tap {owner}/tap && brew trust --formula {item} && brew install {item}")
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let names = ["class", "name", "version", "summary", "owner", "repository-url"];
        let marks = stock.release.marks(&names, &["url", "sha256"], &targets());
        stock.templates.fill(&marks)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        tap(desk, &formula(desk.release)).observe(desk)
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        tap(desk, &formula(desk.release)).publish(desk)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&targets())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Automatic(vec![
            format!("commit the formula of {to} again to {}", release.sibling_url(TAP)),
            "who has upgraded stays on the later version until it is uninstalled".to_owned(),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        tap(desk, &formula(desk.release)).roll_back(desk, to)
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        repository::chores(release, TAP)
    }
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_version_is_read_from_its_own_line() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(version_of(text).as_deref(), expected);
        };
        check("class X < Formula\n  version \"1.0.4\"\n", Some("1.0.4"));
        check("  url \"https://x/1.0.48/y\"\n", None);
    }
}
