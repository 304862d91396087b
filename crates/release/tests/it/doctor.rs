//! What the doctor finds: in the files always, at the host with a token.

use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::{GitHub, May, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::workflow::Workflow;
use serde_json::Value;

use crate::project::{Fake, Project, Surrounded};

const RELEASE: &str = include_str!("../../../../.github/workflows/release.yml");
const CI: &str = include_str!("../../../../.github/workflows/ci.yml");
const WATCH: &str = include_str!("../../../../.github/workflows/release-watch.yml");

/// A project with our own workflows.
fn project() -> Project {
    Project::packed("1.0.2")
        .file(".github/workflows/release.yml", RELEASE)
        .file(".github/workflows/ci.yml", CI)
        .file(".github/workflows/release-watch.yml", WATCH)
}

/// The exit code, and each finding as grade, subject, what is said and the next step.
fn examine(project: &Project, fake: Option<Fake>) -> (u8, Vec<[String; 4]>) {
    let is_online = fake.is_some();
    let direct = Direct::new(fake.unwrap_or_default());
    let base = direct.service.borrow().base.clone();
    let variables = [("GITHUB_API_URL", base.as_str()), ("GITHUB_TOKEN", TOKEN)];
    let variables = if is_online { &variables[..] } else { &variables[..1] };
    let clock = Hand::default();
    let folder = project.root();
    let around = Surrounded { folder, variables, transport: &direct, clock: &clock };
    let output = around.ship("doctor --json");
    assert_eq!(output.notice, "");
    let text = around.ship("doctor").answer;
    assert!(!text.contains(TOKEN));
    let findings: Vec<Value> = serde_json::from_str(&output.answer).expect("JSON");
    let fields = ["grade", "subject", "says", "next"];
    let read = |finding: &Value| {
        let text = |field: &str| finding[field].as_str().expect("a text").to_owned();
        let found = fields.map(text);
        assert_eq!(found[0] == "good", found[3].is_empty(), "{found:?}");
        assert!(text_has(&output, &found), "{found:?}");
        found
    };
    let found = findings.iter().map(read).collect();
    let only_reads = direct.service.borrow().log.iter().all(|request| request.starts_with("GET"));
    assert!(only_reads, "a doctor changes nothing");
    (output.code, found)
}

fn text_has(output: &contextlite_release::command::Output, found: &[String; 4]) -> bool {
    output.answer.contains(&found[1])
}

/// Exactly one finding about a subject has this grade and says this.
fn has(findings: &[[String; 4]], grade: &str, subject: &str, says: &str) {
    let is_it = |found: &&[String; 4]| {
        found[0] == grade && found[1].contains(subject) && found[2].contains(says)
    };
    assert_eq!(findings.iter().filter(is_it).count(), 1, "{grade} {subject} {says}: {findings:#?}");
}

/// A host that an administrator has prepared.
fn prepared() -> Fake {
    let mut fake = Fake::new(GitHub { makes_immutable: true, ..GitHub::default() });
    fake.settings.may = May::Administer;
    fake.settings.environments = vec!["release"];
    let secrets = contextlite_release::channel::facts();
    fake.settings.secrets = secrets.iter().filter_map(|facts| facts.credential.secret()).collect();
    fake
}

#[test]
fn a_prepared_repository_has_nothing_to_mend() {
    let (code, findings) = examine(&project(), Some(prepared()));
    assert_eq!(code, 0);
    assert!(findings.iter().all(|found| found[0] == "good"), "{findings:#?}");
    has(&findings, "good", "version", "every place says 1.0.2, which tag v1.0.2 names");
    has(&findings, "good", "workflows/release.yml", "18 jobs");
    has(&findings, "good", "workflows/ci.yml", "2 jobs");
    has(&findings, "good", "workflows/release-watch.yml", "4 jobs");
    has(&findings, "good", "tag", "names commit");
    has(&findings, "good", "release", "none for v1.0.2 yet");
    has(&findings, "good", "secret NPM_TOKEN", "is there, for npm");
    has(&findings, "good", "secret SCOOP_GITHUB_TOKEN", "is there, for Scoop");
}

/// What a run has instead of a secret is seen, and half of it is nothing.
#[test]
fn a_secret_that_a_run_does_without_is_not_missed() {
    let check = |variables: &[&'static str], grade: &str, says: &str| {
        let mut fake = prepared();
        fake.settings.secrets.retain(|name| !["VSCE_PAT", "PYPI_API_TOKEN"].contains(name));
        fake.settings.variables = variables.to_vec();
        let (code, findings) = examine(&project(), Some(fake));
        assert_eq!(code, 0);
        has(&findings, grade, "secret VSCE_PAT", says);
        has(&findings, "good", "secret PYPI_API_TOKEN", "a run publishes with its own identity");
    };
    let both = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID"];
    check(&both, "good", "is missing, and not needed: a run signs in to Azure");
    check(&both[..1], "warning", "is missing; the channel will be left out");
    check(&[], "warning", "is missing; the channel will be left out");
}

#[test]
fn without_a_token_the_files_are_examined_and_the_rest_is_unknown() {
    let (code, findings) = examine(&project(), None);
    assert_eq!(code, 0);
    has(&findings, "unknown", "repository", "no token is given");
    has(&findings, "good", "notes", "3 lines");
    has(&findings, "good", "packed files", "15 files of commit");
    let unpacked = Project::at_version("1.0.2");
    let (code, findings) = examine(&unpacked, None);
    assert_eq!(code, 1);
    has(&findings, "unknown", "packed files", "nothing is packed here");
    has(&findings, "fault", "release.yml", "there is no workflow that releases");
}

#[test]
fn a_version_that_is_not_everywhere_stops_the_examination_of_the_rest() {
    let project = project().file("clients/node/package.json", "{\"version\": \"1.0.1\"}");
    let (code, findings) = examine(&project, Some(prepared()));
    assert_eq!(code, 1);
    has(&findings, "fault", "version", "clients/node/package.json version");
    has(&findings, "good", "workflows/release.yml", "18 jobs");
}

#[test]
fn what_an_administrator_forgot_has_a_next_step() {
    let mut fake = prepared();
    fake.makes_immutable = false;
    fake.settings.token_default = "write";
    fake.settings.environments.clear();
    fake.tags.clear();
    let (code, findings) = examine(&project(), Some(fake));
    assert_eq!(code, 0);
    has(&findings, "warning", "immutable releases", "switched off");
    has(&findings, "warning", "default token", "may write");
    has(&findings, "warning", "environment release", "is missing");
    has(&findings, "unknown", "tag", "v1.0.2 is not pushed yet");
    let mut fake = prepared();
    fake.settings.is_archived = true;
    let (code, findings) = examine(&project(), Some(fake));
    assert_eq!(code, 1);
    has(&findings, "fault", "repository", "is archived");
}

#[test]
fn a_token_that_ends_soon_is_named() {
    let check = |expires: &'static str, grade: &str| {
        let mut fake = prepared();
        fake.settings.expires = Some(expires);
        let (code, findings) = examine(&project(), Some(fake));
        assert_eq!(code, u8::from(grade == "fault"));
        has(&findings, grade, "token", expires);
    };
    // The clock of these tests says 2026-11-22.
    check("2026-11-01 00:00:00 UTC", "fault");
    check("2026-12-22 23:59:59 UTC", "warning");
    check("2026-12-23 00:00:00 UTC", "good");
    check("2027-01-01 00:00:00 UTC", "good");
}

#[test]
fn what_a_small_token_does_not_see_is_unknown() {
    for may in [May::Read, May::Write] {
        let mut fake = prepared();
        fake.settings.may = may;
        let (code, findings) = examine(&project(), Some(fake));
        assert_eq!(code, 0);
        for subject in ["default token", "immutable releases", "secrets", "environments"] {
            has(&findings, "unknown", subject, "this token may not see it");
        }
        let grade = if may == May::Read { "warning" } else { "good" };
        has(&findings, grade, "repository", "Michael-A-Kuykendall/contextlite");
    }
}

#[test]
fn a_half_done_and_a_done_release_are_told_apart() {
    let project = project();
    let publish = |fake: Fake| {
        let direct = Direct::new(fake);
        let base = direct.service.borrow().base.clone();
        let variables = [("GITHUB_API_URL", base.as_str()), ("GITHUB_TOKEN", TOKEN)];
        let clock = Hand::default();
        let folder = project.root();
        let around =
            Surrounded { folder, variables: &variables, transport: &direct, clock: &clock };
        assert_eq!(around.ship("publish github").code, 0);
        let mut fake = direct.service.into_inner();
        fake.log.clear();
        fake
    };
    let done = publish(prepared());
    let (code, findings) = examine(&project, Some(done.clone()));
    assert_eq!(code, 0);
    has(&findings, "good", "release", "is published and immutable");
    let mut half = done;
    half.releases[0].is_draft = true;
    half.releases[0].assets.truncate(3);
    let (_, findings) = examine(&project, Some(half));
    has(&findings, "warning", "release", "a draft with 3 files is half done");
}

#[test]
fn a_host_that_is_not_ours_or_refuses_the_token_is_named() {
    let other = project().file(
        "release.toml",
        &crate::project::RELEASE_TOML.replace("Michael-A-Kuykendall", "somebody"),
    );
    let (code, findings) = examine(&other, Some(prepared()));
    assert_eq!(code, 1);
    has(&findings, "fault", "repository", "somebody/contextlite does not exist");
}

#[test]
fn workflows_of_any_name_are_examined() {
    let check = |text: &str, grade: &str, says: &str| {
        let project = project().file(".github/workflows/other.yaml", text);
        let (code, findings) = examine(&project, None);
        assert_eq!(code, u8::from(grade == "fault"));
        has(&findings, grade, "other.yaml", says);
    };
    let job = |lines: &str| {
        format!(
            "on: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: x\n    \
             timeout-minutes: 5\n{lines}"
        )
    };
    check(&job("    steps: [{run: ls}]\n"), "good", "1 jobs");
    check("jobs: [", "fault", "");
    check(
        "on: push\njobs: {a: {steps: [{run: ls}], timeout-minutes: 5}}",
        "warning",
        "no permissions",
    );
    check(
        &job("    steps: [{run: cargo ship publish}]\n"),
        "fault",
        "job `a` publishes beside release.yml",
    );
    check(
        &job("    steps: [{run: ls}]\n").replace("on: push", "on: {push: {tags: [v*]}}"),
        "fault",
        "it is started by a tag or a release",
    );
    check(&job("    steps: [{uses: a/b@v1}]\n"), "warning", "which its owner can move");
    check(&job("    steps: [{run: 'echo ${{ github.ref }}'}]\n"), "fault", "an expression");
    check(&job("    if: ${{ secrets.A != '' }}\n    steps: [{run: ls}]\n"), "fault", "a condition");
    check(
        "on: push\npermissions: {}\njobs: {a: {steps: [{run: ls}]}}",
        "warning",
        "may run for six hours",
    );
}

/// A commit says nothing to a reader, and two of one action would be an oversight.
#[test]
fn every_action_is_pinned_once_with_its_version_beside_it() {
    let mut pins = std::collections::BTreeMap::new();
    for line in RELEASE.lines().chain(CI.lines()).chain(WATCH.lines()) {
        let Some((_, uses)) = line.split_once("uses: ") else { continue };
        let (action, pin) = uses.split_once('@').expect("an action and its commit");
        let (commit, version) = pin.split_once(" # v").expect("a commit and its version");
        assert_eq!(commit.len(), 40, "{line}");
        assert!(semver::Version::parse(version).is_ok(), "{line}");
        assert_eq!(*pins.entry(action).or_insert(pin), pin, "{action} has two pins");
    }
    assert_eq!(pins.len(), 7, "{pins:?}");
}

/// Of one folder an artifact holds what is in it, of several what is below the folder above them;
/// `cargo ship gather` looks for the folders.
#[test]
fn what_jobs_keep_is_found_again_by_who_gathers_it() {
    let mut kept = 0;
    for text in [RELEASE, WATCH] {
        let workflow = Workflow::parse(text).expect("a workflow");
        for step in workflow.jobs.values().flat_map(|job| &job.steps) {
            let given = |key: &str| step.with.get(key).and_then(Value::as_str).unwrap_or_default();
            let is_kept = given("name").starts_with("evidence-") || given("name") == "history";
            if step.action() == Some("actions/upload-artifact") && is_kept {
                let paths: Vec<&str> = given("path").lines().collect();
                assert_eq!(paths[..2], ["dist/journal", "dist/receipts"], "{}", given("name"));
                kept += 1;
            }
        }
    }
    assert_eq!(kept, 16, "the channels, verification twice, the history twice");
}
