//! The deb and rpm packages: the same binary and papers, where a distribution keeps such files.
//!
//! The two formats are written by nfpm from one description. It is what most projects make such
//! packages with, writes both without the tools of either distribution, and takes the time of all
//! entries from outside; writing rpm ourselves would bring a parser of it into this program. The
//! description is JSON, which is YAML, too. Nothing in it is of this machine: contents, modes,
//! owner, time and host are all stated.
//!
//! # Source
//!
//! <https://nfpm.goreleaser.com/docs/configuration/>; the folders are those of the Filesystem
//! Hierarchy Standard 3.0 and of bash-completion, fish and zsh as Debian and Fedora set them up.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::artifact::Kind;
use crate::error::{Error, Result};
use crate::file;
use crate::process;
use crate::target::Target;

use super::archive::{self, Member};
use super::papers::{COMPLETIONS, MANUAL};

/// How long one package may take.
const PACKAGE_LIMIT: Duration = Duration::from_mins(5);

/// What the packages say about themselves.
pub struct About<'a> {
    /// The package's name, which is also that of the program.
    pub name: &'a str,
    /// The released version.
    pub version: &'a str,
    /// What it is, in a sentence.
    pub description: &'a str,
    /// Its licence.
    pub licence: &'a str,
    /// Where it is from.
    pub homepage: &'a str,
    /// Who answers for it: `NAME <ADDRESS>`.
    pub maintainer: &'a str,
    /// The time of the source, in seconds since 1970.
    pub seconds: u64,
}

/// Packs what is in an archive as a package for a distribution.
///
/// `scratch` is a folder that may be written into and that no other package uses.
///
/// # Errors
///
/// [`Error::Program`] if nfpm fails, [`Error::Io`] if a file cannot be written or read.
pub fn pack(
    nfpm: &Path,
    kind: Kind,
    target: &Target,
    (about, members): (&About<'_>, &[Member]),
    scratch: &Path,
) -> Result<Vec<u8>> {
    let format = if kind == Kind::Rpm { "rpm" } else { "deb" };
    let mut contents = Vec::new();
    for (place, installed) in installed(about.name, members).into_iter().enumerate() {
        let path = scratch.join(place.to_string());
        file::write_whole(&path, &installed.bytes)?;
        contents.push(content(&path, &installed, about.seconds));
    }
    let description = scratch.join("nfpm.json");
    let text = describe(target, about, &contents).to_string();
    file::write_whole(&description, text.as_bytes())?;
    let made = scratch.join(format!("package.{format}"));
    let mut command = Command::new(nfpm);
    command.args(["package", "--packager", format, "--config"]).arg(&description);
    command.arg("--target").arg(&made).env("SOURCE_DATE_EPOCH", about.seconds.to_string());
    process::read(&mut command, PACKAGE_LIMIT)?;
    std::fs::read(&made).map_err(Error::at(&made))
}

/// A file and where it is installed.
struct Installed {
    place: String,
    bytes: Vec<u8>,
    is_program: bool,
}

/// Where each file of an archive belongs in a distribution; those for other shells are left out.
fn installed(name: &str, members: &[Member]) -> Vec<Installed> {
    let place = |member: &Member| -> Option<(String, bool)> {
        let folder = |folder: &str| member.path.strip_prefix(folder)?.strip_prefix('/');
        if member.is_program {
            return Some((format!("/usr/bin/{name}"), false));
        }
        if let Some(page) = folder(MANUAL) {
            return Some((format!("/usr/share/man/man1/{page}.gz"), true));
        }
        if let Some(script) = folder(COMPLETIONS) {
            let at = match script.rsplit_once('.').map(|(_, extension)| extension) {
                Some("bash") => format!("bash-completion/completions/{name}"),
                Some("fish") => format!("fish/vendor_completions.d/{script}"),
                None => format!("zsh/vendor-completions/{script}"),
                Some(_) => return None,
            };
            return Some((format!("/usr/share/{at}"), false));
        }
        let paper = if member.path == "LICENSE" { "copyright" } else { &member.path };
        Some((format!("/usr/share/doc/{name}/{paper}"), false))
    };
    let mut installed: Vec<Installed> = members
        .iter()
        .filter_map(|member| {
            let (place, is_compressed) = place(member)?;
            let bytes = member.bytes.clone();
            let bytes = if is_compressed { archive::gzip(&bytes) } else { bytes };
            Some(Installed { place, bytes, is_program: member.is_program })
        })
        .collect();
    installed.sort_by(|a, b| a.place.cmp(&b.place));
    installed
}

fn content(path: &PathBuf, installed: &Installed, seconds: u64) -> Value {
    json!({
        "src": path,
        "dst": installed.place,
        "file_info": {
            "mode": if installed.is_program { 0o755 } else { 0o644 },
            "mtime": moment(seconds),
            "owner": "root",
            "group": "root",
        },
    })
}

fn describe(target: &Target, about: &About<'_>, contents: &[Value]) -> Value {
    json!({
        "name": about.name,
        "arch": target.arch.name(),
        "platform": "linux",
        "version": about.version,
        "version_schema": "semver",
        "section": "utils",
        "priority": "optional",
        "maintainer": about.maintainer,
        "description": about.description,
        "homepage": about.homepage,
        "license": about.licence,
        "mtime": moment(about.seconds),
        "disable_globbing": true,
        "contents": contents,
        "deb": {"compression": "gzip"},
        "rpm": {
            "compression": "gzip:9",
            "buildhost": "localhost",
            "packager": about.maintainer,
            "summary": about.description,
        },
    })
}

/// A time as RFC 3339 has it.
fn moment(seconds: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64);
    let time = time.expect("a source is from no later than 2107");
    let (hour, minute, second) = time.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", time.date())
}

#[cfg(test)]
mod tests {
    use super::{installed, moment};
    use crate::pack::archive::Member;

    #[test]
    fn each_file_goes_where_a_distribution_looks_for_it() {
        let paths = [
            "LICENSE",
            "README.md",
            "completions/_lite",
            "completions/_lite.ps1",
            "completions/lite.bash",
            "completions/lite.elv",
            "completions/lite.fish",
            "man/lite-index.1",
        ];
        let mut members: Vec<Member> = paths.map(|path| Member::paper(path, "x")).to_vec();
        members.push(Member { path: "lite".into(), bytes: vec![1], is_program: true });
        let found = installed("lite", &members);
        let places: Vec<&str> = found.iter().map(|each| each.place.as_str()).collect();
        let expected = [
            "/usr/bin/lite",
            "/usr/share/bash-completion/completions/lite",
            "/usr/share/doc/lite/README.md",
            "/usr/share/doc/lite/copyright",
            "/usr/share/fish/vendor_completions.d/lite.fish",
            "/usr/share/man/man1/lite-index.1.gz",
            "/usr/share/zsh/vendor-completions/_lite",
        ];
        assert_eq!(places, expected);
        assert!(found[0].is_program && !found[1].is_program);
        assert_eq!(found[5].bytes[..2], [0x1f, 0x8b]);
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
