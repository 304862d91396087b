//! CSS, SCSS and Less: what stands before each `{`.
//!
//! Selectors and at-rules of the two outer levels are definitions, `@mixin` and `@function` are
//! functions, and custom properties (`--name`, `$name`) are constants.

use crate::passage::{Cut, Outline, SymbolKind};
use crate::text::Span;

use super::parts::{Part, nest};
use super::walk::trimmed;

/// The levels whose selectors are names to look for.
const LEVELS: usize = 2;

/// The outline of a style sheet.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader { text, ..Reader::default() };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = reader.take(bytes, at);
    }
    let mut outline = Outline { comments: reader.comments, ..Outline::default() };
    outline.cuts = cuts(text, &reader.depths, &outline.comments);
    outline.definitions = nest(text, reader.parts);
    outline
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    /// For each open brace the part that it belongs to.
    open: Vec<Option<usize>>,
    parts: Vec<Part>,
    comments: Vec<Span>,
    depths: Vec<(u32, u16)>,
    /// Where the current selector or declaration starts.
    start: usize,
    /// The comment directly above it.
    lead: Option<Span>,
    parens: usize,
}

impl Reader<'_> {
    /// Reads what stands at `at`; returns the offset after it.
    fn take(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = &bytes[at..];
        match bytes[at] {
            b'/' if rest.starts_with(b"/*") => {
                let close = memchr::memmem::find(&rest[2..], b"*/");
                return self.comment(at, at + close.map_or(rest.len(), |close| close + 4));
            }
            b'/' if rest.starts_with(b"//") && self.parens == 0 => {
                return self.comment(at, at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
            }
            quote @ (b'"' | b'\'') => {
                let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let close = memchr::memchr(quote, &rest[1..line.max(1)]);
                return at + close.map_or(1, |close| close + 2);
            }
            b'(' => self.parens += 1,
            b')' => self.parens = self.parens.saturating_sub(1),
            b'{' => self.open(at),
            b'}' => self.close(at),
            b';' if self.parens == 0 => self.declaration(at),
            _ => {}
        }
        at + 1
    }

    fn comment(&mut self, start: usize, end: usize) -> usize {
        let span = Span::new(start as u32, end as u32);
        self.comments.push(span);
        if self.text[self.start..start].trim().is_empty() {
            self.lead = Some(span);
            self.start = end;
        }
        end
    }

    /// The selector or declaration that ends at `at`.
    fn prelude(&mut self, at: usize) -> (Span, Option<Span>) {
        let span = trimmed(self.text, Span::new(self.start as u32, at as u32));
        let lead = self.lead.take().filter(|lead| {
            let between = &self.text[lead.end as usize..span.start as usize];
            between.trim().is_empty() && between.matches('\n').count() <= 1
        });
        self.start = at + 1;
        self.parens = 0;
        (span, lead)
    }

    fn open(&mut self, at: usize) {
        let is_interpolation = at > 0 && self.text.as_bytes()[at - 1] == b'#';
        if is_interpolation {
            self.open.push(None);
            return;
        }
        let (span, lead) = self.prelude(at);
        let is_outer = self.open.len() < LEVELS && !span.is_empty();
        self.open.push(is_outer.then_some(self.parts.len()));
        self.depths.push((at as u32, self.open.len().min(usize::from(u16::MAX)) as u16));
        if is_outer {
            let text = span.of(self.text);
            let words: Vec<&str> = text.split_whitespace().collect();
            let (kind, name) = match words[..] {
                ["@mixin" | "@function", name, ..] => {
                    (SymbolKind::Function, name.split('(').next().unwrap_or(name).to_owned())
                }
                _ => (SymbolKind::Key, words.join(" ")),
            };
            let level = self.open.len() as u16;
            self.parts.push(Part::new(level, kind, &name, span).with_docs(lead));
        }
    }

    fn close(&mut self, at: usize) {
        self.declaration(at);
        if let Some(Some(part)) = self.open.pop() {
            self.parts[part].end = Some(at as u32 + 1);
        }
        self.depths.push((at as u32, self.open.len().min(usize::from(u16::MAX)) as u16));
    }

    /// Takes note of a custom property.
    fn declaration(&mut self, at: usize) {
        let (span, lead) = self.prelude(at);
        let Some((name, _)) = span.of(self.text).split_once(':') else { return };
        let name = name.trim();
        let is_custom = name.starts_with("--") || name.starts_with('$');
        if is_custom && self.open.len() <= LEVELS {
            let level = self.open.len() as u16 + 1;
            let mut part = Part::new(level, SymbolKind::Constant, name, span).with_docs(lead);
            part.end = Some(at as u32);
            self.parts.push(part);
        }
    }
}

/// The lines outside comments with the number of braces around them.
fn cuts(text: &str, depths: &[(u32, u16)], comments: &[Span]) -> Vec<Cut> {
    let mut cuts = super::lines::cuts(text);
    let (mut next, mut depth, mut comment) = (0, 0, 0);
    cuts.retain_mut(|cut| {
        while next < depths.len() && depths[next].0 < cut.offset {
            depth = depths[next].1;
            next += 1;
        }
        while comment < comments.len() && comments[comment].end <= cut.offset {
            comment += 1;
        }
        cut.depth = depth;
        comments.get(comment).is_none_or(|span| cut.offset <= span.start)
    });
    cuts
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Css;

    #[test]
    fn selectors_and_custom_properties_are_found() {
        check(
            Css,
            "/* Colours. */\n:root {\n  --main: red;\n}\n\n@media (min-width: 1px) {\n  \
             .a,\n  .b > c { color: url(\"//x;{\"); }\n}\n$size: 3px;\n\
             @mixin big($x) {\n  &:hover { a: #{$x}; }\n}\n",
            "1-4 key :root `:root` /* Colours. */
             3-3   constant --main `--main: red`
             6-9 key @media (min-width: 1px) `@media (min-width: 1px)`
             7-8   key .a, .b > c `.a,⏎  .b > c`
             10-10 constant $size `$size: 3px`
             11-13 function big `@mixin big($x)`
             12-12   key &:hover `&:hover`",
        );
    }
}
