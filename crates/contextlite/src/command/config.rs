//! `contextlite config`: what is set, and by whom.

use std::path::Path;

use contextlite_engine::error::Result;
use serde::Serialize;

use super::{Session, configuration_file};
use crate::args::{ConfigCommand, RootArguments};
use crate::config::{FILE_NAME, Settings, Value};
use crate::outcome::{Ended, Outcome};
use crate::terminal::{FAINT, HEADING, one_line};
use crate::wire::text_of;

/// Shows settings or files.
pub fn run(command: &ConfigCommand, session: &mut Session<'_>) -> Ended {
    match command {
        ConfigCommand::Show(roots) => show(roots, session)?,
        ConfigCommand::Path(roots) => path(roots, session)?,
    }
    Ok(Outcome::Done)
}

/// One setting.
#[derive(Serialize)]
struct Row<'a> {
    key: &'static str,
    value: &'a Value,
    origin: String,
    variable: String,
    about: &'static str,
}

fn show(roots: &RootArguments, session: &mut Session<'_>) -> Result<()> {
    let settings = settings(roots, session)?;
    let rows: Vec<Row<'_>> = settings
        .all()
        .map(|(key, setting)| Row {
            key: key.name,
            value: &setting.value,
            origin: setting.origin.to_string(),
            variable: key.variable(),
            about: key.about,
        })
        .collect();
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        return terminal.json(&rows);
    }
    let key_width = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
    let values: Vec<String> = rows.iter().map(|row| one_line(&row.value.to_string())).collect();
    let value_width = values.iter().map(|value| value.chars().count()).max().unwrap_or(0).min(40);
    for (row, value) in rows.iter().zip(values) {
        let key = terminal.paint(HEADING, format_args!("{:<key_width$}", row.key));
        let origin = terminal.paint(FAINT, format_args!("# {}; {}", row.origin, row.about));
        terminal.line(format_args!("{key} = {value:<value_width$}  {origin}"))?;
    }
    for stray in &session.configuration.stray_variables {
        session.terminal.note(stray);
    }
    Ok(())
}

/// The settings for the one root that is meant; an index for it need not exist.
fn settings(roots: &RootArguments, session: &Session<'_>) -> Result<Settings> {
    let roots = RootArguments { any_root: true, ..roots.clone() };
    Ok(session.target(&roots)?.settings)
}

/// One configuration file.
#[derive(Serialize)]
struct File {
    path: String,
    scope: &'static str,
    exists: bool,
}

fn path(roots: &RootArguments, session: &mut Session<'_>) -> Result<()> {
    let user = configuration_file(&session.global, &session.places);
    let mut files: Vec<File> = user.iter().map(|path| file(path, "user")).collect();
    for root in session.places.roots(&roots.roots)? {
        files.push(file(&root.join(FILE_NAME), "workspace"));
    }
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        return terminal.json(&files);
    }
    for file in &files {
        let state = if file.exists { "" } else { ", does not exist" };
        let about = terminal.paint(FAINT, format_args!("# {}{state}", file.scope));
        terminal.line(format_args!("{}  {about}", one_line(&file.path)))?;
    }
    Ok(())
}

fn file(path: &Path, scope: &'static str) -> File {
    File { path: text_of(path), scope, exists: path.exists() }
}
