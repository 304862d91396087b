//! Packing: what is in a release, that it is the same wherever and whenever it is packed, and
//! what keeps a binary from being packed.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use contextlite_release::artifact::Kind;
use contextlite_release::manifest::Manifest;
use contextlite_release::pack::FOLDER;
use contextlite_release::target::{self, TARGETS};

use crate::project::Project;
use crate::sample::{self, all_built, built, end, make_program, sample, ship, succeed};

const CHECKSUMS: &str = "contextlite-1.0.2-checksums.txt";

/// Packs a project that can be packed and returns its manifest.
pub fn packed(project: &Project) -> Manifest {
    let output = ship(project.root(), "pack", &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    let folder = project.root().join(FOLDER);
    let manifest = Manifest::read(&folder).expect("a manifest");
    manifest.verify(&folder).expect("what is listed is there");
    manifest
}

/// Every file of a packed release with its bytes.
fn contents(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let folder = project.root().join(FOLDER);
    let entries = std::fs::read_dir(&folder).expect("a release");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a file"))
    };
    entries.map(file).collect()
}

/// The refusal of packing, as the lines below its title.
fn refusal(project: &Project, words: &str) -> Vec<String> {
    let output = ship(project.root(), words, &[]);
    assert_eq!((output.code, output.answer.as_str()), (1, ""), "{words}");
    output.notice.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_release_holds_what_its_plan_says() {
    let project = all_built();
    let manifest = packed(&project);
    let plan = ship(project.root(), "plan --json", &[]).answer;
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let mut planned: Vec<&str> = plan["artifacts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|artifact| artifact["name"].as_str())
        .collect();
    planned.sort_unstable();
    let files = contents(&project);
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), planned);
    assert_eq!((manifest.tag.as_str(), manifest.rust_version.as_str()), ("v1.0.2", "1.96.0"));
    assert_eq!(manifest.artifacts.len() + 1, planned.len());
    let archives = manifest.artifacts.iter().filter(|entry| entry.kind == Kind::Archive);
    let mut triples: Vec<&str> = archives.filter_map(|entry| entry.target.as_deref()).collect();
    let mut expected = TARGETS.map(|target| target.triple);
    triples.sort_unstable();
    expected.sort_unstable();
    assert_eq!(triples, expected);

    let mut check = Command::new("sha256sum");
    check.current_dir(project.root().join(FOLDER)).args(["--check", "--strict", CHECKSUMS]);
    let checked = succeed(&mut check);
    assert_eq!(checked.lines().filter(|line| line.ends_with(": OK")).count(), planned.len() - 2);
    assert!(!project.root().join("dist/pack").exists(), "nothing is left of the making");
}

#[test]
fn an_archive_holds_the_program_and_its_papers() {
    let project = all_built();
    packed(&project);
    let folder = project.root().join(FOLDER);
    let mut names = vec![
        "LICENSE",
        "README.md",
        "THIRD-PARTY-NOTICES.txt",
        "completions/_contextlite",
        "completions/_contextlite.ps1",
        "completions/contextlite.bash",
        "completions/contextlite.elv",
        "completions/contextlite.fish",
        "contextlite",
        "man/contextlite-index.1",
        "man/contextlite.1",
    ];
    for platform in ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"] {
        let archive = folder.join(format!("contextlite-1.0.2-{platform}.tar.gz"));
        let listed = succeed(Command::new("tar").arg("-tzf").arg(&archive));
        assert_eq!(listed.lines().collect::<Vec<_>>(), names, "{platform}");
        let long = succeed(Command::new("tar").arg("-tvzf").arg(&archive).env("TZ", "UTC"));
        assert!(long.lines().all(|line| line.contains(" 0/0 ")), "{long}");
        assert!(long.lines().all(|line| line.contains(" 2023-11-14 22:13 ")), "{long}");
    }
    names[8] = "contextlite.exe";
    for platform in ["windows-amd64", "windows-arm64"] {
        let archive = folder.join(format!("contextlite-1.0.2-{platform}.zip"));
        let file = std::fs::File::open(&archive).expect("an archive");
        let mut archive = zip::ZipArchive::new(file).expect("a zip");
        let listed: Vec<String> = (0..archive.len())
            .map(|index| {
                let file = archive.by_index(index).expect("a file");
                file.name().expect("a name").into_owned()
            })
            .collect();
        assert_eq!(listed, names, "{platform}");
    }
    let out = tempfile::tempdir().expect("a temporary folder");
    let archive = folder.join("contextlite-1.0.2-linux-amd64.tar.gz");
    succeed(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(out.path()));
    let version = succeed(Command::new(out.path().join("contextlite")).arg("--version"));
    assert_eq!(version, "contextlite 1.0.2\n");
}

#[test]
fn packed_twice_elsewhere_and_later_it_is_the_same() {
    let first = all_built();
    packed(&first);
    let second = all_built();
    // A binary may have lost the right to be run on its way between two machines.
    let moved = second.root().join("dist/build/linux-amd64/contextlite");
    std::fs::set_permissions(&moved, std::fs::Permissions::from_mode(0o644)).expect("permissions");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for path in ["README.md", "LICENSE", "dist/build/linux-amd64/contextlite", "Cargo.lock"] {
        let file = std::fs::File::options().append(true).open(second.root().join(path));
        file.expect("a file").set_modified(old).expect("another time");
    }
    // What is of this second would now be of another one.
    std::thread::sleep(Duration::from_millis(1100));
    packed(&second);
    let (first, again) = (contents(&first), contents(&second));
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(again[name] == *bytes, "{name} differs");
    }
    assert_eq!(ship(second.root(), "pack", &[("TZ", "Asia/Tokyo")]).code, 0);
    assert!(contents(&second) == first, "packed over an older one it is the same");
}

#[test]
fn a_later_source_gives_other_bytes() {
    let project = all_built();
    let epoch = [("SOURCE_DATE_EPOCH", "1800000000")];
    let output = ship(project.root(), "pack", &epoch);
    assert!(output.notice.contains("is of commit"), "{}", output.notice);
    for seconds in ["1", "99999999999", "now"] {
        let output = ship(project.root(), "pack", &[("SOURCE_DATE_EPOCH", seconds)]);
        assert!(output.notice.contains("no time from 1980 to 2107"), "{}", output.notice);
    }
}

#[test]
fn a_binary_that_does_not_belong_to_the_release_is_refused() {
    let project = built(&TARGETS[1..]);
    let root = project.root();
    let path = root.join("dist/build/linux-arm64/contextlite");
    std::fs::write(&path, "#!/bin/sh\necho other\n").expect("another binary");
    let change =
        |platform: &str, change: &dyn Fn(&mut contextlite_release::build::record::Record)| {
            let target = target::find(platform).expect("a platform");
            let folder = root.join("dist/build").join(platform);
            let binary =
                std::fs::read(folder.join(target.program("contextlite"))).expect("a binary");
            let mut record = sample::record(root, target, &binary);
            change(&mut record);
            record.write(&folder).expect("a record");
        };
    change("darwin-amd64", &|record| record.version = "1.0.1".into());
    change("darwin-arm64", &|record| record.source.commit = "abc".into());
    change("windows-arm64", &|record| record.rust_version = "1.95.0".into());
    let expected = [
        "linux-amd64 was not built",
        "linux-arm64 is not the binary that was checked",
        "darwin-amd64 is of version 1.0.1",
        "darwin-arm64 is of commit abc at second 1700000000",
        "windows-arm64 was compiled by 1.95.0, others by 1.96.0",
    ];
    assert_eq!(refusal(&project, "pack"), expected);
    assert!(!root.join(FOLDER).exists(), "a refused release leaves nothing");
}

#[test]
fn a_tree_that_is_not_the_commit_is_not_packed() {
    let project = built(&TARGETS[..1]);
    let project = project.file("README.md", "# Changed\n");
    let output = ship(project.root(), "pack --target linux-amd64", &[]);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("the tree is not that of a commit"), "{}", output.notice);
    let script = std::fs::read(project.root().join("dist/build/linux-amd64/contextlite"));
    sample::write_binary(project.root(), &TARGETS[0], &script.expect("a binary"));
    let output = ship(project.root(), "pack --target linux-amd64 --allow-dirty", &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    let manifest = Manifest::read(&project.root().join(FOLDER)).expect("a manifest");
    assert!(manifest.commit.ends_with("-dirty"), "{}", manifest.commit);
    let archives = manifest.artifacts.iter().filter(|entry| entry.kind == Kind::Archive);
    assert_eq!(archives.count(), 1, "only what was asked for is packed");
}

#[test]
fn a_file_that_git_does_not_know_may_have_been_compiled() {
    let project = all_built().file("crates/contextlite/src/more.rs", "");
    let output = ship(project.root(), "pack", &[]);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("the tree is not that of a commit"), "{}", output.notice);
}

#[test]
fn a_failed_packing_leaves_the_release_that_was_there() {
    let project = all_built();
    packed(&project);
    let before = contents(&project);
    let script = project.root().join("packaging/install/install.sh");
    let text = std::fs::read_to_string(&script).expect("a script");
    std::fs::write(&script, text.replace("@version@", "@verison@")).expect("a changed script");
    sample::commit(project.root());
    for target in &TARGETS {
        let path = project.root().join("dist/build").join(target.platform());
        let bytes = std::fs::read(path.join(target.program("contextlite"))).expect("a binary");
        sample::write_binary(project.root(), target, &bytes);
    }
    let output = ship(project.root(), "pack", &[]);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("nobody fills `@verison@`"), "{}", output.notice);
    assert!(contents(&project) == before);
}

#[test]
fn a_binary_without_a_manual_is_told() {
    let project = sample();
    let script = "#!/bin/sh\ncase $1 in completions) echo contextlite ;; man) ;; esac\n";
    sample::write_binary(project.root(), &TARGETS[0], script.as_bytes());
    let lines = refusal(&project, "pack --target linux-amd64");
    assert_eq!(lines, ["it writes no manual page contextlite.1"]);
    sample::write_binary(project.root(), &TARGETS[3], script.as_bytes());
    let lines = refusal(&project, "pack --target darwin-arm64");
    assert_eq!(lines, ["none of the binaries runs here, so none can write its manual"]);
}

/// A key pair of minisign; the public key's file and the secret key's text.
fn key_pair(folder: &Path, options: &str) -> (std::path::PathBuf, String) {
    let (public, secret) = (folder.join("key.pub"), folder.join("key.sec"));
    let typed = format!("printf 'open sesame\\nopen sesame\\n' | minisign -G -f {options} \"$@\"");
    let mut minisign = Command::new("sh");
    minisign.args(["-c", &typed, "sh", "-p"]).arg(&public).arg("-s").arg(&secret);
    succeed(&mut minisign);
    (public, std::fs::read_to_string(secret).expect("a secret key"))
}

#[test]
fn the_checksums_are_signed_if_there_is_a_key() {
    let project = built(&TARGETS[..1]);
    let folder = project.root().join(FOLDER);
    let keys = tempfile::tempdir().expect("a temporary folder");
    let (public, secret) = key_pair(keys.path(), "");
    let key = ("MINISIGN_SECRET_KEY", secret.as_str());
    let variables = [key, ("MINISIGN_PASSWORD", "open sesame")];
    let output = ship(project.root(), "pack --target linux-amd64", &variables);
    assert_eq!(output.code, 0, "{}", output.notice);
    let manifest = Manifest::read(&folder).expect("a manifest");
    let signed = manifest.artifacts.iter().find(|entry| entry.kind == Kind::Signature);
    assert_eq!(signed.expect("a signature").name, format!("{CHECKSUMS}.minisig"));
    let verify = || {
        let mut verify = Command::new("minisign");
        verify.arg("-V").arg("-p").arg(&public).arg("-m").arg(folder.join(CHECKSUMS));
        end(&mut verify)
    };
    let ended = verify();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("contextlite v1.0.2"), "{said}");
    std::fs::write(folder.join(CHECKSUMS), "tampered\n").expect("written");
    assert!(!verify().status.success());

    let (_, open) = key_pair(keys.path(), "-W");
    let check = |variables: &[(&str, &str)], why: &str| {
        let output = ship(project.root(), "pack --target linux-amd64", variables);
        assert_eq!(output.code, 1, "{why}");
        assert!(output.notice.contains(why), "{}", output.notice);
        let body = variables[0].1.lines().last().expect("a key's last line");
        assert!(!output.notice.contains(body), "a key is never printed");
    };
    check(&[("MINISIGN_SECRET_KEY", "nothing")], "it is no minisign key");
    check(&[key], "the password is missing");
    check(&[key, ("MINISIGN_PASSWORD", "wrong")], "the password is not that of the key");
    check(&[("MINISIGN_SECRET_KEY", &open)], "`minisign -G -W` carries no checksum");
}

/// Installs, tries and removes a package with the programs of a distribution.
fn try_installed(root: &Path, version: &str) {
    let program = root.join("usr/bin/contextlite");
    make_program(&program);
    assert_eq!(succeed(Command::new(&program).arg("--version")), version);
    let tried = succeed(Command::new(&program).arg("--selftest"));
    assert!(tried.starts_with("contextlite 1.0.2 works: "), "{tried}");
    for paper in [
        "usr/share/bash-completion/completions/contextlite",
        "usr/share/doc/contextlite/README.md",
        "usr/share/doc/contextlite/THIRD-PARTY-NOTICES.txt",
        "usr/share/doc/contextlite/copyright",
        "usr/share/fish/vendor_completions.d/contextlite.fish",
        "usr/share/man/man1/contextlite-index.1.gz",
        "usr/share/man/man1/contextlite.1.gz",
        "usr/share/zsh/vendor-completions/_contextlite",
    ] {
        assert!(root.join(paper).is_file(), "{paper}");
    }
}

#[test]
fn the_deb_is_installed_runs_and_is_removed() {
    let project = all_built();
    packed(&project);
    let folder = project.root().join(FOLDER);
    let deb = |arch: &str| folder.join(format!("contextlite-1.0.2-linux-{arch}.deb"));
    for arch in ["amd64", "arm64"] {
        let field = |name: &str| {
            let mut ask = Command::new("dpkg-deb");
            succeed(ask.arg("--field").arg(deb(arch)).arg(name)).trim().to_owned()
        };
        assert_eq!((field("Architecture"), field("Version")), (arch.into(), "1.0.2".into()));
        assert_eq!((field("Package"), field("Depends")), ("contextlite".into(), String::new()));
        assert!(field("Maintainer").contains("Michael-A-Kuykendall <"), "{}", field("Maintainer"));
    }
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let root = scratch.path();
    let dpkg = |arguments: &[&str]| {
        let mut dpkg = sample::as_root("dpkg");
        // The package for the other architecture is installed, too; a script runs anywhere.
        dpkg.arg("--root").arg(root).arg("--force-architecture").args(arguments);
        succeed(&mut dpkg)
    };
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    std::fs::write(root.join("var/lib/dpkg/status"), "").expect("no package");
    for arch in ["amd64", "arm64"] {
        dpkg(&["--install", deb(arch).to_str().expect("text")]);
        try_installed(root, "contextlite 1.0.2\n");
        assert_eq!(dpkg(&["--verify", "contextlite"]), "", "nothing differs from the package");
        dpkg(&["--purge", &format!("contextlite:{arch}")]);
        assert!(!root.join("usr/bin/contextlite").exists());
        assert!(!root.join("usr/share/doc/contextlite").exists());
    }
}

#[test]
fn the_rpm_is_installed_runs_and_is_removed() {
    let project = all_built();
    packed(&project);
    let folder = project.root().join(FOLDER);
    let package = |arch: &str| folder.join(format!("contextlite-1.0.2-linux-{arch}.rpm"));
    for (arch, theirs) in [("amd64", "x86_64"), ("arm64", "aarch64")] {
        let mut ask = Command::new("rpm");
        ask.args(["-qp", "--queryformat", "%{NAME} %{VERSION} %{ARCH} %{LICENSE} %{BUILDTIME}"]);
        let said = succeed(ask.arg(package(arch)));
        assert_eq!(said, format!("contextlite 1.0.2 {theirs} MIT 1700000000"));
        let mut check = Command::new("rpm");
        let checked = succeed(check.args(["-K", "--nosignature"]).arg(package(arch)));
        assert!(checked.trim().ends_with("digests OK"), "{checked}");
    }
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let root = scratch.path();
    let rpm = |arguments: &[&str]| {
        let mut rpm = sample::as_root("rpm");
        rpm.arg("--root").arg(root).args(arguments);
        succeed(&mut rpm)
    };
    rpm(&["--initdb"]);
    for arch in ["amd64", "arm64"] {
        rpm(&["--install", "--ignorearch", package(arch).to_str().expect("text")]);
        try_installed(root, "contextlite 1.0.2\n");
        assert_eq!(rpm(&["--verify", "contextlite"]), "", "nothing differs from the package");
        rpm(&["--erase", "contextlite"]);
        assert!(!root.join("usr/bin/contextlite").exists());
    }
}
