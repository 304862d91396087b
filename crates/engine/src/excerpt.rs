//! Lines of a document read back from the store, as a citation names them.

use crate::error::{Error, Result};
use crate::language::Language;
use crate::store::{DocumentRow, Reader};
use crate::text::LineIndex;

/// Lines of a document, as they were indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The document's path.
    pub path: String,
    /// The document's id in a library; `None` for a file.
    pub document_id: Option<String>,
    /// The first line, 1-based.
    pub first_line: u32,
    /// The last line, 1-based, inclusive, at most the document's last.
    pub last_line: u32,
    /// The number of lines of the document.
    pub lines: u32,
    /// The language of the document.
    pub language: Language,
    /// The text of the lines.
    pub text: String,
    /// Whether the file on disk is not what was indexed; never so in a library.
    pub changed: bool,
    /// BLAKE3 of the document's bytes when it was indexed, lower-case hex.
    pub document_hash: String,
}

/// Reads lines `first..=last` of a document; `last` may lie beyond its end. `is_changed` is asked
/// only if the lines are there.
///
/// # Errors
/// `InvalidInput` on `lines` for a range that starts after the document or ends before it starts;
/// any failure of the store.
pub fn read(
    reader: &Reader,
    document: &DocumentRow,
    (first, last): (u32, u32),
    is_changed: impl FnOnce() -> bool,
) -> Result<Excerpt> {
    let text = reader.text(document.id)?;
    let lines = LineIndex::new(&text);
    if first == 0 || last < first || lines.lines() < first {
        let name = document.key();
        let message =
            format!("{first}-{last} is not a range of {name}, which has lines 1-{}", lines.lines());
        return Err(Error::InvalidInput { field: "lines", message });
    }
    let last = last.min(lines.lines());
    Ok(Excerpt {
        path: document.path.clone(),
        document_id: document.library_id.clone(),
        first_line: first,
        last_line: last,
        lines: lines.lines(),
        language: document.language,
        text: lines.span_of(first, last).of(&text).to_owned(),
        changed: is_changed(),
        document_hash: hex(&document.hash),
    })
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write;
        write!(text, "{byte:02x}").expect("writing into a string does not fail");
        text
    })
}
