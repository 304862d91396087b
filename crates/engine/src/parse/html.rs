//! HTML, and what looks like it: Vue, Svelte and Astro components, templates.
//!
//! Headings make nested sections, as in prose. The text of `<script>` elements is parsed as the
//! language that the element names, the text of `<style>` as CSS. Everything else is cut by
//! lines and indentation; elements need not be closed or nested well.

use crate::language::Language;
use crate::passage::{Cut, Definition, Outline, SymbolKind};
use crate::text::Span;

use super::parts::{Excerpt, Part, merge, nest};
use super::{lines, outline as outline_of};

/// The outline of an HTML text.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader { text, ..Reader::default() };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', text.as_bytes().get(at..).unwrap_or(&[])) {
        at = reader.tag(at + found);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    headings: Vec<Part>,
    /// What the parsers of embedded texts found.
    embedded: Outline,
    /// The embedded texts.
    spans: Vec<Span>,
    comments: Vec<Span>,
}

impl Reader<'_> {
    /// Reads the tag at `at`; returns the offset after it.
    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if rest.starts_with("<!--") {
            let end = at + rest.find("-->").map_or(rest.len(), |close| close + 3);
            self.comments.push(Span::new(at as u32, end as u32));
            return end;
        }
        let name_len = rest[1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = rest[1..=name_len].to_ascii_lowercase();
        let Some(close) = rest.find('>').filter(|_| name_len > 0) else { return at + 1 };
        let attributes = &rest[1 + name_len..close];
        let inside = at + close + 1;
        if attributes.ends_with('/') {
            return inside;
        }
        match name.as_bytes() {
            b"script" | b"style" => self.embed(&name, attributes, inside),
            &[b'h', level @ b'1'..=b'6'] => self.heading(u16::from(level - b'0'), at, inside),
            _ => inside,
        }
    }

    /// Parses the text of a script or style; returns the offset after it.
    fn embed(&mut self, name: &str, attributes: &str, inside: usize) -> usize {
        let rest = &self.text[inside..];
        let end = find_close(rest, name).unwrap_or(rest.len());
        let language = embedded_language(name, attributes);
        if let Some(language) = language.filter(|_| !rest[..end].trim().is_empty()) {
            let mut excerpt = Excerpt::default();
            excerpt.step(inside as u32);
            rest[..end].clone_into(&mut excerpt.text);
            self.spans.push(Span::new(inside as u32, (inside + end) as u32));
            let found = outline_of(language, &excerpt.text);
            let whole = self.text;
            let definitions = found.definitions.into_iter();
            self.embedded
                .definitions
                .extend(definitions.map(|definition| excerpt.definition(whole, definition)));
            let cuts = found.cuts.into_iter();
            self.embedded
                .cuts
                .extend(cuts.map(|cut| Cut { offset: excerpt.offset(cut.offset), ..cut }));
            self.comments.extend(found.comments.into_iter().map(|span| excerpt.span(span)));
            self.embedded.references.extend(found.references.into_iter().map(|mut reference| {
                reference.offset = excerpt.offset(reference.offset);
                reference
            }));
        }
        inside + end
    }

    fn heading(&mut self, level: u16, start: usize, inside: usize) -> usize {
        let rest = &self.text[inside..];
        let Some(end) = find_close(rest, &format!("h{level}")) else { return inside };
        let title = without_tags(&rest[..end]);
        if !title.is_empty() {
            let signature = Span::new(start as u32, (inside + end) as u32);
            self.headings.push(Part::new(level, SymbolKind::Section, &title, signature));
        }
        inside + end
    }

    fn finish(self) -> Outline {
        let mut definitions: Vec<Definition> = nest(self.text, self.headings);
        definitions.extend(self.embedded.definitions);
        let mut cuts = lines::cuts(self.text);
        let mut next = 0;
        cuts.retain(|cut| {
            while next < self.spans.len() && self.spans[next].end <= cut.offset {
                next += 1;
            }
            self.spans.get(next).is_none_or(|span| cut.offset < span.start)
        });
        // Embedded text may start on the line of its tag; its own first line is no line start.
        let is_line_start =
            |offset: u32| offset == 0 || self.text.as_bytes()[offset as usize - 1] == b'\n';
        cuts.extend(self.embedded.cuts.into_iter().filter(|cut| is_line_start(cut.offset)));
        cuts.sort_unstable();
        cuts.dedup_by_key(|cut| cut.offset);
        let mut comments = self.comments;
        comments.sort_unstable();
        let references = self.embedded.references;
        Outline { definitions: merge(definitions), references, cuts, comments }
    }
}

/// Where the closing tag of an element starts.
fn find_close(rest: &str, name: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    memchr::memmem::find_iter(bytes, b"</").find(|&at| {
        let tag = bytes.get(at + 2..at + 2 + name.len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The language of an embedded text; `None` for data and templates.
fn embedded_language(name: &str, attributes: &str) -> Option<Language> {
    if name == "style" {
        return Some(Language::Css);
    }
    let attributes = attributes.to_ascii_lowercase();
    let says = |word: &str| attributes.contains(word);
    if says("tsx") || says("lang=\"jsx") {
        Some(Language::Tsx)
    } else if says("lang=\"ts") || says("lang='ts") || says("typescript") {
        Some(Language::TypeScript)
    } else if says("type=") && !says("javascript") && !says("module") && !says("babel") {
        None
    } else {
        Some(Language::JavaScript)
    }
}

/// The words of an element without the tags in it.
fn without_tags(html: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Html;

    #[test]
    fn headings_scripts_and_styles_are_found() {
        check(
            Html,
            "<h1 class=\"x\">Hello <b>you</b></h1>\n<p>a < b</p>\n<h2>Sub</h2>\n\
             <script lang=\"ts\">\n/** Runs. */\nexport function run(): void {}\n</script>\n\
             <h2>Next</h2>\n<style>.a { b: c }</style>\n\
             <script type=\"application/json\">{}</script>\n",
            "1-10 section Hello you `<h1 class=\"x\">Hello <b>you</b>`
             3-7   section Sub `<h2>Sub`
             5-6     function run `export function run(): void` /** Runs. */
             8-10   section Next `<h2>Next`
             9-9     key .a `.a`",
        );
        check(Html, "<<h1><h2></h1<script><!--", "");
    }
}
