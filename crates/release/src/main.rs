//! The `cargo ship` program: the process's surroundings in, text and an exit code out.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contextlite_release::clock::Clock;
use contextlite_release::command;
use contextlite_release::environment::Environment;
use contextlite_release::http::{Instead, Network};
use contextlite_release::surroundings::Surroundings;

/// Which services of this machine stand for others, as pairs `ADDRESS=http://127.0.0.1:PORT/`.
const INSTEAD: &str = "CARGO_SHIP_INSTEAD";

/// The machine's clock.
struct System;

impl Clock for System {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

fn main() -> ExitCode {
    let directory = match std::env::current_dir() {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("error: the current folder cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    };
    let say = |line: &str| eprintln!("{line}");
    let environment = Environment::new(&directory, std::env::vars_os(), &say);
    let network = Network::default();
    let transport = match Instead::read(environment.text(INSTEAD).unwrap_or_default(), &network) {
        Ok(transport) => transport,
        Err(reason) => {
            eprintln!("error: {INSTEAD}: {reason}");
            return ExitCode::FAILURE;
        }
    };
    let surroundings =
        Surroundings { environment: &environment, transport: &transport, clock: &System };
    let output = command::run(std::env::args_os(), surroundings);
    // A reader that closes early, such as `head`, has all that it wanted.
    let _ = std::io::stdout().write_all(output.answer.as_bytes());
    let _ = std::io::stderr().write_all(output.notice.as_bytes());
    ExitCode::from(output.code)
}
