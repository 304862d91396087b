//! The version that stands inside a binary which cannot be run here.
//!
//! The line of a passed self test begins with the name, the version and the word `works:`, as one
//! text that the compiler puts into the binary as it is. The words around the version make it
//! impossible to take another number for it, and the line is one that the program really prints,
//! so it cannot be right in the file and wrong on the terminal.

use std::collections::BTreeSet;

/// What follows the version.
const AFTER: &[u8] = b" works: ";

/// The most bytes of a version.
const VERSION_BYTES_MAX: usize = 64;

/// Returns every version that a binary of this name says it has, each once, in order.
pub fn versions(binary: &[u8], name: &str) -> BTreeSet<String> {
    let before = format!("{name} ");
    let mut versions = BTreeSet::new();
    let mut rest = binary;
    while let Some(at) = find(rest, AFTER) {
        let start = at.saturating_sub(VERSION_BYTES_MAX + before.len());
        let line = &rest[start..at];
        if let Some(place) = find_last(line, before.as_bytes()) {
            let text = String::from_utf8_lossy(&line[place + before.len()..]).into_owned();
            if semver::Version::parse(&text).is_ok() {
                versions.insert(text);
            }
        }
        rest = &rest[at + AFTER.len()..];
    }
    versions
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn find_last(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::versions;

    #[test]
    fn only_the_line_of_the_self_test_counts() {
        let check = |binary: &str, expected: &[&str]| {
            let found: Vec<String> = versions(binary.as_bytes(), "lite").into_iter().collect();
            assert_eq!(found, expected, "{binary}");
        };
        check("\0lite 1.0.2 works: \0", &["1.0.2"]);
        check("lite 1.0.2 works: lite 1.0.2 works: ", &["1.0.2"]);
        check("lite 1.1.0-rc.1 works: and lite 1.0.2 works: ", &["1.0.2", "1.1.0-rc.1"]);
        check("lite 1.0.2", &[]);
        check("lite works: 1.0.2", &[]);
        check("elite 1.0 works: ", &[]);
        check("\u{e9}lite 1.0.2\u{e9} works: ", &[]);
        check(" works: ", &[]);
    }
}
