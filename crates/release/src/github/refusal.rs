//! Why a request was not granted, and what to do about it.
//!
//! The same status stands for different things. A 403 is a missing permission, a spent rate
//! limit, an archived repository or an organisation that wants a sign-in; only headers and the
//! message tell which. [`Refusal::of`] reads them once, so that what is printed names the cause
//! and the next step, and what is done (wait, look again, give up) follows from the cause.
//!
//! - *Limit*: the request was not carried out and may be sent again after a while.
//! - *Passing*: nobody knows whether it was carried out. Look what is there, then decide.
//! - *Changed*: the world is not as it was when the request was planned. Look again.
//! - everything else is final until a person changes something.
//!
//! # Source
//!
//! "Troubleshooting the REST API", "Rate limits for the REST API" and "Permissions required for
//! fine-grained personal access tokens", <https://docs.github.com/en/rest>.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::clock;
use crate::http::{NoAnswer, Response};

/// Who is asking, as far as that explains a refusal.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Whether the token is that of a workflow run.
    pub is_workflow: bool,
    /// Why the token of this run can only read, if that is so whatever the workflow says.
    pub read_only: Option<String>,
    /// What the workflow states for the job that runs.
    pub stated: Stated,
}

/// The grants that a workflow's file states for one job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stated {
    /// The file, or the job in it, could not be found.
    #[default]
    Unknown,
    /// None at all: the repository's default decides.
    Nothing,
    /// These, and no others.
    Grants(Vec<Grant>),
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The number of requests in an hour.
    Primary,
    /// Too many at once, or changes too close to each other.
    Secondary,
}

/// Why a request was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The token is wrong, expired or revoked.
    Credentials,
    /// The token lacks a right; the rights that would do, each set enough by itself.
    Permission(Vec<Vec<Grant>>),
    /// The repository takes no changes.
    Archived,
    /// The organisation wants the token to be authorised.
    SignIn(String),
    /// A limit was reached; the seconds to wait, where the host says so.
    Limit(Limit, Option<u64>),
    /// It is not there, or not to be seen with this token.
    Absent,
    /// Another state than the one that was planned for.
    Changed,
    /// The tag belonged to an immutable release once, or the release is one.
    Immutable,
    /// The request makes no sense to the host.
    Invalid,
    /// A fault on the way or at the host.
    Passing,
    /// Forbidden for a reason that only the message knows.
    Forbidden,
}

/// A right, as a workflow spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What it is about, such as `contents`.
    pub scope: String,
    /// `read` or `write`.
    pub level: String,
}

/// A request that was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The request, as method and path.
    pub request: String,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Why.
    pub cause: Cause,
    /// What the host said, on one line.
    pub message: String,
}

/// The body of an answer that is no success.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    message: String,
    errors: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Problem {
    Text(String),
    Field {
        #[serde(default)]
        field: String,
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    },
}

impl Refusal {
    /// Reads an answer that is no success; `now_seconds` is the time of the answer.
    pub fn of(request: String, response: &Response, now_seconds: u64) -> Self {
        let said: Said = serde_json::from_slice(&response.body).unwrap_or_default();
        let mut message = said.message.split_whitespace().collect::<Vec<_>>().join(" ");
        for problem in &said.errors {
            let _ = write!(message, "; {}", problem.phrase());
        }
        if message.is_empty() {
            message = format!("no message, {} bytes", response.body.len());
        }
        let cause = match response.status {
            401 => Cause::Credentials,
            403 | 429 => forbidden(response, &message, now_seconds),
            404 => Cause::Absent,
            409 => Cause::Changed,
            422 => invalid(&said, &message),
            408 | 500.. => Cause::Passing,
            _ => Cause::Invalid,
        };
        Self { request, status: Some(response.status), cause, message }
    }

    /// Makes a refusal of an answer that never came.
    pub fn without_answer(request: String, NoAnswer(message): NoAnswer) -> Self {
        Self { request, status: None, cause: Cause::Passing, message }
    }

    /// Makes a refusal of an answer that came and cannot be understood.
    pub fn unreadable(request: String, status: u16, message: String) -> Self {
        Self { request, status: Some(status), cause: Cause::Passing, message }
    }

    /// Returns whether looking again may help: nobody knows what happened, or things changed.
    pub fn is_passing(&self) -> bool {
        matches!(self.cause, Cause::Passing | Cause::Changed)
    }

    /// Returns what happened, as one line.
    pub fn line(&self) -> String {
        let status = self.status.map_or("no answer".to_owned(), |status| status.to_string());
        format!("{}: {status}, {}", self.request, self.message)
    }

    /// Returns what to do about it, as lines.
    pub fn advice(&self, origin: &Origin) -> Vec<String> {
        let line = |text: &str| vec![text.to_owned()];
        match &self.cause {
            Cause::Credentials => {
                line("the token is wrong, expired or revoked; put a valid one into GITHUB_TOKEN")
            }
            Cause::Permission(sets) => permission_advice(sets, origin),
            Cause::Archived => {
                line("the repository is archived and takes no changes; unarchive it first")
            }
            Cause::SignIn(url) => {
                vec![format!("the organisation wants this token signed in: {url}")]
            }
            Cause::Limit(limit, _) => {
                let name = match limit {
                    Limit::Primary => "the hour's requests are used up",
                    Limit::Secondary => "the host asks for a slower pace",
                };
                vec![format!("{name}; run the same command again later, it goes on where it was")]
            }
            Cause::Absent => line(
                "it does not exist, or this token may not see it; check `repository` in \
                 release.toml and that the token is for that repository",
            ),
            Cause::Immutable => line(
                "an immutable release never changes and its tag is never free again; release the \
                 next version",
            ),
            Cause::Invalid => line("this is a fault of cargo ship or a change of the host's rules"),
            Cause::Passing | Cause::Changed => {
                line("run the same command again; it looks what is there and goes on")
            }
            Cause::Forbidden => Vec::new(),
        }
    }
}

impl Problem {
    fn phrase(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Field { field, code, message } if message.is_empty() => {
                format!("{field} {code}").trim().to_owned()
            }
            Self::Field { message, .. } => message.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

fn forbidden(response: &Response, message: &str, now_seconds: u64) -> Cause {
    let low = message.to_lowercase();
    let retry_after = response.header("retry-after").and_then(|text| text.trim().parse().ok());
    let reset =
        response.header("x-ratelimit-reset").and_then(|text| text.trim().parse::<u64>().ok());
    if retry_after.is_some() || low.contains("secondary rate limit") || low.contains("abuse") {
        return Cause::Limit(Limit::Secondary, retry_after);
    }
    if response.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0") {
        // One second more, as the host's clock and ours differ by parts of one.
        let wait = reset.map(|reset| reset.saturating_sub(now_seconds) + 1);
        return Cause::Limit(Limit::Primary, wait);
    }
    if response.status == 429 || low.contains("rate limit exceeded") {
        return Cause::Limit(Limit::Secondary, None);
    }
    if low.contains("archived") {
        return Cause::Archived;
    }
    if let Some(url) = response.header("x-github-sso").and_then(|text| text.split("url=").nth(1)) {
        return Cause::SignIn(url.split(';').next().unwrap_or_default().to_owned());
    }
    let accepted = response.header("x-accepted-github-permissions");
    if accepted.is_some() || low.contains("not accessible by") {
        return Cause::Permission(grants(accepted.unwrap_or_default()));
    }
    Cause::Forbidden
}

fn invalid(said: &Said, message: &str) -> Cause {
    let exists = |problem: &Problem| match problem {
        Problem::Field { code, .. } => code == "already_exists",
        Problem::Text(_) => false,
    };
    if message.contains("immutable release") {
        Cause::Immutable
    } else if said.errors.iter().any(exists) {
        Cause::Changed
    } else {
        Cause::Invalid
    }
}

/// Reads `contents=write,metadata=read; contents=write`: sets by semicolon, rights by comma.
fn grants(header: &str) -> Vec<Vec<Grant>> {
    let grant = |text: &str| {
        let (scope, level) = text.trim().split_once('=')?;
        Some(Grant { scope: scope.replace('_', "-"), level: level.to_owned() })
    };
    let set = |text: &str| text.split(',').filter_map(grant).collect::<Vec<_>>();
    header.split(';').map(set).filter(|set| !set.is_empty()).collect()
}

fn permission_advice(sets: &[Vec<Grant>], origin: &Origin) -> Vec<String> {
    if let Some(why) = &origin.read_only {
        return vec![
            format!("{why}, so its token can only read, whatever the workflow grants"),
            "release from a tag of the repository itself".to_owned(),
        ];
    }
    let Some(set) = sets.first() else {
        return vec!["the token lacks a right, and the host names none".to_owned()];
    };
    if !origin.is_workflow {
        let rights: Vec<String> = set.iter().map(Grant::line).collect();
        return vec![format!("the token lacks a right; give it {}", rights.join(" and "))];
    }
    let elsewhere = "a workflow that calls this one may grant less, and the organisation may \
                     allow only reading (Settings, Actions, General, Workflow permissions)";
    let why = match &origin.stated {
        Stated::Grants(granted) if set.iter().all(|grant| granted.contains(grant)) => {
            let rights: Vec<String> = set.iter().map(Grant::line).collect();
            let rights = rights.join(" and ");
            return vec![format!("the job states {rights} and yet lacks it: {elsewhere}")];
        }
        Stated::Grants(_) => "the job states its permissions without what is needed; it needs:",
        Stated::Nothing => {
            "the workflow states no permissions, and the repository's default only reads; the job \
             needs:"
        }
        Stated::Unknown => "the job's token lacks a right; the job needs:",
    };
    let grants = set.iter().map(|grant| format!("      {}", grant.line()));
    let mut lines = vec![why.to_owned(), "    permissions:".to_owned()];
    lines.extend(grants);
    if origin.stated == Stated::Unknown {
        lines.push(format!("if it has these lines: {elsewhere}"));
    }
    lines
}

impl Grant {
    /// Returns the right as a line of a workflow.
    fn line(&self) -> String {
        format!("{}: {}", self.scope, self.level)
    }
}

impl Limit {
    /// Returns what is said before waiting for `seconds` from `now_seconds` on.
    pub fn notice(self, seconds: u64, now_seconds: u64) -> String {
        let name = match self {
            Self::Primary => "the hour's requests are used up",
            Self::Secondary => "the host asks for a slower pace",
        };
        format!("{name}; waiting {seconds} s, until {}", clock::moment(now_seconds + seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Grant, Limit, Origin, Refusal, Stated};
    use crate::http::Response;

    const NOW: u64 = 1_000;

    fn refusal(status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let response =
            Response { status, headers: headers.collect(), body: body.as_bytes().to_owned() };
        Refusal::of("POST /repos/o/r/releases".to_owned(), &response, NOW)
    }

    fn message(text: &str) -> String {
        format!("{{\"message\": \"{text}\"}}")
    }

    fn grant(scope: &str, level: &str) -> Grant {
        Grant { scope: scope.to_owned(), level: level.to_owned() }
    }

    #[test]
    fn each_403_has_its_own_cause() {
        let check = |headers: &[(&str, &str)], text: &str, expected: Cause| {
            assert_eq!(refusal(403, headers, &message(text)).cause, expected, "{text}");
        };
        let accepted = "x-accepted-github-permissions";
        check(
            &[(accepted, "contents=write"), ("x-ratelimit-remaining", "900")],
            "Resource not accessible by integration",
            Cause::Permission(vec![vec![grant("contents", "write")]]),
        );
        check(
            &[(accepted, "pull_requests=read,contents=write; issues=read")],
            "Resource not accessible by personal access token",
            Cause::Permission(vec![
                vec![grant("pull-requests", "read"), grant("contents", "write")],
                vec![grant("issues", "read")],
            ]),
        );
        check(&[], "Resource not accessible by integration", Cause::Permission(Vec::new()));
        check(
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1060")],
            "API rate limit exceeded for installation ID 1.",
            Cause::Limit(Limit::Primary, Some(61)),
        );
        check(
            &[("retry-after", "30"), (accepted, "contents=write")],
            "You have exceeded a secondary rate limit.",
            Cause::Limit(Limit::Secondary, Some(30)),
        );
        check(
            &[],
            "You have exceeded a secondary rate limit.",
            Cause::Limit(Limit::Secondary, None),
        );
        check(
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "10")],
            "API rate limit exceeded",
            Cause::Limit(Limit::Primary, Some(1)),
        );
        check(&[], "Repository was archived so is read-only.", Cause::Archived);
        check(
            &[("x-github-sso", "required; url=https://github.com/orgs/o/sso?x=1")],
            "Resource protected by organization SAML enforcement.",
            Cause::SignIn("https://github.com/orgs/o/sso?x=1".to_owned()),
        );
        check(&[], "Forbidden", Cause::Forbidden);
    }

    #[test]
    fn other_statuses_have_their_causes() {
        let check = |status: u16, body: &str, expected: Cause| {
            assert_eq!(refusal(status, &[], body).cause, expected, "{status} {body}");
        };
        check(401, &message("Bad credentials"), Cause::Credentials);
        check(404, &message("Not Found"), Cause::Absent);
        check(409, &message("Conflict"), Cause::Changed);
        check(429, &message("Too many requests"), Cause::Limit(Limit::Secondary, None));
        for status in [408, 500, 502, 503, 504] {
            check(status, "<html>", Cause::Passing);
        }
        let exists = r#"{"message": "Validation Failed", "errors":
            [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]}"#;
        check(422, exists, Cause::Changed);
        let used = r#"{"message": "Validation Failed", "errors": [{"resource": "Release",
            "code": "custom", "field": "tag_name",
            "message": "tag_name was used by an immutable release"}]}"#;
        check(422, used, Cause::Immutable);
        check(422, &message("Cannot upload assets to an immutable release"), Cause::Immutable);
        check(422, r#"{"message": "Invalid request.", "errors": ["no tag"]}"#, Cause::Invalid);
        check(400, "", Cause::Invalid);
    }

    #[test]
    fn a_line_says_what_happened() {
        let body = r#"{"message": "Validation Failed", "errors": [
            {"code": "custom", "field": "tag_name", "message": "tag_name is\nnot good"},
            {"code": "missing_field", "field": "name"}, "and more"]}"#;
        assert_eq!(
            refusal(422, &[], body).line(),
            "POST /repos/o/r/releases: 422, Validation Failed; tag_name is not good; \
             name missing_field; and more"
        );
        assert_eq!(
            refusal(502, &[], "<html>").line(),
            "POST /repos/o/r/releases: 502, no message, 6 bytes"
        );
    }

    #[test]
    fn a_missing_permission_names_the_lines_to_add() {
        let headers = [("x-accepted-github-permissions", "contents=write")];
        let refusal = refusal(403, &headers, &message("Resource not accessible by integration"));
        let workflow = |stated| Origin { is_workflow: true, read_only: None, stated };
        let check = |stated: Stated, expected: &str, has_lines: bool| {
            let lines = refusal.advice(&workflow(stated));
            assert!(lines[0].starts_with(expected), "{lines:?}");
            let added = ["    permissions:", "      contents: write"];
            assert_eq!(lines.windows(2).any(|pair| pair == added), has_lines, "{lines:?}");
        };
        check(Stated::Unknown, "the job's token lacks a right", true);
        check(Stated::Nothing, "the workflow states no permissions, and the repo", true);
        check(
            Stated::Grants(vec![grant("contents", "read")]),
            "the job states its permissions without",
            true,
        );
        check(
            Stated::Grants(vec![grant("contents", "write")]),
            "the job states contents: write and yet lacks it: a workflow that calls",
            false,
        );
        let person = refusal.advice(&Origin::default());
        assert_eq!(person, ["the token lacks a right; give it contents: write"]);
        let read_only = Some("this run came from a fork".to_owned());
        let fork = Origin { read_only, ..workflow(Stated::Unknown) };
        assert!(refusal.advice(&fork)[0].starts_with("this run came from a fork, so its token"));
    }
}
