//! What publishing says, and what it never does.

use contextlite_release::rehearse::Fault;
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::{COMMIT, GitHub, May, REPOSITORY, StoredAsset, TOKEN};
use contextlite_release::rehearse::hand::{Hand, NOW};

use crate::project::{FILES, Fake, Project, RELEASE_TOML, Surrounded};
use contextlite_release::command::Output;
use contextlite_release::file;
use serde_json::Value;

/// Runs words against a host, with what they waited for in seconds.
fn ship_with(
    project: &Project,
    direct: &Direct<GitHub>,
    more: &[(&str, &str)],
    words: &str,
) -> (Output, u64) {
    let base = direct.service.borrow().base.clone();
    let mut variables = vec![("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
    variables.extend_from_slice(more);
    let clock = Hand::default();
    let folder = project.root();
    let around = Surrounded { folder, variables: &variables, transport: direct, clock: &clock };
    let output = around.ship(words);
    (output, clock.waited_seconds())
}

fn ship(project: &Project, direct: &Direct<GitHub>, words: &str) -> Output {
    ship_with(project, direct, &[], words).0
}

const PUBLISH: &str = "publish --only github";

/// A host that has the finished release of a project.
fn published(project: &Project, fake: Fake) -> Direct<GitHub> {
    let direct = Direct::new(fake);
    let output = ship(project, &direct, PUBLISH);
    assert_eq!(output.code, 0, "{}", output.notice);
    direct.service.borrow_mut().log.clear();
    direct
}

/// No request after the setting up changed anything.
fn only_read(direct: &Direct<GitHub>) {
    let fake = direct.service.borrow();
    assert!(fake.log.iter().all(|request| request.starts_with("GET")), "{:?}", fake.log);
}

#[test]
fn a_run_says_each_step_and_how_it_ended() {
    let direct = Direct::new(Fake::default());
    let project = Project::packed("1.0.2");
    let (output, waited) = ship_with(&project, &direct, &[], PUBLISH);
    let expected = "create a draft
upload contextlite-1.0.2-checksums.txt
upload contextlite-1.0.2-darwin-amd64.tar.gz
upload contextlite-1.0.2-darwin-arm64.tar.gz
upload contextlite-1.0.2-linux-amd64.deb
upload contextlite-1.0.2-linux-amd64.rpm
upload contextlite-1.0.2-linux-amd64.tar.gz
upload contextlite-1.0.2-linux-arm64.deb
upload contextlite-1.0.2-linux-arm64.rpm
upload contextlite-1.0.2-linux-arm64.tar.gz
upload contextlite-1.0.2-notices.txt
upload contextlite-1.0.2-sbom.cdx.json
upload contextlite-1.0.2-windows-amd64.zip
upload contextlite-1.0.2-windows-arm64.zip
upload install.ps1
upload install.sh
upload release-manifest.json
compare every file with the manifest
publish the release
";
    assert_eq!(output.notice, expected);
    let url = format!("https://github.com/{REPOSITORY}/releases/tag/v1.0.2");
    assert_eq!(output.answer, format!("GitHub Releases  live after 19 actions: {url}\n"));
    assert_eq!(waited, 17, "eighteen changes, each a second after the one before");
}

#[test]
fn a_dry_run_says_the_same_and_changes_nothing() {
    let direct = Direct::new(Fake::default());
    let project = Project::packed("1.0.2");
    let output = ship(&project, &direct, "publish --only github --dry-run");
    assert_eq!((output.code, output.notice.as_str()), (0, ""));
    let lines: Vec<&str> = output.answer.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 20, "{lines:?}");
    assert_eq!(lines[0], "GitHub Releases  would do, in this order:");
    assert_eq!((lines[1], lines[19]), ("create a draft", "publish the release"));
    only_read(&direct);
    assert!(!project.root().join("dist/journal").exists());
    let done = published(&project, Fake::default());
    let output = ship(&project, &done, "publish --only github --dry-run");
    let url = "https://github.com/Michael-A-Kuykendall/contextlite/releases/tag/v1.0.2";
    assert_eq!(output.answer, format!("GitHub Releases  live, nothing to do: {url}\n"));
}

#[test]
fn the_journal_and_the_receipt_are_the_evidence() {
    let project = Project::packed("1.0.2");
    let direct =
        published(&project, Fake::new(GitHub { says_digests: false, ..GitHub::default() }));
    let read = |path: &str| {
        std::fs::read_to_string(project.root().join("dist").join(path)).expect("evidence")
    };
    let journal = read("journal/github.jsonl");
    let lines: Vec<Value> =
        journal.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 21);
    assert_eq!(lines[0]["step"], "create a draft");
    assert_eq!(lines[0]["time"], "2026-11-22T10:30:00Z");
    assert_eq!(lines[19]["result"], "everything is in place");
    assert_eq!((&lines[20]["step"], &lines[20]["result"]), (&"state".into(), &"live".into()));
    assert!(lines.iter().all(|line| line["channel"] == "github" && line["tag"] == "v1.0.2"));
    let receipt: Value = serde_json::from_str(&read("receipts/github.json")).expect("JSON");
    assert_eq!(receipt["state"], "live");
    assert_eq!(receipt["found"]["commit"], COMMIT);
    let assets = receipt["found"]["assets"].as_array().expect("a list");
    assert_eq!(assets.len(), 16);
    for asset in assets {
        let path = project.root().join(FILES).join(asset["name"].as_str().expect("a name"));
        let digest = file::digest(&path).expect("a packed file");
        assert_eq!(asset["sha256"], digest.sha256.as_str());
        assert_eq!(asset["checked_by"], "fetched and digested");
    }
    let before = receipt;
    ship(&project, &direct, PUBLISH);
    let after: Value = serde_json::from_str(&read("receipts/github.json")).expect("JSON");
    assert_eq!(after, before);
}

#[test]
fn what_is_published_and_different_is_never_touched() {
    let project = Project::packed("1.0.2");
    let check = |is_immutable: bool, change: &dyn Fn(&mut Vec<StoredAsset>), fault: &str| {
        let direct = published(
            &project,
            Fake::new(GitHub { makes_immutable: is_immutable, ..GitHub::default() }),
        );
        change(&mut direct.service.borrow_mut().releases[0].assets);
        let output = ship(&project, &direct, PUBLISH);
        assert_eq!(output.code, 1);
        assert_eq!(output.answer, "GitHub Releases  conflict, nothing was changed\n");
        assert!(output.notice.contains("is published and differs from the manifest\n"));
        assert!(output.notice.contains(fault), "{}", output.notice);
        assert_eq!(is_immutable, output.notice.contains("its tag is used up"));
        only_read(&direct);
    };
    for is_immutable in [false, true] {
        check(is_immutable, &|assets| assets[0].bytes[0] ^= 1, "checksums.txt has SHA-256 ");
        check(is_immutable, &|assets| assets[0].bytes.push(0), "checksums.txt has ");
        check(is_immutable, &|assets| drop(assets.pop()), "\n  release-manifest.json is missing\n");
        check(
            is_immutable,
            &|assets| {
                let extra = StoredAsset { name: "extra.txt".to_owned(), ..assets[0].clone() };
                assets.push(extra);
            },
            "\n  extra.txt is not in the manifest\n",
        );
        check(is_immutable, &|assets| assets[3].state = "starter", "did not arrive whole");
    }
}

#[test]
fn a_published_release_that_a_person_marked_or_described_anew_is_still_done() {
    let project = Project::packed("1.0.2");
    let direct = published(&project, Fake::default());
    {
        let release = &mut direct.service.borrow_mut().releases[0];
        release.is_prerelease = true;
        release.body = "withdrawn".to_owned();
    }
    let output = ship(&project, &direct, PUBLISH);
    assert!(output.answer.contains("live, nothing to do"), "{}", output.answer);
    only_read(&direct);
    assert_eq!(direct.service.borrow().releases[0].body, "withdrawn");
}

#[test]
fn a_person_s_files_and_drafts_are_not_deleted() {
    let project = Project::packed("1.0.2");
    let with_draft = |count: u64, body: &str| {
        let done = published(&project, Fake::default());
        let mut fake = done.service.borrow().clone();
        let mut draft = fake.releases.remove(0);
        (draft.is_draft, draft.body) = (true, body.to_owned());
        draft.assets.truncate(1);
        draft.assets[0].name = "holiday.jpg".to_owned();
        fake.releases.extend((0..count).map(|n| {
            let mut copy = draft.clone();
            copy.id = 200 + n;
            copy
        }));
        (fake.latest, fake.log) = (None, Vec::new());
        Direct::new(fake)
    };
    let one = with_draft(1, "mine");
    let output = ship(&project, &one, PUBLISH);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("somebody put there: holiday.jpg"), "{}", output.notice);
    only_read(&one);
    let two = with_draft(2, "mine");
    let output = ship(&project, &two, PUBLISH);
    assert!(output.notice.contains("several drafts for v1.0.2"), "{}", output.notice);
    only_read(&two);
    let ours = with_draft(3, "<!-- cargo ship v1.0.2 -->");
    let output = ship(&project, &ours, PUBLISH);
    assert_eq!(output.code, 0, "{}", output.notice);
    assert_eq!(ours.service.borrow().releases.len(), 1);
}

#[test]
fn the_tag_has_to_name_what_was_built() {
    let project = Project::packed("1.0.2");
    let check = |commit: Option<&str>, expected: &str| {
        let mut fake = Fake::default();
        fake.tags.clear();
        fake.tags.extend(commit.map(|commit| ("v1.0.2".to_owned(), commit.to_owned())));
        let direct = Direct::new(fake);
        let output = ship(&project, &direct, PUBLISH);
        assert_eq!(output.code, 1);
        assert!(output.notice.contains(expected), "{}", output.notice);
        only_read(&direct);
    };
    check(None, "has no tag v1.0.2\n  push it first: git push origin v1.0.2\n");
    let untagged = Direct::new(Fake::new(GitHub { tags: [].into(), ..GitHub::default() }));
    let rehearsed = ship(&project, &untagged, "publish github --dry-run");
    assert_eq!(rehearsed.code, 0, "{}", rehearsed.notice);
    assert!(rehearsed.answer.contains(":\n  wait for tag v1.0.2 to be pushed\n  create a draft\n"));
    let other = "f".repeat(40);
    check(Some(&other), &format!("tag v1.0.2 names commit {other}, and {COMMIT} was built"));
}

#[test]
fn only_the_newest_release_is_the_latest() {
    let latest = |version: &str, existing: &str| {
        let project = Project::packed(version);
        let mut fake = Fake::default();
        fake.tags.insert(format!("v{version}"), COMMIT.to_owned());
        let older = published(&Project::packed("1.0.2"), Fake::default());
        let mut older = older.service.into_inner().host;
        older.releases[0].tag = existing.to_owned();
        fake.releases = older.releases;
        (fake.next_id, fake.latest) = (older.next_id, older.latest);
        let direct = published(&project, fake);
        let fake = direct.service.borrow();
        let ours = fake.releases.iter().find(|release| release.tag == format!("v{version}"));
        let ours = ours.expect("our release");
        assert_eq!(ours.is_prerelease, version.contains('-'));
        fake.latest == Some(ours.id)
    };
    assert!(latest("1.0.2", "v1.0.1"));
    assert!(latest("1.0.2", "nightly"));
    assert!(!latest("1.0.2", "v1.1.0"));
    assert!(!latest("1.1.0-rc.1", "v1.0.2"));
}

#[test]
fn each_final_refusal_names_its_cause_and_the_next_step() {
    let project = Project::packed("1.0.2");
    let workflow = [("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", REPOSITORY)];
    let check = |fake: Fake, more: &[(&str, &str)], expected: &[&str]| {
        let direct = Direct::new(fake);
        let (output, _) = ship_with(&project, &direct, more, PUBLISH);
        assert_eq!(output.code, 1);
        for text in expected {
            assert!(output.notice.contains(text), "{text}: {}", output.notice);
        }
        assert!(direct.service.borrow().releases.is_empty());
    };
    let read_only = || {
        let mut fake = Fake::default();
        fake.settings.may = May::Read;
        fake
    };
    check(
        read_only(),
        &workflow,
        &[
            "POST /repos/Michael-A-Kuykendall/contextlite/releases: 403, Resource not accessible",
            "\n      permissions:\n        contents: write\n",
            "Settings, Actions, General, Workflow permissions",
        ],
    );
    check(read_only(), &[], &["the token lacks a right; give it contents: write\n"]);
    let reference = format!("{REPOSITORY}/.github/workflows/mine.yml@refs/tags/v1.0.2");
    let job = [
        workflow[0],
        workflow[1],
        ("GITHUB_WORKFLOW_REF", reference.as_str()),
        ("GITHUB_JOB", "ship"),
    ];
    let path = project.root().join(".github/workflows/mine.yml");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    for (permissions, expected) in [
        ("", "the repository's default only reads; the job needs:\n      permissions:\n"),
        (
            "permissions: {contents: read}",
            "without what is needed; it needs:\n      permissions:\n",
        ),
        ("permissions: {contents: write}", "the job states contents: write and yet lacks it: "),
        ("permissions: write-all", "the job's token lacks a right; the job needs:\n"),
    ] {
        let text = format!("on: push\n{permissions}\njobs: {{ship: {{runs-on: x}}}}\n");
        std::fs::write(&path, text).expect("a written workflow");
        check(read_only(), &job, &[expected]);
    }
    let dependabot = [workflow[0], workflow[1], ("GITHUB_ACTOR", "dependabot[bot]")];
    check(read_only(), &dependabot, &["started by Dependabot, so its token can only read"]);
    let event = project.root().join("event.json");
    let text = "{\"pull_request\": {\"head\": {\"repo\": {\"full_name\": \"someone/fork\"}}}}";
    std::fs::write(&event, text).expect("a written event");
    let path = event.to_str().expect("a path");
    let fork = [
        workflow[0],
        workflow[1],
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", path),
    ];
    check(read_only(), &fork, &["from a fork's pull request, so its token can only read"]);
    let elsewhere = RELEASE_TOML.replace("Michael-A-Kuykendall", "somebody");
    let other = Project::packed("1.0.2").file("release.toml", &elsewhere);
    let output = ship(&other, &Direct::new(Fake::default()), PUBLISH);
    assert!(output.notice.contains("check `repository` in release.toml"), "{}", output.notice);
    let mut archived = Fake::default();
    archived.settings.is_archived = true;
    check(archived, &[], &["the repository is archived"]);
    let used = Fake::new(GitHub { used_tags: ["v1.0.2".to_owned()].into(), ..GitHub::default() });
    let direct = Direct::new(used);
    let output = ship(&project, &direct, PUBLISH);
    assert!(output.notice.contains("its tag is never free again"), "{}", output.notice);
    assert!(direct.service.borrow().releases.iter().all(|release| release.is_draft));
}

#[test]
fn a_limit_is_waited_for_as_the_host_says_and_not_for_ever() {
    let project = Project::packed("1.0.2");
    let limited = |headers: Vec<(&'static str, String)>, message| {
        let mut fake = Fake::default();
        fake.faults.insert(3, Fault::Refuse(403, headers, message));
        let direct = Direct::new(fake);
        ship_with(&project, &direct, &[], PUBLISH)
    };
    let pace = 17;
    let secondary = "You have exceeded a secondary rate limit.";
    let (output, waited) = limited(vec![("retry-after", "30".to_owned())], secondary);
    assert_eq!((output.code, waited), (0, pace + 30), "{}", output.notice);
    let said = "the host asks for a slower pace; waiting 30 s, until 2026-11-22T10:30:30Z\n";
    assert!(output.notice.contains(said), "{}", output.notice);
    let (output, waited) = limited(Vec::new(), secondary);
    assert_eq!((output.code, waited), (0, pace + 60));
    let reset = |seconds: u64| {
        let reset = ("x-ratelimit-reset", (NOW + seconds).to_string());
        limited(vec![("x-ratelimit-remaining", "0".to_owned()), reset], "API rate limit exceeded")
    };
    let (output, waited) = reset(600);
    assert_eq!((output.code, waited), (0, pace + 601), "{}", output.notice);
    let (output, waited) = reset(3000);
    assert_eq!((output.code, waited), (1, 0), "{}", output.notice);
    assert!(output.notice.contains("run the same command again later"), "{}", output.notice);
}

#[test]
fn a_host_that_never_works_is_given_up_with_the_last_reason() {
    let project = Project::packed("1.0.2");
    let faults = (0..500).map(|at| (at, Fault::LostAnswer)).collect();
    let fake = Fake { faults, ..Fake::default() };
    let direct = Direct::new(fake);
    let (output, waited) = ship_with(&project, &direct, &[], PUBLISH);
    assert_eq!(output.code, 1);
    assert!(output.notice.contains("no answer, the connection was reset"), "{}", output.notice);
    assert!(waited < 300, "{waited}");
    let faults = (0..500).map(|at| (at, Fault::Damaged)).collect();
    let fake = Fake { faults, ..Fake::default() };
    let direct = Direct::new(fake);
    let output = ship(&project, &direct, PUBLISH);
    assert!(output.notice.contains("still to be done:\n  delete from the draft: "));
    assert!(direct.service.borrow().releases[0].is_draft, "nothing wrong was published");
}

#[test]
fn the_token_is_never_said() {
    let project = Project::packed("1.0.2");
    let direct = Direct::new(Fake::default());
    for at in 0..20 {
        let mut fake = Fake::default();
        let echo = "Bad credentials: ghs_theOnlyTokenThatThisHostKnows";
        fake.faults.insert(at, Fault::Refuse(401, Vec::new(), echo));
        direct.service.replace(fake);
        let output = ship(&project, &direct, PUBLISH);
        assert_eq!(output.code, 1);
        assert!(output.notice.contains("Bad credentials: [token]"), "{}", output.notice);
        let journal = project.root().join("dist/journal/github.jsonl");
        let journal = std::fs::read_to_string(journal).expect("a journal");
        assert!(!(output.answer + &output.notice + &journal).contains(TOKEN));
    }
}

#[test]
fn what_is_missing_around_is_said_before_anything_is_asked() {
    let project = Project::packed("1.0.2");
    let direct = Direct::new(Fake::default());
    let check = |variables: &[(&str, &str)], expected: &str| {
        let clock = Hand::default();
        let folder = project.root();
        let around = Surrounded { folder, variables, transport: &direct, clock: &clock };
        let output = around.ship(PUBLISH);
        assert_eq!((output.code, output.answer.as_str()), (1, ""));
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(direct.service.borrow().log.is_empty());
    };
    check(&[], "neither GITHUB_TOKEN nor GH_TOKEN is set; in a workflow give the step `env:");
    check(&[("GITHUB_TOKEN", " ")], "neither GITHUB_TOKEN nor GH_TOKEN is set");
    check(&[("GH_TOKEN", "two words")], "copy it again");
    let fork = [("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "a/b"), ("GH_TOKEN", "x")];
    check(&fork, "this run is of a/b, and release.toml releases Michael-A-Kuykendall/contextlite");
    let clear = [("GH_TOKEN", "x"), ("GITHUB_API_URL", "http://example.org")];
    check(&clear, "would be sent the token in the clear");
}

#[test]
fn what_was_packed_has_to_be_what_is_planned() {
    let direct = Direct::new(Fake::default());
    let check = |project: Project, expected: &str| {
        let output = ship(&project, &direct, PUBLISH);
        assert_eq!((output.code, output.answer.as_str()), (1, ""));
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(direct.service.borrow().log.is_empty());
    };
    let file = |name: &str| format!("{FILES}/{name}");
    let archive = file("contextlite-1.0.2-linux-amd64.tar.gz");
    check(Project::packed("1.0.2").file(&archive, "other"), "linux-amd64.tar.gz has 5 bytes");
    check(Project::packed("1.0.2").without(&archive), "linux-amd64.tar.gz is missing");
    check(Project::packed("1.0.2").file(&file("more.txt"), "x"), "more.txt is not listed");
    check(Project::at_version("1.0.2"), "release-manifest.json");
    let project = Project::packed("1.0.2");
    let path = project.root().join(file("release-manifest.json"));
    let text = std::fs::read_to_string(path).expect("a manifest");
    let older = text.replace("\"v1.0.2\"", "\"v1.0.1\"");
    let project = project.file(&file("release-manifest.json"), &older);
    check(project, "tag is v1.0.1, and v1.0.2 is to be released; pack again");
}

#[test]
fn channels_are_chosen_by_name() {
    let project = Project::packed("1.0.2");
    let direct = Direct::new(Fake::default());
    let refused = |only: &str, expected: &str| {
        let output = ship(&project, &direct, &format!("publish --only {only}"));
        assert_eq!(output.code, 1);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(direct.service.borrow().log.is_empty());
    };
    refused("githb", "unknown channel `githb`; did you mean `github`?");
    refused("flathub", "`flathub` cannot be published: console software is not accepted");
    let again = ship(&project, &direct, "publish --only ,github,");
    assert_eq!(again.answer.lines().count(), 1);
}
