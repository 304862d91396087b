//! `contextlite serve`: answers over HTTP until it is stopped.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contextlite_engine::error::{Error, Result};
use ipnet::IpNet;

use super::Session;
use crate::args::ServeArguments;
use crate::config::Settings;
use crate::http::presence::{Instance, Presence};
use crate::http::{GuardOptions, Limits, Server, log};
use crate::outcome::{Ended, Outcome};
use crate::place;
use crate::service::root::Grounds;
use crate::service::space::Spaces;
use crate::service::{Service, now_ns};
use crate::wire::text_of;

/// The variable of the token.
const TOKEN_VARIABLE: &str = "CONTEXTLITE_TOKEN";
/// A shorter token can be guessed.
const TOKEN_CHARS_MIN: usize = 16;
/// The random bytes of a token that is made.
const TOKEN_BYTES: usize = 32;

/// Serves. With `is_bare` the program was started without a subcommand, as other programs do; then
/// the current folder means nothing.
pub fn run(arguments: &ServeArguments, is_bare: bool, session: &mut Session<'_>) -> Ended {
    let settings = session.configuration.settings();
    let (host, port) = address(arguments, &settings);
    let is_loopback = is_loopback(&host);
    let token = token(arguments, &settings, session)?;
    if token.is_none() && !is_loopback {
        return Err(Error::InvalidInput {
            field: "--host",
            message: format!(
                "{host} can be reached from other machines, so requests must bear a token: set \
                 {TOKEN_VARIABLE}, or name a file with --token-file (it is made if absent)"
            ),
        });
    }
    let is_elsewhere = is_bare || arguments.no_root;
    let (roots, are_named) = session.served_roots(&arguments.roots, is_elsewhere)?;
    let guard = GuardOptions {
        token,
        hosts: settings.list("server.hosts").to_vec(),
        origins: settings.list("server.origins").to_vec(),
        proxies: proxies(&settings)?,
        is_loopback,
        rate: settings.number("server.rate") as u32,
    };
    let limits = Limits {
        body_bytes_max: settings.number("server.body_max"),
        running_max: settings.number("server.concurrency") as usize,
        waiting_max: settings.number("server.queue") as usize,
        timeout: Duration::from_secs(settings.number("server.timeout")),
    };
    let needs_token = guard.token.is_some();
    let shown_roots = roots.iter().map(|root| text_of(root)).collect();
    let database = session.global.database.as_ref().map(|file| session.places.current.join(file));
    let log = log::start(settings.text("server.log"));
    let spaces = Spaces::new(
        Grounds::new(session.places.clone(), session.configuration.clone()),
        roots,
        database,
        is_loopback && !are_named,
    );
    place::keep_private();
    let service = Arc::new(Service::new(spaces, settings.number("server.cache")));
    let server = Server::bind((&host, port), service, guard, limits)?;
    let address = server.address()?;
    let instance = Instance {
        pid: std::process::id(),
        url: format!("http://{address}"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_s: now_ns() / 1_000_000_000,
        roots: shown_roots,
        needs_token,
    };
    let data = session.configuration.store_folder();
    let presence = match Presence::announce(&data, address.port(), &instance) {
        Ok(presence) => Some(presence),
        Err(error) => {
            session
                .terminal
                .note(format_args!("`contextlite instances` will not show it: {error}"));
            None
        }
    };
    say(&instance, session)?;
    server.run(arguments.stop_with_stdin);
    drop(presence);
    drop(log);
    Ok(Outcome::Done)
}

/// Says where it listens: one line, at once, because a program may wait for it.
fn say(instance: &Instance, session: &mut Session<'_>) -> Result<()> {
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        terminal.json(instance)?;
    } else {
        terminal.line(format_args!("listening on {}", instance.url))?;
        for root in &instance.roots {
            terminal.note(format_args!("questions are about {root}"));
        }
    }
    terminal.flush()
}

/// The host and the port that arguments or the configuration say.
pub fn address(arguments: &ServeArguments, settings: &Settings) -> (String, u16) {
    let host = arguments.listen.host.clone();
    let host = host.unwrap_or_else(|| settings.text("server.host").to_owned());
    let port = arguments.listen.port.unwrap_or_else(|| settings.number("server.port") as u16);
    (host.trim_matches(['[', ']']).to_owned(), port)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn proxies(settings: &Settings) -> Result<Vec<IpNet>> {
    let network = |text: &String| -> Result<IpNet> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or(address).map_err(|_| Error::InvalidInput {
            field: "server.proxies",
            message: format!("{text:?} is neither an address nor a network, as 10.0.0.0/8"),
        })
    };
    settings.list("server.proxies").iter().map(network).collect()
}

/// The token that requests must bear: from the file of an argument, else from the environment, else
/// from the file of the configuration.
fn token(
    arguments: &ServeArguments,
    settings: &Settings,
    session: &Session<'_>,
) -> Result<Option<String>> {
    let configured = Some(settings.text("server.token_file")).filter(|file| !file.is_empty());
    let kept = |file: PathBuf| -> Result<(String, String)> {
        let file = session.places.current.join(file);
        Ok((token_of(&file)?, text_of(&file)))
    };
    let (token, source) = match (&arguments.token_file, std::env::var(TOKEN_VARIABLE), configured) {
        (Some(file), ..) => kept(file.clone())?,
        (None, Ok(token), _) => (token, TOKEN_VARIABLE.to_owned()),
        (None, Err(_), Some(file)) => kept(PathBuf::from(file))?,
        (None, Err(_), None) => return Ok(None),
    };
    let token = token.trim().to_owned();
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.len() < TOKEN_CHARS_MIN || !is_plain {
        return Err(Error::InvalidInput {
            field: "--token-file",
            message: format!(
                "the token of {source} must be {TOKEN_CHARS_MIN} or more letters, digits and signs \
                 without spaces"
            ),
        });
    }
    Ok(Some(token))
}

/// Reads a token, or makes one; nobody else may read the file.
fn token_of(file: &Path) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(token) => {
            check_mode(file)?;
            Ok(token)
        }
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => make_token(file),
        Err(source) => Err(Error::io(file, source)),
    }
}

#[cfg(unix)]
fn check_mode(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let facts = std::fs::metadata(file).map_err(|source| Error::io(file, source))?;
    let for_others = facts.permissions().mode() & 0o077;
    if for_others == 0 {
        return Ok(());
    }
    let message = format!("{} can be read by others; run `chmod 600` on it", file.display());
    Err(Error::InvalidInput { field: "--token-file", message })
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<()> {
    Ok(())
}

fn make_token(file: &Path) -> Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::io("the system's randomness", std::io::Error::other(error)))?;
    let token = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let unwritable = |source: std::io::Error| Error::NotWritable {
        path: file.to_owned(),
        detail: format!("the new token cannot be kept: {source}"),
    };
    std::fs::create_dir_all(place::folder_of(file)).map_err(unwritable)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(file).map_err(unwritable)?;
    writeln!(written, "{token}").map_err(unwritable)?;
    Ok(token)
}
