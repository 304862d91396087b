//! What a disk, a crash or another process may do to a store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contextlite_engine::error::Error;
use contextlite_engine::ingest::{self, Healing, IngestOptions, Step};
use contextlite_engine::snapshot::Snapshots;
use contextlite_engine::store::{StorePaths, WriterLock};

use crate::yard::{Yard, answers, copy_folder, program};

/// Damages the database, and expects that it is refused and left as it is.
fn check_refused(damage: impl Fn(&Path), is_right: impl Fn(&Error) -> bool) {
    let yard = Yard::with_files();
    yard.index();
    let database = &yard.paths.database;
    damage(database);
    let before = std::fs::read(database).unwrap();
    yard.write("src/part_1.py", &program(1, 9));
    let errors = [
        yard.try_index().map(|_| ()).unwrap_err(),
        yard.snapshots()
            .take()
            .and_then(|snapshot| snapshot.map(|s| s.store().known_files()).transpose())
            .map(|_| ())
            .unwrap_err(),
    ];
    for error in errors {
        assert!(is_right(&error), "{error}");
    }
    assert!(std::fs::read(database).unwrap() == before, "nothing is overwritten");
}

fn is_damaged(error: &Error) -> bool {
    matches!(error, Error::DamagedStore { .. })
}

#[test]
fn a_garbage_header_is_refused() {
    let damage = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[..100].fill(0x5a);
        std::fs::write(path, bytes).unwrap();
    };
    check_refused(damage, is_damaged);
}

#[test]
fn a_truncated_database_is_refused() {
    let damage = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 3]).unwrap();
    };
    check_refused(damage, is_damaged);
}

#[test]
fn a_database_full_of_garbage_is_refused() {
    let damage = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[100..].fill(0x5a);
        std::fs::write(path, bytes).unwrap();
    };
    check_refused(damage, is_damaged);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let damage = |path: &Path| {
        std::fs::remove_file(path).unwrap();
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE theirs (x); PRAGMA user_version = 7;").unwrap();
    };
    check_refused(damage, is_damaged);
}

#[test]
fn a_newer_schema_is_refused() {
    let damage = |path: &Path| {
        let newer = rusqlite::Connection::open(path).unwrap();
        newer.execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    };
    check_refused(damage, |error| matches!(error, Error::NewerSchema { found: 99, .. }));
}

/// Damages the index folder, and expects that it heals and answers as before.
fn check_heals(damage: impl Fn(&Path), reason: &str) {
    let yard = Yard::with_files();
    yard.index();
    let before = yard.answers();
    for is_indexer in [false, true] {
        damage(&yard.paths.index);
        let healing = if is_indexer {
            yard.index().healing
        } else {
            let snapshots = yard.snapshots();
            let snapshot = snapshots.take().unwrap().unwrap();
            assert_eq!(answers(&snapshot), before);
            snapshot.healing.clone()
        };
        match healing {
            Healing::Rebuilt { reason: found, documents: 13 } => assert_eq!(found, reason),
            other => panic!("{other:?}"),
        }
        assert_eq!(yard.answers(), before);
        assert_eq!(yard.index().healing, Healing::None);
    }
}

fn segment_files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|found| found == ending)).collect()
}

#[test]
fn a_missing_index_is_rebuilt() {
    check_heals(|folder| std::fs::remove_dir_all(folder).unwrap(), "it is missing");
}

#[test]
fn an_index_that_is_a_file_is_rebuilt() {
    let damage = |folder: &Path| {
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::write(folder, "not a folder").unwrap();
    };
    check_heals(damage, "it is missing");
}

#[test]
fn a_garbage_list_of_files_is_rebuilt() {
    check_heals(|folder| std::fs::write(folder.join("meta.json"), "{]").unwrap(), "it is damaged");
    let damage = |folder: &Path| std::fs::write(folder.join(".managed.json"), "{]").unwrap();
    check_heals(damage, "it is damaged");
}

#[test]
fn truncated_files_are_rebuilt() {
    for ending in ["idx", "term", "fast", "fieldnorm", "store"] {
        let damage = |folder: &Path| {
            for file in segment_files(folder, ending) {
                let bytes = std::fs::read(&file).unwrap();
                std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
            }
        };
        check_heals(damage, "it is damaged");
    }
}

#[test]
fn emptied_and_removed_files_are_rebuilt() {
    for ending in ["idx", "term", "fast", "fieldnorm", "store"] {
        let empty = |folder: &Path| {
            for file in segment_files(folder, ending) {
                std::fs::write(file, "").unwrap();
            }
        };
        check_heals(empty, "it is damaged");
        let remove = |folder: &Path| {
            for file in segment_files(folder, ending) {
                std::fs::remove_file(file).unwrap();
            }
        };
        check_heals(remove, "it is damaged");
    }
}

#[test]
fn garbage_inside_files_is_rebuilt() {
    for ending in ["idx", "term", "fast", "fieldnorm"] {
        let yard = Yard::with_files();
        yard.index();
        let before = yard.answers();
        for file in segment_files(&yard.paths.index, ending) {
            let mut bytes = std::fs::read(&file).unwrap();
            let half = bytes.len() / 2;
            bytes[half / 2..half].iter_mut().for_each(|byte| *byte ^= 0x55);
            std::fs::write(&file, bytes).unwrap();
        }
        let snapshots = yard.snapshots();
        let snapshot = snapshots.take().unwrap().unwrap();
        assert!(matches!(snapshot.healing, Healing::Rebuilt { .. }), "{ending}");
        assert_eq!(answers(&snapshot), before, "{ending}");
    }
}

/// Indexes two generations; gives the answers of the second and copies of both index folders.
fn two_generations() -> (Yard, [PathBuf; 2], [PathBuf; 2]) {
    let yard = Yard::with_files();
    let mut kept = Vec::new();
    for generation in 0..2 {
        yard.write("src/part_2.py", &program(2, generation));
        yard.write(&format!("new_{generation}.py"), &program(7, generation));
        if generation == 1 {
            yard.remove("src/part_6.py");
        }
        yard.index();
        let index = yard.folder.path().join(format!("index-{generation}"));
        let database = yard.folder.path().join(format!("database-{generation}"));
        copy_folder(&yard.paths.index, &index);
        std::fs::copy(&yard.paths.database, &database).unwrap();
        kept.push((index, database));
    }
    let [(index_0, database_0), (index_1, database_1)] = [kept[0].clone(), kept[1].clone()];
    (yard, [index_0, index_1], [database_0, database_1])
}

fn put_index(yard: &Yard, index: &Path) {
    std::fs::remove_dir_all(&yard.paths.index).unwrap();
    copy_folder(index, &yard.paths.index);
}

#[test]
fn an_index_that_is_behind_follows() {
    let (yard, [older, newer], _) = two_generations();
    let expected = yard.answers();
    put_index(&yard, &older);
    {
        let snapshots = yard.snapshots();
        let snapshot = snapshots.take().unwrap().unwrap();
        assert_eq!(snapshot.healing, Healing::Replayed { documents: 3 });
        assert_eq!(answers(&snapshot), expected);
    }
    put_index(&yard, &older);
    assert_eq!(yard.index().healing, Healing::Replayed { documents: 3 });
    assert_eq!(yard.answers(), expected);
    put_index(&yard, &newer);
    assert_eq!(yard.index().healing, Healing::None);
}

#[test]
fn an_index_that_is_ahead_is_rebuilt() {
    let (yard, [_, newer], [older_database, _]) = two_generations();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", yard.paths.database.display()));
    }
    std::fs::copy(older_database, &yard.paths.database).unwrap();
    put_index(&yard, &newer);
    let snapshots = yard.snapshots();
    let snapshot = snapshots.take().unwrap().unwrap();
    match &snapshot.healing {
        Healing::Rebuilt { reason, documents: 14 } => {
            assert_eq!(reason, "it is ahead of the database");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_index_of_another_store_is_rebuilt() {
    let (yard, _, _) = two_generations();
    let (other, [_, index], _) = two_generations();
    drop(other.answers());
    put_index(&yard, &index);
    let healing = yard.index().healing;
    assert!(matches!(healing, Healing::Rebuilt { ref reason, .. } if reason.contains("another")));
}

#[test]
fn a_writer_waits_for_another_and_then_says_so() {
    let yard = Yard::with_files();
    yard.index();
    let expected = yard.answers();
    yard.write("src/part_1.py", &program(1, 5));
    let lock = WriterLock::take(&yard.paths.lock, Duration::ZERO).unwrap();
    let options = IngestOptions { lock_wait: Duration::from_millis(50), ..Yard::options() };
    let busy = ingest::run(&yard.paths, &yard.root, &options, &|_: Step| true).unwrap_err();
    assert!(matches!(busy, Error::Busy { waited_ms: 50.., .. }), "{busy}");
    assert_eq!(yard.answers(), expected, "readers need no lock");
    std::fs::remove_dir_all(&yard.paths.index).unwrap();
    let snapshots = Snapshots::new(yard.paths.clone(), Duration::from_millis(50));
    let busy = snapshots.take().map(|_| ()).unwrap_err();
    assert!(matches!(busy, Error::Busy { waited_ms: 50.., .. }), "{busy}");
    drop(lock);
    assert!(snapshots.take().unwrap().is_some());
}

#[test]
fn writers_and_readers_at_once_see_whole_states() {
    let yard = Yard::with_files();
    yard.index();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let snapshots = yard.snapshots();
                    let mut seen = 0;
                    while !done.load(Ordering::Relaxed) || seen == 0 {
                        let snapshot = snapshots.take().unwrap().unwrap();
                        // Each found passage must be there: the two halves are of one state.
                        drop(answers(&snapshot));
                        seen += 1;
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let yard = &yard;
                scope.spawn(move || {
                    for version in 0..6 {
                        yard.write(&format!("src/part_{writer}.py"), &program(writer, version));
                        yard.write(&format!("w{writer}.py"), &program(version, version));
                        yard.index();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    yard.index();
    let expected = yard.answers();
    std::fs::remove_dir_all(yard.paths.database.parent().unwrap()).unwrap();
    yard.index();
    assert_eq!(yard.answers(), expected);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let mut yard = Yard::with_files();
    yard.write("file", "not a folder");
    yard.paths = StorePaths::of(&yard.root.join("file/db"));
    let refused = yard.try_index().unwrap_err();
    assert!(matches!(refused, Error::NotWritable { .. }), "{refused}");
    assert!(refused.to_string().contains("--database"), "{refused}");
}
