//! Packages that were made before, kept as long as all that they are made of is the same.
//!
//! To look at a registry is to compare its packages with ours, byte by byte, and to make those of
//! six programs takes a minute. So a record says from what the files of a channel were made: the
//! release with the digests of its files, the folder of the client, and the code that packs, each
//! in one digest; and which digest each file has. One that differs is made anew.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::carrier;
use crate::error::Result;
use crate::file;
use crate::release::Release;
use crate::template::Rendered;

/// The code that packs, and what it packs with.
const CODE: [&str; 8] = [
    include_str!("../carrier/mod.rs"),
    include_str!("../carrier/wheel.rs"),
    include_str!("../carrier/package_json.rs"),
    include_str!("../carrier/npm.rs"),
    include_str!("../carrier/vsix.rs"),
    include_str!("../channel/carried.rs"),
    include_str!("../pack/archive.rs"),
    include_str!("../../../../Cargo.lock"),
];

/// A record of what the files of a channel were made from.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    made_from: String,
    /// Each file with its SHA-256, in order.
    files: Vec<(String, String)>,
}

/// Returns the digest of all that the packages of a client in a folder are made from.
///
/// # Errors
///
/// [`crate::error::Error::Io`] if the folder cannot be read.
pub fn made_from(id: &str, release: &Release, folder: &Path) -> Result<String> {
    let mut all = Vec::new();
    let mut add = |bytes: &[u8]| {
        all.extend(bytes.len().to_le_bytes());
        all.extend(bytes);
    };
    add(id.as_bytes());
    add(format!("{release:?}").as_bytes());
    for member in carrier::client(folder)? {
        add(member.path.as_bytes());
        add(&member.bytes);
    }
    CODE.iter().for_each(|code| add(code.as_bytes()));
    Ok(file::digest_of(&all).sha256)
}

/// Returns the files that were made from this and are still there; `place` is where the record is.
pub fn find(place: &Path, folder: &Path, made_from: &str) -> Option<Vec<Rendered>> {
    let record: Record = serde_json::from_slice(&std::fs::read(place).ok()?).ok()?;
    let read = |(path, sha256): &(String, String)| {
        let bytes = std::fs::read(folder.join(path)).ok()?;
        let is_same = file::digest_of(&bytes).sha256 == *sha256;
        is_same.then(|| Rendered { path: path.clone(), bytes })
    };
    (record.made_from == made_from).then(|| record.files.iter().map(read).collect())?
}

/// Writes down from what files were made.
///
/// # Errors
///
/// [`crate::error::Error::Io`] if that is not possible.
pub fn note(place: &Path, made_from: String, files: &[Rendered]) -> Result<()> {
    let file = |file: &Rendered| (file.path.clone(), file::digest_of(&file.bytes).sha256);
    let record = Record { made_from, files: files.iter().map(file).collect() };
    let text = serde_json::to_string_pretty(&record).expect("a record can be written");
    file::write_whole(place, text.as_bytes()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{find, note};
    use crate::template::Rendered;

    #[test]
    fn only_what_is_the_same_in_all_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("record.json");
        let files = ["a", "b"].map(|path| {
            std::fs::write(folder.path().join(path), path).expect("a file");
            Rendered { path: path.to_owned(), bytes: path.into() }
        });
        let kept = |made_from: &str| find(&place, folder.path(), made_from);
        assert_eq!(kept("x"), None, "nothing is written down");
        note(&place, "x".to_owned(), &files).expect("a record");
        assert_eq!(kept("x"), Some(files.to_vec()));
        assert_eq!(kept("y"), None, "it would be made from something else");
        std::fs::write(folder.path().join("b"), "c").expect("a file");
        assert_eq!(kept("x"), None, "a file was changed");
        std::fs::remove_file(folder.path().join("b")).expect("a file");
        assert_eq!(kept("x"), None, "a file is gone");
    }
}
