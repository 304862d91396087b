//! The change log: which release it describes at its top.
//!
//! The form is Keep a Changelog 1.1.0: a second-level heading `## [1.0.2] - 2026-11-22` for each
//! release, the newest first, and perhaps `## [Unreleased]` above them all. An empty
//! `[Unreleased]` is passed over; one that holds changes is the top, and then what is tagged
//! would not be what is described. Headings inside fenced code are text.
//!
//! # Source
//!
//! <https://keepachangelog.com/en/1.1.0/>

/// The heading of the newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text between the brackets.
    pub version: String,
    /// The day of the release, as `YYYY-MM-DD`; a day that exists.
    pub date: String,
    /// The line of the heading, from 1.
    pub line: usize,
}

/// Returns the entry at the top of a change log.
///
/// # Errors
///
/// A phrase that says why there is none: no release heading at all, changes still under
/// `[Unreleased]`, or a first heading in another form, with its line.
pub fn top(text: &str) -> Result<Entry, String> {
    let mut unreleased_line = None;
    for (line, text) in prose(text) {
        let heading = text.strip_prefix("## ").map(str::trim);
        match (heading, unreleased_line) {
            (Some(name), None) if name.eq_ignore_ascii_case("[Unreleased]") => {
                unreleased_line = Some(line);
            }
            (Some(heading), _) => return entry(heading, line),
            (None, Some(line)) if is_change(text) => {
                return Err(format!("line {line}: [Unreleased] holds changes"));
            }
            _ => {}
        }
    }
    Err("no release heading such as `## [1.0.2] - 2026-11-22`".to_owned())
}

/// Returns what stands below the top entry's heading, up to the next release's.
///
/// # Errors
///
/// The same as [`top`], or a phrase if nothing stands there.
pub fn notes(text: &str) -> Result<String, String> {
    let entry = top(text)?;
    let is_next = |(line, text): &(usize, &str)| entry.line < *line && text.starts_with("## ");
    let end = prose(text).find(is_next).map_or(usize::MAX, |(line, _)| line);
    let lines: Vec<&str> = text.lines().take(end - 1).skip(entry.line).map(str::trim_end).collect();
    let notes = lines.join("\n").trim().to_owned();
    if notes.lines().any(is_change) {
        Ok(notes)
    } else {
        Err(format!("line {}: nothing is said about {}", entry.line, entry.version))
    }
}

/// Lines outside fenced code, with their numbers from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    let text = text.trim_start_matches('\u{feff}');
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((index + 1, line))
    })
}

fn is_change(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#') && !line.starts_with("<!--")
}

fn entry(heading: &str, line: usize) -> Result<Entry, String> {
    heading
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] - "))
        .filter(|(version, date)| !version.is_empty() && is_date(date))
        .map(|(version, date)| Entry { version: version.to_owned(), date: date.to_owned(), line })
        .ok_or_else(|| format!("line {line}: `## {heading}` is not `## [1.0.2] - 2026-11-22`"))
}

/// Whether `text` is a day of the Gregorian calendar written as `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b });
    if !shape.eq(*b"0000-00-00") {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::{notes, top};

    fn check(text: &str, expected: Result<(&str, &str, usize), &str>) {
        let found = top(text);
        let found = found.as_ref().map(|e| (e.version.as_str(), e.date.as_str(), e.line));
        assert_eq!(found.map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn the_first_release_is_the_top() {
        check(
            "# Changelog\n\n## [1.0.2] - 2026-11-22\n\n## [1.0.1] - 2025-01-01\n",
            Ok(("1.0.2", "2026-11-22", 3)),
        );
        check("\u{feff}## [1.0.2] - 2024-02-29\r\n- x\r\n", Ok(("1.0.2", "2024-02-29", 1)));
        check(
            "```\n## [9.9.9] - 2026-11-22\n```\n## [1.0.2] - 2026-11-22\n",
            Ok(("1.0.2", "2026-11-22", 4)),
        );
    }

    #[test]
    fn unreleased_changes_stop_and_an_empty_section_does_not() {
        let release = "## [1.0.2] - 2026-11-22\n";
        check(
            &format!("## [Unreleased]\n\n### Added\n<!-- nothing -->\n{release}"),
            Ok(("1.0.2", "2026-11-22", 5)),
        );
        check(
            &format!("# Log\n## [Unreleased]\n- a change\n{release}"),
            Err("line 2: [Unreleased] holds changes"),
        );
    }

    #[test]
    fn another_form_is_refused_where_it_stands() {
        let none = "no release heading such as `## [1.0.2] - 2026-11-22`";
        check("", Err(none));
        check("# Changelog\n\ntext\n", Err(none));
        for heading in [
            "1.0.2",
            "[1.0.2]",
            "[1.0.2] 2026-11-22",
            "[1.0.2] - 2026-13-01",
            "[1.0.2] - 2026-02-29",
            "[1.0.2] - 2026-11-22 [YANKED]",
            "[] - 2026-11-22",
        ] {
            let expected = format!("line 1: `## {heading}` is not `## [1.0.2] - 2026-11-22`");
            check(&format!("## {heading}\n"), Err(&expected));
        }
    }

    #[test]
    fn notes_are_the_lines_below_the_top_heading() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = notes(text);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        };
        let top = "# Log\n\n## [Unreleased]\n\n## [1.0.2] - 2026-11-22\n";
        check(
            &format!("{top}\n### Added\r\n\n- a thing\n\n## [1.0.1] - 2025-01-01\n- older\n"),
            Ok("### Added\n\n- a thing"),
        );
        check(&format!("{top}- last"), Ok("- last"));
        check(
            &format!("{top}```\n## [9.9.9] - 2026-11-22\n```\n- more\n"),
            Ok("```\n## [9.9.9] - 2026-11-22\n```\n- more"),
        );
        let none = "line 5: nothing is said about 1.0.2";
        check(top, Err(none));
        check(&format!("{top}### Added\n## [1.0.1] - 2025-01-01\n- older\n"), Err(none));
    }
}
