//! What jobs wrote down is put together, and a run of a workflow shows what failed.

use std::io::{Cursor, Write as _};

use contextlite_release::command::Output;
use contextlite_release::http::{NoAnswer, Request, Response, Transport};
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::TOKEN;
use contextlite_release::rehearse::hand::Hand;
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::project::{Fake, Project, Surrounded};

fn line(time: &str, result: &str) -> String {
    let time = format!("2026-11-22T{time}Z");
    let line = json!({"time": time, "tag": "v1.0.2", "channel": "homebrew", "step": "state",
        "result": result});
    format!("{line}\n")
}

fn journal(project: &Project) -> String {
    let path = project.root().join("dist/journal/homebrew.jsonl");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn what_jobs_wrote_down_becomes_one_journal_in_which_a_fault_has_the_last_word() {
    let [live, proof, wrong] = [
        line("10:00:00", "live"),
        line("10:05:01", "verified: linux-amd64 ran"),
        line("10:04:00", "verify_failed: darwin-arm64 does not start"),
    ];
    let project = Project::at_version("1.0.2")
        .file("dist/evidence/evidence-homebrew/journal/homebrew.jsonl", &live)
        .file("dist/evidence/evidence-homebrew/receipts/homebrew.json", "{}\n")
        .file("dist/evidence/evidence-verify-macos/homebrew.jsonl", "not where it belongs")
        .file("dist/evidence/evidence-verify-macos/journal/homebrew.jsonl", &wrong)
        .file("dist/evidence/evidence-verify-ubuntu/journal/homebrew.jsonl", &proof)
        .file("dist/evidence/evidence-verify-ubuntu/journal/unknown.jsonl", "{}\n");
    let output = project.answer("gather");
    assert_eq!(output, "journal/homebrew.jsonl  3 lines\nreceipts/homebrew.json  1 lines\n");
    assert_eq!(journal(&project), [live, proof, wrong].concat());
    assert_eq!(project.answer("gather"), output, "a second time changes nothing");
    assert!(!project.root().join("dist/journal/unknown.jsonl").exists());
}

/// A host that has artifacts of earlier runs, and nothing else.
struct Kept(Vec<(u64, serde_json::Value, Vec<u8>)>);

impl Transport for Kept {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        assert!(request.token.is_some(), "{}", request.url);
        let path = request.url.split_once("/repos/Michael-A-Kuykendall/contextlite").expect("ours");
        let body = if path.1 == "/actions/artifacts?name=history&per_page=100" {
            let all: Vec<_> = self.0.iter().map(|(_, artifact, _)| artifact).collect();
            json!({"artifacts": all}).to_string().into_bytes()
        } else {
            let wanted = |(id, _, _): &&(u64, serde_json::Value, Vec<u8>)| {
                path.1 == format!("/actions/artifacts/{id}/zip")
            };
            let found = self.0.iter().find(wanted);
            found.unwrap_or_else(|| panic!("{} is not asked for", path.1)).2.clone()
        };
        Ok(Response { status: 200, headers: Vec::new(), body })
    }
}

fn kept(id: u64, head: u64, day: u64, files: &[(&str, &str)]) -> (u64, serde_json::Value, Vec<u8>) {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        archive.start_file(*path, SimpleFileOptions::default()).expect("a file");
        archive.write_all(text.as_bytes()).expect("its text");
    }
    let bytes = archive.finish().expect("a zip").into_inner();
    let run = json!({"repository_id": 1, "head_repository_id": head});
    let created = format!("2026-11-{day:02}T05:00:00Z");
    (id, json!({"id": id, "expired": false, "created_at": created, "workflow_run": run}), bytes)
}

fn ship(project: &Project, transport: &dyn Transport, words: &str) -> Output {
    let variables = [("GITHUB_TOKEN", TOKEN), ("GITHUB_ACTIONS", "true")];
    let clock = Hand::default();
    let folder = project.root();
    Surrounded { folder, variables: &variables, transport, clock: &clock }.ship(words)
}

#[test]
fn earlier_runs_are_gone_on_from_and_those_of_a_fork_are_not_believed() {
    let [first, second, third] =
        ["planned", "submitted", "live"].map(|state| line("10:00:00", state));
    let header = "time,channel,version,measure,what,count\n";
    let counts = header.to_owned() + "2026-11-20,npm,1.0.2,aside,d,3\n";
    let older = [("journal/homebrew.jsonl", first.as_str()), ("metrics.csv", counts.as_str())];
    let later = [first.clone(), second.clone()].concat();
    let newer = [("journal/homebrew.jsonl", later.as_str()), ("../escaped.txt", "x")];
    let forged = [("journal/homebrew.jsonl", "{\"result\":\"verified: by nobody\"}\n")];
    let host = Kept(vec![kept(7, 1, 21, &newer), kept(6, 2, 22, &forged), kept(5, 1, 20, &older)]);
    let project = Project::at_version("1.0.2")
        .file("dist/evidence/a/journal/homebrew.jsonl", &third)
        .file("dist/metrics.csv", &(header.to_owned() + "2026-11-22,npm,1.0.2,aside,d,9\n"));
    let output = ship(&project, &host, "gather --earlier");
    assert_eq!((output.code, output.notice.as_str()), (0, ""));
    assert!(output.answer.starts_with("2 earlier runs\n"), "{}", output.answer);
    assert_eq!(journal(&project), [first, second, third].concat());
    let counts = std::fs::read_to_string(project.root().join("dist/metrics.csv")).expect("counts");
    let lines = "2026-11-20,npm,1.0.2,aside,d,3\n2026-11-22,npm,1.0.2,aside,d,9\n";
    assert_eq!(counts, header.to_owned() + lines);
    assert!(!project.root().join("dist/escaped.txt").exists());
    assert!(!project.root().join("escaped.txt").exists());
}

/// A host that answers nothing.
struct Silent;

impl Transport for Silent {
    fn send(&self, _request: &Request<'_>) -> Result<Response, NoAnswer> {
        Err(NoAnswer("the connection was reset".to_owned()))
    }
}

#[test]
fn without_its_history_a_run_says_so_and_goes_on() {
    let project = Project::at_version("1.0.2")
        .file("dist/evidence/a/journal/homebrew.jsonl", &line("10:00:00", "live"));
    let output = ship(&project, &Silent, "gather --earlier");
    assert_eq!((output.code, output.answer.as_str()), (0, "journal/homebrew.jsonl  1 lines\n"));
    assert!(output.notice.starts_with("earlier runs are not to be had: "), "{}", output.notice);
}

#[test]
fn a_channel_that_may_fail_does_not_redden_a_run_and_is_shown() {
    let project = Project::packed("1.0.2").with_packaging();
    let direct = Direct::new(Fake::default());
    let base = direct.service.borrow().base.clone();
    let clock = Hand::default();
    let config = project.root().join("gitconfig");
    let nowhere = "[url \"file:///nowhere/\"]\n\tinsteadOf = https://github.com/\n";
    std::fs::write(&config, nowhere).expect("git's configuration");
    let (config, path) = (config.to_string_lossy(), std::env::var("PATH").expect("a path"));
    let ship = |words: &str, secret: &str| {
        let variables = [
            ("PATH", path.as_str()),
            ("GIT_CONFIG_GLOBAL", &config),
            ("GITHUB_TOKEN", TOKEN),
            ("GITHUB_API_URL", base.as_str()),
            ("GITHUB_ACTIONS", "true"),
            ("SCOOP_GITHUB_TOKEN", secret),
        ];
        let (folder, transport) = (project.root(), &direct);
        Surrounded { folder, variables: &variables, transport, clock: &clock }.ship(words)
    };
    assert_eq!(ship("publish github --allow-degraded", "").code, 0);
    assert_eq!(ship("publish scoop", "x").code, 10);
    let lenient = ship("publish scoop --allow-degraded", "x");
    assert_eq!(lenient.code, 0, "{}", lenient.notice);
    let shown =
        "::warning title=Scoop::scoop: https://github.com/Michael-A-Kuykendall/scoop-bucket";
    assert!(lenient.notice.contains(shown), "{}", lenient.notice);
    // Who reports has no secret, and yet knows what the job met that had it.
    let report = ship("status --allow-degraded", "");
    assert_eq!(report.code, 0, "{}", report.notice);
    assert!(report.answer.contains("Scoop                failed"), "{}", report.answer);
    assert!(report.notice.contains(shown), "{}", report.notice);
    assert_eq!(ship("status", "").code, 10);
    assert!(report.answer.contains("skipped (not configured)"), "others never had one");
    // A required channel is another matter.
    direct.service.borrow_mut().releases[0].assets.remove(2);
    let failed = ship("status --allow-degraded", "");
    assert_eq!(failed.code, 1);
    assert!(failed.notice.contains("::error title=GitHub Releases::"), "{}", failed.notice);
}

#[test]
fn what_is_published_is_not_built_again_and_the_newest_release_is_named() {
    let project = Project::packed("1.0.2").with_packaging();
    let direct = Direct::new(Fake::default());
    let base = direct.service.borrow().base.clone();
    let variables = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
    let clock = Hand::default();
    let ship = |words: &str| {
        let (folder, transport) = (project.root(), &direct);
        Surrounded { folder, variables: &variables, transport, clock: &clock }.ship(words)
    };
    assert!(ship("plan --outputs --tag v1.0.2").answer.ends_with("\npublished=false\n"));
    assert_eq!(ship("latest").answer, "tag=\n");
    assert_eq!(ship("publish github").code, 0);
    assert!(ship("plan --outputs --tag v1.0.2").answer.ends_with("\npublished=true\n"));
    let tried = ship("plan --outputs").answer;
    assert!(tried.ends_with("\npublished=false\n"), "a tree without a tag is built: {tried}");
    assert_eq!(ship("latest").answer, "tag=v1.0.2\n");
    let clock = Hand::default();
    let around = Surrounded {
        folder: project.root(),
        variables: &variables,
        transport: &Silent,
        clock: &clock,
    };
    let unseen = around.ship("plan --outputs --tag v1.0.2");
    assert_eq!(unseen.code, 1, "what cannot be seen is not taken for absent");
    assert!(unseen.notice.contains("cannot be seen"), "{}", unseen.notice);
}

#[test]
fn the_page_of_a_run_says_why_there_is_no_report() {
    let project = Project::at_version("1.0.2").with_packaging();
    let summary = project.root().join("summary.md");
    let path = summary.to_string_lossy().into_owned();
    let variables = [("GITHUB_STEP_SUMMARY", path.as_str())];
    let (direct, clock) = (Direct::new(Fake::default()), Hand::default());
    let folder = project.root();
    let around = Surrounded { folder, variables: &variables, transport: &direct, clock: &clock };
    assert_eq!(around.ship("status").code, 1);
    let said = std::fs::read_to_string(summary).expect("a summary");
    assert!(said.contains("None: v1.0.2 is neither packed here nor published"), "{said}");
}
