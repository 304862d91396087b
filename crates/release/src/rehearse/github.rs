//! A GitHub host in a few hundred lines: releases, files, tags, rules and limits.
//!
//! It is as strict as the real one where that matters to a release: drafts are seen only in
//! lists, one name is taken once, a published immutable release refuses everything, a broken
//! upload leaves an unfinished file that occupies its name, downloads redirect to a store that
//! refuses the token. The tests drive real `gh` against it.
//!
//! It stands for the pages of `https://github.com` too, as far as everybody downloads there, and
//! for a repository of others that takes pull requests ([`crate::rehearse::forge`]).
//!
//! # Source
//!
//! <https://docs.github.com/rest/releases>, and answers of the real host to `gh`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::file;
use crate::rehearse::forge::Forge;
use crate::rehearse::rest::{json_answer, problem};
use crate::rehearse::{Answer, Ask, Host};

/// The secret that the host knows.
pub const TOKEN: &str = "ghs_theOnlyTokenThatThisHostKnows";

/// The repository that the host has.
pub const REPOSITORY: &str = "Michael-A-Kuykendall/contextlite";

/// The commit that the tag names.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The fault of an upload that breaks off: an unfinished file stays behind.
pub const STUCK: &str = "stuck";

/// The fault that the host says that what is to be made is there.
pub const TAKEN: &str = "taken";

/// The fault that a person deletes every draft before the request arrives.
pub const VANISHED: &str = "vanished";

/// Where everybody downloads.
const PAGES: &str = "https://github.com/";

/// What the pages are here.
const PAGES_PATH: &str = "/pages/";

/// A file of a release.
#[derive(Debug, Clone)]
pub struct StoredAsset {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `uploaded`, or `starter` while it is unfinished.
    pub state: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Its content type, as it was sent.
    pub content_type: String,
}

/// A release.
#[derive(Debug, Clone)]
pub struct StoredRelease {
    /// Its number.
    pub id: u64,
    /// Its tag.
    pub tag: String,
    /// Its title.
    pub name: String,
    /// Its notes.
    pub body: String,
    /// What the tag is to name where there is none.
    pub target: String,
    /// Whether only its owner sees it.
    pub is_draft: bool,
    /// Whether it is none for everybody.
    pub is_prerelease: bool,
    /// Whether nothing of it may be changed.
    pub is_immutable: bool,
    /// Its files.
    pub assets: Vec<StoredAsset>,
}

/// What the repository's settings say, for who asks.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether it is a fork.
    pub is_fork: bool,
    /// Whether it is archived.
    pub is_archived: bool,
    /// The default right of a workflow's token, `read` or `write`.
    pub token_default: &'static str,
    /// The names of its secrets.
    pub secrets: Vec<&'static str>,
    /// The names of its variables.
    pub variables: Vec<&'static str>,
    /// The names of its environments.
    pub environments: Vec<&'static str>,
    /// What the token may do.
    pub may: May,
    /// When the token ends, as the host spells it; a workflow's own has no such header.
    pub expires: Option<&'static str>,
}

/// What the token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Read what everybody reads.
    Read,
    /// Write contents.
    Write,
    /// Read settings too.
    Administer,
}

/// The host.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// Where it listens, as its answers spell it.
    pub base: String,
    /// Where downloads are redirected to: another host.
    pub store: String,
    /// The commit of each tag.
    pub tags: BTreeMap<String, String>,
    /// All releases, drafts too.
    pub releases: Vec<StoredRelease>,
    /// The release that is shown first.
    pub latest: Option<u64>,
    /// The number that the next thing gets.
    pub next_id: u64,
    /// Whether releases are immutable once published.
    pub makes_immutable: bool,
    /// Tags of immutable releases, deleted ones too.
    pub used_tags: BTreeSet<String>,
    /// Whether answers say digests.
    pub says_digests: bool,
    /// How many look-ups of the list still miss the newest draft.
    pub lag: usize,
    /// The settings of the repository.
    pub settings: Settings,
    /// A repository of others that takes pull requests.
    pub forge: Forge,
    /// Each release that was ever published and each of its files.
    pub published: Vec<String>,
}

impl Default for GitHub {
    /// A host whose repository has our tag and nothing else.
    fn default() -> Self {
        Self {
            base: "http://127.0.0.1:1".to_owned(),
            store: "http://store.localhost".to_owned(),
            tags: [("v1.0.2".to_owned(), COMMIT.to_owned())].into(),
            releases: Vec::new(),
            latest: None,
            next_id: 1,
            makes_immutable: false,
            used_tags: BTreeSet::new(),
            says_digests: true,
            lag: 0,
            settings: Settings {
                is_fork: false,
                is_archived: false,
                token_default: "read",
                secrets: Vec::new(),
                variables: Vec::new(),
                environments: Vec::new(),
                may: May::Write,
                expires: None,
            },
            forge: Forge::default(),
            published: Vec::new(),
        }
    }
}

impl Host for GitHub {
    fn answer(&mut self, ask: &Ask) -> Answer {
        if let Some(page) = ask.path.strip_prefix(PAGES_PATH) {
            return self.page(page);
        }
        let path = ask.path.strip_prefix("/api/v3").unwrap_or(&ask.path);
        if let Some(id) = path.strip_prefix("/store/") {
            return self.store(ask, id);
        }
        if let Some(answer) = self.forge.answer(ask, path) {
            return answer;
        }
        match ask.credential() {
            None => return problem(401, "Requires authentication"),
            Some(token) if token != TOKEN => return problem(401, "Bad credentials"),
            Some(_) => {}
        }
        if path == "/graphql" {
            return self.graph(ask);
        }
        let Some(rest) =
            path.strip_prefix("/repos/").and_then(|rest| rest.strip_prefix(REPOSITORY))
        else {
            return problem(404, "Not Found");
        };
        if ask.method != "GET" && self.settings.is_archived {
            return problem(403, "Repository was archived so is read-only.");
        }
        if ask.method != "GET" && self.settings.may < May::Write {
            let answer = problem(403, "Resource not accessible by integration");
            return answer.with("x-accepted-github-permissions", "contents=write");
        }
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        self.route(ask, &parts)
    }

    fn refuse(&self, status: u16, message: &str) -> Answer {
        problem(status, message)
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        let own = [&self.base, &self.store].map(|place| (place.clone(), ""));
        own.into_iter().chain([(PAGES.to_owned(), PAGES_PATH)]).collect()
    }

    fn listens_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
        // Another name for the same socket: to a client it is another host.
        if let Some(port) = base.strip_prefix("http://127.0.0.1:") {
            self.store = format!("http://localhost:{port}");
        }
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.method == "POST" && ask.path.contains("/assets")
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[STUCK, TAKEN, VANISHED]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        match fault {
            TAKEN => return invalid("name", "already_exists", ""),
            VANISHED => self.releases.retain(|release| !release.is_draft),
            _ => {}
        }
        let answer = self.answer(ask);
        if fault == STUCK && self.is_upload(ask) && answer.status == 201 {
            let newest = self.next_id - 1;
            let all = self.releases.iter_mut().flat_map(|release| &mut release.assets);
            for asset in all.filter(|asset| asset.id == newest) {
                asset.state = "starter";
                asset.bytes.clear();
            }
            return problem(502, "Bad Gateway");
        }
        answer
    }

    fn shown(&self) -> BTreeMap<String, String> {
        let mut shown = self.forge.shown();
        for release in self.releases.iter().filter(|release| !release.is_draft) {
            let place = format!("github/{}", release.tag);
            let is_latest = self.latest == Some(release.id);
            let StoredRelease { name, body, is_prerelease, .. } = release;
            shown.insert(place.clone(), format!("{name}; {body}; {is_prerelease}; {is_latest}"));
            for asset in &release.assets {
                let digest = file::digest_of(&asset.bytes).sha256;
                shown.insert(format!("{place}/{}", asset.name), digest);
            }
        }
        shown
    }

    fn pending(&self) -> BTreeMap<String, String> {
        self.forge.pending()
    }

    fn approve(&mut self) {
        self.forge.approve();
    }

    fn taken(&self) -> Vec<String> {
        [&self.published[..], &self.forge.taken()].concat()
    }
}

impl GitHub {
    fn route(&mut self, ask: &Ask, parts: &[&str]) -> Answer {
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        match (ask.method.as_str(), parts) {
            ("GET", []) => {
                let answer = json_answer(200, &self.repository());
                match self.settings.expires {
                    Some(at) => answer.with("github-authentication-token-expiration", at),
                    None => answer,
                }
            }
            ("GET", ["commits", "tags", tag]) => self.commit(tag),
            ("GET", ["releases"]) => self.list(ask),
            ("POST", ["releases"]) => self.create(ask),
            ("GET", ["releases", "latest"]) => {
                self.release_answer(|host, release| host.latest == Some(release.id))
            }
            ("GET", ["releases", "tags", tag]) => {
                self.release_answer(|_, release| release.tag == *tag && !release.is_draft)
            }
            ("GET", ["releases", "assets", id]) => self.asset(ask, number(id)),
            ("DELETE", ["releases", "assets", id]) => self.delete_asset(number(id)),
            ("GET", ["releases", id, "assets"]) => self.assets(ask, number(id)),
            ("POST", ["releases", id, "assets"]) => self.upload(ask, number(id)),
            ("GET", ["releases", id]) => self.release_answer(|_, release| release.id == number(id)),
            ("PATCH", ["releases", id]) => self.edit(ask, number(id)),
            ("DELETE", ["releases", id]) => self.delete(number(id)),
            ("GET", settings) => self.setting(settings),
            _ => problem(404, "Not Found"),
        }
    }

    fn repository(&self) -> Value {
        json!({
            "full_name": REPOSITORY,
            "fork": self.settings.is_fork,
            "archived": self.settings.is_archived,
            "private": false,
            "default_branch": "main",
            "permissions": {
                "admin": May::Administer <= self.settings.may,
                "push": May::Write <= self.settings.may,
            },
        })
    }

    fn setting(&self, parts: &[&str]) -> Answer {
        if self.settings.may < May::Administer {
            return problem(403, "Resource not accessible by integration");
        }
        let named = |key: &str, names: &[&str]| {
            let entries: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            json_answer(200, &json!({"total_count": names.len(), key: entries}))
        };
        match parts {
            ["actions", "permissions", "workflow"] => json_answer(
                200,
                &json!({
                    "default_workflow_permissions": self.settings.token_default,
                    "can_approve_pull_request_reviews": false,
                }),
            ),
            ["actions", "secrets"] => named("secrets", &self.settings.secrets),
            ["actions", "variables", name] if self.settings.variables.contains(name) => {
                json_answer(200, &json!({"name": name, "value": "x"}))
            }
            ["environments"] => named("environments", &self.settings.environments),
            ["immutable-releases"] if self.makes_immutable => {
                json_answer(200, &json!({"enabled": true, "enforced_by_owner": false}))
            }
            _ => problem(404, "Not Found"),
        }
    }

    /// A page below the host's own address: a file of a published release.
    fn page(&self, path: &str) -> Answer {
        let found = path.rsplit_once('/').and_then(|(folder, name)| {
            let (rest, tag) = folder.rsplit_once('/')?;
            rest.strip_suffix("/releases/download").filter(|&rest| rest == REPOSITORY)?;
            let mut releases = self.releases.iter();
            let release = releases.find(|release| release.tag == tag && !release.is_draft)?;
            release.assets.iter().find(|asset| asset.name == name)
        });
        match found {
            Some(asset) => Answer::of(200, "application/octet-stream", asset.bytes.clone()),
            None => Answer::text(404, "Not Found"),
        }
    }

    fn commit(&self, tag: &str) -> Answer {
        match self.tags.get(tag) {
            Some(commit) => Answer::text(200, commit),
            None => problem(422, &format!("No commit found for SHA: tags/{tag}")),
        }
    }

    fn list(&mut self, ask: &Ask) -> Answer {
        let newest = self.releases.iter().map(|release| release.id).max();
        let hidden = newest.filter(|_| 0 < self.lag);
        self.lag = self.lag.saturating_sub(1);
        let seen = self.releases.iter().rev().filter(|release| Some(release.id) != hidden);
        let all: Vec<Value> = seen.map(|release| self.view(release)).collect();
        page(ask, &all)
    }

    fn assets(&self, ask: &Ask, id: u64) -> Answer {
        match self.releases.iter().find(|release| release.id == id) {
            Some(release) => {
                let assets = release.assets.iter();
                page(ask, &assets.map(|asset| self.asset_view(release, asset)).collect::<Vec<_>>())
            }
            None => problem(404, "Not Found"),
        }
    }

    fn release_answer(&self, is_it: impl Fn(&Self, &StoredRelease) -> bool) -> Answer {
        match self.releases.iter().find(|release| is_it(self, release)) {
            Some(release) => json_answer(200, &self.view(release)),
            None => problem(404, "Not Found"),
        }
    }

    fn create(&mut self, ask: &Ask) -> Answer {
        let Ok(said) = serde_json::from_slice::<Value>(&ask.body) else {
            return problem(400, "Problems parsing JSON");
        };
        let Some(tag) = said["tag_name"].as_str().filter(|tag| !tag.is_empty()) else {
            return invalid("tag_name", "missing_field", "");
        };
        let is_draft = said["draft"].as_bool().unwrap_or(false);
        if !is_draft && let Some(refusal) = self.refuse_publishing(tag, None) {
            return refusal;
        }
        let id = self.take_id();
        let release = StoredRelease {
            id,
            tag: tag.to_owned(),
            name: said["name"].as_str().unwrap_or_default().to_owned(),
            body: said["body"].as_str().unwrap_or_default().to_owned(),
            target: said["target_commitish"].as_str().unwrap_or("main").to_owned(),
            is_draft,
            is_prerelease: said["prerelease"].as_bool().unwrap_or(false),
            is_immutable: !is_draft && self.makes_immutable,
            assets: Vec::new(),
        };
        self.releases.push(release);
        if !is_draft {
            self.note_published(id, &said);
        }
        json_answer(201, &self.view(self.releases.last().expect("just made")))
    }

    fn edit(&mut self, ask: &Ask, id: u64) -> Answer {
        let Ok(said) = serde_json::from_slice::<Value>(&ask.body) else {
            return problem(400, "Problems parsing JSON");
        };
        let Some(place) = self.releases.iter().position(|release| release.id == id) else {
            return problem(404, "Not Found");
        };
        let is_publishing = self.releases[place].is_draft && said["draft"] == false;
        let tag = said["tag_name"].as_str().unwrap_or(&self.releases[place].tag).to_owned();
        if is_publishing && let Some(refusal) = self.refuse_publishing(&tag, Some(id)) {
            return refusal;
        }
        let makes_immutable = self.makes_immutable;
        let release = &mut self.releases[place];
        release.tag = tag;
        for (field, key) in [(&mut release.name, "name"), (&mut release.body, "body")] {
            if let Some(text) = said[key].as_str() {
                text.clone_into(field);
            }
        }
        release.is_prerelease = said["prerelease"].as_bool().unwrap_or(release.is_prerelease);
        release.is_draft = said["draft"].as_bool().unwrap_or(release.is_draft);
        if is_publishing {
            release.is_immutable = makes_immutable;
            self.note_published(id, &said);
        }
        json_answer(200, &self.view(&self.releases[place]))
    }

    fn refuse_publishing(&self, tag: &str, id: Option<u64>) -> Option<Answer> {
        if self.used_tags.contains(tag) {
            return Some(invalid(
                "tag_name",
                "custom",
                "tag_name was used by an immutable release",
            ));
        }
        let is_taken = |release: &&StoredRelease| {
            release.tag == tag && !release.is_draft && Some(release.id) != id
        };
        self.releases.iter().find(is_taken).map(|_| invalid("tag_name", "already_exists", ""))
    }

    fn note_published(&mut self, id: u64, said: &Value) {
        let release = self.releases.iter().find(|release| release.id == id).expect("it is there");
        self.published.push(format!("github/{}", release.tag));
        if release.is_immutable {
            self.used_tags.insert(release.tag.clone());
        }
        // Publishing makes the tag where there is none, as the real host does.
        let target = release.target.clone();
        self.tags.entry(release.tag.clone()).or_insert(target);
        let is_latest = match said["make_latest"].as_str() {
            Some("false") => false,
            _ => !release.is_prerelease,
        };
        if is_latest {
            self.latest = Some(id);
        }
    }

    fn delete(&mut self, id: u64) -> Answer {
        let before = self.releases.len();
        self.releases.retain(|release| release.id != id);
        if self.releases.len() < before { no_content() } else { problem(404, "Not Found") }
    }

    fn upload(&mut self, ask: &Ask, id: u64) -> Answer {
        let Some(place) = self.releases.iter().position(|release| release.id == id) else {
            return problem(404, "Not Found");
        };
        if self.releases[place].is_immutable {
            return problem(422, "Cannot upload assets to an immutable release");
        }
        if !ask.headers.contains_key("content-length") {
            return problem(400, "Bad Content-Length");
        }
        let name = ask.query.get("name").cloned().unwrap_or_default();
        if name.is_empty() || ask.body.is_empty() {
            return invalid("name", "missing_field", "");
        }
        if self.releases[place].assets.iter().any(|asset| asset.name == name) {
            return invalid("name", "already_exists", "");
        }
        let content_type = ask.headers.get("content-type").cloned().unwrap_or_default();
        let id = self.take_id();
        let asset =
            StoredAsset { id, name, state: "uploaded", bytes: ask.body.clone(), content_type };
        let view = self.asset_view(&self.releases[place], &asset);
        if !self.releases[place].is_draft {
            self.published.push(format!("github/{}/{}", self.releases[place].tag, asset.name));
        }
        self.releases[place].assets.push(asset);
        json_answer(201, &view)
    }

    fn delete_asset(&mut self, id: u64) -> Answer {
        for release in &mut self.releases {
            let Some(place) = release.assets.iter().position(|asset| asset.id == id) else {
                continue;
            };
            if release.is_immutable {
                return problem(422, "Cannot delete asset from an immutable release");
            }
            release.assets.remove(place);
            return no_content();
        }
        problem(404, "Not Found")
    }

    fn asset(&self, ask: &Ask, id: u64) -> Answer {
        let found = self.releases.iter().find_map(|release| {
            release.assets.iter().find(|asset| asset.id == id).map(|asset| (release, asset))
        });
        let Some((release, asset)) = found else { return problem(404, "Not Found") };
        if ask.headers.get("accept").is_some_and(|accept| accept == "application/octet-stream") {
            let location = format!("{}/store/{id}", self.store);
            return Answer { status: 302, ..Answer::default() }.with("location", location);
        }
        json_answer(200, &self.asset_view(release, asset))
    }

    /// The store of files, which is another host: it refuses a request that brings the token.
    fn store(&self, ask: &Ask, id: &str) -> Answer {
        if ask.headers.contains_key("authorization") {
            return problem(400, "Only one auth mechanism allowed");
        }
        let mut assets = self.releases.iter().flat_map(|release| &release.assets);
        match assets.find(|asset| asset.id.to_string() == id) {
            Some(asset) => Answer::of(200, "application/octet-stream", asset.bytes.clone()),
            None => problem(404, "Not Found"),
        }
    }

    /// The one question that `gh` asks here: which draft bears a tag.
    fn graph(&self, ask: &Ask) -> Answer {
        let said: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let tag = said["variables"]["tagName"].as_str().unwrap_or_default();
        let found = self.releases.iter().find(|release| release.tag == tag);
        let release =
            found.map(|release| json!({"databaseId": release.id, "isDraft": release.is_draft}));
        json_answer(200, &json!({"data": {"repository": {"release": release}}}))
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    fn page_url(release: &StoredRelease) -> String {
        let tag =
            if release.is_draft { format!("untagged-{}", release.id) } else { release.tag.clone() };
        format!("https://github.com/{REPOSITORY}/releases/tag/{tag}")
    }

    fn view(&self, release: &StoredRelease) -> Value {
        let url = format!("{}/repos/{REPOSITORY}/releases/{}", self.base, release.id);
        let assets = release.assets.iter().map(|asset| self.asset_view(release, asset));
        json!({
            "url": url,
            "assets_url": format!("{url}/assets"),
            "upload_url": format!("{url}/assets{{?name,label}}"),
            "html_url": Self::page_url(release),
            "id": release.id,
            "node_id": format!("RE_{}", release.id),
            "author": {"login": "octocat", "id": 1},
            "tag_name": release.tag,
            "target_commitish": release.target,
            "name": release.name,
            "body": release.body,
            "draft": release.is_draft,
            "prerelease": release.is_prerelease,
            "immutable": release.is_immutable,
            "created_at": "2026-11-22T10:30:00Z",
            "published_at": (!release.is_draft).then_some("2026-11-22T10:30:00Z"),
            "assets": assets.collect::<Vec<_>>(),
        })
    }

    fn asset_view(&self, release: &StoredRelease, asset: &StoredAsset) -> Value {
        let page = Self::page_url(release).replace("/tag/", "/download/");
        let digest = file::digest_of(&asset.bytes).sha256;
        let is_said = self.says_digests && asset.state == "uploaded";
        json!({
            "url": format!("{}/repos/{REPOSITORY}/releases/assets/{}", self.base, asset.id),
            "id": asset.id,
            "node_id": format!("RA_{}", asset.id),
            "name": asset.name,
            "label": "",
            "state": asset.state,
            "content_type": asset.content_type,
            "size": asset.bytes.len(),
            "digest": is_said.then(|| format!("sha256:{digest}")),
            "download_count": 0,
            "created_at": "2026-11-22T10:30:00Z",
            "updated_at": "2026-11-22T10:30:00Z",
            "uploader": {"login": "octocat", "id": 1},
            "browser_download_url": format!("{page}/{}", asset.name),
        })
    }
}

/// One page of a list.
fn page(ask: &Ask, all: &[Value]) -> Answer {
    let number = |name: &str, usual: usize| {
        ask.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (entries, page) = (number("per_page", 30).min(100), number("page", 1).max(1));
    let of_page = all.iter().skip((page - 1) * entries).take(entries);
    json_answer(200, &json!(of_page.collect::<Vec<_>>()))
}

fn invalid(field: &str, code: &str, message: &str) -> Answer {
    let mut error = json!({"resource": "Release", "code": code, "field": field});
    if !message.is_empty() {
        error["message"] = json!(message);
    }
    json_answer(422, &json!({"message": "Validation Failed", "errors": [error]}))
}

fn no_content() -> Answer {
    Answer { status: 204, ..Answer::default() }
}
