//! GitHub Packages: the packages of npm in the scope of the owner, for who has to stay on GitHub.
//!
//! - Names have to be in the scope of the owner, in lower case; the field `repository` of each
//!   package links it to the project, whose rights it then has.
//! - **Installing needs a token, even of what is public.** So it serves few, and reading it needs
//!   the token here as well.
//! - Nothing is known of tags or deprecation there; a rollback deletes the version by hand, which
//!   can be restored within 30 days. The host counts downloads for its own pages only.
//!
//! # Source
//!
//! "Working with the npm registry" and "Deleting and restoring a package" in
//! <https://docs.github.com/en/packages>.

use crate::carrier::npm::{self, Names};
use crate::channel::carried;
use crate::channel::desk::{Desk, Stock};
use crate::channel::npm_registry::{self, Registry};
use crate::channel::{Channel, Chore, Observed, Rollback, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "github-packages",
    title: "GitHub Packages",
    wave: Wave::A,
    credential: Credential::WorkflowToken,
    permissions: &["contents: read", "packages: write"],
    prerelease: Prerelease::Taken("under the tag next, so latest stays"),
    ..USUAL
};

/// What to do if we are not let in.
const ADVICE: [&str; 2] = [
    "in a workflow the job needs `packages: write`, and the package has to let the repository in",
    "elsewhere a classic token with write:packages",
];

/// The channel.
pub struct GitHubPackages;

fn called(release: &Release) -> Names {
    Names::Of(release.owner.to_ascii_lowercase())
}

/// The registry is a host beside that of the repository, unless npm is told another one.
fn registry<'a>(desk: &'a Desk<'a>) -> Result<Registry<'a>, Obstacle> {
    let release = desk.release;
    let owner = release.owner.to_ascii_lowercase();
    let given = npm_registry::address(desk, &format!("@{owner}:registry"))?;
    let url = given.unwrap_or_else(|| usual(release));
    Ok(Registry { desk, called: called(release), url, is_closed: true, advice: &ADVICE })
}

fn usual(release: &Release) -> String {
    format!("https://npm.pkg.{}/", release.host())
}

impl Channel for GitHubPackages {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        TARGETS.iter().collect()
    }

    fn install(&self, release: &Release) -> String {
        let client = called(release).client(&release.name);
        let scope = client.split('/').next().unwrap_or_default();
        format!("npm install {client} --{scope}:registry={}", usual(release))
    }

    fn client(&self) -> Option<&'static str> {
        Some(npm::FOLDER)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        carried::npm_packages(stock, &called(stock.release))
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let page = format!("{}/packages", desk.release.repository_url);
        registry(desk)?.observe().map(|observed| Observed { url: page, ..observed })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        registry(desk)?.publish(part)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        registry(desk)?.verify()
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        let version = &release.version;
        let names = called(release).all(&release.name).join(", ");
        Rollback::Manual {
            url: format!("{}/packages", release.repository_url),
            steps: vec![
                format!("of each package ({names}): Package settings, Manage versions"),
                format!("delete {version} there; it can be restored within 30 days"),
                format!("users then get {to}; what was fetched too often cannot be deleted"),
            ],
        }
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let url = format!("{}/packages", release.repository_url);
        vec![Chore::new(
            "after the first publish: in each package's settings make it public, and let the \
             repository's workflows write it",
            url,
        )]
    }
}
