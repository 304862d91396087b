//! The report: where a release stands in every channel, as a value and in four forms.
//!
//! A report says what was seen when it was made, and nothing that was not. A channel counts as
//! working only if users get the release from it; one that was passed over says what it requires;
//! one that failed says the cause and the next step. So "skipped", "failed" and "fine" cannot be
//! taken for each other, which they were for months before.
//!
//! The forms are a table for a terminal, JSON for programs, Markdown for a person who reads it
//! later (`deployment-status.md`), and a page ([`html`]). Equal reports give equal bytes.

mod markup;
mod plot;
pub mod html;

use std::fmt::Write as _;

use serde::Serialize;

use crate::channel::Measure;
use crate::channel::settle::State;

/// The version of the JSON.
const FORMAT: u32 = 1;

/// Where a release stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The version of this form; 1.
    pub format: u32,
    /// When it was made.
    pub time: String,
    /// The package's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// The project's page.
    pub repository_url: String,
    /// How the release is as a whole.
    pub grade: Grade,
    /// The names of the archives.
    pub archives: Vec<String>,
    /// How many files the release has.
    pub files: usize,
    /// The channels, in the order of publishing.
    pub rows: Vec<Row>,
    /// How often something was fetched, by channel, newest last; empty if nobody counted.
    pub counts: Vec<Counted>,
}

/// How a release is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Everything is as it should be.
    Ok,
    /// A channel that may fail did.
    Degraded,
    /// A required channel failed.
    Failed,
}

/// A channel in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The channel's id.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Whether its failure fails the release.
    pub is_required: bool,
    /// Where it stands.
    pub state: State,
    /// Why, in a line; empty if there is nothing to say.
    pub cause: String,
    /// What to do, as lines.
    pub fix: Vec<String>,
    /// The version that users get from it now, if they get any.
    pub current: Option<String>,
    /// When the release was last got back from it and ran, if it was.
    pub proven: Option<String>,
    /// Its page, if there is one.
    pub url: String,
    /// What a user types to install from it.
    pub install: String,
    /// The credential, as a phrase.
    pub credential: String,
    /// The platforms that it serves.
    pub platforms: Vec<String>,
}

/// A count at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// When it was asked.
    pub time: String,
    /// The channel's id.
    pub channel: String,
    /// What is counted.
    pub what: String,
    /// What may be compared with it.
    pub measure: Measure,
    /// How often.
    pub count: u64,
}

/// The groups of the Markdown form, each with its heading.
const GROUPS: [(&str, &[State]); 6] = [
    ("Working", &[State::Verified, State::Live]),
    ("On their way", &[State::Submitted, State::InReview, State::Planned]),
    ("Expected skips (missing credentials)", &[State::SkippedUnconfigured]),
    ("Not for this release", &[State::SkippedPrerelease, State::PolicyBlocked]),
    ("Failures", &[State::Failed, State::BlockedUpstream]),
    ("Rolled back", &[State::RolledBack]),
];

impl Report {
    /// Returns the version of the form.
    pub fn format() -> u32 {
        FORMAT
    }

    /// Returns the grade that rows make.
    pub fn grade_of(rows: &[Row]) -> Grade {
        let is_bad = |row: &&Row| matches!(row.state, State::Failed | State::BlockedUpstream);
        let mut bad = rows.iter().filter(is_bad).peekable();
        match (bad.peek().is_some(), bad.any(|row| row.is_required)) {
            (false, _) => Grade::Ok,
            (true, false) => Grade::Degraded,
            (true, true) => Grade::Failed,
        }
    }

    /// Returns the report as JSON, indented, with a line feed at its end.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("a report is made of texts, numbers and lists") + "\n"
    }

    /// Returns the report as a table for a terminal.
    pub fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.title.chars().count()).max().unwrap_or(0);
        let states = self.rows.iter().map(|row| row.state.phrase().len()).max().unwrap_or(0);
        let mut text = format!("{} {}: {}\n", self.name, self.tag, self.summary());
        for row in &self.rows {
            let line =
                format!("{:width$}  {:states$}  {}", row.title, row.state.phrase(), row.detail());
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// Returns the report as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# Deployment status report - {}\n\n**Generated:** {}  \n**Tag:** {}  \n\
             **Status:** {}\n",
            self.tag,
            self.time,
            self.tag,
            self.summary()
        );
        text += "\n## Release\n\n";
        let _ = writeln!(text, "- **Page:** {}/releases/tag/{}", self.repository_url, self.tag);
        let _ = writeln!(
            text,
            "- **Assets:** {} files, of which {} platform archives:",
            self.files,
            self.archives.len()
        );
        for name in &self.archives {
            let _ = writeln!(text, "  - `{name}`");
        }
        text += "\n## Package manager deployment status\n";
        for (heading, states) in GROUPS {
            let in_group = |row: &&Row| states.contains(&row.state);
            if !self.rows.iter().any(|row| in_group(&row)) {
                continue;
            }
            let _ = writeln!(text, "\n### {heading}\n");
            for (place, row) in (1..).zip(&self.rows).filter(|(_, row)| in_group(row)) {
                text += &row.markdown(place);
            }
        }
        text += "\n## Root cause\n\n";
        text += &self.root_cause();
        text += "\n## Next steps\n\n";
        text += &self.next_steps();
        text
    }

    /// Returns how many channels are in which state, as a phrase.
    pub fn summary(&self) -> String {
        let grade = match self.grade {
            Grade::Ok => "ok",
            Grade::Degraded => "degraded",
            Grade::Failed => "failed",
        };
        let mut states: Vec<State> = self.rows.iter().map(|row| row.state).collect();
        states.sort_by_key(|state| *state as u8);
        states.dedup();
        let count = |state: State| self.rows.iter().filter(|row| row.state == state).count();
        let counts: Vec<String> = states
            .into_iter()
            .map(|state| format!("{} {}", count(state), state.phrase()))
            .collect();
        format!("{grade}; {}", counts.join(", "))
    }

    /// Returns the channels that failed, or take nothing at the moment.
    pub fn bad(&self) -> impl Iterator<Item = &Row> {
        let is_bad = |row: &&Row| matches!(row.state, State::Failed | State::BlockedUpstream);
        self.rows.iter().filter(is_bad)
    }

    fn root_cause(&self) -> String {
        let release = self.rows.first();
        if let Some(row) = release.filter(|row| row.state == State::Failed) {
            return format!(
                "{} failed, and every other channel carries its files or points at them: {}\n",
                row.title, row.cause
            );
        }
        let lines: Vec<String> =
            self.bad().map(|row| format!("- {}: {}\n", row.title, row.cause)).collect();
        match lines.len() {
            0 => "Nothing failed.\n".to_owned(),
            1 => lines.concat(),
            _ => "These failed, each by itself:\n\n".to_owned() + &lines.concat(),
        }
    }

    fn next_steps(&self) -> String {
        let mut lines: Vec<String> = self
            .bad()
            .flat_map(|row| row.fix.iter().map(|fix| format!("- {}: {fix}\n", row.title)))
            .collect();
        let is = |state: State| self.rows.iter().filter(move |row| row.state == state);
        let titles = |state: State| is(state).map(|row| row.title).collect::<Vec<_>>().join(", ");
        if is(State::SkippedUnconfigured).next().is_some() {
            lines.push(
                "- To open a channel that was skipped: `cargo ship bootstrap CHANNEL` prints its \
                 one-time steps; then give its secret and run `cargo ship publish` again.\n"
                    .to_owned(),
            );
        }
        let waiting = [State::Submitted, State::InReview].map(titles);
        for titles in waiting.iter().filter(|titles| !titles.is_empty()) {
            lines.push(format!("- Wait for {titles}, and look again: `cargo ship status`.\n"));
        }
        let unproven = titles(State::Live);
        if !unproven.is_empty() {
            lines.push(format!("- Install back and run: `cargo ship verify` ({unproven}).\n"));
        }
        let planned = titles(State::Planned);
        if !planned.is_empty() {
            lines.push(format!("- Publish: `cargo ship publish` ({planned}).\n"));
        }
        if lines.is_empty() { "None.\n".to_owned() } else { lines.concat() }
    }
}

impl Row {
    fn detail(&self) -> String {
        let parts = [self.cause.as_str(), self.url.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    fn markdown(&self, place: usize) -> String {
        let mut text = format!("{place}. **{}** - {}", self.title, self.state.phrase());
        if !self.cause.is_empty() {
            let _ = write!(text, ": {}", self.cause);
        }
        text.push('\n');
        let users_get_it = matches!(self.state, State::Live | State::Verified);
        if users_get_it && !self.install.is_empty() {
            let _ = writeln!(text, "   - Install: `{}`", self.install);
        }
        if !self.url.is_empty() {
            let _ = writeln!(text, "   - Page: {}", self.url);
        }
        for fix in &self.fix {
            let _ = writeln!(text, "   - Fix: {fix}");
        }
        text
    }
}
