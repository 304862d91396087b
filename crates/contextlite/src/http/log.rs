//! The log: lines to standard error, for people on a terminal and as JSON elsewhere.
//!
//! A program that starts the server may never read its output. So lines go through a queue that
//! drops what is not taken, and without a terminal only warnings are logged.

use std::io::IsTerminal as _;

use tracing::Level;
use tracing_appender::non_blocking::WorkerGuard;

/// Begins to log at a level by its name; `auto` chooses one. The log ends with the guard.
pub fn start(level: &str) -> WorkerGuard {
    let is_terminal = std::io::stderr().is_terminal();
    let level = match level {
        "error" => Level::ERROR,
        "warn" => Level::WARN,
        "info" => Level::INFO,
        "debug" => Level::DEBUG,
        _ if is_terminal => Level::INFO,
        _ => Level::WARN,
    };
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(writer)
        .with_target(false)
        .with_ansi(is_terminal && std::env::var_os("NO_COLOR").is_none());
    // A second start in one process keeps the first log.
    let _ = if is_terminal { lines.compact().try_init() } else { lines.json().try_init() };
    guard
}
