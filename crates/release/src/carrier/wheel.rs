//! The wheel for Python: the client as a package, and the program as its script.
//!
//! ```text
//! contextlite/…                                        the client, from src/ of its folder
//! contextlite-1.0.2.data/scripts/contextlite[.exe]     the binary, installed where scripts are
//! contextlite-1.0.2.dist-info/licenses/…               our licence, and the notices
//! contextlite-1.0.2.dist-info/METADATA                 made of pyproject.toml and the README
//! contextlite-1.0.2.dist-info/WHEEL                    the platform, once for each of its names
//! contextlite-1.0.2.dist-info/RECORD                   every file with digest and length
//! ```
//!
//! `pyproject.toml` is read as its specification says. A key that is not known here is refused:
//! it would be missing from the package without anybody noticing. `version` and `urls` have to be
//! `dynamic`, because the release knows them.
//!
//! A platform has several names, because installers learned them at different times: Linux is
//! `manylinux_2_17` and `musllinux_1_1`, which the static binary fits like any other, and
//! `manylinux2014`, the older name of the first. macOS is the version that the binary says it
//! starts on, whatever could be claimed for an older one.
//!
//! # Source
//!
//! <https://packaging.python.org/en/latest/specifications/>: *binary distribution format*, *core
//! metadata* 2.4, *pyproject.toml*, *platform compatibility tags*.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use crate::error::{Error, Result};
use crate::pack::archive::{self, Member};
use crate::target::{Arch, MACOS_VERSION_MIN, Os, Target};

use super::{Load, Package, page};

/// The folder of the client, below the root.
pub const FOLDER: &str = "clients/python";

/// The most bytes of a file that the registry takes.
pub const BYTES_MAX: usize = 100_000_000;

const MANIFEST: &str = "pyproject.toml";
const README: &str = "README.md";
const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";

/// The keys of `[project]` that are carried over.
const KEYS: [&str; 11] = [
    "name",
    "dynamic",
    "description",
    "readme",
    "requires-python",
    "license",
    "authors",
    "keywords",
    "classifiers",
    "dependencies",
    "optional-dependencies",
];

/// What the release fills in.
const DYNAMIC: [&str; 2] = ["version", "urls"];

/// The pages of a project, each with its place below the repository.
const PAGES: [(&str, &str); 5] = [
    ("Homepage", ""),
    ("Documentation", "/blob/{tag}/docs/clients.md"),
    ("Source", "/tree/{tag}"),
    ("Changelog", "/blob/{tag}/CHANGELOG.md"),
    ("Issues", "/issues"),
];

/// Packs the wheel.
///
/// # Errors
///
/// [`Error::Client`] with everything that is wrong with the client's files, or if the wheel is
/// longer than [`BYTES_MAX`].
pub fn pack(load: &Load<'_>) -> Result<Package> {
    let refuse = |problems| Error::Client { path: FOLDER.into(), problems };
    let project = Project::read(load.client).map_err(refuse)?;
    let version = load.tag.python_version();
    let stem = format!("{}-{version}", project.name.replace('-', "_"));
    let info = format!("{stem}.dist-info");
    let mut members = modules(load.client).map_err(refuse)?;
    members.push(Member {
        path: format!("{stem}.data/scripts/{}", load.target.program(&project.name)),
        bytes: load.binary.to_vec(),
        is_program: true,
    });
    members.push(Member::paper(format!("{info}/licenses/LICENSE"), load.licence));
    members.push(Member::paper(format!("{info}/licenses/{NOTICES}"), load.notices));
    members.push(Member::paper(format!("{info}/METADATA"), project.metadata(load)));
    members.push(Member::paper(format!("{info}/WHEEL"), wheel(load)));
    let record = record(&members, &info);
    members.push(Member::paper(format!("{info}/RECORD"), record));
    // Those that describe the wheel stand at its end, as the specification asks.
    let bytes = archive::zip(&members.iter().collect::<Vec<_>>(), load.seconds);
    if bytes.len() > BYTES_MAX {
        return Err(refuse(vec![format!(
            "the wheel has {} bytes, and the registry takes {BYTES_MAX}",
            bytes.len()
        )]));
    }
    let name = format!("{stem}-py3-none-{}.whl", tags(load.target).join("."));
    Ok(Package { name, bytes })
}

/// The platform's names for installers of wheels, sorted, as a file name has them.
pub fn tags(target: &Target) -> Vec<String> {
    let (major, minor) = MACOS_VERSION_MIN;
    let tags = |tags: &[&str], arch: &str| {
        tags.iter().map(|tag| format!("{tag}_{arch}")).collect::<Vec<_>>()
    };
    let linux = ["manylinux2014", "manylinux_2_17", "musllinux_1_1"];
    match (target.os, target.arch) {
        (Os::Linux, Arch::Amd64) => tags(&linux, "x86_64"),
        (Os::Linux, Arch::Arm64) => tags(&linux, "aarch64"),
        (Os::Darwin, Arch::Amd64) => tags(&[&format!("macosx_{major}_{minor}")], "x86_64"),
        (Os::Darwin, Arch::Arm64) => tags(&[&format!("macosx_{major}_{minor}")], "arm64"),
        (Os::Windows, Arch::Amd64) => tags(&["win"], "amd64"),
        (Os::Windows, Arch::Arm64) => tags(&["win"], "arm64"),
    }
}

/// The client's modules, which are below `src`, in the order of their paths.
fn modules(client: &[Member]) -> std::result::Result<Vec<Member>, Vec<String>> {
    let below = |member: &Member| Some(member.path.strip_prefix("src/")?.to_owned());
    let mut modules: Vec<Member> = client
        .iter()
        .filter_map(|member| Some(Member { path: below(member)?, ..member.clone() }))
        .collect();
    modules.sort_by(|a, b| a.path.cmp(&b.path));
    let is_module = |path: &str| path.ends_with("/py.typed") || extension(path) == Some("py");
    let strange = modules.iter().filter(|module| !is_module(&module.path));
    let mut problems: Vec<String> = strange
        .map(|module| format!("src/{} is no module; remove it, or teach wheel.rs", module.path))
        .collect();
    if modules.is_empty() {
        problems.push("there is no module below src".to_owned());
    }
    if problems.is_empty() { Ok(modules) } else { Err(problems) }
}

fn extension(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(_, extension)| extension)
}

fn wheel(load: &Load<'_>) -> String {
    let mut text = format!(
        "Wheel-Version: 1.0\nGenerator: cargo-ship {}\nRoot-Is-Purelib: false\n",
        load.tag.version()
    );
    for tag in tags(load.target) {
        let _ = writeln!(text, "Tag: py3-none-{tag}");
    }
    text
}

fn record(members: &[Member], info: &str) -> String {
    let mut text = String::new();
    for member in members {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&member.bytes));
        let _ = writeln!(text, "{},sha256={digest},{}", member.path, member.bytes.len());
    }
    let _ = writeln!(text, "{info}/RECORD,,");
    text
}

/// What `pyproject.toml` says, as far as a package carries it.
#[derive(Debug)]
struct Project {
    name: String,
    readme: String,
    /// The lines of the metadata that follow name and version.
    fields: Vec<(String, String)>,
}

impl Project {
    fn read(client: &[Member]) -> std::result::Result<Self, Vec<String>> {
        let text = |path: &str| {
            let member = client.iter().find(|member| member.path == path);
            let member = member.ok_or_else(|| vec![format!("{path} is missing")])?;
            let text = String::from_utf8(member.bytes.clone());
            text.map_err(|_| vec![format!("{path} is not UTF-8")])
        };
        let readme = text(README)?;
        let table: Table = text(MANIFEST)?
            .parse()
            .map_err(|error: toml::de::Error| vec![format!("{MANIFEST}: {}", error.message())])?;
        let project = table.get("project").and_then(Value::as_table);
        let project = project.ok_or_else(|| vec![format!("{MANIFEST} has no [project]")])?;
        let mut reading = Reading { project, problems: Vec::new() };
        let name = reading.text("name");
        let fields = reading.fields();
        if reading.problems.is_empty() {
            Ok(Self { name, readme, fields })
        } else {
            Err(reading.problems)
        }
    }

    fn metadata(&self, load: &Load<'_>) -> String {
        let version = load.tag.python_version();
        let mut text = format!("Metadata-Version: 2.4\nName: {}\nVersion: {version}\n", self.name);
        let tag = load.tag.to_string();
        let pages = PAGES.map(|(label, place)| {
            let place = place.replace("{tag}", &tag);
            ("Project-URL".to_owned(), format!("{label}, {}{place}", load.repository))
        });
        for (field, value) in self.fields.iter().chain(&pages) {
            let _ = writeln!(text, "{field}: {value}");
        }
        text + "\n" + &page(&self.readme, FOLDER, load)
    }
}

/// `[project]` while it is read.
struct Reading<'a> {
    project: &'a Table,
    problems: Vec<String>,
}

impl Reading<'_> {
    /// The fields of the metadata in their order; what is wrong is noted.
    fn fields(&mut self) -> Vec<(String, String)> {
        for key in self.project.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.problems.push(format!("{MANIFEST} project.{key} is not carried into a wheel"));
        }
        if self.texts("dynamic") != DYNAMIC {
            self.problems.push(format!("{MANIFEST} project.dynamic has to be {DYNAMIC:?}"));
        }
        if self.text("readme") != README {
            self.problems.push(format!("{MANIFEST} project.readme has to be {README}"));
        }
        let mut fields = Vec::new();
        let mut put = |field: &str, value: String| fields.push((field.to_owned(), value));
        put("Summary", self.text("description"));
        put("Keywords", self.texts("keywords").join(","));
        put("Author", self.authors().join(", "));
        put("License-Expression", self.text("license"));
        put("License-File", "LICENSE".to_owned());
        put("License-File", NOTICES.to_owned());
        for classifier in self.texts("classifiers") {
            put("Classifier", classifier);
        }
        put("Requires-Python", self.text("requires-python"));
        for requirement in self.texts("dependencies") {
            put("Requires-Dist", requirement);
        }
        for (extra, requirements) in self.extras() {
            put("Provides-Extra", extra.clone());
            for requirement in requirements {
                put("Requires-Dist", of_extra(&requirement, &extra));
            }
        }
        put("Description-Content-Type", "text/markdown; charset=UTF-8; variant=GFM".to_owned());
        fields
    }

    fn text(&mut self, key: &str) -> String {
        let value = self.project.get(key).and_then(Value::as_str);
        let is_line = |text: &&str| !text.is_empty() && !text.contains(['\n', '\r']);
        let Some(text) = value.filter(is_line) else {
            self.problems.push(format!("{MANIFEST} project.{key} has to be one line of text"));
            return String::new();
        };
        text.to_owned()
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let texts = self.project.get(key).and_then(lines);
        texts.unwrap_or_else(|| {
            self.problems.push(format!("{MANIFEST} project.{key} has to be a list of texts"));
            Vec::new()
        })
    }

    fn authors(&mut self) -> Vec<String> {
        let authors = self.project.get("authors").and_then(Value::as_array);
        let names = authors.into_iter().flatten().map(|author| {
            Some(author.get("name")?.as_str()?.to_owned()).filter(|name| !name.is_empty())
        });
        let names: Option<Vec<String>> = names.collect();
        names.filter(|names| !names.is_empty()).unwrap_or_else(|| {
            self.problems.push(format!("{MANIFEST} project.authors has to be a list of names"));
            Vec::new()
        })
    }

    fn extras(&mut self) -> Vec<(String, Vec<String>)> {
        let extras = self.project.get("optional-dependencies").and_then(Value::as_table);
        let extras: Option<Vec<_>> = extras
            .map(|extras| extras.iter().map(|(name, list)| Some((name.clone(), lines(list)?))))
            .and_then(Iterator::collect);
        extras.unwrap_or_else(|| {
            let what = "project.optional-dependencies has to be a table of lists";
            self.problems.push(format!("{MANIFEST} {what}"));
            Vec::new()
        })
    }
}

/// A list of texts of one line each.
fn lines(value: &Value) -> Option<Vec<String>> {
    let line = |value: &Value| {
        let text = value.as_str().filter(|text| !text.contains(['\n', '\r']))?;
        Some(text.to_owned())
    };
    value.as_array()?.iter().map(line).collect()
}

/// A requirement that holds only for an extra.
fn of_extra(requirement: &str, extra: &str) -> String {
    match requirement.split_once(';') {
        Some((what, marker)) => {
            format!("{}; ({}) and extra == \"{extra}\"", what.trim(), marker.trim())
        }
        None => format!("{}; extra == \"{extra}\"", requirement.trim()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::{of_extra, pack, tags};
    use crate::carrier::Load;
    use crate::pack::archive::Member;
    use crate::tag::Tag;
    use crate::target::{TARGETS, Target};

    const MANIFEST: &str = r#"
[project]
name = "lite"
dynamic = ["version", "urls"]
description = "A client"
readme = "README.md"
requires-python = ">=3.9"
license = "MIT"
authors = [{ name = "A" }, { name = "B C" }]
keywords = ["one", "two words"]
classifiers = ["Typing :: Typed"]
dependencies = []

[project.optional-dependencies]
chain = ["chain-core>=1", "old; python_version < '3.10'"]
"#;

    fn client(manifest: &str) -> Vec<Member> {
        vec![
            Member::paper("README.md", "# Lite\n\nSee [the server](../../docs/http.md).\n"),
            Member::paper("pyproject.toml", manifest),
            Member::paper("src/lite/__init__.py", "\"\"\"Lite.\"\"\"\n"),
            Member::paper("src/lite/py.typed", ""),
            Member::paper("tests/test_lite.py", "assert True\n"),
        ]
    }

    fn load<'a>(tag: &'a Tag, target: &'static Target, client: &'a [Member]) -> Load<'a> {
        Load {
            tag,
            repository: "https://git.example.org/o/lite",
            seconds: 1_700_000_000,
            target,
            binary: b"the program",
            licence: b"our licence\n",
            notices: "the notices\n",
            client,
        }
    }

    fn tag(text: &str) -> Tag {
        Tag::parse(text).expect("a tag")
    }

    /// The files of a wheel in their order: path, mode, content.
    fn unpacked(bytes: &[u8]) -> Vec<(String, u32, String)> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        let count = archive.len();
        let mut read = |index| {
            let mut file = archive.by_index(index).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("a text");
            let name = file.name().expect("a name").into_owned();
            (name, file.unix_mode().unwrap_or_default(), text)
        };
        (0..count).map(&mut read).collect()
    }

    #[test]
    fn a_wheel_is_the_client_the_program_and_what_describes_them() {
        let (tag, client) = (tag("v1.1.0-rc.2"), client(MANIFEST));
        let package = pack(&load(&tag, &TARGETS[0], &client)).expect("a wheel");
        let files = unpacked(&package.bytes);
        let expected = [
            ("lite/__init__.py", 0o100_644, "\"\"\"Lite.\"\"\"\n"),
            ("lite/py.typed", 0o100_644, ""),
            ("lite-1.1.0rc2.data/scripts/lite", 0o100_755, "the program"),
            ("lite-1.1.0rc2.dist-info/licenses/LICENSE", 0o100_644, "our licence\n"),
            (
                "lite-1.1.0rc2.dist-info/licenses/THIRD-PARTY-NOTICES.txt",
                0o100_644,
                "the notices\n",
            ),
            (
                "lite-1.1.0rc2.dist-info/METADATA",
                0o100_644,
                include_str!("../../tests/golden/wheel/METADATA"),
            ),
            (
                "lite-1.1.0rc2.dist-info/WHEEL",
                0o100_644,
                include_str!("../../tests/golden/wheel/WHEEL"),
            ),
            (
                "lite-1.1.0rc2.dist-info/RECORD",
                0o100_644,
                include_str!("../../tests/golden/wheel/RECORD"),
            ),
        ];
        for (found, (path, mode, text)) in files.iter().zip(expected) {
            assert_eq!((found.0.as_str(), found.1), (path, mode));
            assert_eq!(found.2, text, "{path}");
        }
        assert_eq!(files.len(), expected.len());
    }

    #[test]
    fn the_name_tells_installers_where_it_runs() {
        let (tag, client) = (tag("v1.0.2"), client(MANIFEST));
        let names = [
            "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64",
            "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64",
            "macosx_11_0_x86_64",
            "macosx_11_0_arm64",
            "win_amd64",
            "win_arm64",
        ];
        for (target, name) in TARGETS.iter().zip(names) {
            let package = pack(&load(&tag, target, &client)).expect("a wheel");
            assert_eq!(package.name, format!("lite-1.0.2-py3-none-{name}.whl"));
            assert!(tags(target).is_sorted());
            let program = target.program("lite-1.0.2.data/scripts/lite");
            let files = unpacked(&package.bytes);
            assert!(files.iter().any(|(path, mode, _)| *path == program && *mode == 0o100_755));
            let wheel = files.iter().find(|(path, ..)| path.ends_with("/WHEEL")).expect("WHEEL");
            let lines = wheel.2.lines().filter_map(|line| line.strip_prefix("Tag: py3-none-"));
            assert_eq!(lines.collect::<Vec<_>>().join("."), name);
        }
    }

    #[test]
    fn packed_twice_it_is_the_same() {
        let (tag, mut client) = (tag("v1.0.2"), client(MANIFEST));
        let first = pack(&load(&tag, &TARGETS[0], &client)).expect("a wheel");
        client.reverse();
        assert_eq!(first, pack(&load(&tag, &TARGETS[0], &client)).expect("a wheel"));
        let later = Load { seconds: 1_700_000_002, ..load(&tag, &TARGETS[0], &client) };
        assert_ne!(first, pack(&later).expect("a wheel"));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let check = |change: &dyn Fn(&mut Vec<Member>), expected: &[&str]| {
            let (tag, mut client) = (tag("v1.0.2"), client(MANIFEST));
            change(&mut client);
            let error = pack(&load(&tag, &TARGETS[0], &client)).expect_err("refused");
            let text = error.to_string();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            assert_eq!(lines[0], "clients/python cannot become a package:");
            assert_eq!(lines[1..], *expected);
        };
        let manifest = |text: String| {
            move |client: &mut Vec<Member>| {
                client[1].bytes = text.clone().into_bytes();
            }
        };
        let extra_key = MANIFEST.replace("keywords", "scripts");
        check(
            &manifest(extra_key),
            &[
                "pyproject.toml project.scripts is not carried into a wheel",
                "pyproject.toml project.keywords has to be a list of texts",
            ],
        );
        let stated = MANIFEST.replace("dynamic = [\"version\", ", "version = \"1\"\ndynamic = [");
        check(
            &manifest(stated),
            &[
                "pyproject.toml project.version is not carried into a wheel",
                "pyproject.toml project.dynamic has to be [\"version\", \"urls\"]",
            ],
        );
        let two_lines = MANIFEST.replace("A client", "A client\\nVersion: 9");
        check(
            &manifest(two_lines),
            &["pyproject.toml project.description has to be one line of text"],
        );
        check(&manifest("[tool]".into()), &["pyproject.toml has no [project]"]);
        check(&|client| _ = client.remove(0), &["README.md is missing"]);
        check(
            &|client| client.push(Member::paper("src/lite/a.so", "")),
            &["src/lite/a.so is no module; remove it, or teach wheel.rs"],
        );
        check(
            &|client| client.retain(|member| !member.path.starts_with("src")),
            &["there is no module below src"],
        );
    }

    #[test]
    fn a_requirement_of_an_extra_names_it() {
        let check = |requirement: &str, expected: &str| {
            assert_eq!(of_extra(requirement, "x"), expected);
        };
        check("a>=1,<2", "a>=1,<2; extra == \"x\"");
        check("a ; b < '3' or c", "a; (b < '3' or c) and extra == \"x\"");
    }
}
