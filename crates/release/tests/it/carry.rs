//! Packages that carry the program, made by the command.

use std::io::{Cursor, Read as _};
use std::path::Path;

use contextlite_release::carrier::{self, Load, wheel};
use contextlite_release::tag::Tag;
use contextlite_release::target::TARGETS;

use crate::project::Project;
use crate::sample::{commit, sample, ship};

const PYPROJECT: &str = "[project]
name = \"contextlite\"
dynamic = [\"version\", \"urls\"]
description = \"A client\"
readme = \"README.md\"
requires-python = \">=3.9\"
license = \"MIT\"
authors = [{ name = \"A\" }]
keywords = []
classifiers = []
dependencies = []
optional-dependencies = {}
";

/// A program that tells its version as the real one does.
const PROGRAM: &str = "#!/bin/sh\necho contextlite 1.0.2 works: yes\n";

fn with_client() -> Project {
    let project = sample()
        .file("clients/python/pyproject.toml", PYPROJECT)
        .file("clients/python/README.md", "# Client\n")
        .file("clients/python/src/contextlite/__init__.py", "\"\"\"Client.\"\"\"\n")
        .file("program", PROGRAM);
    commit(project.root());
    project
}

const WHEEL: &str = concat!(
    "contextlite-1.0.2-py3-none-",
    "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl"
);

fn text_in(wheel: &[u8], path: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(wheel)).expect("a zip");
    let mut text = String::new();
    archive.by_name(path).expect("a file").read_to_string(&mut text).expect("a text");
    text
}

#[test]
fn the_command_packs_a_wheel_and_names_it() {
    let project = with_client();
    let words = "carry pypi --binary program --target linux-amd64 --out made";
    let output = ship(project.root(), words, &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    let path = project.root().join("made").join(WHEEL);
    assert_eq!(output.answer, format!("{}\n", path.display()));
    let first = std::fs::read(&path).expect("a wheel");
    let script = text_in(&first, "contextlite-1.0.2.data/scripts/contextlite");
    assert_eq!(script, PROGRAM);
    let notices = text_in(&first, "contextlite-1.0.2.dist-info/licenses/THIRD-PARTY-NOTICES.txt");
    assert!(notices.contains("vendored 0.3.1, MIT"), "{notices}");
    let other = with_client();
    assert_eq!(ship(other.root(), words, &[]).code, 0);
    assert!(std::fs::read(other.root().join("made").join(WHEEL)).expect("a wheel") == first);
}

/// `echo x | sha256sum`
const DIGEST: &str = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";

#[test]
fn the_command_packs_what_node_and_the_editor_install() {
    let extension = "{\"name\": \"contextlite\", \"displayName\": \"C\", \"description\": \"D\", \
        \"publisher\": \"P\", \"icon\": \"media/i.png\", \"main\": \"out/e.js\", \
        \"engines\": {\"vscode\": \"^1.99.0\"}}";
    let project = with_client()
        .file("clients/node/package.json", {
            "{\"name\": \"contextlite\", \"description\": \"D\", \"license\": \"MIT\"}"
        })
        .file("clients/node/README.md", "# Client\n")
        .file("clients/node/src/a.ts", "x\n")
        .file("clients/node/lib/SOURCES", &format!("{DIGEST}  src/a.ts\n"))
        .file("editors/vscode/package.json", extension)
        .file("editors/vscode/README.md", "# Editor\n")
        .file("editors/vscode/CHANGELOG.md", "# Changes\n")
        .file("editors/vscode/media/i.png", "picture")
        .file("editors/vscode/src/e.ts", "x\n")
        .file("editors/vscode/out/e.js", "x")
        .file("editors/vscode/out/SOURCES", &format!("{DIGEST}  src/e.ts\n"));
    commit(project.root());
    let check = |channel: &str, names: &[&str]| {
        let words = format!("carry {channel} --binary program --target linux-amd64 --out made");
        let output = ship(project.root(), &words, &[]);
        assert_eq!(output.code, 0, "{}", output.notice);
        let folder = project.root().join("made");
        let paths = names.iter().map(|name| folder.join(name).display().to_string());
        let expected = paths.collect::<Vec<_>>().join(
            "
",
        ) + "
";
        assert_eq!(output.answer, expected);
        assert!(names.iter().all(|name| folder.join(name).is_file()));
    };
    check("npm", &["contextlite-linux-x64-1.0.2.tgz", "contextlite-1.0.2.tgz"]);
    check("vscode", &["contextlite-linux-x64-1.0.2.vsix", "contextlite-alpine-x64-1.0.2.vsix"]);
    let vsix = std::fs::read(project.root().join("made/contextlite-linux-x64-1.0.2.vsix"));
    assert_eq!(text_in(&vsix.expect("an extension"), "extension/bin/contextlite"), PROGRAM);
}

#[test]
fn a_binary_of_another_version_is_refused() {
    let project = with_client().file("old", &PROGRAM.replace("1.0.2", "1.0.1")).file("none", "");
    let check = |binary: &str, expected: &str| {
        let words = format!("carry pypi --binary {binary} --target linux-amd64 --out made");
        let output = ship(project.root(), &words, &[]);
        assert_eq!(output.code, 1);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(!project.root().join("made").exists());
    };
    check("old", "it says 1.0.1, the workspace 1.0.2");
    check("none", "it says no version, the workspace 1.0.2");
    check("absent", "absent: ");
}

/// The real client: what `scripts/check-python` installs, for every platform.
#[test]
fn the_client_of_this_repository_can_be_packed_for_all_platforms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let client = carrier::client(&root.join(wheel::FOLDER)).expect("the client");
    let tag = Tag::parse(concat!("v", env!("CARGO_PKG_VERSION"))).expect("a tag");
    for target in &TARGETS {
        let load = Load {
            tag: &tag,
            repository: "https://git.example.org/o/contextlite",
            seconds: 1_700_000_000,
            target,
            binary: b"program",
            licence: b"licence",
            notices: "notices",
            client: &client,
        };
        let package = wheel::pack(&load).expect("a wheel");
        let stem = concat!("contextlite-", env!("CARGO_PKG_VERSION"));
        assert!(package.name.starts_with(stem), "{}", package.name);
        let metadata = text_in(&package.bytes, &format!("{stem}.dist-info/METADATA"));
        assert!(!metadata.contains("](../"), "links lead to the repository");
        text_in(&package.bytes, "contextlite/py.typed");
    }
}
