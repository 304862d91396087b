//! Patterns of names: text with `{version}`, `{os}` and `{arch}` in it, and nothing else.
//!
//! A pattern is checked once, when it is read. A placeholder that nobody fills is thus refused
//! before a file carries it in its name; it cannot survive into a package.

use crate::nearest;
use crate::target::Target;

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The released version, without `v`.
    Version,
    /// The operating system's name.
    Os,
    /// The architecture's name.
    Arch,
}

impl Placeholder {
    /// Every placeholder there is.
    pub const ALL: [Self; 3] = [Self::Version, Self::Os, Self::Arch];

    /// Returns the word between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Os => "os",
            Self::Arch => "arch",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Filled(Placeholder),
}

/// A checked pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a pattern such as `contextlite-{version}-{os}-{arch}`.
    ///
    /// # Errors
    ///
    /// A phrase: an unknown placeholder with the nearest known one, or a brace without its twin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let inside = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (name, after) = inside.ok_or_else(|| format!("a brace in `{text}` has no twin"))?;
            pieces.push(Piece::Filled(placeholder(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Returns whether the placeholder occurs.
    pub fn has(&self, placeholder: Placeholder) -> bool {
        self.pieces.contains(&Piece::Filled(placeholder))
    }

    /// Returns the first character, outside placeholders, that `is_allowed` refuses.
    pub fn first_refused(&self, is_allowed: impl Fn(char) -> bool) -> Option<char> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Text(text) => text.chars().find(|&character| !is_allowed(character)),
            Piece::Filled(_) => None,
        })
    }

    /// Returns the text for one version and one target.
    pub fn fill(&self, version: &str, target: &Target) -> String {
        self.fill_with(|placeholder| match placeholder {
            Placeholder::Version => version.to_owned(),
            Placeholder::Os => target.os.name().to_owned(),
            Placeholder::Arch => target.arch.name().to_owned(),
        })
    }

    /// Returns the text with what a function says in the place of each placeholder.
    pub fn fill_with(&self, filled: impl Fn(Placeholder) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Filled(placeholder) => filled(*placeholder),
        };
        self.pieces.iter().map(piece).collect()
    }
}

fn placeholder(name: &str) -> Result<Placeholder, String> {
    let found = Placeholder::ALL.into_iter().find(|placeholder| placeholder.name() == name);
    let known = Placeholder::ALL.map(Placeholder::name);
    found.ok_or_else(|| nearest::unknown("placeholder", name, &known))
}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use crate::target::TARGETS;

    #[test]
    fn patterns_are_filled() {
        let check = |text: &str, expected: &str| {
            let pattern = Pattern::parse(text).expect("a pattern");
            assert_eq!(pattern.fill("1.0.2", &TARGETS[1]), expected);
        };
        check("a-{version}-{os}-{arch}", "a-1.0.2-linux-arm64");
        check("{version}{version}", "1.0.21.0.2");
        check("plain", "plain");
        check("", "");
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Pattern::parse(text).expect_err("no pattern"), expected);
        };
        check("{versoin}", "unknown placeholder `versoin`; did you mean `version`?");
        check("{platform}", "unknown placeholder `platform`; known are version, os, arch");
        check("{}", "unknown placeholder ``; known are version, os, arch");
        check("a{os", "a brace in `a{os` has no twin");
        check("a}", "a brace in `a}` has no twin");
        check("{{os}}", "unknown placeholder `{os`; known are version, os, arch");
    }
}
