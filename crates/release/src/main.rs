//! The `cargo ship` program: arguments and the current folder in, text and an exit code out.

use std::io::Write as _;
use std::process::ExitCode;

use contextlite_release::command;

fn main() -> ExitCode {
    let directory = match std::env::current_dir() {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("error: the current folder cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    };
    let output = command::run(std::env::args_os(), &directory);
    // A reader that closes early, such as `head`, has all that it wanted.
    let _ = std::io::stdout().write_all(output.answer.as_bytes());
    let _ = std::io::stderr().write_all(output.notice.as_bytes());
    ExitCode::from(output.code)
}
