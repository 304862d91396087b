//! How a passage is written for a model: header, fence, text.
//!
//! ````text
//! ## src/lib.rs:10-24 › Engine › open
//! ```rust
//! pub fn open() -> Engine {
//! ```
//!
//! ````
//! The header of a document of a library ends in `(document ID)`, or in `(document)` if its id is
//! its path: two of them may have the same path, and a file may, too.
//!
//! A block is priced as it is written, when the passage is stored. Blocks stand one after the
//! other without anything between them, and each ends with two line ends while the next begins
//! with `#`. The patterns of both vocabularies always cut there (a run of line ends never goes on
//! with `#`), so the price of an answer is exactly the sum of its blocks' prices.

use std::fmt::Write;

use crate::language::Language;

/// What is cited.
#[derive(Debug, Clone, Copy)]
pub struct Citation<'a> {
    /// The path, `/` between parts; line ends in it are escaped.
    pub path: &'a str,
    /// The first line, 1-based.
    pub first_line: u32,
    /// The last line, 1-based, inclusive.
    pub last_line: u32,
    /// The enclosing names; may be empty.
    pub breadcrumb: &'a str,
    /// The language of the fence.
    pub language: Language,
    /// The id of a document of a library; line ends in it are escaped.
    pub library_id: Option<&'a str>,
    /// The workspace or library, where an answer is about several of a kind.
    pub root: Option<&'a str>,
}

impl Citation<'_> {
    /// The header, without a line end.
    pub fn header(&self) -> String {
        let mut header = String::from("## ");
        push_name(&mut header, self.path);
        write!(header, ":{}-{}", self.first_line, self.last_line)
            .expect("writing into a string does not fail");
        if !self.breadcrumb.is_empty() {
            header.push_str(" › ");
            header.push_str(&self.breadcrumb.replace(['\n', '\r'], " "));
        }
        if let Some(id) = self.library_id {
            header.push_str(" (document");
            if id != self.path {
                header.push(' ');
                push_name(&mut header, id);
            }
            header.push(')');
        }
        if let Some(root) = self.root {
            header.push_str(" in ");
            header.push_str(&root.replace(['\n', '\r'], " "));
        }
        header
    }

    /// The whole block for `text`.
    pub fn block(&self, text: &str) -> String {
        let fence = "`".repeat(longest_run_of_backticks(text).max(2) + 1);
        let language = match self.language {
            Language::Unknown | Language::Prose => "",
            other => other.name(),
        };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        format!("{}\n{fence}{language}\n{text}{end}{fence}\n\n", self.header())
    }
}

/// Appends a name on one line.
fn push_name(header: &mut String, name: &str) {
    for character in name.chars() {
        match character {
            '\n' => header.push_str("\\n"),
            '\r' => header.push_str("\\r"),
            other => header.push(other),
        }
    }
}

fn longest_run_of_backticks(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Tokenizer;
    use proptest::prelude::*;

    fn cite(path: &str) -> Citation<'_> {
        Citation {
            path,
            first_line: 1,
            last_line: 2,
            breadcrumb: "A › b",
            language: Language::Rust,
            library_id: None,
            root: None,
        }
    }

    #[test]
    fn a_document_of_a_library_is_told_from_a_file() {
        let header = |id| Citation { library_id: Some(id), ..cite("a.rs") }.header();
        assert_eq!(header("a.rs"), "## a.rs:1-2 › A › b (document)");
        assert_eq!(header("no\n7"), "## a.rs:1-2 › A › b (document no\\n7)");
    }

    #[test]
    fn a_block_is_fenced_longer_than_its_text() {
        let block = cite("a.rs").block("x\n");
        assert_eq!(block, "## a.rs:1-2 › A › b\n```rust\nx\n```\n\n");
        let fenced = cite("a\nb").block("```\ny");
        assert_eq!(fenced, "## a\\nb:1-2 › A › b\n````rust\n```\ny\n````\n\n");
    }

    proptest! {
        #[test]
        fn an_answer_costs_the_sum_of_its_blocks(
            texts in proptest::collection::vec("[a-z #`/{}\n\r\t.é漢]{0,60}", 1..5)
        ) {
            for tokenizer in [Tokenizer::O200k, Tokenizer::Cl100k] {
                let blocks: Vec<String> = texts.iter().map(|t| cite("p/q.rs").block(t)).collect();
                let sum: u32 = blocks.iter().map(|block| tokenizer.count(block)).sum();
                prop_assert_eq!(tokenizer.count(&blocks.concat()), sum);
            }
        }
    }
}
