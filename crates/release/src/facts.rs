//! What a channel is, as facts: its name, when it is published, what it needs, what it refuses.
//!
//! The facts of a channel stand in its own file, `channel/ID.rs`; here is what they are
//! made of. Configuration and plan are told the list of them, so that a plan needs nothing that
//! speaks to a channel. A channel's wave says what must have happened before:
//!
//! - *release*: the GitHub release itself. Publishing it is the commit point: until then nothing
//!   is visible, afterwards its files never change.
//! - *wave A*: channels that carry the bytes themselves (a wheel, an npm package, a snap).
//! - *wave B*: channels that hold an address and a checksum of the published files.
//!
//! Channels of one wave are independent of each other: the failure of one never stops another.
//!
//! Prereleases go only where a user has to ask for them. A channel with a single current version
//! (a formula, a bucket, one AUR package) would hand a release candidate to everybody who
//! upgrades; one that cannot spell it, or that would burn the number or block a review queue for
//! the real release, is passed over as well.

use serde::Serialize;

/// When a channel is published, relative to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Wave {
    /// The GitHub release, the source of bytes for all others.
    #[serde(rename = "release")]
    Release,
    /// Channels that carry the bytes.
    A,
    /// Channels that point at the published files.
    B,
}

/// How a channel knows that we are allowed to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The token that a workflow run is given; nothing is stored.
    WorkflowToken,
    /// The identity of the workflow run (OIDC); nothing is stored.
    Oidc,
    /// The identity of the workflow run; elsewhere this secret.
    OidcOr(&'static str),
    /// The identity of the workflow run, once a first publish with this secret was made.
    OidcAfter(&'static str),
    /// A sign-in somewhere else, made before by an action of the job; elsewhere this secret.
    SignInOr(&'static SignIn, &'static str),
    /// A secret.
    Secret(&'static str),
    /// None to publish; the secret serves only a submission by hand, made once.
    Optional(&'static str),
}

impl Credential {
    /// Returns the name of the repository secret, if there is one.
    pub fn secret(self) -> Option<&'static str> {
        match self {
            Self::WorkflowToken => Some("GITHUB_TOKEN"),
            Self::Oidc => None,
            Self::OidcOr(name)
            | Self::OidcAfter(name)
            | Self::SignInOr(_, name)
            | Self::Secret(name)
            | Self::Optional(name) => Some(name),
        }
    }

    /// Returns a phrase for a table: the secret's name and how far it is needed.
    pub fn phrase(self) -> String {
        match self {
            Self::WorkflowToken => "GITHUB_TOKEN (automatic)".to_owned(),
            Self::Oidc => "none (OIDC)".to_owned(),
            Self::OidcOr(name) => format!("OIDC, or {name}"),
            Self::OidcAfter(name) => format!("OIDC; {name} for the first publish"),
            Self::SignInOr(sign_in, name) => format!("sign-in to {}, or {name}", sign_in.to),
            Self::Secret(name) => name.to_owned(),
            Self::Optional(name) => format!("none ({name} to submit by hand)"),
        }
    }

    /// Returns whether it is given: the secret itself, or what lets us do without it.
    ///
    /// `is_set` says of a variable whether it is set and not empty.
    pub fn is_given(self, has_secret: bool, is_set: &dyn Fn(&str) -> bool) -> bool {
        let has_identity = || is_set(IDENTITY_VARIABLE);
        match self {
            Self::Oidc => has_identity(),
            Self::OidcAfter(_) | Self::OidcOr(_) => has_secret || has_identity(),
            Self::SignInOr(sign_in, _) => has_secret || sign_in.is_made(is_set),
            Self::WorkflowToken | Self::Secret(_) => has_secret,
            Self::Optional(_) => true,
        }
    }

    /// Returns what is missing where it is not given, as a phrase.
    pub fn wanted(self) -> String {
        let identity = "the identity of a workflow run (id-token: write)";
        match self {
            Self::OidcOr(name) => format!("{identity}, or {name}"),
            Self::SignInOr(SignIn { to, inputs, .. }, name) => {
                let variables: Vec<&str> = inputs.iter().map(|(variable, _)| *variable).collect();
                format!("a sign-in to {to} ({}), or {name}", variables.join(", "))
            }
            _ => self.secret().unwrap_or(identity).to_owned(),
        }
    }
}

/// What a job has that may ask for the identity of its run.
const IDENTITY_VARIABLE: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";

/// A sign-in somewhere else, which an action makes of the identity of the run.
///
/// Who signs in is no secret: it stands in variables of the repository. Where they are not set
/// nobody signs in; so a step that is given them runs signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignIn {
    /// Where, by its name for people.
    pub to: &'static str,
    /// The action.
    pub action: &'static str,
    /// The variables that say who signs in, each with the input of the action that it fills.
    pub inputs: &'static [(&'static str, &'static str)],
}

impl SignIn {
    /// Returns whether it was made, by the variables that are set.
    pub fn is_made(&self, is_set: &dyn Fn(&str) -> bool) -> bool {
        self.inputs.iter().all(|(variable, _)| is_set(variable))
    }
}

/// What happens to a prerelease in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prerelease {
    /// It is published, in this way, so that only who asks for it gets it.
    Taken(&'static str),
    /// It is passed over, for this reason.
    Refused(&'static str),
}

/// A standing refusal by the channel's own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The rule, as a phrase.
    pub reason: &'static str,
    /// Where the rule is written.
    pub link: &'static str,
}

/// The day after which a channel takes no secret of a sort, whatever the secret itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretEnd {
    /// The day, such as `2026-12-01`.
    pub day: &'static str,
    /// What ends, as a phrase.
    pub reason: &'static str,
    /// Which of its secrets do not end, as a phrase; nobody sees it of one.
    pub unless: &'static str,
    /// What takes its place, as a phrase.
    pub next: &'static str,
}

/// What is known of a place from which users install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The name in commands, configuration and file names.
    pub id: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// When it is published.
    pub wave: Wave,
    /// What it needs to let us in.
    pub credential: Credential,
    /// When it stops taking its secret, if that is known.
    pub secret_end: Option<SecretEnd>,
    /// The grants that its workflow job needs, each as `scope: level`.
    pub permissions: &'static [&'static str],
    /// What happens to a prerelease.
    pub prerelease: Prerelease,
    /// The channel's own rule against us, if it has one.
    pub policy: Option<Policy>,
}

/// A channel that reads the repository and has no rule against us.
///
/// The facts of each channel are this with what differs.
pub const USUAL: Facts = Facts {
    id: "",
    title: "",
    wave: Wave::B,
    credential: Credential::Oidc,
    secret_end: None,
    permissions: &["contents: read"],
    prerelease: Prerelease::Refused(""),
    policy: None,
};

/// Returns the facts of the channel with this id.
pub fn find(known: &[&'static Facts], id: &str) -> Option<&'static Facts> {
    known.iter().copied().find(|facts| facts.id == id)
}

/// Returns the ids of channels, in order.
pub fn ids(known: &[&'static Facts]) -> Vec<&'static str> {
    known.iter().map(|facts| facts.id).collect()
}
