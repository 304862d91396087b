//! VS Code Marketplace.

use crate::facts::{Credential, Facts, Prerelease, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "vscode",
    title: "VS Code Marketplace",
    wave: Wave::A,
    credential: Credential::SecretOrOidc("VSCE_PAT"),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Refused(
        "the marketplace knows no prerelease versions; it would use up the release's number",
    ),
    ..USUAL
};
