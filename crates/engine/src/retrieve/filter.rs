//! Which documents a question is about, by the globs of its caller.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::Gitignore;

use crate::error::Result;
use crate::files;

/// The include and exclude globs of a question, compiled.
#[derive(Debug, Clone, Default)]
pub struct PathFilter {
    /// The globs as they were given, to tell one filter from another.
    text: String,
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
}

impl PathFilter {
    /// Compiles globs in the syntax of `.gitignore`, relative to the root.
    ///
    /// # Errors
    /// `InvalidInput` on `include` or `exclude` that names the malformed glob.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self> {
        Ok(Self {
            text: format!("{include:?} {exclude:?}"),
            include: files::globs("include", include)?,
            exclude: files::globs("exclude", exclude)?,
        })
    }

    /// Whether the document at `path` is asked about.
    pub fn admits(&self, path: &str) -> bool {
        self.include.as_ref().is_none_or(|globs| matches(globs, path)) && !self.excludes(path)
    }

    /// Whether the document at `path` is not wanted.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.as_ref().is_some_and(|globs| matches(globs, path))
    }
}

impl fmt::Display for PathFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The path of a document in a library may be any text; one that starts at a root is matched as if
/// it were relative to it, for that is all that globs know.
fn matches(globs: &Gitignore, path: &str) -> bool {
    let path = Path::new(path);
    let below: PathBuf;
    let path = if path.has_root() {
        below = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        &below
    } else {
        path
    };
    globs.matched_path_or_any_parents(path, false).is_ignore()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(include: &[&str], exclude: &[&str], path: &str, expected: bool) {
        let list = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        let filter = PathFilter::new(&list(include), &list(exclude)).expect("the globs are sound");
        assert_eq!(filter.admits(path), expected, "{include:?} {exclude:?} {path}");
    }

    #[test]
    fn globs_admit_and_refuse() {
        check(&[], &[], "src/a.rs", true);
        check(&["*.rs"], &[], "src/a.rs", true);
        check(&["*.rs"], &[], "src/a.py", false);
        check(&["src/**"], &["src/gen/"], "src/gen/a.rs", false);
        check(&[], &["tests/"], "tests/deep/a.rs", false);
        check(&["*.rs"], &[], "/src/a.rs", true);
        check(&[], &["src/"], "//src/../a.rs", false);
        check(&["*.rs"], &[], "/", false);
    }
}
