//! Bytes to text, or the finding that they are not text.
//!
//! A byte order mark decides: UTF-8 (the mark is removed), UTF-16 little or big endian; UTF-32 is
//! not read. Without a mark, text in which nearly every second byte is NUL, and always the same
//! second, is UTF-16 of mostly Latin script. Any other NUL means binary; so do many control
//! characters, or so many invalid sequences that a reader would see noise (compressed data; text
//! in a multi-byte legacy encoding). What remains is UTF-8 in which each invalid sequence becomes
//! one U+FFFD. Line ends stay as they are.

/// How many bytes are looked at to recognise UTF-16 without a byte order mark.
const SAMPLE_BYTES: usize = 4096;

/// Decodes the bytes of a file; `None` when they are not text.
pub(super) fn decode(bytes: Vec<u8>) -> Option<String> {
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest.to_vec()),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => None,
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        all => match utf16_without_mark(all) {
            Some(unit) => decode_utf16(all, unit),
            None => decode_utf8(bytes),
        },
    }
}

fn decode_utf8(bytes: Vec<u8>) -> Option<String> {
    if memchr::memchr(0, &bytes).is_some() || is_noise(&bytes) {
        return None;
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text: String = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    let is_binary = text.contains('\0') || is_noise(text.as_bytes());
    (!is_binary).then_some(text)
}

/// The byte order of text that is obviously UTF-16 although no mark says so.
fn utf16_without_mark(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let (pairs, _) = bytes[..bytes.len().min(SAMPLE_BYTES)].as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let most = |count: usize| 4 <= pairs.len() && pairs.len() * 7 <= count * 10;
    match (zeros(0), zeros(1)) {
        (0, second) if most(second) => Some(u16::from_le_bytes),
        (first, 0) if most(first) => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// Whether more than 2 % are control characters that text does not use, or more than 30 % of the
/// bytes are not UTF-8.
fn is_noise(bytes: &[u8]) -> bool {
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, 8..=13 | 0x1B);
    let controls = bytes.iter().filter(|&&byte| is_control(byte)).count();
    if bytes.len() < controls * 50 {
        return true;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return false;
    }
    let invalid: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    bytes.len() * 3 < invalid * 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: Option<&str>) {
        assert_eq!(decode(bytes.to_vec()).as_deref(), expected, "{bytes:?}");
    }

    fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes_of).collect()
    }

    #[test]
    fn marks_are_removed_and_line_ends_kept() {
        check(b"", Some(""));
        check(b"a\r\nb\n", Some("a\r\nb\n"));
        check(b"\xEF\xBB\xBFa", Some("a"));
        check(b"\xFF\xFEa\0\r\0\n\0", Some("a\r\n"));
        check(b"\xFE\xFF\0a\0b", Some("ab"));
        check(b"\xFF\xFEa\0b", Some("a\u{FFFD}"));
        check(b"\xFF\xFE\0\0a\0\0\0", None);
    }

    #[test]
    fn obvious_utf16_needs_no_mark() {
        let text = "public class Grün { }\r\n";
        check(&utf16(text, u16::to_le_bytes), Some(text));
        check(&utf16(text, u16::to_be_bytes), Some(text));
    }

    #[test]
    fn invalid_bytes_are_replaced_and_noise_is_binary() {
        check(b"caf\xE9 au lait", Some("caf\u{FFFD} au lait"));
        check(b"a\0b", None);
        check(b"\x01\x02\x03\x04", None);
        check(b"\xD4\xD8\x81\x93\xF7a", None);
        check(b"\x1B[1mbold\x1B[0m\x0C", Some("\x1B[1mbold\x1B[0m\x0C"));
    }

    proptest! {
        #[test]
        fn text_stays_what_it_is(text in "[ -~\r\n\tä-ü一-龥]{0,200}") {
            prop_assert_eq!(decode(text.clone().into_bytes()), Some(text.clone()));
            let mut marked = vec![0xFF, 0xFE];
            marked.extend(utf16(&text, u16::to_le_bytes));
            prop_assert_eq!(decode(marked), Some(text));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(text) = decode(bytes) {
                prop_assert!(!text.contains('\0'));
            }
        }
    }
}
