//! YAML: keys at the two outer levels, found line by line.
//!
//! A key goes on until the next key that is no deeper. Comments directly above it are its docs.
//! Templates of YAML (`{{ … }}` on lines of their own) are no YAML, but have keys like it.

use crate::passage::{Outline, SymbolKind};
use crate::text::Span;

use super::lines::{self, indent_of};
use super::parts::{Part, nest};

/// Collects keys and the comments above them.
struct Reader<'a> {
    text: &'a str,
    parts: Vec<Part>,
    comments: Vec<Span>,
    /// The run of comment lines that ended on the line above.
    lead: Option<Span>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, parts: Vec::new(), comments: Vec::new(), lead: None }
    }

    /// Takes note of a comment line.
    fn comment(&mut self, span: Span) {
        self.comments.push(span);
        let start = self.lead.map_or(span.start, |lead| lead.start);
        self.lead = Some(Span::new(start, span.end));
    }

    fn key(&mut self, level: u16, name: &str, line: Span) {
        let name = name.trim().trim_matches(['"', '\'']);
        if !name.is_empty() {
            let docs = self.lead.take();
            self.parts.push(Part::new(level, SymbolKind::Key, name, line).with_docs(docs));
        }
    }

    fn finish(self) -> Outline {
        let definitions = nest(self.text, self.parts);
        let cuts = lines::cuts(self.text);
        Outline { definitions, cuts, comments: self.comments, references: Vec::new() }
    }
}

/// Each line without its end and the white space around it, with its span.
fn contents(text: &str) -> impl Iterator<Item = (&str, &str, Span)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let content = line.trim();
        let start = offset + (line.len() - line.trim_start().len()).min(line.len()) as u32;
        offset += line.len() as u32;
        let start = if content.is_empty() { offset } else { start };
        (line, content, Span::new(start, start + content.len() as u32))
    })
}

/// The outline of a YAML text.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader::new(text);
    // The indentation of the second level under the current key, and of a text block's key.
    let mut inner: Option<u16> = None;
    let mut block: Option<u16> = None;
    for (line, content, span) in contents(text) {
        let indent = indent_of(line);
        if block.is_some_and(|key| content.is_empty() || indent > key) {
            continue;
        }
        block = None;
        if content.starts_with('#') {
            reader.comment(span);
            continue;
        }
        if content.starts_with("---") || content.is_empty() {
            inner = if content.is_empty() { inner } else { None };
            reader.lead = None;
            continue;
        }
        let item = content.trim_start_matches("- ");
        if let Some((key, value)) = yaml_key(item) {
            let is_item = item.len() < content.len();
            if value.starts_with(['|', '>']) {
                block = Some(indent + (content.len() - item.len()) as u16);
            }
            if indent == 0 && !is_item {
                inner = None;
                reader.key(0, key, span);
            } else if !is_item && !reader.parts.is_empty() && *inner.get_or_insert(indent) == indent
            {
                reader.key(1, key, span);
            }
        } else if indent > 0 {
            // A list or text under the key: what is as deep as this is no key.
            inner.get_or_insert(0);
        }
        if item.len() < content.len() && indent > 0 {
            inner.get_or_insert(0);
        }
        reader.lead = None;
    }
    reader.finish()
}

/// The key and the value of `key: value`.
fn yaml_key(content: &str) -> Option<(&str, &str)> {
    if content.starts_with(['{', '[', '&', '*', '!', '%', '|', '>', '@']) {
        return None;
    }
    let at = if let Some(quote) = content.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let close = content[1..].find(quote)? + 2;
        content[close..].starts_with(':').then_some(close)?
    } else {
        content.find(": ").or_else(|| content.ends_with(':').then(|| content.len() - 1))?
    };
    Some((&content[..at], content[at + 1..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Yaml;

    #[test]
    fn keys_of_two_levels_are_found() {
        check(
            Yaml,
            "# Builds.\nname: ci\non: [push]\njobs:\n  # The tests.\n  test:\n    runs-on: x\n    \
             steps:\n      - run: |\n          a: b\n\n          c: d\n\
             \x20 lint: y\nlist:\n  - a: 1\n    b: 2\n",
            "1-2 key name `name: ci` # Builds.
             3-3 key on `on: [push]`
             4-13 key jobs `jobs:`
             5-12   key test `test:` # The tests.
             13-13   key lint `lint: y`
             14-16 key list `list:`",
        );
    }
}
