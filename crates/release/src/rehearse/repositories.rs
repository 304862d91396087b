//! Hosts of git repositories, and what stands in for `git` itself: a tap, a bucket, the AUR.
//!
//! It is as strict as git where that matters to a release: a repository that nobody made is
//! absent, but for a host that makes one with the first push; only who has its secret may push;
//! a push that does not follow what is there is rejected; nothing is ever overwritten; a commit
//! that changes nothing is refused. A copy is a folder of this machine and survives a death, as
//! one of git's would. The tests of the channels drive the same code with real git.
//!
//! A request is a `CLONE`, whose answer is the history, or a `PUSH` of one commit:
//!
//! ```json
//! {"commits": [{"id": "…", "files": {"PATH": "TEXT"}}]}
//! {"parent": "…", "commit": {"id": "…", "files": {"PATH": "TEXT"}}}
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::file;
use crate::process::Finished;
use crate::rehearse::{Answer, Ask, Delivery, Host};

/// The fault of a host that is closed and says so.
pub const MAINTENANCE: &str = "maintenance";

/// What it says then.
const CLOSED: &str = "The AUR is down due to maintenance. We will be back soon.";

/// The file, in a copy, that says what git would know of it.
const STATE: &str = ".git/rehearsal.json";

/// A commit with all its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// The text of each file.
    pub files: BTreeMap<String, String>,
}

/// One repository.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The id of the channel that it is.
    pub channel: &'static str,
    /// What lets one write.
    pub secret: String,
    /// The history, oldest first.
    pub commits: Vec<Commit>,
}

/// All repositories, by their address without scheme, user and `.git`.
#[derive(Debug, Clone, Default)]
pub struct Repositories {
    /// The repositories.
    pub all: BTreeMap<String, Repository>,
}

#[derive(Serialize, Deserialize)]
struct History {
    commits: Vec<Commit>,
}

#[derive(Serialize, Deserialize)]
struct Push {
    parent: Option<String>,
    commit: Commit,
}

impl Host for Repositories {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let Some(repository) = self.all.get_mut(ask.path.trim_start_matches('/')) else {
            return Answer::text(404, "Repository not found.");
        };
        if ask.method == "CLONE" {
            let history = History { commits: repository.commits.clone() };
            return Answer::json(200, &serde_json::to_value(history).expect("texts"));
        }
        if ask.credential() != Some(repository.secret.trim()) {
            return Answer::text(403, "Permission to the repository denied.");
        }
        let Ok(push) = serde_json::from_slice::<Push>(&ask.body) else {
            return Answer::text(400, "not a push");
        };
        if repository.commits.last().map(|commit| &commit.id) != push.parent.as_ref() {
            return Answer::text(409, "! [rejected] HEAD (fetch first)");
        }
        repository.commits.push(push.commit);
        Answer::text(200, "")
    }

    fn own_faults(&self) -> &'static [&'static str] {
        &[MAINTENANCE]
    }

    fn spoil(&mut self, ask: &Ask, fault: &'static str) -> Answer {
        match fault {
            MAINTENANCE if ask.method == "PUSH" => Answer::text(503, CLOSED),
            _ => self.answer(ask),
        }
    }

    fn shown(&self) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::new();
        for repository in self.all.values() {
            let newest = repository.commits.last().into_iter();
            for (path, text) in newest.flat_map(|commit| &commit.files) {
                shown.insert(format!("{}/{path}", repository.channel), text.clone());
            }
        }
        shown
    }

    fn taken(&self) -> Vec<String> {
        let all = self.all.values();
        let names = all.flat_map(|repository| {
            let channel = repository.channel;
            repository.commits.iter().map(move |commit| {
                let texts: String = commit.files.values().map(String::as_str).collect();
                format!("{channel}/{}", file::digest_of(texts.as_bytes()).sha256)
            })
        });
        names.collect()
    }
}

/// Where a repository is, whichever way it is spelled.
fn place_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.strip_suffix(".git").unwrap_or(rest).to_owned()
}

/// What git would know of a copy.
#[derive(Serialize, Deserialize)]
struct State {
    commits: Vec<Commit>,
    branch: String,
    added: Vec<String>,
}

/// One call of git.
struct Call<'a> {
    command: &'a Command,
    words: Vec<String>,
    folder: PathBuf,
    ask: &'a dyn Fn(&Ask) -> (Answer, Delivery),
}

/// Stands in for git, as far as channels use it; `ask` reaches the hosts of repositories.
pub fn run(command: &Command, ask: &dyn Fn(&Ask) -> (Answer, Delivery)) -> Finished {
    let mut words: Vec<String> =
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut folder = PathBuf::from(".");
    while let Some(option) = words.first().cloned().filter(|word| word == "-C" || word == "-c") {
        let value = words.get(1).cloned().unwrap_or_default();
        words.drain(..2.min(words.len()));
        if option == "-C" {
            folder = value.into();
        }
    }
    match (Call { command, words, folder, ask }).run() {
        Ok(text) => Finished { is_success: true, output: text.into(), complaint: String::new() },
        Err(complaint) => Finished { is_success: false, output: Vec::new(), complaint },
    }
}

impl Call<'_> {
    fn run(&self) -> Result<String, String> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match &words[..] {
            ["clone", .., url, "."] => self.clone(url, words.contains(&"--depth")),
            ["rev-parse", .., "HEAD"] if words.contains(&"--abbrev-ref") => {
                Ok(self.state()?.branch)
            }
            ["rev-parse", .., "HEAD"] => {
                let state = self.state()?;
                state.commits.last().map(|commit| commit.id.clone()).ok_or_else(String::new)
            }
            ["symbolic-ref", "HEAD", branch] => {
                let branch = branch.trim_start_matches("refs/heads/").to_owned();
                self.keep(&State { branch, ..self.state()? })
            }
            ["add", "--", paths @ ..] => {
                let added = paths.iter().map(|&path| path.to_owned()).collect();
                self.keep(&State { added, ..self.state()? })
            }
            ["commit", ..] => self.commit(),
            ["push", "--quiet", url, _] => self.push(url),
            ["log", .., "--", path] => {
                let of = |commit: &Commit| Some(commit.files.get(*path)?.clone());
                let mut names: Vec<String> = Vec::new();
                let mut before = None;
                for commit in &self.state()?.commits {
                    if of(commit) != before {
                        names.insert(0, commit.id.clone());
                        before = of(commit);
                    }
                }
                Ok(names.join("\n"))
            }
            ["show", place] => {
                let (id, path) = place.split_once(':').unwrap_or((place, ""));
                let state = self.state()?;
                let commit = state.commits.iter().find(|commit| commit.id == id);
                let text = commit.and_then(|commit| commit.files.get(path)).cloned();
                text.ok_or_else(|| format!("fatal: path '{path}' does not exist in '{id}'"))
            }
            _ => Err(format!("the rehearsal knows no git {}", words.join(" "))),
        }
    }

    fn clone(&self, url: &str, is_shallow: bool) -> Result<String, String> {
        let body = self.send(url, "CLONE", Vec::new())?;
        let history: History = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let mut commits = history.commits;
        if is_shallow {
            commits.drain(..commits.len().saturating_sub(1));
        }
        for (path, text) in commits.last().into_iter().flat_map(|commit| &commit.files) {
            write(&self.folder.join(path), text)?;
        }
        self.keep(&State { commits, branch: "main".to_owned(), added: Vec::new() })
    }

    fn commit(&self) -> Result<String, String> {
        let mut state = self.state()?;
        let mut files = state.commits.last().map(|last| last.files.clone()).unwrap_or_default();
        for path in std::mem::take(&mut state.added) {
            let text = std::fs::read_to_string(self.folder.join(&path));
            files.insert(path, text.map_err(|error| error.to_string())?);
        }
        if state.commits.last().is_some_and(|last| last.files == files) {
            return Err("nothing to commit, working tree clean".to_owned());
        }
        let parent = state.commits.last().map(|last| last.id.clone()).unwrap_or_default();
        let texts: String = files.values().map(String::as_str).collect();
        let id = file::digest_of((parent + &texts).as_bytes()).sha256[..40].to_owned();
        state.commits.push(Commit { id, files });
        self.keep(&state)
    }

    fn push(&self, url: &str) -> Result<String, String> {
        let mut state = self.state()?;
        let commit = state.commits.pop().ok_or("error: src refspec HEAD does not match any")?;
        let parent = state.commits.last().map(|last| last.id.clone());
        let push = serde_json::to_vec(&Push { parent, commit }).expect("texts");
        self.send(url, "PUSH", push).map(|_| String::new())
    }

    /// Sends a request with the credential that git was given, and reads what git would say.
    fn send(&self, url: &str, method: &str, body: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut ask = Ask { body, ..Ask::new(method, &format!("/{}", place_of(url))) };
        if let Some(credential) = self.credential() {
            ask.headers.insert("authorization".to_owned(), format!("git {credential}"));
        }
        let failed = format!("fatal: unable to access '{url}'");
        let (answer, delivery) = (self.ask)(&ask);
        if delivery != Delivery::Whole {
            return Err(format!("{failed}: Connection reset by peer"));
        }
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        match answer.status {
            200..=299 => Ok(answer.body),
            404 => Err(format!("remote: {said}\nfatal: repository '{url}' not found")),
            409 if said.starts_with('!') => Err(said),
            status => {
                Err(format!("remote: {said}\n{failed}: The requested URL returned error: {status}"))
            }
        }
    }

    /// The token in its environment, or the key in the file that ssh is told of.
    fn credential(&self) -> Option<String> {
        let variable = |wanted: &str| {
            let found = self.command.get_envs().find(|(name, _)| *name == wanted);
            found.and_then(|(_, value)| value?.to_str()).map(str::to_owned)
        };
        if let Some(token) = variable("SHIP_GIT_TOKEN") {
            return Some(token);
        }
        let ssh = variable("GIT_SSH_COMMAND")?;
        let key = ssh.split(" -i '").nth(1)?.split('\'').next()?;
        std::fs::read_to_string(key).ok().map(|key| key.trim().to_owned())
    }

    fn state(&self) -> Result<State, String> {
        let text = std::fs::read_to_string(self.folder.join(STATE));
        let text = text.map_err(|_| "fatal: not a git repository".to_owned())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    fn keep(&self, state: &State) -> Result<String, String> {
        let text = serde_json::to_string(state).expect("texts");
        write(&self.folder.join(STATE), &text).map(|()| String::new())
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
