//! GitHub Packages.

use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "github-packages",
    title: "GitHub Packages",
    wave: Wave::A,
    credential: Credential::WorkflowToken,
    permissions: &["contents: read", "packages: write"],
    prerelease: Prerelease::Taken("under the tag next, so latest stays"),
    ..USUAL
};
