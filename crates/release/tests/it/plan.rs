//! What a plan says, and that it says it again.
//!
//! The golden files are the plan of v1.0.2, whole. After a change that is meant, write them anew
//! with `UPDATE_GOLDEN=1 cargo test -p contextlite-release` and read the difference.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::Project;

fn golden(name: &str, actual: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("a written golden file");
    }
    let expected = std::fs::read_to_string(&path).expect("a golden file").replace('\r', "");
    assert_eq!(actual, expected, "differs from {}", path.display());
}

fn json(project: &Project, words: &str) -> Value {
    serde_json::from_str(&project.answer(words)).expect("JSON")
}

/// One field of each element of a list, as texts.
fn column<'a>(plan: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    let list = plan[list].as_array().expect("a list").iter();
    list.map(|item| item[field].as_str().expect("a text")).collect()
}

#[test]
fn the_plan_of_the_seed_is_golden() {
    let project = Project::at_version("1.0.2");
    golden("plan.json", &project.answer("plan --json"));
    golden("plan.txt", &project.answer("plan"));
}

#[test]
fn the_prerelease_plan_is_golden() {
    let project = Project::at_version("1.1.0-rc.1");
    golden("plan-prerelease.txt", &project.answer("plan --tag v1.1.0-rc.1"));
}

#[test]
fn the_six_archives_have_the_names_and_addresses_of_the_seed() {
    let plan = json(&Project::at_version("1.0.2"), "plan --json");
    let names = [
        "contextlite-1.0.2-linux-amd64.tar.gz",
        "contextlite-1.0.2-linux-arm64.tar.gz",
        "contextlite-1.0.2-darwin-amd64.tar.gz",
        "contextlite-1.0.2-darwin-arm64.tar.gz",
        "contextlite-1.0.2-windows-amd64.zip",
        "contextlite-1.0.2-windows-arm64.zip",
    ];
    let others = [
        "contextlite-1.0.2-linux-amd64.deb",
        "contextlite-1.0.2-linux-arm64.deb",
        "contextlite-1.0.2-linux-amd64.rpm",
        "contextlite-1.0.2-linux-arm64.rpm",
        "install.sh",
        "install.ps1",
        "contextlite-1.0.2-notices.txt",
        "contextlite-1.0.2-sbom.cdx.json",
        "contextlite-1.0.2-checksums.txt",
        "release-manifest.json",
    ];
    let all: Vec<&str> = names.into_iter().chain(others).collect();
    assert_eq!(column(&plan, "artifacts", "name"), all);
    let folder = "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/";
    let addresses: Vec<String> = all.iter().map(|name| format!("{folder}{name}")).collect();
    assert_eq!(column(&plan, "artifacts", "url"), addresses);
}

#[test]
fn the_thirteen_channels_have_the_secrets_of_the_seed() {
    let plan = json(&Project::at_version("1.0.2"), "plan --json");
    let channels = plan["channels"].as_array().expect("a list");
    let found: Vec<(&str, Option<&str>)> = channels
        .iter()
        .map(|channel| (channel["id"].as_str().expect("an id"), channel["secret"].as_str()))
        .collect();
    let expected = [
        ("github", Some("GITHUB_TOKEN")),
        // Beside the identity of a workflow, which the seed names.
        ("pypi", Some("PYPI_API_TOKEN")),
        ("npm", Some("NPM_TOKEN")),
        ("github-packages", Some("GITHUB_TOKEN")),
        ("snap", Some("SNAP_STORE_CREDENTIALS")),
        ("vscode", Some("VSCE_PAT")),
        ("homebrew", Some("HOMEBREW_GITHUB_API_TOKEN")),
        ("scoop", Some("SCOOP_GITHUB_TOKEN")),
        ("aur", Some("AUR_SSH_PRIVATE_KEY")),
        ("chocolatey", Some("CHOCOLATEY_API_KEY")),
        ("winget", Some("WINGET_GITHUB_TOKEN")),
        ("flathub", Some("FLATHUB_TOKEN")),
        ("nix", Some("NIXPKGS_GITHUB_TOKEN")),
    ];
    assert_eq!(found, expected);
    let orders: Vec<u64> = channels.iter().filter_map(|c| c["order"].as_u64()).collect();
    assert_eq!(orders, (1..=13).collect::<Vec<u64>>());
}

#[test]
fn a_fork_changes_one_line() {
    let line = "https://github.com/Michael-A-Kuykendall/contextlite";
    let text = crate::project::RELEASE_TOML;
    assert_eq!(text.matches("Michael-A-Kuykendall").count(), 1);
    let ours = Project::at_version("1.0.2");
    let fork = Project::at_version("1.0.2")
        .file("release.toml", &text.replace(line, "https://git.example.org/somebody/lite"));
    let expected = ours
        .answer("plan --json")
        .replace(line, "https://git.example.org/somebody/lite")
        .replace("\"owner\": \"Michael-A-Kuykendall\"", "\"owner\": \"somebody\"")
        .replace("\"repository\": \"contextlite\"", "\"repository\": \"lite\"");
    assert_eq!(fork.answer("plan --json"), expected);
}

#[test]
fn a_prerelease_goes_where_it_has_to_be_asked_for() {
    let check = |version: &str, skipped: &[&str]| {
        let plan = json(&Project::at_version(version), "plan --json");
        assert_eq!(plan["is_prerelease"], !skipped.is_empty());
        let states = column(&plan, "channels", "state");
        let ids = column(&plan, "channels", "id");
        let with = |state: &str| -> Vec<&str> {
            let both = ids.iter().zip(&states).filter(|(_, found)| **found == state);
            both.map(|(id, _)| *id).collect()
        };
        assert_eq!(with("skipped_prerelease"), skipped, "{version}");
        assert_eq!(with("policy_blocked"), ["flathub"], "{version}");
    };
    let skipped = ["vscode", "homebrew", "scoop", "aur", "chocolatey", "winget", "nix"];
    check("1.0.2", &[]);
    check("1.1.0-alpha.1", &skipped);
    check("1.1.0-beta.2", &skipped);
    check("1.1.0-rc.1", &skipped);
}

#[test]
fn a_skipped_channel_says_why_and_a_taken_prerelease_how() {
    let plan = json(&Project::at_version("1.1.0-rc.1"), "plan --json");
    assert!(column(&plan, "channels", "note").iter().all(|note| !note.is_empty()));
}

#[test]
fn the_tag_of_the_workspace_is_the_default() {
    let project = Project::at_version("1.0.2");
    assert_eq!(project.answer("plan"), project.answer("plan --tag v1.0.2"));
}

#[test]
fn absent_clients_are_not_compared() {
    let without = Project::without_clients("1.0.2").without("Cargo.lock");
    assert_eq!(without.answer("plan"), Project::at_version("1.0.2").answer("plan"));
}

#[test]
fn a_client_that_is_told_its_version_repeats_none() {
    let text = "[project]\nname = \"contextlite\"\ndynamic = [\"version\", \"urls\"]\n";
    let project = Project::at_version("1.0.2")
        .file("clients/python/pyproject.toml", text)
        .file("clients/node/package.json", "{\"name\": \"contextlite\"}")
        .file("editors/vscode/package.json", "{}");
    assert_eq!(project.answer("plan"), Project::at_version("1.0.2").answer("plan"));
}

#[test]
fn python_may_spell_a_prerelease_its_own_way() {
    let project = |version: &str| {
        let text = format!("[project]\nname = \"contextlite\"\nversion = \"{version}\"\n");
        Project::at_version("1.1.0-rc.1").file("clients/python/pyproject.toml", &text)
    };
    let expected = Project::at_version("1.1.0-rc.1").answer("plan");
    assert_eq!(project("1.1.0rc1").answer("plan"), expected);
    assert!(project("1.1.0rc2").refusal("plan").contains("1.1.0rc2"));
}

#[test]
fn the_outputs_of_a_workflow_are_lines_and_say_whether_there_is_something_to_build() {
    let lines = Project::at_version("1.0.2").answer("plan --outputs");
    let json = lines.strip_prefix("matrix=");
    let json = json.and_then(|lines| lines.strip_suffix("\npublished=false\n"));
    let json = json.expect("one name and its value");
    assert!(!json.contains('\n'));
    let matrix: Value = serde_json::from_str(json).expect("JSON");
    let platforms = [
        "linux-amd64",
        "linux-arm64",
        "darwin-amd64",
        "darwin-arm64",
        "windows-amd64",
        "windows-arm64",
    ];
    assert_eq!(column(&matrix, "include", "platform"), platforms);
    assert!(column(&matrix, "include", "runner").iter().all(|runner| *runner == "ubuntu-24.04"));
}

#[test]
fn an_empty_tag_is_none_as_a_workflow_passes_it() {
    let folder = Project::at_version("1.0.2");
    let output = crate::project::ship_words(folder.root(), &["plan", "--tag", ""]);
    assert_eq!(output.answer, folder.answer("plan"));
}

#[test]
fn writing_puts_the_json_in_its_place_once() {
    let project = Project::at_version("1.0.2");
    let path = project.root().join("dist/plan.json");
    let expected = project.answer("plan --json");
    assert!(!path.exists(), "only --write writes");
    let first = project.ship("plan --write");
    assert_eq!((first.code, first.notice.as_str()), (0, "wrote dist/plan.json\n"));
    assert_eq!(first.answer, project.answer("plan"));
    assert_eq!(std::fs::read_to_string(&path).expect("the plan"), expected);
    let second = project.ship("plan --json --write");
    assert_eq!(second.notice, "dist/plan.json is up to date\n");
    assert_eq!(second.answer, expected);
    std::fs::write(&path, "older").expect("a written file");
    assert_eq!(project.ship("plan --write").notice, "wrote dist/plan.json\n");
    assert_eq!(std::fs::read_to_string(&path).expect("the plan"), expected);
    let names = std::fs::read_dir(project.root().join("dist")).expect("a folder");
    assert_eq!(names.count(), 1, "nothing partial is left");
}

#[test]
fn a_plan_can_be_made_from_any_folder_of_the_project() {
    let project = Project::at_version("1.0.2");
    let folder = project.root().join("clients/node");
    assert_eq!(crate::project::ship_in(&folder, "plan").answer, project.answer("plan"));
}
