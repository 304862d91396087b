//! YAML, read with `saphyr-parser`: the keys of the two outer levels of mappings are names.
//!
//! A key goes on until the next key that is no deeper. The parser says in which lines keys and
//! texts stand; the lines of comments, which it leaves out, are found between them, and those
//! directly above a key are its docs. Where the text is no YAML (the templates of many tools have
//! `{{ … }}` on lines of their own), reading starts anew at the next line without indentation.

use saphyr_parser::{Event, Parser, Span as Place};

use crate::passage::{Outline, SymbolKind};
use crate::text::{LineIndex, Span};

use super::lines;
use super::parts::{Part, nest};
use super::walk::trimmed;

/// The levels whose keys are names to look for.
const LEVELS: usize = 2;

/// Reading starts anew so many times; each may read the whole rest of the text.
const RESTARTS_MAX: usize = 64;

/// The outline of a YAML text.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader {
        text,
        lines: LineIndex::new(text),
        open: Vec::new(),
        keys: Vec::new(),
        texts: Vec::new(),
    };
    let mut line = 1;
    for _ in 0..=RESTARTS_MAX {
        let Some(stopped) = reader.read(line) else { break };
        let Some(next) = reader.outer_line_after(stopped) else { break };
        line = next;
    }
    reader.finish()
}

/// A collection that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Sequence,
    /// A mapping whose next node is a key.
    Key,
    /// A mapping whose next node is the value of a key.
    Value,
}

struct Reader<'a> {
    text: &'a str,
    lines: LineIndex,
    open: Vec<Open>,
    /// The level, line and name of each key, in order.
    keys: Vec<(u16, u32, String)>,
    /// The first and the last line of each text of several lines, in order.
    texts: Vec<(u32, u32)>,
}

impl Reader<'_> {
    /// Reads from a line on; returns the line where the parser found an error.
    fn read(&mut self, first: u32) -> Option<u32> {
        self.open.clear();
        let rest = &self.text[self.lines.start_of(first) as usize..];
        for event in Parser::new_from_str(rest) {
            match event {
                Ok((event, place)) => self.take(&event, place, first - 1),
                Err(error) => return Some(first - 1 + error.marker().line() as u32),
            }
        }
        None
    }

    /// Takes note of an event; `before` lines stand above the text that the parser sees.
    fn take(&mut self, event: &Event<'_>, place: Place, before: u32) {
        let first = before + place.start.line() as u32;
        match event {
            Event::MappingStart(..) => self.open.push(Open::Key),
            Event::SequenceStart(..) => self.open.push(Open::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.end_node();
            }
            Event::Scalar(words, ..) => {
                if self.open.last() == Some(&Open::Key) {
                    self.key(words, first);
                }
                let ends_in_line = u32::from(place.end.col() > 0);
                let last = before + place.end.line() as u32 + ends_in_line - 1;
                if first < last {
                    self.texts.push((first, last));
                }
                self.end_node();
            }
            Event::Alias(_) => self.end_node(),
            _ => {}
        }
    }

    /// Says that a whole node of the innermost collection was read.
    fn end_node(&mut self) {
        if let Some(open) = self.open.last_mut() {
            *open = match *open {
                Open::Sequence => Open::Sequence,
                Open::Key => Open::Value,
                Open::Value => Open::Key,
            };
        }
    }

    /// Takes note of a key, unless it is deep, in a list, or not the first of its line.
    fn key(&mut self, name: &str, line: u32) {
        let is_outer = self.open.len() <= LEVELS && !self.open.contains(&Open::Sequence);
        let is_first = self.keys.last().is_none_or(|&(_, last, _)| last < line);
        if is_outer && is_first && !name.trim().is_empty() {
            self.keys.push((self.open.len() as u16 - 1, line, name.to_owned()));
        }
    }

    /// The first line below `line` that starts with a letter or digit and not with white space.
    fn outer_line_after(&self, line: u32) -> Option<u32> {
        let rest = &self.text[self.lines.start_of(line + 1) as usize..];
        let mut lines = (line + 1..).zip(rest.split_inclusive('\n'));
        lines.find(|(_, line)| line.starts_with(char::is_alphanumeric)).map(|(number, _)| number)
    }

    /// The comment lines outside of texts, with the number of each.
    fn comments(&self) -> Vec<(u32, Span)> {
        let mut comments = Vec::new();
        let (mut offset, mut next) = (0, 0);
        for (at, line) in self.text.split_inclusive('\n').enumerate() {
            let number = at as u32 + 1;
            while next < self.texts.len() && self.texts[next].1 < number {
                next += 1;
            }
            let in_text = self.texts.get(next).is_some_and(|&(first, _)| first < number);
            let end = offset + line.len() as u32;
            if !in_text && line.trim_start().starts_with('#') {
                comments.push((number, trimmed(self.text, Span::new(offset, end))));
            }
            offset = end;
        }
        comments
    }

    fn finish(self) -> Outline {
        let comments = self.comments();
        let parts = self.keys.iter().map(|(level, line, name)| {
            let signature = trimmed(self.text, self.lines.span_of(*line, *line));
            let above = comments.partition_point(|(number, _)| number < line);
            let docs = docs(&comments[..above], *line);
            Part::new(*level, SymbolKind::Key, name.trim(), signature).with_docs(docs)
        });
        let definitions = nest(self.text, parts.collect());
        let comments = comments.into_iter().map(|(_, span)| span).collect();
        Outline { definitions, cuts: lines::cuts(self.text), comments, references: Vec::new() }
    }
}

/// The run of comments that ends on the line above `line`.
fn docs(above: &[(u32, Span)], line: u32) -> Option<Span> {
    let mut docs: Option<Span> = None;
    let mut line = line;
    for &(number, span) in above.iter().rev() {
        if number + 1 != line {
            break;
        }
        docs = Some(Span::new(span.start, docs.map_or(span.end, |docs| docs.end)));
        line = number;
    }
    docs
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

    #[test]
    fn templates_and_quoted_keys_are_read() {
        check(
            Yaml,
            "\"a b\": {c: 1, d: 2}\n{{- if .x }}\n{{ end }}\n# Kept.\nnext:\n  'q': >\n    # no\n\n\
             # yes\nlast: &x\n  <<: *x\n  k: v\n---\nother: 1\n",
            "1-3 key a b `\"a b\": {c: 1, d: 2}`
             4-7 key next `next:` # Kept.
             6-7   key q `'q': >`
             9-13 key last `last: &x` # yes
             11-11   key << `<<: *x`
             12-13   key k `k: v`
             14-14 key other `other: 1`",
        );
    }
}
