//! Everything that can happen to a channel happens here, and the laws hold.

use std::path::Path;

use contextlite_release::channel;
use contextlite_release::command;
#[cfg(target_os = "linux")]
use contextlite_release::http::Network;
use contextlite_release::pack::archive::Member;
use contextlite_release::rehearse::case::{self, Proof, Said, Stage};
use contextlite_release::rehearse::github::COMMIT;
#[cfg(target_os = "linux")]
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::tree;
use contextlite_release::surroundings::Surroundings;
use tempfile::TempDir;

#[cfg(target_os = "linux")]
use crate::project::Surrounded;
use crate::project::build_clients;

fn ship(words: &str, surroundings: Surroundings<'_>) -> Said {
    let words = std::iter::once("cargo-ship").chain(words.split_whitespace());
    let output = command::run(words.map(Into::into), surroundings);
    Said { answer: output.answer, notice: output.notice, code: output.code }
}

/// This project with a version of its own and small packed files.
fn packed(version: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    tree::copy(&root, folder.path()).expect("a copy");
    tree::shorten_lock(folder.path(), "contextlite").expect("a shorter lock file");
    tree::restate(folder.path(), env!("CARGO_PKG_VERSION"), version).expect("another version");
    let plan = command::plan_of(folder.path()).expect("a plan");
    let names = ["README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt"];
    let papers = names.map(|name| Member::paper(name, "for a rehearsal\n"));
    build_clients(folder.path());
    let files = folder.path().join("dist/release");
    let program = tree::program("contextlite", version);
    tree::pack(&plan, &files, COMMIT, &program, &papers).expect("packed files");
    folder
}

fn prove(id: &str) -> Proof {
    let [older, root, newer] = ["1.0.1", "1.0.2", "1.0.3"].map(packed);
    let tags = ["v1.0.1", "v1.0.2", "v1.0.3"].map(str::to_owned);
    let (root, older, newer) = (root.path(), older.path(), newer.path());
    let stage = Stage { root, older, newer, tags: &tags, ship: &ship };
    case::prove(&stage, id).expect("a folder to work in")
}

#[test]
fn every_channel_converges_whatever_happens_to_it() {
    let ids: Vec<&str> = channel::facts()
        .into_iter()
        .filter(|facts| facts.policy.is_none())
        .map(|facts| facts.id)
        .collect();
    assert!(5 < ids.len(), "{ids:?}");
    std::thread::scope(|scope| {
        let proofs = ids.iter().map(|&id| (id, scope.spawn(move || prove(id))));
        let proofs: Vec<_> = proofs.collect();
        for (id, proof) in proofs {
            let proof = proof.join().expect("a proof");
            assert!(20 < proof.cases, "{id}: {proof:?}");
            assert_eq!(proof.converged, proof.cases, "{id}: {:#?}", proof.broken);
        }
    });
}

/// A program that a release can be made of: its papers, its version, and one answer.
#[cfg(target_os = "linux")]
const PROGRAM: &str = concat!(
    "#!/bin/sh\ncase $1 in\n--version) echo 'contextlite ",
    env!("CARGO_PKG_VERSION"),
    "' ;;\ncompletions) echo \"# completion of contextlite for $2\" ;;\n\
     man) echo '.TH contextlite 1' >\"$3/contextlite.1\"; echo contextlite.1 ;;\n\
     context) grep -rH 'lantern room' \"$4\" ;;\nesac\n"
);

/// The rehearsal as its user meets it: real clients, services over HTTP, and the report.
#[cfg(target_os = "linux")]
#[test]
fn a_rehearsal_needs_no_credential_and_its_report_is_golden() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    tree::copy(&ours, root).expect("a copy");
    build_clients(root);
    std::fs::write(root.join("program"), PROGRAM).expect("a program");
    crate::sample::make_program(&root.join("program"));
    std::fs::create_dir_all(root.join("target")).expect("a folder");
    std::os::unix::fs::symlink(crate::sample::tools(), root.join("target/ship-tools"))
        .expect("the tools of this repository");
    // A secret of the person who rehearses, which must reach nobody.
    let path = std::env::var("PATH").expect("a search path");
    let variables = [("PATH", path.as_str()), ("NPM_TOKEN", "npm_ofThePerson")];
    let (network, clock) = (Network::default(), Hand::default());
    let around =
        Surrounded { folder: root, variables: &variables, transport: &network, clock: &clock };
    let output = around.ship("rehearse --quick --binary program");
    assert_eq!(output.code, 0, "{}{}", output.answer, output.notice);
    assert!(output.notice.contains("publish again\n"), "{}", output.notice);
    let written = root.join("dist/rehearsal/deployment-status.md");
    let report = std::fs::read_to_string(written).expect("a report");
    // The clock goes on by what was waited for, which is not the same on every machine.
    let time = report.lines().find(|line| line.starts_with("**Generated:** ")).expect("a time");
    let report = without_ports(&report.replace(time, "**Generated:** TIME  "));
    crate::channel::golden("deployment-status.md", &report);
    let mut folders = vec![root.join("dist/rehearsal")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                assert!(!text.contains("npm_ofThePerson"), "{}", path.display());
            }
        }
    }
}

/// A text in which the ports of this machine are not told.
#[cfg(target_os = "linux")]
fn without_ports(text: &str) -> String {
    const HERE: &str = "http://127.0.0.1:";
    let mut parts = text.split(HERE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + HERE + "PORT" + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

#[test]
fn what_cannot_be_rehearsed_is_refused() {
    let project = crate::project::Project::at_version("1.0.2").with_packaging();
    let check = |words: &str, expected: &str| {
        let output = project.ship(words);
        assert_eq!(output.code, 1);
        assert!(output.notice.contains(expected), "{}", output.notice);
    };
    check("rehearse --channel scop", "did you mean `scoop`?");
    check("rehearse", "run `cargo ship pack`, or name a binary of this machine");
}
