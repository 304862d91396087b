//! A registry that speaks npm's protocol: looked at over HTTP, written by `npm` itself.
//!
//! - Where it is, is what npm is configured with: `npm_config_registry` in the environment, else
//!   what `npm config get registry` says; the same of a scope, `@owner:registry`. So npm's own
//!   settings put a registry of this machine in its place.
//! - A package is there if its exact version is, with the integrity of our file; with another one
//!   it is a conflict. An answer that is neither 200 nor 404 says nothing about it.
//! - The client is in its place once the tag that users follow (`latest`, or `next` of a
//!   prerelease) names the version, or a later one.
//! - npm is told the token in its environment, under the name of the registry, and no argument or
//!   file has it; so it is of the identity of a workflow's run, which only a publish is told.
//! - "Cannot publish over" is no refusal: npm sends again what it got no answer to, and then hears
//!   that of its own success. The next look decides.
//!
//! - Downloads are counted beside a registry at `registry.` and a name, at `api.` and the same
//!   name; beside any other nobody knows of a count.
//!
//! # Source
//!
//! <https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md>; for the counts
//! <https://github.com/npm/registry/blob/main/docs/download-counts.md>;
//! <https://docs.npmjs.com/cli/v11/using-npm/config> and, for what is said when a version is there
//! already, <https://github.com/pheuter/svelte-check-rs/issues/154>.

use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha512};

use crate::carrier::npm;
use crate::channel::desk::Desk;
use crate::channel::{Count, Measure, Observed, Part, Presence, Uncounted, Unproven};
use crate::error::Error;
use crate::file;
use crate::http::{self, Method, Request, Token};
use crate::process::{self, Finished};
use crate::proof;
use crate::publish::{Obstacle, Sort};

/// How long npm may take for one package.
const NPM_LIMIT: Duration = Duration::from_mins(10);

/// The most bytes of what a registry says about a package: all of its versions.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// The form of what is said about a package.
const ABOUT: &str = "application/json";

/// Ends of npm's codes for what may pass.
const PASSING: [&str; 17] = [
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "EPIPE",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ERR_SOCKET_TIMEOUT",
    "EIDLETIMEOUT",
    "ERESPONSETIMEOUT",
    "ECONNECTIONTIMEOUT",
    "FETCH_ERROR",
    "ERR_STREAM_PREMATURE_CLOSE",
    "E408",
    "E429",
];

/// A registry, as a channel uses it.
pub struct Registry<'a> {
    /// Where the channel works.
    pub desk: &'a Desk<'a>,
    /// How the packages are called there.
    pub called: npm::Names,
    /// Where it is; a slash at its end.
    pub url: String,
    /// Whether reading needs the token as well.
    pub is_closed: bool,
    /// What to do if we are not let in.
    pub advice: &'a [&'a str],
}

/// Returns where npm would find what belongs to a setting, `registry` or `@owner:registry`, with a
/// slash at its end; nothing if it is not set.
///
/// # Errors
///
/// [`Obstacle`] if npm cannot be asked, or would send a token in the clear.
pub fn address(desk: &Desk<'_>, setting: &str) -> Result<Option<String>, Obstacle> {
    let environment = desk.surroundings.environment;
    let named = ["npm_config_", "NPM_CONFIG_"].map(|prefix| format!("{prefix}{setting}"));
    let given = named.iter().find_map(|name| environment.text(name)).map(str::to_owned);
    let url = match given {
        Some(url) => url,
        None => {
            let mut npm = client(desk)?;
            npm.args(["config", "get", setting]);
            let said = process::read(&mut npm, NPM_LIMIT);
            said.map_err(|error| desk.refused(error.to_string(), &["look at npm here"]))?
        }
    };
    let url = url.trim().trim_end_matches('/');
    if url.is_empty() || url == "undefined" {
        return Ok(None);
    }
    if !http::keeps_secrets(url) {
        let what = format!("npm's {setting} is {url}, where a token would be sent in the clear");
        return Err(desk.refused(what, &["give an address that begins with https://"]));
    }
    Ok(Some(format!("{url}/")))
}

/// Where downloads from a registry are counted, if somewhere.
fn counting_place(registry: &str) -> Option<String> {
    let (scheme, _) = registry.split_once("://")?;
    let name = http::host(registry).strip_prefix("registry.")?;
    Some(format!("{scheme}://api.{name}"))
}

/// Returns why a version is not to be used any more; an empty text if it is.
pub fn deprecation<'a>(about: &'a Value, version: &str) -> &'a str {
    about["versions"][version]["deprecated"].as_str().unwrap_or_default()
}

fn client(desk: &Desk<'_>) -> Result<Command, Obstacle> {
    let mut npm = desk.client("npm", "install Node and npm 11.5.1 or later")?;
    for (setting, value) in [
        ("audit", "false"),
        ("fund", "false"),
        ("update_notifier", "false"),
        ("ignore_scripts", "true"),
        ("progress", "false"),
        // Whoever sends again without a look hears of his own success as of a refusal.
        ("fetch_retries", "0"),
    ] {
        npm.env(format!("npm_config_{setting}"), value);
    }
    // A cache of its own: what users get comes from the registry and not from this machine.
    npm.env("npm_config_cache", desk.scratch.join("cache"));
    Ok(npm)
}

impl Registry<'_> {
    /// Returns the names of the packages, in the order of publishing.
    pub fn names(&self) -> Vec<String> {
        self.called.all(&self.desk.release.name)
    }

    /// Returns the name of the client's package.
    pub fn client(&self) -> String {
        self.called.client(&self.desk.release.name)
    }

    /// Returns the tag that users of this sort of version follow.
    pub fn tag(&self) -> &'static str {
        if self.desk.release.is_prerelease { "next" } else { "latest" }
    }

    /// Looks at all packages.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if one cannot be seen, or holds what is not ours.
    pub fn observe(&self) -> Result<Observed, Obstacle> {
        let (mut parts, mut current) = (Vec::new(), None);
        for name in self.names() {
            let about = self.about(&name)?;
            let mut is_there = self.is_there(&name, about.as_ref())?;
            if name == self.client() {
                current = about.and_then(|about| self.tagged(&about));
                is_there &= current.as_deref().is_some_and(|current| !self.is_older(current));
            }
            let presence = if is_there { Presence::There } else { Presence::Missing };
            parts.push(Part { name, presence });
        }
        if parts.iter().any(|part| part.presence == Presence::Missing) {
            self.desk.refuse_newer(&self.url, current.as_deref())?;
        }
        Ok(Observed { current, parts, url: self.url_of(&self.client()) })
    }

    /// Sends one package, or moves the tag to it if it is there.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it is not taken.
    pub fn publish(&self, name: &str) -> Result<String, Obstacle> {
        let version = &self.desk.release.version;
        let about = self.about(name)?;
        if self.is_there(name, about.as_ref())? {
            let about = about.unwrap_or_default();
            let why = deprecation(&about, version);
            if why.is_empty() {
                return self.tag_version(name, version);
            }
            // What was taken back on purpose is not put in place again by a run that goes on.
            let undo = format!("to have it all the same: npm deprecate {name}@{version} ''");
            let what = format!("{name}@{version} is deprecated: {why}");
            return Err(self.desk.conflict(what, &["release the next version", &undo]));
        }
        let path = npm::file_name(name, version);
        let package = self.desk.files.iter().find(|file| file.path == path);
        let package = package.ok_or_else(|| self.desk.refused(format!("no {path}"), &[]))?;
        let path = self.desk.scratch.join(&package.path);
        let written = file::write_whole(&path, &package.bytes);
        written.map_err(|error| self.desk.refused(error.to_string(), &[]))?;
        let mut npm =
            self.npm(&["publish", "--json", "--access", "public", "--tag", self.tag()])?;
        npm.arg(&path);
        self.succeed(&mut npm)?;
        Ok(format!("{name}@{version} under the tag {}", self.tag()))
    }

    /// Points the tag that users follow at a version.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it stays where it is.
    pub fn tag_version(&self, name: &str, version: &str) -> Result<String, Obstacle> {
        let (spec, tag) = (format!("{name}@{version}"), self.tag());
        if self.desk.secret.is_none() {
            let what = format!("{spec} is there, and a workflow's identity may not move tags");
            let advice = format!("a person does: npm dist-tag add {spec} {tag}");
            return Err(self.desk.refused(what, &[&advice]));
        }
        self.succeed(&mut self.npm(&["dist-tag", "add", &spec, tag, "--json"])?)?;
        Ok(format!("{tag} is {spec}"))
    }

    /// Writes on a version that it is not to be used; an empty text takes that back.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was not done.
    pub fn deprecate(&self, name: &str, version: &str, text: &str) -> Result<(), Obstacle> {
        let spec = format!("{name}@{version}");
        self.succeed(&mut self.npm(&["deprecate", &spec, text, "--json"])?).map(drop)
    }

    /// Installs the client as a user would, and runs it.
    ///
    /// # Errors
    ///
    /// [`Unproven`].
    pub fn verify(&self) -> Result<String, Unproven> {
        let release = self.desk.release;
        if let Err(obstacle) = self.desk.client("node", "") {
            return Err(Unproven::NotHere(obstacle.what));
        }
        let folder = self.desk.scratch.join("verify");
        let io = |error: Error| Unproven::NotHere(error.to_string());
        for place in [&folder, &self.desk.scratch.join("cache")] {
            if place.exists() {
                std::fs::remove_dir_all(place).map_err(Error::at(place)).map_err(io)?;
            }
        }
        file::write_whole(&folder.join("package.json"), b"{ \"private\": true }\n").map_err(io)?;
        let spec = format!("{}@{}", self.client(), release.version);
        let mut npm = self.npm(&["install", "--json", "--no-package-lock", &spec])?;
        self.succeed(npm.current_dir(&folder))?;
        let start = if cfg!(windows) { ".cmd" } else { "" };
        let program = folder.join(format!("node_modules/.bin/{}{start}", release.name));
        let environment = self.desk.surroundings.environment;
        let run = |words: &[&str]| {
            let mut command = Command::new(&program);
            command.env_clear().envs(environment.variables()).args(words);
            command
        };
        let proof = proof::prove(run, &release.name, &release.version, &folder);
        let proof = proof.map_err(Unproven::Wrong)?;
        Ok(format!("npm install {spec}: {proof}; {} packages compared", self.names().len()))
    }

    /// Returns what the registry says about a package, or nothing if it has none of this name.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if that cannot be known.
    pub fn about(&self, name: &str) -> Result<Option<Value>, Obstacle> {
        let url = self.url_of(name);
        let token = self.desk.secret.as_ref().filter(|_| self.is_closed);
        let response = self.desk.send(&Request {
            method: Method::Get,
            url: url.clone(),
            token,
            headers: vec![("accept", ABOUT)],
            body: None,
            answer_bytes_max: ANSWER_BYTES_MAX,
        })?;
        match response.status {
            200 => {}
            404 => return Ok(None),
            401 | 403 => return Err(self.refused(&format!("GET {url}: {}", response.status))),
            status => return Err(self.desk.refused(format!("GET {url}: {status}"), &[])),
        }
        let about: Option<Value> = serde_json::from_slice(&response.body).ok();
        let about = about.filter(|about| about["name"] == name && about["versions"].is_object());
        let what = format!("GET {url}: 200, and no description of {name}");
        about.map(Some).ok_or_else(|| self.desk.passing(what))
    }

    /// Returns how often the client was downloaded in seven days; nothing if the package is new.
    ///
    /// # Errors
    ///
    /// [`Uncounted`] if nobody counts beside this registry, or cannot be asked.
    pub fn counts(&self) -> Result<Vec<Count>, Uncounted> {
        let Some(place) = counting_place(&self.url) else {
            let why = format!("nobody counts what {} gives", http::host(&self.url));
            return Err(Uncounted::Nowhere(why));
        };
        let (name, version) = (self.client(), &self.desk.release.version);
        let path = name.replace('/', "%2f");
        let all = format!("{place}/downloads/point/last-week/{path}");
        let Some(all) = self.counted(&all, |said| said["downloads"].as_u64())? else {
            return Ok(Vec::new());
        };
        let each = format!("{place}/versions/{path}/last-week");
        let each = self.counted(&each, |said| said["downloads"].as_object().cloned())?;
        let ours = each.and_then(|each| each.get(version)?.as_u64());
        let all = Count::new(Measure::AllLastWeek, "downloads of all versions in a week", all);
        let part = format!("downloads of {version} in a week");
        let ours = ours.map(|count| Count::new(Measure::Aside, part, count));
        Ok([Some(all), ours].into_iter().flatten().collect())
    }

    /// What is counted at an address; nothing if it knows no such package.
    fn counted<T>(
        &self,
        url: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Obstacle> {
        let Some(bytes) = self.desk.get(url, ABOUT)? else { return Ok(None) };
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        // What is no count must never be taken for none.
        let found = read(&said).filter(|_| said["package"] == self.client());
        let what = || self.desk.refused(format!("GET {url}: 200, and no counts"), &[]);
        found.map(Some).ok_or_else(what)
    }

    /// Returns the version that the tag names.
    pub fn tagged(&self, about: &Value) -> Option<String> {
        about["dist-tags"][self.tag()].as_str().map(str::to_owned)
    }

    /// Whether our version is there, and with our bytes.
    fn is_there(&self, name: &str, about: Option<&Value>) -> Result<bool, Obstacle> {
        let version = &self.desk.release.version;
        let path = npm::file_name(name, version);
        let entry = about.map_or(&Value::Null, |about| &about["versions"][version]);
        let package = self.desk.files.iter().find(|file| file.path == path);
        let Some(package) = package.filter(|_| !entry.is_null()) else { return Ok(false) };
        let ours = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(&package.bytes)));
        let theirs = entry["dist"]["integrity"].as_str().unwrap_or("without integrity");
        if theirs == ours {
            return Ok(true);
        }
        let what = format!("{name}@{version} is {theirs} there, and {ours} was made here");
        Err(self.desk.obstacle(Sort::Conflict, what, &["compare, then release the next version"]))
    }

    fn is_older(&self, current: &str) -> bool {
        current != self.desk.release.version && !self.desk.is_newer(current)
    }

    fn url_of(&self, name: &str) -> String {
        format!("{}{}", self.url, name.replace('/', "%2f"))
    }

    /// npm with words, told where the registry is.
    fn npm(&self, words: &[&str]) -> Result<Command, Obstacle> {
        let mut npm = client(self.desk)?;
        npm.args(words);
        match &self.called {
            npm::Names::Own => npm.env("npm_config_registry", &self.url),
            npm::Names::Of(owner) => npm.env(format!("npm_config_@{owner}:registry"), &self.url),
        };
        Ok(npm)
    }

    /// Runs npm, which is told what lets us in; the identity of a workflow's run is for publishing.
    fn succeed(&self, npm: &mut Command) -> Result<Finished, Obstacle> {
        let place = self.url.split_once(':').map_or("", |(_, place)| place);
        let variable = format!("npm_config_{place}:_authToken");
        let is_publish = npm.get_args().next().is_some_and(|word| word == "publish");
        let identity: &[&str] = if is_publish { &process::IDENTITY } else { &[] };
        let mut secrets = self.desk.set(identity);
        let token = self.desk.secret.as_ref().map(Token::reveal);
        secrets.extend(token.map(|token| (variable.as_str(), token)));
        let finished = process::run_trusted(npm, &secrets, NPM_LIMIT);
        let finished = finished.map_err(|error| self.desk.passing(error.to_string()))?;
        if finished.is_success { Ok(finished) } else { Err(self.told(npm, &finished)) }
    }

    /// What npm said of its failure.
    fn told(&self, npm: &Command, finished: &Finished) -> Obstacle {
        let said: Value = serde_json::from_slice(&finished.output).unwrap_or_default();
        let text = |field: &str| said["error"][field].as_str().unwrap_or_default().trim();
        let (code, summary) = (text("code"), text("summary"));
        let word = npm.get_args().next().map(|word| word.to_string_lossy().into_owned());
        let word = word.unwrap_or_default();
        if code.is_empty() {
            let said = process::tail(&finished.complaint);
            return self.desk.refused(format!("npm {word}: {said}"), &[]);
        }
        let what = format!("npm {word}: {code}: {}", summary.replace('\n', " "));
        let is_there = ["publish over", "previously published", "already exist"];
        let is_server = code.len() == 4 && code.starts_with("E5");
        if is_server
            || PASSING.contains(&code)
            || matches!(code, "E409" | "EPUBLISHCONFLICT" | "ETARGET")
            || is_there.iter().any(|words| summary.contains(words))
        {
            return self.desk.passing(what);
        }
        match code {
            "E401" | "E402" | "E403" | "E404" | "ENEEDAUTH" | "EOTP" => self.refused(&what),
            _ => self.desk.refused(what, &[]),
        }
    }

    fn refused(&self, what: &str) -> Obstacle {
        self.desk.refused(what, self.advice)
    }
}
