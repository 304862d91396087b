//! The maintainers' own word on generated files: `linguist-generated` in `.gitattributes`.
//!
//! A line is `PATTERN ATTRIBUTE...`; a pattern has the syntax of `.gitignore` without negation,
//! does not match what is inside a folder it names, and may stand in double quotes. The last line
//! that matches a path and speaks of the attribute decides: `linguist-generated` and
//! `linguist-generated=true` set it, `-linguist-generated`, `!linguist-generated` and
//! `linguist-generated=false` take it back. Only the file in the root is read: it is where the
//! attribute is written in practice, and one read does not slow the walk.
//!
//! # Source
//! <https://git-scm.com/docs/gitattributes>; github-linguist, docs/overrides.md.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// How much of `.gitattributes` is read; real ones have a few lines.
const ATTRIBUTES_MAX_BYTES: u64 = 64 * 1024;

/// The paths that `.gitattributes` calls generated.
#[derive(Debug)]
pub(super) struct GeneratedPaths {
    paths: Option<Gitignore>,
}

impl GeneratedPaths {
    /// Reads the `.gitattributes` of a root; without one no path is generated.
    pub(super) fn of_root(root: &Path) -> Self {
        let path = root.join(".gitattributes");
        let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        let mut text = Vec::new();
        if is_file && let Ok(file) = File::open(&path) {
            let _ = file.take(ATTRIBUTES_MAX_BYTES).read_to_end(&mut text);
        }
        Self::of_text(&String::from_utf8_lossy(&text))
    }

    fn of_text(text: &str) -> Self {
        let mut builder = GitignoreBuilder::new("");
        let mut lines = 0;
        for (pattern, is_generated) in text.lines().filter_map(generated_line) {
            let sign = if is_generated { "" } else { "!" };
            if builder.add_line(None, &format!("{sign}{pattern}")).is_ok() {
                lines += 1;
            }
        }
        Self { paths: builder.build().ok().filter(|_| 0 < lines) }
    }

    /// Whether the path, relative to the root, is generated.
    pub(super) fn holds(&self, relative: &Path) -> bool {
        self.paths.as_ref().is_some_and(|paths| paths.matched(relative, false).is_ignore())
    }
}

/// The pattern of a line and whether it sets (or takes back) the attribute.
fn generated_line(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    let (pattern, attributes) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => line.split_once(char::is_whitespace)?,
    };
    if pattern.starts_with(['#', '!']) || pattern.starts_with("[attr]") {
        return None;
    }
    let says = |attribute: &str| match attribute {
        "linguist-generated" | "linguist-generated=true" => Some(true),
        "-linguist-generated" | "!linguist-generated" | "linguist-generated=false" => Some(false),
        _ => None,
    };
    let is_generated = attributes.split_whitespace().filter_map(says).next_back()?;
    Some((pattern, is_generated))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, expected: bool) {
        assert_eq!(GeneratedPaths::of_text(text).holds(Path::new(path)), expected, "{text:?}");
    }

    #[test]
    fn the_last_line_that_speaks_of_it_decides() {
        check("", "a.go", false);
        check("*.pb.go linguist-generated\n", "x/a.pb.go", true);
        check("*.pb.go text linguist-generated=true eol=lf\n", "x/a.pb.go", true);
        check("*.pb.go linguist-generated\nkeep.pb.go -linguist-generated", "keep.pb.go", false);
        check("gen/** linguist-generated", "gen/a/b.c", true);
        check("/gen/*.c linguist-generated", "x/gen/b.c", false);
        check("\"a b.c\" linguist-generated", "a b.c", true);
        check("# *.c linguist-generated", "b.c", false);
        check("*.c linguist-vendored", "b.c", false);
    }
}
