//! `contextlite show PATH:FIRST-LAST`: reads a citation back.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use contextlite_engine::files::path_from_os;

use super::{Session, answer};
use crate::args::ShowArguments;
use crate::operation::{self, Target};
use crate::outcome::{Ended, Outcome};
use crate::terminal::{FAINT, HEADING, count, one_line};
use crate::wire::ExcerptWire;

/// Prints lines of a document as they were indexed.
pub fn run(arguments: &ShowArguments, session: &mut Session<'_>) -> Ended {
    let targets = session.targets(&arguments.scope)?;
    let citation = Citation::parse(&arguments.citation)?;
    let whole = Citation { path: PathBuf::from(&arguments.citation), lines: ALL_LINES };
    let read = |citation: &Citation| {
        let names = |target: &Target| names(&citation.path, &session.places.current, target.root());
        operation::show(&targets, names, citation.lines)
    };
    let (at, excerpt) = match read(&citation) {
        Err(error @ Error::NotFound { what: "document", .. }) if citation != whole => {
            read(&whole).map_err(|_| error)?
        }
        result => result?,
    };
    let terminal = &mut *session.terminal;
    let root = targets[at].root();
    if terminal.is_json() {
        terminal.json(&ExcerptWire::new(&excerpt, root))?;
        return Ok(Outcome::Done);
    }
    if terminal.is_for_people() {
        let lines = format!("{}-{}", excerpt.first_line, excerpt.last_line);
        let heading = terminal.paint(HEADING, format_args!("{}:{lines}", one_line(&excerpt.path)));
        let of = terminal
            .paint(FAINT, format_args!("of {}", count(excerpt.lines.into(), "line", "lines")));
        terminal.line(format_args!("{heading}  {of}"))?;
        answer::numbered(&excerpt.text, excerpt.first_line, terminal)?;
    } else {
        terminal.write(&excerpt.text)?;
    }
    if excerpt.changed {
        terminal.note(format_args!(
            "{} changed since it was indexed; `contextlite index` brings the index up to date",
            excerpt.path
        ));
    }
    Ok(Outcome::Done)
}

/// The lines of a citation that names none.
const ALL_LINES: (u32, u32) = (1, u32::MAX);

/// A path with the lines that are meant, 1-based and inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Citation {
    path: PathBuf,
    lines: (u32, u32),
}

impl Citation {
    /// Reads `PATH`, `PATH:LINE` or `PATH:FIRST-LAST`.
    fn parse(text: &OsStr) -> Result<Self> {
        let bytes = text.as_encoded_bytes();
        let colon = bytes.iter().rposition(|&byte| byte == b':');
        let Some((path, lines)) = colon.map(|colon| (&bytes[..colon], &bytes[colon + 1..])) else {
            return Ok(Self { path: text.into(), lines: ALL_LINES });
        };
        let is_lines = lines.first().is_some_and(u8::is_ascii_digit)
            && lines.iter().all(|&byte| byte.is_ascii_digit() || byte == b'-');
        if !is_lines {
            return Ok(Self { path: text.into(), lines: ALL_LINES });
        }
        let lines = std::str::from_utf8(lines).expect("digits and dashes are text");
        let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
        let wrong = || Error::InvalidInput {
            field: "PATH:FIRST-LAST",
            message: format!("{lines:?} is not a range of lines; say 10 or 10-20, from line 1 on"),
        };
        let first: u32 = first.parse().map_err(|_| wrong())?;
        let last: u32 = last.parse().map_err(|_| wrong())?;
        if first == 0 || last < first {
            return Err(wrong());
        }
        Ok(Self { path: os_path(path), lines: (first, last) })
    }
}

/// The path that a part of an argument's bytes names.
fn os_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The names under which a document may be stored: the path as this program prints it, relative to
/// the root; and the file that the path means from the current folder.
fn names(path: &Path, current: &Path, root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(text) = path.to_str() {
        names.push(text.strip_prefix("./").unwrap_or(text).to_owned());
    }
    let inside = |from: &Path| flat(&from.join(path)).strip_prefix(root).map(path_from_os).ok();
    for name in [inside(root), inside(current)].into_iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(path.to_string_lossy().into_owned());
    }
    names
}

/// The path without `.` and `..`, by its letters alone; the file need not exist any more.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            other => flat.push(other),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, lines: (u32, u32)) {
        let expected = Citation { path: path.into(), lines };
        assert_eq!(Citation::parse(text.as_ref()).unwrap(), expected, "{text}");
    }

    #[test]
    fn citations_are_read() {
        check("src/a.rs", "src/a.rs", ALL_LINES);
        check("src/a.rs:3", "src/a.rs", (3, 3));
        check("src/a.rs:3-7", "src/a.rs", (3, 7));
        check("C:\\a.rs:3-7", "C:\\a.rs", (3, 7));
        check("C:\\a.rs", "C:\\a.rs", ALL_LINES);
        check("odd:name", "odd:name", ALL_LINES);
        for wrong in ["a:0", "a:0-3", "a:5-3", "a:3-", "a:1-2-3", "a:99999999999"] {
            let error = Citation::parse(wrong.as_ref()).unwrap_err();
            assert!(matches!(error, Error::InvalidInput { .. }), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_path_is_meant_from_the_root_or_from_here() {
        let names = |path: &str| names(path.as_ref(), "/r/src".as_ref(), "/r".as_ref());
        assert_eq!(names("lib.rs"), ["lib.rs", "src/lib.rs"]);
        assert_eq!(names("./lib.rs"), ["lib.rs", "src/lib.rs"]);
        assert_eq!(names("../x/../lib.rs"), ["../x/../lib.rs", "lib.rs"]);
        assert_eq!(names("/r/a/b.rs"), ["/r/a/b.rs", "a/b.rs"]);
    }
}
