//! The index: made, described, chosen, listed, forgotten.

use crate::Machine;
use crate::machine::write;

#[test]
fn an_index_is_reported() {
    let machine = Machine::new();
    let out = machine.out(&["index"]);
    assert!(out.contains("4 documents") && out.contains("4 indexed"), "{out}");
    let out = machine.out(&["index"]);
    assert!(out.contains("0 indexed, 4 unchanged, 0 removed"), "{out}");
    machine.write("README.md", "# Another\n");
    std::fs::remove_file(machine.root().join("src/archive.py")).unwrap();
    let out = machine.out(&["index"]);
    assert!(
        out.contains("3 documents") && out.contains("1 indexed, 2 unchanged, 1 removed"),
        "{out}"
    );
    let report = machine.json(&["index", "--rebuild"]);
    assert_eq!((report["indexed"].as_u64(), report["documents"].as_u64()), (Some(3), Some(3)));
}

#[test]
fn a_dry_run_writes_nothing() {
    let machine = Machine::new();
    machine
        .write("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n");
    machine.write("image.bin", "\0\0\0\u{1}\u{2}\0\0");
    let out = machine.out(&["index", "--dry-run", "--explain"]);
    let mut lines = out.lines();
    let listed: Vec<&str> = lines.by_ref().take(4).collect();
    assert_eq!(listed, ["README.md", "notes with space.txt", "src/archive.py", "src/retry.rs"]);
    assert!(out.contains("image.bin  left out: binary"), "{out}");
    assert!(out.contains("key.pem  left out: likely secret"), "{out}");
    assert!(out.contains("2 files left out: "), "{out}");
    assert!(!machine.data().exists(), "nothing was written");
    let out = machine.out(&["index"]);
    assert!(out.contains("1 likely secret") && out.contains("--explain lists them"), "{out}");
    let out = machine.out(&["index", "--explain"]);
    assert!(out.contains("key.pem  left out: likely secret"), "{out}");
}

#[test]
fn a_choice_of_files_is_remembered() {
    let machine = Machine::new();
    machine.write(".hidden/secret-plan.md", "# The hidden wombat plan\n");
    let documents = || machine.json(&["status"])["documents"].as_u64().unwrap();
    machine.out(&["index", "--exclude", "*.md", "--hidden", "--size-max", "2M"]);
    assert_eq!(documents(), 3);
    machine.out(&["index"]);
    machine.json(&["search", "wombat"]);
    assert_eq!(documents(), 3, "a question keeps to the choice");
    let settings = machine.out(&["config", "show"]);
    assert!(settings.contains("index.exclude"), "{settings}");
    assert!(settings.contains("[\"*.md\"]"), "{settings}");
    assert!(settings.contains("remembered by `contextlite index`"), "{settings}");
    machine.out(&["index", "--hidden"]);
    assert_eq!(documents(), 5, "a new choice takes the place of the old one");
    machine.out(&["index", "--reset"]);
    assert_eq!(documents(), 4);
}

#[test]
fn freshness_is_told() {
    let machine = Machine::new();
    machine.out(&["index"]);
    assert_eq!(machine.json(&["status"])["freshness"]["fresh"], true);
    machine.write("README.md", "# Changed, and of another length\n");
    machine.write("new.txt", "new\n");
    std::fs::remove_file(machine.root().join("src/archive.py")).unwrap();
    let freshness = &machine.json(&["status"])["freshness"];
    assert_eq!(freshness["fresh"], false);
    assert_eq!([&freshness["changed"], &freshness["new"], &freshness["deleted"]], [1, 1, 1]);
    let out = machine.out(&["status"]);
    assert!(out.contains("no: 1 changed, 1 new, 1 deleted"), "{out}");
}

#[test]
fn nothing_is_written_into_the_repository() {
    let machine = Machine::new();
    machine.json(&["context", "retry"]);
    let mut names: Vec<String> = std::fs::read_dir(machine.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".git", "README.md", "notes with space.txt", "src"]);
    let database = machine.json(&["status"])["database"].as_str().unwrap().to_owned();
    assert!(database.starts_with(machine.data().to_str().unwrap()), "{database}");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_an_index() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    machine.json(&["context", "retry"]);
    let mut folders = vec![machine.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

#[test]
fn workspaces_are_listed_and_forgotten() {
    let machine = Machine::new();
    let other = machine.home().join("work/other");
    write(&other.join("a.txt"), "one\n");
    machine.out(&["index"]);
    machine.out(&["index", other.to_str().unwrap()]);
    let listed = machine.out(&["workspaces"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("repository  4 documents"), "{listed}");
    let run = machine.run(&["forget"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--yes"), "{}", run.err);
    std::fs::remove_dir_all(&other).unwrap();
    assert!(machine.out(&["workspaces"]).contains("the root is gone"));
    machine.out(&["forget", "--yes", "--root", other.to_str().unwrap()]);
    machine.out(&["forget", "--yes"]);
    assert_eq!(machine.out(&["workspaces"]), "");
    assert_eq!(machine.run(&["forget", "--yes"]).code, 3);
    assert!(machine.root().join("README.md").exists(), "the files are not touched");
    let left: Vec<_> = std::fs::read_dir(machine.data().join("workspaces")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_database_of_ones_own() {
    let machine = Machine::new();
    let database = machine.home().join("my.db");
    let database = database.to_str().unwrap();
    machine.json(&["context", "retry", "--database", database]);
    assert!(!machine.data().exists());
    assert_eq!(machine.json(&["status", "--database", database])["documents"], 4);
    let other = machine.home().join("work");
    let wrong =
        machine.run(&["search", "x", "--database", database, "--root", other.to_str().unwrap()]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("my.db is the index of"), "{}", wrong.err);
    write(&machine.home().join("my.database.txt"), "keep");
    machine.out(&["forget", "--yes", "--database", database]);
    let mut left: Vec<_> = std::fs::read_dir(machine.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["my.database.txt", "work"]);
}
