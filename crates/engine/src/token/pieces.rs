//! Cutting a text into the pieces that a vocabulary encodes one by one.
//!
//! The vocabularies define the cut by regular expressions with a look-ahead, alternatives in
//! order, each piece starting where the last ended
//! (<https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py>):
//! ```text
//! o200k   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+('s|'t|…)?
//!         [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*('s|'t|…)?
//!         \p{N}{1,3}
//!          ?[^\s\p{L}\p{N}]+[\r\n/]*
//!         \s*[\r\n]+
//!         \s+(?!\S)
//!         \s+
//! cl100k  's|'t|…
//!         [^\r\n\p{L}\p{N}]?\p{L}+
//!         \p{N}{1,3}
//!          ?[^\s\p{L}\p{N}]+[\r\n]*
//!         \s*[\r\n]+  and on as above
//! ```
//! where `'s|'t|…` is `(?i:'s|'t|'re|'ve|'m|'ll|'d)`. Each alternative is a function here that
//! does what a backtracking matcher would end up with; why it does is said where it is not plain.

use super::class::{ASCII, Class};

/// Which patterns cut the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    O200k,
    Cl100k,
}

/// Calls `take` with each piece of `text`; the pieces tile it.
pub(super) fn each_piece<'t>(pattern: Pattern, text: &'t str, mut take: impl FnMut(&'t str)) {
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(pattern, text, start);
        take(&text[start..end]);
        start = end;
    }
}

/// The end of the piece that starts at `start`, before the end of the text.
pub(super) fn piece_end(pattern: Pattern, text: &str, start: usize) -> usize {
    match pattern {
        Pattern::O200k => o200k_end(text, start),
        Pattern::Cl100k => cl100k_end(text, start),
    }
}

fn o200k_end(text: &str, start: usize) -> usize {
    let (class, after) = class_at(text, start);
    if let Some(end) = cased_word_end(text, start, class, after) {
        return contraction_end(text, end).unwrap_or(end);
    }
    let trailing = Class::NEWLINE.or(Class::SLASH);
    other_end(text, start, class, after, trailing)
}

fn cl100k_end(text: &str, start: usize) -> usize {
    if let Some(end) = contraction_end(text, start) {
        return end;
    }
    let (class, after) = class_at(text, start);
    let word = if class.is(Class::LETTER) {
        start
    } else if is_prefix(class) && is_at(text, after, Class::LETTER) {
        after
    } else {
        return other_end(text, start, class, after, Class::NEWLINE);
    };
    run_end(text, word, Class::LETTER)
}

/// Whether a word may start with one character of this class, `[^\r\n\p{L}\p{N}]`.
fn is_prefix(class: Class) -> bool {
    !class.is(Class::NEWLINE.or(Class::LETTER).or(Class::NUMBER))
}

/// The end of a word in which upper-case stands before lower-case, without its contraction.
fn cased_word_end(text: &str, start: usize, class: Class, after: usize) -> Option<usize> {
    let prefixed = is_prefix(class).then_some(after);
    let own = class.is(Class::UPPER.or(Class::LOWER)).then_some(start);
    let starts = || [prefixed, own].into_iter().flatten();
    starts()
        .find_map(|from| lower_led_end(text, from))
        .or_else(|| starts().find_map(|from| upper_led_end(text, from)))
}

/// `U*L+`, where characters without case are in both: the upper-case run gives back what the
/// lower-case run needs. If no lower-case letter follows, that is its last caseless character.
fn lower_led_end(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    let mut caseless_end = None;
    while at < text.len() {
        let (class, after) = class_at(text, at);
        if !class.is(Class::UPPER) {
            if class.is(Class::LOWER) {
                return Some(run_end(text, after, Class::LOWER));
            }
            break;
        }
        if class.is(Class::LOWER) {
            caseless_end = Some(after);
        }
        at = after;
    }
    caseless_end
}

/// `U+L*`.
fn upper_led_end(text: &str, from: usize) -> Option<usize> {
    let upper_end = run_end(text, from, Class::UPPER);
    (from < upper_end).then(|| run_end(text, upper_end, Class::LOWER))
}

/// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` in any case, if one starts at `start`.
fn contraction_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'\'') {
        return None;
    }
    let at = |offset| bytes.get(start + offset).map(u8::to_ascii_lowercase);
    let length = match (at(1)?, at(2)) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => 3,
        // The long s is an s in any case, too.
        (0xc5, Some(0xbf)) => 3,
        _ => return None,
    };
    Some(start + length)
}

/// The end of numbers, symbols and white space.
fn other_end(text: &str, start: usize, class: Class, after: usize, trailing: Class) -> usize {
    if class.is(Class::NUMBER) {
        return numbers_end(text, after);
    }
    let is_blank = text.as_bytes()[start] == b' ';
    if class.is(Class::SYMBOL) || (is_blank && is_at(text, after, Class::SYMBOL)) {
        let symbols_end = run_end(text, after, Class::SYMBOL);
        return run_end(text, symbols_end, trailing);
    }
    space_end(text, start)
}

/// The end of up to three numbers, the first of which ends at `after`.
fn numbers_end(text: &str, after: usize) -> usize {
    let mut end = after;
    for _ in 0..2 {
        if end < text.len() {
            let (class, next) = class_at(text, end);
            if !class.is(Class::NUMBER) {
                break;
            }
            end = next;
        }
    }
    end
}

/// White space ends after its last line break; without one at the end of the text; otherwise its
/// last character is left to the word behind it, unless there is nothing else.
fn space_end(text: &str, start: usize) -> usize {
    let mut at = start;
    let mut last_start = start;
    let mut break_end = None;
    while at < text.len() {
        let (class, after) = class_at(text, at);
        if !class.is(Class::SPACE) {
            break;
        }
        if class.is(Class::NEWLINE) {
            break_end = Some(after);
        }
        last_start = at;
        at = after;
    }
    match break_end {
        Some(end) => end,
        None if at == text.len() || last_start == start => at,
        None => last_start,
    }
}

/// The class of the character at `at`, and where the next one starts.
fn class_at(text: &str, at: usize) -> (Class, usize) {
    let byte = text.as_bytes()[at];
    if byte < 0x80 {
        return (ASCII[usize::from(byte)], at + 1);
    }
    let character = text[at..].chars().next().expect("the text goes on");
    (Class::of(character), at + character.len_utf8())
}

/// Whether the text goes on with a character of one of `classes`.
fn is_at(text: &str, at: usize, classes: Class) -> bool {
    at < text.len() && class_at(text, at).0.is(classes)
}

/// The end of the characters from `at` on that belong to `classes`.
fn run_end(text: &str, mut at: usize, classes: Class) -> usize {
    while at < text.len() {
        let (class, after) = class_at(text, at);
        if !class.is(classes) {
            break;
        }
        at = after;
    }
    at
}
