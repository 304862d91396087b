//! The words of a commit message, without what machines and conventions add to them.
//!
//! A message is a subject, an empty line and a body; the last lines are often *trailers* of the
//! form `Key: value` (see `git-interpret-trailers(1)`). Trailers that name people, reviews and
//! other systems tell nothing about the code and would make every commit of one author look
//! alike. They are removed wherever they stand, because squashed merges carry those of each part
//! in the middle. Other lines with a colon ("Note: this breaks …", "Fixes: #12") stay.

/// The keys of trailers that are removed, besides all that end with `-by`.
const TRAILERS: [&str; 12] = [
    "cc",
    "change-id",
    "commit-queue",
    "differential revision",
    "gerrit-change-number",
    "git-svn-id",
    "gitorigin-revid",
    "piperorigin-revid",
    "pull-request",
    "reviewed-on",
    "signed-off",
    "svn-revision",
];

/// Cleans a raw message: UTF-8 (other bytes replaced), no trailers, no run of empty lines, at
/// most `bytes_max` bytes, cut at the end of a word where there is one.
pub fn clean(raw: &[u8], bytes_max: usize) -> String {
    // Lines beyond the limit are not looked at, except that trailers may be skipped on the way.
    let text = String::from_utf8_lossy(raw);
    let mut cleaned = String::new();
    for line in text.lines().map(str::trim_end).filter(|line| !is_trailer(line)) {
        if bytes_max < cleaned.len() {
            break;
        }
        let is_second_empty = line.is_empty() && (cleaned.is_empty() || cleaned.ends_with("\n\n"));
        if !is_second_empty {
            cleaned.push_str(line);
            cleaned.push('\n');
        }
    }
    clip(&mut cleaned, bytes_max);
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

fn is_trailer(line: &str) -> bool {
    if line.starts_with("(cherry picked from commit ") {
        return true;
    }
    let Some((key, _)) = line.split_once(':') else { return false };
    let key = key.trim_start().to_ascii_lowercase();
    let is_one_word = !key.contains(' ');
    (is_one_word && key.ends_with("-by")) || TRAILERS.contains(&key.as_str())
}

/// Cuts `text` to `bytes_max` bytes, before the word that would be cut in two.
fn clip(text: &mut String, bytes_max: usize) {
    if text.len() <= bytes_max {
        return;
    }
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=bytes_max).rev().find(is_boundary).expect("0 is a boundary");
    let ends_in_word = !text[end..].starts_with(char::is_whitespace);
    let word_start = text[..end].rfind(char::is_whitespace).filter(|_| ends_in_word);
    text.truncate(word_start.unwrap_or(end));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, bytes_max: usize, expected: &str) {
        assert_eq!(clean(raw.as_bytes(), bytes_max), expected, "{raw:?}");
    }

    #[test]
    fn trailers_go_and_words_stay() {
        check("fix: a leak\n", 99, "fix: a leak");
        check("a\r\n\r\n\r\n\r\nb  \n\n", 99, "a\n\nb");
        check("a\n\nSigned-off-by: A <a@b>\nCo-authored-by: B <b@c>\nChange-Id: I12\n", 99, "a");
        check("a\n\n* b\n\nCo-Authored-By: B <b@c>\n\n* c\n", 99, "a\n\n* b\n\n* c");
        check(
            "a\n\nNote: it stays\nFixes: #12\nstand-by\n",
            99,
            "a\n\nNote: it stays\nFixes: #12\nstand-by",
        );
        check("written by: nobody\n", 99, "written by: nobody");
        check("a\n\n(cherry picked from commit 0123)\n", 99, "a");
        check("Signed-off-by: A <a@b>\n", 99, "");
    }

    #[test]
    fn long_messages_are_cut_between_words() {
        check("one two three", 7, "one two");
        check("one two three", 8, "one two");
        check("one two three", 9, "one two");
        check("äöüß", 3, "ä");
        check("one", 0, "");
        let long = format!("subject\n\n{}", "word ".repeat(1000));
        assert_eq!(clean(long.as_bytes(), 600).len(), 598);
    }

    #[test]
    fn other_encodings_are_replaced() {
        assert_eq!(clean(b"caf\xe9", 99), "caf\u{fffd}");
    }
}
