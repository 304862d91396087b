//! Whether the workflows may do what a release needs, and no more.
//!
//! For every workflow: actions are named by their commits, jobs have a time limit, no secret is
//! asked for in a condition (the host would then refuse the whole file and say nothing), and no
//! expression stands inside a shell's lines, where its value would be run.
//!
//! Where `cargo ship` is called, also: nothing is granted at the top, and every job has what
//! [`job`] asks of it.
//!
//! Only one workflow publishes. In it every job waits for exactly the jobs that do what has to be
//! done before, each channel has one job of its own, which fails alone, and what looks at all of
//! them looks whatever became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::channel;
use crate::doctor::job::{self, Problem, need_of, problem};
use crate::doctor::{Finding, Grade};
use crate::facts::Wave;
use crate::need::Need;
use crate::workflow::{Grants, Job, Step, Workflow};

/// The folder of workflows.
const FOLDER: &str = ".github/workflows";

/// The workflow that releases.
const RELEASE: &str = "release.yml";

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
    let calls_ship = workflow.jobs.values().any(|job| !job.ship_commands().is_empty());
    if is_release || calls_ship {
        problems.extend(of_ship(&workflow));
    }
    problems.extend(if is_release { release(&workflow) } else { beside(&workflow) });
    if problems.is_empty() {
        let jobs = workflow.jobs.len();
        return vec![Finding::good(path, format!("{jobs} jobs, each as it should be"))];
    }
    let finding = |Problem { grade, says, next }| Finding::of(grade, path, says, next);
    problems.into_iter().map(finding).collect()
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

/// What holds for a workflow that calls `cargo ship`.
fn of_ship(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    if workflow.permissions != Some(Grants::Scopes(BTreeMap::new())) {
        problems.push(problem(
            Grade::Fault,
            "it grants rights to all of its jobs",
            "write `permissions: {}` at its top and the grants at its jobs",
        ));
    }
    problems.extend(workflow.jobs.iter().flat_map(|(name, job)| job::problems(name, job)));
    problems
}

/// What holds for the workflow that releases.
fn release(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = triggers(workflow);
    let makers = makers(workflow);
    for (name, job) in &workflow.jobs {
        let (need, _) = need_of(job);
        problems.extend(order(name, job, &need, &makers));
        problems.extend(alone(name, job, &need));
    }
    problems.extend(one_job_each(&makers));
    problems
}

/// What holds for every other workflow: two that publish would race for one tag.
fn beside(workflow: &Workflow) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, job) in &workflow.jobs {
        if job.ship_commands().iter().any(|words| words[0] == "publish") {
            let says = format!("job `{name}` publishes beside {RELEASE}");
            problems.push(problem(Grade::Fault, says, format!("{RELEASE} alone publishes")));
        }
    }
    let is_for_tags = workflow.on.pointer("/push/tags").is_some();
    if is_for_tags || workflow.on.get("release").is_some() {
        let says = "it is started by a tag or a release, beside the workflow that releases";
        let next = format!("make its jobs part of {RELEASE}, which knows their order");
        problems.push(problem(Grade::Fault, says, next));
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
    let is_unused = |other: &&&str| !job.reads(other);
    for job in waits.difference(&justified).filter(is_unused) {
        let says = format!("job `{name}` waits for `{job}` and uses nothing of it");
        problems.push(problem(Grade::Warning, says, "take it out of its needs"));
    }
    problems
}

/// Whether a job's failure stays its own, and none of others keeps it from looking at all.
fn alone(name: &str, job: &Job, need: &Need) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has_matrix = job.strategy.get("matrix").is_some();
    if has_matrix && job.strategy.get("fail-fast") != Some(&false.into()) {
        let says = format!("job `{name}` stops all of its runs if one fails");
        problems.push(problem(Grade::Fault, says, "write `fail-fast: false` in its strategy"));
    }
    for words in job.ship_commands() {
        let is_release = words[0] == "publish" && words.get(1) == Some(&"github");
        let may_fail = matches!(words[0], "publish" | "verify" | "status") && !is_release;
        if may_fail && !words.contains(&"--allow-degraded") {
            let says = format!("job `{name}` is red if a channel fails that may");
            let next = "add `--allow-degraded`; what failed is shown all the same";
            problems.push(problem(Grade::Warning, says, next));
        }
    }
    let publishes = job.ship_commands().iter().any(|words| words[0] == "publish");
    if publishes && job.environment_name().is_none() {
        let says = format!("job `{name}` publishes from no environment");
        let next = "write `environment: release`, so that branches and reviewers limit it";
        problems.push(problem(Grade::Warning, says, next));
    }
    let looks_at_all = need.after.iter().any(|thing| matches!(*thing, "publish" | "verify"));
    let is_always = job.condition.as_str().is_some_and(|text| text.contains("!cancelled()"));
    if looks_at_all && !is_always {
        let says = format!("job `{name}` does not run if one of those before it fails");
        problems.push(problem(Grade::Fault, says, "write `if: ${{ !cancelled() }}`"));
    }
    problems
}

/// Whether each channel that takes us is published by one job, and by one only.
fn one_job_each(makers: &BTreeMap<String, BTreeSet<&str>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for facts in channel::facts().into_iter().filter(|facts| facts.policy.is_none()) {
        let id = facts.id;
        let jobs = makers.get(&format!("publish {id}")).cloned().unwrap_or_default();
        let jobs: Vec<&str> = jobs.into_iter().collect();
        let says = match jobs[..] {
            [] => format!("no job publishes `{id}`"),
            [job] => match seen.insert(job, id) {
                Some(other) if facts.wave != Wave::Release => {
                    format!("job `{job}` publishes both `{other}` and `{id}`")
                }
                _ => continue,
            },
            _ => format!("jobs {} publish `{id}`", jobs.join(" and ")),
        };
        let next = "give each channel a job of its own, so that it has its rights and fails alone";
        problems.push(problem(Grade::Fault, says, next));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{Grade, of_file};

    const TEXT: &str = include_str!("../../../../.github/workflows/release.yml");
    const WATCH: &str = include_str!("../../../../.github/workflows/release-watch.yml");

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

    /// Our own workflow with one text replaced has all of this to mend.
    fn has(from: &str, to: &str, expected: &[&str]) {
        assert!(TEXT.contains(from), "{from}");
        let found = said(&TEXT.replacen(from, to, 1));
        for says in expected {
            let count = found.iter().filter(|(_, found)| found == says).count();
            assert_eq!(count, 1, "{from} -> {to}: {says}: {found:#?}");
        }
    }

    #[test]
    fn rights_that_are_missing_or_too_many_are_found() {
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
            "      packages: write\n",
            "      id-token: write\n",
            &[
                "job `github-packages` lacks `packages: write`",
                "job `github-packages` has `id-token: write` and no step that needs it",
            ],
        );
    }

    #[test]
    fn a_job_that_comes_too_early_or_waits_for_nothing_is_found() {
        check(
            "needs: [pack, attest]",
            "needs: [pack]",
            &["job `publish` does not wait for `actions/attest`"],
        );
        check(
            "needs: build\n",
            "needs: plan\n",
            &[
                "job `pack` does not wait for `build`",
                "job `pack` waits for `plan` and uses nothing of it",
            ],
        );
        check("v*", "*", &["it is not started by tags `v*` alone"]);
        check(
            "    needs: [plan, publish]\n",
            "    needs: [plan, pack]\n",
            &[
                "job `pypi` does not wait for `publish github`",
                "job `pypi` waits for `pack` and uses nothing of it",
            ],
        );
        let homebrew = TEXT.find("  homebrew:\n").expect("a job");
        let wait = "    needs: [plan, publish]\n";
        let text = [&TEXT[..homebrew], &TEXT[homebrew..].replacen(wait, "    needs: pypi\n", 1)];
        let found = said(&text.concat());
        assert!(found.iter().any(|(_, says)| says.contains("waits for `pypi` and uses nothing")));
        has(
            "    needs: verify\n",
            "    needs: publish\n",
            &["job `report` does not wait for `verify`"],
        );
    }

    #[test]
    fn secrets_that_are_missing_misnamed_or_for_another_are_found() {
        let publish = "GITHUB_TOKEN: ${{ github.token }}";
        check(publish, "OTHER: x", &["job `publish` does not give `GITHUB_TOKEN` to its step"]);
        check(
            "HOMEBREW_GITHUB_API_TOKEN: ${{ secrets.HOMEBREW_GITHUB_API_TOKEN }}",
            "HOMEBREW_GITHUB_TOKEN: ${{ secrets.HOMEBREW_GITHUB_TOKEN }}",
            &[
                "job `homebrew` does not give `HOMEBREW_GITHUB_API_TOKEN` to its step",
                "job `homebrew` gives `HOMEBREW_GITHUB_TOKEN` to a step that does not need it",
            ],
        );
        check(
            "SCOOP_GITHUB_TOKEN: ${{ secrets.SCOOP_GITHUB_TOKEN }}",
            "SCOOP_GITHUB_TOKEN: ${{ github.token }}",
            &["job `scoop` takes `SCOOP_GITHUB_TOKEN` from `github.token`"],
        );
        let condition = "if: ${{ !cancelled() && (needs.publish";
        has(
            condition,
            "if: ${{ secrets.X && !cancelled() && (needs.publish",
            &["job `pypi` asks for a secret in a condition"],
        );
    }

    #[test]
    fn a_channel_whose_failure_would_not_be_its_own_is_found() {
        let once = "cargo ship publish homebrew --tag \"$TAG\" --only \"$ONLY\" \
                    --dry-run=\"$DRY_RUN\" --allow-degraded";
        check(
            once,
            &once.replace(" --allow-degraded", ""),
            &["job `homebrew` is red if a channel fails that may"],
        );
        has(
            once,
            &once.replace("homebrew", "scoop"),
            &["no job publishes `homebrew`", "jobs homebrew and scoop publish `scoop`"],
        );
        has(
            once,
            &once.replace("homebrew", "homebrew scoop"),
            &["jobs homebrew and scoop publish `scoop`"],
        );
        check(
            "    timeout-minutes: 45\n    environment: release\n",
            "    timeout-minutes: 45\n",
            &["job `snap` publishes from no environment"],
        );
        check(
            "    timeout-minutes: 45\n    environment: release\n",
            "    timeout-minutes: 45\n    continue-on-error: true\n    environment: release\n",
            &["job `snap` hides a failure with `continue-on-error`"],
        );
        check(
            "    needs: verify\n    if: ${{ !cancelled() }}\n",
            "    needs: verify\n",
            &["job `report` does not run if one of those before it fails"],
        );
        check(
            "      fail-fast: false\n      matrix:\n",
            "      matrix:\n",
            &["job `verify` stops all of its runs if one fails"],
        );
    }

    #[test]
    fn a_tool_that_is_not_installed_is_found() {
        for (channel, tool) in [("pypi", "setup-channel pypi"), ("snap", "setup-channel snap")] {
            let line = format!("      - run: scripts/release/{tool}\n");
            let says = format!(
                "job `{channel}` does not run `scripts/release/{tool}` before what needs it"
            );
            check(&line, "", &[&says]);
        }
        check(
            "      - run: scripts/release/build-clients\n",
            "",
            &["job `npm` does not run `scripts/release/build-clients` before what needs it"],
        );
        check(
            "          node-version: 24\n",
            "          node-version: 20\n",
            &["job `npm` has a Node whose npm cannot publish without a token"],
        );
    }

    #[test]
    fn a_sign_in_that_is_missing_or_of_another_is_found() {
        let client = "          AZURE_CLIENT_ID: ${{ vars.AZURE_CLIENT_ID }}\n";
        check(client, "", &["job `vscode` does not say `AZURE_CLIENT_ID` to its step"]);
        check(
            client,
            "          AZURE_CLIENT_ID: ${{ secrets.AZURE_CLIENT_ID }}\n",
            &[
                "job `vscode` gives `AZURE_CLIENT_ID` to a step that does not need it",
                "job `vscode` does not say `AZURE_CLIENT_ID` to its step",
            ],
        );
        check(
            "tenant-id: ${{ vars.AZURE_TENANT_ID }}",
            "tenant-id: ${{ vars.TENANT }}",
            &["job `vscode` signs in somebody else than `AZURE_TENANT_ID`"],
        );
        check(
            " && vars.AZURE_TENANT_ID != ''",
            "",
            &["job `vscode` signs in where there is no `AZURE_TENANT_ID`"],
        );
        check(
            "uses: azure/login@",
            "uses: actions/setup-python@",
            &["job `vscode` does not run `azure/login` before what needs it"],
        );
        // The secret is what somebody without such a sign-in has.
        let secret = "          VSCE_PAT: ${{ secrets.VSCE_PAT }}\n";
        assert!(TEXT.contains(secret));
        assert_eq!(said(&TEXT.replacen(secret, "", 1))[0].0, Grade::Good);
    }

    #[test]
    fn a_command_that_is_not_known_is_found() {
        has(
            "cargo ship publish github ",
            "cargo ship publish github-packages ",
            &[
                "job `publish` lacks `contents: read`",
                "job `publish` lacks `packages: write`",
                "job `publish` does not wait for `publish github`",
                "job `publish` waits for `attest` and uses nothing of it",
                "job `publish` waits for `pack` and uses nothing of it",
                "no job publishes `github`",
            ],
        );
        check(
            "cargo ship pack",
            "cargo ship pakc",
            &[
                "job `pack`: unknown command `pakc`; did you mean `pack`?",
                "job `pack` gives `MINISIGN_PASSWORD` to a step that does not need it",
                "job `pack` gives `MINISIGN_SECRET_KEY` to a step that does not need it",
                "job `attest` does not wait for `pack`",
                "job `attest` waits for `pack` and uses nothing of it",
                "job `pack` waits for `build` and uses nothing of it",
                "job `publish` does not wait for `pack`",
                "job `publish` waits for `pack` and uses nothing of it",
            ],
        );
    }

    #[test]
    fn the_workflow_that_watches_is_held_to_its_rights_and_publishes_nothing() {
        let found = of_file("release-watch.yml", Ok(WATCH.to_owned()), false);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].grade, Grade::Good, "{found:#?}");
        let check = |from: &str, to: &str, expected: &str| {
            assert!(WATCH.contains(from), "{from}");
            let found = of_file("release-watch.yml", Ok(WATCH.replacen(from, to, 1)), false);
            let found: Vec<&str> = found.iter().map(|finding| finding.says.as_str()).collect();
            assert_eq!(found, [expected], "{from} -> {to}");
        };
        check("      actions: read\n", "", "job `verify` lacks `actions: read`");
        check(
            "      - run: scripts/release/setup-channel snap\n",
            "",
            "job `expiry` does not run `scripts/release/setup-channel snap` before what needs it",
        );
        check(
            "secrets.VSCE_PAT",
            "secrets.VSCE_TOKEN",
            "job `expiry` takes `VSCE_PAT` from `secrets.VSCE_TOKEN`",
        );
    }
}
