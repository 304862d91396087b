//! `contextlite completions SHELL`: a completion script.

use clap::CommandFactory as _;
use serde::Serialize;

use crate::args::Arguments;
use crate::outcome::{Ended, Outcome};
use crate::terminal::Terminal;

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

/// Prints the script for a shell.
pub fn run(shell: clap_complete::Shell, terminal: &mut Terminal) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "contextlite", &mut script);
    let script = String::from_utf8(script).expect("a script is made of our own help texts");
    if terminal.is_json() {
        terminal.json(&Script { shell: shell.to_string(), script })?;
    } else {
        terminal.write(&script)?;
    }
    Ok(Outcome::Done)
}
