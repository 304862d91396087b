//! Packages that carry the program: what is installed from a registry of a language.
//!
//! Each is made of three things: a client, whose sources stand in the repository; the binary for
//! one platform, with the bytes that the archives have; and the papers that go with it. A packer
//! is a pure function of a [`Load`]: the same load gives the same bytes, whenever and wherever it
//! is packed. Files are read before and written after it, by whoever calls.
//!
//! What a client's manifest would only repeat is not in it: the version, and the addresses that a
//! fork changes. A page that the registry shows is the client's README, in which the links into
//! the repository become addresses of the released version ([`page`]).

pub mod wheel;
pub mod package_json;
pub mod npm;
pub mod vsix;
pub mod nupkg;
pub mod snap;

use std::path::Path;

use crate::error::{Error, Result};
use crate::pack::archive::Member;
use crate::tag::Tag;
use crate::target::Target;

/// What tools leave in a client's folder, beside names that begin with a dot.
const LEFTOVERS: [&str; 3] = ["__pycache__", "node_modules", "dist"];

/// Everything that a package is made of.
#[derive(Debug, Clone, Copy)]
pub struct Load<'a> {
    /// The version that is released.
    pub tag: &'a Tag,
    /// The address of the repository, without a slash at its end.
    pub repository: &'a str,
    /// The time of the source, in seconds since 1970.
    pub seconds: u64,
    /// The platform that the binary is for.
    pub target: &'static Target,
    /// The binary.
    pub binary: &'a [u8],
    /// Our licence.
    pub licence: &'a [u8],
    /// Whose work is in the binary.
    pub notices: &'a str,
    /// The client's files; paths are relative to its folder.
    pub client: &'a [Member],
}

/// A package as a registry takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The file name, which registries read.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads a client's files, sorted by path; what tools leave there is passed over.
///
/// # Errors
///
/// [`Error::Io`] if a folder or a file cannot be read.
pub fn client(folder: &Path) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    read_below(folder, "", &mut members)?;
    members.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(members)
}

fn read_below(folder: &Path, prefix: &str, members: &mut Vec<Member>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::at(folder))? {
        let entry = entry.map_err(Error::at(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || LEFTOVERS.contains(&name.as_str()) {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(Error::at(&path))?.is_dir() {
            read_below(&path, &format!("{prefix}{name}/"), members)?;
        } else {
            let bytes = std::fs::read(&path).map_err(Error::at(&path))?;
            members.push(Member::paper(format!("{prefix}{name}"), bytes));
        }
    }
    Ok(())
}

/// A README as a registry shows it: links into the repository become addresses of the version,
/// and pictures addresses of their bytes.
///
/// `folder` is the client's folder below the repository's root. What is a link of the page itself
/// (`#part`) or an address already stays; so does everything in code.
pub fn page(readme: &str, folder: &str, load: &Load<'_>) -> String {
    let [base, pictures] =
        ["blob", "raw"].map(|view| format!("{}/{view}/{}", load.repository, load.tag));
    let mut is_code = false;
    let lines = readme.lines().map(|line| {
        is_code ^= line.trim_start().starts_with("```");
        if is_code { line.to_owned() } else { linked(line, folder, (&base, &pictures)) }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn linked(line: &str, folder: &str, (base, pictures): (&str, &str)) -> String {
    let mut parts = line.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(')').unwrap_or(part.len());
        let (link, rest) = part.split_at(end);
        let label = text.rfind('[').unwrap_or_default();
        let base = if text[..label].ends_with('!') { pictures } else { base };
        text += "](";
        text += &address(link, folder, base).unwrap_or_else(|| link.to_owned());
        text += rest;
    }
    text
}

/// The address of a link into the repository; none if it is no such link.
fn address(link: &str, folder: &str, base: &str) -> Option<String> {
    if link.is_empty() || link.starts_with('#') || link.contains(':') {
        return None;
    }
    let mut path: Vec<&str> = folder.split('/').collect();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => _ = path.pop()?,
            part => path.push(part),
        }
    }
    Some(format!("{base}/{}", path.join("/")))
}

#[cfg(test)]
mod tests {
    use super::{client, linked};

    #[test]
    fn links_into_the_repository_become_addresses() {
        let check = |line: &str, expected: &str| {
            let bases = ("https://git.example.org/blob/v1", "https://git.example.org/raw/v1");
            assert_eq!(linked(line, "clients/python", bases), expected);
        };
        check(
            "![a view](pictures/view.png) of [it](view.py)",
            "![a view](https://git.example.org/raw/v1/clients/python/pictures/view.png) of \
             [it](https://git.example.org/blob/v1/clients/python/view.py)",
        );
        check(
            "See [this](../../docs/a.md#b), [that](tests/c.py).",
            "See [this](https://git.example.org/blob/v1/docs/a.md#b), \
             [that](https://git.example.org/blob/v1/clients/python/tests/c.py).",
        );
        check(
            "[a](#part) and [b](https://example.org/x)",
            "[a](#part) and [b](https://example.org/x)",
        );
        check("[out](../../../../etc/passwd) of it", "[out](../../../../etc/passwd) of it");
        check("f(x) [no link] (../a) and [open](../b", {
            "f(x) [no link] (../a) and [open](https://git.example.org/blob/v1/clients/b"
        });
    }

    #[test]
    fn what_tools_leave_is_not_the_clients() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in ["b.py", "a/c.py", "a/__pycache__/c.pyc", ".mypy_cache/x", "node_modules/y/z"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "x").expect("a file");
        }
        let found = client(folder.path()).expect("files");
        let paths: Vec<&str> = found.iter().map(|member| member.path.as_str()).collect();
        assert_eq!(paths, ["a/c.py", "b.py"]);
    }
}
