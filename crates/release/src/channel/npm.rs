//! npm.

use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "npm",
    title: "npm",
    wave: Wave::A,
    credential: Credential::OidcAfter("NPM_TOKEN"),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Taken("under the tag next, so latest stays"),
    ..USUAL
};
