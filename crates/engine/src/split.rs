//! From a text and its outline to [`Passage`]s that tile it.
//!
//! # The problem
//!
//! A passage should be one thought: a function with its documentation, a few small neighbours, a
//! section of prose. Cutting is choosing line starts. Each line start has a *price* to cut there,
//! each passage a *price* for its size, and the split with the least total price is found exactly
//! by dynamic programming over line starts:
//!
//! ```text
//! best[j] = min over i < j, size(i..j) <= bytes_max of  best[i] + cut(i) + size_price(j - i)
//! ```
//!
//! # The price of a size (in [`UNIT`])
//!
//! Below the target `(1 - size/target)²`; up to the soft maximum it rises from 0 to 1 with the
//! square, and from there to the hard maximum steeply on. Only a single line may be larger.
//!
//! # The price of a cut
//!
//! * a line that the outline names as a cut: the sum of the prices of the definitions around it
//!   (cutting a function costs much, a class or section little, more when it would fit into one
//!   passage), plus a step for each level that the cut is deeper than the best cut of the same
//!   definition, plus something where it leaves next to nothing of the definition on one side,
//!   or no blank line stands above;
//! * the start and end of a definition are rewarded with its size, so that two large neighbours
//!   stay apart although they would fit together, and many small ones join;
//! * other lines, closing brackets, blank lines, and lines between documentation and signature
//!   cost so much that they are cut only where the hard maximum leaves no other choice.
//!
//! All prices are integers, so that the split is the same on every machine.

use crate::language::Language;
use crate::parse::is_closing;
use crate::passage::{Outline, Passage, SymbolKind};
use crate::text::{LineIndex, Span};

/// The sizes that passages aim at, in bytes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitLimits {
    /// Small neighbours join up to this size.
    pub target_bytes: u32,
    /// Larger passages are cut where the structure allows it.
    pub soft_bytes: u32,
    /// Only a single line is larger.
    pub hard_bytes: u32,
}

impl Default for SplitLimits {
    fn default() -> Self {
        Self { target_bytes: 1_200, soft_bytes: 2_400, hard_bytes: 4_000 }
    }
}

/// The price of a passage of no size, and the scale of all prices.
const UNIT: i64 = 1_000;

/// The price of a cut inside a function, on top of what is around it.
const CUT_IN_FUNCTION: i64 = 700;
/// The price of a cut inside the value of a constant, a field or an alias.
const CUT_IN_VALUE: i64 = 900;
/// The price of a cut inside a section or a key.
const CUT_IN_SECTION: i64 = 100;
/// The price of a cut inside a type or module.
const CUT_IN_TYPE: i64 = 50;
/// The price of a cut inside a definition that would fit into one passage.
const CUT_WHAT_FITS: i64 = 300;
/// The price of a cut that leaves next to nothing of a definition on one side.
const CUT_OFF_LITTLE: i64 = 300;
/// More than this is not next to nothing.
const LITTLE_BYTES: u32 = 300;
/// The price of each level that a cut is deeper than the best cut of the same definition.
const CUT_DEEPER: i64 = 150;
/// The deepest level that still makes a difference.
const LEVELS_MAX: i64 = 12;
/// The price of a cut without a blank line above.
const CUT_UNSPACED: i64 = 100;
/// What a cut at a border of a definition of target size or more gains.
const BORDER_REWARD: i64 = 320;
/// What a border of a type or section of target size or more gains on top.
const TYPE_BORDER_REWARD: i64 = 200;
/// The price of a cut at a line that the outline does not name.
const CUT_AT_OTHER_LINE: i64 = 6_000;
/// The price of a cut at such a line where a paragraph starts.
const CUT_AT_PARAGRAPH: i64 = 1_500;
/// The price of a cut at a blank line, before a closing bracket or within documentation.
const CUT_AT_WRONG_LINE: i64 = 20_000;

/// Cuts a text into passages.
///
/// The passages are in order, each starts at a line start, and together they hold every byte
/// exactly once; an empty text has no passage. `outline` must be of the same text.
pub fn passages(
    text: &str,
    language: Language,
    outline: &Outline,
    limits: &SplitLimits,
) -> Vec<Passage> {
    if text.is_empty() {
        return Vec::new();
    }
    let source = Source { text, lines: LineIndex::new(text), is_prose: language.is_prose() };
    let candidates = candidates(&source, outline, limits);
    let borders = cheapest_borders(text.len() as u32, &candidates, limits);
    describe(&source, outline, &borders)
}

/// The text that is cut.
struct Source<'a> {
    text: &'a str,
    lines: LineIndex,
    is_prose: bool,
}

/// A line start where the text may be cut, and the price of it.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    offset: u32,
    price: i64,
}

/// The candidates that may stand in a passage of the hard maximum; it bounds the search, which
/// looks at each pair of candidates that one passage could hold.
const CANDIDATES_PER_PASSAGE_MAX: u32 = 100;

/// All places where a cut is considered, in order; the first is the start of the text.
///
/// No two stand closer than the hard maximum allows; of those that would, the cheaper is kept.
fn candidates(source: &Source<'_>, outline: &Outline, limits: &SplitLimits) -> Vec<Candidate> {
    let lines = &source.lines;
    let end = source.text.len() as u32;
    let spacing = limits.hard_bytes / CANDIDATES_PER_PASSAGE_MAX;
    let mut cuts: Vec<Candidate> = Vec::with_capacity(outline.cuts.len());
    for cut in priced_cuts(source, outline, limits) {
        match cuts.last_mut() {
            Some(last) if cut.offset - last.offset < spacing => {
                if cut.price < last.price {
                    *last = cut;
                }
            }
            _ => cuts.push(cut),
        }
    }
    let mut candidates = Vec::with_capacity(cuts.len() + 1);
    candidates.push(Candidate { offset: 0, price: 0 });
    let mut before = 0;
    let closing = Candidate { offset: end, price: 0 };
    for cut in cuts.into_iter().filter(|cut| 0 < cut.offset).chain([closing]) {
        // Where two cuts are too far apart for one passage, any line between them will do.
        if cut.offset - before > limits.soft_bytes {
            for line in lines.line_at(before) + 1..=lines.line_at(cut.offset - 1) {
                let next = lines.start_of(line + 1);
                if before < lines.start_of(line) && next - before > spacing {
                    before = lines.start_of(line);
                    let price = price_of_line(source, line);
                    candidates.push(Candidate { offset: before, price });
                }
            }
        }
        before = cut.offset;
        if cut.offset < end {
            candidates.push(cut);
        }
    }
    candidates
}

/// The price of a cut at a line that the outline does not name: inside a long comment, string or
/// table. Where a paragraph starts, comment marks aside, it is lower.
fn price_of_line(source: &Source<'_>, line: u32) -> i64 {
    let content = |line: u32| source.lines.span_of(line, line).of(source.text).trim();
    let is_mark = |c: char| !source.is_prose && is_comment_mark(c);
    let words = |line: u32| content(line).trim_start_matches(is_mark);
    if words(line).is_empty() || is_closing(content(line)) {
        CUT_AT_WRONG_LINE
    } else if words(line - 1).is_empty() {
        CUT_AT_PARAGRAPH
    } else {
        CUT_AT_OTHER_LINE
    }
}

/// Whether a character may lead the lines of a comment.
fn is_comment_mark(c: char) -> bool {
    matches!(c, '/' | '*' | '#' | '-' | '!' | ';' | ' ')
}

/// Prices the cuts of the outline.
fn priced_cuts(source: &Source<'_>, outline: &Outline, limits: &SplitLimits) -> Vec<Candidate> {
    let around = around(outline);
    let depths = least_depths(outline, &around);
    let rewards = rewards(source, outline, limits);
    let mut next_reward = 0;
    let mut priced = Vec::with_capacity(outline.cuts.len());
    for (cut, &inside) in outline.cuts.iter().zip(&around) {
        let least = depths[inside.map_or(0, |at| at as usize + 1)];
        let deeper = i64::from(cut.depth.saturating_sub(least)).min(LEVELS_MAX);
        let spaced = is_spaced(source.text, cut.offset);
        let mut price = price_around(outline, inside, cut.offset, limits) + deeper * CUT_DEEPER;
        price += if spaced { 0 } else { CUT_UNSPACED };
        while next_reward < rewards.len() && rewards[next_reward].0 < cut.offset {
            next_reward += 1;
        }
        while next_reward < rewards.len() && rewards[next_reward].0 == cut.offset {
            price -= rewards[next_reward].1;
            next_reward += 1;
        }
        priced.push(Candidate { offset: cut.offset, price });
    }
    priced
}

/// For each cut the innermost definition that it cuts in two.
fn around(outline: &Outline) -> Vec<Option<u32>> {
    let mut next = 0;
    let mut open: Vec<u32> = Vec::new();
    let definitions = &outline.definitions;
    let mut around = Vec::with_capacity(outline.cuts.len());
    for cut in &outline.cuts {
        while next < definitions.len() && definitions[next].span.start < cut.offset {
            let start = definitions[next].span.start;
            while open.last().is_some_and(|&at| definitions[at as usize].span.end <= start) {
                open.pop();
            }
            open.push(next as u32);
            next += 1;
        }
        while open.last().is_some_and(|&at| definitions[at as usize].span.end <= cut.offset) {
            open.pop();
        }
        // The start of a definition may stand after white space on the line that is cut.
        around.push(open.last().copied());
    }
    around
}

/// The least depth of the cuts outside all definitions (first) and directly in each of them.
fn least_depths(outline: &Outline, around: &[Option<u32>]) -> Vec<u16> {
    let mut depths = vec![u16::MAX; outline.definitions.len() + 1];
    for (cut, inside) in outline.cuts.iter().zip(around) {
        let least = &mut depths[inside.map_or(0, |at| at as usize + 1)];
        *least = cut.depth.min(*least);
    }
    depths
}

/// The definitions that may enclose one another before the price of a cut stops rising.
const ENCLOSING_MAX: usize = 32;

/// What it costs to cut all definitions around a place.
fn price_around(outline: &Outline, inside: Option<u32>, offset: u32, limits: &SplitLimits) -> i64 {
    let mut price = inside.map_or(0, |at| {
        let span = outline.definitions[at as usize].span;
        let rest = offset.saturating_sub(span.start).min(span.end.saturating_sub(offset));
        CUT_OFF_LITTLE * i64::from(LITTLE_BYTES.saturating_sub(rest)) / i64::from(LITTLE_BYTES)
    });
    let mut at = inside;
    for _ in 0..ENCLOSING_MAX {
        let Some(index) = at else { break };
        let definition = &outline.definitions[index as usize];
        price += match definition.kind {
            SymbolKind::Function | SymbolKind::Method => CUT_IN_FUNCTION,
            SymbolKind::Constant | SymbolKind::Alias | SymbolKind::Field => CUT_IN_VALUE,
            SymbolKind::Section | SymbolKind::Key => CUT_IN_SECTION,
            SymbolKind::Type
            | SymbolKind::Interface
            | SymbolKind::Enum
            | SymbolKind::Module
            | SymbolKind::Implementation => CUT_IN_TYPE,
        };
        if definition.span.len() <= limits.target_bytes {
            price += CUT_WHAT_FITS;
        }
        at = definition.parent;
    }
    price
}

/// The line starts at the borders of definitions, in order, with what a cut there gains.
fn rewards(source: &Source<'_>, outline: &Outline, limits: &SplitLimits) -> Vec<(u32, i64)> {
    let lines = &source.lines;
    let mut rewards = Vec::with_capacity(2 * outline.definitions.len());
    for definition in &outline.definitions {
        let is_large_kind = !matches!(
            definition.kind,
            SymbolKind::Function | SymbolKind::Method | SymbolKind::Constant | SymbolKind::Field
        );
        let full = BORDER_REWARD + if is_large_kind { TYPE_BORDER_REWARD } else { 0 };
        let size = i64::from(definition.span.len().min(limits.target_bytes));
        let gain = full * size / i64::from(limits.target_bytes.max(1));
        let start = lines.start_of(lines.line_at(definition.span.start));
        rewards.push((start, gain));
        rewards.push((after(source, definition.span), gain));
    }
    rewards.sort_unstable();
    rewards
}

/// The start of the first line with content after a span.
fn after(source: &Source<'_>, span: Span) -> u32 {
    let Source { text, lines, .. } = source;
    let (_, last) = lines.lines_of(span);
    let start = lines.start_of(last + 1);
    let rest = &text[start as usize..];
    let blank = rest.len() - rest.trim_start().len();
    let content = start + blank as u32;
    lines.start_of(lines.line_at(content)).max(start)
}

/// Whether the line above a line start is blank, or there is none.
fn is_spaced(text: &str, offset: u32) -> bool {
    let before = text[..offset as usize].strip_suffix('\n').unwrap_or("");
    before
        .bytes()
        .rev()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
        .is_none_or(|byte| byte == b'\n')
}

/// The price of a passage of some bytes.
fn size_price(size: u32, limits: &SplitLimits) -> i64 {
    let size = i64::from(size);
    let target = i64::from(limits.target_bytes.max(1));
    let soft = i64::from(limits.soft_bytes).max(target + 1);
    let hard = i64::from(limits.hard_bytes).max(soft + 1);
    if size <= target {
        let missing = target - size;
        UNIT * missing * missing / (target * target)
    } else if size <= soft {
        let (over, room) = (size - target, soft - target);
        UNIT * over * over / (room * room)
    } else {
        UNIT + 4 * UNIT * (size - soft) / (hard - soft)
    }
}

/// The starts of the passages of the cheapest split, and the end of the text.
fn cheapest_borders(end: u32, candidates: &[Candidate], limits: &SplitLimits) -> Vec<u32> {
    let n = candidates.len();
    // best[j] and from[j] are about the text before candidate j; n stands for the end.
    let mut best = vec![i64::MAX; n + 1];
    let mut from = vec![0usize; n + 1];
    best[0] = 0;
    let mut first = 0;
    for j in 1..=n {
        let stop = candidates.get(j).map_or(end, |candidate| candidate.offset);
        // Between neighbours further apart than the hard maximum there is no line start.
        while first + 1 < j && stop - candidates[first].offset > limits.hard_bytes {
            first += 1;
        }
        for i in first..j {
            let size = stop - candidates[i].offset;
            let price = best[i].saturating_add(candidates[i].price + size_price(size, limits));
            if price < best[j] {
                best[j] = price;
                from[j] = i;
            }
        }
    }
    let mut borders = vec![end];
    let mut at = n;
    while at > 0 {
        at = from[at];
        borders.push(candidates[at].offset);
    }
    borders.reverse();
    borders
}

/// Makes passages of the borders: lines, definitions and breadcrumbs.
fn describe(source: &Source<'_>, outline: &Outline, borders: &[u32]) -> Vec<Passage> {
    let Source { text, lines, .. } = source;
    let definitions = &outline.definitions;
    let mut by_signature: Vec<u32> = (0..definitions.len() as u32).collect();
    by_signature.sort_by_key(|&at| (definitions[at as usize].signature.start, at));
    let mut next = 0;
    let mut next_open = 0;
    let mut open: Vec<u32> = Vec::new();
    let mut passages = Vec::with_capacity(borders.len());
    for pair in borders.windows(2) {
        let span = Span::new(pair[0], pair[1]);
        let (first_line, last_line) = lines.lines_of(span);
        let mut defines = Vec::new();
        while next < by_signature.len() {
            let at = by_signature[next];
            if definitions[at as usize].signature.start >= span.end {
                break;
            }
            defines.push(at);
            next += 1;
        }
        defines.sort_unstable();
        let blank = span.of(text).len() - span.of(text).trim_start().len();
        let content = span.start + blank as u32;
        while next_open < definitions.len() && definitions[next_open].span.start < content {
            open.push(next_open as u32);
            next_open += 1;
        }
        open.retain(|&at| definitions[at as usize].span.end > content);
        let breadcrumb = breadcrumb(outline, &open, content);
        passages.push(Passage { span, first_line, last_line, defines, breadcrumb });
    }
    passages
}

/// The names of the definitions around a place, outermost first.
fn breadcrumb(outline: &Outline, open: &[u32], content: u32) -> String {
    let mut names: Vec<&str> = Vec::new();
    for &at in open {
        let definition = &outline.definitions[at as usize];
        names.extend(definition.owner.as_deref());
        names.push(&definition.name);
    }
    // Whole methods stand in their type, also where that is only written before the name.
    let at = outline.definitions.partition_point(|definition| definition.span.start < content);
    if let Some(first) = outline.definitions.get(at)
        && first.span.start == content
    {
        names.extend(first.owner.as_deref());
    }
    names.join(" › ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use proptest::prelude::*;

    /// The laws that every split obeys.
    fn check_laws(text: &str, language: Language, limits: &SplitLimits) -> Vec<Passage> {
        let outline = parse::outline(language, text);
        check_outline(text, &outline);
        let passages = passages(text, language, &outline, limits);
        let mut end = 0;
        let mut defined = Vec::new();
        for passage in &passages {
            assert_eq!(passage.span.start, end, "passages follow one another");
            end = passage.span.end;
            assert!(!passage.span.is_empty(), "no passage is empty");
            let is_line = end as usize == text.len() || text.as_bytes()[end as usize - 1] == b'\n';
            assert!(is_line, "passages end at line ends");
            let one_line = passage.first_line == passage.last_line;
            assert!(one_line || passage.span.len() <= limits.hard_bytes, "only a line is larger");
            assert_eq!(LineIndex::new(text).lines_of(passage.span).0, passage.first_line);
            defined.extend(passage.defines.iter().copied());
        }
        assert_eq!(end as usize, text.len(), "every byte is in a passage");
        defined.sort_unstable();
        let all: Vec<u32> = (0..outline.definitions.len() as u32).collect();
        assert_eq!(defined, all, "every definition is defined in one passage");
        passages
    }

    fn check_outline(text: &str, outline: &Outline) {
        assert!(outline.cuts.windows(2).all(|pair| pair[0].offset < pair[1].offset));
        assert!(outline.comments.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let starts: Vec<u32> = outline.definitions.iter().map(|of| of.span.start).collect();
        assert!(starts.is_sorted(), "definitions are in order");
        assert!(outline.references.is_sorted_by_key(|reference| reference.offset));
        for cut in &outline.cuts {
            let before = text[..cut.offset as usize].bytes().next_back();
            assert!(before.is_none_or(|byte| byte == b'\n'), "cuts are line starts");
        }
        for definition in &outline.definitions {
            assert!(!definition.name.is_empty());
            let (span, signature) = (definition.span, definition.signature);
            let _ = (span.of(text), signature.of(text), definition.docs.map(|docs| docs.of(text)));
            assert!(span.start <= signature.start && signature.end <= span.end, "{definition:?}");
            let parent = definition.parent.map(|at| outline.definitions[at as usize].span);
            assert!(parent.is_none_or(|of| of.start <= span.start && span.end <= of.end));
        }
    }

    fn languages() -> impl Iterator<Item = Language> {
        (0..=u8::MAX).map_while(Language::from_number)
    }

    /// Words and marks that mean something in some language.
    const PIECES: &[&str] = &[
        "\n",
        "\n\n",
        "  ",
        "\t",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        ";",
        ":",
        ",",
        ".",
        "=",
        "=>",
        "->",
        "\"",
        "'",
        "`",
        "/*",
        "*/",
        "//",
        "#",
        "--",
        "@",
        "\\",
        "$",
        "é",
        "\r\n",
        "\"\"\"",
        "```",
        "===",
        "---",
        "fn ",
        "def ",
        "class ",
        "function ",
        "module ",
        "struct ",
        "enum ",
        "impl ",
        "end",
        "do",
        "where",
        "case ",
        "of",
        "let ",
        "const ",
        "var ",
        "type ",
        "package ",
        "import ",
        "namespace ",
        "template<",
        "public ",
        "static ",
        "name",
        "Other",
        "<h1>",
        "</h1>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "cells",
        "\"source\":",
        "key: ",
        "- ",
        "0",
        "| ",
        "instance ",
        "<?php ",
        "\u{fffd}",
        "\u{10ffff}",
        "漢字",
        "\u{2028}",
        "\0",
        "<<EOF",
        "%{",
        "r#\"",
        "${",
        "#{",
        "@doc ",
        "local ",
        "extension ",
        "object ",
        "pub ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn passages_tile_any_text(
            text in "(.|\n){0,400}",
            language in 0..29u8,
        ) {
            let language = Language::from_number(language).expect("a known number");
            check_laws(&text, language, &SplitLimits::default());
        }

        #[test]
        fn passages_tile_what_looks_like_a_program(
            pieces in proptest::collection::vec(0..PIECES.len(), 0..200),
            language in 0..29u8,
            hard in 20u32..400,
        ) {
            let text: String = pieces.iter().map(|&at| PIECES[at]).collect();
            let language = Language::from_number(language).expect("a known number");
            let (target_bytes, soft_bytes, hard_bytes) = (hard / 3, hard / 2, hard);
            let limits = SplitLimits { target_bytes, soft_bytes, hard_bytes };
            check_laws(&text, language, &limits);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn passages_tile_damaged_programs(
            sample in 0..parse::samples::samples().len(),
            other in 0..29u8,
            edits in proptest::collection::vec((0.0..1.0f64, 0usize..40, 0..PIECES.len()), 1..6),
        ) {
            let (language, text, _) = parse::samples::samples()[sample];
            let mut text = text.to_owned();
            for (place, removed, piece) in edits {
                let boundary = |mut at: usize| {
                    while !text.is_char_boundary(at) {
                        at -= 1;
                    }
                    at
                };
                let start = boundary((place * text.len() as f64) as usize);
                let end = boundary((start + removed).min(text.len())).max(start);
                text.replace_range(start..end, PIECES[piece]);
            }
            let limits = SplitLimits { target_bytes: 100, soft_bytes: 200, hard_bytes: 300 };
            check_laws(&text, language, &limits);
            let other = Language::from_number(other).expect("a known number");
            check_laws(&text, other, &SplitLimits::default());
        }
    }

    #[test]
    fn no_text_is_too_hard_for_any_parser() {
        const DEEP: usize = 2_000;
        let texts = [
            "(".repeat(DEEP),
            "{[(<".repeat(DEEP),
            "a(".repeat(DEEP) + &")".repeat(DEEP),
            "<h1><script>".repeat(DEEP),
            "\"".repeat(DEEP),
            "def f(\n".repeat(DEEP),
            "> - # ".repeat(DEEP),
            "x".repeat(50_000),
            "\n".repeat(DEEP),
            "/*".repeat(DEEP),
            "if a {\n".repeat(DEEP),
            "\u{fffd}\0\u{1}é\n".repeat(DEEP),
        ];
        for language in languages() {
            for text in &texts {
                check_laws(text, language, &SplitLimits::default());
            }
        }
    }

    /// What is far deeper, longer or more broken than any real document of these languages.
    #[test]
    fn no_data_or_prose_is_too_deep_or_too_long() {
        use Language::{Css, Html, Json, Markdown, Notebook, Prose, Toml, Yaml};
        const DEEP: usize = 100_000;
        let texts = [
            "[".repeat(DEEP),
            "{\"a\":".repeat(DEEP),
            "a={b=".repeat(DEEP),
            "- ".repeat(DEEP),
            "> ".repeat(DEEP),
            "*a_ [".repeat(DEEP),
            (0..1_500).map(|depth| " ".repeat(depth) + "- a:\n").collect(),
            "<div id=a>".repeat(DEEP),
            "<!--<script>\"".repeat(DEEP),
            "x ".repeat(DEEP * 5),
        ];
        for language in [Css, Html, Json, Markdown, Notebook, Prose, Toml, Yaml] {
            for text in &texts {
                check_laws(text, language, &SplitLimits::default());
            }
        }
    }

    fn check(language: Language, text: &str, expected: &str) {
        let limits = SplitLimits { target_bytes: 120, soft_bytes: 240, hard_bytes: 400 };
        let outline = parse::outline(language, text);
        let found: Vec<String> = check_laws(text, language, &limits)
            .iter()
            .map(|passage| {
                let names = passage
                    .defines
                    .iter()
                    .map(|&at| outline.definitions[at as usize].name.as_str());
                let names = names.collect::<Vec<_>>().join(" ");
                let Passage { first_line, last_line, breadcrumb, .. } = passage;
                format!("{first_line}-{last_line} [{breadcrumb}] {names}").trim_end().to_owned()
            })
            .collect();
        let expected: Vec<&str> = expected.lines().map(str::trim_start).collect();
        assert_eq!(found.join("\n"), expected.join("\n"));
    }

    #[test]
    fn definitions_stay_whole_and_small_ones_join() {
        check(
            Language::Rust,
            "use a::b;\n\n/// Documentation that stays with what it is about, though it is long.\n\
             #[inline]\npub fn one() -> u32 {\n    let x = 1;\n    x + 1\n}\n\nfn two() {}\n\n\
             fn three() {}\n\nimpl Thing {\n    fn four(&self) {\n        \
             self.first_step_of_a_long_function_body(1);\n        \
             self.second_step_of_it(2);\n\n        \
             if self.third() {\n            \
             self.inside_of_the_condition_that_is_long();\n            \
             self.more_inside_of_the_condition();\n        }\n\n        \
             self.the_last_step_of_the_function(3);\n    }\n}\n",
            "1-13 [] one two three
             14-18 [] Thing four
             19-26 [Thing › four]",
        );
    }

    #[test]
    fn sections_and_paragraphs_are_the_borders_of_prose() {
        check(
            Language::Markdown,
            "# Title\n\nA paragraph of text that says something about the matter at hand.\n\n\
             ## Use\n\n```sh\nfirst command --with options\n\n\
             second command --with options\n```\n\n\
             ## Build\n\nAnother paragraph of text that says how the thing is built here.\n",
            "1-12 [] Title Use
             13-15 [Title] Build",
        );
    }
}
