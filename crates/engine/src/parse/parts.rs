//! From a flat list of named parts to nested definitions.
//!
//! The line-based parsers find where parts start and how deep they are; a part that does not say
//! where it ends goes on until the next part that is no deeper.

use std::cmp::Reverse;

use super::walk::{NAME_BYTES_MAX, floor_boundary, trimmed};
use crate::passage::{Definition, SymbolKind};
use crate::text::Span;

/// A named part as a line-based parser found it.
pub(super) struct Part {
    /// How deep it is; a part holds the deeper ones that follow it.
    pub level: u16,
    pub kind: SymbolKind,
    pub name: String,
    /// Where it starts, its comments included.
    pub start: u32,
    /// Where it ends, if it says so.
    pub end: Option<u32>,
    pub signature: Span,
    pub docs: Option<Span>,
}

impl Part {
    /// A part whose signature is also its start.
    pub fn new(level: u16, kind: SymbolKind, name: &str, signature: Span) -> Self {
        let name = clipped(name).to_owned();
        Self { level, kind, name, start: signature.start, end: None, signature, docs: None }
    }

    /// Takes in the comment above.
    pub fn with_docs(mut self, docs: Option<Span>) -> Self {
        self.docs = docs;
        self.start = docs.map_or(self.start, |docs| docs.start.min(self.start));
        self
    }
}

/// A name, cut off where no name goes on.
pub(super) fn clipped(name: &str) -> &str {
    &name[..floor_boundary(name, NAME_BYTES_MAX as u32) as usize]
}

/// Nests parts, which must be in order of their starts.
pub(super) fn nest(text: &str, parts: Vec<Part>) -> Vec<Definition> {
    let mut definitions: Vec<Definition> = Vec::with_capacity(parts.len());
    let mut open: Vec<(u16, u32)> = Vec::new();
    for part in parts {
        while let Some((_, at)) = open.pop_if(|(level, at)| {
            part.level <= *level || definitions[*at as usize].span.end <= part.start
        }) {
            let span = &mut definitions[at as usize].span;
            span.end = span.end.min(part.start).max(span.start);
        }
        let parent = open.last().map(|&(_, at)| at);
        open.push((part.level, definitions.len() as u32));
        let limit = parent.map_or(text.len() as u32, |at| definitions[at as usize].span.end);
        let end = part.end.unwrap_or(limit).min(limit).max(part.start);
        let span = Span::new(part.start, end);
        let Part { name, kind, docs, .. } = part;
        let signature = trimmed(text, part.signature);
        let owner = None;
        definitions.push(Definition { name, kind, span, signature, docs, parent, owner });
    }
    for definition in &mut definitions {
        let span = &mut definition.span;
        span.end = span.start + span.of(text).trim_end().len() as u32;
        span.end = span.end.max(definition.signature.end);
    }
    definitions
}

/// Puts definitions of several parsers in order and finds their parents by position.
pub(super) fn merge(mut definitions: Vec<Definition>) -> Vec<Definition> {
    definitions.sort_by_key(|definition| (definition.span.start, Reverse(definition.span.end)));
    let mut open: Vec<(u32, u32)> = Vec::new();
    for (at, definition) in definitions.iter_mut().enumerate() {
        let span = definition.span;
        while open.pop_if(|(end, _)| *end < span.end || *end <= span.start).is_some() {}
        definition.parent = open.last().map(|&(_, parent)| parent);
        open.push((span.end, at as u32));
    }
    definitions
}
