//! HTML, and what looks like it: Vue, Svelte and Astro components, templates.
//!
//! Read with `html5gum`, which splits any bytes into tags and text as browsers do. The title and
//! the headings make nested sections, as in prose. The text of `<script>` elements is parsed as
//! the language that the element names, the text of `<style>` as CSS. Everything else is cut by
//! lines and indentation; elements need not be closed or nested well.
//!
//! Ids are no names to look for: in pages as they are they are the furniture, the same everywhere.

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span as Place, Tokenizer};

use crate::language::Language;
use crate::passage::{Cut, Definition, Outline, Reference, SymbolKind};
use crate::text::Span;

use super::parts::{Part, merge, nest};
use super::walk::{NAME_BYTES_MAX, floor_boundary};
use super::{lines, outline as outline_of};

/// The level of the title, above the headings `h1` to `h6`.
const TITLE_LEVEL: u16 = 0;

/// The outline of an HTML text.
pub(super) fn outline(text: &str) -> Outline {
    let mut reader = Reader { text, ..Reader::default() };
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Place<usize>| {
        reader.take(&event, span);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(text, emitter).finish();
    reader.finish()
}

/// A start tag and those of its attributes that say something.
#[derive(Default)]
struct StartTag {
    name: String,
    start: u32,
    /// The attribute whose value comes next.
    attribute: Vec<u8>,
    lang: String,
    /// The value of `type`.
    kind: String,
}

/// An element whose text is of interest.
struct Open {
    tag: StartTag,
    /// Where its text starts.
    inside: u32,
    /// Its words, when it is a heading.
    words: String,
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    tag: StartTag,
    /// The heading, script or style that is open.
    open: Option<Open>,
    headings: Vec<Part>,
    /// What the parsers of embedded texts found.
    embedded: Outline,
    /// The embedded texts.
    spans: Vec<Span>,
    comments: Vec<Span>,
}

impl Reader<'_> {
    fn take(&mut self, event: &CallbackEvent<'_>, place: Place<usize>) {
        let start = floor_boundary(self.text, place.start as u32);
        let end = floor_boundary(self.text, place.end as u32).max(start);
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = StartTag { name: string_of(name), start, ..StartTag::default() };
            }
            CallbackEvent::AttributeName { name } => {
                (*name).clone_into(&mut self.tag.attribute);
            }
            CallbackEvent::AttributeValue { value } => match self.tag.attribute.as_slice() {
                b"lang" => self.tag.lang = string_of(value),
                b"type" => self.tag.kind = string_of(value),
                _ => {}
            },
            CallbackEvent::CloseStartTag { self_closing } => self.start(end, *self_closing),
            CallbackEvent::String { value } => {
                let open = self.open.as_mut().filter(|open| open.words.len() < NAME_BYTES_MAX);
                if let Some(open) = open.filter(|open| heading_level(&open.tag.name).is_some()) {
                    open.words.push_str(&string_of(value));
                }
            }
            CallbackEvent::EndTag { name } => {
                let closes = |open: &mut Open| open.tag.name.as_bytes() == *name;
                if let Some(open) = self.open.take_if(closes) {
                    self.close(open, start);
                }
            }
            CallbackEvent::Comment { .. } => self.comments.push(Span::new(start, end)),
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    /// Takes note of a start tag that ends before `inside`.
    fn start(&mut self, inside: u32, self_closing: bool) {
        let tag = std::mem::take(&mut self.tag);
        let is_heading = heading_level(&tag.name).is_some();
        if !self_closing && (is_heading || matches!(tag.name.as_str(), "script" | "style")) {
            self.open = Some(Open { tag, inside, words: String::new() });
        }
    }

    /// Takes note of an element whose end tag starts at `end`.
    fn close(&mut self, open: Open, end: u32) {
        let Open { tag, inside, words } = open;
        let Some(level) = heading_level(&tag.name) else {
            self.embed(&tag, Span::new(inside, end.max(inside)));
            return;
        };
        let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_wanted = level != TITLE_LEVEL || self.headings.is_empty();
        if !title.is_empty() && is_wanted {
            let signature = Span::new(tag.start, end.max(tag.start));
            self.headings.push(Part::new(level, SymbolKind::Section, &title, signature));
        }
    }

    /// Parses the text of a script or style.
    fn embed(&mut self, tag: &StartTag, span: Span) {
        let text = span.of(self.text);
        let Some(language) = embedded_language(tag).filter(|_| !text.trim().is_empty()) else {
            return;
        };
        self.spans.push(span);
        let found = outline_of(language, text);
        let moved = |inner: Span| Span::new(inner.start + span.start, inner.end + span.start);
        let definitions = found.definitions.into_iter().map(|definition| Definition {
            span: moved(definition.span),
            signature: moved(definition.signature),
            docs: definition.docs.map(moved),
            ..definition
        });
        self.embedded.definitions.extend(definitions);
        let cuts = found.cuts.into_iter();
        self.embedded.cuts.extend(cuts.map(|cut| Cut { offset: cut.offset + span.start, ..cut }));
        self.comments.extend(found.comments.into_iter().map(moved));
        let references = found.references.into_iter();
        self.embedded
            .references
            .extend(references.map(|one| Reference { offset: one.offset + span.start, ..one }));
    }

    fn finish(mut self) -> Outline {
        let end = self.text.len() as u32;
        if let Some(open) = self.open.take_if(|open| heading_level(&open.tag.name).is_none()) {
            self.close(open, end);
        }
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

/// The level of a heading or title; `None` for other elements.
fn heading_level(name: &str) -> Option<u16> {
    match name.as_bytes() {
        b"title" => Some(TITLE_LEVEL),
        &[b'h', level @ b'1'..=b'6'] => Some(u16::from(level - b'0')),
        _ => None,
    }
}

fn string_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The language of an embedded text; `None` for data and templates.
fn embedded_language(tag: &StartTag) -> Option<Language> {
    if tag.name == "style" {
        return Some(Language::Css);
    }
    let kind = tag.kind.to_ascii_lowercase();
    let says = |word: &str| kind.contains(word);
    match tag.lang.to_ascii_lowercase().as_str() {
        "tsx" | "jsx" => Some(Language::Tsx),
        "ts" | "typescript" => Some(Language::TypeScript),
        _ if says("typescript") => Some(Language::TypeScript),
        _ if kind.is_empty() || says("javascript") || says("module") || says("babel") => {
            Some(Language::JavaScript)
        }
        _ => None,
    }
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

    #[test]
    fn places_are_right_after_carriage_returns_and_other_letters() {
        check(
            Html,
            "<title>Tü &amp;\r\nx</title>\r\n<p>é\r\n<div id=\"top\" class=a>\r\n</div>\r\n\
             <script>\r\nfunction f() {}\r\n</script>\r\n<h2>é</h2>\r\n\
             <script>\r\nfunction g() {}\r\n",
            "1-11 section Tü & x `<title>Tü &amp;\r⏎x`
             7-7   function f `function f()`
             9-11   section é `<h2>é`
             11-11     function g `function g()`",
        );
    }
}
