//! The Marketplace of VS Code, and what stands in for its client `vsce`.
//!
//! As strict as the real one where it matters: everybody asks by the query of the editor; writing
//! needs a token (401); the manifest in a file says which extension, version and platform it is of;
//! a version for a platform is taken once (409), whatever its bytes; a file that is not whole is
//! refused (400). What is downloaded has the bytes that were uploaded.
//!
//! # Source
//!
//! `publicgalleryapi.ts` and `publish.ts` of <https://github.com/microsoft/vscode-vsce>.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::file;
use crate::pack::archive;
use crate::process::Finished;
use crate::rehearse::{Answer, Ask, Delivery, Host};
use crate::target::Os;

/// The token that the marketplace knows.
pub const TOKEN: &str = "rehearsal_vscode_secret";

/// Where the client goes if it is told nothing else.
const GALLERY: &str = "https://marketplace.visualstudio.com/";

/// The path of the query of the editor.
const QUERY: &str = "/_apis/public/gallery/extensionquery";

/// The path at which files are published.
const FILES: &str = "/_apis/gallery/extensions";

/// The path of what is downloaded; version and platform follow.
const PACKAGES: &str = "/_apis/public/gallery/vspackage/";

/// A file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The extension, as `PUBLISHER.NAME`.
    pub id: String,
    /// The version.
    pub version: String,
    /// The platform.
    pub platform: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The marketplace.
#[derive(Debug, Clone)]
pub struct Marketplace {
    /// Where it listens, as its answers spell it; without a slash at its end.
    pub base: String,
    /// What was taken, in order.
    pub held: Vec<Held>,
}

impl Default for Marketplace {
    fn default() -> Self {
        Self { base: GALLERY.trim_end_matches('/').to_owned(), held: Vec::new() }
    }
}

impl Marketplace {
    fn query(&self, ask: &Ask) -> Answer {
        let said: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let wanted = &said["filters"][0]["criteria"][0];
        if wanted["filterType"] != 7 {
            return problem(400, "a filter by name is missing");
        }
        let wanted = wanted["value"].as_str().unwrap_or_default();
        let ours = self.held.iter().rev().filter(|held| held.id.eq_ignore_ascii_case(wanted));
        let version = |held: &Held| {
            let (version, platform) = (&held.version, &held.platform);
            json!({
                "version": version,
                "targetPlatform": platform,
                "flags": "validated",
                "files": [{
                    "assetType": "Microsoft.VisualStudio.Services.VSIXPackage",
                    "source": format!("{}{PACKAGES}{version}/{platform}", self.base),
                }],
            })
        };
        let versions: Vec<Value> = ours.map(version).collect();
        let statistics = json!([{"statisticName": "install", "value": 12.0}]);
        let extension = json!({"versions": versions, "statistics": statistics});
        let found = if versions.is_empty() { json!([]) } else { json!([extension]) };
        Answer::json(200, &json!({"results": [{"extensions": found}]}))
    }

    fn publish(&mut self, ask: &Ask) -> Answer {
        let expected = BASE64_STANDARD.encode(format!("OAuth:{TOKEN}"));
        if ask.credential() != Some(expected.as_str()) {
            return problem(401, "Access Denied: the token is not valid");
        }
        let Some(held) = about(&ask.body) else {
            return problem(400, "the file is not a valid VSIX package");
        };
        let is_same = |other: &Held| {
            (&other.id, &other.version, &other.platform)
                == (&held.id, &held.version, &held.platform)
        };
        if self.held.iter().any(is_same) {
            return problem(409, "this version already exists for this platform");
        }
        self.held.push(held);
        Answer::json(201, &json!({}))
    }
}

impl Host for Marketplace {
    fn answer(&mut self, ask: &Ask) -> Answer {
        match (ask.method.as_str(), ask.path.as_str()) {
            ("POST", QUERY) => self.query(ask),
            ("POST", FILES) => self.publish(ask),
            ("GET", path) => {
                let place = path.strip_prefix(PACKAGES).and_then(|rest| rest.split_once('/'));
                let is_it = |held: &&Held| place == Some((&held.version, &held.platform));
                let held = self.held.iter().find(is_it);
                held.map_or_else(
                    || problem(404, "there is no such package"),
                    |held| Answer::of(200, "application/vsix", held.bytes.clone()),
                )
            }
            _ => problem(404, "there is no such resource"),
        }
    }

    fn refuse(&self, status: u16, message: &str) -> Answer {
        problem(status, message)
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        vec![(GALLERY.to_owned(), "/"), (format!("{}/", self.base), "/")]
    }

    fn listens_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.path == FILES
    }

    fn shown(&self) -> BTreeMap<String, String> {
        self.held.iter().map(|held| (name(held), file::digest_of(&held.bytes).sha256)).collect()
    }

    fn taken(&self) -> Vec<String> {
        self.held.iter().map(name).collect()
    }
}

fn name(held: &Held) -> String {
    format!("vscode/{} {} {}", held.id, held.version, held.platform)
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message}))
}

/// What the manifest in a file says; nothing if the file is not whole.
fn about(bytes: &[u8]) -> Option<Held> {
    let members = archive::unpack(bytes, Os::Windows).ok()?;
    let manifest = members.iter().find(|member| member.path == "extension.vsixmanifest")?;
    let text = String::from_utf8_lossy(&manifest.bytes).into_owned();
    let identity = text.split_once("<Identity ")?.1.split_once("/>")?.0;
    let field = |key: &str| {
        let rest = identity.split_once(&format!(" {key}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    Some(Held {
        id: format!("{}.{}", field("Publisher")?, field("Id")?),
        version: field("Version")?,
        platform: field("TargetPlatform")?,
        bytes: bytes.to_owned(),
    })
}

/// Carries a request to the service of an address.
type Reach<'a> = dyn Fn(&str, Ask) -> (Answer, Delivery) + 'a;

/// What stands in for `vsce publish --packagePath FILE --skip-duplicate`.
pub fn run(command: &Command, reach: &Reach<'_>) -> Finished {
    match publish(command, reach) {
        Ok(text) => Finished { is_success: true, output: text.into(), complaint: String::new() },
        Err(why) => {
            let complaint = format!(" ERROR  {why}\n");
            Finished { is_success: false, output: Vec::new(), complaint }
        }
    }
}

fn publish(command: &Command, reach: &Reach<'_>) -> Result<String, String> {
    let words: Vec<String> =
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["publish", "--packagePath", path, "--skip-duplicate"] = words[..] else {
        return Err(format!("the rehearsal knows no vsce {words:?}"));
    };
    let told = |name: &str| {
        let mut told = command.get_envs().filter(|(key, _)| *key == name);
        let value = told.next().and_then(|(_, value)| value);
        value.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let gallery = told("VSCE_MARKETPLACE_URL");
    let credential = BASE64_STANDARD.encode(format!("OAuth:{}", told("VSCE_PAT")));
    let send = |path: &str, body: Vec<u8>| {
        let mut ask = Ask { body, ..Ask::new("POST", path) };
        ask.headers.insert("authorization".to_owned(), format!("Basic {credential}"));
        let (answer, delivery) = reach(&format!("{gallery}{path}"), ask);
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if delivery != Delivery::Whole {
            return Err(format!("Request timeout: {path}"));
        }
        Ok((answer.status, said))
    };
    let path = command.get_current_dir().unwrap_or(Path::new(".")).join(path);
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let Held { id, version, platform, .. } = about(&bytes).ok_or("the file is no extension")?;
    let query = json!({"filters": [{"criteria": [{"filterType": 7, "value": id}]}]});
    let (status, said) = send(QUERY, query.to_string().into_bytes())?;
    if status != 200 {
        return Err(format!("Failed request: ({status}) {}", said["message"]));
    }
    let versions = said["results"][0]["extensions"][0]["versions"].as_array();
    let is_there = versions
        .into_iter()
        .flatten()
        .any(|listed| listed["version"] == *version && listed["targetPlatform"] == *platform);
    if is_there {
        return Ok(format!(
            " INFO  {id} ({platform}) v{version} is already published. Skipping.\n"
        ));
    }
    match send(FILES, bytes)? {
        (201, _) => Ok(format!(" DONE  Published {id} ({platform}) v{version}.\n")),
        (409, _) => Ok(format!(" INFO  {id} ({platform}) v{version} already exists. Skipping.\n")),
        (status, said) => Err(format!("Failed request: ({status}) {}", said["message"])),
    }
}
