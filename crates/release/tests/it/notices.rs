//! The notices and the bill of materials: of a sample, where each can be made to fail, and of
//! this very project, where everything that is linked has to be accounted for.

use std::path::{Path, PathBuf};
use std::process::Command;

use contextlite_release::dependency::Graph;
use contextlite_release::target::TARGETS;
use contextlite_release::{notices, sbom};

use crate::project::Project;
use crate::sample::{files, sample, succeed, tool};

/// This repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn graph(root: &Path) -> Graph {
    let triples = TARGETS.map(|target| target.triple);
    Graph::read(Path::new("cargo"), root, "contextlite", &triples).expect("a graph")
}

fn collected(project: &Project) -> Result<String, Vec<String>> {
    let text = notices::collect(&graph(project.root()), project.root(), "Title");
    text.map_err(|error| {
        error.to_string().lines().skip(1).map(|line| line.trim().to_owned()).collect()
    })
}

#[test]
fn a_package_is_listed_with_its_licence_and_its_text() {
    let text = collected(&sample()).expect("notices");
    assert!(text.starts_with("Title\n"), "{text}");
    assert!(
        text.contains("vendored 0.3.1, MIT, https://git.example.org/vendored  [1]\n"),
        "{text}"
    );
    assert!(text.contains("\n[1]\n\nMIT License\n\nCopyright (c) 2020 Somebody Else\n"), "{text}");
    assert!(!text.contains("contextlite 1.0.2"), "our own work is no third party's");
}

#[test]
fn texts_in_a_folder_of_licences_are_found() {
    let mit = files().into_iter().find(|(path, _)| path.ends_with("LICENSE-MIT"));
    let (path, mit) = mit.expect("a licence");
    let project = sample().without(path).file("vendor/vendored/LICENSE", "See .licenses.\n");
    let project = project.file("vendor/vendored/.licenses/Somebody-MIT", mit);
    let text = collected(&project).expect("notices");
    assert!(text.contains("[1]\n\nMIT License\n\nCopyright (c) 2020 Somebody Else\n"), "{text}");
    assert!(!text.contains("See .licenses."), "{text}");
}

#[test]
fn what_is_not_accounted_for_is_an_error() {
    let manifest = files().into_iter().find(|(path, _)| *path == "vendor/vendored/Cargo.toml");
    let (path, manifest) = manifest.expect("a manifest");
    let check = |licence: &str, expected: &str| {
        let text = manifest.replace("license = \"Apache-2.0/MIT\"\n", licence);
        let project = sample().file(path, &text).without("vendor/vendored/LICENSE-MIT");
        let faults = collected(&project).expect_err("not accounted for");
        assert_eq!(faults, [format!("vendored 0.3.1: {expected}")]);
    };
    check("", "its manifest states no licence");
    check("license = \"AGPL-3.0\"\n", "`AGPL-3.0` is fulfilled by no accepted licence");
    check(
        "license = \"MIT\"\n",
        "it carries no text of MIT; name who holds the copyright in \
         packaging/notices/notices.toml, [standard]",
    );
}

#[test]
fn a_standard_text_is_used_where_the_project_names_the_holder() {
    let statement = "[standard]\nvendored = \"Copyright (c) Somebody Else\"\n";
    let project = sample().without("vendor/vendored/LICENSE-MIT");
    let project = project.file("packaging/notices/notices.toml", statement);
    let text = collected(&project).expect("notices");
    assert!(text.contains("Copyright (c) Somebody Else\n"), "{text}");
    assert!(text.contains("Permission is hereby granted, free of charge"), "{text}");
    assert!(!text.contains("<copyright holders>"), "{text}");

    let project = sample().file("packaging/notices/notices.toml", statement);
    let faults = collected(&project).expect_err("the package carries its text");
    assert_eq!(faults, ["notices.toml: nothing needs `vendored`; remove it"]);

    let also = "[[also]]\nname = \"A table\"\nwhat = \"of numbers\"\nlicence = \"MIT\"\n\
                link = \"https://example.org\"\ntext = \"table.txt\"\n";
    let project = sample().file("packaging/notices/notices.toml", also);
    assert!(collected(&project).is_err(), "the text is missing");
    let project = project.file("packaging/notices/table.txt", "Take it.\n");
    let text = collected(&project).expect("notices");
    assert!(text.contains("A table (of numbers), MIT, https://example.org  [2]\n"), "{text}");
    assert!(text.ends_with("[2]\n\nTake it.\n"), "{text}");
}

#[test]
fn everything_in_our_own_binary_is_accounted_for() {
    let root = repository();
    let graph = graph(&root);
    let text = notices::collect(&graph, &root, "Ours").unwrap_or_else(|error| panic!("{error}"));
    for package in graph.packages.iter().filter(|package| !package.is_own) {
        let line = format!("\n{} {}, ", package.name, package.version);
        assert!(text.contains(&line), "{line}");
    }
    for other in ["SQLite (", "o200k_base and cl100k_base (", "musl (", "The Rust standard"] {
        assert!(text.contains(&format!("\n{other}")), "{other}");
    }
    assert!(graph.packages.iter().any(|package| package.name == "tree-sitter-rust"));
    let tools = ["tempfile-of-tests", "proptest", "insta", "clap_derive"];
    assert!(graph.packages.iter().all(|package| !tools.contains(&package.name.as_str())));
}

#[test]
fn the_bill_of_materials_fulfils_its_schema() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    for (name, root) in [("sample", sample().root()), ("ours", &repository())] {
        let graph = graph(root);
        let text = sbom::json(&graph, "2026-11-22");
        assert_eq!(text, sbom::json(&graph, "2026-11-22"));
        let path = scratch.path().join(format!("{name}.json"));
        std::fs::write(&path, &text).expect("written");
        let script = "import sys\n\
             from cyclonedx.schema import SchemaVersion\n\
             from cyclonedx.validation.json import JsonStrictValidator\n\
             validator = JsonStrictValidator(SchemaVersion.V1_6)\n\
             fault = validator.validate_str(open(sys.argv[1]).read())\n\
             sys.exit(str(fault) if fault else 0)\n";
        let mut validate = Command::new(tool("python"));
        succeed(validate.args(["-c", script]).arg(&path));

        let bill: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(bill["metadata"]["component"]["name"], "contextlite");
        let components = bill["components"].as_array().expect("components");
        assert_eq!(components.len() + 1, graph.packages.len());
        let references = bill["dependencies"].as_array().expect("dependencies");
        assert_eq!(references.len(), graph.packages.len());
    }
}
