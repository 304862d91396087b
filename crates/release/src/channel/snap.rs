//! Snap Store.

use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "snap",
    title: "Snap Store",
    wave: Wave::A,
    credential: Credential::Secret("SNAP_STORE_CREDENTIALS"),
    prerelease: Prerelease::Taken("in candidate, not promoted to stable"),
    ..USUAL
};
