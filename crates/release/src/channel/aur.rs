//! The AUR, where users of Arch Linux get packages: a `-bin` package, which unpacks what we built.
//!
//! - A package is a git repository: `PKGBUILD`, and `.SRCINFO`, which repeats it for the web page.
//!   The first push makes it. It is read over HTTPS by everybody and written over SSH.
//! - The host's key is fixed here. A key that is merely looked up and trusted is no check at all.
//! - The AUR was closed to pushes for weeks in 2026 and says so when it is: *closed*, never a
//!   failure of the release.
//! - A rollback brings back the older files. `pacman` goes back for nobody by itself.
//!
//! # Source
//!
//! <https://wiki.archlinux.org/title/AUR_submission_guidelines>,
//! <https://man.archlinux.org/man/PKGBUILD.5>; the interface for counts is
//! <https://aur.archlinux.org/rpc/swagger>.

use serde_json::Value;

use crate::channel::desk::{Desk, Stock};
use crate::channel::repository::Repository;
use crate::channel::{Channel, Chore, Count, Measure, Observed, Rollback, Uncounted, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL};
use crate::git::{Access, Remote};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{Os, TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "aur",
    title: "AUR",
    credential: Credential::Secret("AUR_SSH_PRIVATE_KEY"),
    prerelease: Prerelease::Refused("pkgver has no dashes, and every upgrade would take it"),
    ..USUAL
};

/// The host.
const HOST: &str = "aur.archlinux.org";

/// The host's key; its SHA-256 is `RFzBCUItH9LZS0cKB5UE6ceAYhBD5C8GeOBip8Z11+4`, as
/// <https://aur.archlinux.org> shows it.
const KNOWN_HOSTS: &str = "aur.archlinux.org ssh-ed25519 \
     AAAAC3NzaC1lZDI1NTE5AAAAIEuBKrPzbawxA/k2g6NcyV5jmqwJ2s+zpgZGZ7tpLIcN\n";

/// The variable with other keys, for a host that stands for this one on the machine of a test; a
/// run of a workflow does not read it.
const REHEARSAL_KNOWN_HOSTS: &str = "SHIP_REHEARSAL_AUR_KNOWN_HOSTS";

/// The file that tells the version.
const KEY: &str = "PKGBUILD";

/// The channel.
pub struct Aur;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Linux).collect()
}

fn version_of(build: &str) -> Option<String> {
    build.lines().find_map(|line| line.strip_prefix("pkgver=")).map(str::to_owned)
}

fn package(release: &Release) -> String {
    format!("{}-bin", release.name)
}

fn repository(desk: &Desk<'_>) -> Repository<'static> {
    let package = package(desk.release);
    let access = desk.secret.clone().map_or(Access::Anonymous, |key| Access::Key {
        key,
        host: HOST,
        known_hosts: known_hosts(desk),
    });
    let url = format!("https://{HOST}/{package}.git");
    let remote = Remote {
        push_url: format!("ssh://aur@{HOST}/{package}.git"),
        first_branch: "master",
        access,
        ..desk.remote(&url)
    };
    let page = format!("https://{HOST}/packages/{package}");
    Repository { remote, key: KEY, version_of, page }
}

/// The keys that the host may show; only a rehearsal brings a host of its own.
fn known_hosts(desk: &Desk<'_>) -> String {
    let surroundings = desk.surroundings;
    let given = surroundings.environment.text(REHEARSAL_KNOWN_HOSTS);
    given.filter(|_| !surroundings.is_workflow()).unwrap_or(KNOWN_HOSTS).to_owned()
}

/// Refuses a secret that is no private key before a host sees it.
fn check_key(desk: &Desk<'_>) -> Result<(), Obstacle> {
    let key = desk.secret.as_ref().map_or("", |key| key.reveal());
    let is_key = key.starts_with("-----BEGIN ")
        && key.lines().next().is_some_and(|line| line.ends_with(" PRIVATE KEY-----"))
        && key.trim_end().ends_with(" PRIVATE KEY-----")
        && 2 < key.lines().count();
    if is_key {
        return Ok(());
    }
    let what = "AUR_SSH_PRIVATE_KEY is no private key with its first and last line";
    Err(desk.refused(what, &["give the whole file, line feeds included, and no passphrase"]))
}

impl Channel for Aur {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("paru -S {}", package(release))
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let names = ["name", "version", "summary", "repository-url", "owner"];
        let marks = stock.release.marks(&names, &["url", "sha256"], &targets());
        stock.templates.fill(&marks)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        repository(desk).observe(desk)
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        check_key(desk)?;
        repository(desk).publish(desk)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&targets())
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        let package = package(desk.release);
        let url = format!("https://{HOST}/rpc/v5/info?arg[]={package}");
        let Some(bytes) = desk.get(&url, "application/json")? else { return Ok(Vec::new()) };
        let found: Value = serde_json::from_slice(&bytes)
            .map_err(|error| desk.passing(format!("{url}: {error}")))?;
        let votes = found["results"][0]["NumVotes"].as_u64();
        Ok(votes.map(|count| Count::new(Measure::Aside, "votes", count)).into_iter().collect())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Automatic(vec![
            format!("commit the files of {to} again to {} of the AUR", package(release)),
            "pacman goes back for nobody by itself; users remove the package and install it"
                .to_owned(),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        check_key(desk)?;
        repository(desk).roll_back(desk, to)
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let account = format!("https://{HOST}/register");
        vec![
            Chore::new("make an account of the AUR, and confirm its address", account),
            Chore::new(
                "make a key for this alone (`ssh-keygen -t ed25519 -N ''`) and enter its public \
                 half in the account",
                format!("https://{HOST}/account"),
            ),
            Chore::new(
                format!("look that nobody else owns {}", package(release)),
                format!("https://{HOST}/packages/{}", package(release)),
            ),
        ]
    }
}
