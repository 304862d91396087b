//! A repository of others that takes pull requests, and our fork of it.
//!
//! As strict as the real one where it matters: without the fork nothing can be written, a branch
//! is made once, a second open pull request from one branch is refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::rehearse::rest::{json_answer, problem};
use crate::rehearse::{Answer, Ask};

/// Both repositories.
#[derive(Debug, Clone)]
pub struct Forge {
    /// The repository of others, as `OWNER/NAME`.
    pub upstream: &'static str,
    /// Our fork, if there is one.
    pub fork: Option<&'static str>,
    /// The files that the repository holds.
    pub files: BTreeMap<String, String>,
    /// The trees that were made, by their place.
    pub trees: Vec<BTreeMap<String, String>>,
    /// The branches of the fork, and the tree of each.
    pub branches: BTreeMap<String, usize>,
    /// The pull requests.
    pub pulls: Vec<Pull>,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its title.
    pub title: String,
    /// Where it comes from, as `OWNER:BRANCH`.
    pub head: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether it was taken in.
    pub is_merged: bool,
    /// What its review says.
    pub labels: Vec<&'static str>,
}

impl Default for Forge {
    fn default() -> Self {
        Self {
            upstream: "microsoft/winget-pkgs",
            fork: None,
            files: BTreeMap::new(),
            trees: Vec::new(),
            branches: BTreeMap::new(),
            pulls: Vec::new(),
        }
    }
}

impl Forge {
    /// Takes a pull request in, as its reviewers do.
    pub fn merge(&mut self, number: usize) {
        let pull = &mut self.pulls[number];
        (pull.is_open, pull.is_merged) = (false, true);
        let tree = self.proposed(&self.pulls[number].head);
        self.files.extend(tree);
    }

    /// Takes in every open one.
    pub fn approve(&mut self) {
        for number in 0..self.pulls.len() {
            if self.pulls[number].is_open {
                self.merge(number);
            }
        }
    }

    /// The files that a pull request brings.
    fn proposed(&self, head: &str) -> BTreeMap<String, String> {
        let branch = head.split(':').next_back().unwrap_or_default();
        let tree = self.branches.get(branch).and_then(|&tree| self.trees.get(tree));
        tree.cloned().unwrap_or_default()
    }

    /// What everybody gets: [`crate::rehearse::Host::shown`].
    pub fn shown(&self) -> BTreeMap<String, String> {
        named(self.files.clone())
    }

    /// What waits for a review: [`crate::rehearse::Host::pending`].
    pub fn pending(&self) -> BTreeMap<String, String> {
        let open = self.pulls.iter().filter(|pull| pull.is_open);
        named(open.flat_map(|pull| self.proposed(&pull.head)).collect())
    }

    /// What was ever proposed: [`crate::rehearse::Host::taken`].
    pub fn taken(&self) -> Vec<String> {
        self.pulls.iter().map(|pull| format!("winget/{}", pull.title)).collect()
    }

    /// Answers what is about these repositories.
    pub(super) fn answer(&mut self, ask: &Ask, path: &str) -> Option<Answer> {
        if path == "/search/issues" {
            let asked = ask.query["q"].replace('+', " ");
            let is_it = |pull: &&Pull| pull.is_open && asked.contains(&pull.title);
            let items: Vec<Value> =
                self.numbered().filter(|(_, pull)| is_it(pull)).map(shown).collect();
            return Some(ok(&json!({"items": items})));
        }
        let rest = path.strip_prefix("/repos/")?;
        if let Some(rest) = rest.strip_prefix(self.upstream) {
            return Some(self.of_upstream(ask, rest));
        }
        let fork = self.upstream.split('/').next_back().expect("a name");
        let owner = rest.split('/').next()?;
        let rest = rest.strip_prefix(&format!("{owner}/{fork}"))?;
        let is_there = self.fork.is_some_and(|known| known == format!("{owner}/{fork}"));
        Some(if is_there { self.of_fork(ask, rest) } else { problem(404, "Not Found") })
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &Pull)> {
        self.pulls.iter().enumerate()
    }

    fn of_upstream(&mut self, ask: &Ask, rest: &str) -> Answer {
        match (ask.method.as_str(), rest) {
            ("GET", "") => ok(&json!({"default_branch": "master"})),
            ("GET", "/git/ref/heads/master") => ok(&json!({"object": {"sha": "base"}})),
            ("GET", "/pulls") => {
                let head = &ask.query["head"];
                let ours = self.numbered().filter(|(_, pull)| pull.head == *head);
                ok(&Value::Array(ours.map(shown).collect()))
            }
            ("POST", "/pulls") => {
                let body: Value = serde_json::from_slice(&ask.body).expect("JSON");
                let text = |field: &str| body[field].as_str().expect("a text").to_owned();
                let (title, head) = (text("title"), text("head"));
                if self.pulls.iter().any(|pull| pull.is_open && pull.head == head) {
                    return problem(422, "A pull request already exists");
                }
                let labels = Vec::new();
                self.pulls.push(Pull { title, head, is_open: true, is_merged: false, labels });
                let number = self.pulls.len() - 1;
                created(&shown((number, &self.pulls[number])))
            }
            ("GET", path) => match path.strip_prefix("/contents/") {
                Some(folder) => self.names(folder),
                None => problem(404, "Not Found"),
            },
            _ => problem(403, "Resource not accessible by personal access token"),
        }
    }

    fn names(&self, folder: &str) -> Answer {
        let prefix = format!("{folder}/");
        let below = self.files.keys().filter_map(|path| path.strip_prefix(&prefix));
        let mut names: Vec<&str> = below.filter_map(|rest| rest.split('/').next()).collect();
        names.dedup();
        if names.is_empty() {
            return problem(404, "Not Found");
        }
        ok(&names.iter().map(|name| json!({"name": name})).collect())
    }

    fn of_fork(&mut self, ask: &Ask, rest: &str) -> Answer {
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        match (ask.method.as_str(), rest) {
            ("POST", "/git/trees") => {
                let entries = body["tree"].as_array().expect("a tree").iter();
                let file = |entry: &Value| {
                    let text = |field: &str| entry[field].as_str().expect("a text").to_owned();
                    (text("path"), text("content"))
                };
                self.trees.push(entries.map(file).collect());
                created(&json!({"sha": (self.trees.len() - 1).to_string()}))
            }
            ("POST", "/git/commits") => created(&json!({"sha": text("tree")})),
            ("POST", "/git/refs") => {
                let branch = text("ref").replace("refs/heads/", "");
                if self.branches.contains_key(&branch) {
                    return problem(422, "Reference already exists");
                }
                self.branches.insert(branch, text("sha").parse().expect("a tree"));
                created(&json!({}))
            }
            ("PATCH", path) => {
                let branch = path.strip_prefix("/git/refs/heads/").expect("a branch").to_owned();
                self.branches.insert(branch, text("sha").parse().expect("a tree"));
                ok(&json!({}))
            }
            _ => problem(404, "Not Found"),
        }
    }
}

fn shown((number, pull): (usize, &Pull)) -> Value {
    json!({
        "number": number,
        "title": pull.title,
        "state": if pull.is_open { "open" } else { "closed" },
        "html_url": format!("https://github.com/microsoft/winget-pkgs/pull/{number}"),
        "merged_at": pull.is_merged.then_some("2026-11-22T10:30:00Z"),
        "labels": pull.labels.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
    })
}

/// Files by their names among all channels'.
fn named(files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    files.into_iter().map(|(path, text)| (format!("winget/{path}"), text)).collect()
}

fn ok(value: &Value) -> Answer {
    json_answer(200, value)
}

fn created(value: &Value) -> Answer {
    json_answer(201, value)
}
