//! Nix.

use crate::facts::{Credential, Facts, Prerelease, USUAL};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "nix",
    title: "Nix",
    credential: Credential::Optional("NIXPKGS_GITHUB_TOKEN"),
    prerelease: Prerelease::Taken("the flake is asked for by its tag"),
    ..USUAL
};
