//! Archives that depend on their content alone: packed anywhere, at any time, they are equal.
//!
//! An archive usually remembers more than its files: who packed, when, on what system, in what
//! order a folder listed them. Here the entries are sorted by path, their time is that of the
//! commit, owner and group are 0 without names, modes are 0755 for programs and 0644 for the
//! rest; a gzip header has no name, no time and no system; a zip entry has no extra field. The
//! compressor is one fixed implementation: at its highest level for archives, which are packed
//! once, and at a quicker one for packages, of which each command that looks at a channel makes
//! the bytes.
//!
//! There is no folder around the files: then every consumer finds the program under the same
//! path, whatever the version, and none has to know how the archive is called.
//!
//! # Source
//!
//! POSIX.1-1988 for ustar, RFC 1952 for gzip, PKWARE's APPNOTE for zip.

use std::io::{Cursor, Read as _, Write as _};

use flate2::{Compression, GzBuilder};
use time::{OffsetDateTime, PrimitiveDateTime};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::target::Os;

/// The system of a gzip header: unknown.
const GZIP_SYSTEM: u8 = 255;

/// The level for archives.
const ARCHIVE_LEVEL: u32 = 9;

/// The level for packages: measured on our program a quarter of the time, for 3 % more bytes.
const PACKAGE_LEVEL: u32 = 6;

/// The most bytes of one file that is unpacked.
const MEMBER_BYTES_MAX: u64 = 1 << 30;

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where it stands in the archive, `/` between parts.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it is a program.
    pub is_program: bool,
}

impl Member {
    /// Returns a file that is no program.
    pub fn paper(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), is_program: false }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// Packs files for a system, with the time of the source in seconds since 1970.
///
/// # Panics
///
/// If two files have one path, or a path does not fit: both are ours to keep.
pub fn pack(members: &[Member], os: Os, seconds: u64) -> Vec<u8> {
    let sorted = sorted(members);
    match os {
        Os::Windows => zip_at(&sorted, seconds, ARCHIVE_LEVEL),
        Os::Linux | Os::Darwin => gzip(&tar(&sorted, seconds)),
    }
}

/// Packs files as a package that is a tar with gzip, with the time of the source.
///
/// # Panics
///
/// As [`pack`].
pub fn tgz(members: &[Member], seconds: u64) -> Vec<u8> {
    gzip_at(&tar(&sorted(members), seconds), PACKAGE_LEVEL)
}

fn sorted(members: &[Member]) -> Vec<&Member> {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sorted.windows(2).all(|pair| pair[0].path != pair[1].path), "each path once");
    sorted
}

/// Returns the files of an archive that was packed for a system.
///
/// # Errors
///
/// A phrase, if it is no such archive.
pub fn unpack(bytes: &[u8], os: Os) -> Result<Vec<Member>, String> {
    let phrase = |error: &dyn std::fmt::Display| format!("not an archive: {error}");
    let mut members = Vec::new();
    let mut put = |path: String, mode: u32, reader: &mut dyn std::io::Read| {
        let mut bytes = Vec::new();
        let read = reader.take(MEMBER_BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(|error| phrase(&error))?;
        members.push(Member { path, bytes, is_program: mode & 0o111 != 0 });
        Ok::<(), String>(())
    };
    if os == Os::Windows {
        let archive = zip::ZipArchive::new(Cursor::new(bytes));
        let mut archive = archive.map_err(|error| phrase(&error))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| phrase(&error))?;
            let name = entry.name().map_err(|error| phrase(&error))?.into_owned();
            put(name, entry.unix_mode().unwrap_or(0), &mut entry)?;
        }
    } else {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        for entry in archive.entries().map_err(|error| phrase(&error))? {
            let mut entry = entry.map_err(|error| phrase(&error))?;
            let path = entry.path().map_err(|error| phrase(&error))?;
            let path = path.to_string_lossy().into_owned();
            let mode = entry.header().mode().unwrap_or(0);
            put(path, mode, &mut entry)?;
        }
    }
    Ok(members)
}

/// Compresses bytes; the header says nothing about where they are from.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    gzip_at(bytes, ARCHIVE_LEVEL)
}

fn gzip_at(bytes: &[u8], level: u32) -> Vec<u8> {
    let builder = GzBuilder::new().mtime(0).operating_system(GZIP_SYSTEM);
    let mut encoder = builder.write(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}

fn tar(members: &[&Member], seconds: u64) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for member in members {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(member.bytes.len() as u64);
        header.set_mode(member.mode());
        header.set_mtime(seconds);
        header.set_uid(0);
        header.set_gid(0);
        header.set_path(&member.path).expect("our paths fit into a header");
        header.set_cksum();
        builder.append(&header, &member.bytes[..]).expect("memory can be written to");
    }
    builder.into_inner().expect("memory can be written to")
}

/// Packs files as a package that is a zip, in the order in which they are given.
///
/// # Panics
///
/// If a path does not fit, which is ours to keep.
pub fn zip(members: &[&Member], seconds: u64) -> Vec<u8> {
    zip_at(members, seconds, PACKAGE_LEVEL)
}

fn zip_at(members: &[&Member], seconds: u64, level: u32) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level.into()))
        .last_modified_time(zip_time(seconds));
    for member in members {
        let options = options.unix_permissions(member.mode());
        writer.start_file(member.path.as_str(), options).expect("our paths fit into an entry");
        writer.write_all(&member.bytes).expect("memory can be written to");
    }
    writer.finish().expect("memory can be written to").into_inner()
}

/// The time as zip has it: UTC, in steps of two seconds, from 1980 on.
fn zip_time(seconds: u64) -> DateTime {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64);
    let time = time.expect("a source is from no later than 2107");
    let time = PrimitiveDateTime::new(time.date(), time.time());
    DateTime::try_from(time).expect("a source is from 1980 or later")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::{Member, pack, zip_time};
    use crate::target::Os;

    const SECONDS: u64 = 1_700_000_000;

    fn members() -> Vec<Member> {
        vec![
            Member { path: "lite".into(), bytes: vec![7; 100_000], is_program: true },
            Member::paper("README.md", "read me"),
            Member::paper("man/lite.1", ".TH lite 1"),
        ]
    }

    #[test]
    fn the_order_of_packing_does_not_matter() {
        for os in [Os::Linux, Os::Windows] {
            let mut other = members();
            other.reverse();
            let first = pack(&members(), os, SECONDS);
            assert_eq!(first, pack(&other, os, SECONDS));
            assert_ne!(first, pack(&members(), os, SECONDS + 2), "the time is in it");
        }
    }

    #[test]
    fn a_tar_tells_nothing_but_its_files() {
        let packed = pack(&members(), Os::Linux, SECONDS);
        assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255], "gzip's header");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
        let mut found = Vec::new();
        for entry in archive.entries().expect("entries") {
            let entry = entry.expect("an entry");
            let header = entry.header();
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            found.push((path, header.mode().expect("a mode")));
            assert_eq!(header.mtime().expect("a time"), SECONDS);
            assert_eq!((header.uid().ok(), header.gid().ok()), (Some(0), Some(0)));
            assert_eq!(header.username().ok().flatten(), Some(""));
        }
        let expected = [("README.md", 0o644), ("lite", 0o755), ("man/lite.1", 0o644)];
        let expected = expected.map(|(path, mode)| (path.to_owned(), mode));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_zip_tells_nothing_but_its_files() {
        let packed = pack(&members(), Os::Windows, SECONDS);
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(packed)).expect("a zip");
        let names = ["README.md", "lite", "man/lite.1"];
        assert_eq!(archive.len(), names.len());
        for (index, name) in names.into_iter().enumerate() {
            let mut file = archive.by_index(index).expect("a file");
            assert_eq!(file.name().expect("a name"), name);
            assert_eq!(file.last_modified(), Some(zip_time(SECONDS)));
            assert!(file.extra_data().is_none_or(|data| data.is_empty()));
            let mode = if name == "lite" { 0o100_755 } else { 0o100_644 };
            assert_eq!(file.unix_mode(), Some(mode));
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("its content");
            let expected = members().into_iter().find(|member| member.path == name);
            assert_eq!(bytes, expected.expect("a member").bytes);
        }
    }

    #[test]
    fn the_time_of_a_zip_is_that_of_the_calendar() {
        let check = |seconds: u64, expected: (u16, u8, u8, u8, u8, u8)| {
            let time = zip_time(seconds);
            let found = (time.year(), time.month(), time.day());
            let clock = (time.hour(), time.minute(), time.second());
            assert_eq!((found.0, found.1, found.2, clock.0, clock.1, clock.2), expected);
        };
        check(315_532_800, (1980, 1, 1, 0, 0, 0));
        check(951_782_400, (2000, 2, 29, 0, 0, 0));
        check(1_709_251_198, (2024, 2, 29, 23, 59, 58));
        check(1_700_000_000, (2023, 11, 14, 22, 13, 20));
        check(4_107_542_400, (2100, 3, 1, 0, 0, 0));
    }
}
