//! Whether the repository is ready: what its host says to the token that is given.
//!
//! A workflow's own token sees little of the settings. What it does not see is unknown, and the
//! next step then is to look again with the token of an administrator.

use crate::channel;
use crate::doctor::{Finding, Grade, expiry};
use crate::facts::{self, Credential};
use crate::github::client::Client;
use crate::github::refusal::Refusal;
use crate::github::release;
use crate::github::settings::{self, Repository};
use crate::need;
use crate::plan::{Plan, State};

/// What to do about a setting that this token does not see.
const LOOK_AS_ADMINISTRATOR: &str =
    "look with a token that may read administration, secrets and environments";

/// Returns what is found at the host; `environments` are those that workflows name.
pub fn findings(client: &Client<'_>, plan: &Plan, environments: &[String]) -> Vec<Finding> {
    let subject = "repository";
    let name = &client.access().repository;
    let (repository, expires) = match settings::repository(client) {
        Ok(Some(found)) => found,
        Ok(None) => {
            let says = format!("{name} does not exist, or this token may not see it");
            let next = "mend `repository` in release.toml, or use a token of that repository";
            return vec![Finding::of(Grade::Fault, subject, says, next)];
        }
        Err(refusal) => return vec![unseen(client, subject, &refusal)],
    };
    let mut findings = vec![of_repository(name, &repository)];
    let next = "make a new one now and put it where this one is";
    let now = client.now_seconds();
    findings.extend(expires.map(|expires| expiry::graded("token", now, &expires, next)));
    findings.push(tag(client, plan));
    findings.push(of_release(client, plan));
    findings.push(token_default(client));
    findings.push(immutability(client, &repository));
    findings.extend(secrets(client, plan));
    findings.extend(protected(client, environments));
    findings
}

/// What is found if there is no token to look with.
pub fn without_token(next: &str) -> Vec<Finding> {
    let says = "not looked at: no token is given";
    vec![Finding::of(Grade::Unknown, "repository", says, next)]
}

fn unseen(client: &Client<'_>, subject: &str, refusal: &Refusal) -> Finding {
    let advice = refusal.advice(&client.access().origin);
    let next = advice.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let next = if next.is_empty() { LOOK_AS_ADMINISTRATOR.to_owned() } else { next };
    Finding::of(Grade::Unknown, subject, refusal.line(), next)
}

fn of_repository(name: &str, repository: &Repository) -> Finding {
    let subject = "repository";
    if repository.archived {
        let next = "unarchive it; nothing can be released from it";
        return Finding::of(Grade::Fault, subject, format!("{name} is archived"), next);
    }
    match repository.permissions {
        Some(permissions) if !permissions.push => {
            let says = format!("this token may not write to {name}");
            let next =
                "for a local release use a token with contents: write; a workflow has its own";
            Finding::of(Grade::Warning, subject, says, next)
        }
        _ => {
            let fork = if repository.fork { ", a fork" } else { "" };
            Finding::good(subject, format!("{name}{fork}"))
        }
    }
}

fn tag(client: &Client<'_>, plan: &Plan) -> Finding {
    let tag = &plan.tag;
    match release::tag_commit(client, tag) {
        Ok(Some(commit)) => Finding::good("tag", format!("{tag} names commit {commit}")),
        Ok(None) => Finding::of(
            Grade::Unknown,
            "tag",
            format!("{tag} is not pushed yet"),
            format!("when everything is ready: git tag {tag} && git push origin {tag}"),
        ),
        Err(refusal) => unseen(client, "tag", &refusal),
    }
}

fn of_release(client: &Client<'_>, plan: &Plan) -> Finding {
    let subject = "release";
    let tag = &plan.tag;
    let found = release::published(client, tag).and_then(|published| {
        let drafts = if published.is_some() { Vec::new() } else { release::drafts(client, tag)? };
        Ok((published, drafts))
    });
    match found {
        Ok((Some(published), _)) => {
            let is =
                if published.immutable { "is published and immutable" } else { "is published" };
            Finding::good(subject, format!("{} {is}", published.html_url))
        }
        Ok((None, drafts)) => match &drafts[..] {
            [] => Finding::good(subject, format!("none for {tag} yet")),
            [draft] => Finding::of(
                Grade::Warning,
                subject,
                format!("a draft with {} files is half done", draft.assets.len()),
                "run the release again; it goes on where it was",
            ),
            _ => Finding::of(
                Grade::Warning,
                subject,
                format!("there are {} drafts for {tag}", drafts.len()),
                "the release deletes those that it made; delete others by hand",
            ),
        },
        Err(refusal) => unseen(client, subject, &refusal),
    }
}

fn token_default(client: &Client<'_>) -> Finding {
    let subject = "default token";
    match settings::workflow_default(client) {
        Ok(Some(level)) if level == "read" => {
            Finding::good(subject, "a workflow that asks for nothing may only read")
        }
        Ok(Some(level)) => Finding::of(
            Grade::Warning,
            subject,
            format!("a workflow that asks for nothing may {level}"),
            "Settings, Actions, General, Workflow permissions: choose reading; the release asks \
             for what it needs",
        ),
        Ok(None) => hidden(subject),
        Err(refusal) => unseen(client, subject, &refusal),
    }
}

fn hidden(subject: &str) -> Finding {
    let says = "this token may not see it";
    Finding::of(Grade::Unknown, subject, says, LOOK_AS_ADMINISTRATOR)
}

fn immutability(client: &Client<'_>, repository: &Repository) -> Finding {
    let subject = "immutable releases";
    // The host answers "not found" both to who may not look and if they are switched off.
    if !repository.permissions.is_some_and(|permissions| permissions.admin) {
        return hidden(subject);
    }
    match settings::is_immutable(client) {
        Ok(true) => Finding::good(subject, "switched on: what is published cannot be changed"),
        Ok(false) => Finding::of(
            Grade::Warning,
            subject,
            "switched off: files of a published release can be changed",
            "Settings, General, Releases: enable release immutability, before the first release",
        ),
        Err(refusal) => unseen(client, subject, &refusal),
    }
}

fn secrets(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    let names = match settings::secrets(client) {
        Ok(Some(names)) => names,
        Ok(None) => return vec![hidden("secrets")],
        Err(refusal) => return vec![unseen(client, "secrets", &refusal)],
    };
    let [key, _] = need::SIGNING;
    let says = if names.iter().any(|name| name == key) {
        "is there: the checksums are signed"
    } else {
        "is missing, and not needed: the checksums are not signed, the files are attested"
    };
    let mut findings = vec![Finding::good(format!("secret {key}"), says)];
    for channel in &plan.channels {
        let Some(secret) = channel.secret.filter(|secret| *secret != "GITHUB_TOKEN") else {
            continue;
        };
        let subject = format!("secret {secret}");
        if names.iter().any(|name| name == secret) {
            findings.push(Finding::good(subject, format!("is there, for {}", channel.title)));
            continue;
        }
        match instead(client, channel.id) {
            Ok(Some(what)) => {
                let says = format!("is missing, and not needed: {what}");
                findings.push(Finding::good(subject, says));
                continue;
            }
            Ok(None) => {}
            Err(refusal) => {
                findings.push(unseen(client, &subject, &refusal));
                continue;
            }
        }
        let (grade, says) = match (channel.state, channel.is_required) {
            (State::Planned, true) => (Grade::Fault, "is missing, and the channel is required"),
            (State::Planned, false) => (Grade::Warning, "is missing; the channel will be left out"),
            (state, _) => {
                let says =
                    format!("is missing, and not needed: {} is {}", channel.title, state.phrase());
                findings.push(Finding::good(subject, says));
                continue;
            }
        };
        let next = format!(
            "Settings, Secrets and variables, Actions: add it for {}; `cargo ship bootstrap {}` \
             says what is needed",
            channel.title, channel.id
        );
        findings.push(Finding::of(grade, subject, says, next));
    }
    findings
}

/// What a run of a workflow has instead of a channel's secret, as a phrase, if it has that.
fn instead(client: &Client<'_>, id: &str) -> Result<Option<String>, Refusal> {
    let facts = facts::find(&channel::facts(), id);
    match facts.map(|facts| facts.credential) {
        Some(Credential::OidcOr(_)) => Ok(Some("a run publishes with its own identity".to_owned())),
        Some(Credential::SignInOr(sign_in, _)) => {
            for (variable, _) in sign_in.inputs {
                if !settings::has_variable(client, variable)? {
                    return Ok(None);
                }
            }
            Ok(Some(format!("a run signs in to {}", sign_in.to)))
        }
        _ => Ok(None),
    }
}

fn protected(client: &Client<'_>, environments: &[String]) -> Vec<Finding> {
    if environments.is_empty() {
        return Vec::new();
    }
    let names = match settings::environments(client) {
        Ok(Some(names)) => names,
        Ok(None) => return vec![hidden("environments")],
        Err(refusal) => return vec![unseen(client, "environments", &refusal)],
    };
    let finding = |environment: &String| {
        let subject = format!("environment {environment}");
        if names.contains(environment) {
            return Finding::good(subject, "is there");
        }
        let says = "is missing; the first run makes it, without protection";
        let next =
            "Settings, Environments: add it, limit it to `main` and tags `v*`, name reviewers";
        Finding::of(Grade::Warning, subject, says, next)
    };
    environments.iter().map(finding).collect()
}
