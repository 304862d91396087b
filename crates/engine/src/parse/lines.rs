//! Text in an unknown language: blank lines and indentation are its structure.
//!
//! A line may be cut at when it is not blank; the less it is indented the better, and a line
//! after a blank one is better than its neighbours. Closing brackets belong to what they close.

use crate::passage::{Cut, Outline};

/// Indentation beyond this says nothing more.
const INDENT_MAX: u16 = 40;

/// The depth that a line gains when no blank line stands above it.
const UNSPACED_DEPTH: u16 = 2;

/// The cuts of a text by its lines alone.
pub(super) fn outline(text: &str) -> Outline {
    Outline { cuts: cuts(text), ..Outline::default() }
}

/// The places to cut a text, by blank lines and indentation.
pub(super) fn cuts(text: &str) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut after_blank = true;
    let mut after_comment = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !is_closing(content) && !after_comment {
            let indent = indent_of(line) + if after_blank { 0 } else { UNSPACED_DEPTH };
            cuts.push(Cut { offset, depth: indent });
        }
        after_blank = content.is_empty();
        after_comment = COMMENT_MARKS.iter().any(|mark| content.starts_with(mark));
        offset += line.len() as u32;
    }
    cuts
}

/// What starts a comment in most languages; the line below belongs to it.
const COMMENT_MARKS: [&str; 6] = ["#", "//", "--", ";", "/*", "*"];

/// Whether a line (without white space around it) only closes what was opened above.
pub(crate) fn is_closing(content: &str) -> bool {
    let closes = |c: char| matches!(c, '}' | ')' | ']' | ';' | ',' | '>' | '/');
    match content.chars().next() {
        Some('}' | ')' | ']') => true,
        Some('<') => content.starts_with("</"),
        _ => matches!(content, "end" | "fi" | "done" | "esac") || content.chars().all(closes),
    }
}

/// The columns of white space that lead a line; a tab counts as four.
pub(super) fn indent_of(line: &str) -> u16 {
    let mut columns = 0;
    for byte in line.bytes() {
        columns += match byte {
            b' ' => 1,
            b'\t' => 4,
            _ => break,
        };
        if columns >= INDENT_MAX {
            break;
        }
    }
    columns.min(INDENT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u32, u16)]) {
        let found: Vec<_> = cuts(text).iter().map(|cut| (cut.offset, cut.depth)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn blank_lines_and_indentation_are_the_structure() {
        check("", &[]);
        check("a\nb\n\nc\n", &[(0, 0), (2, 2), (5, 0)]);
        check("if {\n  x\n}\n", &[(0, 0), (5, 4)]);
    }
}
