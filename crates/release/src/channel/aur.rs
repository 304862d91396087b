//! AUR.

use crate::facts::{Credential, Facts, Prerelease, USUAL};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "aur",
    title: "AUR",
    credential: Credential::Secret("AUR_SSH_PRIVATE_KEY"),
    prerelease: Prerelease::Refused("pkgver has no dashes, and every upgrade would take it"),
    ..USUAL
};
