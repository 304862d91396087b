//! `contextlite onboard`: from an installed program to assistants that ask it, in one command.
//!
//! It looks first, says what it would do, asks, and then does it: repositories are indexed one by
//! one, and assistants get an entry in their list of servers. A file that cannot be edited is left
//! as it is and named; the rest goes on.

use std::path::{Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use serde::Serialize;

use super::{Session, agrees};
use crate::args::{OnboardArguments, RootArguments};
use crate::assistant::{self, ASSISTANTS, Assistant, Folders, Registrations, Standing, System};
use crate::operation;
use crate::outcome::{Ended, Outcome};
use crate::progress::Reporter;
use crate::repositories;
use crate::terminal::{FAINT, HEADING, count, one_line};
use crate::wire::text_of;

/// What became of a repository.
#[derive(Debug, Serialize)]
struct RepositoryWire {
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What became of an assistant.
#[derive(Debug, Serialize)]
pub struct AssistantWire {
    /// Its name in arguments.
    pub assistant: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The file with its list of servers.
    pub file: String,
    /// Whether the file is changed, or would be.
    pub changed: bool,
    /// Why the file cannot be edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    repositories: Vec<RepositoryWire>,
    assistants: Vec<AssistantWire>,
}

/// Looks, asks, indexes, registers.
pub fn run(arguments: &OnboardArguments, session: &mut Session<'_>) -> Ended {
    let repositories = repositories(arguments, session)?;
    let mut registrations = registrations(session)?;
    let folders = folders(session)?;
    let assistants: Vec<&Assistant> = match chosen(&arguments.assistants)? {
        _ if arguments.no_assistants => Vec::new(),
        named if !named.is_empty() => named,
        _ => ASSISTANTS.iter().filter(|assistant| assistant.is_present(&folders)).collect(),
    };
    let planned = plan(&assistants, &folders, &registrations);
    show(&repositories, &planned, session)?;
    if repositories.is_empty() && planned.is_empty() {
        session.terminal.note("nothing to do: name folders with repositories, or --assistant NAME");
        return Ok(Outcome::Negative);
    }
    if !arguments.dry_run && !arguments.yes && !agrees("Go on?", "index and register")? {
        return Ok(Outcome::Negative);
    }
    let mut report =
        Report { dry_run: arguments.dry_run, repositories: Vec::new(), assistants: planned };
    if arguments.dry_run {
        let wire =
            |root: &PathBuf| RepositoryWire { root: text_of(root), documents: None, error: None };
        report.repositories = repositories.iter().map(wire).collect();
    } else {
        report.repositories = repositories.iter().map(|root| index(root, session)).collect();
        for (wire, assistant) in report.assistants.iter_mut().zip(&assistants) {
            if wire.error.is_none() {
                match registrations.add(assistant) {
                    Ok(changed) => wire.changed = changed,
                    Err(error) => wire.error = Some(error.to_string()),
                }
            }
        }
    }
    finish(&report, session)
}

fn repositories(arguments: &OnboardArguments, session: &mut Session<'_>) -> Result<Vec<PathBuf>> {
    if arguments.no_index {
        return Ok(Vec::new());
    }
    let named = match (&arguments.folders[..], &session.places.home) {
        ([], Some(home)) => vec![home.clone()],
        (folders, _) => folders.to_vec(),
    };
    let found = repositories::find(&session.places.roots(&named)?, arguments.depth);
    if found.is_cut {
        session.terminal.note(format_args!(
            "there may be more than {}; name a smaller folder",
            count(found.repositories.len() as u64, "repository", "repositories")
        ));
    }
    Ok(found.repositories)
}

/// The assistants of these names.
///
/// # Errors
/// `InvalidInput` for a name that is not known.
pub fn chosen(names: &[String]) -> Result<Vec<&'static Assistant>> {
    let of = |name: &String| {
        assistant::named(name).ok_or_else(|| {
            let known: Vec<&str> = ASSISTANTS.iter().map(|assistant| assistant.id).collect();
            let message = format!("{name:?} is not known; there are {}", known.join(", "));
            Error::InvalidInput { field: "--assistant", message }
        })
    };
    names.iter().map(of).collect()
}

/// Where programs keep their settings here.
///
/// # Errors
/// `NotFound` without a home directory.
pub fn folders(session: &Session<'_>) -> Result<Folders> {
    let home = session.places.home.clone();
    let home =
        home.ok_or_else(|| Error::NotFound { what: "home directory", name: "HOME".into() })?;
    let variable = if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" };
    let config = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let programs = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&programs).collect();
    Ok(Folders { system: System::HERE, home, config, programs })
}

/// The registrations of this user, for the program that runs now.
///
/// # Errors
/// `Io` if the program does not know its own file; see [`Registrations::open`].
pub fn registrations(session: &Session<'_>) -> Result<Registrations> {
    let program = std::env::current_exe().map_err(|source| Error::io("this program", source))?;
    Registrations::open(&session.places.data_folder(), folders(session)?, text_of(&program))
}

fn plan(
    assistants: &[&'static Assistant],
    folders: &Folders,
    registrations: &Registrations,
) -> Vec<AssistantWire> {
    let wire = |assistant: &&'static Assistant| {
        let (changed, error) = match registrations.standing(assistant) {
            Standing::Registered => (false, None),
            Standing::Absent | Standing::Other(_) => (true, None),
            Standing::Broken(reason) => (false, Some(reason)),
        };
        let file = text_of(&assistant.file(folders));
        AssistantWire { assistant: assistant.id, title: assistant.title, file, changed, error }
    };
    assistants.iter().map(wire).collect()
}

fn show(
    repositories: &[PathBuf],
    assistants: &[AssistantWire],
    session: &mut Session<'_>,
) -> Result<()> {
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        return Ok(());
    }
    if !repositories.is_empty() {
        let heading = count(repositories.len() as u64, "repository", "repositories");
        terminal.line(terminal.paint(HEADING, format_args!("Index {heading}")))?;
        for root in repositories {
            terminal.line(format_args!("  {}", one_line(&text_of(root))))?;
        }
    }
    if !assistants.is_empty() {
        terminal.line(terminal.paint(HEADING, "Register with assistants"))?;
        for wire in assistants {
            let what = match (&wire.error, wire.changed) {
                (Some(reason), _) => format!("left as it is: {reason}"),
                (None, true) => "an entry is added; a backup stays beside it".to_owned(),
                (None, false) => "is registered already".to_owned(),
            };
            let file = one_line(&wire.file);
            let what = terminal.paint(FAINT, one_line(&what));
            terminal.line(format_args!("  {:<15} {file}  {what}", wire.title))?;
        }
    }
    terminal.flush()
}

fn index(root: &Path, session: &mut Session<'_>) -> RepositoryWire {
    let scope = RootArguments { roots: vec![root.to_owned()], ..RootArguments::default() };
    let indexed = session.target(&scope).and_then(|mut target| {
        let reporter = Reporter::new(session.terminal.is_quiet() || session.terminal.is_json());
        operation::index(&mut target, false, &session.configuration, &reporter)
    });
    let (documents, error) = match indexed {
        Ok(done) => (Some(done.answer.totals.documents), None),
        Err(error) => (None, Some(error.to_string())),
    };
    RepositoryWire { root: text_of(root), documents, error }
}

fn finish(report: &Report, session: &mut Session<'_>) -> Ended {
    let failed = report.repositories.iter().filter_map(|wire| wire.error.as_ref()).count()
        + report.assistants.iter().filter_map(|wire| wire.error.as_ref()).count();
    let outcome = if failed == 0 { Outcome::Done } else { Outcome::Negative };
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        terminal.json(report)?;
        return Ok(outcome);
    }
    if report.dry_run {
        terminal.note("nothing was done; leave out --dry-run to do it");
        return Ok(outcome);
    }
    for wire in &report.repositories {
        let what = match (&wire.error, wire.documents) {
            (Some(reason), _) => format!("not indexed: {reason}"),
            (None, documents) => count(documents.unwrap_or(0), "document", "documents"),
        };
        terminal.line(format_args!("{}: {}", one_line(&wire.root), one_line(&what)))?;
    }
    for wire in &report.assistants {
        let what = match (&wire.error, wire.changed) {
            (Some(reason), _) => format!("not registered: {reason}"),
            (None, true) => "registered; start it anew to use ContextLite".to_owned(),
            (None, false) => "is registered already".to_owned(),
        };
        terminal.line(format_args!("{}: {}", wire.title, one_line(&what)))?;
    }
    terminal.footer("`contextlite offboard` takes the entries out again");
    Ok(outcome)
}
