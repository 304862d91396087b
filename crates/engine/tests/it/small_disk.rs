//! A data folder that is read-only, and a disk that is full: real ones, on a small file system.
//!
//! The file system is mounted in a mount namespace of its own by running this test binary again
//! under `unshare`, so nothing outlives the test and no right is needed beyond making a namespace.
//! Root makes it directly, others in a user namespace; where neither is allowed the test fails and
//! says so.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use contextlite_engine::error::Error;
use contextlite_engine::store::StorePaths;

use crate::yard::{Yard, program};

/// The variable that tells the inner run where its file system is mounted.
const MOUNT: &str = "CONTEXTLITE_TEST_SMALL_DISK";

/// Runs the test `name` again with a file system of `size` mounted; calls `inner` in that run.
fn on_small_disk(name: &str, size: &str, inner: impl Fn(&Path)) {
    if let Some(mount) = std::env::var_os(MOUNT) {
        return inner(&PathBuf::from(mount));
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" || exit 99; shift 2; exec \"$@\"";
    let again = |namespaces: &[&str]| {
        Command::new("unshare")
            .args(namespaces)
            .args(["sh", "-c", script, "sh", size])
            .arg(folder.path())
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(MOUNT, folder.path())
            .output()
            .expect("unshare is needed: install the package util-linux")
    };
    let mut run = again(&["--user", "--map-root-user", "--mount"]);
    if run.stdout.is_empty() {
        run = again(&["--mount"]);
    }
    assert!(
        run.status.success() && !run.stdout.is_empty(),
        "a file system of its own is needed, as root or with user namespaces allowed:\n{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

fn remount(mount: &Path, options: &str) {
    let done = Command::new("mount").args(["-o", options]).arg(mount).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_read_only_folder_is_read() {
    on_small_disk("small_disk::a_read_only_folder_is_read", "64m", |mount| {
        let mut yard = Yard::with_files();
        yard.paths = StorePaths::of(&mount.join("store/db"));
        yard.index();
        let expected = yard.answers();
        remount(mount, "remount,ro");
        assert_eq!(yard.answers(), expected);
        assert_eq!(yard.index().unchanged, 13, "nothing to do needs no right to write");
        yard.write("src/part_1.py", &program(1, 4));
        let refused = yard.try_index().unwrap_err();
        assert!(matches!(refused, Error::NotWritable { .. }), "{refused}");
        assert_eq!(yard.answers(), expected);
        remount(mount, "remount,rw");
        std::fs::remove_dir_all(&yard.paths.index).unwrap();
        remount(mount, "remount,ro");
        let refused = yard.snapshots().take().map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("must be rebuilt (it is missing)"), "{refused}");
        remount(mount, "remount,rw");
        yard.index();
        assert_ne!(yard.answers(), expected);
    });
}

#[test]
fn a_full_disk_loses_nothing() {
    on_small_disk("small_disk::a_full_disk_loses_nothing", "3m", |mount| {
        let mut yard = Yard::with_files();
        yard.paths = StorePaths::of(&mount.join("store/db"));
        yard.index();
        let expected = yard.answers();
        let mut refusals = 0;
        for free in (0..40).map(|step| step * 24_000) {
            let ballast = mount.join("ballast");
            let _ = std::fs::remove_file(&ballast);
            fill(&ballast, free);
            for number in 0..60 {
                let text = program(number, free).repeat(3);
                yard.write(&format!("more/{number}.py"), &text);
            }
            match yard.try_index() {
                Ok(_) => {}
                Err(Error::NotWritable { .. }) => refusals += 1,
                Err(other) => panic!("{free} bytes free: {other:?}"),
            }
            std::fs::remove_file(&ballast).unwrap();
            for number in 0..60 {
                yard.remove(&format!("more/{number}.py"));
            }
            yard.index();
            assert_eq!(yard.answers(), expected, "{free} bytes free");
        }
        assert!(0 < refusals, "the disk was never full");
    });
}

/// Fills the disk up to `free` bytes.
fn fill(ballast: &Path, free: usize) {
    use std::io::Write;
    let mut file = std::fs::File::create(ballast).unwrap();
    let mut size = 0_u64;
    while file.write_all(&[0x5a; 4096]).is_ok() {
        size += 4096;
    }
    file.set_len(size.saturating_sub(free as u64)).unwrap();
}
