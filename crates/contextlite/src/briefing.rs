//! The section of AGENTS.md that tells an agent how to ask ContextLite: put in, renewed, taken out.
//!
//! Two comments mark it; what stands outside of them is never touched.

/// Begins the section.
const BEGIN: &str = "<!-- contextlite: begin -->";
/// Ends it.
const END: &str = "<!-- contextlite: end -->";

/// The section, its marks included.
pub const SECTION: &str = "\
<!-- contextlite: begin -->
## Finding code with ContextLite

This repository can be asked with ContextLite. It reads the files as they are now; every passage is
cited as PATH:FIRST-LAST.

- A question, an error text or an issue: the MCP tool of `contextlite` that gives context, or
  `contextlite context \"QUESTION\" --budget 6000` in a shell.
- Where a name is defined and used: `contextlite symbol NAME`. What is in a file:
  `contextlite outline FILE`.
- Lines of a citation: `contextlite show PATH:FIRST-LAST`.

Ask before reading whole files, with the words of the task. Name a smaller budget for a quick look.
<!-- contextlite: end -->
";

/// Where the section stands in a text.
fn place(text: &str) -> Result<Option<(usize, usize)>, String> {
    let (begin, end) = (text.find(BEGIN), text.find(END));
    match (begin, end) {
        (None, None) => Ok(None),
        (Some(begin), Some(end)) if begin < end => {
            let end = end + END.len();
            let end = if text[end..].starts_with('\n') { end + 1 } else { end };
            Ok(Some((begin, end)))
        }
        _ => Err(format!("the section is damaged: put `{BEGIN}` before `{END}`, or delete both")),
    }
}

/// The text with the section of today: in the place of the old one, else at the end.
///
/// # Errors
/// That only one mark is there, or that they are in the wrong order.
pub fn with(text: &str) -> Result<String, String> {
    if let Some((begin, end)) = place(text)? {
        return Ok([&text[..begin], SECTION, &text[end..]].concat());
    }
    let gap = match text {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    Ok([text, gap, SECTION].concat())
}

/// The text without the section, and without the empty line that was put before it; `None` if it
/// has none.
///
/// # Errors
/// As [`with`].
pub fn without(text: &str) -> Result<Option<String>, String> {
    let Some((begin, end)) = place(text)? else { return Ok(None) };
    let before = &text[..begin];
    let before = if before.ends_with("\n\n") { &before[..before.len() - 1] } else { before };
    Ok(Some([before, &text[end..]].concat()))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, SECTION, with, without};

    #[test]
    fn the_section_comes_and_goes() {
        assert!(SECTION.starts_with(BEGIN) && SECTION.trim_end().ends_with(END));
        for text in ["", "# Mine\n", "# Mine\n\nText\n"] {
            let there = with(text).expect("no marks");
            assert_eq!(with(&there).as_deref(), Ok(there.as_str()));
            assert_eq!(without(&there), Ok(Some(text.to_owned())));
        }
        let old = format!("# Mine\n\n{BEGIN}\nold\n{END}\n\n## More\n");
        assert_eq!(with(&old), Ok(format!("# Mine\n\n{SECTION}\n## More\n")));
        assert_eq!(without("# Mine\n"), Ok(None));
    }

    #[test]
    fn a_damaged_section_is_left_alone() {
        for text in [format!("{BEGIN}\n"), format!("{END}\n{BEGIN}\n")] {
            assert!(with(&text).is_err() && without(&text).is_err());
        }
    }
}
