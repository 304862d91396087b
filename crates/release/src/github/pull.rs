//! A pull request from a fork: files proposed to a repository that is not ours.
//!
//! Nothing is cloned: repositories that collect packages are too large for that. The host makes
//! the tree, the commit and the branch in our fork, whose objects are those of the original.
//! Each step may be repeated: a branch that is there is moved, a pull request that is there is
//! found by the branch that it comes from.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::github::client::{Call, Client};
use crate::github::refusal::{Cause, Refusal};
use crate::http::Method;
use crate::template::Rendered;

/// What is proposed.
#[derive(Debug, Clone)]
pub struct Proposal<'a> {
    /// The repository that is to take it, `OWNER/NAME`.
    pub upstream: &'a str,
    /// Who owns the fork.
    pub owner: &'a str,
    /// The branch in the fork.
    pub branch: &'a str,
    /// The title, which is also the commit's message.
    pub title: &'a str,
    /// The text below it.
    pub body: &'a str,
    /// The files.
    pub files: &'a [Rendered],
}

/// A pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// `open` or `closed`.
    pub state: String,
    /// Its page.
    pub html_url: String,
    /// When it was merged, if it was.
    pub merged_at: Option<String>,
    /// What reviewers and their robots put on it.
    #[serde(default)]
    pub labels: Vec<Label>,
}

/// A word on a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    /// The word.
    pub name: String,
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Pull>,
}

#[derive(Deserialize)]
struct Named {
    sha: String,
}

/// Returns the newest pull request from a branch of ours, whatever became of it.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn find(client: &Client<'_>, proposal: &Proposal<'_>) -> Result<Option<Pull>, Refusal> {
    let Proposal { upstream, owner, branch, .. } = proposal;
    let path = format!("/repos/{upstream}/pulls?state=all&head={owner}:{branch}");
    let mut found: Vec<Pull> = client.read(&at(client, Method::Get, &path))?;
    found.sort_by_key(|pull| pull.number);
    Ok(found.pop())
}

/// Returns an open pull request of anybody with these words in its title.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn find_titled(
    client: &Client<'_>,
    upstream: &str,
    words: &str,
) -> Result<Option<Pull>, Refusal> {
    let words = words.replace(' ', "+");
    let path = format!("/search/issues?q=repo:{upstream}+is:pr+is:open+in:title+%22{words}%22");
    let found: Found = client.read(&at(client, Method::Get, &path))?;
    Ok(found.items.into_iter().next())
}

/// Makes the branch with the files, and the pull request; returns the page.
///
/// # Errors
///
/// [`Refusal`] if a step is not granted, or nobody knows whether it was.
pub fn open(client: &Client<'_>, proposal: &Proposal<'_>) -> Result<String, Refusal> {
    let Proposal { upstream, owner, branch, title, body, files } = proposal;
    let name = upstream.split('/').next_back().unwrap_or_default();
    let fork = format!("{owner}/{name}");
    let base: Value = client.read(&at(client, Method::Get, &format!("/repos/{upstream}")))?;
    let base = base["default_branch"].as_str().unwrap_or("master").to_owned();
    let path = format!("/repos/{upstream}/git/ref/heads/{base}");
    let head: Value = client.read(&at(client, Method::Get, &path))?;
    let head = head["object"]["sha"].as_str().unwrap_or_default().to_owned();
    let entries: Vec<Value> = files.iter().map(entry).collect();
    let tree: Named = send(
        client,
        Method::Post,
        &format!("/repos/{fork}/git/trees"),
        &json!({"base_tree": head, "tree": entries}),
    )?;
    let commit: Named = send(
        client,
        Method::Post,
        &format!("/repos/{fork}/git/commits"),
        &json!({"message": title, "tree": tree.sha, "parents": [head]}),
    )?;
    let made = send::<Value>(
        client,
        Method::Post,
        &format!("/repos/{fork}/git/refs"),
        &json!({"ref": format!("refs/heads/{branch}"), "sha": commit.sha}),
    );
    match made {
        Ok(_) => {}
        // A branch of an earlier try: it is ours, and moved.
        Err(refusal) if refusal.status == Some(422) => {
            send::<Value>(
                client,
                Method::Patch,
                &format!("/repos/{fork}/git/refs/heads/{branch}"),
                &json!({"sha": commit.sha, "force": true}),
            )?;
        }
        Err(refusal) => return Err(refusal),
    }
    if let Some(pull) = find(client, proposal)?.filter(|pull| pull.state == "open") {
        return Ok(pull.html_url);
    }
    let pull: Pull = send(
        client,
        Method::Post,
        &format!("/repos/{upstream}/pulls"),
        &json!({"title": title, "body": body, "base": base, "head": format!("{owner}:{branch}")}),
    )?;
    Ok(pull.html_url)
}

/// Returns the names in a folder of a repository, or nothing if it is absent.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn names(
    client: &Client<'_>,
    repository: &str,
    folder: &str,
) -> Result<Option<Vec<String>>, Refusal> {
    let path = format!("/repos/{repository}/contents/{folder}");
    match client.read::<Vec<Value>>(&at(client, Method::Get, &path)) {
        Ok(entries) => {
            let name = |entry: &Value| entry["name"].as_str().map(str::to_owned);
            Ok(Some(entries.iter().filter_map(name).collect()))
        }
        Err(refusal) if refusal.cause == Cause::Absent => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn entry(file: &Rendered) -> Value {
    json!({"path": file.path, "mode": "100644", "type": "blob", "content": file.text()})
}

fn at<'c>(client: &Client<'_>, method: Method, path: &str) -> Call<'c> {
    Call::to(method, client.access().address.of(path))
}

fn send<T: serde::de::DeserializeOwned>(
    client: &Client<'_>,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<T, Refusal> {
    let body = body.to_string();
    client.read(&at(client, method, path).body("application/json", body.as_bytes()))
}
