//! One found file to one document.
//!
//! A file may change at any instant, and may be replaced by something else between the walk and
//! the read. So: look at the path itself (not through a link), go on only with a regular file
//! within the size limit, open it, make sure that the open file is the one that was looked at,
//! read at most one byte more than the limit, and look again at the open file. When size or time
//! moved meanwhile, or the number of bytes is not the size, the bytes may be half old and half
//! new: it is tried once more, and then given up with a reason. The document carries the size
//! and time from *before* the read, so that a later change is always seen as a change.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{FoundFile, SkipReason, WalkOptions, classify, decode, path_to_os, secret};
use crate::document::{Document, DocumentKind, FileStat};
use crate::language::Language;

/// How often a file is read before it is called unstable.
const ATTEMPTS_MAX: u32 = 2;

/// The largest text that is kept although a program wrote it; tables and parsers are larger, and
/// would be many passages that nobody asks for.
const GENERATED_MAX_BYTES: usize = 64 * 1024;

/// Reads a found file: bytes, hash, text, language, kind.
///
/// # Errors
/// Returns the reason when the file is not worth or not fit to be a document.
pub fn read(file: &FoundFile, options: &WalkOptions) -> std::result::Result<Document, SkipReason> {
    let (stat, bytes) = read_stable(&file.absolute, options.size_max_bytes, || ())?;
    let hash = *blake3::hash(&bytes).as_bytes();
    let text = decode::decode(bytes).ok_or(SkipReason::Binary)?;
    if classify::is_export(&text) {
        return Err(SkipReason::Generated);
    }
    let language = Language::detect(&file.path, &text);
    if classify::is_minified(language, &text) {
        return Err(SkipReason::Minified);
    }
    let is_generated = classify::is_generated(language, &text);
    if is_generated && GENERATED_MAX_BYTES < text.len() {
        return Err(SkipReason::Generated);
    }
    if !options.secrets
        && let Some(what) = secret::of_text(&text)
    {
        return Err(SkipReason::LikelySecret { what });
    }
    let kind = match DocumentKind::of_path(&file.path, language) {
        DocumentKind::Source if is_generated => DocumentKind::Generated,
        kind => kind,
    };
    let path = file.path.clone();
    Ok(Document { path, library_id: None, language, kind, stat, hash, text })
}

/// BLAKE3 of the bytes of the file at a document's path, if it still is a file of this size below
/// the root. What is reached only through a link that leaves the root is not read, nor is a pipe.
pub fn hash_below(root: &Path, path: &str, size_bytes: u64) -> Option<[u8; 32]> {
    let root = root.canonicalize().ok()?;
    let absolute = root.join(path_to_os(path)).canonicalize().ok()?;
    let facts = std::fs::metadata(&absolute).ok()?;
    if !absolute.starts_with(&root) || !facts.is_file() || facts.len() != size_bytes {
        return None;
    }
    Some(*blake3::hash(&std::fs::read(&absolute).ok()?).as_bytes())
}

/// The size and time of a file.
pub(super) fn stat_of(metadata: &Metadata) -> FileStat {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    FileStat { size_bytes: metadata.len(), modified_ns: nanoseconds(modified) }
}

/// Nanoseconds since 1970, negative before; clipped to the years 1677 to 2262.
fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(error) => i64::try_from(error.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// Reads bytes that did not change meanwhile; `after_read` runs between the read and the look
/// back, where a test can interfere.
fn read_stable(
    path: &Path,
    size_max_bytes: u64,
    mut after_read: impl FnMut(),
) -> std::result::Result<(FileStat, Vec<u8>), SkipReason> {
    for _ in 0..ATTEMPTS_MAX {
        let seen = fs::symlink_metadata(path).map_err(|error| SkipReason::of_io(&error))?;
        if !seen.is_file() {
            return Err(SkipReason::NotAFile);
        }
        let before = stat_of(&seen);
        if size_max_bytes < before.size_bytes {
            return Err(SkipReason::TooLarge { size_bytes: before.size_bytes });
        }
        let mut file = File::open(path).map_err(|error| SkipReason::of_io(&error))?;
        let opened = file.metadata().map_err(|error| SkipReason::of_io(&error))?;
        if !opened.is_file() || !is_same_file(&seen, &opened) {
            continue;
        }
        let bytes = read_at_most(&mut file, before.size_bytes, size_max_bytes)
            .map_err(|error| SkipReason::of_io(&error))?;
        after_read();
        let after = file.metadata().map_err(|error| SkipReason::of_io(&error))?;
        if stat_of(&after) == before && bytes.len() as u64 == before.size_bytes {
            return Ok((before, bytes));
        }
    }
    Err(SkipReason::ChangedWhileRead)
}

/// Reads up to one byte more than the limit: a file that grows meanwhile costs no more than that.
fn read_at_most(file: &mut File, size_bytes: u64, size_max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size_bytes as usize + 1);
    file.take(size_max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn is_same_file(seen: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (seen.dev(), seen.ino()) == (opened.dev(), opened.ino())
}

/// Elsewhere there is no stable identity; size and time stand in for it.
#[cfg(not(unix))]
fn is_same_file(seen: &Metadata, opened: &Metadata) -> bool {
    stat_of(seen) == stat_of(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write as _;

    fn append(path: &Path) {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"more\n").unwrap();
    }

    #[test]
    fn a_file_that_changes_once_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "one\n").unwrap();
        let mut reads = 0;
        let (stat, bytes) = read_stable(&path, 100, || {
            reads += 1;
            if reads == 1 {
                append(&path);
            }
        })
        .unwrap();
        assert_eq!((reads, stat.size_bytes, bytes.as_slice()), (2, 9, &b"one\nmore\n"[..]));
    }

    #[test]
    fn a_file_that_keeps_changing_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "one\n").unwrap();
        let answer = read_stable(&path, 100, || append(&path));
        assert_eq!(answer, Err(SkipReason::ChangedWhileRead));
    }

    #[test]
    fn no_more_than_the_limit_is_read_of_a_file_that_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, [b'x'; 5000]).unwrap();
        let bytes = read_at_most(&mut File::open(&path).unwrap(), 10, 100).unwrap();
        assert_eq!(bytes.len(), 101);
    }

    #[test]
    fn times_before_1970_are_negative() {
        let before = UNIX_EPOCH - std::time::Duration::from_secs(2);
        assert_eq!(nanoseconds(before), -2_000_000_000);
    }
}
