//! What a tool says: an answer, or a refusal that the model can read and act on.

use contextlite_engine::error::Error;
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

use super::argument::Form;
use crate::outcome;
use crate::service::pool::Overload;
use crate::service::space::Refusal;

/// An answer in one of its forms.
#[derive(Debug)]
pub enum Reply {
    /// For a model.
    Text(String),
    /// For a program.
    Json(Value),
}

impl Reply {
    /// The answer in the form that was asked for; only that one is made.
    pub fn of<S: Serialize>(
        form: Form,
        text: impl FnOnce() -> String,
        wire: impl FnOnce() -> S,
    ) -> Self {
        match form {
            Form::Text => Self::Text(text()),
            Form::Json => Self::Json(
                serde_json::to_value(wire())
                    .expect("every answer is made of strings, numbers, lists and maps"),
            ),
        }
    }
}

impl From<Reply> for CallToolResult {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Text(text) => Self::success(vec![ContentBlock::text(text)]),
            Reply::Json(value) => Self::structured(value),
        }
    }
}

/// Why a tool does not answer.
#[derive(Debug)]
pub enum Refused {
    /// The call cannot be served; the sentence says why, and what to do.
    Call(String),
    /// It was not worked on to its end.
    Overload(Overload),
}

impl From<Overload> for Refused {
    fn from(overload: Overload) -> Self {
        Self::Overload(overload)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let sentence = error.to_string();
        Self::Call(match outcome::hint(&error) {
            Some(hint) => format!("{sentence}. {hint}"),
            None => sentence,
        })
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Engine(error) => error.into(),
            Refusal::Forbidden(sentence) => Self::Call(sentence),
        }
    }
}

impl Refused {
    /// The reason as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Call(sentence) => sentence.clone(),
            Self::Overload(Overload::QueueFull) => {
                "the server has too much to do; try again in a second".to_owned()
            }
            Self::Overload(Overload::Timeout(seconds)) => {
                format!("no answer within {seconds} s; the work goes on, try again later")
            }
            Self::Overload(Overload::Panicked) => {
                "the program failed on this call; other calls work".to_owned()
            }
        }
    }
}

impl From<Refused> for CallToolResult {
    fn from(refused: Refused) -> Self {
        Self::error(vec![ContentBlock::text(format!("error: {}", refused.sentence()))])
    }
}
