//! Ranking quality as a golden file: questions about a tiny corpus and the citations they get.
//!
//! A change in ranking is a visible diff of `quality/golden.txt`. Where the diff is wanted, run the
//! test with `UPDATE_GOLDEN=1` and say in the commit why it is better.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use contextlite_engine::context::{Listed, Question};
use contextlite_engine::engine::{IndexOptions, Location, Step, Workspace, search};
use contextlite_engine::findings::FindingsCache;

/// How many citations of each question are kept.
const CITATIONS: usize = 4;

/// A question, and the path that must be among the first citations.
const QUESTIONS: &[(&str, &str)] = &[
    ("how is the pause between attempts computed", "parcel/queue/backoff.py"),
    ("exponential backoff with jitter", "parcel/queue/backoff.py"),
    ("pause_before", "parcel/queue/backoff.py"),
    ("how are failed deliveries retried", "parcel/queue/worker.py"),
    ("documentation about giving up on a delivery", "docs/retries.md"),
    ("tests of the pause", "tests/test_backoff.py"),
    ("authentication", "parcel/server/auth.py"),
    ("where is login checked and when does a token expire", "parcel/server/auth.py"),
    ("Router", "parcel/server/router.py"),
    ("how does middleware wrap handlers", "parcel/server/router.py"),
    (
        "KeyError: 'unknown setting colour'\n  File \"parcel/config.py\", line 21",
        "parcel/config.py",
    ),
    ("cfg from environment variables", "parcel/config.py"),
    ("parcel list component refreshes every ten seconds", "web/src/ParcelList.tsx"),
    ("graceful shutdown on SIGTERM", "cmd/main.go"),
    ("how are archives named for each platform", "scripts/release.sh"),
    ("scripts/release.sh", "scripts/release.sh"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/quality")
}

#[test]
fn questions_get_the_citations_of_the_golden_file() {
    let place = tempfile::tempdir().unwrap();
    let location =
        Location { root: folder().join("corpus"), database: place.path().join("index.db") };
    let mut workspace = Workspace::open(&location).unwrap();
    let options = IndexOptions { history: None, ..IndexOptions::at(i64::MAX) };
    workspace.index(&options, &|_: Step| true).unwrap();
    let workspaces = [workspace];
    let mut listing = String::new();
    let mut missed = Vec::new();
    for (text, path) in QUESTIONS {
        let answer = search(
            &workspaces,
            &Question::new(*text),
            Listed::Passages,
            CITATIONS,
            &FindingsCache::default(),
        )
        .unwrap();
        writeln!(listing, "{}", text.replace('\n', " / ")).unwrap();
        for result in &answer.results {
            writeln!(listing, "  {}:{}-{}", result.path, result.first_line, result.last_line)
                .unwrap();
        }
        if answer.results.first().is_none_or(|result| result.path != *path) {
            missed.push(*text);
        }
    }
    let hits = QUESTIONS.len() - missed.len();
    writeln!(listing, "\nfirst citation right: {hits} of {}", QUESTIONS.len()).unwrap();
    let golden = folder().join("golden.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &listing).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), listing, "missed: {missed:?}");
}
