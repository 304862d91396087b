//! The Python Package Index.

use crate::facts::{Facts, Prerelease, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "pypi",
    title: "PyPI",
    wave: Wave::A,
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Taken("pip installs it only with --pre or by its exact version"),
    ..USUAL
};
