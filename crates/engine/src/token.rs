//! Model tokens: the unit of cost and budget.
//!
//! Two vocabularies are counted exactly; a model without a public tokenizer gets a labelled
//! estimate. Tables are loaded on first use only, because loading them takes tens of milliseconds.

use crate::error::{Error, Result};

/// A way to count the tokens of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tokenizer {
    /// OpenAI's `o200k_base` vocabulary, exact.
    #[default]
    O200k,
    /// OpenAI's `cl100k_base` vocabulary, exact.
    Cl100k,
    /// Anthropic's models since Claude 3 have no public tokenizer: 1.25 × o200k, an estimate.
    Claude,
    /// One token for each four bytes, rounded up, an estimate.
    Chars,
}

impl Tokenizer {
    /// All tokenizers, the default first.
    pub const ALL: [Self; 4] = [Self::O200k, Self::Cl100k, Self::Claude, Self::Chars];

    /// The name that faces accept and print.
    pub fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k",
            Self::Cl100k => "cl100k",
            Self::Claude => "claude",
            Self::Chars => "chars",
        }
    }

    /// Whether the count is the model's own, not an estimate.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::O200k | Self::Cl100k)
    }

    /// Finds a tokenizer by its name or by the name of a model family that uses it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] on `tokenizer` for a name that is not known.
    pub fn from_name(name: &str) -> Result<Self> {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "o200k" | "o200k_base" => Ok(Self::O200k),
            "cl100k" | "cl100k_base" => Ok(Self::Cl100k),
            "chars" | "bytes" => Ok(Self::Chars),
            _ if lower.starts_with("claude") => Ok(Self::Claude),
            _ if lower.starts_with("gpt-4o")
                || lower.starts_with("gpt-5")
                || lower.starts_with('o') =>
            {
                Ok(Self::O200k)
            }
            _ if lower.starts_with("gpt-4") || lower.starts_with("gpt-3.5") => Ok(Self::Cl100k),
            _ => Err(Error::InvalidInput {
                field: "tokenizer",
                message: format!("unknown name {name:?}; use one of o200k, cl100k, claude, chars"),
            }),
        }
    }

    /// Counts the tokens of `text`.
    pub fn count(self, text: &str) -> u32 {
        match self {
            Self::O200k => bpe_openai::o200k_base().count(text) as u32,
            Self::Cl100k => bpe_openai::cl100k_base().count(text) as u32,
            Self::Claude => Self::claude_estimate(Self::O200k.count(text)),
            Self::Chars => text.len().div_ceil(4) as u32,
        }
    }

    /// The Claude estimate for a text of `o200k_tokens`: one quarter more, rounded up.
    pub fn claude_estimate(o200k_tokens: u32) -> u32 {
        (o200k_tokens * 5).div_ceil(4)
    }
}
