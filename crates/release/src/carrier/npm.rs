//! The packages of npm: one with the client, and one for each platform with the program.
//!
//! ```text
//! contextlite-1.0.2.tgz              package/package.json, lib/…, bin/contextlite.js, papers
//! contextlite-linux-x64-1.0.2.tgz    package/package.json, bin/contextlite, papers
//! ```
//!
//! The client names all six packages, `@contextlite/linux-x64` and so on, as optional dependencies
//! with its own exact version; npm installs the one whose `os` and `cpu` fit. No package has a
//! script, so nothing runs at install and none of it is changed by `--ignore-scripts`. The binary
//! is static on Linux, so `libc` is not named: it fits both.
//!
//! A registry that knows only the scope of its owner has the same packages under other names
//! ([`Names::Of`]). The client names them as aliases there, so that they are installed where it
//! looks for them, and its code is the same.
//!
//! # Source
//!
//! <https://docs.npmjs.com/cli/v11/configuring-npm/package-json>; the pattern is esbuild's.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::pack::archive::{self, Member};
use crate::target::{Arch, Os, TARGETS, Target};

use super::package_json::{NAME as MANIFEST, PackageJson, built};
use super::{Load, Package, page};

/// The folder of the client, below the root.
pub const FOLDER: &str = "clients/node";

/// Where the built modules are.
const BUILT: &str = "lib";
/// Where what is run stands, in each of the packages.
const PROGRAMS: &str = "bin";

const README: &str = "README.md";
const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";

/// How the packages are called in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// `contextlite`, and `@contextlite/linux-x64` for a platform.
    Own,
    /// All in one scope: `@owner/contextlite`, and `@owner/contextlite-linux-x64`.
    Of(String),
}

impl Names {
    /// Returns the name of the client's package, for the client's own name.
    pub fn client(&self, name: &str) -> String {
        match self {
            Self::Own => name.to_owned(),
            Self::Of(owner) => format!("@{owner}/{name}"),
        }
    }

    /// Returns the name of a platform's package, for the client's own name.
    pub fn platform(&self, name: &str, target: &Target) -> String {
        let (os, cpu) = names(target);
        match self {
            Self::Own => format!("@{name}/{os}-{cpu}"),
            Self::Of(owner) => format!("@{owner}/{name}-{os}-{cpu}"),
        }
    }

    /// Returns the names of all packages in the order of publishing: the client comes last, so
    /// that nobody gets one whose programs are not there.
    pub fn all(&self, name: &str) -> Vec<String> {
        let platforms = TARGETS.iter().map(|target| self.platform(name, target));
        platforms.chain([self.client(name)]).collect()
    }
}

/// Packs the package of the platform, and that of the client: the order of publishing.
///
/// # Errors
///
/// [`Error::Client`] with everything that is wrong with the client's files.
pub fn pack(load: &Load<'_>) -> Result<Vec<Package>> {
    Ok(vec![platform(load, &Names::Own)?, client(load, &Names::Own)?])
}

/// What Node calls the platform: `process.platform` and `process.arch`.
pub fn names(target: &Target) -> (&'static str, &'static str) {
    let os = match target.os {
        Os::Linux => "linux",
        Os::Darwin => "darwin",
        Os::Windows => "win32",
    };
    let cpu = match target.arch {
        Arch::Amd64 => "x64",
        Arch::Arm64 => "arm64",
    };
    (os, cpu)
}

/// Packs the package that carries the program for the load's platform.
///
/// # Errors
///
/// As [`pack`].
pub fn platform(load: &Load<'_>, called: &Names) -> Result<Package> {
    let file = PackageJson::read(load.client).map_err(refuse)?;
    let name = file.line("name").map_err(one)?;
    let licence = file.line("license").map_err(one)?;
    let (os, cpu) = names(load.target);
    let own = called.platform(&name, load.target);
    let manifest = json!({
        "name": own,
        "description": format!("The program of {name} for {os} {cpu}"),
        "license": licence,
        "os": [os],
        "cpu": [cpu],
        "preferUnplugged": true,
        "files": [PROGRAMS],
        "publishConfig": { "access": "public" },
    });
    let bytes = serde_json::to_vec(&manifest).expect("a value can be written");
    let mut filled = PackageJson::read(&[Member::paper(MANIFEST, bytes)]).map_err(refuse)?;
    filled.fill(FOLDER, load);
    let readme = format!(
        "# {own}\n\nThe program of [{name}]({}) for {os} {cpu}. It is installed with the package \
         `{}`; install that one.\n",
        load.repository,
        called.client(&name)
    );
    let program = Member {
        path: format!("{PROGRAMS}/{}", load.target.program(&name)),
        bytes: load.binary.to_vec(),
        is_program: true,
    };
    let members = vec![
        program,
        Member::paper(MANIFEST, filled.bytes()),
        Member::paper(README, readme),
        Member::paper("LICENSE", load.licence),
        Member::paper(NOTICES, load.notices),
    ];
    let version = load.tag.version().to_string();
    Ok(Package { name: file_name(&own, &version), bytes: tarball(members, load.seconds) })
}

/// Packs the package of the client; platform and binary of the load do not matter.
///
/// # Errors
///
/// As [`pack`].
pub fn client(load: &Load<'_>, called: &Names) -> Result<Package> {
    let mut file = PackageJson::read(load.client).map_err(refuse)?;
    let name = file.line("name").map_err(one)?;
    file.line("description").map_err(one)?;
    let version = load.tag.version().to_string();
    let wanted = |target: &Target| match called {
        Names::Own => version.clone(),
        Names::Of(_) => format!("npm:{}@{version}", called.platform(&name, target)),
    };
    let platforms: Map<String, Value> = TARGETS
        .iter()
        .map(|target| (Names::Own.platform(&name, target), wanted(target).into()))
        .collect();
    let own = called.client(&name);
    file.set("name", &own.as_str().into());
    file.fill(FOLDER, load);
    file.set("optionalDependencies", &platforms.into());

    let mut members = built(load.client, BUILT).map_err(refuse)?;
    let programs = format!("{PROGRAMS}/");
    let is_program = |member: &&Member| member.path.starts_with(&programs);
    let started = load.client.iter().filter(is_program);
    members.extend(started.map(|member| Member { is_program: true, ..member.clone() }));
    let readme = load.client.iter().find(|member| member.path == README);
    let readme = readme.ok_or_else(|| one(format!("{README} is missing")))?;
    let readme = page(&String::from_utf8_lossy(&readme.bytes), FOLDER, load);
    members.push(Member::paper(README, readme));
    members.push(Member::paper("LICENSE", load.licence));
    let absent = absent(&file, &members);
    if !absent.is_empty() {
        return Err(refuse(absent));
    }
    members.push(Member::paper(MANIFEST, file.bytes()));
    Ok(Package { name: file_name(&own, &version), bytes: tarball(members, load.seconds) })
}

/// The files that the manifest names and that are not there.
fn absent(file: &PackageJson, members: &[Member]) -> Vec<String> {
    let mut named = Vec::new();
    for key in ["main", "types", "bin", "exports"] {
        texts(&file.value(key), &mut named);
    }
    named.retain(|path| {
        let path = path.strip_prefix("./").unwrap_or(path);
        path != MANIFEST && members.iter().all(|member| member.path != path)
    });
    named.iter().map(|path| format!("{MANIFEST} names {path}, which is missing")).collect()
}

/// All texts in a value, at any depth.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// Returns the file name of a package, as `npm pack` would choose it.
pub fn file_name(name: &str, version: &str) -> String {
    let stem = name.trim_start_matches('@').replace('/', "-");
    format!("{stem}-{version}.tgz")
}

fn tarball(mut members: Vec<Member>, seconds: u64) -> Vec<u8> {
    for member in &mut members {
        member.path.insert_str(0, "package/");
    }
    archive::tgz(&members, seconds)
}

fn refuse(problems: Vec<String>) -> Error {
    Error::Client { path: FOLDER.into(), problems }
}

fn one(problem: String) -> Error {
    refuse(vec![problem])
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use serde_json::{Value, json};

    use super::{Names, client, names, pack, platform};
    use crate::carrier::Load;
    use crate::pack::archive::Member;
    use crate::tag::Tag;
    use crate::target::{TARGETS, Target};

    const MANIFEST: &str = r#"{
  "name": "lite",
  "description": "A client",
  "license": "MIT",
  "main": "./lib/index.js",
  "bin": { "lite": "bin/lite.js" },
  "scripts": { "install": "node evil.js" },
  "devDependencies": { "tool": "1.0.0" }
}"#;

    /// `echo x | sha256sum`
    const SOURCES: &str =
        "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac  src/index.ts\n";

    fn files(manifest: &str) -> Vec<Member> {
        vec![
            Member::paper("README.md", "# Lite\n\n[docs](../../docs/clients.md)\n"),
            Member::paper("bin/lite.js", "start"),
            Member::paper("lib/SOURCES", SOURCES),
            Member::paper("lib/index.js", "x"),
            Member::paper("package.json", manifest),
            Member::paper("src/index.ts", "x\n"),
            Member::paper("test/a.mjs", "test"),
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

    fn unpacked(bytes: &[u8]) -> Vec<(String, u32, String)> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        let entries = archive.entries().expect("entries").map(|entry| {
            let mut entry = entry.expect("an entry");
            let mode = entry.header().mode().expect("a mode");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("a text");
            (path, mode, text)
        });
        entries.collect()
    }

    fn list(files: &[(String, u32, String)]) -> Vec<(&str, u32)> {
        files.iter().map(|(path, mode, _)| (path.as_str(), *mode)).collect()
    }

    fn manifest(files: &[(String, u32, String)]) -> Value {
        let file = files.iter().find(|(path, ..)| path == "package/package.json");
        serde_json::from_str(&file.expect("a manifest").2).expect("JSON")
    }

    #[test]
    fn the_client_names_the_packages_of_its_version_and_holds_no_script() {
        let (tag, files) = (Tag::parse("v1.1.0-rc.2").expect("a tag"), files(MANIFEST));
        let package = client(&load(&tag, &TARGETS[0], &files), &Names::Own).expect("a package");
        assert_eq!(package.name, "lite-1.1.0-rc.2.tgz");
        let found = unpacked(&package.bytes);
        let expected = [
            ("package/LICENSE", 0o644),
            ("package/README.md", 0o644),
            ("package/bin/lite.js", 0o755),
            ("package/lib/index.js", 0o644),
            ("package/package.json", 0o644),
        ];
        assert_eq!(list(&found), expected);
        let readme = "[docs](https://git.example.org/o/lite/blob/v1.1.0-rc.2/docs/clients.md)";
        assert!(found[1].2.contains(readme), "{}", found[1].2);
        let expected = json!({
            "name": "lite", "version": "1.1.0-rc.2", "description": "A client", "license": "MIT",
            "main": "./lib/index.js", "bin": { "lite": "bin/lite.js" },
            "homepage": "https://git.example.org/o/lite#readme",
            "bugs": { "url": "https://git.example.org/o/lite/issues" },
            "repository": {
                "type": "git", "url": "git+https://git.example.org/o/lite.git",
                "directory": "clients/node",
            },
            "optionalDependencies": {
                "@lite/linux-x64": "1.1.0-rc.2", "@lite/linux-arm64": "1.1.0-rc.2",
                "@lite/darwin-x64": "1.1.0-rc.2", "@lite/darwin-arm64": "1.1.0-rc.2",
                "@lite/win32-x64": "1.1.0-rc.2", "@lite/win32-arm64": "1.1.0-rc.2",
            },
        });
        assert_eq!(manifest(&found), expected);
    }

    #[test]
    fn a_platform_has_the_program_and_says_where_it_runs() {
        let (tag, files) = (Tag::parse("v1.0.2").expect("a tag"), files(MANIFEST));
        for target in &TARGETS {
            let packages = pack(&load(&tag, target, &files)).expect("packages");
            let (os, cpu) = names(target);
            assert_eq!(packages[0].name, format!("lite-{os}-{cpu}-1.0.2.tgz"));
            assert_eq!(packages[1].name, "lite-1.0.2.tgz");
            let found = unpacked(&packages[0].bytes);
            let program = target.program("package/bin/lite");
            let expected = [
                ("package/LICENSE", 0o644),
                ("package/README.md", 0o644),
                ("package/THIRD-PARTY-NOTICES.txt", 0o644),
                (program.as_str(), 0o755),
                ("package/package.json", 0o644),
            ];
            assert_eq!(list(&found), expected);
            assert_eq!(found[3].2, "the program");
            let manifest = manifest(&found);
            assert_eq!(manifest["name"], format!("@lite/{os}-{cpu}"));
            assert_eq!(manifest["version"], "1.0.2");
            assert_eq!((&manifest["os"], &manifest["cpu"]), (&json!([os]), &json!([cpu])));
            assert_eq!(manifest["scripts"], Value::Null);
        }
    }

    #[test]
    fn in_the_scope_of_an_owner_the_client_finds_its_programs_under_their_own_names() {
        let (tag, files) = (Tag::parse("v1.0.2").expect("a tag"), files(MANIFEST));
        let (load, of) = (load(&tag, &TARGETS[3], &files), Names::Of("o".to_owned()));
        let package = client(&load, &of).expect("a package");
        assert_eq!(package.name, "o-lite-1.0.2.tgz");
        let manifest_of = |bytes: &[u8]| manifest(&unpacked(bytes));
        let said = manifest_of(&package.bytes);
        assert_eq!(said["name"], "@o/lite");
        let wanted = &said["optionalDependencies"]["@lite/darwin-arm64"];
        assert_eq!(*wanted, "npm:@o/lite-darwin-arm64@1.0.2");
        let package = platform(&load, &of).expect("a package");
        assert_eq!(package.name, "o-lite-darwin-arm64-1.0.2.tgz");
        assert_eq!(manifest_of(&package.bytes)["name"], "@o/lite-darwin-arm64");
        let all = of.all("lite");
        assert_eq!(
            (all.len(), all[0].as_str(), all[6].as_str()),
            (7, "@o/lite-linux-x64", "@o/lite")
        );
    }

    #[test]
    fn packed_twice_they_are_the_same() {
        let (tag, mut files) = (Tag::parse("v1.0.2").expect("a tag"), files(MANIFEST));
        let first = pack(&load(&tag, &TARGETS[0], &files)).expect("packages");
        files.reverse();
        assert_eq!(first, pack(&load(&tag, &TARGETS[0], &files)).expect("packages"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |change: &dyn Fn(&mut Vec<Member>), expected: &str| {
            let (tag, mut files) = (Tag::parse("v1.0.2").expect("a tag"), files(MANIFEST));
            change(&mut files);
            let error = client(&load(&tag, &TARGETS[0], &files), &Names::Own).expect_err("refused");
            let text = error.to_string();
            assert!(text.contains("clients/node cannot become a package:"), "{text}");
            assert!(text.contains(expected), "{text}");
        };
        check(&|files| _ = files.remove(0), "README.md is missing");
        check(&|files| _ = files.remove(1), "package.json names bin/lite.js, which is missing");
        check(&|files| _ = files.remove(2), "lib/SOURCES is missing; run `npm run build` there");
        check(&|files| _ = files.remove(3), "names ./lib/index.js, which is missing");
        check(&|files| files[5].bytes.push(b'y'), "lib is not built from src");
        check(&|files| files[4].bytes = b"{}".to_vec(), "name has to be one line of text");
    }
}
