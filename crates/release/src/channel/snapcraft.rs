//! The client of the Snap Store, and what the store itself says to everybody.
//!
//! What a channel of the store gives is asked of the store, without a secret. Everything else is
//! done by `snapcraft`, which is told the secret by `SNAPCRAFT_STORE_CREDENTIALS` and says in words
//! what went wrong. Revisions that no channel gives are known to the client alone.
//!
//! # Source
//!
//! <https://documentation.ubuntu.com/snapcraft/stable/reference/commands/>,
//! <https://api.snapcraft.io/docs/info.html>.

use std::time::Duration;

use serde_json::Value;

use crate::channel::desk::Desk;
use crate::http::Request;
use crate::process::{self, Finished};
use crate::publish::Obstacle;

/// Where everybody asks; the client reads the same variable.
const API: (&str, &str) = ("STORE_API_URL", "https://api.snapcraft.io");

/// How long the client may take; the store looks at a snap before it answers.
const LIMIT: Duration = Duration::from_mins(20);

/// The most bytes of what the store says about a snap.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// What a channel of the store gives for one processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The channel, such as `stable`; of the track `latest`.
    pub risk: String,
    /// The processor, such as `amd64`.
    pub processor: String,
    /// The version.
    pub version: String,
    /// The number of the upload.
    pub revision: u64,
    /// Where it is downloaded from.
    pub url: String,
}

/// Returns what the channels give; none if the store has nothing of ours.
///
/// # Errors
///
/// [`Obstacle`] if that cannot be known.
pub fn listed(desk: &Desk<'_>) -> Result<Vec<Listed>, Obstacle> {
    let api = desk.place(API.0, API.1)?;
    let fields = "fields=revision,version,download";
    let url = format!("{api}/v2/snaps/info/{}?{fields}", desk.release.name);
    let headers = vec![("snap-device-series", "16"), ("accept", "application/json")];
    let request = Request::get(url, headers, ANSWER_BYTES_MAX);
    let response = desk.send(&request)?;
    let unread = |why: &str| desk.passing(format!("GET {}: {why}", request.url));
    match response.status {
        404 => return Ok(Vec::new()),
        200 => {}
        status => return Err(unread(&status.to_string())),
    }
    let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let map = said["channel-map"].as_array().ok_or_else(|| unread("no channel map"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = map.iter().filter(|entry| entry["channel"]["track"] == "latest");
    Ok(entries
        .map(|entry| Listed {
            risk: text(&entry["channel"]["risk"]),
            processor: text(&entry["channel"]["architecture"]),
            version: text(&entry["version"]),
            revision: entry["revision"].as_u64().unwrap_or_default(),
            url: text(&entry["download"]["url"]),
        })
        .collect())
}

/// Lets the client do something, and returns all that it said as one line too.
///
/// # Errors
///
/// [`Obstacle`] if it is not here, or does not end.
pub fn run(desk: &Desk<'_>, words: &[&str]) -> Result<(Finished, String), Obstacle> {
    let mut client = desk.client("snapcraft", "snap install snapcraft --classic")?;
    let key = desk.secret.as_ref().map_or("", |secret| secret.reveal());
    let secrets = [("SNAPCRAFT_STORE_CREDENTIALS", key)];
    let ended = process::run_trusted(client.args(words), &secrets, LIMIT);
    let ended = ended.map_err(|error| desk.passing(error.to_string()))?;
    let all = ended.text() + &ended.complaint;
    let said = all.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((ended, said))
}

/// Returns what it means that the client did not succeed.
pub fn failure(desk: &Desk<'_>, words: &[&str], said: &str) -> Obstacle {
    let what = format!("snapcraft {}: {said}", words[0]);
    let lower = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["credentials", "macaroon", "unauthorized", "permission"]) {
        desk.refused(what, &["export the login anew: `cargo ship bootstrap snap` says how"])
    } else if has(&["not registered", "register"]) {
        desk.refused(what, &["register the name first: `cargo ship bootstrap snap` says how"])
    } else {
        desk.passing(what)
    }
}

/// Releases a revision to channels.
///
/// # Errors
///
/// [`Obstacle`] if that was not done.
pub fn release(desk: &Desk<'_>, revision: u64, risks: &str) -> Result<String, Obstacle> {
    let revision = revision.to_string();
    let words = ["release", &desk.release.name, &revision, risks];
    let (ended, said) = run(desk, &words)?;
    if !ended.is_success {
        return Err(failure(desk, &words, &said));
    }
    Ok(format!("revision {revision} is in {risks}"))
}

/// Returns the newest revision of a version for a processor, released or not.
///
/// # Errors
///
/// [`Obstacle`] if the client cannot say.
pub fn revision(desk: &Desk<'_>, processor: &str, version: &str) -> Result<Option<u64>, Obstacle> {
    let words = ["revisions", &desk.release.name];
    let (ended, said) = run(desk, &words)?;
    if !ended.is_success {
        return Err(failure(desk, &words, &said));
    }
    // A line is: revision, time, processors, version, channels.
    let text = ended.text();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let number: u64 = cells.first()?.parse().ok()?;
        let is_it =
            cells.get(2)?.split(',').any(|name| name == processor) && *cells.get(3)? == version;
        is_it.then_some(number)
    });
    Ok(rows.max())
}
