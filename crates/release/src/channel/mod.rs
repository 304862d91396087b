//! The channels: places from which users install.
//!
//! A channel is one file here, one folder `packaging/CHANNEL/`, one folder of golden files and
//! one line of [`CHANNELS`], whose order is the order of publishing. `docs/channels.md` says how
//! one is added. What it has to be able to do is [`Channel`]:
//!
//! ```text
//! facts -> render (pure) -> observe -> publish, one missing part at a time -> observe
//!                              |
//!                              +-> verify (install back, run), metrics, rollback, chores
//! ```
//!
//! A channel never decides whether it is its turn, whether a secret may be missing, how often to
//! try again or what a failure means for the release: that is [`settle`], the same for all. It
//! looks, it sends one part, and it says what happened in the words of [`Obstacle`]:
//!
//! - *passing*: unknown or disturbed; look again. Also the right word for an answer that may be
//!   false, such as "exists already" right after a lost answer: the next look decides.
//! - *closed*: the channel takes nothing at the moment, and says so.
//! - *conflict*: it holds something else under this version, or a newer one; nothing was changed.
//! - *refused*: a person has to change something first, and the advice says what.
//!
//! Shared nouns, so that a channel stays short: [`desk::Desk`] has the machine, the release, the
//! rendered files and the secret, and can download and prove; [`repository`] is the whole of a
//! channel that is a git repository with a few files of ours, [`npm_registry`] of one that speaks
//! npm's protocol, [`python_index`] of an index of Python packages; [`carried`] packs a client
//! around the program of each platform.

pub mod desk;
pub mod repository;
pub mod nuget;
pub mod snapcraft;
pub mod settle;
pub mod carried;
pub mod npm_registry;
pub mod python_index;
pub mod marketplace;

pub mod github;
pub mod pypi;
pub mod npm;
pub mod github_packages;
pub mod snap;
pub mod vscode;
pub mod homebrew;
pub mod scoop;
pub mod aur;
pub mod chocolatey;
pub mod winget;
pub mod flathub;
pub mod nix;

use serde::Serialize;

use crate::channel::desk::{Desk, Stock};
use crate::channel::settle::Parts;
use crate::error;
use crate::facts::Facts;
use crate::publish::{Obstacle, Outcome, Run};
use crate::release::Release;
use crate::target::Target;
use crate::template::Rendered;

/// A place from which users install.
pub trait Channel: Sync {
    /// Returns what is known of it.
    fn facts(&self) -> &'static Facts;

    /// Returns the platforms that it serves, in the order of [`crate::target::TARGETS`].
    fn targets(&self) -> Vec<&'static Target>;

    /// Returns what a user types to install from it.
    fn install(&self, release: &Release) -> String;

    /// Returns what is missing to be let in, by its name; nothing if we are.
    fn missing(&self, desk: &Desk<'_>) -> Option<String> {
        settle::missing(self.facts().credential, desk)
    }

    /// Returns the folder, below the root, of the client that its packages carry, if it has some.
    fn client(&self) -> Option<&'static str> {
        None
    }

    /// Makes the files that it is to hold; the same release gives the same bytes.
    ///
    /// # Errors
    ///
    /// Everything that keeps a file from being made, as phrases.
    fn render(&self, stock: &Stock<'_>) -> Result<Vec<Rendered>, Vec<String>>;

    /// Looks at the channel, with as few rights as there are: without its secret too.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it cannot be seen, or holds what may not be changed.
    fn observe(&self, desk: &Desk<'_>) -> Result<Observed, Obstacle>;

    /// Sends one part that was found missing, and returns what was answered.
    ///
    /// It may have been sent before: then the channel has to end up as if it was sent once.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was not taken, or if that is not known.
    fn publish(&self, desk: &Desk<'_>, part: &str) -> Result<String, Obstacle>;

    /// Brings the channel to hold the release, or says what that would take: its missing parts, one
    /// after the other, unless there is more to it.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Io`] if the journal cannot be written, and whatever keeps this from
    /// being begun.
    fn carry(&self, desk: &Desk<'_>, run: &Run<'_>) -> error::Result<Outcome> {
        run.carry_out(&mut Parts::new(self, desk))
    }

    /// Gets the program back from the channel as a user would, runs it, and says what it proved.
    ///
    /// # Errors
    ///
    /// [`Unproven`].
    fn verify(&self, desk: &Desk<'_>) -> Result<String, Unproven>;

    /// Returns how often it was installed or fetched; nothing if that was not counted yet.
    ///
    /// # Errors
    ///
    /// [`Uncounted`].
    fn metrics(&self, _desk: &Desk<'_>) -> Result<Vec<Count>, Uncounted> {
        Err(Uncounted::Nowhere("it tells no program how often it is used".to_owned()))
    }

    /// Returns what can be done about a bad release, with `to` as the version to go back to.
    fn rollback(&self, release: &Release, to: &str) -> Rollback;

    /// Returns the page where a person does what [`Rollback::Manual`] says, if only the settings of
    /// the channel's client tell which it is.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if that cannot be known.
    fn rollback_page(&self, _desk: &Desk<'_>) -> Result<Option<String>, Obstacle> {
        Ok(None)
    }

    /// Does what [`Rollback::Automatic`] says, and returns what was done.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was not done.
    fn roll_back(&self, desk: &Desk<'_>, to: &str) -> Result<String, Obstacle> {
        let what = format!("version {to} cannot be brought back by a program");
        Err(desk.refused(what, &["`cargo ship rollback` says what a person can do"]))
    }

    /// Returns the steps that a person does once, before the first release.
    fn chores(&self, release: &Release) -> Vec<Chore>;
}

/// How a channel was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The version that users get now, if they get any.
    pub current: Option<String>,
    /// What belongs to the release, in the order of publishing.
    pub parts: Vec<Part>,
    /// A page for people.
    pub url: String,
}

/// One thing that belongs to a release, such as a package for one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name; for a file its path.
    pub name: String,
    /// Where it stands.
    pub presence: Presence,
}

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is not there.
    Missing,
    /// It is there, and somebody has yet to let it through; where that is to be seen.
    InReview(String),
    /// It is there for everybody.
    There,
    /// It is there, and a person took it back: users get it no more. The whole case, as a phrase.
    TakenBack(String),
}

/// Why a channel is not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// What it gives is not what was released.
    Wrong(String),
    /// It could not be had; perhaps later.
    Unreachable(Obstacle),
    /// Nothing on this machine can run it; what would.
    NotHere(String),
}

impl From<Obstacle> for Unproven {
    fn from(obstacle: Obstacle) -> Self {
        Self::Unreachable(obstacle)
    }
}

/// How often something was installed or fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What is counted, such as `downloads of 1.0.2` or `votes`.
    pub what: String,
    /// What may be compared with it.
    pub measure: Measure,
    /// How often.
    pub count: u64,
}

impl Count {
    /// Makes one.
    pub fn new(measure: Measure, what: impl Into<String>, count: u64) -> Self {
        Self { what: what.into(), measure, count }
    }
}

/// Over what is counted. Only counts of one measure are drawn in one picture, and those of one
/// channel and one measure add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What users got of this version since it was there.
    VersionSoFar,
    /// What users got of any version, ever.
    AllSoFar,
    /// What users got of any version in seven days.
    AllLastWeek,
    /// Something else, or a part of what is counted already; it stands for itself.
    Aside,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::VersionSoFar, Self::AllSoFar, Self::AllLastWeek, Self::Aside];

    /// Returns its name in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::VersionSoFar => "version_so_far",
            Self::AllSoFar => "all_so_far",
            Self::AllLastWeek => "all_last_week",
            Self::Aside => "aside",
        }
    }

    /// Returns the measure with a name.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }
}

/// Why there are no counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uncounted {
    /// Nobody counts, or tells; why not.
    Nowhere(String),
    /// Who counts cannot be asked now.
    Unreachable(Obstacle),
}

impl From<Obstacle> for Uncounted {
    fn from(obstacle: Obstacle) -> Self {
        Self::Unreachable(obstacle)
    }
}

/// What can be done about a bad release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// These steps, which [`Channel::roll_back`] does.
    Automatic(Vec<String>),
    /// These steps, which a person does there.
    Manual {
        /// Where.
        url: String,
        /// What.
        steps: Vec<String>,
    },
    /// Nothing.
    Impossible {
        /// Why not.
        why: String,
        /// What to do instead.
        instead: String,
    },
}

/// A step that a person does once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chore {
    /// What to do.
    pub step: String,
    /// Where.
    pub url: String,
}

impl Chore {
    /// Makes one.
    pub fn new(step: impl Into<String>, url: impl Into<String>) -> Self {
        Self { step: step.into(), url: url.into() }
    }
}

/// Every channel, in the order of publishing.
pub const CHANNELS: [&dyn Channel; 13] = [
    &github::GitHub,
    &pypi::PyPi,
    &npm::Npm,
    &github_packages::GitHubPackages,
    &snap::SnapStore,
    &vscode::VsCode,
    &homebrew::Homebrew,
    &scoop::Scoop,
    &aur::Aur,
    &chocolatey::Chocolatey,
    &winget::Winget,
    &flathub::Flathub,
    &nix::Nix,
];

/// Returns the facts of every channel, in order.
pub fn facts() -> Vec<&'static Facts> {
    CHANNELS.iter().map(|channel| channel.facts()).collect()
}

/// Returns the channel with this id.
pub fn find(id: &str) -> Option<&'static dyn Channel> {
    CHANNELS.into_iter().find(|channel| channel.facts().id == id)
}

#[cfg(test)]
mod tests {
    use super::{Measure, facts};
    use crate::facts::{Prerelease, Wave};
    use crate::process;

    #[test]
    fn the_release_comes_first_and_the_waves_in_order() {
        assert!(facts().is_sorted_by_key(|facts| facts.wave));
        let first = facts().into_iter().filter(|facts| facts.wave == Wave::Release);
        assert_eq!(first.map(|facts| facts.id).collect::<Vec<_>>(), ["github"]);
    }

    #[test]
    fn a_measure_has_one_name_in_every_file() {
        for measure in Measure::ALL {
            assert_eq!(Measure::find(measure.word()), Some(measure));
            assert_eq!(serde_json::json!(measure), measure.word());
        }
        assert_eq!(Measure::find("downloads"), None);
    }

    #[test]
    fn ids_are_file_names_and_differ() {
        let mut ids: Vec<&str> = facts().iter().map(|facts| facts.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(ids.iter().all(|id| !id.is_empty() && id.chars().all(is_plain)));
    }

    #[test]
    fn every_channel_states_its_facts_and_no_other_program_is_told_its_secret() {
        for facts in facts() {
            assert!(!facts.title.is_empty(), "{}", facts.id);
            let (Prerelease::Taken(text) | Prerelease::Refused(text)) = facts.prerelease;
            assert!(!text.is_empty(), "{}", facts.id);
            assert!(facts.credential.secret().is_none_or(process::is_secret), "{}", facts.id);
        }
    }
}
