//! The gallery of extensions for VS Code: what it shows to everybody, and its client `vsce`.
//!
//! What is published is asked of the gallery by the query that the editor makes, without a secret.
//! It tells the platforms of each version and where its file is, and no digest; so a look compares
//! nothing, and a verification downloads. Publishing is done by `vsce`, one file at a time: the
//! gallery often answers too late, and then some platforms are there and others are not.
//!
//! # Source
//!
//! `publicgalleryapi.ts`, `publish.ts`, `auth.ts`, `store.ts` and `util.ts` of
//! <https://github.com/microsoft/vscode-vsce>, version 3.9.2; who one is:
//! <https://github.com/microsoft/vscode-vsce/issues/1023>.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::channel::Unproven;
use crate::channel::desk::Desk;
use crate::facts::SignIn;
use crate::http::{self, Method, Request};
use crate::pack::archive::{self, Member};
use crate::process;
use crate::publish::Obstacle;
use crate::surroundings::Surroundings;
use crate::target::Os;
use crate::template::Rendered;

/// The gallery; its client reads the same variable.
const GALLERY: (&str, &str) = ("VSCE_MARKETPLACE_URL", "https://marketplace.visualstudio.com");

/// Where who has a part in a publisher is told the others; the publisher follows.
const ROLES: &str = "/_apis/securityroles/scopes/gallery.publisher/roleassignments/resources/";

/// The kind of filter that names an extension.
const BY_NAME: u32 = 7;

/// What is asked for: versions with their files and properties, addresses, and counts.
const FLAGS: u32 = 1 | 2 | 16 | 128 | 256;

/// The file of a version that holds all others.
const PACKAGE: &str = "Microsoft.VisualStudio.Services.VSIXPackage";

/// How long the client may take for a file; the gallery itself gives up after three minutes.
const LIMIT: Duration = Duration::from_mins(10);

/// Where somebody who is signed in is told who he is there.
const PROFILE: &str = "https://app.vssps.visualstudio.com/_apis/profile/profiles/me";

/// Azure DevOps, to which the gallery belongs, as Azure calls it.
const DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// How long that may take.
const PROFILE_LIMIT: Duration = Duration::from_mins(1);

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

/// Returns whether a token is one of somebody who has a part in a publisher.
///
/// # Errors
///
/// A phrase, if that cannot be known.
pub fn is_good(
    surroundings: Surroundings<'_>,
    publisher: &str,
    token: &str,
) -> Result<bool, String> {
    let given = surroundings.environment.text(GALLERY.0).unwrap_or(GALLERY.1);
    if !http::keeps_secrets(given) {
        return Err(format!("{} is {given}, where it would be sent in the clear", GALLERY.0));
    }
    let credential = BASE64_STANDARD.encode(format!("OAuth:{token}"));
    let credential = format!("Basic {credential}");
    let request = Request {
        method: Method::Get,
        url: format!("{}{ROLES}{publisher}", given.trim_end_matches('/')),
        token: None,
        headers: vec![
            ("accept", "application/json;api-version=3.2-preview.1"),
            ("authorization", &credential),
        ],
        body: None,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    match surroundings.transport.send(&request).map(|response| response.status) {
        Ok(200) => Ok(true),
        Ok(401 | 403) => Ok(false),
        Ok(status) => Err(format!("GET {}: {status}", request.url)),
        Err(no_answer) => Err(format!("GET {}: {}", request.url, no_answer.0)),
    }
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

/// Returns what is in a file that the gallery gives, without the signature that it added.
///
/// # Errors
///
/// [`Unproven`] if it is no such file.
pub fn members(bytes: &[u8]) -> Result<Vec<Member>, Unproven> {
    let mut members = archive::unpack(bytes, Os::Windows).map_err(Unproven::Wrong)?;
    members.retain(|member| !member.path.starts_with(".signature"));
    Ok(members)
}

/// Publishes a file for one platform, signed in if that was done and else with the secret; one that
/// is there already is no failure.
///
/// # Errors
///
/// [`Obstacle`] if that was not done, or if it is not known.
pub fn publish(desk: &Desk<'_>, package: &Rendered, sign_in: &SignIn) -> Result<String, Obstacle> {
    let path = desk.scratch.join(&package.path);
    let written = crate::file::write_whole(&path, &package.bytes);
    written.map_err(|error| desk.refused(error.to_string(), &[]))?;
    let mut vsce = desk.client("vsce", "scripts/release/setup-channel vscode")?;
    vsce.args(["publish", "--packagePath", &package.path, "--skip-duplicate"]);
    vsce.env("NO_COLOR", "1").env("VSCE_MARKETPLACE_URL", desk.place(GALLERY.0, GALLERY.1)?);
    let is_set = |name: &str| desk.surroundings.environment.text(name).is_some();
    let is_signed_in = sign_in.is_made(&is_set);
    let ended = match &desk.secret {
        // A token may have ended unseen; who has signed in has done so a moment ago.
        Some(token) if !is_signed_in => {
            process::run_trusted(&mut vsce, &[("VSCE_PAT", token.reveal())], LIMIT)
        }
        _ => {
            let identity = desk.set(&process::AZURE);
            process::run_trusted(vsce.arg("--azure-credential"), &identity, LIMIT)
        }
    };
    let ended = ended.map_err(|error| desk.passing(error.to_string()))?;
    let all = ended.text() + &ended.complaint;
    if ended.is_success {
        let last = all.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Ok(last.trim().to_owned());
    }
    let said = all.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(failure(desk, &said, is_signed_in))
}

/// What it means that the client did not succeed.
///
/// It says what the gallery says and no status, unless the gallery said nothing.
fn failure(desk: &Desk<'_>, said: &str, is_signed_in: bool) -> Obstacle {
    let what = format!("vsce publish: {said}");
    let lower = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let how = "`cargo ship bootstrap vscode` says how";
    if has(&["microsoft entra id access token"]) {
        let first =
            "sign in just before (azure/login), as who AZURE_CLIENT_ID and AZURE_TENANT_ID say";
        desk.refused(what, &[first, how])
    } else if has(&NOT_LET_IN) {
        let first = if is_signed_in {
            let id = member(desk).map_or_else(String::new, |id| format!(", by its id {id}"));
            format!("add who signs in to the publisher's members as Contributor{id}")
        } else {
            "VSCE_PAT: a token of one organisation with Marketplace (Manage), or sign in".to_owned()
        };
        desk.refused(what, &[&first, how])
    } else if has(&["(404)", "publisher"]) && has(&["not found", "does not exist", "(404)"]) {
        desk.refused(what, &[&format!("make the publisher: {how}")])
    } else {
        desk.passing(what)
    }
}

/// What is said to who may not publish.
const NOT_LET_IN: [&str; 8] = [
    "(401)",
    "(403)",
    "access denied",
    "not allowed",
    "not authorized",
    "unauthorized",
    "corporate credentials",
    "personal access token",
];

/// The id that the gallery has for who is signed in, if the client of Azure tells it.
///
/// Nobody else can tell it, and the publisher's members are added by it.
fn member(desk: &Desk<'_>) -> Option<String> {
    let mut az = desk.client("az", "").ok()?;
    az.args(["rest", "--url", PROFILE, "--resource", DEVOPS, "--query", "id", "--output", "tsv"]);
    let ended = process::run(&mut az, PROFILE_LIMIT).ok()?;
    let id = ended.text().trim().to_owned();
    let is_id = id.len() == 36 && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    (ended.is_success && is_id).then_some(id)
}
