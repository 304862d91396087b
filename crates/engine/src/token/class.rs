//! What kind of character a tokenizer sees, as a set of flags.
//!
//! The split patterns of the vocabularies are written with Unicode's general categories; a
//! character's flags say which of the patterns' character classes it belongs to. ASCII is a table
//! that is made at compile time; all other characters are looked up in ranges that are made from
//! the categories once, when the first such character is met.

use std::sync::LazyLock;

/// The character classes that one character belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// `\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`: what the upper-case part of a word is made of.
    pub(super) const UPPER: Self = Self(1);
    /// `\p{Ll}\p{Lm}\p{Lo}\p{M}`: what the lower-case part of a word is made of.
    pub(super) const LOWER: Self = Self(2);
    /// `\p{L}`.
    pub(super) const LETTER: Self = Self(4);
    /// `\p{N}`.
    pub(super) const NUMBER: Self = Self(8);
    /// `\s`.
    pub(super) const SPACE: Self = Self(16);
    /// `[\r\n]`, which are also [`Self::SPACE`].
    pub(super) const NEWLINE: Self = Self(32);
    /// `/`.
    pub(super) const SLASH: Self = Self(64);
    /// `[^\s\p{L}\p{N}]`.
    pub(super) const SYMBOL: Self = Self(128);

    /// The classes of both.
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the character belongs to any of `classes`.
    pub(super) const fn is(self, classes: Self) -> bool {
        self.0 & classes.0 != 0
    }

    /// The classes of `character`.
    pub(super) fn of(character: char) -> Self {
        if character.is_ascii() {
            return ASCII[character as usize];
        }
        let code = character as u32;
        let at = RANGES.partition_point(|range| range.last < code);
        RANGES.get(at).filter(|range| range.first <= code).map_or(Self::SYMBOL, |range| range.class)
    }
}

/// The classes of the ASCII characters.
pub(super) static ASCII: [Class; 128] = {
    let mut classes = [Class::SYMBOL; 128];
    let mut code = 0;
    while code < 128 {
        classes[code as usize] = match code {
            b'A'..=b'Z' => Class::UPPER.or(Class::LETTER),
            b'a'..=b'z' => Class::LOWER.or(Class::LETTER),
            b'0'..=b'9' => Class::NUMBER,
            b'\r' | b'\n' => Class::SPACE.or(Class::NEWLINE),
            b' ' | b'\t' | 0x0b | 0x0c => Class::SPACE,
            b'/' => Class::SYMBOL.or(Class::SLASH),
            _ => Class::SYMBOL,
        };
        code += 1;
    }
    classes
};

/// A run of characters with the same classes.
struct Range {
    first: u32,
    last: u32,
    class: Class,
}

/// All characters that are not merely symbols, rising, without overlap.
static RANGES: LazyLock<Vec<Range>> = LazyLock::new(|| {
    let both = Class::UPPER.or(Class::LOWER);
    let categories = [
        (r"[\p{Lu}\p{Lt}]", Class::UPPER.or(Class::LETTER)),
        (r"\p{Ll}", Class::LOWER.or(Class::LETTER)),
        (r"[\p{Lm}\p{Lo}]", both.or(Class::LETTER)),
        (r"\p{M}", both.or(Class::SYMBOL)),
        (r"\p{N}", Class::NUMBER),
        (r"\s", Class::SPACE),
    ];
    let mut ranges: Vec<Range> = Vec::new();
    for (pattern, class) in categories {
        let parsed = regex_syntax::parse(pattern).expect("the categories have their names right");
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(characters)) =
            parsed.kind()
        else {
            unreachable!("a category is a class of characters");
        };
        ranges.extend(characters.ranges().iter().map(|range| Range {
            first: range.start() as u32,
            last: range.end() as u32,
            class,
        }));
    }
    ranges.sort_unstable_by_key(|range| range.first);
    ranges
});
