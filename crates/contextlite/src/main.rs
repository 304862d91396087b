//! ContextLite: the passages to read for a question, within a token budget.
//!
//! The binary is glue between a terminal and the engine. Modules stand in dependency order:
//! `instance` is the file of a solved instance, `args` what may be typed, `place` where things are
//! on this machine, `citation` how places are typed, `config` the settings in their layers, `wire`
//! the JSON of every answer, `operation` one function per thing that can be asked, `assistant` the
//! programs that start this one, `repositories` which there are, `briefing` the section for agents,
//! `outcome` what
//! ends the process, `progress` and `terminal` what a person sees while and after it works,
//! `service` what stays open between questions, `mcp` and `http` the servers, `command` one handler
//! per subcommand.
//!
//! Only this crate reads the environment, the clock and standard input, and only `terminal`,
//! `progress` and `http::log` write. Nothing heavy happens before a subcommand needs it.

mod instance;
mod args;
mod place;
mod citation;
mod config;
mod wire;
mod operation;
mod assistant;
mod repositories;
mod briefing;
mod outcome;
mod progress;
mod terminal;
mod service;
mod mcp;
mod http;
mod command;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let mut terminal = terminal::Terminal::new(&arguments.global);
    let result = command::run(arguments, &mut terminal);
    let result = terminal.finish(result);
    ExitCode::from(outcome::exit_code(&result))
}
