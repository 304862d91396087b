//! Citations as they are typed: a path, with or without lines.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use contextlite_engine::context::Place;
use contextlite_engine::error::{Error, Result};
use contextlite_engine::files::path_from_os;

/// The lines of a citation that names none.
pub const ALL_LINES: (u32, u32) = (1, u32::MAX);

/// A path with the lines that are meant, 1-based and inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The path as it was typed.
    pub path: PathBuf,
    /// The first and the last line.
    pub lines: (u32, u32),
}

impl Citation {
    /// Reads `PATH`, `PATH:LINE` or `PATH:FIRST-LAST`.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] on `field` for lines that are not a range.
    pub fn parse(text: &OsStr, field: &'static str) -> Result<Self> {
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
            field,
            message: format!("{lines:?} is not a range of lines; say 10 or 10-20, from line 1 on"),
        };
        let first: u32 = first.parse().map_err(|_| wrong())?;
        let last: u32 = last.parse().map_err(|_| wrong())?;
        if first == 0 || last < first {
            return Err(wrong());
        }
        Ok(Self { path: os_path(path), lines: (first, last) })
    }

    /// The place as the engine takes it; a relative path is meant from a root or from `current`.
    pub fn place(&self, current: &Path) -> Place {
        let typed = self.path.strip_prefix(".").unwrap_or(&self.path).to_owned();
        let mut names = vec![typed];
        let absolute = flat(&current.join(&self.path));
        if !names.contains(&absolute) {
            names.push(absolute);
        }
        Place { names, lines: (self.lines != ALL_LINES).then_some(self.lines) }
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

/// The path without `.` and `..`, by its letters alone; the file need not exist any more.
pub fn flat(path: &Path) -> PathBuf {
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

/// The names under which a document may be stored: the path as this program prints it, relative to
/// the root; and the file that the path means from the current folder.
pub fn names(path: &Path, current: &Path, root: &Path) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, lines: (u32, u32)) {
        let expected = Citation { path: path.into(), lines };
        assert_eq!(Citation::parse(text.as_ref(), "x").unwrap(), expected, "{text}");
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
            let error = Citation::parse(wrong.as_ref(), "x").unwrap_err();
            assert!(matches!(error, Error::InvalidInput { .. }), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_place_is_meant_from_a_root_or_from_here() {
        let place =
            |text: &str| Citation::parse(text.as_ref(), "x").unwrap().place("/r/s".as_ref());
        assert_eq!(place("./a.rs:3").names, [PathBuf::from("a.rs"), "/r/s/a.rs".into()]);
        assert_eq!(place("../a.rs").names, [PathBuf::from("../a.rs"), "/r/a.rs".into()]);
        assert_eq!((place("a.rs:3").lines, place("a.rs").lines), (Some((3, 3)), None));
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
