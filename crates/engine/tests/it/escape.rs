//! No name of a document leads out of the root that it was indexed below.

use std::path::Path;

use contextlite_engine::engine::{Location, Workspace};
use contextlite_engine::error::Error;

use crate::yard::Yard;

fn workspace(yard: &Yard) -> Workspace {
    yard.index();
    let location = Location { root: yard.root.clone(), database: yard.paths.database.clone() };
    Workspace::open(&location).unwrap()
}

#[test]
fn paths_that_point_elsewhere_are_no_documents() {
    let yard = Yard::new();
    yard.write("src/a.txt", "inside\n");
    let outside = yard.folder.path().join("outside.txt");
    std::fs::write(&outside, "outside\n").unwrap();
    let workspace = workspace(&yard);
    let absolute = outside.to_string_lossy().into_owned();
    let inside = yard.root.join("src/a.txt").to_string_lossy().into_owned();
    let names = [
        "../outside.txt",
        "src/../../outside.txt",
        "%2E%2E/outside.txt",
        "src/./a.txt",
        "/etc/passwd",
        "",
        &absolute,
        &inside,
    ];
    for name in names {
        let shown = workspace.show(name, 1, 1);
        assert!(matches!(shown, Err(Error::NotFound { .. })), "{name}: {shown:?}");
    }
    let shown = workspace.show("src/a.txt", 1, 1).unwrap();
    assert_eq!((shown.text.as_str(), shown.changed), ("inside\n", false));
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_root_are_not_followed() {
    let text = "the same text and size\n";
    let outside = |yard: &Yard, name: &str| {
        let path = yard.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let link = |target: &Path, path: &Path| std::os::unix::fs::symlink(target, path).unwrap();
    let yard = Yard::new();
    yard.write("a.txt", text);
    yard.write("folder/b.txt", text);
    yard.write("c.txt", text);
    yard.write("d.txt", text);
    let workspace = workspace(&yard);
    for path in ["a.txt", "folder/b.txt", "c.txt"] {
        assert!(!workspace.show(path, 1, 1).unwrap().changed, "{path}");
    }
    let target = outside(&yard, "a.txt");
    std::fs::remove_file(yard.root.join("a.txt")).unwrap();
    link(&target, &yard.root.join("a.txt"));
    let target = outside(&yard, "elsewhere/b.txt");
    std::fs::remove_dir_all(yard.root.join("folder")).unwrap();
    link(target.parent().unwrap(), &yard.root.join("folder"));
    std::fs::remove_file(yard.root.join("c.txt")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(yard.root.join("c.txt")).status();
    assert!(made.unwrap().success());
    for path in ["a.txt", "folder/b.txt", "c.txt"] {
        let shown = workspace.show(path, 1, 1).unwrap();
        assert!(shown.changed, "{path}: what is outside is not looked at");
        assert_eq!(shown.text, text, "{path}: what was indexed is shown");
    }
    std::fs::rename(&yard.root, yard.folder.path().join("moved")).unwrap();
    link(&yard.folder.path().join("moved"), &yard.root);
    assert!(!workspace.show("d.txt", 1, 1).unwrap().changed, "the root itself may be a link");
}
