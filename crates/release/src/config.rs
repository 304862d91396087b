//! `release.toml`: the few things about a release that are ours to choose.
//!
//! ```toml
//! repository = "https://github.com/OWNER/NAME"      # the one line that a fork changes
//! name = "contextlite"                              # package, binary and first word of names
//! summary = "Local context engine: …"              # what it is, in one line
//! archive = "contextlite-{version}-{os}-{arch}"     # an archive's name without extension
//! download = "releases/download/v{version}"         # folder of published files, below repository
//! required = ["github"]                             # channels that may not fail
//! ```
//!
//! Every key is needed, no other is known. What a channel demands is not configuration: it is a
//! fact of the channel ([`crate::facts`]). All problems are reported at once, with their lines.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::facts::{self, Facts};
use crate::nearest;
use crate::pattern::{Pattern, Placeholder};

/// The file's name; the folder that holds it is the root of the project.
pub const FILE_NAME: &str = "release.toml";

const KEYS: [&str; 6] = ["repository", "name", "summary", "archive", "download", "required"];

/// The most characters of a summary: the Snap Store shows 78.
const SUMMARY_CHARACTERS_MAX: usize = 78;

/// The checked content of `release.toml`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the project lives.
    pub repository: Repository,
    /// The package's name.
    pub name: String,
    /// What it is, in one line of at most 78 characters without a full stop.
    pub summary: String,
    /// An archive's name without extension; has all three placeholders.
    pub archive: Pattern,
    /// The folder of published files below the repository's address; has `{version}` only.
    pub download: Pattern,
    /// The channels whose failure fails the release, each once.
    pub required: Vec<&'static Facts>,
}

/// A repository on a GitHub host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The address, without a slash at its end.
    pub url: String,
    /// The person or organisation.
    pub owner: String,
    /// The repository's own name.
    pub name: String,
}

impl Config {
    /// Reads `release.toml` in `root`; `known` are the channels that it may name.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read, [`Error::Config`] with every problem in it.
    pub fn read(root: &Path, known: &[&'static Facts]) -> Result<Self> {
        let path = root.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
        Self::parse(&text, known)
            .map_err(|problems| Error::Config { path: FILE_NAME.into(), problems })
    }

    /// Reads the text of a `release.toml`; `known` are the channels that it may name.
    ///
    /// # Errors
    ///
    /// Every problem as a phrase, in the order of their lines, missing keys last.
    pub fn parse(text: &str, known: &[&'static Facts]) -> std::result::Result<Self, Vec<String>> {
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                return Err(vec![format!("line {line}: {}", error.message())]);
            }
        };
        let mut reading = Reading { text, table, problems: Vec::new() };
        reading.refuse_unknown();
        let repository = reading.value("repository", repository);
        let name = reading.value("name", name);
        let summary = reading.value("summary", summary);
        let archive = reading.value("archive", archive);
        let download = reading.value("download", download);
        let required = reading.value("required", |value| required(value, known));
        if let (Some(repository), Some(name), Some(summary)) = (repository, name, summary)
            && let (Some(archive), Some(download), Some(required)) = (archive, download, required)
            && reading.problems.is_empty()
        {
            return Ok(Self { repository, name, summary, archive, download, required });
        }
        reading.problems.sort_by_key(|(line, _)| *line);
        Err(reading.problems.into_iter().map(|(_, problem)| problem).collect())
    }
}

/// A file that is being read, and what is wrong with it so far, by line.
struct Reading<'a> {
    text: &'a str,
    table: DeTable<'a>,
    problems: Vec<(usize, String)>,
}

impl<'a> Reading<'a> {
    fn refuse_unknown(&mut self) {
        for key in self.table.keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            let line = line_of(self.text, key.span().start);
            let problem = nearest::unknown("key", key.get_ref(), &KEYS);
            self.problems.push((line, format!("line {line}: {problem}")));
        }
    }

    /// The value of a key as `read` understands it; what `read` refuses is noted.
    fn value<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&DeValue<'a>) -> std::result::Result<T, String>,
    ) -> Option<T> {
        let found = self.table.iter().find(|(name, _)| name.get_ref() == key);
        let Some((_, value)) = found else {
            self.problems.push((usize::MAX, format!("the key `{key}` is missing")));
            return None;
        };
        let line = line_of(self.text, value.span().start);
        let read = read(value.get_ref());
        read.map_err(|problem| {
            self.problems.push((line, format!("line {line}: {key}: {problem}")));
        })
        .ok()
    }
}

fn repository(value: &DeValue<'_>) -> std::result::Result<Repository, String> {
    let url = string(value)?;
    let form = || format!("`{url}` is not `https://HOST/OWNER/NAME`");
    let path = url.strip_prefix("https://").ok_or_else(form)?;
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [host, owner, name] if [host, owner, name].iter().all(|part| is_name(part)) => {
            Ok(Repository { url: url.to_owned(), owner: owner.to_owned(), name: name.to_owned() })
        }
        _ => Err(form()),
    }
}

fn name(value: &DeValue<'_>) -> std::result::Result<String, String> {
    let name = string(value)?;
    let is_package = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_lowercase());
    is_package
        .then(|| name.to_owned())
        .ok_or_else(|| format!("`{name}` is not lower-case letters, digits and dashes"))
}

/// Homebrew refuses an article at the beginning, others a full stop at the end; quotes and
/// backslashes would have to be written differently in each format.
fn summary(value: &DeValue<'_>) -> std::result::Result<String, String> {
    let text = string(value)?;
    let first = text.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    if SUMMARY_CHARACTERS_MAX < text.chars().count() {
        return Err(format!("it has more than {SUMMARY_CHARACTERS_MAX} characters"));
    }
    if matches!(first.as_str(), "a" | "an" | "the") {
        return Err(format!("it begins with `{first}`, which Homebrew refuses"));
    }
    if text.ends_with('.') {
        return Err("it ends with a full stop; a summary has none".to_owned());
    }
    match text.chars().find(|&c| c.is_control() || "\"'\\<>&@#$`".contains(c)) {
        Some(c) => Err(format!("`{c}` would have to be escaped in some format")),
        None => Ok(text.to_owned()),
    }
}

fn archive(value: &DeValue<'_>) -> std::result::Result<Pattern, String> {
    let pattern = Pattern::parse(string(value)?)?;
    if let Some(missing) = Placeholder::ALL.into_iter().find(|&p| !pattern.has(p)) {
        let name = missing.name();
        return Err(format!("`{{{name}}}` is missing, so two files would have one name"));
    }
    match pattern.first_refused(is_plain) {
        Some(c) => Err(format!("GitHub renames files with `{c}` in their name")),
        None => Ok(pattern),
    }
}

fn download(value: &DeValue<'_>) -> std::result::Result<Pattern, String> {
    let text = string(value)?;
    let pattern = Pattern::parse(text)?;
    if pattern.has(Placeholder::Os) || pattern.has(Placeholder::Arch) {
        return Err("the folder holds the files of all targets, so only {version} fits".to_owned());
    }
    if !pattern.has(Placeholder::Version) {
        return Err("`{version}` is missing, so two releases would share a folder".to_owned());
    }
    if text.starts_with('/') || text.ends_with('/') {
        return Err("it is joined with slashes; write none at its ends".to_owned());
    }
    match pattern.first_refused(|c| is_plain(c) || c == '/') {
        Some(c) => Err(format!("`{c}` does not belong in a folder below the repository")),
        None => Ok(pattern),
    }
}

fn required(
    value: &DeValue<'_>,
    known: &[&'static Facts],
) -> std::result::Result<Vec<&'static Facts>, String> {
    let names = value.as_array().ok_or("it has to be a list of channels")?;
    let mut channels: Vec<&'static Facts> = Vec::with_capacity(names.len());
    for name in names.iter().map(Spanned::get_ref) {
        let name = string(name)?;
        let channel = facts::find(known, name)
            .ok_or_else(|| nearest::unknown("channel", name, &facts::ids(known)))?;
        if channels.contains(&channel) {
            return Err(format!("`{name}` is listed twice"));
        }
        if let Some(policy) = channel.policy {
            return Err(format!("`{name}` cannot be required: {}", policy.reason));
        }
        channels.push(channel);
    }
    Ok(channels)
}

fn string<'v>(value: &'v DeValue<'_>) -> std::result::Result<&'v str, String> {
    let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
    text.ok_or_else(|| "it has to be a text that is not empty".to_owned())
}

/// Whether `part` may stand between two slashes of a GitHub address.
fn is_name(part: &str) -> bool {
    !part.is_empty() && part.chars().all(is_plain)
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// The line, from 1, of a byte of the text.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&b| b == b'\n').count() + 1
}
