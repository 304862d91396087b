//! What a repository lacks for a release, found before the release does.
//!
//! Each question has one [`Finding`]: how it stands, what was seen, and the next step unless
//! nothing is to be done. What cannot be seen is said to be unknown, never taken for right.
//! [`project`] and [`workflows`], job by [`job`], need only the files; [`host`] asks the host with
//! the token that is given, [`expiry`] asks of every secret that is given when it ends.

pub mod job;
pub mod workflows;
pub mod project;
pub mod expiry;
pub mod host;

use std::fmt::Write as _;

use serde::Serialize;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Good,
    /// It could not be seen.
    Unknown,
    /// The release works, and something will be missing or weaker than it could be.
    Warning,
    /// The release will fail.
    Fault,
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub grade: Grade,
    /// The thing.
    pub subject: String,
    /// What was seen, as one phrase.
    pub says: String,
    /// What to do next; empty only if it is good.
    pub next: String,
}

impl Finding {
    /// Makes a finding with nothing to do.
    pub fn good(subject: impl Into<String>, says: impl Into<String>) -> Self {
        let (subject, says) = (subject.into(), says.into());
        Self { grade: Grade::Good, subject, says, next: String::new() }
    }

    /// Makes a finding with a next step.
    pub fn of(
        grade: Grade,
        subject: impl Into<String>,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { grade, subject: subject.into(), says: says.into(), next: next.into() }
    }
}

/// Returns whether a release would fail.
pub fn is_sick(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.grade == Grade::Fault)
}

/// Returns the findings as text for people, and their sum.
pub fn table(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for Finding { grade, subject, says, next } in findings {
        let grade = grade.word();
        let _ = writeln!(text, "{grade:7}  {subject:width$}  {says}");
        if !next.is_empty() {
            let _ = writeln!(text, "         {:width$}  -> {next}", "");
        }
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let [faults, warnings, unknown] = [Grade::Fault, Grade::Warning, Grade::Unknown].map(count);
    let _ = writeln!(text, "\nfaults: {faults}, warnings: {warnings}, unknown: {unknown}");
    text
}
