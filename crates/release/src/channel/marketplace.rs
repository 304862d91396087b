//! The gallery of extensions for VS Code: what it shows to everybody, and its client `vsce`.
//!
//! What is published is asked of the gallery by the query that the editor makes, without a secret.
//! It tells the platforms of each version and where its file is, and no digest; so a look compares
//! nothing, and a verification downloads. Publishing is done by `vsce`, one file at a time: the
//! gallery often answers too late, and then some platforms are there and others are not.
//!
//! # Source
//!
//! `publicgalleryapi.ts`, `publish.ts` and `util.ts` of
//! <https://github.com/microsoft/vscode-vsce>, version 3.9.2.

use std::time::Duration;

use serde_json::{Value, json};

use crate::channel::desk::Desk;
use crate::http::{Method, Request};
use crate::process;
use crate::publish::Obstacle;
use crate::template::Rendered;

/// The gallery; its client reads the same variable.
const GALLERY: (&str, &str) = ("VSCE_MARKETPLACE_URL", "https://marketplace.visualstudio.com");

/// The kind of filter that names an extension.
const BY_NAME: u32 = 7;

/// What is asked for: versions with their files and properties, addresses, and counts.
const FLAGS: u32 = 1 | 2 | 16 | 128 | 256;

/// The file of a version that holds all others.
const PACKAGE: &str = "Microsoft.VisualStudio.Services.VSIXPackage";

/// How long the client may take for a file; the gallery itself gives up after three minutes.
const LIMIT: Duration = Duration::from_mins(10);

/// The most bytes of what the gallery says about an extension.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// What the gallery shows of an extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Its versions, the newest first; one version stands there once for each platform.
    pub versions: Vec<Listed>,
    /// What is counted, by the gallery's names.
    pub counts: Vec<(String, u64)>,
}

/// A version for one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The version.
    pub version: String,
    /// The platform, such as `linux-x64`.
    pub platform: String,
    /// Where its file is.
    pub url: String,
}

/// Returns what is shown of an extension, as `PUBLISHER.NAME`; nothing if it is not there.
///
/// # Errors
///
/// [`Obstacle`] if that cannot be known.
pub fn shown(desk: &Desk<'_>, id: &str) -> Result<Shown, Obstacle> {
    let url = format!("{}/_apis/public/gallery/extensionquery", desk.place(GALLERY.0, GALLERY.1)?);
    let query = json!({
        "filters": [{
            "pageNumber": 1,
            "pageSize": 1,
            "criteria": [{"filterType": BY_NAME, "value": id}],
        }],
        "flags": FLAGS,
    });
    let body = query.to_string().into_bytes();
    let request = Request {
        method: Method::Post,
        url,
        token: None,
        headers: vec![
            ("accept", "application/json;api-version=3.0-preview.1"),
            ("content-type", "application/json"),
        ],
        body: Some(&body),
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let response = desk.send(&request)?;
    let unread = |why: &str| desk.passing(format!("POST {}: {why}", request.url));
    if response.status != 200 {
        return Err(unread(&response.status.to_string()));
    }
    let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let found = said["results"][0]["extensions"].as_array();
    // An answer of another shape must never be taken for an extension that is not there.
    let found = found.ok_or_else(|| unread("no list of extensions"))?;
    let Some(extension) = found.first() else { return Ok(Shown::default()) };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let counted = list(&extension["statistics"]);
    let count = |entry: &Value| {
        let value = entry["value"].as_f64().filter(|value| 0.0 <= *value)?;
        // The gallery writes whole numbers as `12.0`.
        Some((text(&entry["statisticName"]), value as u64))
    };
    Ok(Shown {
        versions: list(&extension["versions"]).iter().map(listed).collect(),
        counts: counted.iter().filter_map(count).collect(),
    })
}

fn listed(version: &Value) -> Listed {
    let files = version["files"].as_array().into_iter().flatten();
    let mut files = files.filter(|file| file["assetType"] == PACKAGE);
    Listed {
        version: text(&version["version"]),
        platform: text(&version["targetPlatform"]),
        url: files.next().map(|file| text(&file["source"])).unwrap_or_default(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Publishes a file for one platform; one that is there already is no failure.
///
/// # Errors
///
/// [`Obstacle`] if that was not done, or if it is not known.
pub fn publish(desk: &Desk<'_>, package: &Rendered) -> Result<String, Obstacle> {
    let path = desk.scratch.join(&package.path);
    let written = crate::file::write_whole(&path, &package.bytes);
    written.map_err(|error| desk.refused(error.to_string(), &[]))?;
    let mut vsce = desk.client("vsce", "scripts/release/setup-channel vscode")?;
    vsce.args(["publish", "--packagePath", &package.path, "--skip-duplicate"]);
    vsce.env("NO_COLOR", "1").env("VSCE_MARKETPLACE_URL", desk.place(GALLERY.0, GALLERY.1)?);
    let ended = match &desk.secret {
        Some(token) => process::run_trusted(&mut vsce, ("VSCE_PAT", token.reveal()), LIMIT),
        None => process::run(vsce.arg("--azure-credential"), LIMIT),
    };
    let ended = ended.map_err(|error| desk.passing(error.to_string()))?;
    let all = ended.text() + &ended.complaint;
    if ended.is_success {
        let last = all.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(last.trim().to_owned());
    }
    let said = all.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(failure(desk, &said))
}

/// What it means that the client did not succeed.
fn failure(desk: &Desk<'_>, said: &str) -> Obstacle {
    let what = format!("vsce publish: {said}");
    let lower = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["(401)", "(403)", "access denied", "personal access token", "unauthorized"]) {
        let advice = "VSCE_PAT: a token of one organisation with Marketplace (Manage), or sign in";
        desk.refused(what, &[advice, "`cargo ship bootstrap vscode` says how"])
    } else if has(&["(404)", "publisher"]) && has(&["not found", "does not exist", "(404)"]) {
        desk.refused(what, &["make the publisher: `cargo ship bootstrap vscode` says how"])
    } else {
        desk.passing(what)
    }
}
