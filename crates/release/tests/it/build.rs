//! Building: one foreign target for real, and what stops a build before it begins.

use std::path::{Path, PathBuf};
use std::process::Command;

use contextlite_release::build::inspect::inspect;
use contextlite_release::build::inventory;
use contextlite_release::dependency::Graph;
use contextlite_release::target::{self, TARGETS, Target};
use serde_json::Value;

use crate::sample::{self, sample, ship, succeed, tool, tools};

/// A sample that stays, so that the standard library of the foreign target is built once.
fn kept_sample() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ship-sample");
    let _ = std::fs::remove_dir_all(root.join(".git"));
    let _ = std::fs::remove_dir_all(root.join("dist"));
    for (path, text) in sample::files() {
        let path = root.join(path);
        contextlite_release::file::write_whole(&path, text.as_bytes()).expect("a file");
    }
    let link = root.join("target/ship-tools");
    std::fs::create_dir_all(root.join("target")).expect("a folder");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(tools(), &link).expect("a link to the tools");
    sample::commit(&root);
    root
}

/// The list of packages that a binary carries, as the tools of others read it.
fn audited(binary: &[u8]) -> Value {
    let json = auditable_info::json_from_slice(binary, 1 << 20);
    serde_json::from_str(&json.expect("a list of packages")).expect("JSON")
}

#[test]
fn a_foreign_target_is_built_and_runs() {
    let root = kept_sample();
    let output = ship(&root, "build --target linux-arm64", &[]);
    assert_eq!((output.code, output.notice.as_str()), (0, ""), "{}", output.answer);
    let expected = "ELF arm64, static; ran under qemu; contextlite 1.0.2 works: 42\n";
    assert!(output.answer.ends_with(expected), "{}", output.answer);

    let folder = root.join("dist/build/linux-arm64");
    let binary = std::fs::read(folder.join("contextlite")).expect("a binary");
    let text = std::fs::read_to_string(root.join("dist/build.json")).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let record = &report["binaries"][0];
    assert_eq!(report["binaries"].as_array().map(Vec::len), Some(1));
    assert_eq!(record["platform"], "linux-arm64");
    assert_eq!((&record["version"], &record["tried"]), (&"1.0.2".into(), &"qemu".into()));
    assert_eq!(record["source"]["seconds"], 1_700_000_000);
    assert_eq!(record["size"], binary.len());

    let list = audited(&binary);
    let names: Vec<&str> = list["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    assert_eq!(names, ["contextlite", "vendored"]);
    let here = root.to_str().expect("text");
    let is_here = |window: &[u8]| window == here.as_bytes();
    assert!(!binary.windows(here.len()).any(is_here), "no folder of this machine is in it");
}

#[test]
fn a_wrong_version_anywhere_stops_before_anything_is_built() {
    let wrong = [
        ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"contextlite\"\nversion = \"1.0.1\"\n"),
        ("CHANGELOG.md", "# Changelog\n\n## [1.0.3] - 2026-11-22\n"),
        ("clients/node/package.json", "{\"version\": \"1.0.1\"}"),
    ];
    for (path, text) in wrong {
        let project = sample().file(path, text);
        let output = ship(project.root(), "build --all", &[]);
        assert_eq!((output.code, output.answer.as_str()), (1, ""), "{path}");
        assert!(output.notice.contains("not every place says so"), "{}", output.notice);
        assert!(!project.root().join("dist").exists(), "{path}");
    }
}

#[test]
fn a_platform_that_is_none_is_refused_with_the_nearest() {
    let project = sample();
    let output = ship(project.root(), "build --target linux-amd46", &[]);
    let expected = "error: unknown platform `linux-amd46`; did you mean `linux-amd64`?\n";
    assert_eq!((output.code, output.notice.as_str()), (1, expected));
    assert_eq!(ship(project.root(), "build", &[]).code, 2, "something has to be asked for");
    assert_eq!(ship(project.root(), "build --all --target linux-amd64", &[]).code, 2);
}

#[test]
fn without_tools_it_is_said_what_is_missing() {
    let project = sample();
    let folder = project.root().join("tools");
    std::fs::create_dir(&folder).expect("a folder");
    let environment = contextlite_release::environment::Environment::new(
        project.root(),
        [("PATH".into(), folder.into())],
        &|_| {},
    );
    let words = ["cargo-ship", "build", "--target", "darwin-arm64"];
    let output = sample::run(words.map(Into::into), &environment);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("scripts/release/setup-cross"), "{}", output.notice);
    assert!(output.notice.contains("cargo-zigbuild"), "{}", output.notice);
}

/// Links a small program for a target by zig, with a list of packages in it.
fn linked(target: &Target, zig_target: &str, extra: &[&str], graph: &Graph) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("main.c"), "int main(void) { return 0; }\n").expect("a source");
    std::fs::write(path("list.o"), inventory::object_file(graph, target)).expect("a list");
    let out = path(&target.program("out"));
    let mut zig = Command::new(tool("python"));
    zig.args(["-m", "ziglang", "cc", "-target", zig_target, "-O1", "-s", "-Wl,--gc-sections"]);
    zig.args(extra).args([path("main.c"), path("list.o")]).arg("-o").arg(&out);
    succeed(&mut zig);
    std::fs::read(&out).expect("a program")
}

/// What zig calls the targets.
const ZIG_TARGETS: [&str; 6] = [
    "x86_64-linux-musl",
    "aarch64-linux-musl",
    "x86_64-macos.11.0",
    "aarch64-macos.11.0",
    "x86_64-windows-gnu",
    "aarch64-windows-gnu",
];

#[test]
fn each_format_is_recognised_and_carries_its_list() {
    let project = sample();
    let triples = TARGETS.map(|target| target.triple);
    let graph = Graph::read(Path::new("cargo"), project.root(), "contextlite", &triples);
    let graph = graph.expect("a graph");
    let programs: Vec<Vec<u8>> = TARGETS
        .iter()
        .zip(ZIG_TARGETS)
        .map(|(target, zig_target)| linked(target, zig_target, &[], &graph))
        .collect();
    for (target, program) in TARGETS.iter().zip(&programs) {
        let phrase = inspect(program, target).expect("it is what its target says");
        assert!(phrase.contains(target.arch.name()), "{phrase}");
        assert!(inventory::is_in(program, &graph), "{phrase}");
        assert_eq!(audited(program)["packages"][1]["name"], "vendored", "{phrase}");
        for other in TARGETS.iter().filter(|other| *other != target) {
            let faults = inspect(program, other).expect_err("it is for another platform");
            assert!(!faults.is_empty());
        }
    }
}

#[test]
fn what_a_user_may_lack_is_found() {
    let project = sample();
    let graph = Graph::read(Path::new("cargo"), project.root(), "contextlite", &[]);
    assert!(graph.is_err(), "without a target nothing is linked");
    let triples = TARGETS.map(|target| target.triple);
    let graph = Graph::read(Path::new("cargo"), project.root(), "contextlite", &triples);
    let graph = graph.expect("a graph");
    let check = |platform: &str, zig_target: &str, extra: &[&str], expected: &[&str]| {
        let target = target::find(platform).expect("a platform");
        let program = linked(target, zig_target, extra, &graph);
        let faults = inspect(&program, target).expect_err("it lacks something");
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.contains(expected), "{fault}");
        }
    };
    let dynamic = ["interpreter", "library libc.so.6"];
    check("linux-amd64", "x86_64-linux-gnu.2.17", &[], &dynamic);
    check("darwin-arm64", "aarch64-macos.13.0", &[], &["starts on macOS 13.0"]);
    check("windows-amd64", "x86_64-windows-gnu", &["-Wl,--subsystem,windows"], &["console"]);
    let faults = inspect(b"#!/bin/sh\n", &TARGETS[0]).expect_err("it is no program");
    assert!(faults[0].starts_with("it is no ELF program"), "{faults:?}");
}
