//! The thirteen channels: what each one is, when it is published and what it needs.
//!
//! [`CHANNELS`] is the one list. Its order is the order of publishing; a channel's wave says
//! what must have happened before:
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
    /// The identity of the workflow run, once a first publish with this secret was made.
    OidcAfter(&'static str),
    /// A secret, until the channel is moved to the identity of the workflow run.
    SecretOrOidc(&'static str),
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
            Self::OidcAfter(name)
            | Self::SecretOrOidc(name)
            | Self::Secret(name)
            | Self::Optional(name) => Some(name),
        }
    }

    /// Returns a phrase for a table: the secret's name and how far it is needed.
    pub fn phrase(self) -> String {
        match self {
            Self::WorkflowToken => "GITHUB_TOKEN (automatic)".to_owned(),
            Self::Oidc => "none (OIDC)".to_owned(),
            Self::OidcAfter(name) => format!("OIDC; {name} for the first publish"),
            Self::SecretOrOidc(name) => format!("{name} or OIDC"),
            Self::Secret(name) => name.to_owned(),
            Self::Optional(name) => format!("none ({name} to submit by hand)"),
        }
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

/// A place from which users install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// The name in commands, configuration and file names.
    pub id: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// When it is published.
    pub wave: Wave,
    /// What it needs to let us in.
    pub credential: Credential,
    /// The grants that its workflow job needs, each as `scope: level`.
    pub permissions: &'static [&'static str],
    /// What happens to a prerelease.
    pub prerelease: Prerelease,
    /// The channel's own rule against us, if it has one.
    pub policy: Option<Policy>,
    /// Whether this program can publish to it.
    pub is_implemented: bool,
}

/// A channel that reads the repository, has no rule against us and is not implemented yet.
///
/// Each line of [`CHANNELS`] is this with what differs.
const USUAL: Channel = Channel {
    id: "",
    title: "",
    wave: Wave::B,
    credential: Credential::Oidc,
    permissions: &["contents: read"],
    prerelease: Prerelease::Refused(""),
    policy: None,
    is_implemented: false,
};

/// Every channel, in the order of publishing.
pub const CHANNELS: [Channel; 13] = [
    Channel {
        id: "github",
        title: "GitHub Releases",
        wave: Wave::Release,
        credential: Credential::WorkflowToken,
        permissions: &["contents: write"],
        prerelease: Prerelease::Taken("marked as a prerelease, never as the latest"),
        is_implemented: true,
        ..USUAL
    },
    Channel {
        id: "pypi",
        title: "PyPI",
        wave: Wave::A,
        permissions: &["contents: read", "id-token: write"],
        prerelease: Prerelease::Taken("pip installs it only with --pre or by its exact version"),
        ..USUAL
    },
    Channel {
        id: "npm",
        title: "npm",
        wave: Wave::A,
        credential: Credential::OidcAfter("NPM_TOKEN"),
        permissions: &["contents: read", "id-token: write"],
        prerelease: Prerelease::Taken("under the tag next, so latest stays"),
        ..USUAL
    },
    Channel {
        id: "github-packages",
        title: "GitHub Packages",
        wave: Wave::A,
        credential: Credential::WorkflowToken,
        permissions: &["contents: read", "packages: write"],
        prerelease: Prerelease::Taken("under the tag next, so latest stays"),
        ..USUAL
    },
    Channel {
        id: "snap",
        title: "Snap Store",
        wave: Wave::A,
        credential: Credential::Secret("SNAP_STORE_CREDENTIALS"),
        prerelease: Prerelease::Taken("in candidate, not promoted to stable"),
        ..USUAL
    },
    Channel {
        id: "vscode",
        title: "VS Code Marketplace",
        wave: Wave::A,
        credential: Credential::SecretOrOidc("VSCE_PAT"),
        permissions: &["contents: read", "id-token: write"],
        prerelease: Prerelease::Refused(
            "the marketplace knows no prerelease versions; it would use up the release's number",
        ),
        ..USUAL
    },
    Channel {
        id: "homebrew",
        title: "Homebrew",
        credential: Credential::Secret("HOMEBREW_GITHUB_API_TOKEN"),
        prerelease: Prerelease::Refused("the tap has one formula; every upgrade would take it"),
        ..USUAL
    },
    Channel {
        id: "scoop",
        title: "Scoop",
        credential: Credential::Secret("SCOOP_GITHUB_TOKEN"),
        prerelease: Prerelease::Refused("the bucket has one manifest; every update would take it"),
        ..USUAL
    },
    Channel {
        id: "aur",
        title: "AUR",
        credential: Credential::Secret("AUR_SSH_PRIVATE_KEY"),
        prerelease: Prerelease::Refused("pkgver has no dashes, and every upgrade would take it"),
        ..USUAL
    },
    Channel {
        id: "chocolatey",
        title: "Chocolatey",
        credential: Credential::Secret("CHOCOLATEY_API_KEY"),
        prerelease: Prerelease::Refused("a prerelease in moderation blocks the release's push"),
        ..USUAL
    },
    Channel {
        id: "winget",
        title: "Winget",
        credential: Credential::Secret("WINGET_GITHUB_TOKEN"),
        prerelease: Prerelease::Refused("one package has one current version; all would take it"),
        ..USUAL
    },
    Channel {
        id: "flathub",
        title: "Flathub",
        credential: Credential::Secret("FLATHUB_TOKEN"),
        prerelease: Prerelease::Refused("nothing is published there"),
        policy: Some(Policy {
            reason: "console software is not accepted",
            link: "https://docs.flathub.org/docs/for-app-authors/requirements#console-software",
        }),
        ..USUAL
    },
    Channel {
        id: "nix",
        title: "Nix",
        credential: Credential::Optional("NIXPKGS_GITHUB_TOKEN"),
        prerelease: Prerelease::Taken("the flake is asked for by its tag"),
        ..USUAL
    },
];

/// Returns the channel with this id.
pub fn find(id: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.id == id)
}

/// Returns the ids of all channels, in order.
pub fn ids() -> [&'static str; CHANNELS.len()] {
    CHANNELS.map(|channel| channel.id)
}

#[cfg(test)]
mod tests {
    use super::{CHANNELS, Prerelease, Wave, ids};

    #[test]
    fn the_release_comes_first_and_the_waves_in_order() {
        assert!(CHANNELS.is_sorted_by_key(|channel| channel.wave));
        let first = CHANNELS.iter().filter(|channel| channel.wave == Wave::Release);
        assert_eq!(first.map(|channel| channel.id).collect::<Vec<_>>(), ["github"]);
    }

    #[test]
    fn ids_are_file_names_and_differ() {
        let mut sorted = ids();
        sorted.sort_unstable();
        assert!(sorted.windows(2).all(|pair| pair[0] != pair[1]));
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(sorted.iter().all(|id| !id.is_empty() && id.chars().all(is_plain)));
    }

    #[test]
    fn every_line_states_its_facts() {
        for channel in &CHANNELS {
            assert!(!channel.title.is_empty(), "{}", channel.id);
            let (Prerelease::Taken(text) | Prerelease::Refused(text)) = channel.prerelease;
            assert!(!text.is_empty(), "{}", channel.id);
        }
    }
}
