//! The crate's own shape: modules in dependency order, each file opened by its essay.

use std::path::Path;

/// The most lines a source file may have before its tests.
const LINES_MAX: usize = 800;

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The modules in the order of lib.rs.
fn modules() -> Vec<String> {
    let library = source("lib.rs");
    let names = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
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
    for (index, module) in modules.iter().enumerate() {
        let text = source(&format!("{module}.rs"));
        for name in named(&text) {
            let place = modules.iter().position(|other| other == name);
            let place = place.unwrap_or_else(|| panic!("{module} names crate::{name}"));
            assert!(place < index || name == module, "{module} names {name}, which is below it");
        }
    }
}

#[test]
fn every_file_is_explained_and_short() {
    let names = modules().into_iter().map(|module| format!("{module}.rs"));
    for name in names.chain(["lib.rs".to_owned(), "main.rs".to_owned()]) {
        let text = source(&name);
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
