//! The proof of an installed program: it says its version, and it answers a question.
//!
//! A version alone is little: a package may hold the right program without what it needs to work.
//! So it is asked one real question about a small folder, and has to name the file that answers
//! it. The program runs with homes of its own, so that nothing of this machine helps or is left.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::build::trial::{Runner, Way};
use crate::error::Error;
use crate::file;
use crate::process;

/// How long one run of the program may take; an emulated one is slow.
const RUN_LIMIT: Duration = Duration::from_mins(5);

/// The small folder: what answers the question, and what does not.
const FILES: [(&str, &str); 3] = [
    ("harbour.md", "# Harbour\n\nThe lighthouse keeper repaints the lantern room every spring.\n"),
    ("bakery.md", "# Bakery\n\nThe baker lets the dough rise twice before it is shaped.\n"),
    ("src/retry.py", "def retry(call, times):\n    for _ in range(times):\n        call()\n"),
];

/// The question, and the file that answers it.
const QUESTION: (&str, &str) = ("who repaints the lantern room of the lighthouse", "harbour.md");

/// Runs a program and returns what it proved, as a phrase.
///
/// `before` are the words that start it where it does not start by itself (an emulator, a package
/// manager's run command); `scratch` is a folder that may be written into.
///
/// # Errors
///
/// A phrase that says what it did otherwise.
pub fn prove(
    command: impl Fn(&[&str]) -> Command,
    name: &str,
    version: &str,
    scratch: &Path,
) -> Result<String, String> {
    let folder = scratch.join("question");
    for (path, text) in FILES {
        let written = file::write_whole(&folder.join(path), text.as_bytes());
        written.map_err(|error: Error| error.to_string())?;
    }
    let run = |words: &[&str]| {
        let mut command = command(words);
        let home = scratch.join("home");
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, &home);
        }
        process::read(&mut command, RUN_LIMIT).map_err(|error| error.to_string())
    };
    let said = run(&["--version"])?;
    let expected = format!("{name} {version}");
    if said.trim() != expected {
        return Err(format!("it says `{}`, not `{expected}`", said.trim()));
    }
    let root = folder.to_string_lossy().into_owned();
    let (question, answer) = QUESTION;
    let said = run(&["context", question, "--root", &root, "--budget", "400"])?;
    if said.contains(answer) && said.contains("lantern room") {
        Ok(format!("printed `{expected}` and answered a question"))
    } else {
        Err(format!("it does not find {answer} for `{question}`"))
    }
}

/// The same for a binary of a platform, with what can run it here.
///
/// # Errors
///
/// A phrase that says what it did otherwise, or that nothing here can run it.
pub fn prove_binary(
    runner: &Runner,
    binary: &Path,
    (name, version): (&str, &str),
    scratch: &Path,
) -> Result<String, String> {
    if runner.way() == Way::File {
        return Err("nothing here can run it".to_owned());
    }
    let proved = prove(|words| runner.command(binary, words), name, version, scratch)?;
    Ok(format!("{}: {proved}", runner.way().phrase()))
}
