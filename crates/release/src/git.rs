//! A git repository of a channel: read, written as one commit, and brought back.
//!
//! Many channels are a repository that holds a few files of ours: a tap, a bucket, a package of
//! the AUR. They are all spoken to with `git` itself, so that its own configuration holds for us
//! too: a proxy, a certificate, or an address that stands for another (`url.BASE.insteadOf`),
//! which is also how tests and rehearsals put a repository of this machine in the place of one
//! elsewhere.
//!
//! - A push is one commit on the branch that the repository already has. It never forces: a
//!   branch that moved meanwhile is looked at again.
//! - The token reaches git through its environment, and git through a credential helper; it is
//!   neither in an argument nor in an address. An SSH key is a file that only we can read, which
//!   is removed afterwards. The host of one has to show a key that is fixed beforehand, whatever
//!   address stands for it and whatever ssh is configured with.
//! - `git` is never asked to ask: without a credential it fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::environment::Environment;
use crate::file;
use crate::http::Token;
use crate::process::{self, Finished};
use crate::template::Rendered;

/// How long one git command may take; the repositories are small.
const GIT_LIMIT: Duration = Duration::from_mins(5);

/// The most commits that are looked at for an older version.
const HISTORY_COMMITS_MAX: usize = 500;

/// Gives git the token, which it finds in its environment.
const CREDENTIAL_HELPER: &str =
    "!f() { echo username=x-access-token; echo \"password=$SHIP_GIT_TOKEN\"; }; f";

/// A repository that holds files of ours.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where it is read.
    pub url: String,
    /// Where it is written; often the same.
    pub push_url: String,
    /// The branch that a first commit makes.
    pub first_branch: &'static str,
    /// What lets us write.
    pub access: Access,
    /// Who is written down as the author: `NAME <ADDRESS>`.
    pub author: String,
}

/// What lets us write.
#[derive(Debug, Clone)]
pub enum Access {
    /// Nothing: reading only.
    Anonymous,
    /// A token of the host.
    Token(Token),
    /// A private SSH key, and what the host has to show.
    Key {
        /// The key as its file has it.
        key: Token,
        /// The host, under whose name its keys are looked up wherever it is reached.
        host: &'static str,
        /// Its keys, as lines of `known_hosts`; no others are trusted.
        known_hosts: String,
    },
}

/// Why git could not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such repository, or nobody may see it.
    Absent(String),
    /// We are not let in.
    Credentials(String),
    /// The host takes nothing at the moment, and says so.
    Closed(String),
    /// Somebody wrote before us, or the way there is disturbed: look again.
    Passing(String),
    /// Git itself, or the folder on this machine, is not as it should be.
    Fault(String),
}

/// A copy of a repository in a folder of this machine.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
    /// The commit, if there is one.
    pub commit: Option<String>,
}

impl Remote {
    /// Copies the repository into `folder`, which is emptied first; the whole history if asked.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it cannot be read.
    pub fn copy(
        &self,
        environment: &Environment<'_>,
        folder: &Path,
        is_whole: bool,
    ) -> Result<Copy, Refusal> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|error| fault(&error))?;
        }
        std::fs::create_dir_all(folder).map_err(|error| fault(&error))?;
        let depth: &[&str] = if is_whole { &[] } else { &["--depth", "1"] };
        let mut git = self.git(environment, folder);
        git.args(["clone", "--quiet", "--no-tags"]).args(depth).args([&self.url, "."]);
        succeed(&mut git)?;
        let mut git = self.git(environment, folder);
        git.args(["rev-parse", "--quiet", "--verify", "HEAD"]);
        let head = run(&mut git)?;
        let commit = head.is_success.then(|| head.text().trim().to_owned());
        Ok(Copy { folder: folder.to_owned(), commit })
    }

    /// Writes files as one commit, and sends it.
    ///
    /// Returns the commit's name.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not taken.
    pub fn push(
        &self,
        environment: &Environment<'_>,
        copy: &Copy,
        files: &[Rendered],
        message: &str,
    ) -> Result<String, Refusal> {
        for Rendered { path, bytes } in files {
            file::write_whole(&copy.folder.join(path), bytes)
                .map_err(|error| Refusal::Fault(error.to_string()))?;
        }
        let (name, address) = self.author.split_once(" <").unwrap_or((&self.author, ""));
        let address = address.trim_end_matches('>');
        let identity = [format!("user.name={name}"), format!("user.email={address}")];
        let mut git = self.git(environment, &copy.folder);
        if copy.commit.is_none() {
            git.args(["symbolic-ref", "HEAD", &format!("refs/heads/{}", self.first_branch)]);
            succeed(&mut git)?;
            git = self.git(environment, &copy.folder);
        }
        git.arg("add").arg("--").args(files.iter().map(|file| &file.path));
        succeed(&mut git)?;
        let mut git = self.git(environment, &copy.folder);
        git.args(["-c", &identity[0], "-c", &identity[1], "-c", "commit.gpgsign=false"]);
        git.args(["commit", "--quiet", "--no-verify", "-m", message]);
        succeed(&mut git)?;
        let mut git = self.git(environment, &copy.folder);
        let branch = succeed(git.args(["rev-parse", "--abbrev-ref", "HEAD"]))?;
        let mut git = self.git(environment, &copy.folder);
        let target = format!("HEAD:refs/heads/{}", branch.trim());
        git.args(["push", "--quiet", &self.push_url, &target]);
        let _key = self.unlock(&mut git, &copy.folder)?;
        succeed(&mut git)?;
        let mut git = self.git(environment, &copy.folder);
        Ok(succeed(git.args(["rev-parse", "HEAD"]))?.trim().to_owned())
    }

    /// Git in a folder, with the process's own variables and nothing that asks.
    fn git(&self, environment: &Environment<'_>, folder: &Path) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).env_clear().envs(environment.variables());
        git.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if let Access::Token(token) = &self.access {
            git.env("SHIP_GIT_TOKEN", token.reveal());
            git.args(["-c", "credential.helper=", "-c"]);
            git.arg(format!("credential.helper={CREDENTIAL_HELPER}"));
        }
        git
    }

    /// Lets git use the SSH key, if there is one, until what is returned is dropped.
    fn unlock(&self, git: &mut Command, folder: &Path) -> Result<Option<KeyFile>, Refusal> {
        let Access::Key { key, host, known_hosts } = &self.access else { return Ok(None) };
        let file = KeyFile::write(&folder.join(".git"), key, known_hosts)?;
        let (key, hosts) = (file.key.display(), file.hosts.display());
        // An option given here wins over any file; the command wins over all that git is told, so
        // that nobody's settings make another host trusted.
        let command = format!(
            "ssh -o 'UserKnownHostsFile={hosts}' -o GlobalKnownHostsFile=/dev/null \
             -o KnownHostsCommand=none -o VerifyHostKeyDNS=no -o StrictHostKeyChecking=yes \
             -o HostKeyAlias={host} -i '{key}' -o IdentitiesOnly=yes -o IdentityAgent=none \
             -o BatchMode=yes"
        );
        git.env("GIT_SSH_COMMAND", command);
        Ok(Some(file))
    }
}

impl Copy {
    /// Returns the content of a file, if there is one.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(path)).ok()
    }

    /// Returns the first line of what the newest commit says, if there is one.
    pub fn subject(&self, environment: &Environment<'_>) -> Option<String> {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.folder).env_clear().envs(environment.variables());
        let said = succeed(git.args(["log", "-1", "--format=%s"])).ok()?;
        Some(said.trim().to_owned())
    }

    /// Returns, of the newest commit in which `is_it` accepts the file `key`, its name and the
    /// content of all files named.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the history cannot be read.
    pub fn find(
        &self,
        environment: &Environment<'_>,
        key: &str,
        paths: &[String],
        is_it: impl Fn(&str) -> bool,
    ) -> Result<Option<(String, Vec<Rendered>)>, Refusal> {
        let git = |words: &[&str]| {
            let mut git = Command::new("git");
            git.arg("-C").arg(&self.folder).env_clear().envs(environment.variables());
            git.args(words);
            run(&mut git)
        };
        let limit = HISTORY_COMMITS_MAX.to_string();
        let log = git(&["log", "--format=%H", "-n", &limit, "--", key])?.text();
        for commit in log.lines() {
            let shown = git(&["show", &format!("{commit}:{key}")])?;
            if !shown.is_success || !is_it(&shown.text()) {
                continue;
            }
            let mut files = Vec::new();
            for path in paths {
                let shown = git(&["show", &format!("{commit}:{path}")])?;
                if shown.is_success {
                    files.push(Rendered { path: path.clone(), bytes: shown.output });
                }
            }
            return Ok(Some((commit.to_owned(), files)));
        }
        Ok(None)
    }
}

/// A private key on the disk, for as long as this value lives.
struct KeyFile {
    key: PathBuf,
    hosts: PathBuf,
}

impl KeyFile {
    fn write(folder: &Path, key: &Token, known_hosts: &str) -> Result<Self, Refusal> {
        let file = Self { key: folder.join("ship-key"), hosts: folder.join("ship-known-hosts") };
        std::fs::write(&file.hosts, known_hosts).map_err(|error| fault(&error))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut opened = options.open(&file.key).map_err(|error| fault(&error))?;
        let text = format!("{}\n", key.reveal());
        std::io::Write::write_all(&mut opened, text.as_bytes()).map_err(|error| fault(&error))?;
        Ok(file)
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        // A key that cannot be removed was not written either.
        let _ = std::fs::remove_file(&self.key);
    }
}

fn run(git: &mut Command) -> Result<Finished, Refusal> {
    process::run(git, GIT_LIMIT).map_err(|error| Refusal::Fault(error.to_string()))
}

fn succeed(git: &mut Command) -> Result<String, Refusal> {
    let finished = run(git)?;
    if finished.is_success { Ok(finished.text()) } else { Err(Refusal::of(&finished.complaint)) }
}

fn fault(error: &std::io::Error) -> Refusal {
    Refusal::Fault(error.to_string())
}

impl Refusal {
    /// Reads what git and the host said.
    fn of(complaint: &str) -> Self {
        let low = complaint.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
        let is_remark = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint:");
        let said: Vec<&str> = complaint.lines().filter(is_remark).map(str::trim).collect();
        let said = said.join("; ");
        if has(&["maintenance", "read-only mode", "temporarily disabled"]) {
            Self::Closed(said)
        } else if has(&[
            "permission denied",
            "permission to",
            "authentication failed",
            "invalid username",
        ]) || has(&["error: 403", "error: 401", "host key verification failed"])
            || has(&["protected branch", "write access"])
        {
            Self::Credentials(said)
        } else if has(&["repository not found", "does not exist", "not appear to be a git"])
            || has(&["could not read username", "error: 404"])
        {
            Self::Absent(said)
        } else if has(&["[rejected]", "[remote rejected]", "stale info", "cannot lock ref"])
            || has(&["could not resolve", "timed out", "connection", "early eof", "error: 5"])
            || has(&["error: 429", "did not end within", "unable to access"])
        {
            Self::Passing(said)
        } else {
            Self::Fault(said)
        }
    }

    /// Returns what was said.
    pub fn text(&self) -> &str {
        match self {
            Self::Absent(text)
            | Self::Credentials(text)
            | Self::Closed(text)
            | Self::Passing(text)
            | Self::Fault(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn what_hosts_say_is_told_apart() {
        let check = |said: &str, expected: fn(String) -> Refusal| {
            assert_eq!(Refusal::of(said), expected(said.to_owned()));
        };
        check("remote: Repository not found.", Refusal::Absent);
        check(
            "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
            Refusal::Absent,
        );
        check("git@host: Permission denied (publickey).", Refusal::Credentials);
        check("remote: Permission to o/tap.git denied to somebody.", Refusal::Credentials);
        check("The requested URL returned error: 403", Refusal::Credentials);
        check("The AUR is down due to maintenance. We will be back soon.", Refusal::Closed);
        check("! [rejected] HEAD -> main (fetch first)", Refusal::Passing);
        check("Could not resolve host: github.com", Refusal::Passing);
        check("The requested URL returned error: 503", Refusal::Passing);
    }
}
