//! Secrets that must not end up in an index or in a model's context.
//!
//! *By name* ([`of_name`]): files that exist to hold a secret (`.env`, `id_rsa`, `*.pem`, key
//! stores). Templates of them (`.env.example`) hold none.
//!
//! *By text* ([`of_text`]): one pass of an Aho-Corasick automaton finds the fixed beginnings of
//! tokens and of private keys; only there is looked closer:
//! 1. a token has the exact alphabet and length of its issuer, no letter or digit touches it, and
//!    it looks random ([`is_random`]): documentation is full of `ghp_xxxxxxxx` and
//!    `AKIAIOSFODNN7EXAMPLE`;
//! 2. a private key has a base64 body: three lines of it, or fewer when the closing line follows
//!    (an Ed25519 key has one). Code that merely mentions `-----BEGIN PRIVATE KEY-----` has none.
//!    Line ends may be written as `\n` (keys in JSON), quoted or indented (keys in code).
//!
//! There is no rule for `password = "..."`: it finds mostly documentation and tests, and a filter
//! that drops good files teaches people to turn it off. So an empty answer is no promise.
//!
//! # Source
//! The issuers' documentation of token formats; RFC 7468 (textual encodings of keys), RFC 4716.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// A token's fixed beginning, and what must follow.
struct Shape {
    what: &'static str,
    starts: &'static [&'static str],
    alphabet: fn(u8) -> bool,
    /// The least and greatest length of what follows the beginning, in bytes.
    length: (usize, usize),
}

/// No token is longer; what is longer is data.
const TOKEN_MAX: usize = 512;

const SHAPES: &[Shape] = &[
    Shape { what: PRIVATE_KEY, starts: &["-----BEGIN "], alphabet: is_any, length: (0, 0) },
    Shape {
        what: "AWS access key",
        starts: &["AKIA", "ASIA"],
        alphabet: is_base32,
        length: (16, 16),
    },
    Shape {
        what: "GitHub token",
        starts: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        alphabet: is_alphanumeric,
        length: (36, 255),
    },
    Shape { what: "GitHub token", starts: &["github_pat_"], alphabet: is_word, length: (80, 255) },
    Shape { what: "GitLab token", starts: &["glpat-"], alphabet: is_url_safe, length: (20, 300) },
    Shape {
        what: "Slack token",
        starts: &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"],
        alphabet: is_url_safe,
        length: (36, TOKEN_MAX),
    },
    Shape {
        what: "Slack webhook",
        starts: &["hooks.slack.com/services/T"],
        alphabet: is_base64,
        length: (40, 60),
    },
    Shape { what: "Google API key", starts: &["AIza"], alphabet: is_url_safe, length: (35, 35) },
    Shape {
        what: "Stripe key",
        starts: &["sk_live_", "rk_live_"],
        alphabet: is_alphanumeric,
        length: (24, 247),
    },
    Shape { what: "npm token", starts: &["npm_"], alphabet: is_alphanumeric, length: (36, 36) },
    Shape {
        what: "PyPI token",
        starts: &["pypi-AgEIcHlwaS5vcmc"],
        alphabet: is_url_safe,
        length: (50, TOKEN_MAX),
    },
    Shape {
        what: "RubyGems key",
        starts: &["rubygems_"],
        alphabet: is_lower_hex,
        length: (48, 48),
    },
    Shape { what: "Docker token", starts: &["dckr_pat_"], alphabet: is_url_safe, length: (27, 27) },
    Shape {
        what: "Anthropic key",
        starts: &["sk-ant-api03-", "sk-ant-admin01-"],
        alphabet: is_url_safe,
        length: (80, 120),
    },
    Shape {
        what: "OpenAI key",
        starts: &["sk-proj-", "sk-svcacct-"],
        alphabet: is_url_safe,
        length: (60, 200),
    },
    Shape {
        what: "Hugging Face token",
        starts: &["hf_"],
        alphabet: is_alphanumeric,
        length: (34, 34),
    },
    Shape {
        what: "DigitalOcean token",
        starts: &["dop_v1_"],
        alphabet: is_lower_hex,
        length: (64, 64),
    },
    Shape { what: "Shopify token", starts: &["shpat_"], alphabet: is_lower_hex, length: (32, 32) },
    Shape { what: "Vault token", starts: &["hvs."], alphabet: is_url_safe, length: (90, 200) },
    Shape { what: "SendGrid key", starts: &["SG."], alphabet: is_send_grid, length: (66, 66) },
    Shape {
        what: "Azure storage key",
        starts: &["AccountKey="],
        alphabet: is_base64,
        length: (88, 88),
    },
    Shape {
        what: "age key",
        starts: &["AGE-SECRET-KEY-1"],
        alphabet: is_alphanumeric,
        length: (58, 58),
    },
];

const PRIVATE_KEY: &str = "private key";

/// Names of files that hold secrets, in lower case.
const NAMES: &[(&str, &str)] = &[
    (".env", "environment file"),
    (".envrc.private", "environment file"),
    (".git-credentials", "credentials"),
    (".htpasswd", "credentials"),
    (".netrc", "credentials"),
    (".pgpass", "credentials"),
    (".pypirc", "credentials"),
    ("_netrc", "credentials"),
    ("id_dsa", PRIVATE_KEY),
    ("id_ecdsa", PRIVATE_KEY),
    ("id_ed25519", PRIVATE_KEY),
    ("id_rsa", PRIVATE_KEY),
];

/// Extensions of files that hold secrets, in lower case.
const EXTENSIONS: &[(&str, &str)] = &[
    ("jks", "key store"),
    ("kdbx", "key store"),
    ("p12", "key store"),
    ("p8", PRIVATE_KEY),
    ("pem", "key or certificate"),
    ("pfx", "key store"),
    ("ppk", PRIVATE_KEY),
    ("tfstate", "infrastructure state"),
];

/// Endings of the templates that stand in for a secret file.
const TEMPLATE_ENDS: &[&str] = &["example", "sample", "template", "tmpl", "dist", "defaults"];

/// What kind of secret a file of this name holds, if it is one.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if let Some(&(_, what)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(what);
    }
    if name.starts_with(".env.") {
        let is_template = name.split(['.', '-', '_']).any(|word| TEMPLATE_ENDS.contains(&word));
        return (!is_template).then_some("environment file");
    }
    let (_, extension) = name.rsplit_once('.')?;
    EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|&(_, what)| what)
}

/// What kind of secret a text holds, if it likely holds one; the first one is named.
pub(super) fn of_text(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    FINDER.starts.find_iter(bytes).find_map(|found| {
        let shape = &SHAPES[FINDER.shapes[found.pattern().as_usize()]];
        let is_secret = if shape.what == PRIVATE_KEY {
            is_private_key(&text[found.end()..])
        } else {
            is_token(bytes, found.start(), found.end(), shape)
        };
        is_secret.then_some(shape.what)
    })
}

/// The automaton of all beginnings, and the shape of each of them.
struct Finder {
    starts: AhoCorasick,
    shapes: Vec<usize>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let starts = SHAPES.iter().flat_map(|shape| shape.starts);
    let starts = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(starts);
    let shapes =
        SHAPES.iter().enumerate().flat_map(|(at, shape)| shape.starts.iter().map(move |_| at));
    Finder {
        starts: starts.expect("a few short patterns fit an automaton"),
        shapes: shapes.collect(),
    }
});

fn is_token(bytes: &[u8], start: usize, end: usize, shape: &Shape) -> bool {
    if start.checked_sub(1).is_some_and(|before| is_word(bytes[before])) {
        return false;
    }
    let rest = &bytes[end..bytes.len().min(end + TOKEN_MAX + 1)];
    let length = rest.iter().take_while(|&&byte| (shape.alphabet)(byte)).count();
    let is_cut = rest.get(length).is_some_and(|&next| is_alphanumeric(next));
    let (least, greatest) = shape.length;
    least <= length && length <= greatest && !is_cut && is_random(&rest[..length])
}

/// Whether a token's body looks drawn at random rather than made up for documentation.
///
/// It must not hold a word of placeholders, four equal characters in a row, or mostly neighbours
/// of the alphabet (`abcdef`, `987654`); its Shannon entropy must be 3 bits a character or more
/// (16 random base32 characters have 3.5, longer tokens more); and a long one must hold a digit.
fn is_random(body: &[u8]) -> bool {
    const PLACEHOLDERS: &[&str] =
        &["example", "xxx", "fake", "dummy", "placeholder", "redacted", "your", "changeme", "test"];
    let lower = String::from_utf8_lossy(body).to_ascii_lowercase();
    let is_placeholder = PLACEHOLDERS.iter().any(|word| lower.contains(word));
    let has_run = body.windows(4).any(|four| four.iter().all(|&byte| byte == four[0]));
    let steps = body.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    let has_digit = body.len() < 20 || body.iter().any(u8::is_ascii_digit);
    !is_placeholder && !has_run && steps * 3 < body.len() && has_digit && 3.0 <= entropy(body)
}

/// Shannon's entropy, in bits a byte.
fn entropy(body: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in body {
        counts[usize::from(byte)] += 1;
    }
    let shares = counts.iter().filter(|&&count| 0 < count);
    shares
        .map(|&count| f64::from(count) / body.len() as f64)
        .map(|share| -share * share.log2())
        .sum()
}

/// Whether what follows `-----BEGIN ` is a private key with a body.
fn is_private_key(rest: &str) -> bool {
    /// Longer lines are not base64 of a key; keys have 64 to 76 a line, some tools write one.
    const LINE_MAX: usize = 8 * 1024;
    /// The largest part of a text that is looked at.
    const LINES_MAX: usize = 12;
    let Some((label, body)) = rest.split_once("-----").filter(|(label, _)| label.len() < 40) else {
        return false;
    };
    if !label.contains("PRIVATE KEY") || label.contains("PUBLIC") {
        return false;
    }
    let mut count = 0;
    let mut characters: Vec<u8> = Vec::new();
    for line in body.split('\n').flat_map(|line| line.split("\\n")).skip(1).take(LINES_MAX) {
        let line = line.trim_matches(|c: char| c.is_whitespace() || "\"'`\\,;|".contains(c));
        let line = line.trim_end_matches([' ', '"', '\'', '+', '.', '\\']);
        if line.is_empty() || (count == 0 && line.contains(": ")) {
            continue;
        }
        if line.contains("-----END") {
            return 60 <= characters.len() && is_key_material(&characters);
        }
        if LINE_MAX < line.len() || !line.bytes().all(is_base64) {
            return false;
        }
        count += 1;
        characters.extend_from_slice(line.as_bytes());
        if 3 <= count && 120 <= characters.len() {
            return is_key_material(&characters);
        }
    }
    false
}

/// Base64 of a key has nearly all of the alphabet; a placeholder has a few letters.
fn is_key_material(characters: &[u8]) -> bool {
    4.0 <= entropy(characters)
}

fn is_any(_: u8) -> bool {
    true
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_url_safe(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

fn is_base32(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7')
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_send_grid(byte: u8) -> bool {
    is_url_safe(byte) || byte == b'.'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_name(name: &str, expected: Option<&str>) {
        assert_eq!(of_name(name), expected, "{name}");
    }

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(of_text(text), expected, "{text}");
    }

    /// Characters that look drawn at random; the secrets of the tests are made of them, so that
    /// no secret-shaped text stands in this file.
    fn random(alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut state = 0x9E37_79B9_u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            letters[(state >> 16) as usize % letters.len()]
        };
        (0..length).map(next).collect()
    }

    const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const BASE62: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    fn pem(label: &str, lines: &[usize], line_end: &str) -> String {
        let body: Vec<String> = lines.iter().map(|&length| random(BASE62, length)).collect();
        let body = body.join(line_end);
        format!("-----BEGIN {label}-----{line_end}{body}{line_end}-----END {label}-----{line_end}")
    }

    #[test]
    fn names_tell() {
        check_name(".env", Some("environment file"));
        check_name(".env.production", Some("environment file"));
        check_name(".env.example", None);
        check_name(".env.local.sample", None);
        check_name("env.rs", None);
        check_name("id_rsa", Some("private key"));
        check_name("id_rsa.pub", None);
        check_name("server.PEM", Some("key or certificate"));
        check_name("pem.rs", None);
    }

    #[test]
    fn tokens_of_known_issuers_are_found() {
        check(&format!("key = AKIA{}\n", random(BASE32, 16)), Some("AWS access key"));
        check(&format!("token: ghp_{}", random(BASE62, 36)), Some("GitHub token"));
        check(&format!("\"npm_{}\"", random(BASE62, 36)), Some("npm token"));
        check(&format!("x=sk_live_{};", random(BASE62, 24)), Some("Stripe key"));
        check(&format!("AIza{}", random(BASE62, 35)), Some("Google API key"));
        check(&format!("xoxb-{}", random(BASE62, 50)), Some("Slack token"));
        check(&format!("glpat-{}", random(BASE62, 20)), Some("GitLab token"));
        check(&format!("pypi-AgEIcHlwaS5vcmc{}", random(BASE62, 150)), Some("PyPI token"));
    }

    #[test]
    fn placeholders_and_other_lengths_are_not_tokens() {
        check("AKIAIOSFODNN7EXAMPLE", None);
        check("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", None);
        check("ghp_0123456789abcdefghijklmnopqrstuvwxyz", None);
        check("ghp_000000000000000000000000000000000000", None);
        check("npm_config_user_agent", None);
        check(&format!("ghp_{}", random(BASE62, 12)), None);
        check(&format!("AKIA{}", random(BASE32, 17)), None);
        check(&format!("XAKIA{}", random(BASE32, 16)), None);
        check(&format!("npm_{}", random("abcdefghijklmnopqrstuvwxyz", 36)), None);
        check("sk_live_YOUR_KEY_HERE", None);
    }

    #[test]
    fn private_keys_are_found_however_they_are_written() {
        check(&pem("RSA PRIVATE KEY", &[64, 64, 64, 20], "\n"), Some("private key"));
        check(&pem("EC PRIVATE KEY", &[64, 64, 36], "\r\n"), Some("private key"));
        check(&pem("PRIVATE KEY", &[64], "\n"), Some("private key"));
        check(&pem("PRIVATE KEY", &[64, 64, 64], "\\n"), Some("private key"));
        check(&pem("OPENSSH PRIVATE KEY", &[70, 70, 70], "\" +\n    \""), Some("private key"));
        let old = pem("RSA PRIVATE KEY", &[64, 64, 64], "\n").replacen(
            '\n',
            "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n",
            1,
        );
        check(&old, Some("private key"));
    }

    #[test]
    fn a_mention_of_a_key_is_not_a_key() {
        check("if text.starts_with(\"-----BEGIN PRIVATE KEY-----\") {\n    parse(text)\n}\n", None);
        check("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n", None);
        check("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA...\n", None);
        let line = "x".repeat(64);
        check(&format!("-----BEGIN PRIVATE KEY-----\n{line}\n{line}\n{line}\n"), None);
        check(&pem("CERTIFICATE", &[64, 64, 64], "\n"), None);
        check(&pem("PUBLIC KEY", &[64, 64, 64], "\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,80}(-----BEGIN |ghp_)?\\PC{0,80}\n?\\PC{0,9}") {
            let _ = of_text(&text);
        }

        #[test]
        fn identifiers_are_no_tokens(text in "([a-z_]{1,12}(AKIA|ghp_|hf_)[a-z_]{1,60} ){1,5}") {
            prop_assert_eq!(of_text(&text), None);
        }
    }
}
