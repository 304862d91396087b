//! What goes wrong around the program, as far as it can be made to go wrong without privileges.

use std::path::PathBuf;
use std::process::Stdio;

use crate::Machine;
use crate::machine::Run;

/// The database of the machine's repository.
fn database(machine: &Machine) -> PathBuf {
    machine.json(&["status"])["database"].as_str().unwrap().into()
}

#[test]
fn a_damaged_database_is_told_and_left_alone() {
    let machine = Machine::new();
    machine.out(&["index"]);
    let database = database(&machine);
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..64].fill(0x5A);
    std::fs::write(&database, &bytes).unwrap();
    for arguments in [["context", "retry"].as_slice(), &["index"], &["status"]] {
        let run = machine.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (5, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.contains("contextlite.db") && run.err.contains("forget"), "{}", run.err);
    }
    assert_eq!(machine.run(&["doctor"]).code, 1);
    assert_eq!(std::fs::read(&database).unwrap(), bytes, "nothing was overwritten");
    machine.out(&["forget", "--yes"]);
    assert!(machine.out(&["context", "retry"]).contains("retry"));
}

#[test]
fn a_foreign_file_is_not_taken_for_a_database() {
    let machine = Machine::new();
    let letter = machine.home().join("letter.txt");
    std::fs::write(&letter, "Dear Sir or Madam, this is not a database.\n".repeat(100)).unwrap();
    let before = std::fs::read(&letter).unwrap();
    let run = machine.run(&["context", "retry", "--database", letter.to_str().unwrap()]);
    assert_eq!((run.code, run.out.as_str()), (5, ""), "{}", run.err);
    assert!(run.err.contains("letter.txt"), "{}", run.err);
    assert_eq!(std::fs::read(&letter).unwrap(), before);
}

#[test]
fn a_missing_or_broken_index_folder_heals_with_one_line() {
    let machine = Machine::new();
    let answer = machine.out(&["context", "retry"]);
    let folder = PathBuf::from(format!("{}.index", database(&machine).display()));
    assert!(folder.is_dir(), "{}", folder.display());
    std::fs::remove_dir_all(&folder).unwrap();
    let run = machine.run(&["context", "retry"]);
    assert_eq!((run.code, &run.out), (0, &answer), "{}", run.err);
    assert_eq!(run.err.matches("rebuilt").count(), 1, "{}", run.err);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let length = path.metadata().unwrap().len();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
    }
    let run = machine.run(&["context", "retry"]);
    assert_eq!((run.code, &run.out), (0, &answer), "{}", run.err);
    assert_eq!(run.err.matches("rebuilt").count(), 1, "{}", run.err);
    let run = machine.run(&["context", "retry"]);
    assert!(!run.err.contains("rebuilt"), "once is enough: {}", run.err);
}

#[test]
fn many_processes_share_an_index() {
    let machine = Machine::new();
    let spawn = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut children = vec![spawn(&["index"]), spawn(&["index", "--json"])];
    children.extend((0..10).map(|_| spawn(&["context", "retry"])));
    let runs: Vec<Run> =
        children.into_iter().map(|child| Run::of(&child.wait_with_output().unwrap())).collect();
    for run in &runs {
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(!run.err.contains("locked"), "{}", run.err);
    }
    let answers: Vec<&str> = runs[2..].iter().map(|run| run.out.as_str()).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(machine.run(&["doctor"]).code, 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let machine = Machine::new();
    std::fs::write(machine.home().join("data"), "a file").unwrap();
    let run = machine.run(&["context", "retry"]);
    assert_eq!((run.code, run.out.as_str()), (5, ""), "{}", run.err);
    assert!(run.err.contains("--database"), "{}", run.err);
}
