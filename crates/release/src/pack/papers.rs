//! The papers beside a binary: completions for five shells and the manual pages.
//!
//! They come from the binary itself, which makes them from the same definitions as its help, so
//! they cannot be of another version. One binary that runs here makes them for all platforms.

use std::path::{Path, PathBuf};

use crate::build::trial::Runner;
use crate::error::{Error, Result};

use super::archive::Member;

/// The shells, each with the name under which it looks for a completion of `program`.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "{program}.bash"),
    ("elvish", "{program}.elv"),
    ("fish", "{program}.fish"),
    ("powershell", "_{program}.ps1"),
    ("zsh", "_{program}"),
];

/// The folder of the completions in an archive.
pub const COMPLETIONS: &str = "completions";

/// The folder of the manual pages in an archive.
pub const MANUAL: &str = "man";

/// Asks a binary for its papers; `scratch` is a folder that it may write into.
///
/// It is a copy that is asked: a binary that was handed from one machine to another may have
/// lost the right to be run.
///
/// # Errors
///
/// [`Error::Binary`] if it cannot make them, [`Error::Io`] if they cannot be read.
pub fn make(runner: &Runner, binary: &Path, name: &str, scratch: &Path) -> Result<Vec<Member>> {
    let binary = &runnable(binary, scratch)?;
    let fault =
        |fault: String| Error::Binary { platform: "this machine".into(), faults: vec![fault] };
    let mut papers = Vec::new();
    for (shell, pattern) in SHELLS {
        let script = runner.output(binary, &["completions", shell]).map_err(fault)?;
        if !script.contains(name) {
            return Err(fault(format!("its completions for {shell} do not name {name}")));
        }
        let file = pattern.replace("{program}", name);
        papers.push(Member::paper(format!("{COMPLETIONS}/{file}"), script));
    }
    let folder = scratch.join(MANUAL);
    std::fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
    let out = folder.to_string_lossy().into_owned();
    let pages = runner.output(binary, &["man", "--out", &out]).map_err(fault)?;
    for page in pages.lines() {
        let path = folder.join(page);
        let text = std::fs::read(&path).map_err(Error::at(&path))?;
        papers.push(Member::paper(format!("{MANUAL}/{page}"), text));
    }
    let main = format!("{MANUAL}/{name}.1");
    if papers.iter().all(|paper| paper.path != main) {
        return Err(fault(format!("it writes no manual page {name}.1")));
    }
    Ok(papers)
}

fn runnable(binary: &Path, scratch: &Path) -> Result<PathBuf> {
    let copy = scratch.join(binary.file_name().unwrap_or_default());
    std::fs::copy(binary, &copy).map_err(Error::at(&copy))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&copy, permissions).map_err(Error::at(&copy))?;
    }
    Ok(copy)
}
