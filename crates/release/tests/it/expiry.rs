//! When secrets end, before the release finds out.

use std::time::Duration;

use contextlite_release::clock::Clock as _;
use contextlite_release::command::Output;
use contextlite_release::http::{NoAnswer, Request, Response, Transport};
use contextlite_release::rehearse::hand::Hand;

use crate::project::{Project, Surrounded};

/// A host that knows three tokens, and a marketplace that knows one.
struct Users;

/// Where the marketplace is asked.
const ROLES: &str = "https://marketplace.visualstudio.com/_apis/securityroles/scopes/\
                     gallery.publisher/roleassignments/resources/ContextLite";

impl Transport for Users {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        if request.url == ROLES {
            let given = request.headers.iter().find(|(name, _)| *name == "authorization");
            let status = match given.expect("a token").1 {
                // OAuth:good, OAuth:busy
                "Basic T0F1dGg6Z29vZA==" => 200,
                "Basic T0F1dGg6YnVzeQ==" => 503,
                _ => 401,
            };
            return Ok(Response { status, ..Response::default() });
        }
        assert_eq!(request.url, "https://api.github.com/user");
        let ends = match request.token.expect("a token").reveal() {
            "ghp_soon" => Some("2026-12-10 10:00:00 UTC"),
            "ghp_late" => Some("2027-10-01 10:00:00 UTC"),
            "ghp_ever" => None,
            _ => {
                let body = br#"{"message": "Bad credentials"}"#.to_vec();
                return Ok(Response { status: 401, headers: Vec::new(), body });
            }
        };
        let name = "github-authentication-token-expiration".to_owned();
        let headers = ends.map(|ends| (name, ends.to_owned())).into_iter().collect();
        Ok(Response { status: 200, headers, body: br#"{"login": "somebody"}"#.to_vec() })
    }
}

fn examine(variables: &[(&str, &str)]) -> Output {
    examine_after(0, variables)
}

fn examine_after(days: u32, variables: &[(&str, &str)]) -> Output {
    let project = Project::at_version("1.0.2");
    let clock = Hand::default();
    clock.wait(Duration::from_hours(24) * days);
    let folder = project.root();
    Surrounded { folder, variables, transport: &Users, clock: &clock }.ship("doctor --expiry")
}

/// The grade of the line about a secret, the line, and the step below it.
fn line<'o>(output: &'o Output, secret: &str) -> (&'o str, &'o str, &'o str) {
    let mut lines = output.answer.lines();
    let line = lines.find(|line| line.contains(&format!("secret {secret} ")));
    let line = line.unwrap_or_else(|| panic!("{secret}: {}", output.answer));
    let next = lines.next().unwrap_or_default();
    (line.split(' ').next().expect("a grade"), line, next)
}

#[test]
fn a_token_that_ends_soon_or_is_not_good_is_named_with_what_to_do() {
    let output = examine(&[
        ("HOMEBREW_GITHUB_API_TOKEN", "ghp_late"),
        ("SCOOP_GITHUB_TOKEN", "ghp_soon"),
        ("WINGET_GITHUB_TOKEN", "ghp_ever"),
    ]);
    assert_eq!(output.code, 10, "{}", output.answer);
    assert_eq!(line(&output, "HOMEBREW_GITHUB_API_TOKEN").0, "good");
    let (grade, says, next) = line(&output, "SCOOP_GITHUB_TOKEN");
    assert_eq!(grade, "warning");
    assert!(says.contains("expires 2026-12-10"), "{says}");
    assert!(next.contains("make a new one and store it as SCOOP_GITHUB_TOKEN"), "{next}");
    assert!(line(&output, "WINGET_GITHUB_TOKEN").1.contains("is good, of somebody"));
    let output = examine(&[("NIXPKGS_GITHUB_TOKEN", "ghp_wrong")]);
    assert_eq!(output.code, 1);
    assert!(line(&output, "NIXPKGS_GITHUB_TOKEN").1.contains("is not good: "));
    assert!(!output.answer.contains("ghp_wrong"));
}

#[test]
fn the_marketplace_says_of_a_token_whether_it_outlived_its_sort() {
    for token in ["good", "busy"] {
        let output = examine(&[("VSCE_PAT", token), ("GITHUB_ACTIONS", "true")]);
        assert_eq!(output.code, 10, "{}", output.answer);
        let (grade, says, next) = line(&output, "VSCE_PAT");
        assert_eq!(grade, "warning");
        let expected = "expires 2026-12-01, unless it is of a single organisation";
        assert!(says.contains(expected), "{says}");
        assert!(next.contains("sign in to Azure"), "{next}");
        let notice = format!("::warning title=secret VSCE_PAT::{expected}; ");
        assert!(output.notice.starts_with(&notice), "{}", output.notice);
    }
    let check = |days, token, code, grade: &str| {
        let output = examine_after(days, &[("VSCE_PAT", token)]);
        assert_eq!((output.code, line(&output, "VSCE_PAT").0), (code, grade), "{days} {token}");
        assert!(!output.answer.contains(&format!(":{token}")), "{}", output.answer);
    };
    check(0, "bad", 1, "fault");
    check(20, "bad", 1, "fault");
    check(20, "good", 0, "good");
    check(20, "busy", 0, "unknown");
    // Nobody is asked where a token would be read on the way.
    let told = [("VSCE_PAT", "good"), ("VSCE_MARKETPLACE_URL", "http://example.org")];
    let output = examine_after(20, &told);
    let (grade, says, _) = line(&output, "VSCE_PAT");
    assert_eq!(grade, "unknown");
    assert!(says.contains("sent in the clear"), "{says}");
}

#[test]
fn what_nobody_tells_is_not_taken_for_good() {
    let output = examine(&[("CHOCOLATEY_API_KEY", "x")]);
    assert_eq!(output.code, 0);
    assert_eq!(line(&output, "CHOCOLATEY_API_KEY").0, "unknown");
    let none = examine(&[("GITHUB_TOKEN", "of the run")]);
    assert!(none.answer.starts_with("unknown  secrets  none is given here\n"), "{}", none.answer);
}

#[cfg(unix)]
#[test]
fn the_snap_store_is_asked_by_snapcraft() {
    use std::os::unix::fs::PermissionsExt as _;

    let tools = tempfile::tempdir().expect("a temporary folder");
    let snapcraft = tools.path().join("snapcraft");
    let check = |script: &str, code: u8, grade: &str, says: &str| {
        std::fs::write(&snapcraft, script).expect("a program");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&snapcraft, mode).expect("a program");
        let path = format!("{}:/usr/bin:/bin", tools.path().display());
        let output = examine(&[("SNAP_STORE_CREDENTIALS", "login"), ("PATH", &path)]);
        assert_eq!(output.code, code, "{}", output.answer);
        let (found, line, _) = line(&output, "SNAP_STORE_CREDENTIALS");
        assert_eq!(found, grade);
        assert!(line.contains(says) && !line.contains("login"), "{line}");
    };
    let whoami = "#!/bin/sh\n[ \"$1 $SNAPCRAFT_STORE_CREDENTIALS\" = 'whoami login' ] || exit 3\n\
                  echo 'email: a@example.org'\n";
    let with = |rest: &str| format!("{whoami}{rest}\n");
    check(
        &with("echo 'expires: 2026-12-01T00:00:00.000Z'"),
        10,
        "warning",
        "expires 2026-12-01T00:00",
    );
    check(&with("echo 'expires: 2027-12-01T00:00:00.000Z'"), 0, "good", "expires 2027-12-01");
    check(
        &with("echo \"no: $SNAPCRAFT_STORE_CREDENTIALS\" >&2; exit 1"),
        1,
        "fault",
        "snapcraft says: no: [secret]",
    );
    check(&with(":"), 0, "unknown", "does not say when it ends");
    std::fs::remove_file(&snapcraft).expect("removed");
    let output = examine(&[("SNAP_STORE_CREDENTIALS", "login"), ("PATH", "/nowhere")]);
    assert!(line(&output, "SNAP_STORE_CREDENTIALS").1.contains("no snapcraft to ask"));
}
