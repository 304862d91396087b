//! Whether the workflows may do what a release needs, and no more.
//!
//! For every workflow: actions are named by their commits, jobs have a time limit, no secret is
//! asked for in a condition (the host would then refuse the whole file and say nothing), and no
//! expression stands inside a shell's lines, where its value would be run. For the one that
//! releases also: nothing is granted at its top, every job has exactly the rights that its steps
//! need by [`crate::need`], waits for exactly the jobs that do what has to be done before, and
//! gives secrets to single steps only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::doctor::{Finding, Grade};
use crate::need::{self, Need};
use crate::workflow::{Grants, Job, Step, Workflow};

/// The folder of workflows.
const FOLDER: &str = ".github/workflows";

/// The workflow that releases.
const RELEASE: &str = "release.yml";

/// How its lines of shell may begin: nothing is decided there.
const STARTS: [&str; 5] = [
    "cargo ship ",
    "chmod ",
    "cargo build --release --locked -p contextlite-release",
    "scripts/release/",
    "rustup ",
];

/// Returns what is found in the workflows of a project.
pub fn findings(root: &Path) -> Vec<Finding> {
    let names = names(&root.join(FOLDER));
    let mut findings: Vec<Finding> = names
        .iter()
        .flat_map(|name| {
            let path = format!("{FOLDER}/{name}");
            let text = std::fs::read_to_string(root.join(&path)).map_err(|e| e.to_string());
            of_file(&path, text, name == RELEASE)
        })
        .collect();
    if !names.iter().any(|name| name == RELEASE) {
        findings.push(Finding::of(
            Grade::Fault,
            format!("{FOLDER}/{RELEASE}"),
            "there is no workflow that releases",
            "take the one of the repository that this was forked from",
        ));
    }
    findings
}

/// Returns the environments that jobs of readable workflows name, each once, in order.
pub fn environments(root: &Path) -> Vec<String> {
    let folder = root.join(FOLDER);
    let texts = names(&folder).into_iter().map(|name| std::fs::read_to_string(folder.join(name)));
    let workflows = texts.flatten().filter_map(|text| Workflow::parse(&text).ok());
    let jobs = workflows.flat_map(|workflow| workflow.jobs.into_values());
    let names = jobs.filter_map(|job| job.environment_name().map(str::to_owned));
    names.collect::<BTreeSet<String>>().into_iter().collect()
}

/// The names of the workflow files, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_workflow = |name: &String| {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("yml" | "yaml"))
    };
    let mut names: Vec<String> = names.filter(is_workflow).collect();
    names.sort();
    names
}

/// What is found in one file.
fn of_file(path: &str, text: Result<String, String>, is_release: bool) -> Vec<Finding> {
    let workflow = match text.and_then(|text| Workflow::parse(&text)) {
        Ok(workflow) => workflow,
        Err(problem) => {
            let next = "mend the file; the host would refuse it whole";
            return vec![Finding::of(Grade::Fault, path, problem, next)];
        }
    };
    let mut problems = general(&workflow);
    if is_release {
        problems.extend(release(&workflow));
    }
    if problems.is_empty() {
        let jobs = workflow.jobs.len();
        return vec![Finding::good(path, format!("{jobs} jobs, each as it should be"))];
    }
    let finding = |Problem { grade, says, next }| Finding::of(grade, path, says, next);
    problems.into_iter().map(finding).collect()
}

/// What is wrong with a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    grade: Grade,
    says: String,
    next: String,
}

fn problem(grade: Grade, says: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem { grade, says: says.into(), next: next.into() }
}

/// What holds for every workflow.
fn general(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    if workflow.permissions.is_none() {
        problems.push(problem(
            Grade::Warning,
            "it states no permissions, so the repository's default decides",
            "write `permissions: {}` at its top and the grants at its jobs",
        ));
    }
    for (name, job) in &workflow.jobs {
        if !job.steps.is_empty() && job.timeout_minutes.is_null() {
            let says = format!("job `{name}` may run for six hours");
            problems.push(problem(Grade::Warning, says, "give it `timeout-minutes`"));
        }
        let conditions = job.steps.iter().map(|step| &step.condition).chain([&job.condition]);
        if conditions.filter_map(|c| c.as_str()).any(|text| text.contains("secrets.")) {
            let says = format!("job `{name}` asks for a secret in a condition");
            let next = "the host refuses such a file whole; let `cargo ship` decide";
            problems.push(problem(Grade::Fault, says, next));
        }
        problems.extend(job.steps.iter().flat_map(|step| of_step(name, step)));
    }
    problems
}

fn of_step(job: &str, step: &Step) -> Vec<Problem> {
    let mut problems = Vec::new();
    if step.action().is_some() && !step.is_pinned() {
        let says = format!("job `{job}` runs {}, which its owner can move", step.uses);
        problems.push(problem(Grade::Warning, says, "name the whole commit, the version behind #"));
    }
    if step.run.contains("${{") {
        let says = format!("job `{job}` puts an expression into a shell's lines");
        problems.push(problem(Grade::Fault, says, "pass it as a variable of the step"));
    }
    problems
}

/// What holds for the workflow that releases.
fn release(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = triggers(workflow);
    if workflow.permissions != Some(Grants::Scopes(BTreeMap::new())) {
        problems.push(problem(
            Grade::Fault,
            "it grants rights to all of its jobs",
            "write `permissions: {}` at its top and the grants at its jobs",
        ));
    }
    let makers = makers(workflow);
    for (name, job) in &workflow.jobs {
        let (need, unknown) = need_of(job);
        problems.extend(unknown.into_iter().map(|says| {
            let next = "enter it in crates/release/src/need.rs with what it needs";
            problem(Grade::Fault, format!("job `{name}`: {says}"), next)
        }));
        problems.extend(rights(name, job, &need));
        problems.extend(order(name, job, &need, &makers));
        problems.extend(variables(name, job));
        problems.extend(job.steps.iter().filter_map(|step| logic(name, step)));
    }
    problems
}

/// What starts it, and what it may not run beside.
fn triggers(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    let tags = workflow.on.pointer("/push/tags/0").and_then(|tag| tag.as_str());
    if tags != Some("v*") || workflow.on.pointer("/push/branches").is_some() {
        let says = "it is not started by tags `v*` alone";
        problems.push(problem(Grade::Fault, says, "write `on: {push: {tags: [v*]}}`"));
    }
    for input in ["tag", "only", "dry_run"] {
        if workflow.on.pointer(&format!("/workflow_dispatch/inputs/{input}")).is_none() {
            let says = format!("a person who starts it cannot say `{input}`");
            let next = "a run of a tag repeats the tag's own workflow; add the input, so that a \
                        mended one can resume";
            problems.push(problem(Grade::Warning, says, next));
        }
    }
    let group = workflow.concurrency.get("group").and_then(|group| group.as_str());
    if !group.is_some_and(|group| group.contains("inputs.tag") && group.contains("github.ref_name"))
    {
        let says = "two runs for one tag may meet";
        let next = "write `concurrency: {group: 'release-${{ inputs.tag || github.ref_name }}', \
                    cancel-in-progress: false}`";
        problems.push(problem(Grade::Warning, says, next));
    }
    problems
}

/// What a job's steps need, and what the table does not know.
fn need_of(job: &Job) -> (Need, Vec<String>) {
    let commands = job.ship_commands().into_iter().map(|words| need::of_command(&words));
    let actions = job.steps.iter().filter_map(Step::action).map(need::of_action);
    let (mut need, mut unknown) = (Need::default(), Vec::new());
    for step in commands.chain(actions) {
        match step {
            Ok(step) => need.add(&step),
            Err(says) => unknown.push(says),
        }
    }
    (need, unknown)
}

/// Which jobs do each thing that something else may have to come after.
fn makers(workflow: &Workflow) -> BTreeMap<String, BTreeSet<&str>> {
    let mut makers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, job) in &workflow.jobs {
        let commands = job.ship_commands();
        let words = commands.iter().flat_map(|words| {
            // `publish github` is waited for by its channel, all others by their first word.
            let channels =
                words.iter().skip(1).filter(|word| words[0] == "publish" && !word.starts_with('-'));
            channels.map(|channel| format!("publish {channel}")).chain([words[0].to_owned()])
        });
        let actions = job.steps.iter().filter_map(Step::action).map(str::to_owned);
        for thing in words.chain(actions) {
            makers.entry(thing).or_default().insert(name);
        }
    }
    makers
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

/// Whether a job waits for what has to be done before it, and for nothing else.
fn order(
    name: &str,
    job: &Job,
    need: &Need,
    makers: &BTreeMap<String, BTreeSet<&str>>,
) -> Vec<Problem> {
    let waits: BTreeSet<&str> = job.needs.list().into_iter().collect();
    let mut problems = Vec::new();
    let mut justified = BTreeSet::new();
    for &thing in &need.after {
        let jobs = makers.get(thing).cloned().unwrap_or_default();
        let missing: Vec<&str> =
            jobs.iter().copied().filter(|&job| job != name && !waits.contains(job)).collect();
        if jobs.is_empty() || !missing.is_empty() {
            let says = format!("job `{name}` does not wait for `{thing}`");
            let next = match missing.first() {
                Some(job) => format!("add `{job}` to its needs"),
                None => "no job does that; add one".to_owned(),
            };
            problems.push(problem(Grade::Fault, says, next));
        }
        justified.extend(jobs);
    }
    for job in waits.difference(&justified) {
        let says = format!("job `{name}` waits for `{job}` and uses nothing of it");
        problems.push(problem(Grade::Warning, says, "take it out of its needs"));
    }
    problems
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
        let mut needed = Need::default();
        let commands = step.ship_commands();
        commands
            .iter()
            .filter_map(|words| need::of_command(words).ok())
            .for_each(|n| needed.add(&n));
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

/// Whether a step's lines only call what decides, and decide nothing.
fn logic(name: &str, step: &Step) -> Option<Problem> {
    let is_call = |line: &str| STARTS.iter().any(|start| line.starts_with(start));
    let mut lines = step.run.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.find(|line| !is_call(line))?;
    let says = format!("job `{name}` decides in its shell: `{line}`");
    Some(problem(Grade::Warning, says, "a step calls `cargo ship`, where it can be tested"))
}

#[cfg(test)]
mod tests {
    use super::{Grade, of_file};

    const TEXT: &str = include_str!("../../../../.github/workflows/release.yml");

    fn said(text: &str) -> Vec<(Grade, String)> {
        let findings = of_file("release.yml", Ok(text.to_owned()), true);
        assert!(findings.iter().all(|f| f.grade == Grade::Good || !f.next.is_empty()));
        findings.into_iter().map(|finding| (finding.grade, finding.says)).collect()
    }

    #[test]
    fn our_own_workflow_has_nothing_to_mend() {
        let found = said(TEXT);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].0, Grade::Good, "{found:#?}");
    }

    /// Our own workflow with one text replaced has this to mend, and nothing else.
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert!(TEXT.contains(from), "{from}");
        let found = said(&TEXT.replacen(from, to, 1));
        let found: Vec<&str> = found.iter().map(|(_, says)| says.as_str()).collect();
        assert_eq!(found, expected, "{from} -> {to}");
    }

    #[test]
    fn each_deviation_is_found() {
        check(
            "permissions: {}",
            "permissions: {contents: write}",
            &["it grants rights to all of its jobs"],
        );
        check(
            "      contents: write\n",
            "      contents: read\n",
            &["job `publish` lacks `contents: write`"],
        );
        check(
            "      contents: write\n",
            "      contents: write\n      packages: write\n",
            &["job `publish` has `packages: write` and no step that needs it"],
        );
        check("      attestations: write\n", "", &["job `attest` lacks `attestations: write`"]);
        check(
            "needs: [pack, attest]",
            "needs: [pack]",
            &["job `publish` does not wait for `actions/attest`"],
        );
        check(
            "needs: build",
            "needs: plan",
            &[
                "job `pack` does not wait for `build`",
                "job `pack` waits for `plan` and uses nothing of it",
            ],
        );
        check("v*", "*", &["it is not started by tags `v*` alone"]);
        check(
            "GITHUB_TOKEN: ${{ github.token }}",
            "OTHER: x",
            &["job `publish` does not give `GITHUB_TOKEN` to its step"],
        );
        check(
            "cargo ship publish github",
            "cargo ship publish github-packages",
            &[
                "job `publish` lacks `contents: read`",
                "job `publish` lacks `packages: write`",
                "job `publish` does not wait for `publish github`",
                "job `publish` waits for `attest` and uses nothing of it",
                "job `publish` waits for `pack` and uses nothing of it",
            ],
        );
        check(
            "cargo ship pack",
            "cargo ship pakc",
            &[
                "job `attest` does not wait for `pack`",
                "job `attest` waits for `pack` and uses nothing of it",
                "job `pack`: unknown command `pakc`; did you mean `pack`?",
                "job `pack` waits for `build` and uses nothing of it",
                "job `pack` gives `MINISIGN_PASSWORD` to a step that does not need it",
                "job `pack` gives `MINISIGN_SECRET_KEY` to a step that does not need it",
                "job `publish` does not wait for `pack`",
                "job `publish` waits for `pack` and uses nothing of it",
            ],
        );
    }
}
