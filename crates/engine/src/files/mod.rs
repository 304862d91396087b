//! Files: which ones of a folder become documents, and their text.
//!
//! Two steps, and only the second one reads. [`list`] walks the folder in parallel and looks at
//! names and sizes alone, so that a run in which nothing changed costs one `stat` per file.
//! [`read`] turns one found file into a [`Document`](crate::document::Document): it reads the
//! bytes, hashes them, decodes them and looks at the text. Both answer a file that is left out
//! with a [`SkipReason`]; neither fails because of what a file holds.
//!
//! What is left out, in the order of the decisions:
//!
//! 1. *Unlisted*: what `.gitignore` (also outside a git repository), `.ignore`,
//!    `.git/info/exclude` or `.contextliteignore` ignore, hidden names and the folders of version
//!    control. These are the user's own decisions and may be a million files, so they are not
//!    reported one by one. A hidden name comes back by [`WalkOptions::hidden`], by a `!name` line
//!    in an ignore file, or when an include glob spells it. Ignore files above the root count only
//!    inside a git repository; the user's global git configuration is not looked at, because the
//!    engine reads no environment.
//! 2. *Skipped by name or size*: globs, links, pipes and devices, likely secrets, lock files,
//!    minified and binary extensions, `linguist-generated` paths, too large files.
//! 3. *Skipped by content*: binary, minified, generated, likely secrets, unreadable, unstable.
//!
//! Links are never followed: a target inside the root is listed under its own name, and one
//! outside was not asked for. So there are no loops, and no way out of the root.
//!
//! Invariants: the listing is sorted by path and does not depend on the threads' order; a path of
//! a listing names exactly one file ([`path_to_os`] is its inverse); a file above the size limit is
//! never opened; nothing but a regular file is opened.

mod attributes;
mod classify;
mod decode;
mod path;
mod secret;
mod read;
mod walk;

pub use path::{path_from_os, path_to_os};
pub use read::{hash_below, read};
pub(crate) use walk::globs;
pub use walk::list;

use std::fmt;
use std::path::PathBuf;

use crate::document::FileStat;

/// The default size limit of a file: larger ones are data or generated, and not passages to read.
pub const SIZE_MAX_BYTES: u64 = 1024 * 1024;

/// Which files of a folder are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkOptions {
    /// Globs in the syntax of `.gitignore`; when there is one, only files that match one are
    /// listed. They restrict; what is ignored stays ignored.
    pub include: Vec<String>,
    /// Globs in the syntax of `.gitignore`; files and folders that match one are left out.
    pub exclude: Vec<String>,
    /// Whether names that start with a dot are listed.
    pub hidden: bool,
    /// The largest size of a file, in bytes.
    pub size_max_bytes: u64,
    /// Whether files that likely hold a secret are read too.
    pub secrets: bool,
    /// Whether ignore files are honoured.
    pub respect_ignore: bool,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            hidden: false,
            size_max_bytes: SIZE_MAX_BYTES,
            secrets: false,
            respect_ignore: true,
        }
    }
}

/// A file that may become a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// The path in the form of [`Document::path`](crate::document::Document::path).
    pub path: String,
    /// Where the file is; the canonical root joined with the path.
    pub absolute: PathBuf,
    /// Size and time as the walk saw them.
    pub stat: FileStat,
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files to read, sorted by path.
    pub files: Vec<FoundFile>,
    /// The paths that were left out and why, sorted by path; a folder's path ends with `/`.
    pub skipped: Vec<(String, SkipReason)>,
    /// What is wrong with ignore files, one sentence each, sorted; their other lines do count.
    pub warnings: Vec<String>,
}

/// Why a file is not a document; displays as a phrase that completes "skipped: …".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// An exclude glob matches.
    Excluded,
    /// There are include globs and none matches.
    NotIncluded,
    /// Not text.
    Binary,
    /// Larger than the limit.
    TooLarge {
        /// The size in bytes.
        size_bytes: u64,
    },
    /// Text on a few very long lines, made for a machine.
    Minified,
    /// Marked as written by a program, and large or marked so by the maintainers (a small one
    /// becomes a document of the kind "generated"); or an exported selection problem.
    Generated,
    /// A package manager's lock file.
    LockFile,
    /// The name or the text is that of a secret.
    LikelySecret {
        /// The kind of secret.
        what: &'static str,
    },
    /// The operating system refused.
    Unreadable {
        /// Its reason.
        detail: String,
    },
    /// A link to something else within the root, which is listed under its own name.
    SymlinkInside,
    /// A link to something outside the root.
    SymlinkOutside,
    /// A link to itself or to a folder that holds it.
    SymlinkLoop,
    /// A link to nothing.
    SymlinkDangling,
    /// A pipe, socket or device.
    NotAFile,
    /// The file was being written each time it was read.
    ChangedWhileRead,
    /// The path is longer than the operating system accepts.
    PathTooLong,
}

impl SkipReason {
    /// The one-word name that faces print for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::NotIncluded => "not_included",
            Self::Binary => "binary",
            Self::TooLarge { .. } => "too_large",
            Self::Minified => "minified",
            Self::Generated => "generated",
            Self::LockFile => "lock_file",
            Self::LikelySecret { .. } => "likely_secret",
            Self::Unreadable { .. } => "unreadable",
            Self::SymlinkInside => "symlink_inside",
            Self::SymlinkOutside => "symlink_outside",
            Self::SymlinkLoop => "symlink_loop",
            Self::SymlinkDangling => "symlink_dangling",
            Self::NotAFile => "not_a_file",
            Self::ChangedWhileRead => "changed_while_read",
            Self::PathTooLong => "path_too_long",
        }
    }

    /// Whether the same file is skipped again until its size or time changes; the others are
    /// worth another try in the next run.
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::Unreadable { .. } | Self::ChangedWhileRead)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phrase = match self {
            Self::Excluded => "excluded by a glob",
            Self::NotIncluded => "not matched by an include glob",
            Self::Binary => "binary",
            Self::TooLarge { size_bytes } => return write!(out, "too large ({size_bytes} bytes)"),
            Self::Minified => "minified (a few very long lines)",
            Self::Generated => "generated by a program",
            Self::LockFile => "lock file",
            Self::LikelySecret { what } => return write!(out, "likely secret ({what})"),
            Self::Unreadable { detail } => return write!(out, "unreadable ({detail})"),
            Self::SymlinkInside => "link to a path inside the root",
            Self::SymlinkOutside => "link to a path outside the root",
            Self::SymlinkLoop => "link that leads back to itself",
            Self::SymlinkDangling => "link to a path that does not exist",
            Self::NotAFile => "not a regular file",
            Self::ChangedWhileRead => "changed while it was read",
            Self::PathTooLong => "path too long for the operating system",
        };
        out.write_str(phrase)
    }
}

impl SkipReason {
    /// The reason for what the operating system answered.
    fn of_io(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::InvalidFilename {
            Self::PathTooLong
        } else {
            Self::Unreadable { detail: error.kind().to_string() }
        }
    }
}

#[cfg(test)]
mod tests;
