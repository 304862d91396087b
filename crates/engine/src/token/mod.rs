//! Model tokens: the unit of cost and budget.
//!
//! Two vocabularies are counted exactly; a model without a public tokenizer gets a labelled
//! estimate. A text is cut into pieces ([`pieces`]) and each piece is encoded by its vocabulary
//! ([`vocabulary`]). Tables are made on first use only; that takes some milliseconds.

mod class;
mod pieces;
mod vocabulary;

use std::sync::LazyLock;

use self::pieces::Pattern;
use self::vocabulary::Vocabulary;
use crate::error::{Error, Result};

static O200K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!("o200k.vocabulary"), 0));
static CL100K: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(include_bytes!("cl100k.vocabulary"), 1));

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
            Self::O200k => count(&O200K, Pattern::O200k, text),
            Self::Cl100k => count(&CL100K, Pattern::Cl100k, text),
            Self::Claude => Self::claude_estimate(Self::O200k.count(text)),
            Self::Chars => text.len().div_ceil(4) as u32,
        }
    }

    /// The Claude estimate for a text of `o200k_tokens`: one quarter more, rounded up.
    pub fn claude_estimate(o200k_tokens: u32) -> u32 {
        (o200k_tokens * 5).div_ceil(4)
    }
}

/// Counts the o200k and the cl100k tokens of `text`, for little more than one of them costs: where
/// both patterns cut alike, which is nearly everywhere outside of words in mixed case, a piece is
/// looked up once.
pub fn count_exact(text: &str) -> (u32, u32) {
    let (o200k, cl100k) = (&*O200K, &*CL100K);
    let (mut tokens, mut tokens_cl100k) = (0, 0);
    let (mut end, mut end_cl100k) = (0, 0);
    while end < text.len() || end_cl100k < text.len() {
        let start = end.min(end_cl100k);
        let (is_cut, is_cut_cl100k) = (end == start, end_cl100k == start);
        if is_cut {
            end = pieces::piece_end(Pattern::O200k, text, start);
        }
        if is_cut_cl100k {
            end_cl100k = pieces::piece_end(Pattern::Cl100k, text, start);
        }
        if is_cut && is_cut_cl100k && end == end_cl100k {
            let (more, more_cl100k) = o200k.count_in_both(cl100k, &text[start..end]);
            tokens += more;
            tokens_cl100k += more_cl100k;
            continue;
        }
        if is_cut {
            tokens += o200k.count(&text[start..end]);
        }
        if is_cut_cl100k {
            tokens_cl100k += cl100k.count(&text[start..end_cl100k]);
        }
    }
    (tokens, tokens_cl100k)
}

fn count(vocabulary: &Vocabulary, pattern: Pattern, text: &str) -> u32 {
    let mut tokens = 0;
    pieces::each_piece(pattern, text, |piece| tokens += vocabulary.count(piece));
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Compares with another implementation, piece by piece, so that a difference shows its place.
    fn check(text: &str) {
        for (tokenizer, pattern, other) in [
            (Tokenizer::O200k, Pattern::O200k, bpe_openai::o200k_base()),
            (Tokenizer::Cl100k, Pattern::Cl100k, bpe_openai::cl100k_base()),
        ] {
            let mut pieces = Vec::new();
            pieces::each_piece(pattern, text, |piece| pieces.push(piece));
            let expected: Vec<&str> = other.split(text).collect();
            assert_eq!(pieces, expected, "{}", tokenizer.name());
            for piece in pieces {
                let expected = other.count(piece) as u32;
                assert_eq!(tokenizer.count(piece), expected, "{} {piece:?}", tokenizer.name());
            }
            assert_eq!(tokenizer.count(text), other.count(text) as u32, "{}", tokenizer.name());
        }
        let apart = (Tokenizer::O200k.count(text), Tokenizer::Cl100k.count(text));
        assert_eq!(count_exact(text), apart, "together as apart");
    }

    #[test]
    fn the_tables_are_the_published_vocabularies() {
        for (ours, other) in
            [(&*O200K, bpe_openai::o200k_base()), (&*CL100K, bpe_openai::cl100k_base())]
        {
            assert_eq!(ours.tokens(), other.bpe.num_tokens());
            for rank in 0..other.bpe.num_tokens() as u32 {
                assert_eq!(ours.token(rank), other.bpe.token_bytes(rank), "token {rank}");
            }
        }
    }

    #[test]
    fn real_text_is_counted_as_by_another_implementation() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in ["src/parse/samples.rs", "src/terms.rs", "src/token/mod.rs", "Cargo.toml"] {
            check(&std::fs::read_to_string(folder.join(file)).expect("a file of this crate"));
        }
    }

    #[test]
    fn each_alternative_of_the_patterns_is_met() {
        for text in [
            "",
            "'s 'S it'S we'RE they'Ve I'm ALL'LL he'd 'ſ x'ſ 'x '",
            "getUserById HTTPServer2 XMLHttp ABC abcD ǅungla ǅ",
            "naïve ÉCOLE École İstanbul ıŞIK ŒUVRE ʰaʰ Aʰ ʰA AʰB AʰBc 日本語ABCカナ 한국어 ไทย",
            "e\u{301}A \u{301}ABC \u{301} A\u{301}B \u{301}\u{301}x .\u{301}A",
            "1 12 123 1234567 ½ ٣٤٥٦ Ⅷ x1y2",
            "/ // ///\n/\r\n a/b/c !!!\n\n\n ...///\r/x $\n",
            "   x\n   y  \n\n  z\t\tq \t r\u{a0}\u{a0}s\u{3000}t \r\n \r  ",
            "     ",
            "\n\n \t\n   end  ",
            "🦀🦀 👩‍👩‍👧 e🦀 🏳️‍🌈x",
        ] {
            check(text);
        }
    }

    #[test]
    fn long_runs_take_no_long_time() {
        for unit in ["=", "ab", "xyzzy", " ", "é", "\n", "A", "9"] {
            check(&unit.repeat(20_000));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_counted_as_by_another_implementation(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn any_code_is_counted_as_by_another_implementation(
            text in "[a-eA-E_'./ \\n\\r\\t0-2éÉʰǅ日\u{301}ſ(){}=-]{0,200}",
        ) {
            check(&text);
        }
    }
}
