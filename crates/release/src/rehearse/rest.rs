//! How the interface of a GitHub host spells what it answers.

use serde_json::{Value, json};

use crate::rehearse::Answer;

/// An answer as the interface gives it.
pub(super) fn json_answer(status: u16, value: &Value) -> Answer {
    Answer::json(status, value)
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-ratelimit-remaining", "4999")
        .with("x-oauth-scopes", "repo")
}

/// A refusal as the interface spells it.
pub(super) fn problem(status: u16, message: &str) -> Answer {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest"});
    json_answer(status, &body)
}
