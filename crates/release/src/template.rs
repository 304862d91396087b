//! Templates: the files of a channel with marks where a release differs.
//!
//! `packaging/CHANNEL/` is the image of what the channel holds: each file in it becomes one file,
//! under the same path. A mark is a word between two `@`, `@version@`, in a file or in a path;
//! its letters, digits and dashes leave everything alone that formats and shells write with `@`.
//!
//! Both lists have to agree: a mark that nobody fills is refused, so that no placeholder reaches
//! a user, and a value that no file uses is refused, so that a renamed mark is found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::{Error, Result};
use crate::nearest;

/// The most bytes of a template; ours are scripts and manifests.
const TEMPLATE_BYTES_MAX: u64 = 1 << 20;

/// The most folders below each other.
const DEPTH_MAX: usize = 8;

/// The templates of one channel: text by path, `/` between parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Templates {
    files: BTreeMap<String, String>,
}

/// A file that is made for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Where it stands in the channel, `/` between parts.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What marks stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    values: BTreeMap<String, String>,
}

impl Templates {
    /// Reads a folder and those below it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if a file cannot be read or is no text; [`Error::Templates`] if one is too
    /// long or lies too deep.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        read_into(&mut files, folder, "", 0)?;
        Ok(Self { files })
    }

    /// Makes templates of texts.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
        Self { files: files.into_iter().map(owned).collect() }
    }

    /// Returns the text of one template.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Fills every template, path and text.
    ///
    /// # Errors
    ///
    /// Every mark that nobody fills and every value that no file uses, as phrases.
    pub fn fill(&self, marks: &Marks) -> std::result::Result<Vec<Rendered>, Vec<String>> {
        let (mut used, mut problems) = (BTreeSet::new(), Vec::new());
        let mut rendered = Vec::with_capacity(self.files.len());
        for (path, text) in &self.files {
            let mut filled = |text: &str| {
                replace(text, |mark| match marks.values.get(mark) {
                    Some(value) => {
                        used.insert(mark.to_owned());
                        value.clone()
                    }
                    None => {
                        let known: Vec<&str> = marks.values.keys().map(String::as_str).collect();
                        problems
                            .push(format!("{path}: {}", nearest::unknown("mark", mark, &known)));
                        String::new()
                    }
                })
            };
            rendered.push(Rendered { path: filled(path), bytes: filled(text).into_bytes() });
        }
        let unused = marks.values.keys().filter(|mark| !used.contains(*mark));
        problems.extend(unused.map(|mark| format!("no file uses the mark `@{mark}@`")));
        if problems.is_empty() { Ok(rendered) } else { Err(problems) }
    }
}

impl Rendered {
    /// Returns the content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Marks {
    /// Takes those of `values` that are named, which have to be there.
    ///
    /// # Panics
    ///
    /// If a name is none of them: both are written in this crate.
    pub fn of(values: &[(String, String)], names: &[&str]) -> Self {
        let value = |name: &&str| {
            let found = values.iter().find(|(known, _)| known == name);
            let (name, value) = found.unwrap_or_else(|| panic!("there is no value `{name}`"));
            (name.clone(), value.clone())
        };
        Self { values: names.iter().map(value).collect() }
    }

    /// Adds one more.
    pub fn with(mut self, mark: &str, value: impl Into<String>) -> Self {
        self.values.insert(mark.to_owned(), value.into());
        self
    }
}

fn read_into(
    files: &mut BTreeMap<String, String>,
    folder: &Path,
    prefix: &str,
    depth: usize,
) -> Result<()> {
    let refused =
        |reason: String| Error::Templates { path: folder.to_owned(), problems: vec![reason] };
    if DEPTH_MAX < depth {
        return Err(refused(format!("more than {DEPTH_MAX} folders below each other")));
    }
    for entry in std::fs::read_dir(folder).map_err(Error::at(folder))? {
        let entry = entry.map_err(Error::at(folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(Error::at(&path))?.is_dir() {
            read_into(files, &path, &format!("{name}/"), depth + 1)?;
            continue;
        }
        if TEMPLATE_BYTES_MAX < entry.metadata().map_err(Error::at(&path))?.len() {
            return Err(refused(format!("{name} has more than {TEMPLATE_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
        files.insert(name, text.replace('\r', ""));
    }
    Ok(())
}

/// The text with what a function says in the place of each mark.
fn replace(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        filled.push_str(before);
        match behind.split_once('@').filter(|(word, _)| is_mark(word)) {
            Some((word, after)) => {
                filled.push_str(&value(word));
                rest = after;
            }
            None => {
                filled.push('@');
                rest = behind;
            }
        }
    }
    filled + rest
}

fn is_mark(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::{Marks, Rendered, Templates};

    fn marks() -> Marks {
        Marks::default().with("name", "lite").with("version", "1.0.2")
    }

    #[test]
    fn marks_are_filled_in_text_and_path_and_nothing_else_changes() {
        let text = "v=@version@ a@b.example @scope/x@1.0 \"$@\" @@name@@ ${name}";
        let templates = Templates::of([("Formula/@name@.rb", text)]);
        let expected = "v=1.0.2 a@b.example @scope/x@1.0 \"$@\" @lite@ ${name}";
        let path = "Formula/lite.rb".to_owned();
        let rendered = vec![Rendered { path, bytes: expected.as_bytes().to_vec() }];
        assert_eq!(templates.fill(&marks()), Ok(rendered));
    }

    #[test]
    fn a_mark_without_value_and_a_value_without_mark_are_refused() {
        let templates = Templates::of([("a", "@verison@"), ("b", "@name@")]);
        let expected = [
            "a: unknown mark `verison`; did you mean `version`?",
            "no file uses the mark `@version@`",
        ];
        assert_eq!(templates.fill(&marks()), Err(expected.map(str::to_owned).into()));
    }
}
