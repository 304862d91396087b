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
use std::time::Duration;

use crate::build::trial::RUN_ONLY;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::file;
use crate::http::{NoAnswer, Request, Response, Transport};
use crate::process;
use crate::rehearse::server::Server;
use crate::rehearse::world::{REPOSITORIES, World};

/// How long git may take for a repository of this machine.
const GIT_LIMIT: Duration = Duration::from_mins(1);

/// What a rehearsal takes over of the variables of the machine.
const TAKEN_OVER: [&str; 6] = ["PATH", "TMPDIR", "LANG", "SYSTEMROOT", "PATHEXT", "TEMP"];

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
