//! The texts of the workspace: all files that git would track, and the Rust sources among them.

use std::fs;
use std::path::{Path, PathBuf};

use super::source::Source;

/// A text bigger than this is data, not something that a person wrote.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// One text file.
pub struct Text {
    /// The path from the top of the repository, with `/` between its parts.
    pub path: String,
    /// The content.
    pub text: String,
}

impl Text {
    /// The lines that satisfy `has_it`, as positions `path:line`.
    pub fn lines_where(&self, has_it: impl Fn(&str) -> bool) -> Vec<String> {
        let is_found = |(at, line): (usize, &str)| has_it(line).then(|| self.at(at + 1));
        self.text.lines().enumerate().filter_map(is_found).collect()
    }

    /// The position of a 1-based line.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// What the rules look at.
pub struct Workspace {
    /// All text files, in the order of their paths.
    pub texts: Vec<Text>,
    /// The Rust files below `crates/`, in the order of their paths.
    pub sources: Vec<Source>,
}

impl Workspace {
    /// Reads the repository that this test was built in.
    pub fn read() -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut texts: Vec<Text> = tracked_files(&top)
            .iter()
            .filter_map(|file| Some(Text { path: relative(&top, file), text: text_of(file)? }))
            .collect();
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(texts.len() > 20, "the repository was found at {}", top.display());
        Self::new(texts)
    }

    /// Makes a workspace of a few texts: path and content.
    pub fn of(texts: &[(&str, &str)]) -> Self {
        let text = |(path, text): &(&str, &str)| Text {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self::new(texts.iter().map(text).collect())
    }

    fn new(texts: Vec<Text>) -> Self {
        let sources = texts
            .iter()
            .filter(|text| text.path.starts_with("crates/"))
            .filter(|text| Path::new(&text.path).extension().is_some_and(|end| end == "rs"))
            .map(|text| Source::new(&text.path, &text.text))
            .collect();
        Self { texts, sources }
    }

    /// The sources of one crate's product, without its tests.
    pub fn product_of<'a>(&'a self, crate_name: &str) -> impl Iterator<Item = &'a Source> {
        let folder = format!("crates/{crate_name}/src/");
        self.sources.iter().filter(move |source| source.path.starts_with(&folder))
    }

    /// The text at `path`.
    pub fn text(&self, path: &str) -> Option<&Text> {
        self.texts.iter().find(|text| text.path == path)
    }
}

/// All files that no ignore file names; hidden ones are part of it, git's own folder is not.
fn tracked_files(top: &Path) -> Vec<PathBuf> {
    ignore::WalkBuilder::new(top)
        .hidden(false)
        .require_git(false)
        .parents(false)
        .git_global(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect()
}

fn relative(top: &Path, file: &Path) -> String {
    let path = file.strip_prefix(top).expect("the walk starts at the top");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn text_of(file: &Path) -> Option<String> {
    let is_small = fs::metadata(file).ok()?.len() <= TEXT_BYTES_MAX;
    is_small.then(|| fs::read_to_string(file).ok())?
}
