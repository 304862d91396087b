//! Registries that speak npm's protocol, the public one and GitHub's for the scope of one owner;
//! and what stands in for `npm` itself.
//!
//! As strict as the real ones where it matters: writing needs the token (401), and GitHub's
//! registry wants it for reading too and takes only names in its owner's scope, with a link to a
//! repository (403); a version is taken once and never changes (403, of GitHub 409); bytes that are
//! not those of the integrity that comes with them are refused (400); a tag names a version that
//! is there; the first version of a package becomes `latest` whatever its tag. An index that lags
//! behind shows the state before the last change for a number of looks. Where it is found at
//! `registry.` and a name, it counts downloads at `api.` and that name, which knows no package that
//! is new (404). The tests of the channels drive the same code with real npm.
//!
//! # Source
//!
//! <https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md> and
//! <https://github.com/npm/registry/blob/main/docs/download-counts.md>; what `npm publish` sends is
//! `libnpmpublish`, <https://github.com/npm/cli/tree/latest/workspaces/libnpmpublish>.

use std::collections::BTreeMap;

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

use crate::file;
use crate::pack::archive;
use crate::process::Finished;
use crate::rehearse::{Answer, Ask, Delivery, Host};
use crate::target::Os;

/// The token that the public one knows.
pub const TOKEN: &str = "npm_theOnlyTokenThatThisRegistryKnows";

/// A version is taken, and the answer is that of a registry that had it before: what npm is told
/// when it sends again what it got no answer to.
pub const FALSE_REFUSAL: &str = "false refusal";

/// What is in a path between a package and its files.
const FILES: &str = "/-/";

/// Below what downloads are counted here.
const COUNTS: &str = "/-counts";

/// Whose registry it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// That of npm: everybody reads.
    Public,
    /// That of GitHub, for the scope of this owner, in lower case.
    Of(&'static str),
}

/// A package.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Package {
    /// What is said about each version.
    pub versions: BTreeMap<String, Value>,
    /// The versions that tags name.
    pub tags: BTreeMap<String, String>,
    /// The bytes of each version.
    files: BTreeMap<String, Vec<u8>>,
}

/// A registry.
#[derive(Debug, Clone)]
pub struct Registry {
    /// Whose it is.
    pub kind: Kind,
    /// The token that it takes.
    pub token: String,
    /// The packages by name.
    pub packages: BTreeMap<String, Package>,
    /// How many looks after each change still show the state before it.
    pub lag: usize,
    /// Where it is found.
    pub base: String,
    /// How often each version of a package was downloaded in the last week, by the package's name.
    pub downloads: BTreeMap<String, BTreeMap<String, u64>>,
    /// What is shown instead of a package, and to how many looks.
    earlier: BTreeMap<String, (Option<Package>, usize)>,
    taken: Vec<String>,
}

impl Registry {
    /// Makes an empty one that takes a token, found at an address without a slash at its end.
    pub fn new(kind: Kind, base: &str, token: &str) -> Self {
        Self {
            kind,
            token: token.to_owned(),
            packages: BTreeMap::new(),
            lag: 0,
            base: base.to_owned(),
            downloads: BTreeMap::new(),
            earlier: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    /// Puts a version there that was published before, with nothing in it.
    pub fn hold(&mut self, name: &str, version: &str) {
        let integrity = integrity(b"");
        let about = json!({"name": name, "version": version, "dist": {"integrity": integrity}});
        let package = self.packages.entry(name.to_owned()).or_default();
        package.versions.insert(version.to_owned(), about);
        package.files.insert(version.to_owned(), Vec::new());
        package.tags.insert("latest".to_owned(), version.to_owned());
    }

    fn channel(&self) -> &'static str {
        if self.kind == Kind::Public { "npm" } else { "github-packages" }
    }

    /// What lets nobody in who has no right, or nothing.
    fn barred(&self, ask: &Ask) -> Option<Answer> {
        let is_read = ask.method == "GET" && self.kind == Kind::Public;
        match ask.credential() {
            Some(token) if token == self.token => None,
            None if is_read => None,
            _ => Some(problem(401, "unauthenticated: no token, or one that is not known")),
        }
    }

    fn shown_of(&mut self, name: &str) -> Option<Package> {
        match self.earlier.get_mut(name) {
            Some((earlier, looks)) if 0 < *looks => {
                *looks -= 1;
                earlier.clone()
            }
            _ => self.packages.get(name).cloned(),
        }
    }

    fn describe(&mut self, name: &str) -> Answer {
        let Some(package) = self.shown_of(name) else { return problem(404, "Not found") };
        let mut versions = Map::new();
        for (version, about) in &package.versions {
            let mut about = about.clone();
            let file = format!("{}-{version}.tgz", name.rsplit('/').next().unwrap_or(name));
            about["dist"]["tarball"] = format!("{}/{name}{FILES}{file}", self.base).into();
            versions.insert(version.clone(), about);
        }
        let about = json!({
            "_id": name, "name": name, "dist-tags": package.tags, "versions": versions,
        });
        Answer::json(200, &about)
    }

    /// What is said of downloads: of all versions, or of each.
    fn count(&self, path: &str) -> Answer {
        let of_each = path.strip_prefix("/versions/").and_then(|at| at.strip_suffix("/last-week"));
        let of_all = path.strip_prefix("/downloads/point/last-week/");
        let Some(name) = of_each.or(of_all) else { return problem(404, "not found") };
        let Some(each) = self.downloads.get(name) else {
            return problem(404, &format!("package {name} not found"));
        };
        let total: u64 = each.values().sum();
        let downloads = if of_each.is_some() { json!(each) } else { json!(total) };
        Answer::json(200, &json!({"downloads": downloads, "package": name}))
    }

    fn file(&self, name: &str, file: &str) -> Answer {
        let stem = name.rsplit('/').next().unwrap_or(name);
        let version = file.strip_prefix(&format!("{stem}-")).and_then(|f| f.strip_suffix(".tgz"));
        let package = self.packages.get(name);
        let bytes = package.zip(version).and_then(|(package, version)| package.files.get(version));
        bytes.map_or_else(
            || problem(404, "Not found"),
            |bytes| Answer::of(200, "application/octet-stream", bytes.clone()),
        )
    }

    /// A new version, or new words about those that are there.
    fn put(&mut self, ask: &Ask, name: &str) -> Answer {
        let Ok(sent) = serde_json::from_slice::<Value>(&ask.body) else {
            return problem(400, "the body is no JSON");
        };
        if sent["name"] != name {
            return problem(400, "the body is about another package");
        }
        let attached = sent["_attachments"].as_object().and_then(|all| all.values().next());
        match attached {
            None => self.describe_anew(name, &sent),
            Some(attached) => self.publish(name, &sent, attached),
        }
    }

    fn publish(&mut self, name: &str, sent: &Value, attached: &Value) -> Answer {
        let about = sent["versions"].as_object().and_then(|versions| versions.iter().next());
        let Some((version, about)) = about else { return problem(400, "no version") };
        if let Kind::Of(owner) = &self.kind {
            let is_in_scope =
                name.starts_with(&format!("@{owner}/")) && *name == name.to_lowercase();
            if !is_in_scope || about["repository"]["url"].as_str().is_none_or(str::is_empty) {
                return problem(403, "Permission denied: the package is of no repository of yours");
            }
        }
        let known = self.packages.get(name);
        if known.is_some_and(|known| known.versions.contains_key(version)) {
            return self.over(version);
        }
        let data = attached["data"].as_str().and_then(|data| BASE64_STANDARD.decode(data).ok());
        let Some(bytes) = data else { return problem(400, "the attachment is not base64") };
        if about["dist"]["integrity"] != integrity(&bytes) {
            return problem(400, "the integrity is not that of the bytes");
        }
        self.remember(name);
        let package = self.packages.entry(name.to_owned()).or_default();
        package.versions.insert(version.clone(), about.clone());
        package.files.insert(version.clone(), bytes);
        let tags = sent["dist-tags"].as_object().into_iter().flatten();
        let tags: Vec<String> = tags.map(|(tag, _)| tag.clone()).collect();
        for tag in tags {
            package.tags.insert(tag, version.clone());
        }
        package.tags.entry("latest".to_owned()).or_insert_with(|| version.clone());
        self.taken.push(format!("{}/{name}@{version}", self.channel()));
        Answer::json(201, &json!({"ok": true, "success": true}))
    }

    /// What is said of a version that is there.
    fn over(&self, version: &str) -> Answer {
        let (status, text) = match self.kind {
            Kind::Public => (403, "You cannot publish over the previously published versions"),
            Kind::Of(_) => (409, "Cannot publish over existing version"),
        };
        problem(status, &format!("{text}: {version}."))
    }

    fn describe_anew(&mut self, name: &str, sent: &Value) -> Answer {
        if !self.packages.contains_key(name) {
            return problem(404, "Not found");
        }
        self.remember(name);
        let Some(package) = self.packages.get_mut(name) else { return problem(404, "Not found") };
        for (version, about) in &mut package.versions {
            let said = sent["versions"][version]["deprecated"].as_str().unwrap_or_default();
            about["deprecated"] = said.into();
            if said.is_empty() {
                about.as_object_mut().expect("an object").remove("deprecated");
            }
        }
        Answer::json(200, &json!({"ok": true}))
    }

    fn tag(&mut self, ask: &Ask, name: &str, tag: &str) -> Answer {
        let version = serde_json::from_slice::<Value>(&ask.body).unwrap_or_default();
        let version = version.as_str().unwrap_or_default().to_owned();
        if self.packages.get(name).is_none_or(|known| !known.versions.contains_key(&version)) {
            return problem(404, "there is no such version");
        }
        self.remember(name);
        let package = self.packages.entry(name.to_owned()).or_default();
        package.tags.insert(tag.to_owned(), version);
        Answer::json(200, &json!({"ok": true}))
    }

    fn remember(&mut self, name: &str) {
        let earlier = self.packages.get(name).cloned();
        self.earlier.insert(name.to_owned(), (earlier, self.lag));
    }
}

impl Host for Registry {
    fn answer(&mut self, ask: &Ask) -> Answer {
        if let Some(answer) = self.barred(ask) {
            return answer;
        }
        let path = ask.plain_path();
        if let Some(path) = path.strip_prefix(COUNTS) {
            return self.count(path);
        }
        let path = path.trim_start_matches('/');
        let tags = path.strip_prefix("-/package/").and_then(|rest| rest.split_once("/dist-tags"));
        match (ask.method.as_str(), tags) {
            ("GET", Some((name, ""))) => {
                let package = self.shown_of(name);
                package.map_or_else(
                    || problem(404, "Not found"),
                    |package| Answer::json(200, &json!(package.tags)),
                )
            }
            ("PUT", Some((name, tag))) if tag.starts_with('/') => {
                self.tag(ask, name, tag.trim_start_matches('/'))
            }
            ("GET", None) => match path.split_once(FILES) {
                Some((name, file)) => self.file(name, file),
                None => self.describe(path),
            },
            // Words about versions name the revision that they are for, behind the package.
            ("PUT", None) => {
                let name = path.split("/-rev/").next().unwrap_or(path).to_owned();
                self.put(ask, &name)
            }
            _ => problem(405, "method not allowed"),
        }
    }

    fn refuse(&self, status: u16, message: &str) -> Answer {
        problem(status, message)
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        let counts = self.base.replace("://registry.", "://api.");
        vec![(self.base.clone(), ""), (counts, COUNTS)]
    }

    fn listens_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.method == "PUT" && !ask.path.starts_with("/-/")
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[FALSE_REFUSAL]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        let answer = self.answer(ask);
        if fault == FALSE_REFUSAL && answer.status == 201 {
            self.over("sent again")
        } else {
            answer
        }
    }

    fn shown(&self) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::new();
        for (name, package) in &self.packages {
            for (version, bytes) in &package.files {
                let name = format!("{}/{name}@{version}", self.channel());
                shown.insert(name, file::digest_of(bytes).sha256);
            }
            for (tag, version) in &package.tags {
                shown.insert(format!("{}/{name} {tag}", self.channel()), version.clone());
            }
        }
        shown
    }

    fn taken(&self) -> Vec<String> {
        self.taken.clone()
    }
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(bytes)))
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"error": message}))
}

/// Carries a request to the service of an address.
pub type Reach<'a> = dyn Fn(&str, Ask) -> (Answer, Delivery) + 'a;

/// Stands in for npm, as far as channels use it to write; `reach` finds the registry.
pub fn run(command: &Command, reach: &Reach<'_>) -> Finished {
    let words: Vec<String> =
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let call = Call { command, reach };
    let ended = match &words[..] {
        ["config", "get", _] => Ok("undefined\n".to_owned()),
        ["publish", "--json", "--access", "public", "--tag", tag, path] => call.publish(path, tag),
        ["dist-tag", "add", spec, tag, "--json"] => call.tag(spec, tag),
        ["deprecate", spec, text, "--json"] => call.deprecate(spec, text),
        _ => Err(("EUSAGE".to_owned(), format!("the rehearsal knows no npm {words:?}"))),
    };
    match ended {
        Ok(text) => Finished { is_success: true, output: text.into(), complaint: String::new() },
        Err((code, summary)) => {
            let error = json!({"error": {"code": code, "summary": summary, "detail": ""}});
            let output = error.to_string().into_bytes();
            Finished { is_success: false, output, complaint: format!("npm error code {code}\n") }
        }
    }
}

/// One call of npm.
struct Call<'a> {
    command: &'a Command,
    reach: &'a Reach<'a>,
}

/// npm's code for what went wrong, and a line about it.
type Failure = (String, String);

impl Call<'_> {
    fn variable(&self, wanted: &str) -> Option<String> {
        let found = self.command.get_envs().find(|(name, _)| *name == wanted);
        Some(found?.1?.to_string_lossy().into_owned())
    }

    /// Sends a request about a package to where npm is told that its scope is.
    fn send(&self, ask: Ask, name: &str) -> Result<Value, Failure> {
        let scope = name.split_once('/').map(|(scope, _)| scope);
        let own = scope.and_then(|scope| self.variable(&format!("npm_config_{scope}:registry")));
        let url = own.or_else(|| self.variable("npm_config_registry"));
        let url = url.ok_or_else(|| ("EUSAGE".to_owned(), "no registry is set".to_owned()))?;
        let place = url.split_once(':').map_or("", |(_, place)| place);
        let token = self.variable(&format!("npm_config_{place}:_authToken"));
        let label = format!("{} {url}{}", ask.method, ask.path.trim_start_matches('/'));
        let mut ask = ask;
        if let Some(token) = token {
            ask.headers.insert("authorization".to_owned(), format!("Bearer {token}"));
        }
        let whole = format!("{}{}", url.trim_end_matches('/'), ask.path);
        let (answer, delivery) = (self.reach)(&whole, ask);
        if delivery != Delivery::Whole {
            return Err(("ECONNRESET".to_owned(), format!("request to {label} failed")));
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200..=299 => Ok(said),
            status => {
                let why = said["error"].as_str().unwrap_or_default();
                Err((format!("E{status}"), format!("{status} - {label} - {why}")))
            }
        }
    }

    fn publish(&self, path: &str, tag: &str) -> Result<String, Failure> {
        let unread = |why: &str| ("EINVALIDPACKAGE".to_owned(), format!("{path}: {why}"));
        let bytes = std::fs::read(path).map_err(|error| unread(&error.to_string()))?;
        let members = archive::unpack(&bytes, Os::Linux).map_err(|why| unread(&why))?;
        let manifest = members.iter().find(|member| member.path == "package/package.json");
        let manifest = manifest.ok_or_else(|| unread("no package.json"))?;
        let mut about: Value =
            serde_json::from_slice(&manifest.bytes).map_err(|error| unread(&error.to_string()))?;
        let [name, version] =
            ["name", "version"].map(|key| about[key].as_str().unwrap_or_default().to_owned());
        about["dist"] = json!({"integrity": integrity(&bytes)});
        let body = json!({
            "_id": name, "name": name, "access": "public",
            "dist-tags": {tag: version}, "versions": {&version: about},
            "_attachments": {format!("{name}-{version}.tgz"): {
                "content_type": "application/octet-stream",
                "data": BASE64_STANDARD.encode(&bytes), "length": bytes.len(),
            }},
        });
        self.send(put(&name.replace('/', "%2f"), &body), &name)?;
        Ok(json!({"id": format!("{name}@{version}")}).to_string())
    }

    fn tag(&self, spec: &str, tag: &str) -> Result<String, Failure> {
        let (name, version) = parts(spec);
        let path = format!("-/package/{}/dist-tags/{tag}", name.replace('/', "%2f"));
        self.send(put(&path, &json!(version)), name).map(|_| format!("+{tag}: {spec}\n"))
    }

    fn deprecate(&self, spec: &str, text: &str) -> Result<String, Failure> {
        let (name, version) = parts(spec);
        let path = name.replace('/', "%2f");
        let mut about = self.send(Ask::new("GET", &format!("/{path}?write=true")), name)?;
        about["versions"][version]["deprecated"] = text.into();
        self.send(put(&path, &about), name).map(|_| String::new())
    }
}

fn put(path: &str, body: &Value) -> Ask {
    Ask { body: body.to_string().into_bytes(), ..Ask::new("PUT", &format!("/{path}")) }
}

/// A name and a version with `@` between them.
fn parts(spec: &str) -> (&str, &str) {
    spec.rsplit_once('@').unwrap_or((spec, ""))
}
