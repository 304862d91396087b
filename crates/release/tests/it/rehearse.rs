//! Everything that can happen to a channel happens here, and the laws hold.

use std::path::Path;

use contextlite_release::channel;
use contextlite_release::command;
use contextlite_release::pack::archive::Member;
use contextlite_release::rehearse::case::{self, Proof, Said, Stage};
use contextlite_release::rehearse::github::COMMIT;
use contextlite_release::rehearse::tree;
use contextlite_release::surroundings::Surroundings;
use tempfile::TempDir;

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
    let papers = [Member::paper("README.md", "read me\n")];
    let files = folder.path().join("dist/release");
    tree::pack(&plan, &files, COMMIT, b"#!/bin/sh\n", &papers).expect("packed files");
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
        .filter(|facts| facts.is_implemented && facts.policy.is_none())
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
