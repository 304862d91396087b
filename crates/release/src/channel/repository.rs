//! A channel that is a git repository with a few files of ours.
//!
//! Its own file says where the repository is, which file tells the version and how to read it
//! there; all else is here. The files are one part: a commit puts all of them in place or none.
//! A newer version is never replaced by an older one, except by a rollback, which brings back the
//! files as they were committed for that version. Its commit says from which version it comes back,
//! and that version is not put in place again.

use crate::channel::desk::Desk;
use crate::channel::{Chore, Observed, Part, Presence};
use crate::git::{Access, Copy, Refusal, Remote};
use crate::publish::Obstacle;
use crate::release::Release;

/// What a channel says about its repository.
pub struct Repository<'a> {
    /// Where it is, and how it is written.
    pub remote: Remote,
    /// The file that tells the version.
    pub key: &'a str,
    /// Reads the version in that file.
    pub version_of: fn(&str) -> Option<String>,
    /// A page for people.
    pub page: String,
}

/// The name of the one part: the files.
pub const FILES: &str = "files";

impl Repository<'_> {
    /// Looks at the files.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if they cannot be seen, or are of a newer version.
    pub fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle> {
        let anonymous = Remote { access: Access::Anonymous, ..self.remote.clone() };
        let copied = copy(desk, &anonymous, false);
        let copied = match copied {
            // A private repository, or none; with the secret we may see more.
            Err(Refusal::Absent(_) | Refusal::Credentials(_)) if desk.secret.is_some() => {
                copy(desk, &self.remote, false)
            }
            other => other,
        };
        let copy = match copied {
            Ok(copy) => Some(copy),
            Err(Refusal::Absent(_)) => None,
            Err(refusal) => return Err(desk.git_obstacle(&self.remote, &refusal)),
        };
        let current = copy.as_ref().and_then(|copy| self.version(copy));
        desk.refuse_newer(&self.remote.url, current.as_deref())?;
        let is_there = |copy: &Copy| {
            desk.files.iter().all(|file| copy.read(&file.path).as_ref() == Some(&file.bytes))
        };
        let is_there = copy.is_some_and(|copy| is_there(&copy));
        let presence = if is_there { Presence::There } else { Presence::Missing };
        let parts = vec![Part { name: FILES.to_owned(), presence }];
        Ok(Observed { current, parts, url: self.page.clone() })
    }

    /// Writes the files as one commit.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was not taken, or the repository holds a newer version.
    pub fn publish(&self, desk: &Desk<'_>) -> Result<String, Obstacle> {
        let obstacle = |refusal: Refusal| desk.git_obstacle(&self.remote, &refusal);
        let copy = copy(desk, &self.remote, false).map_err(obstacle)?;
        let current = self.version(&copy);
        desk.refuse_newer(&self.remote.url, current.as_deref())?;
        let release = desk.release;
        self.refuse_taken_back(desk, &copy)?;
        let message = match current {
            Some(current) if current == release.version => {
                format!("{} {}: files made anew", release.name, release.version)
            }
            _ => format!("{} {}", release.name, release.version),
        };
        let environment = desk.surroundings.environment;
        let commit = self.remote.push(environment, &copy, desk.files, &message);
        commit.map(|commit| format!("commit {commit}")).map_err(obstacle)
    }

    /// Brings back the files of an older version.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was never there, or the commit was not taken.
    pub fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        let obstacle = |refusal: Refusal| desk.git_obstacle(&self.remote, &refusal);
        let environment = desk.surroundings.environment;
        let copy = copy(desk, &self.remote, true).map_err(obstacle)?;
        if self.version(&copy).as_deref() == Some(to) {
            return Ok(format!("{to} is there already"));
        }
        let paths: Vec<String> = desk.files.iter().map(|file| file.path.clone()).collect();
        let is_it = |text: &str| (self.version_of)(text).as_deref() == Some(to);
        let found = copy.find(environment, self.key, &paths, is_it).map_err(obstacle)?;
        let Some((from, files)) = found else {
            let what = format!("{} never held version {to}", self.remote.url);
            return Err(desk.refused(what, &["go back to one that it held"]));
        };
        let message = format!("{} {to} again: {}", desk.release.name, taken_back(desk.release));
        let commit = self.remote.push(environment, &copy, &files, &message).map_err(obstacle)?;
        Ok(format!("commit {commit} brings back the files of {from}"))
    }

    /// What was taken back on purpose is not put in place again by a run that goes on.
    fn refuse_taken_back(&self, desk: &Desk<'_>, copy: &Copy) -> Result<(), Obstacle> {
        let subject = copy.subject(desk.surroundings.environment).unwrap_or_default();
        if !subject.ends_with(&taken_back(desk.release)) {
            return Ok(());
        }
        let what = format!("{} says `{subject}`", self.remote.url);
        let advice = [
            "release the next version",
            "to have this one all the same, make any commit there, and run it again",
        ];
        Err(desk.conflict(what, &advice))
    }

    fn version(&self, copy: &Copy) -> Option<String> {
        let text = copy.read(self.key)?;
        (self.version_of)(&String::from_utf8_lossy(&text))
    }
}

fn copy(desk: &Desk<'_>, remote: &Remote, is_whole: bool) -> Result<Copy, Refusal> {
    remote.copy(desk.surroundings.environment, &desk.scratch.join("copy"), is_whole)
}

/// How the commit ends that takes a release back.
fn taken_back(release: &Release) -> String {
    format!("back from {}", release.version)
}

/// Returns what a person does once for a repository of the owner's.
pub fn chores(release: &Release, repository: &str) -> Vec<Chore> {
    let (owner, host) = (&release.owner, release.host());
    let make = format!("make the empty public repository {owner}/{repository}");
    let token = format!("make a token with contents: write for {owner}/{repository} only");
    let tokens = format!("https://{host}/settings/personal-access-tokens/new");
    vec![Chore::new(make, format!("https://{host}/new")), Chore::new(token, tokens)]
}
