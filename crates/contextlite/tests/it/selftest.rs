//! The self test of the binary: it says that it works, and leaves nothing behind.

use crate::Machine;

#[test]
fn it_says_that_it_works_in_one_line() {
    let machine = Machine::new().with("CONTEXTLITE_BUDGET", "not a number");
    let run = machine.run(&["--selftest"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let start = format!("contextlite {} works: ", env!("CARGO_PKG_VERSION"));
    assert!(run.out.starts_with(&start), "{}", run.out);
    assert!(run.out.ends_with("selection proven optimal and verified\n"), "{}", run.out);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
}

#[test]
fn it_leaves_nothing_behind() {
    let machine = Machine::empty();
    let scratch = machine.home().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let scratch_text = scratch.to_str().unwrap();
    let machine = machine.with("TMPDIR", scratch_text);
    assert_eq!(machine.run(&["--selftest"]).code, 0);
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
    assert!(!machine.data().exists());
}

#[test]
fn without_a_place_for_files_it_fails_and_says_where() {
    let machine = Machine::empty();
    let missing = machine.home().join("missing");
    let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
    let run = machine.with(variable, missing.to_str().unwrap()).run(&["--selftest"]);
    assert_eq!((run.code, run.out.as_str()), (4, ""), "{}", run.err);
    assert!(run.err.contains("missing"), "{}", run.err);
}

#[test]
fn it_stands_alone_on_the_command_line() {
    let run = Machine::empty().run(&["--selftest", "--json"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
}
