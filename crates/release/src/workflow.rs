//! A workflow file of GitHub Actions, as far as it decides what a release may do.
//!
//! Only what a release depends on is read: who may start it, what it may do, what its jobs run and
//! wait for. `cargo ship` is found in the lines of a step's `run`, action names in
//! its `uses`.
//!
//! # Source
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::plan::Plan;

/// The machine that builds a target: cross building needs one sort only, so that the machine
/// that builds is not visible in what is built.
const RUNNER: &str = "ubuntu-24.04";

/// A workflow.
#[derive(Debug, Clone, Deserialize)]
pub struct Workflow {
    /// What starts it.
    pub on: Value,
    /// What every job may do that does not say otherwise.
    pub permissions: Option<Grants>,
    /// What may not run at the same time.
    #[serde(default)]
    pub concurrency: Value,
    /// Its jobs by their names.
    pub jobs: BTreeMap<String, Job>,
}

/// Rights, by scope or in one word.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Grants {
    /// Each scope with its level.
    Scopes(BTreeMap<String, String>),
    /// `read-all` or `write-all`.
    Word(String),
}

/// A job.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// The jobs that have to be done before.
    #[serde(default)]
    pub needs: Names,
    /// What it may do.
    pub permissions: Option<Grants>,
    /// The protected place that it belongs to.
    #[serde(default)]
    pub environment: Value,
    /// How long it may take, in minutes.
    #[serde(default)]
    pub timeout_minutes: Value,
    /// Whether it runs.
    #[serde(default, rename = "if")]
    pub condition: Value,
    /// For what it is done several times.
    #[serde(default)]
    pub strategy: Value,
    /// Whether its failure counts as success.
    #[serde(default)]
    pub continue_on_error: Value,
    /// The variables of all its steps.
    #[serde(default)]
    pub env: BTreeMap<String, Value>,
    /// Its steps.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// One name, several, or none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
pub enum Names {
    /// None.
    #[default]
    None,
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// A step.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// The action that it runs, with its commit.
    #[serde(default)]
    pub uses: String,
    /// The lines that a shell runs.
    #[serde(default)]
    pub run: String,
    /// Whether it runs.
    #[serde(default, rename = "if")]
    pub condition: Value,
    /// Its variables.
    #[serde(default)]
    pub env: BTreeMap<String, Value>,
    /// What the action is given.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    /// Whether its failure counts as success.
    #[serde(default)]
    pub continue_on_error: Value,
}

impl Workflow {
    /// Reads a workflow file.
    ///
    /// # Errors
    ///
    /// A phrase that says what is not as it should be, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        })
    }
}

impl Names {
    /// Returns the names as a list.
    pub fn list(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::One(name) => vec![name],
            Self::Several(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

impl Job {
    /// Returns the environment's name, if it has one.
    pub fn environment_name(&self) -> Option<&str> {
        self.environment.as_str().or_else(|| self.environment.get("name")?.as_str())
    }

    /// Returns the words after `cargo ship` of each of its commands.
    pub fn ship_commands(&self) -> Vec<Vec<&str>> {
        self.steps.iter().flat_map(Step::ship_commands).collect()
    }

    /// Returns whether it reads what another job found out, outside the lines of its shell.
    pub fn reads(&self, job: &str) -> bool {
        let wanted = format!("needs.{job}.");
        let given = self.steps.iter().flat_map(|step| step.env.values().chain(step.with.values()));
        let values = [&self.condition, &self.strategy].into_iter().chain(self.env.values());
        values.chain(given).any(|value| value.to_string().contains(&wanted))
    }
}

impl Step {
    /// Returns the words after `cargo ship` of each line that begins so.
    pub fn ship_commands(&self) -> Vec<Vec<&str>> {
        let rest = self.run.lines().filter_map(|line| line.trim().strip_prefix("cargo ship "));
        rest.map(|rest| rest.split_whitespace().collect()).collect()
    }

    /// Returns the name of the action, without its commit.
    pub fn action(&self) -> Option<&str> {
        let name = self.uses.split('@').next().unwrap_or_default();
        (!name.is_empty()).then_some(name)
    }

    /// Returns whether the action is named by a whole commit, which cannot be moved.
    pub fn is_pinned(&self) -> bool {
        let commit = self.uses.split_once('@').map_or("", |(_, commit)| commit);
        self.uses.starts_with("./")
            || (commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()))
    }
}

/// Returns the lines that a workflow puts into its outputs: what its build job is done for, and
/// whether the release is published already, so that nothing is built a second time.
pub fn outputs(plan: &Plan, is_published: bool) -> String {
    let entries: Vec<Value> = plan
        .targets
        .iter()
        .map(|target| {
            let platform = format!("{}-{}", target.os.name(), target.arch.name());
            json!({"platform": platform, "target": target.triple, "runner": RUNNER})
        })
        .collect();
    format!("matrix={}\npublished={is_published}\n", json!({"include": entries}))
}

#[cfg(test)]
mod tests {
    use super::{Grants, Workflow};

    #[test]
    fn a_workflow_is_read() {
        let text = "\
on:
  push:
    tags: [v*]
permissions: {}
jobs:
  a:
    runs-on: x
    permissions: {contents: read}
    steps:
      - uses: a/b@0123456789012345678901234567890123456789 # v1
      - uses: c/d@v1
      - run: |
          cargo ship plan --tag \"$TAG\"
          echo cargo ship
      - run: cargo ship build
  b:
    needs: a
    environment: {name: release}
    permissions: read-all
";
        let workflow = Workflow::parse(text).expect("a workflow");
        assert_eq!(workflow.on["push"]["tags"][0], "v*");
        assert_eq!(workflow.permissions, Some(Grants::Scopes([].into())));
        let [a, b] = ["a", "b"].map(|name| &workflow.jobs[name]);
        assert_eq!(a.ship_commands(), [vec!["plan", "--tag", "\"$TAG\""], vec!["build"]]);
        assert_eq!(a.steps[0].action(), Some("a/b"));
        assert_eq!(
            a.steps.iter().map(super::Step::is_pinned).collect::<Vec<_>>()[..2],
            [true, false]
        );
        assert_eq!((b.needs.list(), b.environment_name()), (vec!["a"], Some("release")));
        assert_eq!(b.permissions, Some(Grants::Word("read-all".to_owned())));
        assert!(a.needs.list().is_empty());
    }

    #[test]
    fn what_is_no_workflow_is_refused_with_a_phrase() {
        for text in ["", "jobs: []", "a: [", "on: push\njobs: {a: 1}"] {
            assert!(!Workflow::parse(text).expect_err("no workflow").is_empty(), "{text}");
        }
    }
}
