//! When secrets end: asked where somebody tells, said where it is known.
//!
//! A secret that has ended is met after everything was built, by the one channel that needed it.
//! Here each is looked at that is given: GitHub says of a token whether it is good and when it
//! ends, the Snap Store says it of a login, a marketplace has announced a day for most tokens and
//! says of each whether it is good. Of the others nobody tells, and that is what is said. A secret
//! is shown to its own host and to nobody else.
//!
//! # Source
//!
//! The header `github-authentication-token-expiration`, which answers to a token with an end bear:
//! <https://github.blog/changelog/2021-07-26-expiration-options-for-personal-access-tokens>;
//! `snapcraft whoami`: <https://documentation.ubuntu.com/snapcraft/stable/>.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::channel::vscode::PUBLISHER;
use crate::channel::{self, marketplace};
use crate::clock;
use crate::doctor::{Finding, Grade};
use crate::environment::find_program;
use crate::facts::{Facts, SecretEnd};
use crate::github::address::Address;
use crate::github::client::{Access, Call, Client};
use crate::github::refusal::{Cause, Origin};
use crate::http::{Method, Token};
use crate::plan::Plan;
use crate::process;
use crate::surroundings::Surroundings;

/// How long before its end a secret is worth a warning, in seconds: 30 days.
const NOTICE_SECONDS: u64 = 30 * 86_400;

/// The length of a day as `2026-12-01`.
const DAY_CHARACTERS: usize = 10;

/// How long snapcraft may take to ask the store.
const SNAPCRAFT_LIMIT: Duration = Duration::from_mins(2);

/// The variable in which snapcraft reads what `snapcraft export-login` wrote.
const SNAPCRAFT_VARIABLE: &str = "SNAPCRAFT_STORE_CREDENTIALS";

/// Returns what is found of every secret of a channel that is given; nothing, if none is.
pub fn findings(plan: &Plan, surroundings: Surroundings<'_>) -> Vec<Finding> {
    let facts = channel::facts().into_iter().filter(|facts| facts.policy.is_none());
    facts.filter_map(|facts| of(facts, plan, surroundings)).collect()
}

/// What is found if there is no secret to ask about.
pub fn without_secrets() -> Finding {
    let next = "set them as the release does, each under its name, and run this again";
    Finding::of(Grade::Unknown, "secrets", "none is given here", next)
}

/// How a secret stands that ends at a moment which begins with its day.
///
/// Days are compared as texts, which are in the order of time.
pub fn graded(subject: impl Into<String>, now_seconds: u64, ends: &str, next: &str) -> Finding {
    let day = |seconds| clock::moment(seconds)[..DAY_CHARACTERS].to_owned();
    let end = ends.get(..DAY_CHARACTERS).unwrap_or(ends);
    if end < day(now_seconds).as_str() {
        return Finding::of(Grade::Fault, subject, format!("ended {ends}"), next);
    }
    if end <= day(now_seconds + NOTICE_SECONDS).as_str() {
        return Finding::of(Grade::Warning, subject, format!("expires {ends}"), next);
    }
    Finding::good(subject, format!("expires {ends}"))
}

/// What is found of one channel's secret; nothing, if it is not given or made for each run.
fn of(facts: &Facts, plan: &Plan, surroundings: Surroundings<'_>) -> Option<Finding> {
    let name = facts.credential.secret().filter(|name| *name != "GITHUB_TOKEN")?;
    let value = surroundings.environment.text(name)?;
    let subject = format!("secret {name}");
    let now = surroundings.clock.now_ms() / 1000;
    let renew = format!("make a new one and store it as {name}; for {}", facts.title);
    if let Some(end) = facts.secret_end {
        let is_good = marketplace::is_good(surroundings, PUBLISHER, value.trim());
        return Some(of_sort(&subject, now, end, is_good));
    }
    if name.contains("GITHUB") {
        return Some(of_token(&subject, value, &renew, (plan, surroundings)));
    }
    if name == "SNAP_STORE_CREDENTIALS" {
        return Some(of_login(&subject, value, &renew, surroundings));
    }
    Some(Finding::of(
        Grade::Unknown,
        subject,
        format!("{} does not tell when it ends", facts.title),
        "write its end down where you made it, or give it none",
    ))
}

/// A secret of a sort that ends, most of it: its channel says whether it is good now.
fn of_sort(
    subject: &str,
    now: u64,
    end: SecretEnd,
    is_good: std::result::Result<bool, String>,
) -> Finding {
    let next = format!("{}, {}", end.reason, end.next);
    let found = graded(subject, now, end.day, &next);
    match (found.grade, is_good) {
        (_, Ok(false)) => Finding::of(Grade::Fault, subject, "is not good any more", next),
        (Grade::Fault, Ok(true)) => Finding::good(subject, "is good, and has outlived its sort"),
        (Grade::Fault, Err(why)) => Finding::of(Grade::Unknown, subject, why, next),
        _ => Finding { says: format!("{}, unless {}", found.says, end.unless), ..found },
    }
}

/// A token of GitHub: its host says whether it is good, and when it ends.
fn of_token(
    subject: &str,
    value: &str,
    renew: &str,
    (plan, surroundings): (&Plan, Surroundings<'_>),
) -> Finding {
    let given = surroundings.environment.text("GITHUB_API_URL");
    let address = match (Address::new(&plan.repository_url, given), Token::new(value)) {
        (Ok(address), Some(token)) => (address, token),
        (Err(what), _) => return Finding::of(Grade::Fault, subject, what, "mend GITHUB_API_URL"),
        (_, None) => {
            let says = "has characters that no token has";
            return Finding::of(Grade::Fault, subject, says, "copy it again, without quotes");
        }
    };
    let (address, token) = address;
    let call = Call::to(Method::Get, address.of("/user"));
    let repository = format!("{}/{}", plan.owner, plan.repository);
    let (token, origin) = (Some(token), Origin::default());
    let client = Client::new(surroundings, Access { address, repository, token, origin });
    match client.read_whole::<Value>(&call) {
        Ok((user, response)) => {
            let login = user["login"].as_str().unwrap_or("somebody");
            match response.header("github-authentication-token-expiration") {
                Some(ends) => graded(subject, client.now_seconds(), ends, renew),
                None => Finding::good(subject, format!("is good, of {login}, and has no end")),
            }
        }
        Err(refusal) if refusal.cause == Cause::Credentials => {
            Finding::of(Grade::Fault, subject, format!("is not good: {}", refusal.line()), renew)
        }
        Err(refusal) => {
            Finding::of(Grade::Unknown, subject, refusal.line(), "run this again later")
        }
    }
}

/// A login of the Snap Store: snapcraft says when it ends.
fn of_login(subject: &str, value: &str, renew: &str, surroundings: Surroundings<'_>) -> Finding {
    let environment = surroundings.environment;
    let Some(snapcraft) = find_program("snapcraft", &environment.search_path()) else {
        let next = "install snapcraft: scripts/release/setup-channel snap";
        return Finding::of(Grade::Unknown, subject, "there is no snapcraft to ask", next);
    };
    let mut command = Command::new(snapcraft);
    command.arg("whoami").env_clear().envs(environment.variables());
    let secrets = [(SNAPCRAFT_VARIABLE, value.trim())];
    let said = match process::run_trusted(&mut command, &secrets, SNAPCRAFT_LIMIT) {
        Ok(finished) if finished.is_success => finished.text(),
        Ok(finished) => {
            let said = finished.complaint.replace(value.trim(), "[secret]");
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            return Finding::of(Grade::Fault, subject, format!("snapcraft says: {said}"), renew);
        }
        Err(error) => {
            let next = "run `snapcraft whoami` by hand";
            return Finding::of(Grade::Unknown, subject, error.to_string(), next);
        }
    };
    let ends = said.lines().find_map(|line| line.trim().strip_prefix("expires:"));
    match ends.map(str::trim) {
        Some(ends) => graded(subject, surroundings.clock.now_ms() / 1000, ends, renew),
        None => {
            let says = "snapcraft does not say when it ends";
            Finding::of(Grade::Unknown, subject, says, "run `snapcraft whoami` by hand")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::graded;
    use crate::doctor::Grade;

    #[test]
    fn an_end_is_warned_of_for_thirty_days() {
        let check = |ends: &str, expected: Grade| {
            // 2026-11-22T10:30:00Z
            let found = graded("secret", 1_795_343_400, ends, "renew it");
            assert_eq!((found.grade, found.next.is_empty()), (expected, expected == Grade::Good));
        };
        check("2026-11-21 23:59:59 UTC", Grade::Fault);
        check("2026-11-22T00:00:00.000Z", Grade::Warning);
        check("2026-12-22", Grade::Warning);
        check("2026-12-23", Grade::Good);
        check("2027-01-01 00:00:00 +0100", Grade::Good);
    }
}
