//! From text to [`Outline`]: the named parts of a document, its mentions, comments and cuts.
//!
//! Programs, JSON and TOML are parsed with tree-sitter and walked once (`walk`), led by one
//! description for each language (`grammars`); notebooks are JSON whose cells are parsed again.
//! Markdown, HTML and YAML are read with libraries outside of tree-sitter, style sheets and other
//! prose with parsers of our own; `ARCHITECTURE.md` gives the reasons. Text in an unknown language
//! gets cuts from its blank lines and indentation.
//!
//! Parsing never fails and never takes long: a text that is too large, or that makes the parser
//! work too hard, is treated as text in an unknown language. The limit counts the parser's steps
//! and not the clock, so that the same text has the same outline on every machine.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::language::Language;
use crate::passage::Outline;

use self::grammar::Table;

mod lines;
mod grammar;
mod grammars;
mod walk;
mod parts;
mod prose;
mod markdown;
mod yaml;
mod css;
mod html;
mod notebook;
#[cfg(test)]
pub(crate) mod samples;

pub(crate) use lines::is_closing;

/// Larger texts are not parsed: they are data, whatever their name says.
pub const PARSED_BYTES_MAX: usize = 2 << 20;

/// The parser reports progress once in so many steps, and the reports are the limit of its work:
/// one for each so many bytes.
///
/// Real programs need one for each 38 bytes at most (6,900 files in 20 languages); the error
/// recovery of a bad text may need thousands of steps for each byte.
const BYTES_PER_REPORT_MIN: usize = 16;

/// The reports that the smallest text may need.
const REPORTS_MIN: usize = 1_000;

/// The parser reads the text in pieces of this size, so that reading can be counted.
const CHUNK_BYTES: usize = 1 << 10;

/// Each piece may be read so many times; real programs need up to 21.
const READS_PER_CHUNK_MAX: usize = 64;

/// The reads that the smallest text may need.
const READS_MIN: usize = 1_000;

/// A text of data with more keys than this at its outer levels is a table, and its keys are data.
const KEYS_MAX: usize = 5_000;

/// Finds the structure of a text.
///
/// Never fails: where the text does not follow the grammar, the parts that do are found.
/// Definitions, references, cuts and comments are in order of position.
pub fn outline(language: Language, text: &str) -> Outline {
    if text.len() > PARSED_BYTES_MAX {
        return lines::outline(text);
    }
    let mut outline = match language {
        Language::Markdown => markdown::outline(text),
        Language::Prose => prose::outline(text),
        Language::Yaml => yaml::outline(text),
        Language::Css => css::outline(text),
        Language::Html => html::outline(text),
        Language::Notebook => match tree_of(Language::Json, text) {
            Some((tree, _)) => notebook::outline(text, &tree),
            None => lines::outline(text),
        },
        _ => match tree_of(language, text) {
            Some((tree, table)) => walk::collect(text, &tree, table),
            None => lines::outline(text),
        },
    };
    let is_data = matches!(language, Language::Json | Language::Yaml | Language::Toml);
    if is_data && outline.definitions.len() > KEYS_MAX {
        outline.definitions.clear();
    }
    protect_signatures(&mut outline);
    outline
}

/// The syntax tree of a text; `None` without a grammar or when the parser gave up.
fn tree_of(language: Language, text: &str) -> Option<(Tree, &'static Table)> {
    let table = grammars::table(language)?;
    let bytes = if table.grammar.ascii_only && !text.is_ascii() {
        let letter = |byte: u8| if byte.is_ascii() { byte } else { b'x' };
        Cow::Owned(text.bytes().map(letter).collect())
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    let tree = grammars::with_parser(language, table, |parser| parse(parser, &bytes))??;
    Some((tree, table))
}

/// Parses within the limit of work: the steps of the parser, and the bytes that it reads, which
/// for a scanner that looks for an end that is not there may be the whole text at every step.
fn parse(parser: &mut Parser, bytes: &[u8]) -> Option<Tree> {
    let reads_max = READS_MIN + bytes.len() / CHUNK_BYTES * READS_PER_CHUNK_MAX;
    let reports_max = REPORTS_MIN + bytes.len() / BYTES_PER_REPORT_MIN;
    let reads = Cell::new(0);
    let mut reports = 0;
    let mut limit = |_: &tree_sitter::ParseState| {
        reports += 1;
        let is_too_much = reports > reports_max || reads.get() > reads_max;
        if is_too_much { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut read = |at: usize, _| {
        reads.set(reads.get() + 1);
        let end = if reads.get() > reads_max { at } else { at + CHUNK_BYTES };
        bytes.get(at..end.min(bytes.len())).unwrap_or_default()
    };
    let options = ParseOptions::new().progress_callback(&mut limit);
    let tree = parser.parse_with_options(&mut read, None, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    tree.filter(|_| reads.get() <= reads_max)
}

/// Removes the cuts between the start of a definition and the end of its signature or docstring.
fn protect_signatures(outline: &mut Outline) {
    let mut protected: Vec<(u32, u32)> = outline
        .definitions
        .iter()
        .map(|definition| {
            let docs_end = definition.docs.map_or(0, |docs| docs.end);
            (definition.span.start, definition.signature.end.max(docs_end))
        })
        .collect();
    protected.sort_unstable();
    let mut next = 0;
    let mut end = 0;
    outline.cuts.retain(|cut| {
        while next < protected.len() && protected[next].0 < cut.offset {
            end = end.max(protected[next].1);
            next += 1;
        }
        end <= cut.offset
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Definition;
    use crate::text::LineIndex;

    /// Checks the definitions of a text against a listing, one line for each:
    /// `first-last   kind (owner)name `signature` docs`, indented by depth.
    pub(super) fn check(language: Language, text: &str, expected: &str) {
        let outline = outline(language, text);
        let found: Vec<String> = outline
            .definitions
            .iter()
            .map(|definition| listed(text, &outline, definition))
            .collect();
        let expected: Vec<&str> = expected.lines().map(str::trim_start).collect();
        assert_eq!(found.join("\n"), expected.join("\n"), "{}", language.name());
    }

    #[test]
    fn every_language_has_its_sample() {
        for (language, text, expected) in samples::samples() {
            let (listing, names) = expected.split_once("\n= ").expect("a sample lists references");
            check(language, text, listing);
            let outline = outline(language, text);
            let found: Vec<&str> =
                outline.references.iter().map(|reference| reference.name.as_str()).collect();
            let names = names.replace("\n= ", " ");
            assert_eq!(found.join(" "), names, "{}", language.name());
        }
    }

    /// The characters of docs that a listing shows.
    const DOCS_SHOWN: usize = 24;

    fn listed(text: &str, outline: &Outline, definition: &Definition) -> String {
        let (first, last) = LineIndex::new(text).lines_of(definition.span);
        let mut depth = 0;
        let mut parent = definition.parent;
        while let Some(at) = parent {
            depth += 1;
            parent = outline.definitions[at as usize].parent;
        }
        let one_line = |part: &str| part.replace('\n', "⏎");
        let owner = definition.owner.as_ref().map_or(String::new(), |owner| format!("({owner})"));
        let docs = definition.docs.map_or(String::new(), |docs| {
            let shown: String = docs.of(text).chars().take(DOCS_SHOWN).collect();
            format!(" {}", one_line(&shown))
        });
        let signature = one_line(definition.signature.of(text));
        let (kind, name) = (definition.kind.name(), &definition.name);
        format!("{first}-{last} {}{kind} {owner}{name} `{signature}`{docs}", "  ".repeat(depth))
    }
}
