//! Winget: three manifests, proposed to `microsoft/winget-pkgs` by a pull request.
//!
//! - The manifests are of version 1.12.0. Newer ones are documented and pass the client's check;
//!   the server's refuses them.
//! - The installer is our zip with a portable program in it; the hash is that of the zip.
//! - The pull request comes from a fork of the owner's. The secret is a *classic* token with
//!   `public_repo`: a fine-grained one cannot open a pull request elsewhere.
//! - Robots of others propose new versions too; a proposal of anybody for our version is as good
//!   as ours, and no second one is made.
//! - In review until it is merged, which takes hours to days. Labels of the review are shown.
//!
//! # Source
//!
//! <https://github.com/microsoft/winget-pkgs/blob/master/doc/README.md>; the schemas are in
//! <https://github.com/microsoft/winget-cli/tree/master/schemas/JSON/manifests/v1.12.0>.

use crate::channel::desk::{Desk, Stock};
use crate::channel::{Channel, Chore, Observed, Part, Presence, Rollback, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL};
use crate::github::client::Client;
use crate::github::pull::{self, Proposal, Pull};
use crate::github::refusal::{Cause, Refusal};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::tag::Tag;
use crate::target::{Os, TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "winget",
    title: "Winget",
    credential: Credential::Secret("WINGET_GITHUB_TOKEN"),
    prerelease: Prerelease::Refused("one package has one current version; all would take it"),
    ..USUAL
};

/// The repository of all manifests.
const UPSTREAM: &str = "microsoft/winget-pkgs";

/// The name of the one part.
const MANIFESTS: &str = "pull request";

/// The channel.
pub struct Winget;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Windows).collect()
}

fn identifier(release: &Release) -> String {
    format!("{}.{}", release.owner, release.name)
}

/// The folder of all versions: `manifests/m/OWNER/NAME`.
fn folder(release: &Release) -> String {
    format!("manifests/{}/{}/{}", letter(release), release.owner, release.name)
}

fn letter(release: &Release) -> String {
    release.owner.chars().take(1).collect::<String>().to_ascii_lowercase()
}

fn title(release: &Release) -> String {
    format!("New version: {} version {}", identifier(release), release.version)
}

fn obstacle(desk: &Desk<'_>, client: &Client<'_>, refusal: &Refusal) -> Obstacle {
    if refusal.is_passing() {
        return desk.passing(refusal.line());
    }
    let mut obstacle = desk.refused(refusal.line(), &[]);
    obstacle.advice = match refusal.cause {
        Cause::Credentials | Cause::Permission(_) | Cause::Forbidden => vec![
            "WINGET_GITHUB_TOKEN has to be a classic token with public_repo; make it anew".into(),
        ],
        Cause::Absent => vec![format!("fork {UPSTREAM} first; `cargo ship bootstrap` says how")],
        _ => refusal.advice(&client.access().origin),
    };
    obstacle
}

fn proposal<'a>(desk: &'a Desk<'_>, branch: &'a str, title: &'a str) -> Proposal<'a> {
    Proposal {
        upstream: UPSTREAM,
        owner: &desk.release.owner,
        branch,
        title,
        body: "Made by the release of the project from the digests of its published files.",
        files: desk.files,
    }
}

/// Where a pull request stands, with what the review says about it.
fn review(desk: &Desk<'_>, pull: &Pull) -> Result<Presence, Obstacle> {
    let labels: Vec<&str> = pull.labels.iter().map(|label| label.name.as_str()).collect();
    let labels =
        if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    match (pull.state.as_str(), &pull.merged_at) {
        ("open", _) => Ok(Presence::InReview(format!("{}{labels}", pull.html_url))),
        (_, Some(_)) => Ok(Presence::InReview(format!("{} is merged{labels}", pull.html_url))),
        _ => {
            let what = format!("{} was closed without being merged{labels}", pull.html_url);
            Err(desk.refused(what, &["read there why, and open it again or mend the manifests"]))
        }
    }
}

impl Channel for Winget {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("winget install --id {}", identifier(release))
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let release = stock.release;
        let names = ["name", "version", "date", "summary", "owner", "repository-url", "tag"];
        let marks = release.marks(&names, &["url", "SHA256"], &targets());
        stock.templates.fill(&marks.with("letter", letter(release)))
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let client = desk.host_client()?;
        let known = |refusal: Refusal| obstacle(desk, &client, &refusal);
        let release = desk.release;
        let versions = pull::names(&client, UPSTREAM, &folder(release)).map_err(known)?;
        let versions = versions.unwrap_or_default();
        let newest = versions.iter().filter_map(|name| Tag::parse(&format!("v{name}")).ok());
        let newest = newest.max_by(|a, b| a.version().cmp(b.version()));
        let branch = format!("{}-{}", release.name, release.version);
        let title = title(release);
        let presence = if versions.contains(&release.version) {
            Presence::There
        } else {
            let ours = pull::find(&client, &proposal(desk, &branch, &title)).map_err(known)?;
            let any = match ours {
                Some(pull) => Some(pull),
                None => pull::find_titled(&client, UPSTREAM, &title).map_err(known)?,
            };
            any.map_or(Ok(Presence::Missing), |pull| review(desk, &pull))?
        };
        Ok(Observed {
            current: newest.map(|tag| tag.version().to_string()),
            parts: vec![Part { name: MANIFESTS.to_owned(), presence }],
            url: format!("https://github.com/{UPSTREAM}/tree/master/{}", folder(release)),
        })
    }

    fn publish(&self, desk: &Desk<'_>, _part: &str) -> Result<String, Obstacle> {
        let client = desk.host_client()?;
        let branch = format!("{}-{}", desk.release.name, desk.release.version);
        let title = title(desk.release);
        pull::open(&client, &proposal(desk, &branch, &title))
            .map_err(|refusal| obstacle(desk, &client, &refusal))
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        desk.prove_archives(&targets())
    }

    fn rollback(&self, release: &Release, _to: &str) -> Rollback {
        let (id, version) = (identifier(release), &release.version);
        Rollback::Manual {
            url: format!("https://github.com/{UPSTREAM}"),
            steps: vec![
                format!("propose the removal: komac remove {id} --version {version} --reason WHY"),
                "wait for the review; users then get the version before".to_owned(),
            ],
        }
    }

    fn chores(&self, _release: &Release) -> Vec<Chore> {
        vec![
            Chore::new(format!("fork {UPSTREAM}"), format!("https://github.com/{UPSTREAM}/fork")),
            Chore::new(
                "make a classic token with public_repo; a fine-grained one cannot do it",
                "https://github.com/settings/tokens/new?scopes=public_repo",
            ),
            Chore::new(
                "sign Microsoft's contributor agreement when the first pull request asks for it",
                format!("https://github.com/{UPSTREAM}"),
            ),
        ]
    }
}
