//! Chocolatey: a gallery where a version waits to be let through, sometimes for weeks.
//!
//! As strict as the real one where it matters: the key has to be a GUID (400) and the right one,
//! and the package ours (403); the first version blocks all others until it is approved (403); a
//! version that waits is taken again, and its wait begins anew; one that was approved never changes
//! and one that was rejected never comes back (409); what is no package breaks the host (500). What
//! waits is seen by its own address and its bytes can be fetched, but feeds pass over it.
//!
//! # Source
//!
//! `ApiController.CreatePackageInternal` of the gallery's published source.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha512};

use crate::file;
use crate::pack::archive;
use crate::rehearse::{Answer, Ask, Host};
use crate::target::Os;

/// The key that the host knows.
pub const KEY: &str = "0b7f1a52-52c1-4f0e-9f4e-7d7f3c6a1f4d";

/// A push is answered as if the version was there and could not be changed; it is not taken.
pub const TAKEN: &str = "taken";

/// The addresses for which it stands.
const PLACES: [&str; 2] = ["https://push.chocolatey.org/", "https://community.chocolatey.org/"];

/// How many versions of one package may wait.
const WAITING_MAX: usize = 10;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Submitted,
    /// Everybody gets it.
    Approved,
    /// It never will be let through.
    Rejected,
}

/// A version that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The package.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub status: Status,
}

/// The gallery.
#[derive(Debug, Clone, Default)]
pub struct Chocolatey {
    /// The versions of our package, by id and version.
    pub versions: BTreeMap<(String, String), Held>,
    /// Whether the package belongs to somebody else.
    pub is_owned: bool,
    /// Whether what is answered loses its text on the way.
    pub is_mute: bool,
    pushes: Vec<String>,
}

impl Chocolatey {
    /// Lets a version through, or not.
    ///
    /// # Panics
    ///
    /// If it was never pushed.
    pub fn moderate(&mut self, version: &str, status: Status) {
        let held = self.versions.iter_mut().find(|((_, other), _)| other == version);
        held.expect("a version that was pushed").1.status = status;
    }

    fn push(&mut self, ask: &Ask) -> Answer {
        let said = ask.headers.get("x-nuget-apikey").map_or("", String::as_str);
        let is_guid = said.len() == KEY.len()
            && said.chars().zip(KEY.chars()).all(|(c, k)| (c == '-') == (k == '-'))
            && said.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        if !is_guid {
            return Answer::text(400, &format!("The API key '{said}' is invalid."));
        }
        let rights = "The specified API key does not provide the authority to push packages. This \
                      package may already exist and be owned by a different user.";
        if said != KEY || self.is_owned {
            return Answer::text(403, rights);
        }
        let Some((id, version, bytes)) = package_in(ask) else {
            return Answer::text(500, "An error has occurred.");
        };
        let held = self.versions.get(&(id.clone(), version.clone())).map(|held| held.status);
        let count = |status| {
            let ours = self.versions.iter().filter(|((other, _), _)| *other == id);
            ours.filter(|(_, held)| held.status == status).count()
        };
        let waiting = count(Status::Submitted);
        match held {
            Some(Status::Rejected) => {
                let text = "This package has been rejected and can no longer be submitted.";
                return Answer::text(409, text);
            }
            Some(Status::Approved) => return exists(&id, &version),
            None if count(Status::Approved) == 0 && 0 < waiting => {
                let text = format!(
                    "\nPlease wait until a minimum of 1 version of the {id} package have been \
                     approved,\nbefore pushing a new version.\n"
                );
                return Answer::text(403, &text);
            }
            _ if WAITING_MAX <= waiting => {
                let text = format!(
                    "\nPlease wait to submit more versions of {id} until the current versions are \
                     approved or rejected.\n"
                );
                return Answer::text(403, &text);
            }
            _ => {}
        }
        self.pushes.push(name(&id, &version));
        self.versions.insert((id, version), Held { bytes, status: Status::Submitted });
        Answer::text(201, "Package has been pushed and will show up once moderated and approved.")
    }

    fn entry(&self, id: &str, version: &str) -> Option<String> {
        let held = self.versions.get(&(id.to_owned(), version.to_owned()))?;
        let (status, submitted) = match held.status {
            Status::Submitted => ("Submitted", "Pending"),
            Status::Approved => ("Approved", "Ready"),
            Status::Rejected => ("Rejected", "Waiting"),
        };
        let approved = |((other, _), held): &(&(String, String), &Held)| {
            other == id && held.status == Status::Approved
        };
        let latest = self.versions.iter().filter(approved).map(|((_, version), _)| version);
        let latest = latest.max_by_key(|version| numbers(version));
        let properties = [
            ("Version", version.to_owned()),
            ("IsLatestVersion", (latest.map(String::as_str) == Some(version)).to_string()),
            ("IsApproved", (held.status == Status::Approved).to_string()),
            ("PackageStatus", status.to_owned()),
            ("PackageSubmittedStatus", submitted.to_owned()),
            ("PackageHash", BASE64_STANDARD.encode(Sha512::digest(&held.bytes))),
            ("PackageHashAlgorithm", "SHA512".to_owned()),
            ("DownloadCount", "12".to_owned()),
            ("VersionDownloadCount", "5".to_owned()),
        ];
        let mut text = format!(
            "<entry><id>{}api/v2/Packages(Id='{id}',Version='{version}')</id>\
             <title type=\"text\">{id}</title><m:properties>",
            PLACES[1]
        );
        for (key, value) in properties {
            let _ = write!(text, "<d:{key}>{value}</d:{key}>");
        }
        Some(text + "<d:ReportAbuse m:null=\"true\" /></m:properties></entry>")
    }

    fn read(&self, ask: &Ask) -> Option<Answer> {
        let atom = |text: String| Answer::of(200, "application/atom+xml", text.into_bytes());
        let path = ask.plain_path();
        if path == "/api/v2/FindPackagesById()" {
            let id = ask.query.get("id")?.trim_matches('\'').to_owned();
            let ours = self.versions.iter().filter(|((other, _), held)| {
                other.eq_ignore_ascii_case(&id) && held.status == Status::Approved
            });
            let entries: String =
                ours.filter_map(|((id, version), _)| self.entry(id, version)).collect();
            return Some(atom(format!("<feed xmlns=\"x\">{entries}</feed>")));
        }
        if let Some(rest) = path.strip_prefix("/api/v2/Packages(Id='") {
            let (id, version) = rest.strip_suffix("')")?.split_once("',Version='")?;
            return self.entry(id, version).map(atom);
        }
        let (id, version) = path.strip_prefix("/api/v2/package/")?.split_once('/')?;
        let held = self.versions.get(&(id.to_owned(), version.to_owned()))?;
        Some(Answer::of(200, "application/zip", held.bytes.clone()))
    }

    fn files(&self, status: Status) -> BTreeMap<String, String> {
        let held = self.versions.iter().filter(|(_, held)| held.status == status);
        let file = |((id, version), held): (&(String, String), &Held)| {
            (name(id, version), file::digest_of(&held.bytes).sha256)
        };
        held.map(file).collect()
    }
}

impl Host for Chocolatey {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let mut answer = match ask.method.as_str() {
            "PUT" if ask.path == "/api/v2/package/" => self.push(ask),
            "GET" => self.read(ask).unwrap_or_else(|| Answer::text(404, "Not Found")),
            _ => Answer::text(405, "Method Not Allowed"),
        };
        if self.is_mute && 400 <= answer.status {
            answer.body.clear();
        }
        answer
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        PLACES.map(|place| (place.to_owned(), "/")).into()
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.method == "PUT"
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[TAKEN]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        if fault == TAKEN && ask.method == "PUT" {
            return exists("the package", "this version");
        }
        self.answer(ask)
    }

    fn shown(&self) -> BTreeMap<String, String> {
        self.files(Status::Approved)
    }

    fn pending(&self) -> BTreeMap<String, String> {
        self.files(Status::Submitted)
    }

    fn approve(&mut self) {
        for held in self.versions.values_mut() {
            held.status = Status::Approved;
        }
    }

    fn taken(&self) -> Vec<String> {
        self.pushes.clone()
    }
}

fn exists(id: &str, version: &str) -> Answer {
    let text = format!(
        "A package with id '{id}' and version '{version}' already exists and cannot be modified."
    );
    Answer::text(409, &text)
}

fn name(id: &str, version: &str) -> String {
    format!("chocolatey/{id}.{version}.nupkg")
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').filter_map(|number| number.parse().ok()).collect()
}

/// The package in a form, with what its manifest says it is.
fn package_in(ask: &Ask) -> Option<(String, String, Vec<u8>)> {
    let kind = ask.headers.get("content-type")?;
    let boundary = kind.split_once("boundary=")?.1.trim_matches('"');
    let start = format!("--{boundary}\r\n").into_bytes();
    let end = format!("\r\n--{boundary}--\r\n").into_bytes();
    let part = ask.body.strip_prefix(&start[..])?.strip_suffix(&end[..])?;
    let head = part.windows(4).position(|four| four == b"\r\n\r\n")?;
    let bytes = part[head + 4..].to_owned();
    let members = archive::unpack(&bytes, Os::Windows).ok()?;
    let manifest = members.iter().find(|member| member.path.ends_with(".nuspec"))?;
    let text = String::from_utf8_lossy(&manifest.bytes).into_owned();
    let field = |name: &str| {
        let rest = text.split_once(&format!("<{name}>"))?.1;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    Some((field("id")?, field("version")?, bytes))
}
