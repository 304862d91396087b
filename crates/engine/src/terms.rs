//! Lexical units: how text, code and questions become the terms that are indexed and compared.
//!
//! A *word* is a maximal run of letters, digits and `_`. A word gives
//! 1. its **parts**: cut at `_`, at `aB`, at `ABc` before the `B`, and between letters and digits;
//!    each part lower-cased and stemmed (Snowball English, Porter 2001), stop words left out;
//! 2. where it has two or more parts, the **compound**: all parts joined, lower-case and stemmed as
//!    one word, so that `getUserById`, `get_user_by_id` and `GET_USER_BY_ID` are one term, and
//!    `urlEncoded` is also the plain word `urlencoded`.
//!
//! Scripts without spaces (Han, Kana, Hangul, Thai) give overlapping character pairs.
//! The same function reads documents and questions, so that what is written alike meets.

use std::cell::RefCell;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;

/// Words longer than this many bytes are data (hashes, base64), not language; they are left out.
const WORD_BYTES_MAX: usize = 64;
/// Parts longer than this many bytes are left out, for the same reason.
const PART_BYTES_MAX: usize = 32;
/// The stem cache of a thread is emptied at this many entries, to bound memory.
const STEM_CACHE_MAX: usize = 100_000;

/// English words that say nothing about the subject, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "both", "but", "by", "can", "could", "did", "do", "does",
    "doing", "done", "during", "each", "either", "etc", "ever", "every", "few", "for", "from",
    "further", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "however",
    "i", "if", "in", "into", "is", "it", "its", "itself", "just", "like", "may", "me", "might",
    "more", "most", "much", "must", "my", "neither", "no", "nor", "of", "off", "often", "on",
    "once", "one", "only", "or", "other", "our", "over", "own", "same", "shall", "she", "should",
    "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "through", "to", "too", "us", "very", "was", "we", "were", "what", "when",
    "where", "whether", "which", "while", "who", "whom", "why", "will", "with", "within", "would",
    "you", "your",
];

/// The longest stop words have this many bytes.
const STOP_WORD_BYTES_MAX: usize = 7;

/// Whether `word` (lower-case) is a stop word.
pub fn is_stop_word(word: &str) -> bool {
    word.len() <= STOP_WORD_BYTES_MAX && STOP_WORDS.binary_search(&word).is_ok()
}

/// A 32-bit hash of a term (FNV-1a, 64 bits folded), the form in which records hold terms.
///
/// Two of the few dozen terms of a question and the few hundred of a passage collide with a
/// probability of about 1e-6, which ranking can bear.
pub fn hash(term: &str) -> u32 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for &byte in term.as_bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (state ^ (state >> 32)) as u32
}

/// The word under which a term stands in the full-text index: its hash, in hexadecimal.
///
/// Index and records then speak of the same units, and the frequency of any term of a record can
/// be looked up.
pub fn key(term_hash: u32) -> String {
    let mut key = String::with_capacity(8);
    push_key(&mut key, term_hash);
    key
}

/// Appends the [`key`] of a term.
pub fn push_key(target: &mut String, term_hash: u32) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |at: u32| char::from(DIGITS[(term_hash >> (28 - 4 * at)) as usize & 0xf]);
    target.extend((0..8).map(digit));
}

/// Joins neighbouring words to the term that they would be as one word.
pub fn joined(words: &[&str]) -> String {
    with_stem(&words.concat(), str::to_owned)
}

/// What a term was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermKind {
    /// One stemmed part of a word, or a whole simple word.
    Part,
    /// All parts of a compound word together.
    Compound,
}

/// Calls `take` with each term of `text`, in order of position.
pub fn each_term(text: &str, mut take: impl FnMut(&str, TermKind)) {
    let mut compound = String::new();
    each_word(text, |word| {
        if !word.is_ascii() && word.chars().any(is_unspaced_script) {
            each_pair(word, |pair| take(pair, TermKind::Part));
            return;
        }
        compound.clear();
        let mut parts = 0;
        each_part(word, |part| {
            parts += 1;
            let start = compound.len();
            push_lower_case(&mut compound, part);
            let lower = &compound[start..];
            if is_informative(lower) {
                with_stem(lower, |stem| take(stem, TermKind::Part));
            }
        });
        if parts >= 2 {
            with_stem(&compound, |stem| take(stem, TermKind::Compound));
        }
    });
}

/// Calls `take` with each word of `text`: maximal runs of letters, digits and `_`.
pub fn each_word<'t>(text: &'t str, mut take: impl FnMut(&'t str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && is_word_byte(bytes[at]) {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let run = &text[start..at];
        if run.is_ascii() {
            if run.len() <= WORD_BYTES_MAX {
                take(run);
            }
            continue;
        }
        run.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty() && word.len() <= WORD_BYTES_MAX)
            .for_each(&mut take);
    }
}

/// Bytes of a word: ASCII letters, digits, `_`, and every byte of a non-ASCII character, so that
/// a run always starts and ends on character boundaries.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Calls `take` with the parts of one word; parts are sub-slices, case kept.
pub fn each_part<'w>(word: &'w str, mut take: impl FnMut(&'w str)) {
    let mut start = 0;
    let mut before = Class::Separator;
    let mut characters = word.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let class = Class::of(character);
        let next = characters.peek().map_or(Class::Separator, |&(_, c)| Class::of(c));
        let cut = match (before, class) {
            (Class::Separator, _) => {
                start = at;
                false
            }
            (_, Class::Separator) => true,
            (Class::Lower, Class::Upper) => true,
            (Class::Upper, Class::Upper) => next == Class::Lower,
            (Class::Digit, Class::Lower | Class::Upper)
            | (Class::Lower | Class::Upper, Class::Digit) => true,
            _ => false,
        };
        if cut && start < at {
            take(&word[start..at]);
            start = at;
        }
        before = class;
    }
    if before != Class::Separator && start < word.len() {
        take(&word[start..]);
    }
}

/// Whether a lower-case part is worth a term.
fn is_informative(part: &str) -> bool {
    (part.len() >= 2 || part.as_bytes()[0].is_ascii_digit())
        && part.len() <= PART_BYTES_MAX
        && !is_stop_word(part)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Separator,
}

impl Class {
    fn of(character: char) -> Self {
        if character.is_ascii_lowercase() {
            Self::Lower
        } else if character.is_ascii_uppercase() {
            Self::Upper
        } else if character.is_ascii_digit() {
            Self::Digit
        } else if character == '_' {
            Self::Separator
        } else if character.is_uppercase() {
            Self::Upper
        } else if character.is_numeric() {
            Self::Digit
        } else {
            Self::Lower
        }
    }
}

fn push_lower_case(target: &mut String, part: &str) {
    if part.is_ascii() {
        target.extend(part.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        target.extend(part.chars().flat_map(char::to_lowercase));
    }
}

fn is_unspaced_script(character: char) -> bool {
    matches!(character as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF
        | 0x20000..=0x2FA1F)
}

/// Overlapping pairs of characters; a single character stands alone.
fn each_pair(word: &str, mut take: impl FnMut(&str)) {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    if starts.len() == 1 {
        take(word);
    }
    for window in 0..starts.len().saturating_sub(1) {
        let end = starts.get(window + 2).copied().unwrap_or(word.len());
        take(&word[starts[window]..end]);
    }
}

thread_local! {
    static STEMS: RefCell<StemCache> = RefCell::new(StemCache {
        stemmer: Stemmer::create(Algorithm::English),
        stems: FxHashMap::default(),
    });
}

struct StemCache {
    stemmer: Stemmer,
    stems: FxHashMap<Box<str>, Box<str>>,
}

/// Stems one lower-case word and hands the stem to `take`; non-ASCII words stay as they are.
fn with_stem<R>(word: &str, take: impl FnOnce(&str) -> R) -> R {
    if word.len() <= 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return take(word);
    }
    STEMS.with_borrow_mut(|cache| {
        if let Some(stem) = cache.stems.get(word) {
            return take(stem);
        }
        if STEM_CACHE_MAX <= cache.stems.len() {
            cache.stems.clear();
        }
        let stem: Box<str> = cache.stemmer.stem(word).into();
        let result = take(&stem);
        cache.stems.insert(word.into(), stem);
        result
    })
}

/// The terms of `text` as a list, for questions and tests.
pub fn terms_of(text: &str) -> Vec<(String, TermKind)> {
    let mut terms = Vec::new();
    each_term(text, |term, kind| terms.push((term.to_owned(), kind)));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        let terms: Vec<String> = terms_of(text).into_iter().map(|(term, _)| term).collect();
        assert_eq!(terms.join(" "), expected, "{text:?}");
    }

    #[test]
    fn words_become_parts_and_compounds() {
        check("getUserById", "get user id getuserbyid");
        check("get_user_by_id", "get user id getuserbyid");
        check("HTTPServer2", "http server 2 httpserver2");
        check("XMLHttpRequest", "xml http request xmlhttprequest");
        check("how are archives named", "archiv name");
        check("__init__", "init");
        check("a_b", "ab");
        check("rfc3339 → 'x'", "rfc 3339 rfc3339");
        check("naïve Straße", "naïve straße");
        check("検索エンジン", "検索 索エ エン ンジ ジン");
        check("", "");
        check("___", "");
    }

    #[test]
    fn data_is_not_language() {
        check(&"a1".repeat(40), "");
    }

    #[test]
    fn tables_are_as_their_readers_expect() {
        assert!(STOP_WORDS.is_sorted());
        let longest = STOP_WORDS.iter().map(|word| word.len()).max();
        assert_eq!(longest, Some(STOP_WORD_BYTES_MAX));
        assert_eq!(key(0x0120_cdef), "0120cdef");
    }

    proptest! {
        #[test]
        fn any_text_gives_lower_case_terms_without_spaces(text in "\\PC{0,80}") {
            for (term, _) in terms_of(&text) {
                prop_assert!(!term.is_empty() && !term.contains(char::is_whitespace));
            }
        }
    }
}
