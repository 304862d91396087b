//! One handler for each subcommand: arguments in, one operation, one answer out.

mod agents;
mod answer;
mod completions;
mod config;
mod context;
mod forget;
mod index;
mod instances;
mod man;
mod mcp;
mod outline;
mod onboard;
mod offboard;
mod search;
mod selftest;
mod serve;
mod show;
mod status;
mod symbol;
mod doctor;
mod verify;
mod workspaces;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::CommandFactory as _;
use contextlite_engine::error::{Error, Result};

use crate::args::{
    Arguments, Command, GlobalArguments, ListenArguments, OnboardArguments, RootArguments,
    ServeArguments, When,
};
use crate::config::{Configuration, Value};
use crate::http::probe;
use crate::operation::{self, Scope, Target};
use crate::outcome::{Ended, Outcome};
use crate::place::Places;
use crate::terminal::Terminal;

/// Runs what was typed.
pub fn run(arguments: Arguments, terminal: &mut Terminal) -> Ended {
    if arguments.selftest {
        return selftest::run(terminal);
    }
    let Arguments { global, listen, health_check, onboard, command, .. } = arguments;
    let command = if onboard { Some(Command::Onboard(OnboardArguments::usual())) } else { command };
    let Some(command) = command else {
        return run_bare(global, listen, health_check, terminal);
    };
    if health_check || listen != ListenArguments::default() {
        return Err(Error::InvalidInput {
            field: "--port, --host, --health-check",
            message: "they stand alone or after `serve`, not before another command".to_owned(),
        });
    }
    match command {
        Command::Completions { shell } => return completions::run(shell, terminal),
        Command::Man { out } => return man::run(out.as_deref(), terminal),
        Command::Verify(arguments) => return verify::run(&arguments, terminal),
        _ => {}
    }
    let mut session = Session::open(global, terminal)?;
    match command {
        Command::Context(arguments) => context::run(&arguments, &mut session),
        Command::Search(arguments) => search::run(&arguments, &mut session),
        Command::Show(arguments) => show::run(&arguments, &mut session),
        Command::Outline(arguments) => outline::run(&arguments, &mut session),
        Command::Symbol(arguments) => symbol::run(&arguments, &mut session),
        Command::Index(arguments) => index::run(arguments, &mut session),
        Command::Status(arguments) => status::run(&arguments, &mut session),
        Command::Workspaces => workspaces::run(&mut session),
        Command::Forget(arguments) => forget::run(&arguments, &mut session),
        Command::Config { command } => config::run(&command, &mut session),
        Command::Serve(arguments) => serve::run(&arguments, false, &mut session),
        Command::Mcp(arguments) => mcp::run(&arguments, &mut session),
        Command::Instances => instances::run(&mut session),
        Command::Onboard(arguments) => onboard::run(&arguments, &mut session),
        Command::Offboard(arguments) => offboard::run(&arguments, &mut session),
        Command::Agents(arguments) => agents::run(&arguments, &mut session),
        Command::Doctor(arguments) => doctor::run(&arguments, &mut session),
        Command::Completions { .. } | Command::Man { .. } | Command::Verify(_) => {
            unreachable!("these ran above")
        }
    }
}

/// Runs without a subcommand: a server for programs, which name a port or read the output; help for
/// people.
fn run_bare(
    global: GlobalArguments,
    listen: ListenArguments,
    health_check: bool,
    terminal: &mut Terminal,
) -> Ended {
    let is_watched = std::io::stdout().is_terminal() || std::io::stderr().is_terminal();
    let is_wanted = listen != ListenArguments::default() || !is_watched;
    if !is_wanted && !health_check {
        terminal.write(&Arguments::command().render_help().to_string())?;
        return Ok(Outcome::Done);
    }
    let mut session = Session::open(global, terminal)?;
    let arguments = ServeArguments { listen, ..ServeArguments::default() };
    if !health_check {
        return serve::run(&arguments, true, &mut session);
    }
    let (host, port) = serve::address(&arguments, &session.configuration.settings());
    match probe::is_alive(&host, port) {
        Ok(()) => {
            session.terminal.line("alive")?;
            Ok(Outcome::Done)
        }
        Err(reason) => {
            session.terminal.note(reason);
            Ok(Outcome::Negative)
        }
    }
}

/// Asks on the terminal; without one, the user must have said `--yes` before to `purpose`.
fn agrees(question: &str, purpose: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::InvalidInput {
            field: "--yes",
            message: format!("nobody can be asked here; say --yes to {purpose}"),
        });
    }
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|source| Error::io("standard input", source))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// What every handler works with.
struct Session<'a> {
    global: GlobalArguments,
    places: Places,
    configuration: Configuration,
    terminal: &'a mut Terminal,
}

impl<'a> Session<'a> {
    fn open(global: GlobalArguments, terminal: &'a mut Terminal) -> Result<Self> {
        let places = Places::from_environment()?;
        let configuration = read_configuration(&global, &places)?;
        if global.color.is_none() {
            match configuration.settings().text("terminal.color") {
                "always" => terminal.set_color(When::Always),
                "never" => terminal.set_color(When::Never),
                _ => {}
            }
        }
        Ok(Self { global, places, configuration, terminal })
    }

    fn scope<'s>(&'s self, roots: &'s RootArguments) -> Scope<'s> {
        Scope {
            roots: &roots.roots,
            any_root: roots.any_root,
            database: self.global.database.as_deref(),
        }
    }

    fn targets(&self, roots: &RootArguments) -> Result<Vec<Target>> {
        operation::targets(self.scope(roots), &self.places, &self.configuration)
    }

    /// The roots that a server's questions are about, and whether somebody named them: those that
    /// were typed, else those of the configuration, else, unless the current folder means nothing,
    /// the repository around it.
    fn served_roots(&self, typed: &[PathBuf], is_elsewhere: bool) -> Result<(Vec<PathBuf>, bool)> {
        let settings = self.configuration.settings();
        let configured: Vec<PathBuf> =
            settings.list("server.roots").iter().map(PathBuf::from).collect();
        let named = if typed.is_empty() { configured } else { typed.to_vec() };
        if !named.is_empty() {
            return Ok((self.places.roots(&named)?, true));
        }
        if is_elsewhere {
            return Ok((Vec::new(), false));
        }
        let around = self.places.roots(&[])?;
        let is_meant = around.iter().all(|root| self.places.too_wide(root).is_none());
        Ok((if is_meant { around } else { Vec::new() }, false))
    }

    fn target(&self, roots: &RootArguments) -> Result<Target> {
        operation::target(self.scope(roots), &self.places, &self.configuration)
    }
}

fn read_configuration(global: &GlobalArguments, places: &Places) -> Result<Configuration> {
    let file = configuration_file(global, places);
    let variables = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    let is_named = global.config.is_some();
    let mut configuration =
        Configuration::read(places.data_folder(), file.as_deref(), is_named, variables)?;
    if let Some(when) = global.color {
        let word = format!("{when:?}").to_ascii_lowercase();
        configuration.set("terminal.color", "--color", Value::Text(word));
    }
    Ok(configuration)
}

/// The configuration file in force: the one that was named, else the user's.
fn configuration_file(global: &GlobalArguments, places: &Places) -> Option<PathBuf> {
    let named = global.config.as_ref().map(|file| places.current.join(file));
    named.or_else(|| places.config_file())
}
