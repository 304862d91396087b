//! `contextlite mcp`: answers an assistant over standard input and output.

use std::sync::Arc;

use super::Session;
use crate::args::McpArguments;
use crate::http::log;
use crate::mcp;
use crate::outcome::{Ended, Outcome};
use crate::place;
use crate::service::Service;
use crate::service::root::Grounds;
use crate::service::space::Spaces;

/// Serves until standard input ends. Standard output carries the protocol and nothing else.
pub fn run(arguments: &McpArguments, session: &mut Session<'_>) -> Ended {
    let (roots, are_named) = session.served_roots(&arguments.roots, false)?;
    let settings = session.configuration.settings();
    let database = session.global.database.as_ref().map(|file| session.places.current.join(file));
    let _log = log::start(settings.text("server.log"));
    let grounds = Grounds::new(session.places.clone(), session.configuration.clone());
    let spaces = Spaces::new(grounds, roots, database, !are_named);
    place::keep_private();
    session.terminal.release()?;
    mcp::serve_stdio(Arc::new(Service::new(spaces, settings.number("server.cache"))))?;
    Ok(Outcome::Done)
}
