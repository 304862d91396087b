//! The Snap Store: a snap for each processor, first for who dares, then for everybody.
//!
//! - A snap is uploaded to the channel *candidate*. Then it is fetched from there and compared file
//!   by file, and only what is right goes on to *stable*. So the parts are two for each processor;
//!   a prerelease stays in candidate.
//! - The store takes one version any number of times, as new revisions. What is shown for our
//!   version is ours, and nothing is sent while it is there. Bytes that it had before it refuses;
//!   the revision that has them is then released.
//! - A rollback releases the older revisions again; machines go back by themselves.
//!
//! # Source
//!
//! <https://documentation.ubuntu.com/snapcraft/stable/how-to/publishing/>.

use crate::carrier::snap;
use crate::channel::desk::{Desk, Stock};
use crate::channel::snapcraft::{self, Listed};
use crate::channel::{Channel, Chore, Observed, Part, Presence, Rollback, Unproven};
use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};
use crate::publish::{Obstacle, Sort};
use crate::release::Release;
use crate::target::{Os, TARGETS, Target};
use crate::template::{Rendered, Templates};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "snap",
    title: "Snap Store",
    wave: Wave::A,
    credential: Credential::Secret("SNAP_STORE_CREDENTIALS"),
    prerelease: Prerelease::Taken("in candidate, not promoted to stable"),
    ..USUAL
};

/// For who dares, and for everybody.
const RISKS: [&str; 2] = ["candidate", "stable"];

/// The channel.
pub struct SnapStore;

fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.os == Os::Linux).collect()
}

fn find<'l>(all: &'l [Listed], risk: &str, processor: &str) -> Option<&'l Listed> {
    all.iter().find(|listed| listed.risk == risk && listed.processor == processor)
}

fn upload(desk: &Desk<'_>, processor: &str) -> Result<String, Obstacle> {
    let Release { name, version, .. } = desk.release;
    let file = format!("{name}_{version}_{processor}.snap");
    let tool = desk.client("snap", "apt-get install snapd squashfs-tools")?;
    let members = snap::members(desk.files, processor);
    let packed = snap::pack(tool, &members, &file, desk.release.seconds());
    packed.map_err(|error| desk.refused(error.to_string(), &["mend packaging/snap"]))?;
    let words = ["upload", &file, "--release=candidate"];
    let (ended, said) = snapcraft::run(desk, &words)?;
    if ended.is_success {
        return Ok("uploaded, and released to candidate".to_owned());
    }
    if said.contains("already been uploaded") {
        return match snapcraft::revision(desk, processor, version)? {
            Some(revision) => snapcraft::release(desk, revision, RISKS[0]),
            None => Err(desk.passing(format!("snapcraft upload: {said}"))),
        };
    }
    if said.to_ascii_lowercase().contains("manual review") {
        return Ok("uploaded; people of the store look at it first".to_owned());
    }
    Err(snapcraft::failure(desk, &words, &said))
}

/// Fetches what a channel gives, and compares every file in it with ours.
fn compare(desk: &Desk<'_>, listed: &Listed) -> Result<(), Unproven> {
    let Listed { processor, revision, url, .. } = listed;
    let fetched = desk.fetch(url)?;
    let bytes = fetched.ok_or_else(|| Unproven::Wrong(format!("{url} is not there")))?;
    let tool = desk.client("unsquashfs", "apt-get install squashfs-tools")?;
    let found = snap::unpacked(tool, &bytes, processor);
    let found = found.map_err(|error| Unproven::Wrong(format!("revision {revision}: {error}")))?;
    let ours = snap::members(desk.files, processor);
    let is_same = found.len() == ours.len()
        && found.iter().zip(&ours).all(|(a, b)| (&a.path, &a.bytes) == (&b.path, &b.bytes));
    let what = format!("revision {revision} for {processor} is not the snap of this release");
    if is_same { Ok(()) } else { Err(Unproven::Wrong(what)) }
}

impl Channel for SnapStore {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn targets(&self) -> Vec<&'static Target> {
        targets()
    }

    fn install(&self, release: &Release) -> String {
        format!("snap install {}", release.name)
    }

    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>> {
        let release = stock.release;
        let text = |path: &str| {
            let text = stock.templates.text(path).ok_or_else(|| vec![format!("{path} is missing")]);
            text.map(str::to_owned)
        };
        let (whole, meta) = (text("snapcraft.yaml")?, text("meta/snap.yaml")?);
        let names = ["name", "version", "summary", "repository-url"];
        let all = release.marks(&names, &["url", "sha256"], &targets());
        let mut files = Templates::of([("snapcraft.yaml", whole.as_str())]).fill(&all)?;
        for target in targets() {
            let processor = target.arch.name();
            let prime = format!("{}/{processor}", snap::PRIME);
            let marks = release.marks(&names, &[], &[]).with("architecture", processor);
            let path = format!("{prime}/meta/snap.yaml");
            files.extend(Templates::of([(path.as_str(), meta.as_str())]).fill(&marks)?);
            for member in stock.members(target).map_err(|problem| vec![problem])? {
                let name = member.path;
                let path = match name.as_str() {
                    "LICENSE" | "THIRD-PARTY-NOTICES.txt" => format!("{prime}/{name}"),
                    name if name == release.name => format!("{prime}/bin/{name}"),
                    _ => continue,
                };
                files.push(Rendered { path, bytes: member.bytes });
            }
        }
        Ok(files)
    }

    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let all = snapcraft::listed(desk)?;
        let url = format!("https://snapcraft.io/{}", desk.release.name);
        let current = find(&all, RISKS[1], targets()[0].arch.name());
        let current = current.map(|listed| listed.version.clone());
        desk.refuse_newer(&url, current.as_deref())?;
        let risks = if desk.release.is_prerelease { &RISKS[..1] } else { &RISKS };
        let part = |(risk, target): (&str, &Target)| {
            let processor = target.arch.name();
            let found = find(&all, risk, processor);
            let is_there = found.is_some_and(|listed| listed.version == desk.release.version);
            let presence = if is_there { Presence::There } else { Presence::Missing };
            Part { name: format!("{risk} {processor}"), presence }
        };
        let pairs = risks.iter().flat_map(|&risk| targets().into_iter().map(move |t| (risk, t)));
        Ok(Observed { current, parts: pairs.map(part).collect(), url })
    }

    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle> {
        let (risk, processor) = part.split_once(' ').expect("a part is a channel and a processor");
        if risk == RISKS[0] {
            return upload(desk, processor);
        }
        let all = snapcraft::listed(desk)?;
        let found = find(&all, RISKS[0], processor);
        let found = found.filter(|listed| listed.version == desk.release.version);
        let found = found.ok_or_else(|| desk.passing("candidate does not give it yet"))?;
        compare(desk, found).map_err(|unproven| match unproven {
            Unproven::Unreachable(obstacle) => obstacle,
            Unproven::NotHere(what) => desk.refused(what, &[]),
            Unproven::Wrong(what) => {
                desk.obstacle(Sort::Conflict, what, &["release the next version"])
            }
        })?;
        snapcraft::release(desk, found.revision, RISKS[1])
    }

    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven> {
        let all = snapcraft::listed(desk)?;
        let risk = RISKS[usize::from(!desk.release.is_prerelease)];
        let mut proofs = Vec::new();
        for target in targets() {
            let processor = target.arch.name();
            let found = find(&all, risk, processor);
            let missing = || Unproven::Wrong(format!("{risk} gives nothing for {processor}"));
            compare(desk, found.ok_or_else(missing)?)?;
            let name = &desk.release.name;
            let program = desk.scratch.join(processor).join("bin").join(name);
            proofs.extend(desk.prove_program(target, &program)?);
        }
        if proofs.is_empty() {
            return Err(Unproven::NotHere("the snaps are right, and none can run".to_owned()));
        }
        Ok(format!("{}; 2 snaps compared", proofs.join("; ")))
    }

    fn rollback(&self, release: &Release, to: &str) -> Rollback {
        Rollback::Automatic(vec![
            format!("release the revisions of {to} of {} to stable and candidate", release.name),
            "machines go back by themselves when they refresh".to_owned(),
        ])
    }

    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        let all = snapcraft::listed(desk)?;
        let mut done = Vec::new();
        for target in targets() {
            let processor = target.arch.name();
            let is_there = |risk: &&str| {
                find(&all, risk, processor).is_some_and(|listed| listed.version == to)
            };
            if RISKS.iter().all(is_there) {
                continue;
            }
            let revision = snapcraft::revision(desk, processor, to)?.ok_or_else(|| {
                let what = format!("the store never had version {to} for {processor}");
                desk.refused(what, &["go back to one that it had"])
            })?;
            done.push(snapcraft::release(desk, revision, "stable,candidate")?);
        }
        let nothing = || format!("{to} is there already");
        Ok(if done.is_empty() { nothing() } else { done.join("; ") })
    }

    fn chores(&self, release: &Release) -> Vec<Chore> {
        let name = &release.name;
        let login = format!(
            "make the secret: snapcraft export-login --snaps {name} --acls \
             package_access,package_push,package_release --expires DATE FILE; it is FILE's text"
        );
        vec![
            Chore::new(
                format!("make an account, and register the name: snapcraft register {name}"),
                "https://snapcraft.io/account",
            ),
            Chore::new(login, "https://snapcraft.io/docs/snapcraft-authentication"),
        ]
    }
}
