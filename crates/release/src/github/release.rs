//! Releases and their files, as the host has them.
//!
//! A release begins as a draft, which only people with write access see, and which no tag look-up
//! finds; several drafts may bear one tag. A file of a release is an asset. Its `state` is
//! `uploaded` when it is whole; an upload that broke off can leave an asset behind that is not,
//! and that occupies the name until it is deleted. `digest` is the host's own SHA-256 of what it
//! has; older servers do not say it, and then the bytes are fetched and digested here.
//!
//! # Source
//!
//! <https://docs.github.com/en/rest/releases>.

use serde::{Deserialize, Serialize};

use crate::file;
use crate::github::client::{Call, Client};
use crate::github::refusal::{Cause, Refusal};
use crate::http::Method;

/// The most bytes of a commit's name.
const COMMIT_BYTES_MAX: u64 = 1 << 10;

/// A release, published or not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// The host's number for it.
    pub id: u64,
    /// The tag that it bears.
    pub tag_name: String,
    /// Whether it is not published.
    pub draft: bool,
    /// Whether it is marked as preceding a release.
    pub prerelease: bool,
    /// Whether nothing of it can change.
    #[serde(default)]
    pub immutable: bool,
    /// Its page.
    pub html_url: String,
    /// The template of the address to send files to.
    pub upload_url: String,
    /// Its notes.
    #[serde(default)]
    pub body: Option<String>,
    /// Its files, as far as the host lists them in one answer.
    #[serde(default)]
    pub assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// The host's number for it.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// `uploaded` if it is whole.
    pub state: String,
    /// `sha256:` and 64 hexadecimal digits, if the host says it.
    #[serde(default)]
    pub digest: Option<String>,
    /// The address at which everybody finds it, once published.
    pub browser_download_url: String,
}

impl Asset {
    /// Returns whether all of it has arrived.
    pub fn is_whole(&self) -> bool {
        self.state == "uploaded"
    }
}

/// What a release is to say about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The tag.
    pub tag_name: String,
    /// The commit that the tag names.
    pub target_commitish: String,
    /// The title.
    pub name: String,
    /// The notes.
    pub body: String,
    /// Whether it precedes a release.
    pub prerelease: bool,
}

#[derive(Serialize)]
struct Change<'a> {
    #[serde(flatten)]
    text: &'a Text,
    draft: bool,
    /// `true` or `false`, as texts: the host's own rule knows a third.
    #[serde(skip_serializing_if = "Option::is_none")]
    make_latest: Option<&'static str>,
}

/// Returns the commit that a tag names, or nothing if there is no such tag.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn tag_commit(client: &Client<'_>, tag: &str) -> Result<Option<String>, Refusal> {
    let call = client.call(Method::Get, &format!("/commits/tags/{tag}"));
    match client.send(&call.accept("application/vnd.github.sha", COMMIT_BYTES_MAX)) {
        Ok(response) => Ok(Some(String::from_utf8_lossy(&response.body).trim().to_owned())),
        // The host answers 422 where a commit is asked for by a name that names none.
        Err(refusal) if matches!(refusal.cause, Cause::Absent | Cause::Invalid) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Returns the published release of a tag.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn published(client: &Client<'_>, tag: &str) -> Result<Option<Release>, Refusal> {
    client.find(&format!("/releases/tags/{tag}"))
}

/// Returns the drafts that bear a tag, in the order of their numbers.
///
/// # Errors
///
/// [`Refusal`] if they cannot be known.
pub fn drafts(client: &Client<'_>, tag: &str) -> Result<Vec<Release>, Refusal> {
    let mut drafts: Vec<Release> = client.list("/releases")?;
    drafts.retain(|release| release.draft && release.tag_name == tag);
    drafts.sort_by_key(|release| release.id);
    Ok(drafts)
}

/// Returns the release of this number.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn by_id(client: &Client<'_>, id: u64) -> Result<Option<Release>, Refusal> {
    client.find(&format!("/releases/{id}"))
}

/// Returns the release that is shown first, if any is.
///
/// # Errors
///
/// [`Refusal`] if it cannot be known.
pub fn latest(client: &Client<'_>) -> Result<Option<Release>, Refusal> {
    client.find("/releases/latest")
}

/// Returns all files of a release.
///
/// # Errors
///
/// [`Refusal`] if they cannot be known.
pub fn assets(client: &Client<'_>, id: u64) -> Result<Vec<Asset>, Refusal> {
    client.list(&format!("/releases/{id}/assets"))
}

/// Makes a draft.
///
/// # Errors
///
/// [`Refusal`] if it was not made, or if that is not known.
pub fn create_draft(client: &Client<'_>, text: &Text) -> Result<Release, Refusal> {
    let change = json(&Change { text, draft: true, make_latest: None });
    client.read(&client.call(Method::Post, "/releases").body("application/json", &change))
}

/// Publishes a draft; nobody can take that back.
///
/// # Errors
///
/// [`Refusal`] if it was not published, or if that is not known.
pub fn publish(
    client: &Client<'_>,
    id: u64,
    text: &Text,
    is_latest: bool,
) -> Result<Release, Refusal> {
    let make_latest = Some(if is_latest { "true" } else { "false" });
    let change = json(&Change { text, draft: false, make_latest });
    let call = client.call(Method::Patch, &format!("/releases/{id}"));
    client.read(&call.body("application/json", &change))
}

/// Deletes a release; only ever a draft.
///
/// # Errors
///
/// [`Refusal`] if it was not deleted, or if that is not known.
pub fn delete(client: &Client<'_>, id: u64) -> Result<(), Refusal> {
    client.send(&client.call(Method::Delete, &format!("/releases/{id}"))).map(|_| ())
}

/// Sends a file to a draft.
///
/// # Errors
///
/// [`Refusal`] if it did not arrive whole, or if that is not known.
pub fn upload(
    client: &Client<'_>,
    release: &Release,
    name: &str,
    bytes: &[u8],
) -> Result<Asset, Refusal> {
    let url = client.access().address.upload(&release.upload_url, name);
    let url = url.map_err(|message| Refusal {
        request: format!("upload of {name}"),
        status: None,
        cause: Cause::Forbidden,
        message,
    })?;
    client.read(&Call::to(Method::Post, url).body(content_type(name), bytes))
}

/// Deletes a file of a draft.
///
/// # Errors
///
/// [`Refusal`] if it was not deleted, or if that is not known.
pub fn delete_asset(client: &Client<'_>, id: u64) -> Result<(), Refusal> {
    client.send(&client.call(Method::Delete, &format!("/releases/assets/{id}"))).map(|_| ())
}

/// Fetches a file and returns its SHA-256.
///
/// # Errors
///
/// [`Refusal`] if it cannot be fetched whole.
pub fn fetched_sha256(client: &Client<'_>, asset: &Asset) -> Result<String, Refusal> {
    let call = client.call(Method::Get, &format!("/releases/assets/{}", asset.id));
    let response = client.send(&call.accept("application/octet-stream", asset.size + 1))?;
    Ok(file::digest_of(&response.body).sha256)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "json" => "application/json",
        "txt" | "minisig" | "sh" | "ps1" => "text/plain",
        "deb" => "application/vnd.debian.binary-package",
        "rpm" => "application/x-rpm",
        _ => "application/octet-stream",
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a change is made of texts and booleans")
}
