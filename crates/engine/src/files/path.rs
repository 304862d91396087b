//! Paths as documents carry them: relative, `/` between the parts, valid UTF-8, reversible.
//!
//! A file system's names are bytes (Unix) or 16-bit units (Windows); a document's path is a
//! `String`. Names are taken in their UTF-8 form (on Windows its generalisation WTF-8, which has
//! three bytes for a lone surrogate). Each byte that is not part of valid UTF-8 becomes `%XX` with
//! upper-case digits. So that this can be undone, a `%` in a name that two hexadecimal digits
//! follow becomes `%25`; any other `%` stays as it is, and ordinary names do not change at all.
//! Reading back replaces each `%` with two hexadecimal digits by the byte that they name.
//!
//! # Source
//! The Unicode Standard, D92 (UTF-8); <https://simonsapin.github.io/wtf-8/>.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// Converts a document's path back to the relative path of the file system.
///
/// It is the inverse of what [`list`](super::list) does to a name; any string is accepted.
pub fn path_to_os(path: &str) -> PathBuf {
    path.split('/').map(|part| os_string(unescape(part))).collect()
}

/// Converts a relative path of the file system to a document's path.
pub fn path_from_os(relative: &Path) -> String {
    if let Some(path) = relative.to_str()
        && std::path::MAIN_SEPARATOR == '/'
        && !path.contains('%')
    {
        return path.to_owned();
    }
    let mut path = String::new();
    for component in relative.components() {
        if let Component::Normal(name) = component {
            if !path.is_empty() {
                path.push('/');
            }
            escape(name, &mut path);
        }
    }
    path
}

fn escape(name: &OsStr, path: &mut String) {
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        let valid = chunk.valid();
        for (at, character) in valid.char_indices() {
            path.push(character);
            if character == '%' && hex_pair(&valid.as_bytes()[at + 1..]).is_some() {
                path.push_str("25");
            }
        }
        for byte in chunk.invalid() {
            write!(path, "%{byte:02X}").expect("a string takes any text");
        }
    }
}

fn unescape(part: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if let Some(byte) = hex_pair(after).filter(|_| first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

/// The byte that the first two characters name as hexadecimal digits.
fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| text.get(at).and_then(|&byte| (byte as char).to_digit(16));
    Some((digit(0)? * 16 + digit(1)?) as u8)
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    match String::from_utf8(bytes) {
        Ok(name) => OsString::from(name),
        Err(error) => lone_surrogates(error.as_bytes()),
    }
}

/// Decodes WTF-8: a lone surrogate is the three invalid bytes `ED A0..=BF 80..=BF`.
#[cfg(windows)]
fn lone_surrogates(bytes: &[u8]) -> OsString {
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        if let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, after @ ..] = rest {
            units.push(0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F));
            rest = after;
            continue;
        }
        let chunk = rest.utf8_chunks().next().expect("the rest is not empty");
        if chunk.valid().is_empty() {
            units.push(u16::from(first));
            rest = &rest[1..];
        } else {
            units.extend(chunk.valid().encode_utf16());
            rest = &rest[chunk.valid().len()..];
        }
    }
    std::os::windows::ffi::OsStringExt::from_wide(&units)
}

#[cfg(not(any(unix, windows)))]
fn lone_surrogates(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(path: &str, expected: &str) {
        assert_eq!(path_from_os(Path::new(path)), expected);
        assert_eq!(path_to_os(expected), Path::new(path));
    }

    #[test]
    fn ordinary_names_do_not_change() {
        check("src/main.rs", "src/main.rs");
        check("a b/it's \"so\"/ü\n.txt", "a b/it's \"so\"/ü\n.txt");
        check("100%/50%x/%%", "100%/50%x/%%");
    }

    #[test]
    fn a_percent_sign_before_two_digits_is_escaped() {
        check("a%20b", "a%2520b");
        check("%%41", "%%2541");
        check("%2525", "%252525");
    }

    #[cfg(unix)]
    #[test]
    fn invalid_bytes_are_escaped() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"d\xC3/caf\xE9%\xFFaa");
        assert_eq!(path_from_os(Path::new(name)), "d%C3/caf%E9%%FFaa");
        assert_eq!(path_to_os("d%C3/caf%E9%%FFaa"), Path::new(name));
    }

    #[cfg(unix)]
    proptest! {
        #[test]
        fn every_name_comes_back(name in proptest::collection::vec(
            prop_oneof![Just(b'%'), Just(b'2'), Just(b'F'), 1_u8..=255], 1..24)
        ) {
            use std::os::unix::ffi::OsStrExt;
            prop_assume!(!name.contains(&b'/') && name != b"." && name != b"..");
            let relative = Path::new("d").join(OsStr::from_bytes(&name));
            prop_assert_eq!(path_to_os(&path_from_os(&relative)), relative);
        }
    }
}
