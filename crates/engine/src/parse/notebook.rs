//! Jupyter notebooks: JSON whose cells hold prose and program text, a string for each line.
//!
//! The strings of all code cells are read as one program, those of each Markdown cell as prose,
//! and what is found is put back to where it stands in the JSON text. Cells are the best places
//! to cut. Lines that are commands to the notebook (`%time`, `!pip`) count as comments.

use std::collections::BTreeMap;

use tree_sitter::{Node, Tree};

use crate::language::Language;
use crate::passage::{Cut, Definition, Outline, SymbolKind};
use crate::text::{LineIndex, Span};

use super::outline as outline_of;
use super::parts::{Part, merge, nest};
use super::walk::floor_boundary;

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

/// The outline of a notebook, from the syntax tree of its JSON text.
pub(super) fn outline(text: &str, tree: &Tree) -> Outline {
    let cells = cells(text, tree);
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

/// Finds the cells in the syntax tree of the JSON text.
fn cells(text: &str, tree: &Tree) -> Cells {
    let mut cells = Cells { language: Language::Python, list: Vec::new() };
    let root = tree.root_node();
    let Some(notebook) = children(root).into_iter().find(|node| node.kind() == "object") else {
        return cells;
    };
    for cell in value(text, notebook, "cells").map(children).unwrap_or_default() {
        let kind = match value(text, cell, "cell_type").map(|kind| inside(kind).of(text)) {
            Some("code") => Cell::Code,
            Some("markdown") => Cell::Prose,
            _ => continue,
        };
        let Some(source) = value(text, cell, "source") else { continue };
        let lines = if source.kind() == "array" { children(source) } else { vec![source] };
        let strings = lines.into_iter().filter(|line| line.kind() == "string").map(inside);
        cells.list.push((kind, cell.start_byte() as u32, strings.collect()));
    }
    let language = value(text, notebook, "metadata")
        .and_then(|metadata| value(text, metadata, "kernelspec"))
        .and_then(|kernel| value(text, kernel, "language"))
        .and_then(|language| Language::from_name(inside(language).of(text)));
    cells.language = language.unwrap_or(cells.language);
    cells
}

/// The named children of a node.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).collect()
}

/// The value of a key of an object.
fn value<'tree>(text: &str, object: Node<'tree>, key: &str) -> Option<Node<'tree>> {
    let mut cursor = object.walk();
    let pair = object.named_children(&mut cursor).find(|pair| {
        pair.child_by_field_name("key").is_some_and(|own| inside(own).of(text) == key)
    })?;
    pair.child_by_field_name("value")
}

/// A string without its quotes; anything else as it is.
fn inside(node: Node<'_>) -> Span {
    let (start, end) = (node.start_byte() as u32, node.end_byte() as u32);
    if node.kind() == "string" && start + 2 <= end {
        Span::new(start + 1, end - 1)
    } else {
        Span::new(start, end)
    }
}

/// A text made of pieces of another, and where its bytes stand there.
#[derive(Default)]
struct Excerpt {
    text: String,
    /// Offsets in `text` with the offset of the same byte in the whole, both rising.
    steps: Vec<(u32, u32)>,
}

impl Excerpt {
    /// Says that what is pushed next stands at `offset` of the whole.
    fn step(&mut self, offset: u32) {
        self.steps.push((self.text.len() as u32, offset));
    }

    /// The offset in the whole of a byte of the excerpt.
    fn offset(&self, at: u32) -> u32 {
        let step = self.steps.partition_point(|&(own, _)| own <= at).checked_sub(1);
        step.map_or(0, |step| self.steps[step].1 + (at - self.steps[step].0))
    }

    /// The span in the whole of a span of the excerpt.
    fn span(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        if span.is_empty() {
            return Span::new(start, start);
        }
        Span::new(start, (self.offset(span.end - 1) + 1).max(start))
    }

    /// A definition of the excerpt as one of `whole`.
    fn definition(&self, whole: &str, definition: Definition) -> Definition {
        let fit = |span: Span| {
            let span = self.span(span);
            let end = whole.len() as u32;
            let start = floor_boundary(whole, span.start.min(end));
            Span::new(start, floor_boundary(whole, span.end.min(end)).max(start))
        };
        Definition {
            span: fit(definition.span),
            signature: fit(definition.signature),
            docs: definition.docs.map(fit),
            ..definition
        }
    }
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
