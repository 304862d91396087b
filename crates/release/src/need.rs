//! What each step of a release needs of the job that runs it: rights, predecessors, variables,
//! tools.
//!
//! This is the one table. Workflows are compared with it (`cargo ship doctor`, and a test for our
//! own), and a command or an action that is not in it is a finding, so that a new one cannot be
//! used before somebody has thought about what it may do.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel;
use crate::facts::{self, Credential, Facts, SignIn};
use crate::nearest;

/// What steps need; several are added up with [`Need::add`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// The level of each scope, `read` or `write`.
    pub permissions: BTreeMap<String, String>,
    /// The commands and actions that have to be done in jobs before.
    pub after: BTreeSet<&'static str>,
    /// The variables that the step itself has to be given.
    pub variables: BTreeSet<&'static str>,
    /// The secrets that the step can make use of and does without.
    pub optional: BTreeSet<&'static str>,
    /// What the job has to have run before: actions, or lines of shell.
    pub tools: BTreeSet<&'static str>,
    /// Where the job has to have signed in before, if the repository says who signs in.
    pub sign_ins: BTreeSet<&'static SignIn>,
}

/// What signs the checksums, where a key is given: its secret, and the secret's password.
pub const SIGNING: [&str; 2] = ["MINISIGN_SECRET_KEY", "MINISIGN_PASSWORD"];

/// The token of a run.
const TOKEN: &str = "GITHUB_TOKEN";

/// A version of Node, for what is built and published with it.
pub const NODE: &str = "actions/setup-node";

/// What builds the parts of packages for Node and VS Code, without which neither is rendered.
const CLIENTS: &str = "scripts/release/build-clients";

/// What an index of Python packages is asked with.
const UV: &str = "scripts/release/setup-channel pypi";

/// What is packed for a client is rendered with it.
const RENDERS: &[&str] = &[NODE, CLIENTS];

/// Looking at every channel is rendering, and asking each with its own client.
const LOOKS: &[&str] = &[NODE, CLIENTS, UV];

/// GitHub Packages shows nothing to a stranger, and nothing to a token without this right.
const LOOK_RIGHTS: &[&str] = &["contents: read", "packages: read"];

/// What publishing to a channel calls, beside git; npm comes with Node.
const CHANNEL_TOOLS: [(&str, &[&str]); 5] = [
    ("pypi", &[UV]),
    ("npm", RENDERS),
    ("github-packages", RENDERS),
    ("snap", &[SNAPCRAFT]),
    ("vscode", &[NODE, CLIENTS, "scripts/release/setup-channel vscode"]),
];

/// What the Snap Store is spoken to with.
const SNAPCRAFT: &str = "scripts/release/setup-channel snap";

/// The oldest Node whose npm publishes with the identity of a run (npm 11.5.1).
pub const NODE_MIN: u64 = 24;

/// What a command of `cargo ship` is in a workflow.
struct Row {
    name: &'static str,
    permissions: &'static [&'static str],
    after: &'static [&'static str],
    tools: &'static [&'static str],
}

const fn row(name: &'static str, after: &'static [&'static str]) -> Row {
    Row { name, permissions: &["contents: read"], after, tools: &[] }
}

/// The commands, but for `publish`, of which each channel makes another.
const COMMANDS: [Row; 14] = [
    row("plan", &[]),
    row("latest", &[]),
    row("doctor", &[]),
    row("build", &["plan"]),
    row("pack", &["build"]),
    row("carry", &["build"]),
    Row { tools: RENDERS, ..row("render", &["pack"]) },
    Row { tools: LOOKS, ..row("rehearse", &["pack"]) },
    Row { permissions: LOOK_RIGHTS, tools: LOOKS, ..row("verify", &["publish"]) },
    Row { permissions: &["contents: read", "actions: read"], ..row("gather", &["verify"]) },
    Row { permissions: LOOK_RIGHTS, tools: LOOKS, ..row("status", &["verify"]) },
    row("metrics", &[]),
    Row { permissions: LOOK_RIGHTS, tools: LOOKS, ..row("rollback", &[]) },
    Row { permissions: LOOK_RIGHTS, tools: LOOKS, ..row("bootstrap", &[]) },
];

/// An action, what it may do and what it comes after.
const ACTIONS: [(&str, &[&str], &[&str]); 7] = [
    ("actions/checkout", &["contents: read"], &[]),
    ("actions/upload-artifact", &[], &[]),
    ("actions/download-artifact", &[], &[]),
    ("actions/setup-node", &[], &[]),
    ("actions/setup-python", &[], &[]),
    ("azure/login", &["id-token: write"], &[]),
    ("actions/attest", &["id-token: write", "attestations: write"], &["pack"]),
];

/// Returns what a command needs, given the words after `cargo ship`.
///
/// # Errors
///
/// A phrase, if the table does not know it.
pub fn of_command(words: &[&str]) -> Result<Need, String> {
    let (&name, rest) = words.split_first().ok_or("`cargo ship` without a command")?;
    if name == "publish" {
        return publish(rest);
    }
    let found = COMMANDS.iter().find(|row| row.name == name);
    let known: Vec<&str> = COMMANDS.iter().map(|row| row.name).chain(["publish"]).collect();
    let row = found.ok_or_else(|| nearest::unknown("command", name, &known))?;
    let optional = match name {
        "pack" => SIGNING.into(),
        // To ask more often than a stranger may, and to see what is not for everybody.
        "plan" | "latest" | "gather" | "verify" | "status" | "metrics" => [TOKEN].into(),
        "doctor" if rest.contains(&"--expiry") => {
            channel::facts().iter().filter_map(|facts| facts.credential.secret()).collect()
        }
        "doctor" => [TOKEN].into(),
        _ => BTreeSet::new(),
    };
    let mut tools: BTreeSet<&str> = row.tools.iter().copied().collect();
    if rest.contains(&"--expiry") {
        tools.insert(SNAPCRAFT);
    }
    Ok(Need { optional, tools, ..Need::of(row.permissions, row.after) })
}

/// Returns what an action needs, given its name without its commit.
///
/// # Errors
///
/// A phrase, if the table does not know it.
pub fn of_action(name: &str) -> Result<Need, String> {
    let found = ACTIONS.iter().find(|(known, _, _)| *known == name);
    let known = ACTIONS.map(|row| row.0);
    found
        .map(|(_, permissions, after)| Need::of(permissions, after))
        .ok_or_else(|| nearest::unknown("action", name, &known))
}

/// What publishing to the channels that are named needs, or to all if none is.
fn publish(words: &[&str]) -> Result<Need, String> {
    let known = channel::facts();
    let mut named: Vec<&Facts> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if matches!(*word, "--tag" | "--only") {
            words.next();
        } else if !word.starts_with('-') {
            let channel = facts::find(&known, word);
            let ids = facts::ids(&known);
            named.push(channel.ok_or_else(|| nearest::unknown("channel", word, &ids))?);
        }
    }
    if named.is_empty() {
        named = known;
    }
    let mut need = Need::of(&["contents: read"], &[]);
    for channel in named {
        // Nothing is published before what is published was attested; all else points at, or
        // carries, what the release has.
        let after: &[&str] =
            if channel.id == "github" { &["pack", "actions/attest"] } else { &["publish github"] };
        need.add(&Need::of(channel.permissions, after));
        match channel.credential {
            Credential::OidcOr(name) => _ = need.optional.insert(name),
            Credential::SignInOr(sign_in, name) => {
                need.optional.insert(name);
                need.sign_ins.insert(sign_in);
                need.tools.insert(sign_in.action);
            }
            credential => need.variables.extend(credential.secret()),
        }
        let tools = CHANNEL_TOOLS.iter().filter(|(id, _)| *id == channel.id);
        need.tools.extend(tools.flat_map(|(_, tools)| *tools));
    }
    Ok(need)
}

impl Need {
    fn of(permissions: &[&str], after: &[&'static str]) -> Self {
        let split = |text: &&str| {
            let (scope, level) = text.split_once(": ").expect("a grant is written `scope: level`");
            (scope.to_owned(), level.to_owned())
        };
        Self {
            permissions: permissions.iter().map(split).collect(),
            after: after.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// Adds what another step needs; of two levels of one scope the higher counts.
    pub fn add(&mut self, other: &Self) {
        for (scope, level) in &other.permissions {
            let known = self.permissions.entry(scope.clone()).or_insert_with(|| level.clone());
            if level == "write" {
                known.clone_from(level);
            }
        }
        self.after.extend(&other.after);
        self.variables.extend(&other.variables);
        self.optional.extend(&other.optional);
        self.tools.extend(&other.tools);
        self.sign_ins.extend(&other.sign_ins);
    }
}

#[cfg(test)]
mod tests {
    use super::{of_action, of_command};

    #[test]
    fn needs_are_those_of_the_channels() {
        let check = |text: &str, permissions: &[(&str, &str)], after: &[&str]| {
            let words: Vec<&str> = text.split(' ').collect();
            let need = of_command(&words).expect("a known command");
            let found: Vec<(&str, &str)> =
                need.permissions.iter().map(|(scope, level)| (&**scope, &**level)).collect();
            assert_eq!(found, permissions, "{text}");
            assert_eq!(need.after.into_iter().collect::<Vec<_>>(), after, "{text}");
        };
        check("plan --tag v1", &[("contents", "read")], &[]);
        check(
            "publish github --tag npm --only \"$ONLY\" --dry-run=x",
            &[("contents", "write")],
            &["actions/attest", "pack"],
        );
        check(
            "publish github-packages npm",
            &[("contents", "read"), ("id-token", "write"), ("packages", "write")],
            &["publish github"],
        );
        let all = of_command(&["publish"]).expect("a known command");
        assert_eq!(all.permissions["contents"], "write");
        assert!(all.variables.contains("GITHUB_TOKEN") && all.optional.contains("VSCE_PAT"));
        assert!(all.tools.contains("scripts/release/setup-channel snap"));
        assert!(all.sign_ins.iter().all(|sign_in| all.tools.contains(sign_in.action)));
        assert_eq!(all.sign_ins.len(), 1);
        let expiry = of_command(&["doctor", "--expiry"]).expect("a known command");
        assert!(expiry.optional.contains("SCOOP_GITHUB_TOKEN") && expiry.variables.is_empty());
    }

    #[test]
    fn what_is_not_in_the_table_is_refused() {
        let check = |found: Result<super::Need, String>, expected: &str| {
            assert_eq!(found.expect_err("unknown"), expected);
        };
        check(of_command(&["buidl"]), "unknown command `buidl`; did you mean `build`?");
        check(of_command(&["publish", "scop"]), "unknown channel `scop`; did you mean `scoop`?");
        check(
            of_action("actions/attests"),
            "unknown action `actions/attests`; did you mean `actions/attest`?",
        );
        check(of_command(&[]), "`cargo ship` without a command");
    }
}
