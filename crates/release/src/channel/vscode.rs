//! The Marketplace of VS Code: the extension, once for each platform, with the program in it.
//!
//! - A version has a file for each platform, and each is sent by itself; some may be there while
//!   others are not, and the same command sends the rest.
//! - There are no prerelease versions, and a number is used up once it was published.
//! - It tells no digests: whether what it gives is ours is seen by downloading, in `verify`. What
//!   it added to a file (a signature) is no difference.
//! - A workflow that has signed in to Azure needs no secret; elsewhere `VSCE_PAT` lets us publish,
//!   a token of a single organisation. Those for all organisations end on 2026-12-01.
//! - To unpublish deletes every version with all that was counted, so it is never done: the way
//!   back is a higher number with the older code.
//!
//! # Source
//!
//! <https://code.visualstudio.com/api/working-with-extensions/publishing-extension>; more in
//! [`marketplace`].

use crate::carrier::vsix;
use crate::channel::carried::Loads;
use crate::channel::desk::{Desk, Stock};
use crate::channel::marketplace::{self, Listed};
use crate::channel::{
    Channel, Chore, Count, Measure, Observed, Part, Presence, Rollback, Uncounted, Unproven,
};
use crate::facts::{Credential, Facts, Prerelease, SecretEnd, SignIn, USUAL, Wave};
use crate::file;
use crate::pack::archive::Member;
use crate::publish::Obstacle;
use crate::release::Release;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "vscode",
    title: "VS Code Marketplace",
    wave: Wave::A,
    credential: Credential::SignInOr(&AZURE, "VSCE_PAT"),
    secret_end: Some(SecretEnd {
        day: "2026-12-01",
        reason: "Azure DevOps retires tokens for all organisations",
        unless: "it is of a single organisation",
        next: "sign in to Azure (cargo ship bootstrap vscode), or use one of a single organisation",
    }),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Refused(
        "the marketplace knows no prerelease versions; it would use up the release's number",
    ),
    ..USUAL
};

/// The sign-in that lets a workflow publish without a secret.
pub const AZURE: SignIn = SignIn {
    to: "Azure",
    action: "azure/login",
    inputs: &[("AZURE_CLIENT_ID", "client-id"), ("AZURE_TENANT_ID", "tenant-id")],
};

/// Who publishes it there.
pub const PUBLISHER: &str = "ContextLite";

/// Where the publisher and its tokens are managed.
const MANAGE: &str = "https://marketplace.visualstudio.com/manage";

/// The channel.
pub struct VsCode;

/// The extension as the marketplace calls it.
fn extension(release: &Release) -> String {
    format!("{PUBLISHER}.{}", release.name)
}

/// What is wrong with who publishes it, by its own description.
fn stranger(stock: &Stock<'_>) -> Option<String> {
    let path = stock.root.join(vsix::FOLDER).join("package.json");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let about: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let [publisher, name] = ["publisher", "name"].map(|key| about[key].as_str().unwrap_or("?"));
    let expected = extension(stock.release);
    let problem = format!(
        "{}/package.json makes it {publisher}.{name}, and {expected} is published",
        vsix::FOLDER
    );
    (format!("{publisher}.{name}") != expected).then_some(problem)
}

/// The file for a platform.
fn file_name(release: &Release, platform: &str) -> String {
    format!("{}-{platform}-{}.vsix", release.name, release.version)
}

/// Every target with the platforms that it is published for.
fn platforms() -> impl Iterator<Item = (&'static Target, String)> {
    TARGETS
        .iter()
        .flat_map(|target| vsix::names(target).into_iter().map(move |platform| (target, platform)))
}

/// Downloads what is given for a platform and compares it with ours; returns the files in it.
fn compare(desk: &Desk<'_>, listed: &Listed) -> Result<Vec<Member>, Unproven> {
    let name = file_name(desk.release, &listed.platform);
    let ours = desk.files.iter().find(|file| file.path == name);
    let ours = ours.ok_or_else(|| Unproven::Wrong(format!("{name} was not made here")))?;
    let theirs = desk.fetch(&listed.url)?;
    let theirs = theirs.ok_or_else(|| Unproven::Wrong(format!("{} is not there", listed.url)))?;
    let theirs = marketplace::members(&theirs)?;
    let has =
        |a: &[Member], b: &Member| a.iter().any(|a| (&a.path, &a.bytes) == (&b.path, &b.bytes));
    let ours = marketplace::members(&ours.bytes)?;
    if ours.len() == theirs.len() && ours.iter().all(|member| has(&theirs, member)) {
        return Ok(theirs);
    }
    Err(Unproven::Wrong(format!("{} holds something else than {name}", listed.url)))
}

impl Channel for VsCode {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        TARGETS.iter().collect()
    }

    fn install(&self, release: &Release) -> String {
        format!("code --install-extension {}", extension(release))
    }

    fn client(&self) -> Option<&'static str> {
        Some(vsix::FOLDER)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        match stranger(stock) {
            Some(problem) => Err(vec![problem]),
            None => Loads::read(stock, vsix::FOLDER)?.pack_several(vsix::pack),
        }
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let id = extension(desk.release);
        let versions = marketplace::shown(desk, &id)?.versions;
        let current = versions.first().map(|listed| listed.version.clone());
        let url = format!("https://marketplace.visualstudio.com/items?itemName={id}");
        desk.refuse_newer(&url, current.as_deref())?;
        let part = |(_, platform): (_, String)| {
            let is_it = |listed: &Listed| {
                listed.version == desk.release.version && listed.platform == platform
            };
            let is_there = versions.iter().any(is_it);
            let presence = if is_there { Presence::There } else { Presence::Missing };
            Part { name: file_name(desk.release, &platform), presence }
        };
        Ok(Observed { current, parts: platforms().map(part).collect(), url })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        let file = desk.files.iter().find(|file| file.path == part);
        let file = file.ok_or_else(|| desk.refused(format!("no {part}"), &[]))?;
        marketplace::publish(desk, file, &AZURE)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        let versions = marketplace::shown(desk, &extension(desk.release))?.versions;
        let (mut proofs, mut compared, mut tried) = (Vec::new(), 0, None);
        for (target, platform) in platforms() {
            let mut ours = versions.iter().filter(|listed| {
                listed.version == desk.release.version && listed.platform == platform
            });
            let missing = || Unproven::Wrong(format!("nothing is there for {platform}"));
            let members = compare(desk, ours.next().ok_or_else(missing)?)?;
            compared += 1;
            if tried == Some(target.platform()) {
                continue;
            }
            tried = Some(target.platform());
            let program = target.program(&desk.release.name);
            let wanted = format!("extension/bin/{program}");
            let found = members.iter().find(|member| member.path == wanted);
            let found = found.ok_or_else(|| Unproven::Wrong(format!("{platform}: no program")))?;
            let path = desk.scratch.join(target.platform()).join(program);
            let written = file::write_program(&path, &found.bytes);
            written.map_err(|error| Unproven::NotHere(error.to_string()))?;
            proofs.extend(desk.prove_program(target, &path)?);
        }
        if proofs.is_empty() {
            let what = format!("{compared} extensions are right, and nothing here can run one");
            return Err(Unproven::NotHere(what));
        }
        Ok(format!("{}; {compared} extensions compared", proofs.join("; ")))
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        let counts = marketplace::shown(desk, &extension(desk.release))?.counts;
        let named = [
            ("install", "installs of all versions", Measure::AllSoFar),
            ("updateCount", "updates", Measure::Aside),
        ];
        let named = named.into_iter().filter_map(|(theirs, what, measure)| {
            let (_, count) = counts.iter().find(|(name, _)| name == theirs)?;
            Some(Count::new(measure, what, *count))
        });
        Ok(named.collect())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Impossible {
            why: "unpublishing deletes every version and all that was counted".to_owned(),
            instead: format!(
                "release the code of {to} again under a number above {}; until then users can \
                 choose {to} in the editor (Install Another Version)",
                release.version
            ),
        }
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let Release { owner, repository, .. } = release;
        let (host, project) = (release.host(), format!("{owner}/{repository}"));
        vec![
            Chore::new(format!("make the publisher {PUBLISHER}"), MANAGE),
            Chore::new(
                format!(
                    "make a managed identity with a federated credential: issuer \
                     https://token.actions.githubusercontent.com, audience \
                     api://AzureADTokenExchange, subject repo:{project}:environment:release (or \
                     with another beginning, if the host has one for new repositories: gh api \
                     repos/{project}/actions/oidc/customization/sub)"
                ),
                "https://portal.azure.com",
            ),
            Chore::new(
                "store its client id and tenant id, which are no secrets, as variables of the \
                 repository: AZURE_CLIENT_ID and AZURE_TENANT_ID",
                format!("https://{host}/{project}/settings/variables/actions"),
            ),
            Chore::new(
                "add it to the members of the publisher as Contributor, by the id that the \
                 marketplace has for it: a workflow that is refused for want of this tells it",
                MANAGE,
            ),
            Chore::new(
                "or, without Azure: make a token of a single organisation with the scope \
                 Marketplace (Manage), and give it as VSCE_PAT",
                "https://dev.azure.com",
            ),
        ]
    }
}
