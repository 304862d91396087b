//! The failures of before, each with the test that keeps it away: the table of docs/releasing.md.
//! Beside it stand those tests that belong to all channels at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use contextlite_release::manifest::Manifest;

use crate::project::{FILES, Project};

/// How many classes of failure were recorded.
const CLASSES: usize = 43;

/// The length of a SHA-256 in hexadecimal digits.
const DIGEST_DIGITS: usize = 64;

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn repository() -> PathBuf {
    crate_folder().join("../..")
}

fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path);
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table: the number of the class, and everything between backticks in its last
/// column.
fn table() -> Vec<(String, Vec<String>)> {
    let text = read(&repository().join("docs/releasing.md"));
    let rows = text.lines().filter(|line| line.starts_with("| F"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{line}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
        let kept = cells[3].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (cells[0].to_owned(), kept)
    };
    rows.map(row).collect()
}

#[test]
fn every_failure_of_before_is_kept_away_by_a_test_that_exists() {
    let table = table();
    let numbers: Vec<&str> = table.iter().map(|(number, _)| number.as_str()).collect();
    let expected: Vec<String> = (1..=CLASSES).map(|number| format!("F{number}")).collect();
    assert_eq!(numbers, expected);
    for (number, kept) in &table {
        let mut tests = 0;
        for place in kept {
            let Some((file, name)) = place.split_once("::") else {
                assert!(repository().join(place).is_file(), "{number}: there is no {place}");
                continue;
            };
            let text = read(&crate_folder().join(file));
            let declared = format!("fn {name}() {{");
            let found = text.find(&declared);
            let before = found.map(|at| &text[..at]).unwrap_or_default();
            // What stands above a function, up to the empty line.
            let above = before.trim_end().lines().rev().map(str::trim);
            let mut above = above.take_while(|line| !line.is_empty());
            let is_test = above.any(|line| line == "#[test]");
            assert!(is_test, "{number}: {file} has no test {name}");
            tests += 1;
        }
        assert!(0 < tests, "{number} is kept away by no test");
    }
}

/// What all channels are to hold, as text: each file by its path; bytes of programs are left out.
fn rendered() -> (Project, Vec<(String, String)>) {
    let project = Project::packed("1.0.2").with_packaging();
    let output = project.ship("render");
    assert_eq!(output.code, 0, "{}", output.notice);
    let texts = texts(&project.root().join("dist/channels"));
    assert!(10 < texts.len(), "{texts:?}");
    (project, texts)
}

/// Every text below a folder, with its path.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut folders = vec![folder.to_owned()];
    let mut texts = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = String::from_utf8(std::fs::read(&path).expect("a file")) {
                texts.push((path.display().to_string(), text));
            }
        }
    }
    texts
}

#[test]
fn a_checksum_in_a_channel_is_one_of_the_release() {
    let (project, texts) = rendered();
    let manifest = Manifest::read(&project.root().join(FILES)).expect("a manifest");
    let known: BTreeSet<&str> =
        manifest.artifacts.iter().map(|entry| entry.sha256.as_str()).collect();
    let mut found = 0;
    for (path, text) in &texts {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let is_digest = |word: &&str| {
            word.len() == DIGEST_DIGITS && word.chars().all(|c| c.is_ascii_hexdigit())
        };
        for digest in words.filter(is_digest) {
            let digest = digest.to_ascii_lowercase();
            assert!(known.contains(digest.as_str()), "{path}: {digest} is of no file");
            found += 1;
        }
        assert!(!text.contains("SKIP"), "{path} skips a checksum");
    }
    // Homebrew, AUR and Nix name four, two and four archives, Scoop and Winget two each.
    assert!(14 <= found, "{found} checksums");
}

#[test]
fn no_channel_is_given_a_version_with_a_v() {
    for (path, text) in rendered().1 {
        for (at, _) in text.match_indices("v1.0.2") {
            // A tag stands in addresses only.
            let is_address = text[..at].ends_with(['/', '@']);
            assert!(is_address, "{path}: {}", &text[at.saturating_sub(40)..at + 6]);
        }
    }
}

#[test]
fn what_channels_and_runners_read_is_ascii() {
    let workflows = texts(&repository().join(".github/workflows"));
    let templates = texts(&repository().join("packaging"));
    assert!(2 < workflows.len() && 10 < templates.len());
    for (path, text) in workflows.into_iter().chain(templates).chain(rendered().1) {
        // The licences of others are given as their authors wrote them.
        if path.contains("/packaging/notices/") {
            continue;
        }
        let strange = text.lines().find(|line| !line.is_ascii());
        assert!(strange.is_none(), "{path}: {}", strange.unwrap_or_default());
    }
}
