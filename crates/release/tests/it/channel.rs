//! What the channels render, and how those that are git repositories are published to.
//!
//! The golden files are what each channel holds for v1.0.2, whole, made of small packed files.
//! After a change that is meant, write them anew with `UPDATE_GOLDEN=1 cargo test -p
//! contextlite-release channel` and read the difference.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use contextlite_release::command::Output;
use contextlite_release::pack::archive::{self, Member};
use contextlite_release::process;
use contextlite_release::rehearse::chocolatey::Chocolatey;
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::{GitHub, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::snap::Store;
use contextlite_release::rehearse::{Host, Service};
use contextlite_release::target::Os;
use tempfile::TempDir;

#[cfg(target_os = "linux")]
use crate::project::PROGRAM;
use crate::project::{Fake, Project, Surrounded};
use crate::registry::Registries;
use crate::store::Town;

/// The owner of the sample's repository.
const OWNER: &str = "Michael-A-Kuykendall";

/// A project, its host with the published release, and a folder of repositories that stand for
/// those of the owner.
struct World {
    project: Project,
    direct: Direct<GitHub>,
    gallery: RefCell<Service<Chocolatey>>,
    registries: Rc<Registries>,
    snaps: RefCell<Service<Store>>,
    remotes: TempDir,
}

impl World {
    /// A world in which v1.0.2 is published on GitHub and nowhere else.
    fn published() -> Self {
        let project = Project::packed("1.0.2").with_packaging();
        let world = Self {
            project,
            direct: Direct::new(Fake::default()),
            gallery: RefCell::default(),
            registries: Rc::default(),
            snaps: RefCell::default(),
            remotes: tempfile::tempdir().expect("a temporary folder"),
        };
        let output = world.ship("publish github", &[]);
        assert_eq!(output.code, 0, "{}", output.notice);
        world
    }

    /// Makes an empty repository of the owner's.
    fn make(&self, name: &str) {
        let path = self.remotes.path().join(format!("{name}.git"));
        let branch = if name == "contextlite-bin" { "master" } else { "main" };
        let words = ["init", "--quiet", "--bare", "--initial-branch", branch];
        git(self.remotes.path(), &[&words[..], &[&path.to_string_lossy()]].concat());
    }

    /// What a repository holds at the end of its branch.
    fn shown(&self, name: &str, path: &str) -> String {
        let folder = self.remotes.path().join(format!("{name}.git"));
        git(&folder, &["show", &format!("HEAD:{path}")])
    }

    fn commits(&self, name: &str) -> usize {
        let folder = self.remotes.path().join(format!("{name}.git"));
        git(&folder, &["log", "--format=%H", "--all"]).lines().count()
    }

    /// Runs `cargo ship` with the owner's repositories on this machine, and some secrets.
    fn ship(&self, words: &str, secrets: &[(&str, &str)]) -> Output {
        self.ship_in(self.project.root(), words, secrets)
    }

    fn ship_in(&self, folder: &Path, words: &str, secrets: &[(&str, &str)]) -> Output {
        let config = self.remotes.path().join("gitconfig");
        let remotes = self.remotes.path().display();
        let text = format!(
            "[url \"file://{remotes}/\"]\n\tinsteadOf = https://github.com/{OWNER}/\n\
             \tinsteadOf = https://aur.archlinux.org/\n\
             \tinsteadOf = ssh://aur@aur.archlinux.org/\n\
             [init]\n\tdefaultBranch = main\n"
        );
        std::fs::write(&config, text).expect("git's configuration");
        let known = self.registries.variables();
        let config = config.to_string_lossy().into_owned();
        let base = self.direct.service.borrow().base.clone();
        let mut variables = vec![
            ("GIT_CONFIG_GLOBAL", config.as_str()),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GITHUB_TOKEN", TOKEN),
            ("GITHUB_API_URL", base.as_str()),
        ];
        variables.extend(known.iter().map(|(name, value)| (*name, value.as_str())));
        variables.extend_from_slice(secrets);
        let clock = Hand::default();
        let mut services = self.registries.services();
        services.extend([
            &self.direct.service as &RefCell<Service<dyn Host>>,
            &self.gallery,
            &self.snaps,
        ]);
        let town = Town(services);
        let around = Surrounded { folder, variables: &variables, transport: &town, clock: &clock };
        process::with_stand_in(self.registries.stand_in(), || around.ship(words))
    }
}

fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["-c", "init.defaultBranch=main"]).args(words);
    let ended = git.output().expect("git runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "git {words:?}: {said}");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// Every file below a folder, in order, by its path from there.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_string_lossy();
                files.push((name.into_owned(), std::fs::read(&path).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

/// What a person can read of rendered files: a package becomes the files in it, and programs are
/// left out. One of many alike, for a registry of a language, becomes a list of its files with the
/// text of those that describe it.
fn legible(files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (name, bytes) in files {
        let unpacked = |os| archive::unpack(&bytes, os).expect("a package");
        match name.rsplit('.').next().unwrap_or_default() {
            "nupkg" => {
                let file = |member: Member| (format!("{name}/{}", member.path), member.bytes);
                all.extend(unpacked(Os::Windows).into_iter().map(file));
            }
            end @ ("whl" | "tgz" | "vsix") => {
                let os = if end == "tgz" { Os::Linux } else { Os::Windows };
                all.push((format!("{name}.txt"), listed(&unpacked(os)).into_bytes()));
            }
            _ => all.push((name, bytes)),
        }
    }
    all.retain(|(name, _)| !name.contains("/bin/"));
    all.sort();
    all
}

/// The files of a package, and the text of those that describe it.
fn listed(members: &[Member]) -> String {
    let mut text = String::new();
    for Member { path, bytes, is_program } in members {
        let mode = if *is_program { 755 } else { 644 };
        text += &format!("{mode} {:5} {path}\n", bytes.len());
    }
    for name in ["METADATA", "WHEEL", "package.json", "extension.vsixmanifest"] {
        let is_it = |path: &str| path.rsplit('/').next() == Some(name);
        for member in members.iter().filter(|member| is_it(&member.path)) {
            let about = String::from_utf8_lossy(&member.bytes);
            text += &format!("\n== {}\n{about}", member.path);
        }
    }
    text
}

#[test]
fn what_a_channel_is_to_hold_is_golden() {
    let project = Project::packed("1.0.2").with_packaging();
    let rendered = project.ship("render");
    assert_eq!(rendered.code, 0, "{}", rendered.notice);
    let rendered = project.root().join("dist/channels");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/channel");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = std::fs::remove_dir_all(&golden);
        for (name, bytes) in legible(files(&rendered)) {
            let path = golden.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a golden file");
        }
    }
    let expected = files(&golden);
    let actual = legible(files(&rendered));
    let names = |files: &[(String, Vec<u8>)]| {
        files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&actual), names(&expected));
    for ((name, actual), (_, expected)) in actual.iter().zip(&expected) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        assert_eq!(text(actual), text(expected), "{name}");
    }
}

#[test]
fn a_placeholder_that_nobody_fills_and_a_template_that_lost_one_are_refused() {
    let check = |path: &str, from: &str, to: &str, expected: &str| {
        let project = Project::packed("1.0.2").with_packaging();
        let text = std::fs::read_to_string(project.root().join(path)).expect("a template");
        assert!(text.contains(from), "{from}");
        let output = project.file(path, &text.replace(from, to)).ship("render");
        assert_eq!(output.code, 1);
        assert!(output.notice.contains(expected), "{}", output.notice);
    };
    let formula = "packaging/homebrew/Formula/@name@.rb";
    check(formula, "@version@", "@verison@", "unknown mark `verison`; did you mean `version`?");
    check(formula, "@sha256-linux-amd64@", "", "no file uses the mark `@sha256-linux-amd64@`");
}

/// The channels that are a repository of the owner's: id, secret, repository, main file.
const REPOSITORIES: [(&str, (&str, &str), &str, &str); 4] = [
    ("homebrew", ("HOMEBREW_GITHUB_API_TOKEN", "x"), "homebrew-tap", "Formula/contextlite.rb"),
    ("scoop", ("SCOOP_GITHUB_TOKEN", "x"), "scoop-bucket", "bucket/contextlite.json"),
    ("aur", ("AUR_SSH_PRIVATE_KEY", KEY), "contextlite-bin", "PKGBUILD"),
    ("nix", ("NIXPKGS_GITHUB_TOKEN", "x"), "nix-packages", "package.nix"),
];

/// What a private key looks like.
const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";

#[test]
fn a_repository_is_filled_once_and_a_second_run_changes_nothing() {
    for (id, secret, repository, path) in REPOSITORIES {
        let world = World::published();
        world.make(repository);
        let output = world.ship(&format!("publish {id}"), &[secret]);
        assert_eq!(output.code, 0, "{}", output.notice);
        assert!(output.answer.contains("live after 1 action: https://"), "{}", output.answer);
        let rendered = world.project.root().join("dist/channels").join(id).join(path);
        let rendered = std::fs::read_to_string(rendered).expect("a rendered file");
        assert_eq!(world.shown(repository, path), rendered);
        let again = world.ship(&format!("publish {id}"), &[secret]);
        assert!(again.answer.contains("live, nothing to do: "), "{}", again.answer);
        assert_eq!(world.commits(repository), 1);
    }
}

#[test]
fn a_dry_run_says_what_it_would_do() {
    let world = World::published();
    world.make("homebrew-tap");
    let secrets = [("HOMEBREW_GITHUB_API_TOKEN", "ghp_x")];
    let output = world.ship("publish homebrew --dry-run", &secrets);
    assert_eq!(output.answer, "Homebrew  would do, in this order:\n  files\n");
    assert_eq!(world.commits("homebrew-tap"), 0);
}

#[test]
fn a_missing_secret_is_expected_until_there_are_users() {
    for (id, secret, repository, path) in REPOSITORIES {
        let world = World::published();
        let publish = format!("publish {id}");
        let output = world.ship(&publish, &[]);
        assert_eq!((output.code, output.notice.as_str()), (0, ""));
        let expected = format!("skipped (not configured): requires {}", secret.0);
        assert!(output.answer.contains(&expected), "{}", output.answer);
        world.make(repository);
        world.ship(&publish, &[secret]);
        let output = world.ship(&publish, &[]);
        assert!(output.answer.contains("live"), "what is there is there: {}", output.answer);
        older(&world, repository, path);
        let output = world.ship(&publish, &[]);
        assert_eq!(output.code, 10);
        assert!(output.notice.contains("its users have 1.0.1 and get no 1.0.2"));
        assert!(output.notice.contains(&format!("{} is missing or was removed", secret.0)));
    }
}

/// Writes an older version into a repository, over what is there.
fn older(world: &World, repository: &str, path: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let remote = world.remotes.path().join(format!("{repository}.git"));
    git(folder.path(), &["clone", "--quiet", &remote.to_string_lossy(), "."]);
    let file = folder.path().join(path);
    let text = std::fs::read_to_string(&file).expect("the file").replace("1.0.2", "1.0.1");
    std::fs::write(&file, text).expect("the file");
    let author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    git(
        folder.path(),
        &[&author[..], &["commit", "--quiet", "--allow-empty", "-am", "1.0.1"]].concat(),
    );
    git(folder.path(), &["push", "--quiet"]);
}

#[test]
fn a_newer_version_is_not_replaced_and_an_older_one_is() {
    let world = World::published();
    let secrets = [("SCOOP_GITHUB_TOKEN", "ghp_x")];
    world.make("scoop-bucket");
    world.ship("publish scoop", &secrets);
    older(&world, "scoop-bucket", "bucket/contextlite.json");
    let output = world.ship("publish scoop", &secrets);
    assert!(output.answer.contains("live after 1 action"), "{}", output.answer);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let remote = world.remotes.path().join("scoop-bucket.git");
    git(folder.path(), &["clone", "--quiet", &remote.to_string_lossy(), "."]);
    let file = folder.path().join("bucket/contextlite.json");
    let text = std::fs::read_to_string(&file).expect("the file").replace("1.0.2", "1.0.10");
    std::fs::write(&file, text).expect("the file");
    let author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    git(folder.path(), &[&author[..], &["commit", "--quiet", "-am", "1.0.10"]].concat());
    git(folder.path(), &["push", "--quiet"]);
    let before = world.commits("scoop-bucket");
    for secrets in [&secrets[..], &[]] {
        let output = world.ship("publish scoop", secrets);
        assert_eq!(output.code, 10);
        assert!(output.answer.contains("conflict, nothing was changed"), "{}", output.answer);
        assert!(output.notice.contains("holds 1.0.10, which is newer"), "{}", output.notice);
    }
    assert_eq!(world.commits("scoop-bucket"), before);
}

#[test]
fn one_channel_s_failure_stops_no_other_and_a_secret_is_never_said() {
    let world = World::published();
    world.make("scoop-bucket");
    let secrets = [("HOMEBREW_GITHUB_API_TOKEN", "ghp_very"), ("SCOOP_GITHUB_TOKEN", "ghp_secret")];
    let output = world.ship("publish", &secrets);
    assert_eq!(output.code, 10, "{}", output.answer);
    let line = |title: &str| output.answer.lines().find(|line| line.starts_with(title));
    assert!(line("Homebrew").is_some_and(|line| line.ends_with("  failed")), "{}", output.answer);
    assert!(line("Scoop").is_some_and(|line| line.contains("live after 1 action")));
    assert!(output.notice.contains("cargo ship bootstrap"), "{}", output.notice);
    let evidence = files(&world.project.root().join("dist/journal"));
    let said: String =
        evidence.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let all = [output.answer, output.notice, said].concat();
    assert!(!all.contains("ghp_very") && !all.contains("ghp_secret"));
    let names: Vec<&str> = evidence.iter().map(|(name, _)| name.as_str()).collect();
    let all = [
        "aur",
        "chocolatey",
        "github-packages",
        "github",
        "homebrew",
        "nix",
        "npm",
        "pypi",
        "scoop",
        "snap",
        "vscode",
        "winget",
    ];
    assert_eq!(names, all.map(|id| format!("{id}.jsonl")));
}

#[test]
fn nothing_points_at_files_that_are_not_published() {
    let world = World::published();
    world.make("scoop-bucket");
    world.direct.service.borrow_mut().releases[0].is_draft = true;
    let output = world.ship("publish scoop", &[("SCOOP_GITHUB_TOKEN", "ghp_x")]);
    assert_eq!(output.code, 10);
    assert!(output.notice.contains("v1.0.2 is not published on GitHub"), "{}", output.notice);
    assert_eq!(world.commits("scoop-bucket"), 0);
}

#[test]
fn without_packed_files_the_published_ones_are_the_release() {
    let world = World::published();
    world.make("homebrew-tap");
    let elsewhere = Project::at_version("1.0.2").with_packaging();
    let secrets = [("HOMEBREW_GITHUB_API_TOKEN", "ghp_x")];
    let output = world.ship_in(elsewhere.root(), "publish homebrew", &secrets);
    assert!(output.answer.contains("live after 1 action"), "{}{}", output.answer, output.notice);
    let again = world.ship("publish homebrew", &secrets);
    assert!(again.answer.contains("live, nothing to do"), "the same bytes: {}", again.answer);
    let packed = elsewhere.root().join("dist/release/release-manifest.json");
    std::fs::create_dir_all(packed.parent().expect("a folder")).expect("a folder");
    let manifest = world.project.root().join("dist/release/release-manifest.json");
    let text = std::fs::read_to_string(manifest).expect("a manifest");
    std::fs::write(packed, text.replace("1.96.0", "1.97.0")).expect("another manifest");
    let output = world.ship_in(elsewhere.root(), "publish homebrew", &secrets);
    assert!(output.notice.contains("it is not what was published"), "{}", output.notice);
}

/// What a report says of a channel.
fn state_in(world: &World, id: &str, secrets: &[(&str, &str)]) -> (String, String) {
    let report = world.ship("status --json", secrets);
    let report: serde_json::Value = serde_json::from_str(&report.answer).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["id"] == id).expect("a row");
    let text = |field: &str| row[field].as_str().expect("a text").to_owned();
    (text("state"), text("cause"))
}

#[test]
fn a_rollback_brings_back_what_was_and_the_report_says_so() {
    for (id, secret, repository, path) in REPOSITORIES {
        let world = World::published();
        world.make(repository);
        world.ship(&format!("publish {id}"), &[secret]);
        older(&world, repository, path);
        let first = world.shown(repository, path);
        assert_eq!(state_in(&world, id, &[]).0, "failed", "drift");
        world.ship(&format!("publish {id}"), &[secret]);
        assert_eq!(state_in(&world, id, &[secret]).0, "live");
        let said = world.ship(&format!("rollback {id} --to 1.0.1"), &[secret]);
        assert!(said.answer.ends_with("to do it: add --yes\n"), "{}", said.answer);
        assert_eq!(world.commits(repository), 3, "nothing was done yet");
        let done = world.ship(&format!("rollback {id} --to 1.0.1 --yes"), &[secret]);
        assert_eq!(done.code, 0, "{}", done.notice);
        assert_eq!(world.shown(repository, path), first);
        assert_eq!(state_in(&world, id, &[secret]).0, "rolled_back");
        // A run that goes on does not undo it, until somebody says that it may.
        let resumed = world.ship(&format!("publish {id}"), &[secret]);
        assert_eq!(resumed.code, 10, "{}", resumed.answer);
        assert!(resumed.notice.contains("1.0.1 again: back from 1.0.2`"), "{}", resumed.notice);
        assert_eq!(world.shown(repository, path), first);
        assert_eq!(world.commits(repository), 4);
        assert_eq!(state_in(&world, id, &[secret]).0, "rolled_back");
        let again = world.ship(&format!("rollback {id} --to 1.0.1 --yes"), &[secret]);
        assert!(again.answer.contains("1.0.1 is there already"), "{}", again.answer);
        let never = world.ship(&format!("rollback {id} --to 0.9.0 --yes"), &[secret]);
        assert_eq!(never.code, 1);
        assert!(never.notice.contains("never held version 0.9.0"), "{}", never.notice);
        older(&world, repository, path);
        let asked = world.ship(&format!("publish {id}"), &[secret]);
        assert!(asked.answer.contains("live after 1 action"), "{}", asked.notice);
    }
}

#[test]
fn a_rollback_says_what_a_program_cannot_do() {
    let world = World::published();
    let check = |words: &str, code: u8, expected: &str| {
        let output = world.ship(words, &[]);
        assert_eq!(output.code, code, "{words}");
        let said = output.answer + &output.notice;
        assert!(said.contains(expected), "{said}");
    };
    check("rollback github --to 1.0.1", 0, "by hand, at https://github.com/");
    check("rollback winget --to 1.0.1", 0, "propose the removal");
    check("rollback flathub --to 1.0.1", 1, "cannot be taken back: nothing is published");
    check("rollback github --to 1.0.2", 1, "1.0.2 is not older than 1.0.2");
    check("rollback githb --to 1.0.1", 1, "did you mean `github`?");
    check("rollback all --to 1.0.1", 0, "GitHub Releases: by hand");
}

#[test]
fn a_report_is_true_in_each_form_and_grade() {
    let world = World::published();
    let fine = world.ship("status", &[]);
    assert_eq!(fine.code, 0, "{}{}", fine.answer, fine.notice);
    assert!(fine.answer.starts_with("contextlite v1.0.2: ok; "), "{}", fine.answer);
    world.make("scoop-bucket");
    world.ship("publish scoop", &[("SCOOP_GITHUB_TOKEN", "x")]);
    older(&world, "scoop-bucket", "bucket/contextlite.json");
    let degraded = world.ship("status --md", &[]);
    assert_eq!(degraded.code, 10);
    assert!(degraded.answer.contains("### Failures\n\n8. **Scoop** - failed: "));
    assert!(degraded.answer.contains("### Expected skips"), "{}", degraded.answer);
    let dist = world.project.root().join("dist");
    let read = |name: &str| std::fs::read_to_string(dist.join(name)).expect("a report");
    assert_eq!(read("deployment-status.md"), degraded.answer);
    assert!(read("deployment-status.html").contains("its users have 1.0.1 and get no 1.0.2"));
    let json: serde_json::Value =
        serde_json::from_str(&read("deployment-status.json")).expect("JSON");
    assert_eq!(json["grade"], "degraded");
    world.direct.service.borrow_mut().releases[0].assets.remove(2);
    let failed = world.ship("status", &[]);
    assert_eq!(failed.code, 1, "{}", failed.answer);
    let summary = dist.join("summary.md");
    let path = summary.to_string_lossy().into_owned();
    world.ship("status", &[("GITHUB_STEP_SUMMARY", &path)]);
    assert!(std::fs::read_to_string(summary).expect("a summary").contains("# Deployment status"));
}

/// A report in which something is as bad as it can be in each way, and all of it is said.
#[cfg(unix)]
#[test]
fn the_report_of_a_troubled_release_is_golden() {
    let world = World::published();
    // One was published before, and lost its secret; one waits for its review; one is closed; one
    // has no repository; the others never had a credential.
    world.make("scoop-bucket");
    world.ship("publish scoop", &[("SCOOP_GITHUB_TOKEN", "x")]);
    older(&world, "scoop-bucket", "bucket/contextlite.json");
    world.direct.service.borrow_mut().forge.fork = Some("Michael-A-Kuykendall/winget-pkgs");
    world.make("contextlite-bin");
    close(&world, "contextlite-bin");
    let secrets = [
        ("WINGET_GITHUB_TOKEN", TOKEN),
        ("AUR_SSH_PRIVATE_KEY", KEY),
        ("HOMEBREW_GITHUB_API_TOKEN", "ghp_homebrew"),
    ];
    world.ship("publish winget aur homebrew", &secrets);
    let output = world.ship("status --md", &secrets);
    assert_eq!(output.code, 10, "channels that may fail did: {}", output.notice);
    let remotes = world.remotes.path().to_string_lossy().into_owned();
    let report = output.answer.replace(&remotes, "REMOTES");
    golden("deployment-status-troubled.md", &report);
}

/// Compares a text with a golden file, or writes it anew where that is asked for.
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("a golden file");
    }
    let expected = std::fs::read_to_string(&path).expect("a golden file").replace('\r', "");
    assert_eq!(text, expected, "{name}: if it is meant, UPDATE_GOLDEN=1, and read it");
}

#[test]
fn the_one_time_steps_are_printed_and_what_is_seen_of_them() {
    let world = World::published();
    let output = world.ship("bootstrap homebrew winget", &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    assert!(output.answer.contains("now: HOMEBREW_GITHUB_API_TOKEN is not given here"));
    assert!(output.answer.contains("make the empty public repository"), "{}", output.answer);
    assert!(output.answer.contains("fork microsoft/winget-pkgs"));
    world.make("homebrew-tap");
    let secrets = [("HOMEBREW_GITHUB_API_TOKEN", "x")];
    let output = world.ship("bootstrap homebrew", &secrets);
    assert!(output.answer.contains("now: what it needs is given, and the channel can be seen"));
}

#[test]
fn a_proposal_is_made_once_reviewed_and_then_live() {
    let secrets = [("WINGET_GITHUB_TOKEN", TOKEN)];
    let world = World::published();
    let alone = world.ship("publish winget", &secrets);
    assert_eq!(alone.code, 10);
    assert!(alone.notice.contains("fork microsoft/winget-pkgs first"), "{}", alone.notice);
    let forge =
        || std::cell::RefMut::map(world.direct.service.borrow_mut(), |fake| &mut fake.forge);
    forge().fork = Some("Michael-A-Kuykendall/winget-pkgs");
    let page = "https://github.com/microsoft/winget-pkgs/pull/0";
    for expected in ["in review after 1 action", "in review, nothing to do"] {
        let output = world.ship("publish winget", &secrets);
        assert_eq!(output.code, 0, "{}", output.notice);
        assert!(output.answer.contains(expected) && output.answer.contains(page));
    }
    assert_eq!(forge().pulls.len(), 1);
    forge().pulls[0].labels.push("Error-Hash-Mismatch");
    let (state, cause) = state_in(&world, "winget", &[]);
    assert_eq!(state, "in_review");
    assert!(cause.contains("Error-Hash-Mismatch"), "{cause}");
    let title = forge().pulls[0].title.clone();
    let files = forge().trees[0].clone();
    assert_eq!(title, "New version: Michael-A-Kuykendall.contextlite version 1.0.2");
    let rendered = world.project.root().join("dist/channels/winget");
    for (path, text) in &files {
        assert_eq!(*text, std::fs::read_to_string(rendered.join(path)).expect("a file"));
    }
    forge().merge(0);
    assert_eq!(state_in(&world, "winget", &[]).0, "live");
    assert!(world.ship("publish winget", &secrets).answer.contains("live, nothing to do"));
}

#[test]
fn a_proposal_of_somebody_else_is_as_good_and_a_closed_one_is_told() {
    let secrets = [("WINGET_GITHUB_TOKEN", TOKEN)];
    let world = World::published();
    let forge =
        || std::cell::RefMut::map(world.direct.service.borrow_mut(), |fake| &mut fake.forge);
    forge().fork = Some("Michael-A-Kuykendall/winget-pkgs");
    forge().pulls.push(contextlite_release::rehearse::forge::Pull {
        title: "New version: Michael-A-Kuykendall.contextlite version 1.0.2".to_owned(),
        head: "a-robot:branch".to_owned(),
        is_open: true,
        is_merged: false,
        labels: Vec::new(),
    });
    let output = world.ship("publish winget", &secrets);
    assert!(output.answer.contains("in review, nothing to do"), "{}", output.answer);
    forge().pulls.clear();
    world.ship("publish winget", &secrets);
    forge().pulls[0].is_open = false;
    let output = world.ship("publish winget", &secrets);
    assert_eq!(output.code, 10);
    assert!(output.notice.contains("was closed without being merged"), "{}", output.notice);
    assert_eq!(forge().pulls.len(), 1, "what people closed is not opened again");
}

#[test]
fn a_key_that_is_none_is_refused_before_a_host_sees_it() {
    let world = World::published();
    world.make("contextlite-bin");
    let output = world.ship("publish aur", &[("AUR_SSH_PRIVATE_KEY", "c3NoLWtleQ==")]);
    assert_eq!(output.code, 10);
    assert!(output.notice.contains("is no private key with its first and last line"));
    assert!(!output.notice.contains("c3NoLWtleQ=="));
    assert_eq!(world.commits("contextlite-bin"), 0);
}

#[test]
fn each_channel_is_accounted_for() {
    let world = World::published();
    let output = world.ship("publish", &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    let titles: Vec<&str> =
        output.answer.lines().filter_map(|line| line.split("  ").next()).collect();
    assert_eq!(titles.len(), 13, "{}", output.answer);
    assert_eq!((titles[0], titles[1], titles[12]), ("GitHub Releases", "PyPI", "Nix"));
    let flathub = output.answer.lines().find(|line| line.starts_with("Flathub"));
    assert!(flathub.is_some_and(|line| line.contains("blocked by policy: console software")));
}

/// Lets a repository take nothing, as the AUR does in its maintenance; returns what keeps it so.
#[cfg(unix)]
fn close(world: &World, repository: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;

    let hook = world.remotes.path().join(format!("{repository}.git/hooks/pre-receive"));
    std::fs::write(&hook, "#!/bin/sh\necho 'The AUR is down due to maintenance.'\nexit 1\n")
        .expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("a hook");
    hook
}

#[cfg(unix)]
#[test]
fn maintenance_of_the_aur_is_no_failure_of_ours() {
    let world = World::published();
    world.make("contextlite-bin");
    let hook = close(&world, "contextlite-bin");
    let secrets = [("AUR_SSH_PRIVATE_KEY", KEY)];
    let closed = world.ship("publish aur", &secrets);
    assert_eq!((closed.code, closed.answer.as_str()), (10, "AUR  blocked upstream\n"));
    std::fs::remove_file(hook).expect("the hook");
    let open = world.ship("publish aur", &secrets);
    assert!(open.answer.contains("live after 1 action"), "{}", open.answer);
    let key = world.project.root().join("dist/work/aur/copy/.git/ship-key");
    assert!(!key.exists(), "the key is not left on the disk");
}

/// Puts a program into every archive of a project, and what follows from it into the manifest.
#[cfg(target_os = "linux")]
fn pack_program(project: &Project, program: &str) {
    use contextlite_release::artifact::Kind;
    use contextlite_release::file;
    use contextlite_release::manifest::Manifest;

    let folder = project.root().join(crate::project::FILES);
    let mut manifest = Manifest::read(&folder).expect("a manifest");
    for entry in manifest.artifacts.iter_mut().filter(|entry| entry.kind == Kind::Archive) {
        let os = entry.os.expect("a system");
        let name = if os == Os::Windows { "contextlite.exe" } else { "contextlite" };
        let bytes = program.as_bytes().to_vec();
        let member = Member { path: name.to_owned(), bytes, is_program: true };
        let packed = archive::pack(&[member], os, 1_700_000_000);
        file::write_whole(&folder.join(&entry.name), &packed).expect("an archive");
        let digest = file::digest_of(&packed);
        (entry.size, entry.sha256) = (digest.size, digest.sha256);
    }
    manifest.write(&folder).expect("a manifest");
}

#[cfg(target_os = "linux")]
#[test]
fn verified_is_only_what_was_got_back_and_ran() {
    // Only git: neither qemu nor wine is to run a script.
    let tools = tempfile::tempdir().expect("a temporary folder");
    let path = std::env::var("PATH").expect("a search path");
    let git = std::env::split_paths(&path).map(|folder| folder.join("git"));
    let git = { git }.find(|git| git.is_file()).expect("git");
    std::os::unix::fs::symlink(git, tools.path().join("git")).expect("a link");
    let tools = tools.path().to_string_lossy().into_owned();
    let secrets = [("HOMEBREW_GITHUB_API_TOKEN", "x"), ("PATH", tools.as_str())];
    let check = |program: &str, code: u8, expected: &str, state: &str| {
        let project = Project::packed("1.0.2").with_packaging();
        pack_program(&project, program);
        let remotes = tempfile::tempdir().expect("a temporary folder");
        let direct = Direct::new(Fake::default());
        let world = World {
            project,
            direct,
            gallery: RefCell::default(),
            snaps: RefCell::default(),
            registries: Rc::default(),
            remotes,
        };
        world.ship("publish github", &[]);
        world.make("homebrew-tap");
        let early = world.ship("verify homebrew", &secrets);
        assert!(early.answer.contains("not live (planned)"), "{}", early.answer);
        world.ship("publish homebrew", &secrets);
        let output = world.ship("verify homebrew", &secrets);
        assert_eq!(output.code, code, "{}", output.answer);
        assert!(output.answer.contains(expected), "{}", output.answer);
        world.ship("publish homebrew", &secrets);
        assert_eq!(state_in(&world, "homebrew", &secrets).0, state, "also after a second run");
    };
    check(
        PROGRAM,
        0,
        "verified: linux-amd64 ran natively: printed `contextlite 1.0.2`",
        "verified",
    );
    check(&PROGRAM.replace("1.0.2", "0.9.0"), 10, "it says `contextlite 0.9.0`", "failed");
    check(&PROGRAM.replace("grep", "true"), 10, "it does not find harbour.md", "failed");
}
