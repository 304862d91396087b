//! Whether a job that calls `cargo ship` has exactly what its steps need.
//!
//! By [`crate::need`] it has the rights of its steps and no other, installs the tools that they
//! call before they call them, gives secrets to single steps only and under their own names, signs
//! in where a channel takes that instead of a secret, decides nothing itself, and hides no failure.

use std::collections::BTreeMap;

use crate::doctor::Grade;
use crate::need::{self, Need};
use crate::workflow::{Grants, Job, Step};

/// How its lines of shell may begin: nothing is decided there.
const STARTS: [&str; 6] = [
    "cargo ship ",
    "chmod ",
    "cargo build --release --locked -p contextlite-release",
    "scripts/release/",
    "rustup ",
    // Texts are compared byte by byte; on Windows git would rewrite their line ends.
    "git config --global core.autocrlf false",
];

/// What is wrong with a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub grade: Grade,
    /// What was seen.
    pub says: String,
    /// What to do.
    pub next: String,
}

/// Makes one.
pub fn problem(grade: Grade, says: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem { grade, says: says.into(), next: next.into() }
}

/// Returns what is wrong with a job.
pub fn problems(name: &str, job: &Job) -> Vec<Problem> {
    let (need, unknown) = need_of(job);
    let unknown = unknown.into_iter().map(|says| {
        let next = "enter it in crates/release/src/need.rs with what it needs";
        problem(Grade::Fault, format!("job `{name}`: {says}"), next)
    });
    let mut problems: Vec<Problem> = unknown.collect();
    problems.extend(rights(name, job, &need));
    problems.extend(variables(name, job));
    problems.extend(tools(name, job));
    problems.extend(sign_ins(name, job));
    problems.extend(hidden(name, job));
    problems.extend(job.steps.iter().filter_map(|step| logic(name, step)));
    problems.extend(job.steps.iter().filter_map(|step| node(name, step)));
    problems
}

/// Returns what a job's steps need, and what the table does not know.
pub fn need_of(job: &Job) -> (Need, Vec<String>) {
    let (mut need, mut unknown) = (Need::default(), Vec::new());
    for (step, says) in job.steps.iter().map(need_of_step) {
        need.add(&step);
        unknown.extend(says);
    }
    (need, unknown)
}

fn need_of_step(step: &Step) -> (Need, Vec<String>) {
    let commands = step.ship_commands().into_iter().map(|words| need::of_command(&words));
    let action = step.action().map(need::of_action);
    let (mut need, mut unknown) = (Need::default(), Vec::new());
    for part in commands.chain(action) {
        match part {
            Ok(part) => need.add(&part),
            Err(says) => unknown.push(says),
        }
    }
    (need, unknown)
}

/// Whether a job has exactly the rights that its steps need.
fn rights(name: &str, job: &Job, need: &Need) -> Vec<Problem> {
    let granted = match &job.permissions {
        Some(Grants::Scopes(scopes)) => scopes.clone(),
        Some(Grants::Word(word)) => {
            let says = format!("job `{name}` is granted `{word}`");
            return vec![problem(Grade::Fault, says, format!("grant {}", list(need)))];
        }
        None => BTreeMap::new(),
    };
    let mut problems = Vec::new();
    for (scope, level) in &need.permissions {
        if granted.get(scope) != Some(level) {
            let says = format!("job `{name}` lacks `{scope}: {level}`");
            problems.push(problem(
                Grade::Fault,
                says,
                format!("its permissions are {}", list(need)),
            ));
        }
    }
    for (scope, level) in &granted {
        if !need.permissions.contains_key(scope) {
            let says = format!("job `{name}` has `{scope}: {level}` and no step that needs it");
            problems.push(problem(Grade::Warning, says, "take it away"));
        }
    }
    problems
}

fn list(need: &Need) -> String {
    let grants: Vec<String> =
        need.permissions.iter().map(|(scope, level)| format!("{scope}: {level}")).collect();
    format!("{{{}}}", grants.join(", "))
}

/// Whether each step's tools are installed in steps before it.
fn tools(name: &str, job: &Job) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, step) in job.steps.iter().enumerate() {
        let (need, _) = need_of_step(step);
        let is_there = |tool: &str| {
            job.steps[..place].iter().any(|before| {
                before.action() == Some(tool) || before.run.lines().any(|line| line.trim() == tool)
            })
        };
        for tool in need.tools.into_iter().filter(|tool| !is_there(tool)) {
            let says = format!("job `{name}` does not run `{tool}` before what needs it");
            let next = "add it as a step before; a runner has not all that a channel calls";
            problems.push(problem(Grade::Fault, says, next));
        }
    }
    problems
}

/// Whether who signs in is who publishes, and nobody signs in where the repository names nobody.
fn sign_ins(name: &str, job: &Job) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in &job.steps {
        for sign_in in need_of_step(step).0.sign_ins {
            let action = sign_in.action;
            let made = job.steps.iter().filter(|before| before.action() == Some(action));
            for (variable, input) in sign_in.inputs {
                let stored = format!("${{{{ vars.{variable} }}}}");
                if step.env.get(*variable).and_then(|value| value.as_str()) != Some(&stored) {
                    let says = format!("job `{name}` does not say `{variable}` to its step");
                    let next = format!("add `{variable}: {stored}` to its env");
                    problems.push(problem(Grade::Fault, says, next));
                }
                for before in made.clone() {
                    if before.with.get(*input).and_then(|value| value.as_str()) != Some(&stored) {
                        let says = format!("job `{name}` signs in somebody else than `{variable}`");
                        let next = format!("write `{input}: {stored}` for {action}");
                        problems.push(problem(Grade::Fault, says, next));
                    }
                    let asked = format!("vars.{variable} != ''");
                    if !before.condition.as_str().is_some_and(|text| text.contains(&asked)) {
                        let says = format!("job `{name}` signs in where there is no `{variable}`");
                        let next = format!("add `{asked}` to the condition of {action}");
                        problems.push(problem(Grade::Fault, says, next));
                    }
                }
            }
        }
    }
    problems
}

/// Whether a version of Node is fixed that can do what is asked of it.
fn node(name: &str, step: &Step) -> Option<Problem> {
    let version = step.with.get("node-version").and_then(serde_json::Value::as_u64);
    let is_old = step.action() == Some(need::NODE) && version.is_none_or(|v| v < need::NODE_MIN);
    let says = format!("job `{name}` has a Node whose npm cannot publish without a token");
    let next = format!("write `node-version: {}`", need::NODE_MIN);
    is_old.then(|| problem(Grade::Fault, says, next))
}

/// Whether a failure is shown: a job that failed and is green looks like one that published.
fn hidden(name: &str, job: &Job) -> Option<Problem> {
    let mut all = job.steps.iter().map(|step| &step.continue_on_error);
    let is_hidden = all.any(|value| !value.is_null()) || !job.continue_on_error.is_null();
    let says = format!("job `{name}` hides a failure with `continue-on-error`");
    let next = "take it away; `--allow-degraded` lets a channel fail that may, and shows it";
    is_hidden.then(|| problem(Grade::Fault, says, next))
}

/// Whether secrets reach single steps only, and each step has those that it needs.
fn variables(name: &str, job: &Job) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_secret = |value: &serde_json::Value| {
        value
            .as_str()
            .is_some_and(|text| text.contains("secrets.") || text.contains("github.token"))
    };
    if job.env.values().any(is_secret) {
        let says = format!("job `{name}` gives a secret to all of its steps");
        problems.push(problem(Grade::Fault, says, "give it to the one step that needs it"));
    }
    for step in &job.steps {
        let (needed, _) = need_of_step(step);
        problems.extend(renamed(name, step, &needed));
        for variable in &needed.variables {
            if !step.env.contains_key(*variable) {
                let says = format!("job `{name}` does not give `{variable}` to its step");
                let next = match *variable {
                    "GITHUB_TOKEN" => {
                        "add `GITHUB_TOKEN: ${{ github.token }}` to its env".to_owned()
                    }
                    other => format!("add `{other}: ${{{{ secrets.{other} }}}}` to its env"),
                };
                problems.push(problem(Grade::Fault, says, next));
            }
        }
        let given = step.env.iter().filter(|(_, value)| is_secret(value));
        let is_known =
            |name: &str| needed.variables.contains(name) || needed.optional.contains(name);
        for (variable, _) in given.filter(|(name, _)| !is_known(name)) {
            let says = format!("job `{name}` gives `{variable}` to a step that does not need it");
            problems.push(problem(Grade::Fault, says, "take it away"));
        }
        if step.with.values().any(is_secret) {
            let says = format!("job `{name}` gives a secret to an action");
            problems.push(problem(
                Grade::Fault,
                says,
                "secrets are for `cargo ship`, as variables",
            ));
        }
    }
    problems
}

/// Whether a step's secrets have the names under which they are stored.
fn renamed(name: &str, step: &Step, needed: &Need) -> Vec<Problem> {
    let mut problems = Vec::new();
    for &variable in needed.variables.iter().chain(&needed.optional) {
        let Some(value) = step.env.get(variable).and_then(|value| value.as_str()) else { continue };
        let stored = format!("secrets.{variable}");
        let stored = if variable == "GITHUB_TOKEN" { "github.token" } else { &stored };
        let inner = value.trim_start_matches("${{").trim_end_matches("}}").trim();
        if inner != stored {
            let says = format!("job `{name}` takes `{variable}` from `{inner}`");
            let next = format!("write `{variable}: ${{{{ {stored} }}}}`");
            problems.push(problem(Grade::Fault, says, next));
        }
    }
    problems
}

/// Whether a step's lines only call what decides, and decide nothing.
fn logic(name: &str, step: &Step) -> Option<Problem> {
    let is_call = |line: &str| STARTS.iter().any(|start| line.starts_with(start));
    let mut lines = step.run.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.find(|line| !is_call(line))?;
    let says = format!("job `{name}` decides in its shell: `{line}`");
    Some(problem(Grade::Warning, says, "a step calls `cargo ship`, where it can be tested"))
}
