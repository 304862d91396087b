//! The world over HTTP, for the ordinary clients: one socket, and repositories of this machine.
//!
//! - Every address of a real service leads to its stand-in; any other is refused, so that a
//!   rehearsal never leaves the machine.
//! - The repositories of channels are bare ones in a folder, and git is told by its own
//!   configuration that they stand for the real ones (`url.BASE.insteadOf`).
//! - The variables are the search path and what the world tells: no credential of the person who
//!   rehearses reaches it, and no file of his home is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use crate::build::trial::RUN_ONLY;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::file;
use crate::http::{Method, Network, NoAnswer, Request, Response, Transport};
use crate::process::{self, StandIn};
use crate::rehearse::server::Server;
use crate::rehearse::world::{REPOSITORIES, World};
use crate::rehearse::{Answer, Ask, Delivery, marketplace, snap};

/// How long git may take for a repository of this machine.
const GIT_LIMIT: Duration = Duration::from_mins(1);

/// What a rehearsal takes over of the variables of the machine.
const TAKEN_OVER: [&str; 6] = ["PATH", "TMPDIR", "LANG", "SYSTEMROOT", "PATHEXT", "TEMP"];

/// The programs that something stands in for: those of snaps, which no machine has but one with
/// snapd, and the client of the marketplace where `scripts/release/setup-channel vscode` did not
/// install it.
const STOOD_IN_FOR: [&str; 4] = ["snap", "unsquashfs", "snapcraft", "vsce"];

/// The folder of files that have their names, since a program is looked for before it is started.
const PROGRAMS: &str = "programs";

/// The most bytes of an answer to them.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The world behind a socket.
pub struct Loopback {
    /// The world.
    pub server: Server<World>,
    folder: PathBuf,
    inner: Box<dyn Transport>,
}

impl Loopback {
    /// Lets a world listen, and makes its repositories below `folder`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if there is no socket or the folder cannot be written, [`Error::Program`]
    /// if git is missing.
    pub fn start(world: World, folder: &Path, inner: Box<dyn Transport>) -> Result<Self> {
        let server = Server::start(world).map_err(Error::at(folder))?;
        let loopback = Self { server, folder: folder.to_owned(), inner };
        let remotes = folder.join("remotes");
        for (channel, place, _) in REPOSITORIES {
            let repository = loopback.repository(place);
            std::fs::create_dir_all(&repository).map_err(Error::at(&repository))?;
            let branch = if channel == "aur" { "master" } else { "main" };
            let mut git = Command::new("git");
            git.args(["init", "--quiet", "--bare", "--initial-branch", branch]).arg(&repository);
            process::read(&mut git, GIT_LIMIT)?;
        }
        let remotes = remotes.display();
        let text = format!(
            "[url \"file://{remotes}/github.com/\"]\n\tinsteadOf = https://github.com/\n\
             [url \"file://{remotes}/aur.archlinux.org/\"]\n\
             \tinsteadOf = https://aur.archlinux.org/\n\
             \tinsteadOf = ssh://aur@aur.archlinux.org/\n\
             [init]\n\tdefaultBranch = main\n"
        );
        file::write_whole(&folder.join("gitconfig"), text.as_bytes())?;
        for name in STOOD_IN_FOR {
            let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            file::write_program(&folder.join(PROGRAMS).join(name), b"")?;
        }
        let home = folder.join("home");
        std::fs::create_dir_all(&home).map_err(Error::at(&home))?;
        Ok(loopback)
    }

    /// Where a repository is on this machine.
    fn repository(&self, place: &str) -> PathBuf {
        self.folder.join("remotes").join(format!("{place}.git"))
    }

    /// Returns the variables of the rehearsal, of those of the machine the harmless ones.
    ///
    /// `is_native_only` keeps binaries of other platforms from being run.
    pub fn variables(
        &self,
        environment: &Environment<'_>,
        is_native_only: bool,
    ) -> Vec<(OsString, OsString)> {
        let known = environment.variables();
        let taken = TAKEN_OVER.iter().filter_map(|name| {
            let name = OsString::from(name);
            known.get(&name).map(|value| (name.clone(), value.clone()))
        });
        let own = |name: &str, path: &str| (name.into(), self.folder.join(path).into());
        let mut variables: Vec<(OsString, OsString)> = taken.collect();
        let path = [vec![self.folder.join(PROGRAMS)], environment.search_path()].concat();
        if let Ok(path) = std::env::join_paths(path) {
            variables.retain(|(name, _)| name != "PATH");
            variables.push(("PATH".into(), path));
        }
        variables.extend([
            own("HOME", "home"),
            own("GIT_CONFIG_GLOBAL", "gitconfig"),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ]);
        if is_native_only {
            variables.push((RUN_ONLY.into(), "native".into()));
        }
        let world = self.server.service().variables();
        variables.extend(world.into_iter().map(|(name, value)| (name.into(), value.into())));
        variables
    }

    /// Returns what stands in for some programs; every other is the machine's own.
    pub fn stand_in(&self) -> StandIn {
        let base = self.server.base();
        let store = format!("{base}/snap");
        let programs = self.folder.join(PROGRAMS);
        Rc::new(move |command| {
            let path = command.get_program();
            let name = Path::new(path).file_stem().unwrap_or(path);
            match name.to_str()? {
                "snap" => Some(snap::pack(command)),
                "unsquashfs" => Some(snap::unpack(command)),
                "snapcraft" => Some(snap::run(command, &|url, ask| {
                    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
                    reach(format!("{store}/{path}"), &ask)
                })),
                // It is told where the marketplace is, and that is here already.
                "vsce" if !Path::new(path).starts_with(&programs) => None,
                "vsce" => Some(marketplace::run(command, &|url, ask| reach(url.to_owned(), &ask))),
                _ => None,
            }
        })
    }

    /// Returns all that was ever taken, the commits of repositories too, each as its own name.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] if a repository cannot be read.
    pub fn taken(&self) -> Result<BTreeMap<String, usize>> {
        let mut taken: Vec<String> = self.server.service().taken();
        for (channel, place, _) in REPOSITORIES {
            let mut git = Command::new("git");
            git.arg("-C").arg(self.repository(place)).args(["log", "--all", "--format=%T"]);
            let trees = process::read(&mut git, GIT_LIMIT)?;
            taken.extend(trees.lines().map(|tree| format!("{channel}/{tree}")));
        }
        let mut counts = BTreeMap::new();
        for name in taken {
            *counts.entry(name).or_default() += 1;
        }
        Ok(counts)
    }
}

/// Carries a request of a stand-in to an address of this machine.
fn reach(url: String, ask: &Ask) -> (Answer, Delivery) {
    let credential = ask.headers.get("authorization").map_or("", String::as_str);
    let request = Request {
        method: match ask.method.as_str() {
            "GET" => Method::Get,
            "PUT" => Method::Put,
            _ => Method::Post,
        },
        url,
        token: None,
        headers: vec![("authorization", credential)],
        body: (ask.method != "GET").then_some(&ask.body),
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    match Network::default().send(&request) {
        Ok(Response { status, headers, body }) => {
            (Answer { status, headers, body }, Delivery::Whole)
        }
        Err(_) => (Answer::default(), Delivery::Nothing),
    }
}

impl Transport for Loopback {
    fn send(&self, request: &Request<'_>) -> std::result::Result<Response, NoAnswer> {
        let place = self.server.service().place_of(&request.url);
        let Some(place) = place else {
            return Err(NoAnswer(format!("a rehearsal does not go to {}", request.url)));
        };
        let url = format!("{}{place}", self.server.base());
        self.inner.send(&Request { url, ..request.clone() })
    }
}
