//! JSON, with comments and trailing commas allowed.
//!
//! One pass over the bytes gives events; nothing is required to be balanced. Keys of the two
//! outer levels of objects are definitions, and a line may be cut at as deep as it is nested.

use crate::passage::{Cut, Outline, SymbolKind};
use crate::text::Span;

use super::lines::is_closing;
use super::parts::{Part, nest};

/// What the scanner comes across. Spans of strings are without the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// `{` or `[`.
    Open { is_object: bool },
    /// `}` or `]`.
    Close,
    /// A string before a colon.
    Key(Span),
    /// Any other string.
    Text(Span),
    /// `,`
    Comma,
    /// A comment.
    Comment(Span),
}

/// The levels whose keys are names to look for.
const LEVELS: usize = 2;

/// A document with more keys than this at its outer levels is a table, and its keys are data.
const KEYS_MAX: usize = 5_000;

/// Reports what stands in a text, with the offset of each event, in order.
pub(super) fn scan(text: &str, mut report: impl FnMut(u32, Event)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at as u32;
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                let inside = Span::new(start + 1, end.max(at + 1) as u32);
                at = (end + 1).min(bytes.len());
                let next = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace());
                let is_key = next == Some(&b':');
                report(start, if is_key { Event::Key(inside) } else { Event::Text(inside) });
                continue;
            }
            b'{' => report(start, Event::Open { is_object: true }),
            b'[' => report(start, Event::Open { is_object: false }),
            b'}' | b']' => report(start, Event::Close),
            b',' => report(start, Event::Comma),
            b'/' => {
                if let Some(end) = comment_end(bytes, at) {
                    report(start, Event::Comment(Span::new(start, end as u32)));
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The offset of the quote that closes the string at `at`, or the end of the line or text.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', bytes.get(end..).unwrap_or(&[])) {
        end += found;
        if bytes[end] != b'\\' {
            return end;
        }
        end += 2;
    }
    bytes.len()
}

/// The end of the comment at `at`, if one is there.
fn comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return Some(at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        let close = memchr::memmem::find(&rest[2..], b"*/");
        return Some(at + close.map_or(rest.len(), |close| close + 4));
    }
    None
}

/// The outline of a JSON text.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader { objects: Vec::new(), open: Vec::new(), parts: Vec::new() };
    let mut comments = Vec::new();
    let mut depths: Vec<(u32, u16)> = Vec::new();
    scan(text, |offset, event| {
        if let Event::Comment(span) = event {
            comments.push(span);
        }
        reader.take(text, offset, event);
        let depth = reader.objects.len().min(usize::from(u16::MAX)) as u16;
        if matches!(event, Event::Open { .. } | Event::Close) {
            depths.push((offset, depth));
        }
    });
    if reader.parts.len() > KEYS_MAX {
        reader.parts.clear();
    }
    let definitions = nest(text, reader.parts);
    Outline { definitions, cuts: cuts(text, &depths), comments, references: Vec::new() }
}

struct Reader {
    /// For each open bracket whether it is an object.
    objects: Vec<bool>,
    /// The parts whose values go on, with the number of brackets around their keys.
    open: Vec<(usize, usize)>,
    parts: Vec<Part>,
}

impl Reader {
    fn take(&mut self, text: &str, offset: u32, event: Event) {
        match event {
            Event::Open { is_object } => self.objects.push(is_object),
            Event::Close => {
                self.end_values(offset);
                self.objects.pop();
            }
            Event::Comma => self.end_values(offset),
            Event::Key(name) => {
                let depth = self.objects.len();
                let is_outer = depth <= LEVELS && self.objects.iter().all(|&is_object| is_object);
                if is_outer && self.parts.len() <= KEYS_MAX && !name.is_empty() {
                    let line_end = memchr::memchr(b'\n', &text.as_bytes()[offset as usize..]);
                    let end = line_end.map_or(text.len(), |end| offset as usize + end) as u32;
                    let signature = Span::new(offset, end.min(name.end + 1).max(offset));
                    let key = name.of(text);
                    self.open.push((depth, self.parts.len()));
                    self.parts.push(Part::new(depth as u16, SymbolKind::Key, key, signature));
                }
            }
            Event::Text(_) | Event::Comment(_) => {}
        }
    }

    /// Ends the values at this depth and deeper.
    fn end_values(&mut self, offset: u32) {
        let depth = self.objects.len();
        while let Some((_, part)) = self.open.pop_if(|(own, _)| *own >= depth) {
            self.parts[part].end = Some(offset);
        }
    }
}

/// The lines with the number of brackets around them.
fn cuts(text: &str, depths: &[(u32, u16)]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let (mut offset, mut next, mut depth) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        while next < depths.len() && depths[next].0 < offset {
            depth = depths[next].1;
            next += 1;
        }
        let content = line.trim();
        if !content.is_empty() && !is_closing(content) {
            cuts.push(Cut { offset, depth });
        }
        offset += line.len() as u32;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Json;

    #[test]
    fn keys_of_two_levels_are_found() {
        check(
            Json,
            "{\n  // why\n  \"name\": \"x\",\n  \"scripts\": {\n    \"build\": \"tsc\",\n    \
             \"deep\": { \"no\": 1 }\n  },\n  \"files\": [ { \"no\": 2 } ]\n}\n",
            "3-3 key name `\"name\"`
             4-7 key scripts `\"scripts\"`
             5-5   key build `\"build\"`
             6-6   key deep `\"deep\"`
             8-8 key files `\"files\"`",
        );
        check(Json, "[{\"a\": 1}]", "");
        check(Json, "{\"a\": {\"b\\", "1-1 key a `\"a\"`");
        check(Json, "}}}]]{{{", "");
    }
}
