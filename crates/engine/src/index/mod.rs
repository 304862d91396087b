//! The full-text index: a tantivy index derived from the store, and the search in it.
//!
//! # What is in it
//!
//! Two kinds of entries, passages and files, in one index without stored fields:
//! ```text
//! terms        text   a passage's terms, separated by spaces      passages only
//! file_terms   text   a file's terms and its history's            files only
//! document     u64    the document's number, indexed and fast     both
//! passage      u64    the passage's number, fast; 0 for a file    both
//! place        u64    where ties are broken, fast                 both
//! ```
//! A *place* is 44 bits of a hash of the path (in a library, of the id) and 20 bits of the
//! passage's position: the order of two entries of equal score. It depends on what is indexed and
//! not on when, so a store that was brought up to date in many small steps answers exactly as one
//! that was made at once; numbers of documents and passages would not.
//!
//! # How it follows the store
//!
//! The payload of each commit is `format store-id generation`. It is compared with the store's
//! `content` (see [`crate::store`]): [`Standing`] says what to do. A truncated file fails to open;
//! garbage inside a file is found by tantivy's checksums, which are computed only if a file's size
//! or time is not that of the last check (a list of them is kept in the process, and beside them in
//! [`VERIFIED_FILE`] once they are known to be on the disk).
//!
//! # Determinism
//!
//! Tantivy's own statistics count deleted entries until their segment is merged, so its scores
//! depend on history. Here document frequencies are corrected for deleted entries, averages come
//! from the store's sums, and scores are sums of integers, which do not depend on their order.

mod directory;
mod search;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{IndexReader, ReloadPolicy, TantivyError};

pub use self::directory::Disk;
use self::directory::IndexDirectory;
pub use self::search::{Found, Searcher};
pub use self::writer::Writer;
use crate::error::{Error, Result};
use crate::store::{State, not_writable};

/// Raised when the fields or the meaning of a payload change; an index of another format is made
/// anew.
const FORMAT_VERSION: u32 = 1;
/// The list of files whose checksums were found right, beside the index.
const VERIFIED_FILE: &str = "verified";
/// The name under which tantivy keeps what a commit consists of.
const META_FILE: &str = "meta.json";
/// How often a load is tried again because a commit came in between.
const RELOADS_MAX: usize = 100;

/// How the index stands to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It reflects the store.
    Current,
    /// It reflects this earlier generation of the store.
    Behind(i64),
    /// It cannot be used, for this reason, and must be rebuilt.
    Unusable(String),
}

/// An index folder, opened for reading.
#[derive(Clone)]
pub struct Index {
    folder: PathBuf,
    opened: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
}

/// The fields of the schema.
#[derive(Debug, Clone, Copy)]
struct Fields {
    terms: Field,
    file_terms: Field,
    document: Field,
    passage: Field,
    place: Field,
}

impl Fields {
    fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true);
        let text = TextOptions::default().set_indexing_options(indexing);
        let document = NumericOptions::default() | INDEXED | FAST;
        let fields = Self {
            terms: builder.add_text_field("terms", text.clone()),
            file_terms: builder.add_text_field("file_terms", text),
            document: builder.add_u64_field("document", document),
            passage: builder.add_u64_field("passage", FAST),
            place: builder.add_u64_field("place", FAST),
        };
        (builder.build(), fields)
    }
}

impl Index {
    /// Opens the index in `folder`, checks its files if they are not those of the last check, and
    /// loads its newest commit.
    ///
    /// # Errors
    /// Why the index cannot be used and must be rebuilt.
    pub fn open(folder: &Path) -> std::result::Result<Self, String> {
        let opened = open_index(folder).and_then(|(index, fields)| {
            let reader = index
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .doc_store_cache_num_blocks(0)
                .try_into()?;
            Ok(Self { folder: folder.to_owned(), opened: index, reader, fields })
        });
        let index = opened.map_err(|error| describe(folder, &error))?;
        index.verify()?;
        Ok(index)
    }

    /// Loads the newest commit and says how it stands to `state`.
    pub fn reload(&self, state: &State) -> Standing {
        match self.load() {
            Ok(payload) => standing_of(payload.as_deref(), state),
            Err(error) => Standing::Unusable(describe(&self.folder, &error)),
        }
    }

    /// A view of the commit that was loaded last, with the sums of `state`, which it must reflect.
    ///
    /// # Errors
    /// [`Error::Index`] if its files cannot be read.
    pub fn searcher(&self, state: &State) -> Result<Searcher> {
        Searcher::new(&self.folder, &self.reader.searcher(), self.fields, state.totals)
    }

    /// Loads the newest commit; its payload says what it reflects.
    fn load(&self) -> tantivy::Result<Option<String>> {
        for _ in 0..RELOADS_MAX {
            let before = self.opened.load_metas()?;
            self.reader.reload()?;
            let after = self.opened.load_metas()?;
            if before.opstamp == after.opstamp && before.payload == after.payload {
                return Ok(after.payload);
            }
        }
        Err(TantivyError::SystemError("commits came faster than they can be read".to_owned()))
    }

    /// Compares the checksums of all files, unless they are the files of the last check.
    fn verify(&self) -> std::result::Result<(), String> {
        let files = file_list(&self.folder, &self.opened);
        if is_verified(&self.folder, &files) {
            return Ok(());
        }
        let damaged =
            self.opened.validate_checksum().map_err(|error| describe(&self.folder, &error))?;
        if let Some(file) = damaged.iter().min() {
            return Err(format!("{} is damaged", file.display()));
        }
        note_verified(&self.folder, files, Disk::Now);
        Ok(())
    }
}

/// Says how the index in `folder` stands to `state`, without opening its files if they are those
/// of the last check.
pub fn standing(folder: &Path, state: &State) -> Standing {
    let read = open_index(folder).and_then(|(index, _)| {
        let is_verified = is_verified(folder, &file_list(folder, &index));
        Ok((index.load_metas()?.payload, is_verified))
    });
    let payload = match read {
        Ok((payload, true)) => payload,
        Ok((payload, false)) => match Index::open(folder) {
            Ok(_) => payload,
            Err(reason) => return Standing::Unusable(reason),
        },
        Err(error) => return Standing::Unusable(describe(folder, &error)),
    };
    standing_of(payload.as_deref(), state)
}

/// Names, sizes and times of the files of the newest commit, one line each.
fn file_list(folder: &Path, index: &tantivy::Index) -> String {
    let (Ok(metas), Ok(files)) = (index.load_metas(), folder.read_dir()) else {
        return String::new();
    };
    let segments: Vec<String> =
        metas.segments.iter().map(|segment| segment.id().uuid_string()).collect();
    let mut lines: Vec<String> = files
        .filter_map(|file| {
            let file = file.ok()?;
            let name = file.file_name().into_string().ok()?;
            segments.iter().find(|&segment| name.starts_with(segment))?;
            let found = file.metadata().ok()?;
            let time = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some(format!("{name} {} {}\n", found.len(), time.as_nanos()))
        })
        .collect();
    lines.sort_unstable();
    lines.concat()
}

/// The files that this process found right or wrote itself, for each folder.
static CHECKED: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());

fn is_verified(folder: &Path, files: &str) -> bool {
    let checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    checked.get(folder).is_some_and(|known| known == files)
        || std::fs::read_to_string(folder.join(VERIFIED_FILE)).is_ok_and(|known| known == files)
}

/// Keeps the list of files that are known to be right: for this process, and once they are on the
/// disk for others. Not being able to, in a folder that is read-only, costs the next opening some
/// milliseconds and nothing else.
fn note_verified(folder: &Path, files: String, disk: Disk) {
    if disk == Disk::Now {
        let names = files.lines().filter_map(|line| line.split(' ').next());
        let synced = names.map(|name| std::fs::File::open(folder.join(name))?.sync_all());
        if synced.collect::<std::io::Result<()>>().is_ok() {
            let _ = std::fs::write(folder.join(VERIFIED_FILE), &files);
        }
    }
    CHECKED.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), files);
}

fn standing_of(payload: Option<&str>, state: &State) -> Standing {
    let unusable = |reason: &str| Standing::Unusable(reason.to_owned());
    let Some(payload) = payload else {
        return unusable("it was never completed");
    };
    let numbers: Option<Vec<i64>> = payload.split(' ').map(|word| word.parse().ok()).collect();
    let Some([format, store_id, generation]) = numbers.as_deref() else {
        return unusable("it does not say what it reflects");
    };
    if *format != i64::from(FORMAT_VERSION) {
        return unusable("it has the format of another version");
    }
    if *store_id != state.store_id {
        return unusable("it belongs to another database");
    }
    match generation.cmp(&state.content) {
        std::cmp::Ordering::Equal => Standing::Current,
        std::cmp::Ordering::Less => Standing::Behind(*generation),
        std::cmp::Ordering::Greater => unusable("it is ahead of the database"),
    }
}

fn payload_of(state: &State) -> String {
    format!("{FORMAT_VERSION} {} {}", state.store_id, state.content)
}

fn open_index(folder: &Path) -> tantivy::Result<(tantivy::Index, Fields)> {
    open_index_in(IndexDirectory::open(folder, Disk::Now)?)
}

fn open_index_in(directory: IndexDirectory) -> tantivy::Result<(tantivy::Index, Fields)> {
    let (schema, fields) = Fields::schema();
    let index = tantivy::Index::open(directory)?;
    if index.schema() == schema {
        Ok((index, fields))
    } else {
        Err(TantivyError::SchemaError("it has the fields of another version".to_owned()))
    }
}

/// The reason for a rebuild, for one line of a report.
fn describe(folder: &Path, error: &TantivyError) -> String {
    if !folder.join(META_FILE).exists() {
        return "it is missing".to_owned();
    }
    match error {
        TantivyError::SchemaError(detail) => detail.clone(),
        TantivyError::IncompatibleIndex(_) => "it has the format of another version".to_owned(),
        _ => "it is damaged".to_owned(),
    }
}

/// What a failure of tantivy means for the index in `folder`.
fn index_error(folder: &Path, error: &TantivyError) -> Error {
    use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};
    let io = match error {
        TantivyError::IoError(io)
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
        | TantivyError::LockFailure(LockError::IoError(io), _) => Some(io),
        _ => None,
    };
    match io {
        Some(io) if is_refusal(io.kind()) => not_writable(folder, io),
        _ => Error::Index { path: folder.to_owned(), detail: error.to_string() },
    }
}

/// Whether the operating system refused a write for a reason that the user can change.
fn is_refusal(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind;
    matches!(
        kind,
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::PermissionDenied
    )
}
