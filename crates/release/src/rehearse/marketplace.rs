//! The Marketplace of VS Code, and what stands in for its client `vsce`.
//!
//! As strict as the real one where it matters: everybody asks by the query of the editor; whoever
//! writes, or looks as the client does before it writes, needs a token (401); the manifest in a
//! file says which extension, version and platform it is of; an extension is made once and then
//! added to, and a version for a platform is taken once (409), whatever its bytes; a file that is
//! not whole is refused (400). What is downloaded has the bytes that were uploaded.
//!
//! The client itself can publish here: it first asks where things are (`OPTIONS`), and is told.
//!
//! # Source
//!
//! `publicgalleryapi.ts` and `publish.ts` of <https://github.com/microsoft/vscode-vsce>,
//! `VsoClient.ts` and `GalleryApi.ts` of
//! <https://github.com/microsoft/azure-devops-node-api>, and the messages that users report there.

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

/// The fault of a gallery that has taken something and does not show it yet.
pub const LAG: &str = "lag";

/// Who may sign in to it, by Azure's name.
pub const CLIENT: &str = "00000000-0000-4000-8000-000000000001";

/// Where the client goes if it is told nothing else.
const GALLERY: &str = "https://marketplace.visualstudio.com/";

/// The path of the query of the editor.
const QUERY: &str = "/_apis/public/gallery/extensionquery";

/// The path that tells where things are.
const PLACES: &str = "/_apis/gallery";

/// The path at which extensions are made.
const FILES: &str = "/_apis/gallery/extensions";

/// The path of publishers; below each are its extensions, which are looked at and added to.
const PUBLISHERS: &str = "/_apis/gallery/publishers/";

/// What there is, as the client knows it: each thing's id, and the path to it.
const KNOWN: [(&str, &str); 2] = [
    ("a41192c8-9525-4b58-bc86-179fa549d80d", "_apis/{area}/{resource}/{extensionId}"),
    (
        "e11ea35a-16fe-4b80-ab11-c4cab88a0966",
        "_apis/{area}/publishers/{publisherName}/{resource}/{extensionName}",
    ),
];

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

    /// Where things are, for a client that knows them by their ids.
    fn places_told() -> Answer {
        let places = KNOWN.map(|(id, path)| {
            json!({
                "id": id,
                "area": "gallery",
                "resourceName": "extensions",
                "routeTemplate": path,
                "resourceVersion": 2,
                "minVersion": "1.0",
                "maxVersion": "7.2",
                "releasedVersion": "0.0",
            })
        });
        Answer::json(200, &json!({"count": places.len(), "value": places}))
    }

    /// What is held of an extension, by the path to it.
    fn held_at<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Held> {
        let id = path.strip_prefix(PUBLISHERS).unwrap_or_default().replace("/extensions/", ".");
        self.held.iter().filter(move |held| held.id.eq_ignore_ascii_case(&id))
    }

    /// What the client looks at before it publishes.
    fn look(&self, path: &str) -> Answer {
        let listed =
            |held: &Held| json!({"version": held.version, "targetPlatform": held.platform});
        let versions: Vec<Value> = self.held_at(path).map(listed).collect();
        if versions.is_empty() {
            return problem(404, "The extension does not exist.");
        }
        Answer::json(200, &json!({"versions": versions}))
    }

    /// Takes a file: the first of an extension is sent to make it, others are added to it.
    fn publish(&mut self, ask: &Ask) -> Answer {
        let Some(held) = about(&ask.body) else {
            return problem(400, "The file is not a valid VSIX package.");
        };
        let name = &held.id;
        let is_there = self.held.iter().any(|other| other.id == *name);
        if ask.method == "PUT" && self.held_at(&ask.path).all(|other| other.id != *name) {
            return problem(404, "The extension does not exist.");
        }
        if ask.method == "POST" && is_there {
            return problem(409, &format!("The extension {name} already exists."));
        }
        let is_same = |other: &Held| {
            (&other.id, &other.version, &other.platform)
                == (&held.id, &held.version, &held.platform)
        };
        if self.held.iter().any(is_same) {
            let (version, platform) = (&held.version, &held.platform);
            return problem(409, &format!("{name} {version} ({platform}) already exists."));
        }
        self.held.push(held);
        Answer::json(201, &json!({}))
    }
}

/// Whether a path is for those only who may publish.
fn is_private(path: &str) -> bool {
    path == FILES || path.starts_with(PUBLISHERS)
}

/// Whether a request bears the token; a wrong one is answered with a status and no word.
fn is_let_in(ask: &Ask) -> bool {
    let expected = BASE64_STANDARD.encode(format!("OAuth:{TOKEN}"));
    ask.credential() == Some(expected.as_str())
}

impl Host for Marketplace {
    fn answer(&mut self, ask: &Ask) -> Answer {
        match (ask.method.as_str(), ask.path.as_str()) {
            ("POST", QUERY) => self.query(ask),
            ("OPTIONS", PLACES) => Self::places_told(),
            (_, path) if is_private(path) && !is_let_in(ask) => Answer::text(401, ""),
            ("POST", FILES) => self.publish(ask),
            ("GET", path) if is_private(path) => self.look(path),
            ("PUT", path) if is_private(path) => self.publish(ask),
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
        if status == 401 { Answer::text(status, "") } else { problem(status, message) }
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        vec![(GALLERY.to_owned(), "/"), (format!("{}/", self.base), "/")]
    }

    fn listens_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[LAG]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        if fault == LAG && ask.path == QUERY {
            return Answer::json(200, &json!({"results": [{"extensions": []}]}));
        }
        self.answer(ask)
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        is_private(&ask.path) && ask.method != "GET"
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
    let (path, is_signed_in) = match words[..] {
        ["publish", "--packagePath", path, "--skip-duplicate"] => (path, false),
        ["publish", "--packagePath", path, "--skip-duplicate", "--azure-credential"] => {
            (path, true)
        }
        _ => return Err(format!("the rehearsal knows no vsce {words:?}")),
    };
    let told = |name: &str| {
        let mut told = command.get_envs().filter(|(key, _)| *key == name);
        let value = told.next().and_then(|(_, value)| value);
        value.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let (gallery, token) = (told("VSCE_MARKETPLACE_URL"), told("VSCE_PAT"));
    let token = match (token.as_str(), is_signed_in) {
        ("", true) if told("AZURE_CLIENT_ID") == CLIENT => TOKEN.to_owned(),
        ("", true) => {
            return Err("Can not acquire a Microsoft Entra ID access token.".to_owned());
        }
        _ => token,
    };
    let credential = BASE64_STANDARD.encode(format!("OAuth:{token}"));
    let send = |method: &str, path: &str, body: Vec<u8>| {
        let mut ask = Ask { body, ..Ask::new(method, path) };
        ask.headers.insert("authorization".to_owned(), format!("Basic {credential}"));
        let (answer, delivery) = reach(&format!("{gallery}{path}"), ask);
        if delivery != Delivery::Whole {
            return Err(format!("Request timeout: {path}"));
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        // It tells the message alone where there is one, and the status where there is nothing.
        let why = match (said["message"].as_str(), String::from_utf8_lossy(&answer.body)) {
            (Some(message), _) => message.to_owned(),
            (None, text) if !text.is_empty() => text.into_owned(),
            _ => format!("Failed request: ({})", answer.status),
        };
        Ok((answer.status, said, why))
    };
    let path = command.get_current_dir().unwrap_or(Path::new(".")).join(path);
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let Held { id, version, platform, .. } = about(&bytes).ok_or("the file is no extension")?;
    let (publisher, name) = id.split_once('.').ok_or("no publisher")?;
    let place = format!("{PUBLISHERS}{publisher}/extensions/{name}");
    let skipped = || format!(" DONE  Version {version} is already published. Skipping publish.\n");
    let (method, place) = match send("GET", &place, Vec::new())? {
        (404, ..) => ("POST", FILES),
        (200, said, _) => {
            let mut listed = said["versions"].as_array().into_iter().flatten();
            if listed.any(|it| it["version"] == *version && it["targetPlatform"] == *platform) {
                return Ok(skipped());
            }
            ("PUT", place.as_str())
        }
        (_, _, why) => return Err(why),
    };
    match send(method, place, bytes)? {
        (200 | 201, ..) => Ok(format!(" DONE  Published {id} ({platform}) v{version}.\n")),
        // One that was to be made and is there is an error of the client's own.
        (409, ..) if method == "PUT" => Ok(skipped()),
        (_, _, why) => Err(why),
    }
}
