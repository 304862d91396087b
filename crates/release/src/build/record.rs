//! What was built, and what of it was checked how: the build report.
//!
//! Each binary has its record beside it, so that machines which build different targets can hand
//! over folders; all records together are `dist/build.json`. Packing trusts a binary only with a
//! record that is of the same version and commit and has the binary's SHA-256.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::file;
use crate::source::Source;
use crate::target::{TARGETS, Target};

use super::trial::Way;

/// The folder, below the root, with one folder for each platform that was built.
pub const FOLDER: &str = "dist/build";

/// The report of all platforms, below the root.
pub const REPORT: &str = "dist/build.json";

/// The name of a record beside its binary.
const FILE_NAME: &str = "build.json";

/// The form of record and report.
const SCHEMA: u32 = 1;

/// One binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The form; 1.
    pub schema: u32,
    /// The platform's name, such as `linux-amd64`.
    pub platform: String,
    /// What the compiler calls it.
    pub target: String,
    /// The version that the binary says it has.
    pub version: String,
    /// What it was built from.
    pub source: Source,
    /// The version of the compiler.
    pub rust_version: String,
    /// How it was built, as a phrase.
    pub method: String,
    /// The length in bytes.
    pub size: u64,
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// What its headers say it is, as a phrase.
    pub format: String,
    /// How it was tried, which is also how its version is known.
    pub tried: Way,
    /// The line of its self test, if it could be run.
    pub selftest: Option<String>,
    /// The number of packages that it lists as linked, itself included.
    pub packages: usize,
}

/// All records that are there.
#[derive(Debug, Serialize)]
struct Report<'a> {
    schema: u32,
    binaries: &'a [Record],
}

impl Record {
    /// The form that is written, and the only one that is read.
    pub const SCHEMA: u32 = SCHEMA;

    /// Puts the record beside its binary, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        file::write_whole(&folder.join(FILE_NAME), json(self).as_bytes()).map(|_| ())
    }

    /// Reads the record of a target below the project's root; none if it was not built.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it is there and cannot be read, [`Error::Binary`] if it is no record.
    pub fn read(root: &Path, target: &Target) -> Result<Option<Self>> {
        let path = root.join(FOLDER).join(target.platform()).join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::at(&path)(error)),
        };
        let fault = |why: String| {
            let fault = format!("{}: {why}; build it again", path.display());
            Error::Binary { platform: target.platform(), faults: vec![fault] }
        };
        let record: Self = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
        if record.schema != SCHEMA {
            return Err(fault(format!("schema is {}, not {SCHEMA}", record.schema)));
        }
        Ok(Some(record))
    }
}

/// Writes the report of every platform that has a record, and returns the records in order.
///
/// # Errors
///
/// As [`Record::read`]; [`Error::Io`] if the report cannot be written.
pub fn report(root: &Path) -> Result<Vec<Record>> {
    let mut binaries = Vec::new();
    for target in &TARGETS {
        binaries.extend(Record::read(root, target)?);
    }
    let text = json(&Report { schema: SCHEMA, binaries: &binaries });
    file::write_whole(&root.join(REPORT), text.as_bytes())?;
    Ok(binaries)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("a record is made of texts and numbers") + "\n"
}
