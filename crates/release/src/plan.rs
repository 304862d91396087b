//! The plan: everything that a release will be, before anything of it is done.
//!
//! A plan is a pure function of the configuration, the tag and the date in the change log. It is
//! at once the preview that a maintainer reads, the matrix that the workflow builds from and the
//! record that later steps are checked against; so it has one meaning and two renderings, a
//! table and JSON. Equal inputs give equal bytes.
//!
//! The JSON's `format` is 1; a reader refuses a number that it does not know. Fields may be
//! added under the same number, never renamed or removed.

use std::fmt::Write as _;

use serde::Serialize;

use crate::artifact::{self, Artifact};
use crate::config::Config;
use crate::facts::{Facts, Prerelease, Wave};
use crate::tag::Tag;
use crate::target::{TARGETS, Target};

/// The version of the JSON rendering.
const FORMAT: u32 = 1;

/// A release that has not happened yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The version of this rendering; 1.
    pub format: u32,
    /// The package's name.
    pub name: String,
    /// The released version, without `v`.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// Whether the version precedes a release.
    pub is_prerelease: bool,
    /// The day of the release, as the change log has it: `YYYY-MM-DD`.
    pub date: String,
    /// What it is, in one line.
    pub summary: String,
    /// The person or organisation that owns the repository.
    pub owner: String,
    /// The repository's own name.
    pub repository: String,
    /// The repository's address.
    pub repository_url: String,
    /// The platforms, in order.
    pub targets: Vec<Target>,
    /// The files of the GitHub release: archives in the order of the targets, then the rest.
    pub artifacts: Vec<Artifact>,
    /// The channels, in the order of publishing.
    pub channels: Vec<PlannedChannel>,
}

/// What the release means for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedChannel {
    /// The place in the order of publishing, from 1.
    pub order: usize,
    /// The wave, which waits for the wave before it.
    pub wave: Wave,
    /// The channel's id.
    pub id: &'static str,
    /// The channel's name for people.
    pub title: &'static str,
    /// Whether its failure fails the release.
    pub is_required: bool,
    /// What will happen.
    pub state: State,
    /// The secret's name, if it has one.
    pub secret: Option<&'static str>,
    /// The credential as a phrase.
    pub credential: String,
    /// The grants that its workflow job needs.
    pub permissions: &'static [&'static str],
    /// Why it is passed over, or how a prerelease is kept from who did not ask for it.
    pub note: String,
}

/// What will happen in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It will be published.
    Planned,
    /// It takes no prereleases.
    SkippedPrerelease,
    /// Its own rules do not admit us.
    PolicyBlocked,
}

impl State {
    /// Returns the phrase for a table.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::SkippedPrerelease => "skipped (prerelease)",
            Self::PolicyBlocked => "blocked by policy",
        }
    }
}

/// Makes the plan of releasing `tag`, described in the change log under `date`, to `channels`,
/// which are in the order of publishing.
pub fn make(config: &Config, tag: &Tag, date: &str, channels: &[&'static Facts]) -> Plan {
    let version = tag.version().to_string();
    // The configuration admits only {version} in this pattern: any target gives the same folder.
    let folder = config.download.fill(&version, &TARGETS[0]);
    let folder = format!("{}/{folder}", config.repository.url);
    let planned = channels.iter().zip(1..).map(|(channel, order)| {
        let is_required = config.required.contains(channel);
        planned(channel, order, is_required, tag.is_prerelease())
    });
    Plan {
        format: FORMAT,
        name: config.name.clone(),
        tag: tag.to_string(),
        is_prerelease: tag.is_prerelease(),
        date: date.to_owned(),
        summary: config.summary.clone(),
        owner: config.repository.owner.clone(),
        repository: config.repository.name.clone(),
        repository_url: config.repository.url.clone(),
        targets: TARGETS.to_vec(),
        artifacts: artifact::artifacts(&config.name, &version, &config.archive, &folder),
        channels: planned.collect(),
        version,
    }
}

fn planned(
    channel: &Facts,
    order: usize,
    is_required: bool,
    is_prerelease: bool,
) -> PlannedChannel {
    let (state, note) = match (channel.policy, channel.prerelease) {
        (Some(policy), _) => (State::PolicyBlocked, format!("{}; {}", policy.reason, policy.link)),
        (None, Prerelease::Refused(why)) if is_prerelease => {
            (State::SkippedPrerelease, why.to_owned())
        }
        (None, Prerelease::Taken(how)) if is_prerelease => (State::Planned, how.to_owned()),
        (None, _) => (State::Planned, String::new()),
    };
    PlannedChannel {
        order,
        wave: channel.wave,
        id: channel.id,
        title: channel.title,
        is_required,
        state,
        secret: channel.credential.secret(),
        credential: channel.credential.phrase(),
        permissions: channel.permissions,
        note,
    }
}

impl Plan {
    /// Returns the folder below which everybody finds the published files, without a last slash.
    pub fn download_url(&self) -> &str {
        let first = self.artifacts.first().expect("a plan has artifacts");
        first.url.trim_end_matches(&first.name).trim_end_matches('/')
    }

    /// Returns the plan as JSON, indented, with a line feed at its end.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a plan is made of texts, numbers and lists") + "\n"
    }

    /// Returns the plan as a table for people.
    pub fn table(&self) -> String {
        let sort = if self.is_prerelease { "prerelease" } else { "release" };
        let mut text = format!(
            "{} {}, {sort} of {} from tag {}\n{}\n\ntargets\n",
            self.name, self.version, self.date, self.tag, self.repository_url
        );
        let targets = self.targets.iter().map(|target| {
            [target.os.name().to_owned(), target.arch.name().to_owned(), target.triple.to_owned()]
        });
        text += &columns(&targets.collect::<Vec<_>>());
        text += "\nartifacts\n";
        for artifact in &self.artifacts {
            let _ = writeln!(text, "  {}", artifact.name);
        }
        text += "\nchannels; wave A carries the files, wave B points at them; * is required\n";
        let header = ["#", "wave", "channel", "credential", "state", "note"].map(str::to_owned);
        let rows = self.channels.iter().map(PlannedChannel::row);
        text += &columns(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
        text
    }
}

impl PlannedChannel {
    fn row(&self) -> [String; 6] {
        let wave = match self.wave {
            Wave::Release => "release",
            Wave::A => "A",
            Wave::B => "B",
        };
        let star = if self.is_required { " *" } else { "" };
        [
            self.order.to_string(),
            wave.to_owned(),
            format!("{}{star}", self.title),
            self.credential.clone(),
            self.state.phrase().to_owned(),
            self.note.clone(),
        ]
    }
}

/// Rows as lines of aligned columns, two spaces before and between them, none after the last.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "  {cell:width$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{State, planned};
    use crate::facts::{Facts, Policy, Prerelease, USUAL};

    #[test]
    fn policy_outranks_prerelease_and_prerelease_outranks_the_usual() {
        let check = |facts: Facts, expected: [State; 2]| {
            let state = |is_prerelease| planned(&facts, 1, false, is_prerelease).state;
            assert_eq!([state(false), state(true)], expected);
        };
        let taking = Facts { prerelease: Prerelease::Taken("under a tag"), ..USUAL };
        let refusing = Facts { prerelease: Prerelease::Refused("all would take it"), ..USUAL };
        let blocked = Facts { policy: Some(Policy { reason: "a rule", link: "there" }), ..USUAL };
        check(taking, [State::Planned; 2]);
        check(refusing, [State::Planned, State::SkippedPrerelease]);
        check(blocked, [State::PolicyBlocked; 2]);
    }
}
