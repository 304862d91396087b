//! Winget.

use crate::facts::{Credential, Facts, Prerelease, USUAL};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "winget",
    title: "Winget",
    credential: Credential::Secret("WINGET_GITHUB_TOKEN"),
    prerelease: Prerelease::Refused("one package has one current version; all would take it"),
    ..USUAL
};
