//! An index of Python packages: uploads as the old interface takes them, and the simple one; and
//! what stands in for `uv` itself.
//!
//! As strict as the real one where it matters: an upload needs the token (403), a digest that is
//! that of the bytes, a file name that is that of the project and version, and a wheel whose
//! metadata says the same (400); the same bytes under a name that is taken are no mistake (200),
//! other bytes are one, and a name that was deleted never comes back (400). A version that is
//! yanked is shown as such. An index that lags behind shows the state before the last upload for a
//! number of looks. Where it is found at `pypi.` and a name, a service of statistics is at
//! `pypistats.` and that name; it knows no project that is new (404). The tests of the channel
//! drive the same code with real uv and pip.
//!
//! # Source
//!
//! `file_upload` in
//! <https://github.com/pypi/warehouse/blob/main/warehouse/forklift/legacy.py>; *simple repository
//! API* in <https://packaging.python.org/en/latest/specifications/>;
//! <https://pypistats.org/api/>.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::file;
use crate::pack::archive;
use crate::process::Finished;
use crate::rehearse::npm::Reach;
use crate::rehearse::{Answer, Ask, Delivery, Host};
use crate::target::Os;

/// The token that the index knows.
pub const TOKEN: &str = "pypi-theOnlyTokenThatThisIndexKnows";

/// The file is taken, and the answer is that of an index that has another one of this name.
pub const FALSE_REFUSAL: &str = "false refusal";

/// Where uploads go.
pub const UPLOADS: &str = "/legacy/";

/// Where projects are listed.
pub const LIST: &str = "/simple/";

/// Where files are fetched.
const FILES: &str = "/files/";

/// Below what downloads are counted here.
const STATISTICS: &str = "/-statistics";

/// The form of the list that has everything.
const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// The names of platforms that are taken.
const PLATFORMS: [&str; 5] = ["manylinux", "musllinux", "macosx", "win", "any"];

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The project, as it is addressed.
    pub project: String,
    /// The version.
    pub version: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Why it is yanked, if it is.
    pub yanked: Option<String>,
}

/// The index.
#[derive(Debug, Clone)]
pub struct Index {
    /// The token that it takes.
    pub token: String,
    /// The files by name.
    pub files: BTreeMap<String, Held>,
    /// The names of files that were deleted.
    pub deleted: BTreeSet<String>,
    /// How many looks after each upload still show the state before it.
    pub lag: usize,
    /// Where it is found, without a slash at its end.
    pub base: String,
    /// How often a project was downloaded in the last day, week and month, by its name.
    pub downloads: BTreeMap<String, [u64; 3]>,
    earlier: BTreeMap<String, Held>,
    looks: usize,
    taken: Vec<String>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            token: TOKEN.to_owned(),
            files: BTreeMap::new(),
            deleted: BTreeSet::new(),
            lag: 0,
            base: "http://127.0.0.1:4".to_owned(),
            downloads: BTreeMap::new(),
            earlier: BTreeMap::new(),
            looks: 0,
            taken: Vec::new(),
        }
    }
}

impl Index {
    /// Yanks every file of a version, as a person does.
    pub fn yank(&mut self, version: &str, why: &str) {
        for held in self.files.values_mut().filter(|held| held.version == version) {
            held.yanked = Some(why.to_owned());
        }
    }

    /// Deletes a file, as a person does: its name is used up.
    pub fn delete(&mut self, name: &str) {
        self.files.remove(name);
        self.deleted.insert(name.to_owned());
    }

    fn upload(&mut self, ask: &Ask) -> Answer {
        let said = ask.credential().and_then(|text| BASE64_STANDARD.decode(text).ok());
        if said != Some(format!("__token__:{}", self.token).into_bytes()) {
            return problem(403, "Invalid or non-existent authentication information.");
        }
        let Some(form) = Form::read(ask) else { return problem(400, "no form") };
        let (name, bytes) = &form.file;
        if form.text(":action") != "file_upload" || form.text("protocol_version") != "1" {
            return problem(400, "Unknown protocol version.");
        }
        let digest = file::digest_of(bytes).sha256;
        if form.text("sha256_digest") != digest {
            let text = "The digest supplied does not match a digest calculated from the uploaded \
                        file.";
            return problem(400, text);
        }
        let (project, version) = (form.text("name"), form.text("version"));
        if let Err(text) = check_wheel(name, bytes, (project, version)) {
            return problem(400, &text);
        }
        if self.deleted.contains(name) {
            return problem(400, "This filename has already been used, use a different version.");
        }
        if let Some(held) = self.files.get(name) {
            let is_same = held.bytes == *bytes;
            return if is_same { Answer::text(200, "") } else { exists(name) };
        }
        (self.earlier, self.looks) = (self.files.clone(), self.lag);
        let held = Held {
            project: normal(project),
            version: version.to_owned(),
            bytes: bytes.clone(),
            yanked: None,
        };
        self.taken.push(format!("pypi/{name}"));
        self.files.insert(name.clone(), held);
        Answer::text(200, "")
    }

    /// Where the service of statistics is found.
    pub fn statistics(&self) -> String {
        self.base.replace("://pypi.", "://pypistats.")
    }

    fn count(&self, path: &str) -> Answer {
        let name = path.strip_prefix("/api/packages/").and_then(|at| at.strip_suffix("/recent"));
        let Some((name, counts)) = name.and_then(|name| self.downloads.get_key_value(name)) else {
            return problem(404, "404");
        };
        let [last_day, last_week, last_month] = counts;
        let data = json!({"last_day": last_day, "last_week": last_week, "last_month": last_month});
        Answer::json(200, &json!({"data": data, "package": name, "type": "recent_downloads"}))
    }

    fn list(&mut self, ask: &Ask, project: &str) -> Answer {
        let is_late = 0 < self.looks;
        self.looks = self.looks.saturating_sub(1);
        let files = if is_late { &self.earlier } else { &self.files };
        let files: Vec<_> = files.iter().filter(|(_, held)| held.project == project).collect();
        if files.is_empty() {
            return problem(404, "Not Found");
        }
        let sha256 = |held: &Held| file::digest_of(&held.bytes).sha256;
        if ask.headers.get("accept").is_none_or(|accept| !accept.contains(JSON)) {
            let line = |(name, held): &(&String, &Held)| {
                let why = held.yanked.as_ref().map(|why| format!(" data-yanked=\"{why}\""));
                let (url, digest) = (format!("{}{FILES}{name}", self.base), sha256(held));
                let why = why.unwrap_or_default();
                format!("<a href=\"{url}#sha256={digest}\"{why}>{name}</a><br>\n")
            };
            let lines: String = files.iter().map(line).collect();
            let page = format!("<!DOCTYPE html><html><body>\n{lines}</body></html>\n");
            return Answer::of(200, "text/html", page.into_bytes());
        }
        let versions: BTreeSet<&str> = files.iter().map(|(_, held)| &*held.version).collect();
        let entry = |(name, held): &(&String, &Held)| {
            let yanked = held.yanked.as_ref().map_or(Value::Bool(false), |why| why.clone().into());
            json!({
                "filename": name, "url": format!("{}{FILES}{name}", self.base),
                "hashes": {"sha256": sha256(held)}, "size": held.bytes.len(), "yanked": yanked,
                "upload-time": "2026-11-22T10:30:00.000000Z",
            })
        };
        let list = json!({
            "meta": {"api-version": "1.1"}, "name": project, "versions": versions,
            "files": files.iter().map(entry).collect::<Value>(),
        });
        Answer::of(200, JSON, list.to_string().into_bytes())
    }
}

impl Host for Index {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let path = ask.plain_path();
        match ask.method.as_str() {
            "POST" if path == UPLOADS => self.upload(ask),
            "GET" | "HEAD" => {
                if let Some(path) = path.strip_prefix(STATISTICS) {
                    return self.count(path);
                }
                if let Some(project) = path.strip_prefix(LIST) {
                    return self.list(ask, project.trim_end_matches('/'));
                }
                let held = path.strip_prefix(FILES).and_then(|name| self.files.get(name));
                held.map_or_else(
                    || problem(404, "Not Found"),
                    |held| Answer::of(200, "application/octet-stream", held.bytes.clone()),
                )
            }
            _ => problem(405, "Method Not Allowed"),
        }
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        vec![(self.base.clone(), ""), (self.statistics(), STATISTICS)]
    }

    fn listens_at(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    fn is_upload(&self, ask: &Ask) -> bool {
        ask.method == "POST"
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[FALSE_REFUSAL]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        let before = self.taken.len();
        let answer = self.answer(ask);
        match self.taken.get(before) {
            Some(name) if fault == FALSE_REFUSAL => exists(name),
            _ => answer,
        }
    }

    fn shown(&self) -> BTreeMap<String, String> {
        let files = self.files.iter().filter(|(_, held)| held.yanked.is_none());
        let shown = |(name, held): (&String, &Held)| {
            (format!("pypi/{name}"), file::digest_of(&held.bytes).sha256)
        };
        files.map(shown).collect()
    }

    fn taken(&self) -> Vec<String> {
        self.taken.clone()
    }
}

/// Whether a wheel is what its name and the form say.
fn check_wheel(name: &str, bytes: &[u8], about: (&str, &str)) -> Result<(), String> {
    let invalid = || format!("Invalid distribution file: {name}");
    let parts: Vec<&str> = name.strip_suffix(".whl").ok_or_else(invalid)?.split('-').collect();
    let [project, version, _, _, platforms] = parts[..] else { return Err(invalid()) };
    let is_known = |tag: &str| PLATFORMS.iter().any(|known| tag.starts_with(known));
    if let Some(tag) = platforms.split('.').find(|tag| !is_known(tag)) {
        return Err(format!("Binary wheel '{name}' has an unsupported platform tag '{tag}'."));
    }
    if (normal(project), version) != (normal(about.0), about.1) {
        return Err(format!("Start filename for {:?} with another name.", about.0));
    }
    let members = archive::unpack(bytes, Os::Windows).map_err(|_| invalid())?;
    let metadata = format!("{project}-{version}.dist-info/METADATA");
    let metadata = members.iter().find(|member| member.path == metadata).ok_or_else(invalid)?;
    let text = String::from_utf8_lossy(&metadata.bytes);
    let says =
        |field: &str, value: &str| text.lines().any(|line| line == format!("{field}: {value}"));
    if says("Name", about.0) && says("Version", about.1) { Ok(()) } else { Err(invalid()) }
}

/// A name as it is addressed: lower case, with dashes.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn exists(name: &str) -> Answer {
    problem(400, &format!("File already exists ('{name}', with another hash)."))
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::text(status, message)
}

/// A form with a file, as `multipart/form-data` has it.
struct Form {
    fields: BTreeMap<String, String>,
    file: (String, Vec<u8>),
}

impl Form {
    fn read(ask: &Ask) -> Option<Self> {
        let (_, boundary) = ask.headers.get("content-type")?.split_once("boundary=")?;
        let boundary = format!("--{}", boundary.trim_matches('"'));
        let mut fields = BTreeMap::new();
        let mut file = None;
        // What stands before the first boundary belongs to no part.
        for part in split(&ask.body, boundary.as_bytes()).into_iter().skip(1) {
            let Some(at) = find(part, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&part[..at]).into_owned();
            let body = part[at + 4..].strip_suffix(b"\r\n")?;
            let named = |key: &str| {
                let rest = head.split_once(&format!(" {key}=\""))?.1;
                Some(rest.split('"').next()?.to_owned())
            };
            match named("filename") {
                Some(name) => file = Some((name, body.to_owned())),
                None => {
                    let text = String::from_utf8_lossy(body).into_owned();
                    fields.insert(named("name")?, text);
                }
            }
        }
        Some(Self { fields, file: file? })
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn split<'b>(bytes: &'b [u8], between: &[u8]) -> Vec<&'b [u8]> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = find(rest, between) {
        parts.push(&rest[..at]);
        rest = &rest[at + between.len()..];
    }
    parts
}

/// Stands in for uv, as far as the channel uses it; `reach` finds the index.
pub fn run(command: &Command, reach: &Reach<'_>) -> Finished {
    let words: Vec<String> =
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let call = Call { command, reach };
    let ended = match &words[..] {
        ["pip", "compile", file, options @ ..] => call.compile(file, options),
        ["publish", .., file] => call.publish(file),
        _ => Err(format!("error: the rehearsal knows no uv {words:?}")),
    };
    match ended {
        Ok((output, complaint)) => Finished { is_success: true, output: output.into(), complaint },
        Err(complaint) => Finished { is_success: false, output: Vec::new(), complaint },
    }
}

/// One call of uv.
struct Call<'a> {
    command: &'a Command,
    reach: &'a Reach<'a>,
}

impl Call<'_> {
    fn variable(&self, wanted: &str) -> String {
        let found = self.command.get_envs().find(|(name, _)| *name == wanted);
        let value = found.and_then(|(_, value)| value);
        value.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn read(&self, file: &str) -> Result<Vec<u8>, String> {
        let folder = self.command.get_current_dir().unwrap_or(".".as_ref());
        std::fs::read(folder.join(file)).map_err(|error| format!("error: {file}: {error}"))
    }

    fn compile(&self, file: &str, options: &[&str]) -> Result<(String, String), String> {
        let requirement = String::from_utf8_lossy(&self.read(file)?).trim().to_owned();
        let (name, exact) = requirement.split_once("==").unwrap_or((&requirement, ""));
        let index = self.variable("UV_DEFAULT_INDEX").trim_end_matches('/').to_owned();
        let url = format!("{index}/{name}/");
        let mut ask = Ask::new("GET", "/");
        ask.headers.insert("accept".to_owned(), JSON.to_owned());
        let (answer, delivery) = (self.reach)(&url, ask);
        if delivery != Delivery::Whole {
            let text = format!("error: Failed to fetch: {url}\n  cause: error sending request");
            return Err(text);
        }
        let unsolved = |why: &str| {
            format!(
                "error: No solution found when resolving dependencies\n  cause: Because {why} and \
                 you require {requirement}, your requirements are unsatisfiable.\n"
            )
        };
        let unknown = format!("{name} was not found in the package registry");
        match answer.status {
            200 => {}
            404 => return Err(unsolved(&unknown)),
            401 | 403 => {
                let hint = format!("\nhint: An index ({index}) returned {}", answer.status);
                return Err(unsolved(&unknown) + &hint);
            }
            status => return Err(format!("error: Failed to fetch: {url}\n  cause: {status}")),
        }
        let Ok(list) = serde_json::from_slice::<Value>(&answer.body) else {
            return Err(format!("error: Unsupported `Content-Type` for `{url}`. Expected JSON."));
        };
        let files = list["files"].as_array().cloned().unwrap_or_default();
        let of = |file: &Value| {
            let name = file["filename"].as_str().unwrap_or_default();
            name.split('-').nth(1).unwrap_or_default().to_owned()
        };
        let is_yanked = |file: &&Value| file["yanked"] != false;
        let free: Vec<String> = files.iter().filter(|file| !is_yanked(file)).map(of).collect();
        // Of versions that precede a release only where there are no others.
        let is_final = |version: &&String| version.split('.').all(is_number);
        let newest = free.iter().filter(is_final).max_by_key(|version| numbers(version));
        let newest = newest.or(free.iter().max());
        if exact.is_empty() && newest.is_none() {
            return Err(unsolved(&format!("all versions of {name} were yanked")));
        }
        let newest = newest.map_or("", String::as_str);
        let version = if exact.is_empty() { newest } else { exact };
        let files: Vec<&Value> = files.iter().filter(|file| of(file) == version).collect();
        if files.is_empty() {
            return Err(unsolved(&format!("there is no version of {requirement}")));
        }
        let yanked = files.iter().copied().find(is_yanked);
        let complaint = yanked.map_or_else(String::new, |file| {
            format!("warning: `{name}=={version}` is yanked (reason: {})\n", file["yanked"])
        });
        if options.contains(&"--emit-index-annotation") {
            return Ok((format!("{name}=={version}\n    # from {index}\n"), complaint));
        }
        Ok((lock_file(name, version, &files), complaint))
    }

    fn publish(&self, file: &str) -> Result<(String, String), String> {
        let bytes = self.read(file)?;
        let url = self.variable("UV_PUBLISH_URL");
        let failed = format!("error: Failed to publish `{file}` to `{url}`\n  cause: ");
        let token = self.variable("UV_PUBLISH_TOKEN");
        if token.is_empty() {
            return Err(failed + "Missing credentials for: " + &url);
        }
        let mut parts = file.split('-');
        let name = parts.next().unwrap_or_default().replace('_', "-");
        let digest = file::digest_of(&bytes).sha256;
        let fields = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("sha256_digest", &digest),
            ("name", &name),
            ("version", parts.next().unwrap_or_default()),
            ("filetype", "bdist_wheel"),
        ];
        let mut body = Vec::new();
        for (field, value) in fields {
            let head = "--between\r\nContent-Disposition: form-data; name=";
            body.extend(format!("{head}\"{field}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let head = format!(
            "--between\r\nContent-Disposition: form-data; name=\"content\"; \
             filename=\"{file}\"\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--between--\r\n");
        let mut ask = Ask { body, ..Ask::new("POST", "/") };
        let basic = BASE64_STANDARD.encode(format!("__token__:{token}"));
        ask.headers.insert("authorization".to_owned(), format!("Basic {basic}"));
        let form = "multipart/form-data; boundary=between".to_owned();
        ask.headers.insert("content-type".to_owned(), form);
        let (answer, delivery) = (self.reach)(&url, ask);
        if delivery != Delivery::Whole {
            return Err(failed + "Failed to send POST request\n  cause: error sending request");
        }
        match answer.status {
            200 => Ok((String::new(), format!("Uploading {file}\n"))),
            status => {
                let said = String::from_utf8_lossy(&answer.body);
                Err(format!("{failed}Server returned status code {status}. Server says: {said}"))
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// What `uv` writes down of a version's files.
fn lock_file(name: &str, version: &str, files: &[&Value]) -> String {
    let wheel = |file: &&Value| {
        format!("{{ url = {}, hashes = {{ sha256 = {} }} }}", file["url"], file["hashes"]["sha256"])
    };
    let wheels: Vec<String> = files.iter().map(wheel).collect();
    format!(
        "lock-version = \"1.0\"\n\n[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n\
         wheels = [{}]\n",
        wheels.join(", ")
    )
}
