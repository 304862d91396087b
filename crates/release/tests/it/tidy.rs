//! The crate's own shape: modules in dependency order, each file opened by its essay.

use std::path::{Path, PathBuf};

/// The most lines a source file may have before its tests.
const LINES_MAX: usize = 800;

/// The most lines a channel's own file may have: what is longer has a noun that others share.
const CHANNEL_LINES_MAX: usize = 250;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file, below folders too, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![source_folder()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a source file");
                sources.push((path, text));
            }
        }
    }
    sources
}

/// The modules in the order of lib.rs.
fn modules() -> Vec<String> {
    let library = std::fs::read_to_string(source_folder().join("lib.rs")).expect("lib.rs");
    let names = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// The module that a file belongs to: the first part of its path below `src`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(source_folder()).expect("a source file");
    let first = below.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The first name of every `crate::` path in code and in documentation links.
fn named(text: &str) -> Vec<&str> {
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    text.split("crate::").skip(1).filter_map(|rest| rest.split(is_end).next()).collect()
}

#[test]
fn a_module_names_only_those_above_it() {
    let modules = modules();
    assert!(modules.len() > 5, "lib.rs lists the modules");
    for (path, text) in sources() {
        let module = module_of(&path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let place_of = |name: &str| modules.iter().position(|other| other == name);
        let index = place_of(&module).unwrap_or_else(|| panic!("lib.rs does not list {module}"));
        for name in named(&text) {
            let place = place_of(name).unwrap_or_else(|| panic!("{module} names crate::{name}"));
            assert!(place < index || name == module, "{module} names {name}, which is below it");
        }
    }
}

#[test]
fn every_file_is_explained_and_short() {
    for (path, text) in sources() {
        let name = path.display();
        assert!(text.starts_with("//! "), "{name} opens with what it is for");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(code.lines().count() <= LINES_MAX, "{name} is too long");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{name} has a long line");
    }
}

#[test]
fn the_crate_knows_none_of_the_others() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(!manifest.contains("contextlite-engine") && !manifest.contains("contextlite-select"));
}

#[test]
fn a_channel_is_one_short_file() {
    for facts in contextlite_release::channel::facts() {
        let name = format!("channel/{}.rs", facts.id.replace('-', "_"));
        let text = std::fs::read_to_string(source_folder().join(&name)).expect("its file");
        let lines = text.lines().count();
        assert!(lines <= CHANNEL_LINES_MAX, "{name} has {lines} lines");
    }
}
