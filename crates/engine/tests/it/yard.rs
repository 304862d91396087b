//! A folder of files and a store of it, for trying things out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use contextlite_engine::error::Result;
use contextlite_engine::ingest::{self, IndexReport, IngestOptions, Step};
use contextlite_engine::snapshot::{SNAPSHOT_WAIT, Snapshot, Snapshots};
use contextlite_engine::store::{Reader, StorePaths};
use contextlite_engine::terms;
use tempfile::TempDir;

/// Later than any file that a test writes, so that their times can be trusted.
pub const LATER_NS: i64 = i64::MAX;

/// A root with files, and a store beside it.
pub struct Yard {
    pub folder: TempDir,
    pub root: PathBuf,
    pub paths: StorePaths,
}

impl Yard {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        let paths = StorePaths::of(&folder.path().join("store/db"));
        Self { folder, root, paths }
    }

    /// A yard with some files that mention and define each other's names.
    pub fn with_files() -> Self {
        let yard = Self::new();
        for number in 0..12 {
            yard.write(&format!("src/part_{number}.py"), &program(number, 0));
        }
        yard.write("README.md", "# The yard\n\nHow parcels are weighed and sent.\n");
        yard
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.root.join(path)).unwrap();
    }

    pub fn options() -> IngestOptions {
        IngestOptions { threads: 2, ..IngestOptions::at(LATER_NS) }
    }

    pub fn try_index(&self) -> Result<IndexReport> {
        ingest::run(&self.paths, &self.root, &Self::options(), &|_: Step| true)
    }

    pub fn index(&self) -> IndexReport {
        self.try_index().unwrap()
    }

    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.paths.clone(), SNAPSHOT_WAIT)
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.paths.database).unwrap().unwrap()
    }

    /// What the store and the index answer, in a form that only depends on the content.
    pub fn answers(&self) -> String {
        let snapshots = self.snapshots();
        let snapshot = snapshots.take().unwrap().unwrap();
        answers(&snapshot)
    }
}

/// A program text of a number, in a version.
pub fn program(number: usize, version: usize) -> String {
    let other = (number + 5) % 12;
    let mut text = format!("\"\"\"Part {number} weighs parcels.\"\"\"\nimport part_{other}\n\n\n");
    for function in 0..4 {
        write!(
            text,
            "def weigh_{number}_{function}(parcel, limit={version}):\n    \
             \"\"\"Weighs the parcel of lane {function}, version {version}.\"\"\"\n    \
             return part_{other}.weigh_{other}_{function}(parcel) + limit\n\n\n"
        )
        .unwrap();
    }
    text
}

/// All that is visible in a snapshot, without numbers that depend on the order of events.
pub fn answers(snapshot: &Snapshot<'_>) -> String {
    let (store, index) = (snapshot.store(), snapshot.index());
    let mut out = format!("{:?}\n", store.state().totals);
    for file in store.known_files().unwrap() {
        let row = store.documents(&[file.id]).unwrap().pop().unwrap();
        writeln!(out, "{} {:?} {:?} {}", row.path, row.language, row.rank, row.commits).unwrap();
        for passage in store.passages_of(file.id).unwrap() {
            writeln!(out, "  {}-{} {}", passage.first_line, passage.last_line, passage.tokens)
                .unwrap();
        }
        for symbol in store.symbols_of(file.id).unwrap() {
            writeln!(out, "  {} {:?} {}", symbol.name, symbol.kind, symbol.line).unwrap();
        }
    }
    for words in ["weigh parcel", "lane version limit", "part 3 import", "yard sent", "absent"] {
        let terms: Vec<(String, f32)> = words.split(' ').map(|word| (key_of(word), 1.0)).collect();
        for limit in [1, 7, 1000] {
            writeln!(out, "{words} {limit}").unwrap();
            for found in index.top_passages(&terms, limit).unwrap() {
                let (document, id) = found.id;
                let row = store.documents(&[document]).unwrap().pop().unwrap();
                let passage = store.passages_in(&row, |other| other == id).unwrap().pop().unwrap();
                let (path, line) = (row.path, passage.first_line);
                writeln!(out, "  {:?} {path}:{line}", found.score).unwrap();
            }
            for found in index.top_files(&terms, limit).unwrap() {
                let path = store.documents(&[found.id]).unwrap().pop().unwrap().path;
                writeln!(out, "  {:?} {path}", found.score).unwrap();
            }
        }
        for word in words.split(' ') {
            let (passages, files) =
                (index.passages_with(&key_of(word)), index.files_with(&key_of(word)));
            writeln!(out, "{word} {} {}", passages.unwrap(), files.unwrap()).unwrap();
        }
    }
    out
}

/// The form of a word in the index.
fn key_of(word: &str) -> String {
    terms::key(terms::hash(word))
}

/// Copies a folder.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
