//! What the programs that a release starts are told: each what its channel hands it, and no secret
//! beside that.

use std::collections::BTreeSet;
use std::path::Path;

use contextlite_release::process;
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::world::{Exchange, World};

use crate::project::{Project, Surrounded};

/// Further secrets of a machine that publishes; the name of each is its value.
const FURTHER: [&str; 9] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "AZURE_CLIENT_SECRET",
    "MINISIGN_SECRET_KEY",
    "NODE_AUTH_TOKEN",
    "SNAPCRAFT_STORE_CREDENTIALS",
    "UV_PUBLISH_TOKEN",
    "npm_config_//elsewhere.example.org/:_authToken",
];

/// The programs, and how each ends: far enough for its channel to go on to the next one.
const PROGRAMS: [(&str, &str); 8] = [
    ("git", "echo 'fatal: Authentication failed' >&2; exit 1"),
    ("npm", "exit 1"),
    ("uv", "echo 'contextlite was not found in the package registry' >&2; exit 1"),
    ("snap", "exit 0"),
    ("snapcraft", "exit 1"),
    ("unsquashfs", "exit 1"),
    ("vsce", "exit 1"),
    ("ssh", "exit 1"),
];

/// Publishes everywhere with programs that only write down what they are told; returns, for each
/// program with its first word, the names of the variables that tell it a secret.
fn told(without: &[&str]) -> BTreeSet<(String, BTreeSet<String>)> {
    let project = Project::packed("1.0.2").with_packaging();
    let exchange = Exchange::new(World::default());
    let folder = project.root().join("programs");
    let log = project.root().join("log");
    for (name, end) in PROGRAMS {
        let log = log.display();
        // As the system has them, with zeros between: a shell drops names that it cannot use.
        let text = format!(
            "#!/bin/sh\n{{ printf 'CALL=%s %s\\0' \"${{0##*/}}\" \"$1\"; \
             /bin/cat /proc/$$/environ; }} >>'{log}'\n{end}\n"
        );
        contextlite_release::file::write_program(&folder.join(name), text.as_bytes())
            .expect("a program");
    }
    let path = folder.display().to_string();
    let world = exchange.world.borrow().variables();
    let world: Vec<(&str, &str)> =
        world.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let further = FURTHER.map(|name| (name, name));
    let azure = [("AZURE_CLIENT_ID", "id"), ("AZURE_TENANT_ID", "id")];
    let variables: Vec<(&str, &str)> = [&world[..], &further, &azure, &[("PATH", path.as_str())]]
        .concat()
        .into_iter()
        .filter(|(name, _)| !without.contains(name))
        .collect();
    let clock = Hand::default();
    let root = project.root();
    let around =
        Surrounded { folder: root, variables: &variables, transport: &exchange, clock: &clock };
    let github = around.ship("publish github");
    assert_eq!(github.code, 0, "{}", github.notice);
    around.ship("publish");
    let secrets: Vec<&str> = variables
        .iter()
        .filter(|(name, _)| process::is_secret(name))
        .map(|(_, value)| *value)
        .collect();
    read(&log, &secrets)
}

fn read(log: &Path, secrets: &[&str]) -> BTreeSet<(String, BTreeSet<String>)> {
    let text = std::fs::read_to_string(log).expect("programs were started");
    let calls = text.split("CALL=").skip(1);
    let call = |call: &str| {
        let mut variables = call.split('\0');
        let program = variables.next().unwrap_or_default().to_owned();
        let tells = |variable: &str| {
            let (name, value) = variable.split_once('=')?;
            let is_told = process::is_secret(name) || secrets.iter().any(|it| value.contains(it));
            is_told.then(|| name.to_owned())
        };
        (program, variables.filter_map(tells).collect())
    };
    calls.map(call).collect()
}

#[test]
fn a_program_has_the_secret_of_its_channel_and_no_other() {
    let identity = ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"];
    let with = |names: &[&'static str]| [&identity[..], names].concat();
    let check = |found: &BTreeSet<(String, BTreeSet<String>)>, call: &str, expected: &[&str]| {
        let of_call = found.iter().filter(|(called, _)| called == call);
        let told: Vec<Vec<&str>> =
            of_call.map(|(_, names)| names.iter().map(String::as_str).collect()).collect();
        assert_eq!(told, [expected], "{call}: {found:?}");
    };
    let found = told(&["AZURE_CLIENT_ID"]);
    // The key of the AUR is a file, and what is asked of no host needs no secret.
    let of_git = found.iter().filter(|(call, _)| call == "git -C");
    let of_git: BTreeSet<&String> = of_git.flat_map(|(_, names)| names).collect();
    assert_eq!(of_git.into_iter().collect::<Vec<_>>(), ["SHIP_GIT_TOKEN"]);
    check(&found, "uv pip", &[]);
    check(&found, "uv publish", &with(&["UV_PUBLISH_TOKEN"]));
    check(&found, "snap pack", &[]);
    check(&found, "snapcraft upload", &["SNAPCRAFT_STORE_CREDENTIALS"]);
    check(&found, "vsce publish", &["VSCE_PAT"]);
    let npm: Vec<_> = found.iter().filter(|(call, _)| call.starts_with("npm ")).collect();
    for (call, names) in &npm {
        assert_eq!(call, "npm publish");
        let tokens: Vec<_> = names.iter().filter(|name| !with(&[]).contains(&&***name)).collect();
        let [token] = &tokens[..] else { panic!("{names:?}") };
        assert!(token.starts_with("npm_config_//127.0.0.1:"), "{token}");
        assert_eq!(names.len(), 3, "{names:?}");
    }
    assert_eq!(npm.len(), 2, "each of two registries is told its own token: {npm:?}");
    let known = ["git -C", "uv pip", "uv publish", "snap pack", "snapcraft upload", "vsce publish"];
    let others = found.iter().filter(|(call, _)| !known.contains(&call.as_str()));
    assert!(others.clone().all(|(call, _)| call == "npm publish"), "{others:?}");
    check(&told(&[]), "vsce publish", &["AZURE_CLIENT_SECRET"]);
}
