//! VS Code Marketplace.

use crate::facts::{Credential, Facts, Prerelease, SecretEnd, USUAL, Wave};

/// What is known of it.
pub const FACTS: Facts = Facts {
    id: "vscode",
    title: "VS Code Marketplace",
    wave: Wave::A,
    credential: Credential::SecretOrOidc("VSCE_PAT"),
    secret_end: Some(SecretEnd {
        day: "2026-12-01",
        reason: "Azure DevOps retires tokens for all organisations",
        next: "use one of a single organisation, or the identity of the run (Microsoft Entra)",
    }),
    permissions: &["contents: read", "id-token: write"],
    prerelease: Prerelease::Refused(
        "the marketplace knows no prerelease versions; it would use up the release's number",
    ),
    ..USUAL
};
