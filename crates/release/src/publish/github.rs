//! The GitHub release: a draft is filled and compared, then published once.
//!
//! Nothing is visible before the publishing, which is one request. Afterwards nothing is changed
//! any more: a published release that is equal is done, one that differs is a conflict that a
//! person has to look at. With immutable releases switched on, the host holds to this too, and
//! the tag's name is used up for ever.
//!
//! What is there counts, not what an earlier run meant to do:
//!
//! - A file is right if it is whole and has the size and SHA-256 of the manifest. One that is
//!   not is deleted from the draft and sent again.
//! - The draft is published only after a look that finds every file right and no other file.
//! - Drafts that we made end with [`mark`]; if a lost answer left more than one, the one that
//!   holds most is kept and the others are deleted. A single draft that a person made is filled;
//!   what a person put into it is not deleted.
//! - Two runs at the same time may get in each other's way, and both look again: a draft that one
//!   of them made in vain is deleted by the other's last look or by the next run.
//! - The tag has to name the commit that was built, or the host would put the release elsewhere.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::error::{Error, Result};
use crate::file;
use crate::github::client::Client;
use crate::github::refusal::{Cause, Refusal};
use crate::github::release::{self, Asset, Release, Text};
use crate::manifest::{self, Manifest};
use crate::publish::{Done, Obstacle, Publisher, Sort, Standing};
use crate::release::Release as Packed;
use crate::tag::Tag;

/// The most bytes of one file; the host takes less than two gibibytes.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Goal {
    /// The tag.
    pub tag: String,
    /// The commit that was built.
    pub commit: String,
    /// What the release says about itself, [`mark`] included.
    pub text: Text,
    /// The folder below which everybody finds the files, without a slash at its end.
    pub download_url: String,
    /// The files, in the order in which they are sent.
    pub files: Vec<GoalFile>,
}

/// A file that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalFile {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, as 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Goal {
    /// Reads what was packed into `folder` for a release.
    ///
    /// `notes` are the change log's lines for this version.
    ///
    /// # Errors
    ///
    /// [`Error::Manifest`] if the folder does not hold what its manifest says, or what the host
    /// does not take.
    pub fn read(release: &Packed, folder: &Path, notes: &str) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        let too_long = release.files.iter().filter(|file| FILE_BYTES_MAX <= file.size);
        let problems: Vec<String> =
            too_long.map(|file| format!("{} is longer than the host takes", file.name)).collect();
        let path = folder.join(manifest::FILE_NAME);
        if !problems.is_empty() {
            return Err(Error::Manifest { path, problems });
        }
        manifest.verify(folder)?;
        let mut files: Vec<GoalFile> = manifest
            .artifacts
            .iter()
            .map(|entry| GoalFile {
                name: entry.name.clone(),
                path: folder.join(&entry.name),
                size: entry.size,
                sha256: entry.sha256.clone(),
            })
            .collect();
        // Last, so that a release that is being filled has no list of what it does not hold yet.
        let digest = file::digest(&path)?;
        let name = manifest::FILE_NAME.to_owned();
        files.push(GoalFile { name, path, size: digest.size, sha256: digest.sha256 });
        let text = Text {
            tag_name: release.tag.clone(),
            target_commitish: manifest.commit.clone(),
            name: format!("{} {}", release.name, release.version),
            body: format!("{}\n\n{}\n", notes.trim(), mark(&release.tag)),
            prerelease: release.is_prerelease,
        };
        let download_url = release.download_url.clone();
        Ok(Self { tag: release.tag.clone(), commit: manifest.commit, text, download_url, files })
    }
}

/// Returns the line, invisible on the page, by which a draft is known to be ours.
pub fn mark(tag: &str) -> String {
    format!("<!-- cargo ship {tag} -->")
}

/// What the host holds for our tag.
#[derive(Debug, Clone)]
pub enum World {
    /// The published release.
    Published {
        /// It.
        held: Held,
        /// Drafts of ours that a run at the same time may have left.
        surplus: Vec<Release>,
    },
    /// No published release; perhaps drafts.
    Unpublished {
        /// The draft to fill.
        draft: Option<Held>,
        /// Further drafts.
        surplus: Vec<Release>,
    },
}

/// A release and what is known of its files.
#[derive(Debug, Clone)]
pub struct Held {
    /// The release.
    pub release: Release,
    /// Its files.
    pub assets: Vec<HeldAsset>,
}

/// A file of a release, and what its bytes are.
#[derive(Debug, Clone)]
pub struct HeldAsset {
    /// The file as the host lists it.
    pub asset: Asset,
    /// Its SHA-256, unless its state or size already rules it out.
    pub sha256: Option<String>,
    /// Whether the bytes were fetched to know that.
    pub is_fetched: bool,
}

/// One change at the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Wait for the tag, which a person pushes.
    AwaitTag(String),
    /// Make the draft.
    CreateDraft,
    /// Delete a draft of ours that is one too many.
    DeleteDraft(u64),
    /// Delete a file of the draft, for a reason.
    DeleteAsset(u64, String),
    /// Send a file, by its place in the goal.
    Upload(usize, String),
    /// Look at everything before going on.
    Compare,
    /// Make it visible, for ever.
    Publish,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwaitTag(tag) => write!(formatter, "wait for tag {tag} to be pushed"),
            Self::CreateDraft => formatter.write_str("create a draft"),
            Self::DeleteDraft(id) => write!(formatter, "delete draft {id}, which is one too many"),
            Self::DeleteAsset(_, why) => write!(formatter, "delete from the draft: {why}"),
            Self::Upload(_, name) => write!(formatter, "upload {name}"),
            Self::Compare => formatter.write_str("compare every file with the manifest"),
            Self::Publish => formatter.write_str("publish the release"),
        }
    }
}

/// Publishes to GitHub.
pub struct GitHub<'a> {
    client: Client<'a>,
    goal: Goal,
    /// The draft that files go to, once it is known.
    draft: Option<Release>,
    /// Whether the tag is there and names what was built.
    has_tag: bool,
}

impl<'a> GitHub<'a> {
    /// Makes a publisher; nothing is sent.
    pub fn new(client: Client<'a>, goal: Goal) -> Self {
        Self { client, goal, draft: None, has_tag: false }
    }

    fn obstacle(&self, refusal: &Refusal) -> Obstacle {
        let sort = if refusal.is_passing() { Sort::Passing } else { Sort::Refused };
        let advice = refusal.advice(&self.client.access().origin);
        Obstacle { sort, what: format!("github: {}", refusal.line()), advice }
    }

    /// The same where the files of a draft were to be changed: one that is gone meanwhile, or
    /// published by another run, changes what there is to do.
    fn obstacle_of_draft(&self, refusal: &Refusal) -> Obstacle {
        let obstacle = self.obstacle(refusal);
        let is_other = matches!(refusal.cause, Cause::Absent | Cause::Immutable);
        Obstacle { sort: if is_other { Sort::Passing } else { obstacle.sort }, ..obstacle }
    }

    /// Checks that the tag names the commit that was built, once it is there.
    fn check_tag(&mut self) -> std::result::Result<(), Obstacle> {
        if self.has_tag {
            return Ok(());
        }
        let Goal { tag, commit, .. } = &self.goal;
        let found = release::tag_commit(&self.client, tag).map_err(|r| self.obstacle(&r))?;
        if let Some(found) = found.as_ref().filter(|found| *found != commit) {
            return Err(conflict(
                format!("tag {tag} names commit {found}, and {commit} was built"),
                format!("build and pack from {tag}, or release another version"),
            ));
        }
        self.has_tag = found.is_some();
        Ok(())
    }

    fn without_tag(&self) -> Obstacle {
        let (tag, repository) = (&self.goal.tag, &self.client.access().repository);
        Obstacle {
            sort: Sort::Refused,
            what: format!("github: {repository} has no tag {tag}"),
            advice: vec![format!("push it first: git push origin {tag}")],
        }
    }

    fn held(&self, release: Release) -> std::result::Result<Held, Refusal> {
        let assets = release::assets(&self.client, release.id)
            .and_then(|assets| assets.into_iter().map(|asset| self.held_asset(asset)).collect());
        match assets {
            Ok(assets) => Ok(Held { release, assets }),
            // It was there a moment ago.
            Err(refusal) if refusal.cause == Cause::Absent => {
                Err(Refusal { cause: Cause::Changed, ..refusal })
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn held_asset(&self, asset: Asset) -> std::result::Result<HeldAsset, Refusal> {
        let goal = self.goal.files.iter().find(|file| file.name == asset.name);
        let may_be_right = asset.is_whole() && goal.is_some_and(|file| file.size == asset.size);
        let said = asset.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:"));
        let (sha256, is_fetched) = match said {
            Some(said) => (Some(said.to_ascii_lowercase()), false),
            None if may_be_right => (Some(release::fetched_sha256(&self.client, &asset)?), true),
            None => (None, false),
        };
        Ok(HeldAsset { asset, sha256, is_fetched })
    }

    fn look(&self) -> std::result::Result<World, Refusal> {
        let tag = &self.goal.tag;
        let published = release::published(&self.client, tag)?;
        let mut drafts = release::drafts(&self.client, tag)?;
        if let Some(release) = published {
            drafts.retain(|draft| self.is_ours(draft));
            return Ok(World::Published { held: self.held(release)?, surplus: drafts });
        }
        // A list may lag behind; the draft that was just made is asked for by its number.
        if let Some(known) = &self.draft
            && drafts.iter().all(|draft| draft.id != known.id)
            && let Some(release) = release::by_id(&self.client, known.id)?
        {
            drafts.push(release);
        }
        let best = drafts.iter().enumerate().max_by_key(|(place, draft)| {
            let known = self.goal.files.iter().map(|file| file.name.as_str());
            let has = |name: &str| draft.assets.iter().any(|a| a.name == name && a.is_whole());
            (self.is_ours(draft), known.filter(|name| has(name)).count(), usize::MAX - place)
        });
        let draft = match best.map(|(place, _)| place) {
            Some(place) => Some(self.held(drafts.remove(place))?),
            None => None,
        };
        Ok(World::Unpublished { draft, surplus: drafts })
    }

    fn is_ours(&self, release: &Release) -> bool {
        let mark = mark(&self.goal.tag);
        release.body.as_deref().is_some_and(|body| body.trim_end().ends_with(&mark))
    }

    /// What is wrong with a file, or nothing if it is one of ours and right.
    fn fault(&self, held: &HeldAsset) -> Option<String> {
        let HeldAsset { asset, sha256, .. } = held;
        let name = &asset.name;
        let Some(goal) = self.goal.files.iter().find(|file| file.name == *name) else {
            return Some(format!("{name} is not in the manifest"));
        };
        if !asset.is_whole() {
            return Some(format!("{name} did not arrive whole (state {})", asset.state));
        }
        if asset.size != goal.size {
            return Some(format!("{name} has {} bytes, not {}", asset.size, goal.size));
        }
        match sha256 {
            Some(sha256) if *sha256 == goal.sha256 => None,
            Some(sha256) => Some(format!("{name} has SHA-256 {sha256}, not {}", goal.sha256)),
            None => Some(format!("{name} could not be compared")),
        }
    }

    /// The files that the goal has and a release lacks, by their places.
    fn missing<'g>(&'g self, held: &'g Held) -> impl Iterator<Item = usize> + 'g {
        let is_there = |name: &str| held.assets.iter().any(|held| held.asset.name == name);
        let files = self.goal.files.iter().enumerate();
        files.filter(move |(_, file)| !is_there(&file.name)).map(|(place, _)| place)
    }

    fn judge_published(&self, held: &Held) -> std::result::Result<(), Obstacle> {
        let mut faults: Vec<String> =
            held.assets.iter().filter_map(|asset| self.fault(asset)).collect();
        let missing = self.missing(held).map(|place| &self.goal.files[place].name);
        faults.extend(missing.map(|name| format!("{name} is missing")));
        let folder = &self.goal.download_url;
        faults.extend(held.assets.iter().filter_map(|held| {
            let HeldAsset { asset: Asset { name, browser_download_url: url, .. }, .. } = held;
            let is_elsewhere = *url != format!("{folder}/{name}");
            is_elsewhere.then(|| format!("{name} is at {url}, and below {folder} by the plan"))
        }));
        if faults.is_empty() {
            return Ok(());
        }
        let url = &held.release.html_url;
        let next = if held.release.immutable {
            "it is immutable, and its tag is used up: release the next version"
        } else {
            "nothing was changed: release the next version, or see docs/releasing.md on what a \
             published release may still be"
        };
        let mut obstacle =
            conflict(format!("{url} is published and differs from the manifest"), next.to_owned());
        obstacle.advice.splice(0..0, faults);
        Err(obstacle)
    }

    fn fill(&self, held: &Held) -> std::result::Result<Vec<Action>, Obstacle> {
        let mut actions = Vec::new();
        let is_ours = self.is_ours(&held.release);
        for asset in &held.assets {
            let Some(why) = self.fault(asset) else { continue };
            let place = self.goal.files.iter().position(|file| file.name == asset.asset.name);
            if place.is_none() && !is_ours {
                return Err(conflict(
                    format!(
                        "{} holds a file that somebody put there: {why}",
                        held.release.html_url
                    ),
                    "delete the file or the draft by hand, then run the same command again"
                        .to_owned(),
                ));
            }
            actions.push(Action::DeleteAsset(asset.asset.id, why));
            actions.extend(place.map(|place| self.upload(place)));
        }
        actions.extend(self.missing(held).map(|place| self.upload(place)));
        if !actions.is_empty() {
            actions.push(Action::Compare);
        }
        actions.push(Action::Publish);
        Ok(actions)
    }

    fn upload(&self, place: usize) -> Action {
        Action::Upload(place, self.goal.files[place].name.clone())
    }

    fn send(&self, place: usize) -> std::result::Result<Done, Obstacle> {
        let file = &self.goal.files[place];
        let refused = |what: String| Obstacle {
            sort: Sort::Refused,
            what: format!("github: {what}"),
            advice: vec!["pack again, then run the same command".to_owned()],
        };
        let bytes = std::fs::read(&file.path)
            .map_err(|error| refused(format!("{}: {error}", file.path.display())))?;
        let digest = file::digest_of(&bytes);
        if digest.sha256 != file.sha256 {
            return Err(refused(format!("{} changed while it was published", file.name)));
        }
        let draft = self.draft.as_ref().expect("a draft is made or found before files are sent");
        let asset = release::upload(&self.client, draft, &file.name, &bytes);
        let asset = asset.map_err(|refusal| self.obstacle_of_draft(&refusal))?;
        let answer = format!("asset {}, {} bytes, {}", asset.id, asset.size, asset.state);
        Ok(Done { answer, is_turning: false })
    }

    fn create_draft(&mut self) -> std::result::Result<String, Refusal> {
        let release = release::create_draft(&self.client, &self.goal.text)?;
        let answer = format!("draft {}, {}", release.id, release.html_url);
        self.draft = Some(release);
        Ok(answer)
    }

    fn publish(&self) -> std::result::Result<String, Refusal> {
        let draft = self.draft.as_ref().expect("a draft is found before it is published");
        let is_latest = self.is_latest()?;
        let release = release::publish(&self.client, draft.id, &self.goal.text, is_latest)?;
        Ok(format!("published at {}", release.html_url))
    }

    /// Whether a release of our version is to be shown first.
    fn is_latest(&self) -> std::result::Result<bool, Refusal> {
        if self.goal.text.prerelease {
            return Ok(false);
        }
        let latest = release::latest(&self.client)?;
        let latest = latest.and_then(|release| Tag::parse(&release.tag_name).ok());
        let ours = Tag::parse(&self.goal.tag).ok();
        Ok(latest.map(|tag| tag.version().clone()) <= ours.map(|tag| tag.version().clone()))
    }
}

impl Publisher for GitHub<'_> {
    type World = World;
    type Action = Action;

    fn id(&self) -> &'static str {
        "github"
    }

    fn observe(&mut self) -> std::result::Result<World, Obstacle> {
        self.check_tag()?;
        let world = self.look().map_err(|refusal| self.obstacle(&refusal))?;
        if let World::Unpublished { draft, .. } = &world {
            self.draft = draft.as_ref().map(|held| held.release.clone());
        }
        Ok(world)
    }

    fn standing(&self, world: &World) -> Standing {
        match world {
            World::Published { .. } => Standing::Live,
            World::Unpublished { draft: Some(_), .. } => Standing::Partial,
            World::Unpublished { draft: None, .. } => Standing::Absent,
        }
    }

    fn actions(&self, world: &World) -> std::result::Result<Vec<Action>, Obstacle> {
        let (draft, surplus) = match world {
            World::Published { held, surplus } => {
                self.judge_published(held)?;
                return Ok(surplus.iter().map(|draft| Action::DeleteDraft(draft.id)).collect());
            }
            World::Unpublished { draft, surplus } => (draft, surplus),
        };
        if let Some(foreign) = surplus.iter().find(|release| !self.is_ours(release)) {
            return Err(conflict(
                format!(
                    "there are several drafts for {}, and {} is not ours",
                    self.goal.tag, foreign.html_url
                ),
                "delete all but one by hand, then run the same command again".to_owned(),
            ));
        }
        let mut actions = Vec::new();
        if !self.has_tag {
            actions.push(Action::AwaitTag(self.goal.tag.clone()));
        }
        actions.extend(surplus.iter().map(|release| Action::DeleteDraft(release.id)));
        if let Some(held) = draft {
            actions.extend(self.fill(held)?);
        } else {
            actions.push(Action::CreateDraft);
            actions.extend((0..self.goal.files.len()).map(|place| self.upload(place)));
            actions.extend([Action::Compare, Action::Publish]);
        }
        Ok(actions)
    }

    fn perform(&mut self, action: &Action) -> std::result::Result<Done, Obstacle> {
        let answer = match action {
            Action::AwaitTag(_) => return Err(self.without_tag()),
            Action::CreateDraft => self.create_draft(),
            Action::DeleteDraft(id) => {
                release::delete(&self.client, *id).map(|()| "deleted".to_owned())
            }
            Action::DeleteAsset(id, _) => {
                release::delete_asset(&self.client, *id).map(|()| "deleted".to_owned())
            }
            Action::Upload(place, _) => return self.send(*place),
            Action::Compare => {
                return Ok(Done { answer: "looking again".to_owned(), is_turning: true });
            }
            Action::Publish => self.publish(),
        };
        let answer = answer.map_err(|refusal| match (action, &refusal.cause) {
            (Action::CreateDraft, _) | (Action::Publish, Cause::Immutable) => {
                self.obstacle(&refusal)
            }
            _ => self.obstacle_of_draft(&refusal),
        })?;
        Ok(Done { answer, is_turning: false })
    }

    fn receipt(&self, world: &World) -> serde_json::Value {
        let World::Published { held, .. } = world else { return serde_json::Value::Null };
        let assets: Vec<serde_json::Value> = held.assets.iter().map(asset_receipt).collect();
        json!({
            "url": held.release.html_url,
            "release_id": held.release.id,
            "immutable": held.release.immutable,
            "prerelease": held.release.prerelease,
            "commit": self.goal.commit,
            "assets": assets,
        })
    }
}

fn asset_receipt(held: &HeldAsset) -> serde_json::Value {
    let checked = if held.is_fetched { "fetched and digested" } else { "the host's digest" };
    json!({
        "name": held.asset.name,
        "id": held.asset.id,
        "size": held.asset.size,
        "sha256": held.sha256,
        "url": held.asset.browser_download_url,
        "checked_by": checked,
    })
}

fn conflict(what: String, next: String) -> Obstacle {
    Obstacle { sort: Sort::Conflict, what: format!("github: {what}"), advice: vec![next] }
}
