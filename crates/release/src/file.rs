//! Files: put in their place whole or not at all, and known by their SHA-256.
//!
//! A file that is half written when the process dies must not be taken for the file: it is
//! written beside its place under another name and then renamed, which is one step for a reader.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// The bytes that are read at once while a file is digested.
const CHUNK_BYTES: usize = 1 << 16;

/// What the end of a name says of a file that is being written.
const PARTIAL: &str = ".partial";

/// What is known of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The length in bytes.
    pub size: u64,
    /// The SHA-256, as 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Returns what is known of these bytes.
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest { size: bytes.len() as u64, sha256: hexadecimal(&Sha256::digest(bytes)) }
}

/// Reads a file through and returns what is known of its content.
///
/// # Errors
///
/// [`Error::Io`] if it cannot be read.
pub fn digest(path: &Path) -> Result<Digest> {
    let mut file = File::open(path).map_err(Error::at(path))?;
    let mut state = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size = 0;
    loop {
        let read = file.read(&mut chunk).map_err(Error::at(path))?;
        if read == 0 {
            return Ok(Digest { size, sha256: hexadecimal(&state.finalize()) });
        }
        size += read as u64;
        state.update(&chunk[..read]);
    }
}

/// Puts bytes in their place, whole or not at all; folders above it are made.
///
/// Returns whether anything was written: an equal file that is there stays untouched.
///
/// # Errors
///
/// [`Error::Io`] if the file or its folder cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::at(folder))?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = Path::new(&partial);
    std::fs::write(partial, bytes).map_err(Error::at(partial))?;
    std::fs::rename(partial, path).map_err(Error::at(path))?;
    Ok(true)
}

/// Puts a program in its place, whole or not at all, and lets it be run.
///
/// # Errors
///
/// [`Error::Io`] if it cannot be written.
pub fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    write_whole(path, bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, permissions).map_err(Error::at(path))?;
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_BYTES, digest, digest_of, write_whole};

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // FIPS 180-4, the example "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let found = digest_of(b"abc");
        assert_eq!((found.size, found.sha256.as_str()), (3, abc));
    }

    #[test]
    fn a_file_is_digested_in_pieces_as_if_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/b/long");
        for size in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1] {
            let bytes = vec![7; size];
            assert!(write_whole(&path, &bytes).expect("written"));
            assert!(!write_whole(&path, &bytes).expect("unchanged"));
            assert_eq!(digest(&path).expect("read"), digest_of(&bytes));
        }
        let names = std::fs::read_dir(path.parent().expect("a folder")).expect("a folder");
        assert_eq!(names.count(), 1, "nothing partial is left");
    }
}
