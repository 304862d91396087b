//! Positions in a text: byte spans and line numbers.
//!
//! A [`Span`] is a half-open byte range of a document's text; lines are derived from it with a
//! [`LineIndex`]. Lines are 1-based and inclusive everywhere a person or a program sees them.
//! A line ends with `\n`; a `\r` before it belongs to the line.

/// A half-open byte range `start..end` of a document's text, `start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Makes a span; `start` must not be greater than `end`.
    pub fn new(start: u32, end: u32) -> Self {
        assert!(start <= end, "a span must not end before it starts");
        Self { start, end }
    }

    /// The length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `offset` lies inside.
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The text of the span; the span must lie on character boundaries of `text`.
    pub fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// The starts of all lines of one text, for turning offsets into lines and back.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    text_len: u32,
}

impl LineIndex {
    /// Scans `text` once; it has at most `u32::MAX` bytes (the size cap of `files` is far lower).
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        if starts.len() > 1 && starts.last() == Some(&(text.len() as u32)) {
            starts.pop();
        }
        Self { starts, text_len: text.len() as u32 }
    }

    /// The number of lines; an empty text has one empty line.
    pub fn lines(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The 1-based line that holds the byte at `offset`.
    pub fn line_at(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// The first and last line (1-based, inclusive) that `span` touches.
    pub fn lines_of(&self, span: Span) -> (u32, u32) {
        let first = self.line_at(span.start);
        let last = if span.is_empty() { first } else { self.line_at(span.end - 1) };
        (first, last)
    }

    /// The span of the lines `first..=last` (1-based), line ends included; clipped to the text.
    pub fn span_of(&self, first: u32, last: u32) -> Span {
        let start = self.start_of(first);
        Span::new(start, self.start_of(last.saturating_add(1)).max(start))
    }

    /// The offset of the start of a 1-based line; the text's length for a line after the last.
    pub fn start_of(&self, line: u32) -> u32 {
        self.starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, lines: u32, at_end: u32) {
        let index = LineIndex::new(text);
        assert_eq!(index.lines(), lines, "{text:?}");
        assert_eq!(index.line_at((text.len() as u32).saturating_sub(1)), at_end, "{text:?}");
        assert_eq!(index.span_of(1, lines), Span::new(0, text.len() as u32));
    }

    #[test]
    fn lines_are_counted_as_editors_count_them() {
        check("", 1, 1);
        check("a", 1, 1);
        check("a\n", 1, 1);
        check("a\nb", 2, 2);
        check("a\r\n\r\nb\n", 3, 3);
    }
}
