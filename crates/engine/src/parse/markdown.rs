//! Markdown, read with `pulldown-cmark`: headings make nested sections, blocks are places to cut.
//!
//! A heading inside a list or a quotation is no section. The front matter that many generators
//! read above the text (YAML between `---`, TOML between `+++`) is left to them.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::passage::{Cut, Outline, SymbolKind};
use crate::text::{LineIndex, Span};

use super::parts::{Part, nest};
use super::prose::LEVELS;

/// The outline of a Markdown text.
pub(super) fn outline(text: &str) -> Outline {
    let start = front_matter_len(text);
    let mut reader = Reader::new(text);
    if start > 0 {
        reader.outline.cuts.push(Cut { offset: 0, depth: 0 });
    }
    let parser = Parser::new_ext(&text[start..], Options::ENABLE_TABLES);
    for (event, range) in parser.into_offset_iter() {
        reader.take(event, start + range.start..start + range.end);
    }
    reader.outline.definitions = nest(text, reader.sections);
    reader.outline
}

/// The bytes that the front matter takes.
fn front_matter_len(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return 0 };
    let mark = first.trim_end();
    if mark != "---" && mark != "+++" {
        return 0;
    }
    let mut len = first.len();
    for line in lines {
        len += line.len();
        if line.trim_end() == mark {
            return len;
        }
    }
    0
}

/// Turns the events of the parser into sections and cuts.
struct Reader<'a> {
    text: &'a str,
    lines: LineIndex,
    /// The lists, items and quotations around the current event.
    depth: u16,
    /// The words of the heading that is being read.
    title: Option<String>,
    /// Where the last heading ended.
    heading_end: Option<usize>,
    sections: Vec<Part>,
    outline: Outline,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: LineIndex::new(text),
            depth: 0,
            title: None,
            heading_end: None,
            sections: Vec::new(),
            outline: Outline::default(),
        }
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range.start),
            Event::End(TagEnd::Heading(level)) => self.end_heading(level as u16, range),
            Event::End(TagEnd::List(_) | TagEnd::Item | TagEnd::BlockQuote(_)) => {
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Rule => self.cut_block(range.start, 0),
            Event::Text(words) | Event::Code(words) => {
                if let Some(title) = &mut self.title {
                    title.push_str(&words);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(title) = &mut self.title {
                    title.push(' ');
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, offset: usize) {
        match tag {
            Tag::Heading { level, .. } if self.depth == 0 => {
                self.cut(offset, *level as u16);
                self.title = Some(String::new());
            }
            Tag::List(_) | Tag::Item | Tag::BlockQuote(_) => {
                self.cut_block(offset, 0);
                self.depth = self.depth.saturating_add(1);
            }
            Tag::TableRow => self.cut_block(offset, 1),
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::Table(_) => self.cut_block(offset, 0),
            _ => {}
        }
    }

    fn end_heading(&mut self, level: u16, range: Range<usize>) {
        let Some(title) = self.title.take() else { return };
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let written =
            self.text[range.clone()].trim_matches(|c: char| c == '#' || c.is_whitespace());
        let name = if title.is_empty() { written } else { &title };
        if !name.is_empty() {
            let span = Span::new(range.start as u32, range.end as u32);
            self.sections.push(Part::new(level, SymbolKind::Section, name, span));
        }
        self.heading_end = Some(range.end);
    }

    /// Makes the line of a block a place to cut, unless the block directly follows a heading.
    fn cut_block(&mut self, offset: usize, deeper: u16) {
        let between = self.heading_end.and_then(|end| self.text.get(end..offset));
        if between.is_none_or(|between| !between.trim().is_empty()) {
            self.cut(offset, LEVELS.saturating_add(self.depth).saturating_add(deeper));
        }
    }

    fn cut(&mut self, offset: usize, depth: u16) {
        let start = self.lines.start_of(self.lines.line_at(offset as u32));
        if self.outline.cuts.last().is_none_or(|last| last.offset < start) {
            self.outline.cuts.push(Cut { offset: start, depth });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline;
    use super::super::tests::check;
    use crate::language::Language::Markdown;
    use crate::text::LineIndex;

    #[test]
    fn headings_nest() {
        check(
            Markdown,
            "---\ntitle: x\n---\n# One `two` [three](http://x)\n\ntext\n\n```sh\n# no\n```\n\n\
             Under\n-----\n\n- a\n- b\n\n### Deep ###\n\n#no\n\n# <img src=\"x\">\n",
            "4-20 section One two three `# One `two` [three](http://x)`
             12-20   section Under `Under⏎-----`
             18-20     section Deep `### Deep ###`
             22-22 section <img src=\"x\"> `# <img src=\"x\">`",
        );
    }

    #[test]
    fn what_only_looks_like_a_heading_is_none() {
        check(
            Markdown,
            "    # code\n\n> # quoted\n\n- # in a list\n\n| a |\n| - |\n| b |\n\n\
             ~~~\n# fenced\n```\n# still\n~~~\n\n---\n\na\\_b\n===\n",
            "19-20 section a_b `a\\_b⏎===`",
        );
    }

    #[test]
    fn blocks_are_cuts_and_inner_ones_are_deeper() {
        let text =
            "para\n\n- a\n  - b\n\n    more\n- c\n\n```\nx\n\ny\n```\n\n| a |\n|---|\n| b |\n";
        let lines = LineIndex::new(text);
        let cuts = outline(Markdown, text).cuts;
        let found: Vec<_> = cuts.iter().map(|cut| (lines.line_at(cut.offset), cut.depth)).collect();
        assert_eq!(found, [(1, 8), (3, 8), (4, 10), (6, 12), (7, 9), (9, 8), (15, 8), (17, 9)]);
    }
}
