//! Flathub.

use crate::facts::{Credential, Facts, Policy, Prerelease, USUAL};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "flathub",
    title: "Flathub",
    credential: Credential::Secret("FLATHUB_TOKEN"),
    prerelease: Prerelease::Refused("nothing is published there"),
    policy: Some(Policy {
        reason: "console software is not accepted",
        link: "https://docs.flathub.org/docs/for-app-authors/requirements#console-software",
    }),
    ..USUAL
};
