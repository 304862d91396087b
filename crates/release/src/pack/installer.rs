//! The scripts that install an archive: `install.sh` and `install.ps1`, filled in.
//!
//! The scripts stand in `packaging/install` as they are read and checked; what a release knows
//! better is written as a mark, `@version@`. A script that is released installs its own version
//! unless it is told another one, so it asks nobody which is the latest and cannot be answered
//! wrongly. Names and addresses come from the patterns of `release.toml`, with the shell's
//! variables in the place of what they hold; both shells read `${version}` alike.

use std::path::Path;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::pattern::{Pattern, Placeholder};

/// The folder of the scripts, below the root.
const FOLDER: &str = "packaging/install";

/// Returns the script with this file name, filled in for a version.
///
/// # Errors
///
/// [`Error::Io`] if it cannot be read, [`Error::Mark`] if it has a mark that nobody fills.
pub fn script(root: &Path, file: &str, config: &Config, version: &str) -> Result<Vec<u8>> {
    let path = root.join(FOLDER).join(file);
    let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
    fill(&text, config, version).map_err(|mark| Error::Mark { path, mark }).map(String::into_bytes)
}

fn fill(text: &str, config: &Config, version: &str) -> std::result::Result<String, String> {
    let folder = format!("{}/{}", config.repository.url, in_shell(&config.download));
    let variable = config.name.to_ascii_uppercase().replace('-', "_");
    let marks = [
        ("@name@", config.name.as_str()),
        ("@variable@", variable.as_str()),
        ("@version@", version),
        ("@repository@", &config.repository.url),
        ("@folder@", &folder),
        ("@archive@", &in_shell(&config.archive)),
    ];
    let filled =
        marks.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value));
    match leftover(&filled) {
        Some(mark) => Err(mark),
        None => Ok(filled),
    }
}

/// A pattern with the shell's variables for the placeholders.
fn in_shell(pattern: &Pattern) -> String {
    pattern.fill_with(|placeholder| match placeholder {
        Placeholder::Version => "${version}".to_owned(),
        Placeholder::Os => "${os}".to_owned(),
        Placeholder::Arch => "${arch}".to_owned(),
    })
}

/// The first word between two `@`.
fn leftover(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('@').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let is_word = |part: &&&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    inner.iter().find(is_word).map(|part| format!("@{part}@"))
}

#[cfg(test)]
mod tests {
    use super::{fill, leftover};
    use crate::config::Config;

    #[test]
    fn marks_become_what_the_release_says() {
        let config = Config::parse(
            "repository = \"https://git.example.org/o/lite\"\nname = \"lite\"\n\
             summary = \"Small thing\"\narchive = \"lite-{version}-{os}-{arch}\"\n\
             download = \"files/v{version}\"\nrequired = []\n",
            &[],
        );
        let config = config.expect("a configuration");
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = fill(text, &config, "1.0.2");
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        };
        check("v='@version@'", Ok("v='1.0.2'"));
        check("\"@folder@\"", Ok("\"https://git.example.org/o/lite/files/v${version}\""));
        check("@archive@.zip", Ok("lite-${version}-${os}-${arch}.zip"));
        check("${@variable@_PREFIX:-}", Ok("${LITE_PREFIX:-}"));
        check("@name@ @repository@", Ok("lite https://git.example.org/o/lite"));
        check("@verison@", Err("@verison@"));
        check("printf '%s\\n' \"$@\"; a@b.example", Ok("printf '%s\\n' \"$@\"; a@b.example"));
        assert_eq!(leftover("@"), None);
    }
}
