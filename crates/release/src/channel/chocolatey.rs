//! Chocolatey.

use crate::facts::{Credential, Facts, Prerelease, USUAL};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "chocolatey",
    title: "Chocolatey",
    credential: Credential::Secret("CHOCOLATEY_API_KEY"),
    prerelease: Prerelease::Refused("a prerelease in moderation blocks the release's push"),
    ..USUAL
};
