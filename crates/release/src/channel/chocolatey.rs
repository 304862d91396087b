//! Chocolatey: a package that downloads what was released, let through by people.
//!
//! - The package holds two scripts; the install script takes the zip of the processor and compares
//!   its SHA-256. It is pushed by the protocol itself rather than by `choco`, whose answers lose
//!   what the host said.
//! - Every version is looked at by programs and then by people, which takes days to weeks. Until
//!   one was approved no other is taken, and ten of a package may wait.
//! - A version that waits may be pushed again, and then waits from the beginning. So that is never
//!   done by itself: `CHOCOLATEY_RESUBMIT=VERSION` asks for it, and other bytes have to be there.
//! - What waits is seen by its own address alone; feeds are empty until it is approved. The entry
//!   tells the SHA-512 of the package, so nothing is downloaded to compare.
//! - Nothing can be taken back by a program: a version is unlisted on its page.
//!
//! # Source
//!
//! <https://docs.chocolatey.org/en-us/community-repository/moderation/>, and the gallery's source
//! (`PackageStatusType`).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha512};

use crate::carrier::nupkg;
use crate::channel::desk::{Desk, Stock};
use crate::channel::nuget::{self, Entry};
use crate::channel::{
    Channel, Chore, Count, Measure, Observed, Part, Presence, Rollback, Uncounted, Unproven,
};
use crate::facts::{Credential, Facts, Prerelease, USUAL};
use crate::http::{Method, Request};
use crate::pack::archive::Member;
use crate::publish::{Obstacle, Sort};
use crate::release::Release;
use crate::target::{Os, TARGETS, Target};
use crate::template::Rendered;

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "chocolatey",
    title: "Chocolatey",
    credential: Credential::Secret("CHOCOLATEY_API_KEY"),
    prerelease: Prerelease::Refused("a prerelease in moderation blocks the release's push"),
    ..USUAL
};

/// Where packages are pushed, and where everybody reads.
const PUSH: &str = "https://push.chocolatey.org";
const GALLERY: &str = "https://community.chocolatey.org";

/// Asks to push the version that it names again, although it waits to be let through.
const RESUBMIT: &str = "CHOCOLATEY_RESUBMIT";

/// The most bytes of an answer to a push.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The channel.
pub struct Chocolatey;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Windows).collect()
}

/// The name of the one part, the package.
fn file_name(release: &Release) -> String {
    format!("{}.{}.nupkg", release.name, release.version)
}

fn package<'d>(desk: &'d Desk<'_>) -> &'d [u8] {
    let name = file_name(desk.release);
    let file = desk.files.iter().find(|file| file.path == name);
    &file.expect("the package is rendered").bytes
}

fn page(release: &Release) -> String {
    format!("{GALLERY}/packages/{}/{}", release.name, release.version)
}

/// The entries of this package at an address of the gallery; none if nothing is there.
fn entries(desk: &Desk<'_>, query: &str) -> Result<Vec<Entry>, Obstacle> {
    let url = format!("{}/api/v2/{query}", desk.place("CHOCOLATEY_GALLERY_URL", GALLERY)?);
    let Some(bytes) = desk.get(&url, "application/atom+xml")? else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(&bytes);
    let entries = Entry::read(&text).map_err(|why| desk.passing(format!("GET {url}: {why}")))?;
    let is_ours =
        |entry: &Entry| entry.id().is_some_and(|id| id.eq_ignore_ascii_case(&desk.release.name));
    Ok(entries.into_iter().filter(is_ours).collect())
}

/// This very version, whether or not it was let through.
fn ours(desk: &Desk<'_>) -> Result<Option<Entry>, Obstacle> {
    let Release { name, version, .. } = desk.release;
    let found = entries(desk, &format!("Packages(Id='{name}',Version='{version}')"))?;
    Ok(found.into_iter().find(|entry| entry.property("Version").as_ref() == Some(version)))
}

/// The version that users get.
fn current(desk: &Desk<'_>) -> Result<Option<String>, Obstacle> {
    let found = entries(desk, &format!("FindPackagesById()?id='{}'", desk.release.name))?;
    let is_latest = |entry: &Entry| entry.property("IsLatestVersion").as_deref() == Some("true");
    Ok(found.into_iter().find(is_latest).and_then(|entry| entry.property("Version")))
}

/// Where this version stands, by its entry.
fn presence(desk: &Desk<'_>, entry: &Entry) -> Result<Presence, Obstacle> {
    let property = |name: &str| entry.property(name).unwrap_or_default();
    let (status, page) = (property("PackageStatus"), page(desk.release));
    let held = property("PackageHash");
    let is_other = property("PackageHashAlgorithm").eq_ignore_ascii_case("SHA512")
        && held != BASE64_STANDARD.encode(Sha512::digest(package(desk)));
    match status.as_str() {
        "Rejected" => {
            let what = format!("{page} was rejected, and its number is used up");
            let advice = "read there why; release the next version";
            Err(desk.obstacle(Sort::Conflict, what, &[advice]))
        }
        "Submitted" => {
            let words = ["PackageSubmittedStatus", "PackageValidationResultStatus"].map(property);
            let words = words.into_iter().filter(|word| !word.is_empty());
            let words = words.collect::<Vec<_>>().join(", validation: ").to_lowercase();
            let asked = desk.surroundings.environment.text(RESUBMIT);
            let version = &desk.release.version;
            match (is_other, asked) {
                (true, Some(asked)) if asked == version => Ok(Presence::Missing),
                (true, _) => Ok(Presence::InReview(format!(
                    "{page} ({words}); another file of this version waits there: pushing ours \
                     would begin the wait anew, and {RESUBMIT}={version} asks for it"
                ))),
                (false, _) => Ok(Presence::InReview(format!("{page} ({words})"))),
            }
        }
        _ if is_other => {
            let what = format!("{page} holds another file, of SHA-512 {held}");
            Err(desk.obstacle(Sort::Conflict, what, &["release the next version"]))
        }
        _ => Ok(Presence::There),
    }
}

impl Channel for Chocolatey {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("choco install {}", release.name)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let release = stock.release;
        let names = ["name", "version", "tag", "summary", "owner", "repository", "repository-url"];
        let marks = release.marks(&names, &["url", "sha256"], &targets());
        let mut files = stock.templates.fill(&marks)?;
        let members: Vec<Member> =
            files.iter().map(|file| Member::paper(&file.path, file.bytes.clone())).collect();
        let package = nupkg::pack((&release.name, &release.version), &members, release.seconds())?;
        files.push(Rendered { path: package.name, bytes: package.bytes });
        Ok(files)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let presence = ours(desk)?.map_or(Ok(Presence::Missing), |entry| presence(desk, &entry))?;
        let current = match presence {
            Presence::There => Some(desk.release.version.clone()),
            _ => current(desk)?,
        };
        let parts = vec![Part { name: file_name(desk.release), presence }];
        Ok(Observed { current, parts, url: page(desk.release) })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        let key = desk.secret.as_ref().map_or("", |key| key.reveal());
        let (kind, body) = nuget::form(part, package(desk));
        let request = Request {
            method: Method::Put,
            url: format!("{}/api/v2/package/", desk.place("CHOCOLATEY_PUSH_URL", PUSH)?),
            token: None,
            headers: vec![("content-type", &kind), ("x-nuget-apikey", key)],
            body: Some(&body),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        nuget::judge(desk, &desk.send(&request)?)
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        let Release { name, version, .. } = desk.release;
        let gallery = desk.place("CHOCOLATEY_GALLERY_URL", GALLERY)?;
        let url = format!("{gallery}/api/v2/package/{name}/{version}");
        match desk.get(&url, "application/zip")? {
            None => Err(Unproven::Wrong(format!("{url} is not there"))),
            Some(bytes) if bytes != package(desk) => {
                Err(Unproven::Wrong(format!("{url} is not the package of this release")))
            }
            Some(_) => {
                Ok(format!("the package is as it was pushed; {}", desk.prove_archives(&targets())?))
            }
        }
    }

    fn metrics(&self, desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        let Some(entry) = ours(desk)? else { return Ok(Vec::new()) };
        let count = |name: &str, measure: Measure, what: &str| {
            Some(Count::new(measure, what, entry.property(name)?.parse().ok()?))
        };
        let of_version = format!("downloads of {}", desk.release.version);
        let counts = [
            count("VersionDownloadCount", Measure::VersionSoFar, &of_version),
            count("DownloadCount", Measure::AllSoFar, "downloads of all versions"),
        ];
        Ok(counts.into_iter().flatten().collect())
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Manual {
            url: page(release),
            steps: vec![
                "sign in, choose `Unlist this version` and save: new users then get the one before"
                    .to_owned(),
                format!(
                    "users go back with: choco install {} --version {to} --allow-downgrade",
                    release.name
                ),
            ],
        }
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        vec![
            Chore::new(
                "make an account, and take the API key from its page",
                format!("{GALLERY}/account"),
            ),
            Chore::new(
                "look that nobody else owns the package; the first push makes it",
                format!("{GALLERY}/packages/{}", release.name),
            ),
            Chore::new(
                "answer the reviewers of the first version; until it is approved no other is taken",
                format!("{GALLERY}/packages/{}", release.name),
            ),
        ]
    }
}
