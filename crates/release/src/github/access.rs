//! Whom the host will know us as: the token and the address, from the environment.
//!
//! A token is read from the environment and from nowhere else: an argument would be seen in the
//! list of processes, and a file would be forgotten.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::github::address::Address;
use crate::github::client::Access;
use crate::github::refusal::{Grant, Origin, Stated};
use crate::http::Token;
use crate::surroundings::Surroundings;
use crate::workflow::{Grants, Workflow};

/// The environment variables that may hold the token, the first that is set wins.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// Returns the token that is given, if one is.
pub fn given_token(surroundings: Surroundings<'_>) -> Option<&str> {
    let given = TOKENS.into_iter().find_map(|name| surroundings.environment.text(name));
    given.filter(|token| !token.trim().is_empty())
}

/// Returns whom GitHub will know us as.
///
/// # Errors
///
/// [`Error::Surroundings`] without a token, in a run of another repository, or with an address
/// that a token must not be sent to.
///
/// # Panics
///
/// If `repository_url` does not end with `/OWNER/NAME`: that of a plan does.
pub fn read(root: &Path, repository_url: &str, surroundings: Surroundings<'_>) -> Result<Access> {
    let missing = |what: String, next: &str| Error::Surroundings { what, next: next.to_owned() };
    let mut segments = repository_url.rsplitn(3, '/');
    let (name, owner) = (segments.next(), segments.next());
    let (name, owner) = name.zip(owner).expect("a repository has an owner and a name");
    let repository = format!("{owner}/{name}");
    if let Some(here) = surroundings.environment.text("GITHUB_REPOSITORY")
        && surroundings.is_workflow()
        && !here.eq_ignore_ascii_case(&repository)
    {
        let what = format!("this run is of {here}, and release.toml releases {repository}");
        return Err(missing(what, "in a fork, change `repository` in release.toml"));
    }
    let token = given_token(surroundings).ok_or_else(|| {
        missing(
            format!("neither {} nor {} is set", TOKENS[0], TOKENS[1]),
            "in a workflow give the step `env: GITHUB_TOKEN: ${{ github.token }}`, elsewhere a \
             token that may write the repository's contents",
        )
    })?;
    let token = Token::new(token).ok_or_else(|| {
        missing(
            "the token has characters that none has".to_owned(),
            "copy it again, without quotes",
        )
    })?;
    let given = surroundings.environment.text("GITHUB_API_URL");
    let address =
        Address::new(repository_url, given).map_err(|what| missing(what, "mend GITHUB_API_URL"))?;
    Ok(Access { address, repository, token: Some(token), origin: origin(root, surroundings) })
}

/// Who asks, as far as it explains a refusal.
fn origin(root: &Path, surroundings: Surroundings<'_>) -> Origin {
    let is = |name: &str, value: &str| surroundings.environment.text(name) == Some(value);
    let read_only = if is("GITHUB_ACTOR", "dependabot[bot]") {
        Some("this run was started by Dependabot".to_owned())
    } else if is("GITHUB_EVENT_NAME", "pull_request") && is_of_fork(surroundings) {
        Some("this run came from a fork's pull request".to_owned())
    } else {
        None
    };
    let stated = stated(root, surroundings).unwrap_or_default();
    Origin { is_workflow: surroundings.is_workflow(), read_only, stated }
}

/// The grants that the file of the workflow that runs states for the job that runs.
fn stated(root: &Path, surroundings: Surroundings<'_>) -> Option<Stated> {
    // OWNER/NAME/.github/workflows/release.yml@refs/tags/v1.0.2
    let workflow = surroundings.environment.text("GITHUB_WORKFLOW_REF")?.split('@').next()?;
    let path: PathBuf = workflow.splitn(3, '/').nth(2)?.into();
    let text = std::fs::read_to_string(root.join(path)).ok()?;
    let workflow = Workflow::parse(&text).ok()?;
    let job = workflow.jobs.get(surroundings.environment.text("GITHUB_JOB")?)?;
    match job.permissions.as_ref().or(workflow.permissions.as_ref()) {
        None => Some(Stated::Nothing),
        Some(Grants::Word(_)) => None,
        Some(Grants::Scopes(scopes)) => {
            let grant = |(scope, level): (&String, &String)| Grant {
                scope: scope.clone(),
                level: level.clone(),
            };
            Some(Stated::Grants(scopes.iter().map(grant).collect()))
        }
    }
}

/// Whether the pull request that started this run comes from another repository.
fn is_of_fork(surroundings: Surroundings<'_>) -> bool {
    let text = surroundings
        .environment
        .text("GITHUB_EVENT_PATH")
        .and_then(|p| std::fs::read_to_string(p).ok());
    let event: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    let head = event.as_ref().and_then(|e| e.pointer("/pull_request/head/repo/full_name"));
    let head = head.and_then(Value::as_str);
    head.is_some_and(|head| {
        surroundings.environment.text("GITHUB_REPOSITORY").is_none_or(|r| r != head)
    })
}
