//! Tags: which names may be released at all.
//!
//! A release tag is the letter `v` and a semantic version, nothing before, between or after. Two
//! things that semantic versioning allows are refused, because a channel would have to change
//! the version to carry it, and then two names would mean one release:
//!
//! - build metadata (`+linux`): registries drop it or forbid it;
//! - prereleases other than `alpha.N`, `beta.N` and `rc.N`: Python can spell only these three.
//!
//! # Source
//!
//! Semantic Versioning 2.0.0, <https://semver.org>; the version specifiers of Python packages
//! (PEP 440), <https://packaging.python.org/en/latest/specifications/version-specifiers/>.

use std::fmt;

use semver::Version;

use crate::error::{Error, Result};

/// The prereleases that every channel can spell, in their order, with Python's letter for each.
const STAGES: [(&str, &str); 3] = [("alpha", "a"), ("beta", "b"), ("rc", "rc")];

/// A tag that may be released; its version is known to be acceptable to every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    version: Version,
}

impl Tag {
    /// Reads a tag such as `v1.0.2` or `v1.1.0-rc.1`.
    ///
    /// # Errors
    ///
    /// [`Error::Tag`] with the rule that is broken, and with the tag that was probably meant if
    /// the same numbers make one.
    pub fn parse(text: &str) -> Result<Self> {
        version_of(text).map(|version| Self { version }).map_err(|reason| {
            let meant = meant(text).map_or(String::new(), |tag| format!("; did you mean `{tag}`?"));
            Error::Tag { tag: text.to_owned(), reason: format!("{reason}{meant}") }
        })
    }

    /// Returns the released version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns whether the version precedes a release, as `1.1.0-rc.1` does.
    pub fn is_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Returns the version as Python's packaging writes it: `1.1.0rc1` for `1.1.0-rc.1`.
    pub fn python_version(&self) -> String {
        let Version { major, minor, patch, .. } = self.version;
        let stage = stage_of(&self.version)
            .map_or(String::new(), |(letter, number)| format!("{letter}{number}"));
        format!("{major}.{minor}.{patch}{stage}")
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}", self.version)
    }
}

fn version_of(text: &str) -> std::result::Result<Version, String> {
    let Some(rest) = text.strip_prefix('v') else {
        return Err("a release tag starts with `v`".to_owned());
    };
    if rest.starts_with(['v', 'V']) {
        return Err("a release tag has one leading `v`".to_owned());
    }
    let version = Version::parse(rest)
        .map_err(|e| format!("`{rest}` is not a semantic version, MAJOR.MINOR.PATCH ({e})"))?;
    if !version.build.is_empty() {
        return Err("build metadata (`+…`) is dropped or forbidden by the channels".to_owned());
    }
    if !version.pre.is_empty() && stage_of(&version).is_none() {
        let pre = &version.pre;
        return Err(format!("prerelease `{pre}` is none of alpha.N, beta.N, rc.N"));
    }
    Ok(version)
}

fn stage_of(version: &Version) -> Option<(&'static str, u64)> {
    let (stage, number) = version.pre.split_once('.')?;
    let (_, letter) = STAGES.iter().find(|(name, _)| *name == stage)?;
    Some((letter, number.parse().ok()?))
}

/// The tag whose version begins at the first digit of `text`, if that is one.
fn meant(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let candidate = format!("v{}", text[start..].trim_end());
    (candidate != text && version_of(&candidate).is_ok()).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn release_tags_are_read_and_written_back() {
        let check = |text: &str, python: &str, is_prerelease: bool| {
            let tag = Tag::parse(text).expect("a release tag");
            assert_eq!(tag.to_string(), text);
            assert_eq!(tag.python_version(), python);
            assert_eq!(tag.is_prerelease(), is_prerelease, "{text}");
        };
        check("v1.0.2", "1.0.2", false);
        check("v0.0.0", "0.0.0", false);
        check("v1.1.0-alpha.1", "1.1.0a1", true);
        check("v1.1.0-beta.12", "1.1.0b12", true);
        check("v1.1.0-rc.0", "1.1.0rc0", true);
    }

    #[test]
    fn every_other_tag_is_refused_with_its_reason() {
        let check = |text: &str, expected: &str| {
            let message = Tag::parse(text).expect_err("not a release tag").to_string();
            assert_eq!(message, format!("tag `{text}` cannot be released: {expected}"));
        };
        check("vv1.0.2", "a release tag has one leading `v`; did you mean `v1.0.2`?");
        check("1.0.2-test", "a release tag starts with `v`");
        check("1.0.2", "a release tag starts with `v`; did you mean `v1.0.2`?");
        check("V1.0.2", "a release tag starts with `v`; did you mean `v1.0.2`?");
        check("release-1.0.2", "a release tag starts with `v`; did you mean `v1.0.2`?");
        check("refs/tags/v1.0.2", "a release tag starts with `v`; did you mean `v1.0.2`?");
        check("latest", "a release tag starts with `v`");
        check("", "a release tag starts with `v`");
        let form = "is not a semantic version, MAJOR.MINOR.PATCH";
        let ended = "unexpected end of input while parsing";
        check("v1.0", &format!("`1.0` {form} ({ended} minor version number)"));
        check(
            "v",
            "`` is not a semantic version, MAJOR.MINOR.PATCH (empty string, \
              expected a semver version)",
        );
        check(
            "v1.02.3",
            &format!("`1.02.3` {form} (invalid leading zero in minor version number)"),
        );
        check(
            "v1.0.2 ",
            &format!(
                "`1.0.2 ` {form} (unexpected character ' ' after patch version number); \
             did you mean `v1.0.2`?"
            ),
        );
        check("v1.0.2-test", "prerelease `test` is none of alpha.N, beta.N, rc.N");
        check("v1.0.2-rc1", "prerelease `rc1` is none of alpha.N, beta.N, rc.N");
        check("v1.0.2-rc.x", "prerelease `rc.x` is none of alpha.N, beta.N, rc.N");
        check("v1.0.2-rc.1.2", "prerelease `rc.1.2` is none of alpha.N, beta.N, rc.N");
        check("v1.0.2+5", "build metadata (`+…`) is dropped or forbidden by the channels");
    }
}
