//! From text to [`Outline`]: the named parts of a document, its mentions, comments and cuts.
//!
//! Programs are parsed with tree-sitter and walked once (`walk`), led by one description for each
//! language (`grammars`). Prose, configuration and data have line-based parsers of their own:
//! their structure is plain, they are large, and the parsers cannot fail on them. Text in an
//! unknown language gets cuts from its blank lines and indentation.
//!
//! Parsing never fails and never takes long: a text that is too large, or that makes the parser
//! work too hard, is treated as text in an unknown language. The limit counts the parser's steps
//! and not the clock, so that the same text has the same outline on every machine.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::language::Language;
use crate::passage::Outline;

mod lines;
mod grammar;
mod grammars;
mod walk;
mod parts;
mod sections;
mod css;
mod html;
mod json;
mod keys;
mod notebook;

pub(crate) use lines::is_closing;

/// Larger texts are not parsed: they are data, whatever their name says.
pub const PARSED_BYTES_MAX: usize = 4 << 20;

/// The parser reports progress once in so many steps; the unit of the work limit.
///
/// Real programs need up to 0.02 reports for each byte; the error recovery of a bad
/// text may need thousands, each of them slow.
const REPORTS_PER_BYTE_MAX: usize = 1;

/// The reports that the smallest text may need.
const REPORTS_MIN: usize = 20_000;

/// Finds the structure of a text.
///
/// Never fails: where the text does not follow the grammar, the parts that do are found.
/// Definitions, references, cuts and comments are in order of position.
pub fn outline(language: Language, text: &str) -> Outline {
    if text.len() > PARSED_BYTES_MAX {
        return lines::outline(text);
    }
    let mut outline = match language {
        Language::Markdown => sections::markdown(text),
        Language::Prose => sections::prose(text),
        Language::Json => json::outline(text),
        Language::Yaml => keys::yaml(text),
        Language::Toml => keys::toml(text),
        Language::Css => css::outline(text),
        Language::Html => html::outline(text),
        Language::Notebook => notebook::outline(text),
        _ => program(language, text).unwrap_or_else(|| lines::outline(text)),
    };
    protect_signatures(&mut outline);
    outline
}

/// The outline of a program; `None` without a grammar or when the parser gave up.
fn program(language: Language, text: &str) -> Option<Outline> {
    let table = grammars::table(language)?;
    let tree = grammars::with_parser(language, table, |parser| parse(parser, text))??;
    Some(walk::collect(text, &tree, table))
}

/// Parses within the limit of work.
fn parse(parser: &mut Parser, text: &str) -> Option<Tree> {
    let reports_max = REPORTS_MIN.max(text.len().saturating_mul(REPORTS_PER_BYTE_MAX));
    let mut reports = 0;
    let mut limit = |_: &tree_sitter::ParseState| {
        reports += 1;
        if reports > reports_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut limit);
    let tree = parser.parse_with_options(&mut read, None, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    tree
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
