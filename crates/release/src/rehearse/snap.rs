//! The Snap Store, and what stands in for the tools of snaps: `snap`, `unsquashfs`, `snapcraft`.
//!
//! As strict as the real store where it matters: everybody asks with the series of the device
//! (400), writing needs the credentials (401) and a name that is registered (404); an upload is two
//! steps, and only the second makes a revision; bytes that the store had before are refused,
//! whatever version they are of; one version may have any number of revisions; a channel gives one
//! revision for each processor. What was uploaded and released to no channel is shown to nobody.
//!
//! The tools keep a snap as a zip here: no squashfs is needed to see what a run does. The tests of
//! the channels pack and unpack with the real ones.
//!
//! # Source
//!
//! `storeapi` of <https://github.com/canonical/snapcraft>, and
//! <https://api.snapcraft.io/docs/info.html>.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::carrier;
use crate::file;
use crate::pack::archive::{self, Member};
use crate::process::Finished;
use crate::rehearse::hand::NOW;
use crate::rehearse::{Answer, Ask, Delivery, Host};
use crate::target::Os;

/// The credentials that the store knows.
pub const CREDENTIALS: &str = "cmVoZWFyc2FsLW9mLXRoZS1zbmFwLXN0b3Jl";

/// The addresses for which it stands.
const PLACES: [&str; 2] = ["https://api.snapcraft.io/", "https://dashboard.snapcraft.io/"];

/// What the store says of bytes that it had before.
const HAD_BEFORE: &str = "binary_sha3_384: A file with this exact same content has already been \
                          uploaded";

/// An upload that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The version that its `snap.yaml` says.
    pub version: String,
    /// The processor.
    pub processor: String,
    /// The snap.
    pub bytes: Vec<u8>,
}

/// The store, for one name.
#[derive(Debug, Clone)]
pub struct Store {
    /// Whether the name is registered.
    pub is_registered: bool,
    /// Whether what is downloaded is another snap than what was uploaded.
    pub is_spoiling: bool,
    /// What was taken; a revision is the place here, from 1.
    pub revisions: Vec<Revision>,
    /// The revisions that channels give, by channel and processor.
    pub channels: BTreeMap<(String, String), usize>,
    /// What was sent, and is no revision yet.
    pub scanned: Vec<Vec<u8>>,
}

impl Default for Store {
    fn default() -> Self {
        let (revisions, scanned) = (Vec::new(), Vec::new());
        let channels = BTreeMap::new();
        Self { is_registered: true, is_spoiling: false, revisions, channels, scanned }
    }
}

impl Store {
    fn info(&self, ask: &Ask) -> Answer {
        if ask.headers.get("snap-device-series").is_none_or(|series| series != "16") {
            return problem(400, "the header Snap-Device-Series is missing");
        }
        let entry = |((risk, processor), number): (&(String, String), &usize)| {
            let revision = &self.revisions[number - 1];
            json!({
                "channel": {
                    "architecture": processor, "name": risk, "risk": risk, "track": "latest",
                },
                "revision": number,
                "version": revision.version,
                "download": {
                    "size": revision.bytes.len(),
                    "url": format!("{}api/v1/snaps/download/{number}.snap", PLACES[0]),
                },
            })
        };
        let map: Vec<Value> = self.channels.iter().map(entry).collect();
        if map.is_empty() {
            return problem(404, "No snap named so found in series 16.");
        }
        Answer::json(200, &json!({"name": "contextlite", "channel-map": map}))
    }

    fn write(&mut self, ask: &Ask) -> Answer {
        if ask.credential() != Some(CREDENTIALS) {
            return problem(401, "Macaroon/Discharge authentication required");
        }
        if !self.is_registered {
            return problem(404, "snap not found: it is not registered");
        }
        let said: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        match (ask.method.as_str(), ask.path.as_str()) {
            ("POST", "/unscanned-upload/") => {
                self.scanned.push(ask.body.clone());
                Answer::json(200, &json!({"successful": true, "upload_id": self.scanned.len()}))
            }
            ("POST", "/dev/api/snap-push/") => self.push(&said),
            ("POST", "/dev/api/snap-release/") => {
                let number = said["revision"].as_u64().unwrap_or_default() as usize;
                self.release(number, &said["channels"])
            }
            ("GET", "/api/v2/snaps/contextlite/revisions") => {
                let row = |(at, revision): (usize, &Revision)| {
                    json!([at + 1, revision.processor, revision.version])
                };
                let rows: Vec<Value> = self.revisions.iter().enumerate().map(row).collect();
                Answer::json(200, &json!(rows))
            }
            _ => problem(404, "not found"),
        }
    }

    fn push(&mut self, said: &Value) -> Answer {
        let id = said["upload_id"].as_u64().unwrap_or_default() as usize;
        let Some(bytes) = id.checked_sub(1).and_then(|at| self.scanned.get(at)).cloned() else {
            return problem(400, "there is no such upload");
        };
        let Some((version, processor)) = about(&bytes) else {
            return problem(400, "the snap cannot be read");
        };
        if self.revisions.iter().any(|revision| revision.bytes == bytes) {
            return problem(400, HAD_BEFORE);
        }
        self.revisions.push(Revision { version, processor, bytes });
        self.release(self.revisions.len(), &said["channels"])
    }

    fn release(&mut self, number: usize, channels: &Value) -> Answer {
        let Some(revision) = number.checked_sub(1).and_then(|at| self.revisions.get(at)) else {
            return problem(404, "there is no such revision");
        };
        for risk in channels.as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.channels.insert((risk.to_owned(), revision.processor.clone()), number);
        }
        Answer::json(200, &json!({"success": true, "revision": number}))
    }
}

impl Host for Store {
    fn answer(&mut self, ask: &Ask) -> Answer {
        if let Some(rest) = ask.path.strip_prefix("/api/v1/snaps/download/") {
            let number: usize = rest.trim_end_matches(".snap").parse().unwrap_or_default();
            let revision = number.checked_sub(1).and_then(|at| self.revisions.get(at));
            let other = archive::zip(&[&Member::paper("meta/snap.yaml", "name: other\n")], NOW);
            let bytes = revision.map(|revision| revision.bytes.clone());
            return bytes.map(|bytes| if self.is_spoiling { other } else { bytes }).map_or_else(
                || problem(404, "not found"),
                |bytes| Answer::of(200, "application/octet-stream", bytes),
            );
        }
        match ask.path.strip_prefix("/v2/snaps/info/") {
            Some("contextlite") => self.info(ask),
            Some(_) => problem(404, "No snap named so found in series 16."),
            None => self.write(ask),
        }
    }

    fn refuse(&self, status: u16, message: &str) -> Answer {
        problem(status, message)
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        PLACES.map(|place| (place.to_owned(), "/")).into()
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.path == "/unscanned-upload/"
    }

    fn shown(&self) -> BTreeMap<String, String> {
        let shown = self.channels.iter().map(|((risk, processor), number)| {
            let form = file::digest_of(&self.revisions[number - 1].bytes).sha256;
            (format!("snap/{risk} {processor}"), form)
        });
        shown.collect()
    }

    fn taken(&self) -> Vec<String> {
        let name =
            |revision: &Revision| format!("snap/{} {}", revision.version, revision.processor);
        self.revisions.iter().map(name).collect()
    }
}

/// The version and the processor in a snap, which has to be whole.
fn about(bytes: &[u8]) -> Option<(String, String)> {
    let members = archive::unpack(bytes, Os::Windows).ok()?;
    let meta = members.iter().find(|member| member.path == "meta/snap.yaml")?;
    let text = String::from_utf8_lossy(&meta.bytes).into_owned();
    let field = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches(['\'', '[', ']', ' ']).to_owned())
    };
    Some((field("version: ")?, field("architectures: ")?))
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error-list": [{"code": status, "message": message}]}))
}

/// Carries a request to the service of an address.
type Reach<'a> = dyn Fn(&str, Ask) -> (Answer, Delivery) + 'a;

fn ended(result: Result<String, String>) -> Finished {
    match result {
        Ok(text) => Finished { is_success: true, output: text.into(), complaint: String::new() },
        Err(complaint) => Finished { is_success: false, output: Vec::new(), complaint },
    }
}

fn words(command: &Command) -> Vec<String> {
    command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
}

fn folder(command: &Command) -> PathBuf {
    command.get_current_dir().unwrap_or(Path::new(".")).to_owned()
}

/// What stands in for `snap pack`.
pub fn pack(command: &Command) -> Finished {
    let run = || {
        let words = words(command);
        let [_, prime, _, name] = &words[..] else { return Err(format!("snap: {words:?}")) };
        let folder = folder(command);
        let phrase = |error: crate::error::Error| error.to_string();
        let members = carrier::client(&folder.join(prime)).map_err(phrase)?;
        let bytes = archive::zip(&members.iter().collect::<Vec<_>>(), NOW);
        let name = name.trim_start_matches("--filename=");
        file::write_whole(&folder.join(name), &bytes).map_err(phrase)?;
        Ok(format!("built: {name}\n"))
    };
    ended(run())
}

/// What stands in for `unsquashfs`.
pub fn unpack(command: &Command) -> Finished {
    let run = || {
        let words = words(command);
        let [_, _, to, name] = &words[..] else { return Err(format!("unsquashfs: {words:?}")) };
        let folder = folder(command);
        let bytes = std::fs::read(folder.join(name)).map_err(|error| error.to_string())?;
        for Member { path, bytes, .. } in archive::unpack(&bytes, Os::Windows)? {
            let written = file::write_program(&folder.join(to).join(path), &bytes);
            written.map_err(|error| error.to_string())?;
        }
        Ok(String::new())
    };
    ended(run())
}

/// What stands in for `snapcraft`.
pub fn run(command: &Command, reach: &Reach<'_>) -> Finished {
    let key = command.get_envs().find(|(name, _)| *name == "SNAPCRAFT_STORE_CREDENTIALS");
    let key = key.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned());
    let credential = format!("Macaroon {}", key.unwrap_or_default());
    let send = |method: &str, path: &str, body: Vec<u8>| {
        let mut ask = Ask { body, ..Ask::new(method, path) };
        ask.headers.insert("authorization".to_owned(), credential.clone());
        let (answer, delivery) = reach(&format!("{}{}", PLACES[1], &path[1..]), ask);
        if delivery != Delivery::Whole {
            return Err("Encountered network error: connection aborted".to_owned());
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = said["error-list"][0]["message"].as_str().unwrap_or_default();
        match answer.status {
            200 => Ok(said),
            401 => Err(format!("The provided credentials are not valid: {message}")),
            status => Err(format!("The store answered {status}: {message}")),
        }
    };
    let json = |value: Value| value.to_string().into_bytes();
    let all = words(command);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let go = || match &all[..] {
        ["upload", name, channels] => {
            let bytes = std::fs::read(folder(command).join(name)).map_err(|e| e.to_string())?;
            let id = send("POST", "/unscanned-upload/", bytes)?["upload_id"].clone();
            let channels = [channels.trim_start_matches("--release=")];
            let body = json(json!({"upload_id": id, "channels": channels}));
            let said = send("POST", "/dev/api/snap-push/", body)?;
            Ok(format!("Revision {} created\n", said["revision"]))
        }
        ["release", _, revision, channels] => {
            let channels: Vec<&str> = channels.split(',').collect();
            let revision: u64 = revision.parse().unwrap_or_default();
            let body = json(json!({"revision": revision, "channels": channels}));
            send("POST", "/dev/api/snap-release/", body)?;
            Ok("released\n".to_owned())
        }
        ["revisions", name] => {
            let said = send("GET", &format!("/api/v2/snaps/{name}/revisions"), Vec::new())?;
            let row = |row: &Value| {
                let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
                format!("{}  2026-11-22T10:30:00Z  {}  {}  -\n", row[0], text(1), text(2))
            };
            let rows: String = said.as_array().into_iter().flatten().map(row).collect();
            Ok(format!("Rev.  Uploaded  Arches  Version  Channels\n{rows}"))
        }
        _ => Err(format!("snapcraft: {all:?}")),
    };
    ended(go())
}
