//! An index that is brought up to date in steps is the index that is made at once.

use std::time::Duration;

use contextlite_engine::engine::{Location, Workspace};
use contextlite_engine::error::Error;
use contextlite_engine::ingest::{self, Healing, IngestOptions, Stage, Step};
use contextlite_engine::store::WriterLock;

use crate::yard::{Yard, program};

fn check_counts(yard: &Yard, expected: [u64; 4]) {
    let report = yard.index();
    let counts = [report.indexed, report.unchanged, report.removed, report.skipped.len() as u64];
    assert_eq!(counts, expected, "indexed, unchanged, removed, skipped");
    assert_eq!(report.healing, Healing::None);
}

#[test]
fn each_kind_of_change_is_seen() {
    let yard = Yard::with_files();
    check_counts(&yard, [13, 0, 0, 0]);
    check_counts(&yard, [0, 13, 0, 0]);
    yard.write("src/part_3.py", &program(3, 1));
    check_counts(&yard, [1, 12, 0, 0]);
    yard.remove("src/part_4.py");
    check_counts(&yard, [0, 12, 1, 0]);
    std::fs::rename(yard.root.join("src/part_5.py"), yard.root.join("five.py")).unwrap();
    check_counts(&yard, [1, 11, 1, 0]);
    yard.write("picture", "\u{0}\u{0}binary");
    check_counts(&yard, [0, 12, 0, 1]);
    check_counts(&yard, [0, 12, 0, 1]);
    yard.write("picture", "now it is text\n");
    check_counts(&yard, [1, 12, 0, 0]);
    yard.write("src/part_3.py", "\u{0}\u{0}binary");
    check_counts(&yard, [0, 12, 1, 1]);
}

#[test]
fn nothing_changed_writes_nothing() {
    let yard = Yard::with_files();
    yard.index();
    let before = yard.reader().state().clone();
    yard.index();
    assert_eq!(yard.reader().state(), &before);
}

#[test]
fn a_touched_file_is_the_same_document() {
    let yard = Yard::with_files();
    yard.index();
    let before = yard.reader().state().clone();
    let path = yard.root.join("README.md");
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1)).unwrap();
    check_counts(&yard, [0, 13, 0, 0]);
    let after = yard.reader().state().clone();
    assert_eq!(before.content, after.content);
    assert_eq!(before.generation + 1, after.generation);
    check_counts(&yard, [0, 13, 0, 0]);
    assert_eq!(yard.reader().state(), &after);
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen_while_the_file_is_new() {
    let yard = Yard::new();
    yard.write("a.txt", "one parcel\n");
    let time = std::fs::metadata(yard.root.join("a.txt")).unwrap().modified().unwrap();
    let now_ns = time.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64;
    let index = |now_ns| {
        let options = IngestOptions { threads: 1, ..IngestOptions::at(now_ns) };
        ingest::run(&yard.paths, &yard.root, &options, &|_: Step| true).unwrap().indexed
    };
    assert_eq!(index(now_ns), 1);
    yard.write("a.txt", "two parcel\n");
    let file = std::fs::File::options().write(true).open(yard.root.join("a.txt")).unwrap();
    file.set_modified(time).unwrap();
    assert_eq!(index(now_ns + 3_000_000_000), 1, "the file was not settled, so it is read again");
    yard.write("a.txt", "six parcel\n");
    file.set_modified(time).unwrap();
    assert_eq!(index(now_ns + 3_000_000_000), 0, "a settled file with the same size and time");
}

/// What `status` says about files is what the next run then finds, whatever their times are.
#[test]
fn status_calls_nothing_fresh_that_a_run_would_index() {
    const TICK_NS: i64 = 1_000_000_000;
    let now_ns = 1_000 * TICK_NS;
    // How old the file was when it was indexed, what is written then and with which age, and what
    // has to be said: a file of two seconds or less could have changed within the same tick.
    let cases: [(i64, &str, i64, bool); 10] = [
        (0, "one parcel\n", 0, true),
        (0, "two parcel\n", 0, false),
        (1, "two parcel\n", 1, false),
        (2, "two parcel\n", 2, false),
        (2, "one parcel\n", 2, true),
        (-5, "two parcel\n", -5, false),
        (9, "two parcel\n", 8, false),
        (9, "no parcel\n", 9, false),
        (9, "one parcel\n", 9, true),
        (0, "\u{0}\u{0} parcel\n", 0, false),
    ];
    for (age, text, age_then, is_fresh) in cases {
        let yard = Yard::new();
        let write = |text: &str, age: i64| {
            yard.write("a.txt", text);
            let file = std::fs::File::options().write(true).open(yard.root.join("a.txt")).unwrap();
            let time = Duration::from_nanos((now_ns - age * TICK_NS) as u64);
            file.set_modified(std::time::UNIX_EPOCH + time).unwrap();
        };
        let options = IngestOptions { threads: 1, ..IngestOptions::at(now_ns) };
        let run = || ingest::run(&yard.paths, &yard.root, &options, &|_: Step| true).unwrap();
        let location = Location { root: yard.root.clone(), database: yard.paths.database.clone() };
        write("one parcel\n", age);
        assert_eq!(run().indexed, 1);
        write(text, age_then);
        let status = Workspace::open_existing(&location).unwrap().unwrap();
        let status = status.status(&options.walk).unwrap();
        let case = format!("{age} {text:?} {age_then}");
        assert_eq!((status.changed == 0, status.is_fresh()), (is_fresh, is_fresh), "{case}");
        let report = run();
        assert_eq!(report.indexed + report.removed == 0, is_fresh, "{case}");
    }
}

#[test]
fn status_counts_a_file_that_was_left_out_once_it_would_not_be() {
    let yard = Yard::with_files();
    yard.write("picture", "\u{0}\u{0}binary");
    yard.index();
    let location = Location { root: yard.root.clone(), database: yard.paths.database.clone() };
    let workspace = Workspace::open_existing(&location).unwrap().unwrap();
    let walk = Yard::options().walk;
    let new = || workspace.status(&walk).unwrap().new;
    assert_eq!(new(), 0);
    yard.write("picture", "now it is text\n");
    assert_eq!(new(), 1);
    yard.write("picture", "\u{0}\u{0}another binary");
    assert_eq!(new(), 0, "it would be left out again");
}

/// Another process writes a file back between the listing of a run and its writes.
#[test]
fn a_file_that_is_back_is_not_removed() {
    let yard = Yard::with_files();
    yard.index();
    let text = std::fs::read_to_string(yard.root.join("src/part_4.py")).unwrap();
    yard.remove("src/part_4.py");
    yard.remove("src/part_5.py");
    let back = |step: Step| {
        if step.stage == Stage::Heal {
            yard.write("src/part_4.py", &text);
        }
        true
    };
    let report = ingest::run(&yard.paths, &yard.root, &Yard::options(), &back).unwrap();
    assert_eq!((report.removed, report.totals.documents), (1, 12));
}

/// Who has nothing to do waits for who writes: that one may have listed the files before.
#[test]
fn nothing_to_do_is_not_said_while_another_process_writes() {
    let yard = Yard::with_files();
    yard.index();
    let lock = WriterLock::take(&yard.paths.lock, Duration::ZERO).unwrap();
    let hurried = IngestOptions { lock_wait: Duration::ZERO, ..Yard::options() };
    let run = || ingest::run(&yard.paths, &yard.root, &hurried, &|_: Step| true);
    assert!(matches!(run(), Err(Error::Busy { .. })));
    drop(lock);
    assert_eq!(run().unwrap().unchanged, 13);
}

#[test]
fn steps_and_one_go_give_the_same_answers() {
    let yard = Yard::with_files();
    yard.index();
    for step in 1..20 {
        yard.write(&format!("src/part_{}.py", step % 12), &program(step % 12, step));
        match step % 4 {
            0 => yard.write(&format!("more/m{step}.py"), &program(step % 12, step)),
            1 if 5 < step => yard.remove(&format!("more/m{}.py", step - 1)),
            _ => {}
        }
        yard.index();
    }
    let steps = yard.answers();
    assert!(40 < steps.lines().filter(|line| line.contains(".py:")).count(), "{steps}");
    let fresh = Yard { root: yard.root.clone(), ..Yard::new() };
    fresh.index();
    assert_eq!(steps, fresh.answers());
}

#[test]
fn threads_do_not_show() {
    let yard = Yard::with_files();
    let many = IngestOptions { threads: 7, ..Yard::options() };
    ingest::run(&yard.paths, &yard.root, &many, &|_: Step| true).unwrap();
    let answers = yard.answers();
    let numbers = |yard: &Yard| -> Vec<_> {
        yard.reader().known_files().unwrap().into_iter().map(|file| (file.path, file.id)).collect()
    };
    let before = numbers(&yard);
    std::fs::remove_dir_all(yard.paths.database.parent().unwrap()).unwrap();
    let one = IngestOptions { threads: 1, ..Yard::options() };
    ingest::run(&yard.paths, &yard.root, &one, &|_: Step| true).unwrap();
    assert_eq!(answers, yard.answers());
    assert_eq!(before, numbers(&yard));
}

#[test]
fn stopping_keeps_what_is_done() {
    let yard = Yard::with_files();
    let stop = |step: Step| step.stage != Stage::Index || step.done < 5;
    let stopped = ingest::run(&yard.paths, &yard.root, &Yard::options(), &stop);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    assert_eq!(yard.reader().state().totals.documents, 5);
    check_counts(&yard, [8, 5, 0, 0]);
}

#[test]
fn other_reading_options_read_again() {
    let yard = Yard::with_files();
    yard.write("big.txt", &"parcel lane\n".repeat(1000));
    yard.index();
    let mut options = Yard::options();
    options.walk.size_max_bytes = 5000;
    let index = |options: &IngestOptions| {
        ingest::run(&yard.paths, &yard.root, options, &|_: Step| true).unwrap()
    };
    let report = index(&options);
    assert_eq!((report.removed, report.skipped.len(), report.indexed), (1, 1, 0));
    let report = index(&Yard::options());
    assert_eq!((report.removed, report.skipped.len(), report.indexed), (0, 0, 1));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_work() {
    use std::os::unix::ffi::OsStrExt;
    let mut yard = Yard::new();
    let odd = std::ffi::OsStr::from_bytes(b"odd \xff name\n.py");
    std::fs::write(yard.root.join(odd), program(1, 0)).unwrap();
    yard.paths =
        contextlite_engine::store::StorePaths::of(&yard.folder.path().join(odd).join("db"));
    check_counts(&yard, [1, 0, 0, 0]);
    check_counts(&yard, [0, 1, 0, 0]);
    assert!(yard.answers().contains("odd"));
}

#[test]
fn an_empty_folder_has_an_empty_index() {
    let yard = Yard::new();
    check_counts(&yard, [0, 0, 0, 0]);
    check_counts(&yard, [0, 0, 0, 0]);
    let snapshots = yard.snapshots();
    let snapshot = snapshots.take().unwrap().unwrap();
    assert_eq!(snapshot.index().top_files(&[("parcel".to_owned(), 1.0)], 3).unwrap(), []);
    assert_eq!(snapshot.healing, Healing::None);
}

#[test]
fn no_store_is_no_snapshot() {
    let yard = Yard::new();
    assert!(yard.snapshots().take().unwrap().is_none());
    assert!(!yard.paths.database.exists());
}

/// Runs git in the yard's root; gives whether that worked.
fn git(yard: &Yard, words: &str) {
    let done = std::process::Command::new("git")
        .current_dir(&yard.root)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(words.split(' '))
        .env("GIT_CONFIG_GLOBAL", yard.folder.path().join("no-configuration"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Indexes in this step, and expects what a new store of the same files answers.
fn check_history(yard: &Yard, [indexed, refreshed, commits]: [u64; 3]) {
    let report = yard.index();
    let counts = [report.indexed, report.refreshed, report.commits];
    assert_eq!(counts, [indexed, refreshed, commits], "indexed, refreshed, commits");
    let fresh = Yard { root: yard.root.clone(), ..Yard::new() };
    fresh.index();
    assert_eq!(yard.answers(), fresh.answers());
}

#[test]
fn history_is_followed() {
    let yard = Yard::with_files();
    git(&yard, "init --quiet --initial-branch=main");
    git(&yard, "add .");
    git(&yard, "commit --quiet -m yard");
    check_history(&yard, [13, 0, 1]);
    yard.write("src/part_1.py", &program(1, 1));
    check_history(&yard, [1, 0, 0]);
    git(&yard, "commit --quiet -a -m absent");
    check_history(&yard, [0, 1, 1]);
    assert!(yard.answers().contains("absent 0 1\n"), "the message is a term of the file");
    git(&yard, "checkout --quiet -b other HEAD~1");
    check_history(&yard, [1, 12, 1]);
    assert!(yard.answers().contains("absent 0 0\n"), "the commit is not in this branch");
    git(&yard, "checkout --quiet main");
    check_history(&yard, [1, 0, 1]);
    std::fs::remove_dir_all(yard.root.join(".git")).unwrap();
    check_history(&yard, [0, 13, 0]);
}

#[test]
fn history_that_is_not_refreshed_yet_is_not_forgotten() {
    let yard = Yard::with_files();
    git(&yard, "init --quiet --initial-branch=main");
    yard.index();
    git(&yard, "add .");
    git(&yard, "commit --quiet -m absent");
    let stop = |step: Step| step.stage != Stage::Index || step.done < 5;
    let stopped = ingest::run(&yard.paths, &yard.root, &Yard::options(), &stop);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    check_history(&yard, [0, 8, 0]);
}
