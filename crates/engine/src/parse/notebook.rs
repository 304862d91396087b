//! Jupyter notebooks: JSON whose cells hold prose and program text, a string for each line.
//!
//! The strings of all code cells are read as one program, those of each Markdown cell as prose,
//! and what is found is put back to where it stands in the JSON text. Cells are the best places
//! to cut. Lines that are commands to the notebook (`%time`, `!pip`) count as comments.

use std::collections::BTreeMap;

use crate::language::Language;
use crate::passage::{Cut, Outline, SymbolKind};
use crate::text::{LineIndex, Span};

use super::json::{self, Event};
use super::outline as outline_of;
use super::parts::{Excerpt, Part, merge, nest};

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Code,
    Prose,
}

/// The depth of a cut inside a cell, before what its own text adds.
const INNER_DEPTH: u16 = 4;

/// The depth of a cut in outputs and metadata.
const OTHER_DEPTH: u16 = 40;

/// The outline of a notebook.
pub(super) fn outline(text: &str) -> Outline {
    let cells = cells(text);
    let mut code = Excerpt::default();
    let mut headings = Vec::new();
    let mut cuts = Cuts::new(text);
    for (kind, start, strings) in &cells.list {
        cuts.add(*start, 0);
        if *kind == Cell::Code {
            append(&mut code, text, strings);
            continue;
        }
        let mut prose = Excerpt::default();
        append(&mut prose, text, strings);
        let found = outline_of(Language::Markdown, &prose.text);
        for section in found.definitions {
            let level = level_of(section.span.of(&prose.text));
            let section = prose.definition(text, section);
            let (name, signature) = (&section.name, section.signature);
            headings.push(Part::new(level, SymbolKind::Section, name, signature));
        }
        cuts.add_all(&prose, &found.cuts);
    }
    let program = outline_of(cells.language, &code.text);
    let mut definitions = nest(text, headings);
    definitions.extend(
        program.definitions.into_iter().map(|definition| code.definition(text, definition)),
    );
    cuts.add_all(&code, &program.cuts);
    let mut references = program.references;
    for reference in &mut references {
        reference.offset = code.offset(reference.offset);
    }
    let comments = program.comments.into_iter().map(|span| code.span(span)).collect();
    Outline { definitions: merge(definitions), references, cuts: cuts.finish(), comments }
}

/// The level of a Markdown heading by its mark.
fn level_of(heading: &str) -> u16 {
    heading.bytes().take_while(|&byte| byte == b'#').count().clamp(1, 6) as u16
}

/// The cells of a notebook: what each holds, where it starts, and its strings.
struct Cells {
    language: Language,
    list: Vec<(Cell, u32, Vec<Span>)>,
}

fn cells(text: &str) -> Cells {
    let mut cells = Cells { language: Language::Python, list: Vec::new() };
    let mut depth = 0usize;
    let mut in_cells = false;
    let mut keys: Vec<&str> = Vec::new();
    let mut cell: (Option<Cell>, u32, Vec<Span>) = (None, 0, Vec::new());
    json::scan(text, |offset, event| match event {
        Event::Open { .. } => {
            depth += 1;
            keys.truncate(depth);
            keys.resize(depth, "");
            if in_cells && depth == 3 {
                cell = (None, offset, Vec::new());
            }
        }
        Event::Close => {
            if in_cells && depth == 3 {
                let (kind, start, strings) = std::mem::take(&mut cell);
                cells.list.extend(kind.map(|kind| (kind, start, strings)));
            }
            depth = depth.saturating_sub(1);
        }
        Event::Key(span) => {
            if let Some(key) = keys.get_mut(depth.wrapping_sub(1)) {
                *key = span.of(text);
            }
            if depth == 1 {
                in_cells = span.of(text) == "cells";
            }
        }
        Event::Text(span) if in_cells && keys.get(2) == Some(&"source") && depth <= 4 => {
            cell.2.push(span);
        }
        Event::Text(span) if in_cells && keys.get(2) == Some(&"cell_type") && depth == 3 => {
            cell.0 = match span.of(text) {
                "code" => Some(Cell::Code),
                "markdown" => Some(Cell::Prose),
                _ => None,
            };
        }
        Event::Text(span) if depth == 3 && keys.get(2) == Some(&"language") => {
            cells.language = Language::from_name(span.of(text)).unwrap_or(cells.language);
        }
        _ => {}
    });
    cells
}

/// Appends the strings of a cell, their escapes undone.
fn append(excerpt: &mut Excerpt, text: &str, strings: &[Span]) {
    for string in strings {
        excerpt.step(string.start);
        let is_command = string.of(text).starts_with(['%', '!']);
        let mut rest = string.of(text);
        if is_command {
            excerpt.text.push_str("#!");
            rest = &rest[1..];
            excerpt.step(string.start + 1);
        }
        while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
            excerpt.text.push_str(&rest[..at]);
            let (character, len) = unescaped(&rest[at..]);
            excerpt.text.push(character);
            rest = &rest[(at + len).min(rest.len())..];
            excerpt.step(string.end - rest.len() as u32);
        }
        excerpt.text.push_str(rest);
    }
    if !excerpt.text.ends_with('\n') {
        excerpt.step(strings.last().map_or(0, |last| last.end));
        excerpt.text.push('\n');
    }
}

/// The character that an escape stands for, and the bytes that the escape takes.
fn unescaped(escape: &str) -> (char, usize) {
    let Some(kind) = escape[1..].chars().next() else { return ('\\', 1) };
    match kind {
        'n' => ('\n', 2),
        't' => ('\t', 2),
        'r' => ('\r', 2),
        'u' => {
            let code = escape.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            code.map_or(('u', 2), |code| (char::from_u32(code).unwrap_or('\u{fffd}'), 6))
        }
        other => (other, 1 + other.len_utf8()),
    }
}

/// The cuts of a notebook, at line starts of its JSON text.
struct Cuts {
    lines: LineIndex,
    depths: BTreeMap<u32, u16>,
}

impl Cuts {
    fn new(text: &str) -> Self {
        let lines = LineIndex::new(text);
        let cuts = super::lines::cuts(text);
        Self { lines, depths: cuts.iter().map(|cut| (cut.offset, OTHER_DEPTH)).collect() }
    }

    fn add(&mut self, offset: u32, depth: u16) {
        let start = self.lines.start_of(self.lines.line_at(offset));
        let own = self.depths.entry(start).or_insert(depth);
        *own = depth.min(*own);
    }

    fn add_all(&mut self, excerpt: &Excerpt, cuts: &[Cut]) {
        for cut in cuts {
            self.add(excerpt.offset(cut.offset), cut.depth.saturating_add(INNER_DEPTH));
        }
    }

    fn finish(self) -> Vec<Cut> {
        self.depths.into_iter().map(|(offset, depth)| Cut { offset, depth }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Notebook;

    #[test]
    fn cells_are_read_as_prose_and_program() {
        check(
            Notebook,
            r##"{
 "cells": [
  { "cell_type": "markdown", "source": [
    "# Title\n",
    "text"
  ] },
  { "cell_type": "code",
   "source": [
    "%time\n",
    "# Adds.\n",
    "def add(a, b=\"x\"):\n",
    "    return plus(a, b)"
   ], "outputs": [ { "text": [ "def no(): pass" ] } ] }
 ],
 "metadata": { "kernelspec": { "language": "python" } }
}
"##,
            "4-16 section Title `# Title`
             10-12   function add `def add(a, b=\\\"x\\\"):` # Adds.",
        );
    }
}
