//! What is refused, and that the refusal says everything at once.

use crate::project::{Project, RELEASE_TOML, ship_in};

/// The refusal of the repository's `release.toml` with one text replaced.
fn configured(from: &str, to: &str) -> String {
    assert!(RELEASE_TOML.contains(from), "{from}");
    let project = Project::at_version("1.0.2");
    project.file("release.toml", &RELEASE_TOML.replacen(from, to, 1)).refusal("plan")
}

/// The line, from 1, on which a text of the repository's `release.toml` begins.
fn line(text: &str) -> usize {
    let at = RELEASE_TOML.find(text).expect("a text of release.toml");
    RELEASE_TOML[..at].matches('\n').count() + 1
}

fn check(from: &str, to: &str, problem: &str) {
    let expected =
        format!("error: release.toml has to be mended:\n  line {}: {problem}\n", line(from));
    assert_eq!(configured(from, to), expected);
}

#[test]
fn tags_that_are_not_v_and_a_version_are_refused() {
    let project = Project::at_version("1.0.2");
    let check = |tag: &str, reason: &str| {
        let expected = format!("error: tag `{tag}` cannot be released: {reason}\n");
        assert_eq!(project.refusal(&format!("plan --tag {tag} --write")), expected);
    };
    check("vv1.0.2", "a release tag has one leading `v`; did you mean `v1.0.2`?");
    check("1.0.2-test", "a release tag starts with `v`");
    check("release-1.0.2", "a release tag starts with `v`; did you mean `v1.0.2`?");
    check(
        "v1.0",
        "`1.0` is not a semantic version, MAJOR.MINOR.PATCH \
          (unexpected end of input while parsing minor version number)",
    );
    check("v1.0.2-test", "prerelease `test` is none of alpha.N, beta.N, rc.N");
    check("v1.0.2+1", "build metadata (`+…`) is dropped or forbidden by the channels");
    assert!(!project.root().join("dist").exists(), "a refused plan writes nothing");
}

#[test]
fn a_workspace_version_that_cannot_be_released_is_named() {
    let notice = Project::at_version("1.0.2-dev").refusal("plan");
    let reason = "prerelease `dev` is none of alpha.N, beta.N, rc.N";
    assert_eq!(notice, format!("error: tag `v1.0.2-dev` cannot be released: {reason}\n"));
}

#[test]
fn all_differences_are_one_error() {
    let package = |version: &str| format!("{{\"version\": \"{version}\"}}");
    let project = Project::at_version("1.0.2")
        .file("CHANGELOG.md", "# Changelog\n\n## [v1.0.3] - 2026-11-22\n")
        .file("Cargo.lock", "[[package]]\nname = \"contextlite-select\"\nversion = \"1.0.1\"\n")
        .file("clients/python/pyproject.toml", "[project]\nversion = \"1.0.0\"\n")
        .file("clients/node/package.json", &package("0.9.0"))
        .file("editors/vscode/package.json", &package("1.0.30"));
    let expected = "error: version 1.0.3 is to be released, but not every place says so; \
         make these say 1.0.3 or give another --tag:
  Cargo.toml workspace.package.version           1.0.2
  CHANGELOG.md top entry, line 3                 v1.0.3
  Cargo.lock contextlite-select                  1.0.1
  clients/python/pyproject.toml project.version  1.0.0
  clients/node/package.json version              0.9.0
  editors/vscode/package.json version            1.0.30
";
    assert_eq!(project.refusal("plan --tag v1.0.3"), expected);
}

#[test]
fn each_place_alone_stops_the_release() {
    let check = |path: &str, text: &str, place: &str| {
        let notice = Project::at_version("1.0.2").file(path, text).refusal("plan --tag v1.0.2");
        let lines: Vec<&str> = notice.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines, [place], "{notice}");
    };
    check(
        "Cargo.toml",
        "[workspace.package]\nversion = \"1.0.1\"\n",
        "Cargo.toml workspace.package.version  1.0.1",
    );
    check(
        "CHANGELOG.md",
        "## [1.0.1] - 2026-11-22\n## [1.0.2] - 2026-11-22\n",
        "CHANGELOG.md top entry, line 1  1.0.1",
    );
    check(
        "CHANGELOG.md",
        "## [Unreleased]\n- a change\n## [1.0.2] - 2026-11-22\n",
        "CHANGELOG.md top entry  line 1: [Unreleased] holds changes",
    );
    check(
        "Cargo.lock",
        "[[package]]\nname = \"contextlite\"\nversion = \"1.0.20\"\n",
        "Cargo.lock contextlite  1.0.20",
    );
    check(
        "clients/python/pyproject.toml",
        "[project]\nversion = \"1.0.2rc1\"\n",
        "clients/python/pyproject.toml project.version  1.0.2rc1",
    );
    check(
        "clients/node/package.json",
        "{\"version\": \"v1.0.2\"}",
        "clients/node/package.json version  v1.0.2",
    );
    check(
        "editors/vscode/package.json",
        "{\"version\": \"1.0.1\"}",
        "editors/vscode/package.json version  1.0.1",
    );
}

#[test]
fn a_place_that_cannot_be_read_is_a_difference_too() {
    let project = Project::at_version("1.0.2")
        .without("CHANGELOG.md")
        .file("Cargo.lock", "= damaged")
        .file("clients/python/pyproject.toml", "[project]\nname = \"lite\"\n")
        .file("clients/node/package.json", "{\"version\": 102}")
        .file("editors/vscode/package.json", "{");
    let notice = project.refusal("plan");
    let lines: Vec<&str> = notice.lines().skip(1).collect();
    assert_eq!(lines.len(), 5, "{notice}");
    assert!(lines[0].ends_with("the file is missing"), "{notice}");
    assert!(lines[1].contains("not TOML"), "{notice}");
    assert!(lines[2].ends_with("no version is written there"), "{notice}");
    assert!(lines[3].ends_with("no version is written there"), "{notice}");
    assert!(lines[4].contains("not JSON"), "{notice}");
}

#[test]
fn without_a_workspace_version_there_is_no_default_tag() {
    let project = Project::at_version("1.0.2").file("Cargo.toml", "[workspace]\n");
    let expected = "error: Cargo.toml workspace.package.version: no version is written there; \
         without it there is no default tag, so mend it or give --tag\n";
    assert_eq!(project.refusal("plan"), expected);
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_name() {
    let project = Project::at_version("1.0.2");
    let text = RELEASE_TOML.replace("archive =", "archiv =").replace("required =", "requried =")
        + "token = \"x\"\n";
    let end = text.lines().count();
    let expected = format!(
        "error: release.toml has to be mended:
  line {}: unknown key `archiv`; did you mean `archive`?
  line {}: unknown key `requried`; did you mean `required`?
  line {end}: unknown key `token`; known are repository, name, summary, archive, download, required
  the key `archive` is missing
  the key `required` is missing
",
        line("archive ="),
        line("required =")
    );
    assert_eq!(project.file("release.toml", &text).refusal("plan"), expected);
}

#[test]
fn patterns_know_three_placeholders() {
    let archive = "\"contextlite-{version}-{os}-{arch}\"";
    check(
        archive,
        "\"contextlite-{verison}-{os}-{arch}\"",
        "archive: unknown placeholder `verison`; did you mean `version`?",
    );
    check(
        archive,
        "\"{version}-{platform}\"",
        "archive: unknown placeholder `platform`; known are version, os, arch",
    );
    check(
        archive,
        "\"contextlite-{version}-{os}\"",
        "archive: `{arch}` is missing, so two files would have one name",
    );
    check(
        archive,
        "\"{version}{os}{arch\"",
        "archive: a brace in `{version}{os}{arch` has no twin",
    );
    check(
        archive,
        "\"a {version}{os}{arch}\"",
        "archive: GitHub renames files with ` ` in their name",
    );
    let download = "\"releases/download/v{version}\"";
    check(
        download,
        "\"releases/{version}/{os}\"",
        "download: the folder holds the files of all targets, so only {version} fits",
    );
    check(
        download,
        "\"releases/latest\"",
        "download: `{version}` is missing, so two releases would share a folder",
    );
    check(
        download,
        "\"releases/download/v{version}/\"",
        "download: it is joined with slashes; write none at its ends",
    );
    check(
        download,
        "\"releases?v={version}\"",
        "download: `?` does not belong in a folder below the repository",
    );
}

#[test]
fn values_are_checked_where_they_stand() {
    let address = "\"https://github.com/Michael-A-Kuykendall/contextlite\"";
    for url in ["http://github.com/a/b", "https://github.com/a", "https://github.com/a/b/", "a/b"] {
        let problem = format!("repository: `{url}` is not `https://HOST/OWNER/NAME`");
        check(address, &format!("\"{url}\""), &problem);
    }
    check(
        "\"contextlite\"\n",
        "\"ContextLite\"\n",
        "name: `ContextLite` is not lower-case letters, digits and dashes",
    );
    check("\"contextlite\"\n", "7\n", "name: it has to be a text that is not empty");
    check("\"contextlite\"\n", "\"\"\n", "name: it has to be a text that is not empty");
    check("[\"github\"]", "\"github\"", "required: it has to be a list of channels");
    check(
        "[\"github\"]",
        "[\"githb\"]",
        "required: unknown channel `githb`; did you mean `github`?",
    );
    check("[\"github\"]", "[\"npm\", \"npm\"]", "required: `npm` is listed twice");
    check(
        "[\"github\"]",
        "[\"flathub\"]",
        "required: `flathub` cannot be required: console software is not accepted",
    );
    let notice = configured("[\"github\"]", "[");
    assert!(notice.starts_with("error: release.toml has to be mended:\n  line "), "{notice}");
}

#[test]
fn outside_of_a_project_there_is_no_plan() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = ship_in(folder.path(), "plan");
    let path = folder.path().display();
    let expected =
        format!("error: no release.toml in {path} or above; run this inside the repository\n");
    assert_eq!((output.code, output.notice), (1, expected));
}

#[test]
fn words_that_are_no_command_are_answered_with_the_usage() {
    let project = Project::at_version("1.0.2");
    for words in ["", "release", "plan --force", "plan v1.0.2", "publish --force"] {
        let output = project.ship(words);
        assert_eq!((output.code, output.answer.as_str()), (2, ""), "{words}");
        assert!(output.notice.contains("Usage: cargo ship"), "{}", output.notice);
    }
    assert_eq!(project.ship("--help").code, 0);
    assert_eq!(project.ship("plan --help").code, 0);
}
