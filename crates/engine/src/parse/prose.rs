//! Prose of other forms than Markdown: headings make nested sections, blank lines paragraphs.
//!
//! Known are the headings of `reStructuredText` (underlined, optionally overlined; the order in
//! which the styles appear gives their levels), `AsciiDoc` (`== heading`), Org (`* heading`),
//! LaTeX (`\section{heading}`) and manual pages (`.SH heading`): a file does not say which it is.

use crate::passage::{Cut, Outline, SymbolKind};
use crate::text::Span;

use super::parts::{Part, nest};
use super::walk::trimmed;

/// A heading is cut at its level; levels are below this.
pub(super) const LEVELS: u16 = 8;

/// Items of a list that no blank line separates are cut here.
const LIST_ITEM_DEPTH: u16 = LEVELS + 1;

/// A line of a text, and where it starts.
#[derive(Clone, Copy)]
struct Line<'a> {
    offset: u32,
    /// Without its line end.
    text: &'a str,
}

/// A heading: its level, what it says, and the lines that it takes.
struct Heading {
    level: u16,
    title: Span,
    span: Span,
}

/// The outline of a text of prose.
pub(super) fn outline(text: &str) -> Outline {
    let lines = lines_of(text);
    let mut reader = Reader::new(text);
    let mut styles: Vec<(char, bool)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if let Some((level, title)) = marked_heading(text, line) {
            reader.heading(Heading { level, title, span: span_of(&lines, at, at) });
        } else if let Some((style, first, last)) = adorned(&lines, at, reader.after_blank) {
            let level = styles.iter().position(|&known| known == style).unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            let title_at = if style.1 { first + 1 } else { first };
            let title = trimmed(text, span_of(&lines, title_at, title_at));
            let level = (level as u16).min(LEVELS - 1);
            reader.heading(Heading { level, title, span: span_of(&lines, first, last) });
            at = last;
        } else {
            reader.paragraph(line);
        }
        at += 1;
    }
    reader.finish()
}

/// Collects headings and paragraphs.
struct Reader<'a> {
    text: &'a str,
    headings: Vec<Heading>,
    cuts: Vec<Cut>,
    after_blank: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, headings: Vec::new(), cuts: Vec::new(), after_blank: true }
    }

    fn heading(&mut self, heading: Heading) {
        self.cuts.push(Cut { offset: heading.span.start, depth: heading.level });
        self.headings.push(heading);
        self.after_blank = false;
    }

    fn paragraph(&mut self, line: Line<'_>) {
        let content = line.text.trim();
        let belongs_to_heading = self.headings.last().is_some_and(|heading| {
            self.text[heading.span.end as usize..line.offset as usize].trim().is_empty()
        });
        if !content.is_empty() && !belongs_to_heading {
            let indent = super::lines::indent_of(line.text) / 2;
            if self.after_blank {
                self.cuts.push(Cut { offset: line.offset, depth: LEVELS + indent });
            } else if is_list_item(content) {
                self.cuts.push(Cut { offset: line.offset, depth: LIST_ITEM_DEPTH + indent });
            }
        }
        self.after_blank = content.is_empty();
    }

    /// Turns headings into nested sections.
    fn finish(self) -> Outline {
        let parts = self.headings.iter().map(|heading| {
            let title = plain(heading.title.of(self.text));
            Part::new(heading.level, SymbolKind::Section, &title, heading.span)
        });
        let definitions = nest(self.text, parts.collect());
        Outline { definitions, cuts: self.cuts, ..Outline::default() }
    }
}

/// A title without marks of emphasis and code; as written if nothing else is in it.
fn plain(title: &str) -> String {
    let words = title.replace(['`', '*'], "");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { title.to_owned() } else { words }
}

fn lines_of(text: &str) -> Vec<Line<'_>> {
    let mut offset = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push(Line { offset, text: line.trim_end_matches(['\n', '\r']) });
        offset += line.len() as u32;
    }
    lines
}

/// The bytes of the lines `first..=last`, without the last line end.
fn span_of(lines: &[Line<'_>], first: usize, last: usize) -> Span {
    Span::new(lines[first].offset, lines[last].offset + lines[last].text.len() as u32)
}

/// `AsciiDoc`, Org, LaTeX, manual page and Markdown headings in plain prose.
fn marked_heading(text: &str, line: Line<'_>) -> Option<(u16, Span)> {
    const COMMANDS: &[(&str, u16)] = &[
        ("\\chapter", 0),
        ("\\section", 1),
        ("\\subsection", 2),
        ("\\subsubsection", 3),
        (".SH ", 1),
        (".SS ", 2),
        ("=head1 ", 1),
        ("=head2 ", 2),
        ("=head3 ", 3),
    ];
    let content = line.text.trim_end();
    let span = |from: usize, to: usize| {
        trimmed(text, Span::new(line.offset + from as u32, line.offset + to.max(from) as u32))
    };
    for &(command, level) in COMMANDS {
        if let Some(rest) = content.strip_prefix(command) {
            let open = rest.find('{').filter(|_| command.starts_with('\\'));
            let close = rest.rfind('}').filter(|_| open.is_some());
            let from = command.len() + open.map_or(0, |at| at + 1);
            let to = close.map_or(content.len(), |at| command.len() + at);
            let is_command = open.is_some() || !command.starts_with('\\');
            return is_command.then(|| (level, span(from, to)));
        }
    }
    let mark = content.chars().next().filter(|c| matches!(c, '=' | '*' | '#'))?;
    let count = content.chars().take_while(|&c| c == mark).count();
    let rest = &content[count..];
    // One star with a space is a list item in most prose; Org's deeper levels are unmistakable.
    let is_heading = rest.starts_with(' ')
        && count <= 6
        && !rest.trim().is_empty()
        && (mark != '*' || count > 1)
        && !rest.trim_end().ends_with("==");
    is_heading.then(|| (count as u16, span(count, content.len())))
}

/// A `reStructuredText` heading that starts at line `at`: style, first and last line.
fn adorned(
    lines: &[Line<'_>],
    at: usize,
    after_blank: bool,
) -> Option<((char, bool), usize, usize)> {
    let adornment = |line: Option<&Line<'_>>| {
        let text = line?.text.trim_end();
        let mark = text.chars().next().filter(char::is_ascii_punctuation)?;
        (text.len() >= 3 && text.chars().all(|c| c == mark)).then_some((mark, text.len()))
    };
    let is_title = |line: &Line<'_>| {
        !line.text.trim().is_empty() && line.text.chars().any(char::is_alphanumeric)
    };
    let (first, second, third) = (lines.get(at)?, lines.get(at + 1)?, lines.get(at + 2));
    if let (Some((over, _)), Some((under, _))) = (adornment(Some(first)), adornment(third))
        && over == under
        && is_title(second)
    {
        return Some(((over, true), at, at + 2));
    }
    let (mark, len) = adornment(Some(second))?;
    let title_len = first.text.trim_end().chars().count();
    let fits = after_blank && is_title(first) && !first.text.starts_with(' ');
    (fits && len + 1 >= title_len).then_some(((mark, false), at, at + 1))
}

/// Whether a line (without leading white space) starts an item of a list.
fn is_list_item(content: &str) -> bool {
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let rest = &content[digits..];
        return rest.starts_with(". ") || rest.starts_with(") ");
    }
    ["- ", "* ", "+ ", "• "].iter().any(|mark| content.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::language::Language::Prose;

    #[test]
    fn headings_nest() {
        check(
            Prose,
            "=====\nTitle\n=====\n\nPart\n----\n\ntext\n\nSub\n~~~\n\nPart 2\n------\n",
            "1-14 section Title `=====⏎Title⏎=====`
             5-11   section Part `Part⏎----`
             10-11     section Sub `Sub⏎~~~`
             13-14   section Part 2 `Part 2⏎------`",
        );
        check(
            Prose,
            "\\section{One}\nx\n\\subsection*{Two}\n\n",
            "1-3 section One `\\section{One}`
             3-3   section Two `\\subsection*{Two}`",
        );
        check(
            Prose,
            "== Guide\n\n=== Use\n\n* a\n** b\n",
            "1-5 section Guide `== Guide`
             3-5   section Use `=== Use`
             6-6 section b `** b`",
        );
    }
}
