//! Other programs: run to their end, within a time, with what they said.
//!
//! A program is told no secret that this one knows, whatever variables its command has: what a
//! secret is called is listed here, and whoever starts a program that needs one hands it over by
//! name ([`run_trusted`]).
//!
//! A rehearsal lets something stand in for them ([`with_stand_in`]): then no program is started,
//! and what it would have said is the value of a function. It holds for one thread and one call.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How often a program that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How often a program is started again whose file somebody still has open for writing.
const BUSY_TRIES: u32 = 200;

/// The most lines of a program's complaint that stand in an error.
const COMPLAINT_LINES_MAX: usize = 30;

/// The identity of a run of a workflow: where it is to be had, and what lets it be had.
pub const IDENTITY: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

/// What lets a program sign in to Azure as somebody, by the names that its libraries read.
pub const AZURE: [&str; 5] = [
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_PASSWORD",
];

/// Further secrets: those of the channels, under our names and under those that their clients
/// read, and those of a run of a workflow.
const SECRETS: [&str; 21] = [
    "ACTIONS_RUNTIME_TOKEN",
    "AUR_SSH_PRIVATE_KEY",
    "CHOCOLATEY_API_KEY",
    "FLATHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "HOMEBREW_GITHUB_API_TOKEN",
    "MINISIGN_PASSWORD",
    "MINISIGN_SECRET_KEY",
    "NIXPKGS_GITHUB_TOKEN",
    "NODE_AUTH_TOKEN",
    "NPM_TOKEN",
    "PYPI_API_TOKEN",
    "SCOOP_GITHUB_TOKEN",
    "SNAPCRAFT_STORE_CREDENTIALS",
    "SNAP_STORE_CREDENTIALS",
    "TWINE_PASSWORD",
    "UV_PUBLISH_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "VSCE_PAT",
    "WINGET_GITHUB_TOKEN",
];

/// How a program ended that could be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Whether its exit code was zero.
    pub is_success: bool,
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its standard error as text.
    pub complaint: String,
}

impl Finished {
    /// Returns the standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// What stands in for other programs: how one ended, or nothing if it is to be run.
pub type StandIn = Rc<dyn Fn(&Command) -> Option<Finished>>;

thread_local! {
    static STAND_IN: RefCell<Option<StandIn>> = const { RefCell::new(None) };
}

/// Calls a function with something that stands in for the programs that it runs on this thread.
pub fn with_stand_in<T>(stand_in: StandIn, call: impl FnOnce() -> T) -> T {
    /// Puts back what stood there, also when the call unwinds.
    struct Before(Option<StandIn>);
    impl Drop for Before {
        fn drop(&mut self) {
            STAND_IN.set(self.0.take());
        }
    }
    let _before = Before(STAND_IN.replace(Some(stand_in)));
    call()
}

/// Runs a program to its end and returns its standard output as text.
///
/// # Errors
///
/// [`Error::Program`] if it cannot be started, does not end in `limit` or does not succeed.
pub fn read(command: &mut Command, limit: Duration) -> Result<String> {
    let finished = run(command, limit)?;
    if finished.is_success {
        Ok(finished.text())
    } else {
        Err(failure(command, &tail(&finished.complaint)))
    }
}

/// Runs a program to its end, whatever the end is.
///
/// # Errors
///
/// [`Error::Program`] if it cannot be started or does not end in `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    keep_secrets(command);
    run_as_told(command, limit)
}

/// Runs a program to its end that is told these secrets and no other, each by the variable that it
/// reads.
///
/// # Errors
///
/// As [`run`].
pub fn run_trusted(
    command: &mut Command,
    secrets: &[(&str, &str)],
    limit: Duration,
) -> Result<Finished> {
    keep_secrets(command);
    command.envs(secrets.iter().copied());
    run_as_told(command, limit)
}

fn run_as_told(command: &mut Command, limit: Duration) -> Result<Finished> {
    let stand_in = STAND_IN.with_borrow(Clone::clone);
    if let Some(finished) = stand_in.and_then(|stand_in| stand_in(command)) {
        return Ok(finished);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = start(command)?;
    let output = child.stdout.take().expect("standard output is piped");
    let complaint = child.stderr.take().expect("standard error is piped");
    std::thread::scope(|scope| {
        // Both are read while the program runs: a full pipe would stop it for ever.
        let output = scope.spawn(|| drain(output));
        let complaint = scope.spawn(|| drain(complaint));
        let is_success = wait(&mut child, limit).map_err(|why| failure(command, &why))?;
        let output = output.join().expect("reading does not panic");
        let complaint = complaint.join().expect("reading does not panic");
        let complaint = String::from_utf8_lossy(&complaint).into_owned();
        Ok(Finished { is_success, output, complaint })
    })
}

/// Runs a program to its end, with all that it says written to a file.
///
/// # Errors
///
/// [`Error::Program`] with the end of the file if it cannot be started, does not end in `limit`
/// or does not succeed; [`Error::Io`] if the file cannot be written.
pub fn run_logged(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    let file = File::create(log).map_err(Error::at(log))?;
    let copy = file.try_clone().map_err(Error::at(log))?;
    command.stdin(Stdio::null()).stdout(file).stderr(copy);
    keep_secrets(command);
    let mut child = start(command)?;
    let said = || tail(&std::fs::read_to_string(log).unwrap_or_default());
    match wait(&mut child, limit) {
        Ok(true) => Ok(()),
        Ok(false) => Err(failure(command, &said())),
        Err(why) => Err(failure(command, &format!("{why}\n{}", said()))),
    }
}

/// Returns the last lines of a long text.
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(COMPLAINT_LINES_MAX)..].join("\n")
}

/// Returns the error that says that a program failed, and why.
pub fn failure(command: &Command, why: &str) -> Error {
    let program = command.get_program().to_string_lossy().into_owned();
    let first = command.get_args().next().map(|first| first.to_string_lossy().into_owned());
    Error::Program { program, first, why: why.to_owned() }
}

/// Starts a program.
///
/// A program that was written a moment ago may be busy: another thread that was starting a program
/// meanwhile has lent it the open file until its own program takes over. That passes.
fn start(command: &mut Command) -> Result<Child> {
    let mut tries = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries += 1;
                std::thread::sleep(LOOK_EVERY);
            }
            started => return started.map_err(|error| failure(command, &error.to_string())),
        }
    }
}

/// Returns whether a variable is taken from the programs that are started.
pub fn is_secret(name: &str) -> bool {
    // npm reads what lets it in under the name of the registry, in any case of letters.
    let lower = name.to_ascii_lowercase();
    let ends = [":_authtoken", ":_auth", ":_password", "npm_config__auth", "npm_config__authtoken"];
    names().any(|known| known == name) || ends.iter().any(|end| lower.ends_with(end))
}

/// What every secret is called that has one name.
fn names() -> impl Iterator<Item = &'static str> {
    IDENTITY.into_iter().chain(AZURE).chain(SECRETS)
}

fn keep_secrets(command: &mut Command) {
    for name in names() {
        command.env_remove(name);
    }
    // What a command inherits only the process can list.
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let set = command.get_envs().filter(|(_, value)| value.is_some());
    let named: Vec<OsString> = set.map(|(name, _)| name.to_owned()).chain(inherited).collect();
    for name in named.iter().filter(|name| name.to_str().is_some_and(is_secret)) {
        command.env_remove(name);
    }
}

fn wait(child: &mut Child, limit: Duration) -> std::result::Result<bool, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(LOOK_EVERY),
            Ok(None) => {
                // It may have ended just now, which is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn drain(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What could be read before a failure is what there is to tell.
    let _ = pipe.read_to_end(&mut bytes);
    bytes
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Finished, read, run, run_trusted, tail, with_stand_in};

    const LIMIT: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_stands_in_does_so_for_one_call_even_if_that_dies() {
        let answer = |command: &Command| {
            let is_it = command.get_program() == "git";
            let finished = Finished { is_success: true, output: b"said".into(), ..quiet() };
            is_it.then_some(finished)
        };
        let said = || read(&mut Command::new("git"), LIMIT).expect("it succeeds");
        let both = || (said(), read(&mut shell("echo run"), LIMIT).expect("it succeeds"));
        let both = with_stand_in(std::rc::Rc::new(answer), both);
        assert_eq!((both.0.as_str(), both.1.as_str()), ("said", "run\n"));
        let dies = || with_stand_in(std::rc::Rc::new(answer), || panic!("it dies"));
        assert!(std::panic::catch_unwind(dies).is_err());
        let git = run(Command::new("git").arg("--version"), LIMIT).expect("it ends");
        assert_ne!(git.text(), "said");
    }

    fn quiet() -> Finished {
        Finished { is_success: false, output: Vec::new(), complaint: String::new() }
    }

    #[test]
    fn a_program_is_heard_to_its_end() {
        let long = read(&mut shell("yes | head -c 300000"), LIMIT).expect("it succeeds");
        assert_eq!(long.len(), 300_000);
        let ended = run(&mut shell("echo out; echo why >&2; exit 3"), LIMIT).expect("it ends");
        assert_eq!((ended.is_success, ended.text().as_str()), (false, "out\n"));
        assert_eq!(ended.complaint, "why\n");
        let error = read(&mut shell("echo why >&2; exit 3"), LIMIT).expect_err("it fails");
        assert_eq!(error.to_string(), "sh -c failed: why");
    }

    #[test]
    fn what_a_program_says_can_go_to_a_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = folder.path().join("log");
        super::run_logged(&mut shell("echo out; echo why >&2"), &log, LIMIT).expect("it succeeds");
        assert_eq!(std::fs::read_to_string(&log).expect("a log"), "out\nwhy\n");
        let error = super::run_logged(&mut shell("echo why; exit 1"), &log, LIMIT);
        assert_eq!(error.expect_err("it fails").to_string(), "sh -c failed: why");
    }

    #[test]
    fn a_program_is_not_told_what_is_secret() {
        let mut command = shell("echo \"[$GITHUB_TOKEN]$OTHER\"");
        command.env("GITHUB_TOKEN", "secret").env("OTHER", "told");
        assert_eq!(read(&mut command, LIMIT).expect("it succeeds"), "[]told\n");
        let trusted = run_trusted(&mut command, &[("GITHUB_TOKEN", "this one")], LIMIT);
        assert_eq!(trusted.expect("it runs").text(), "[this one]told\n");
    }

    #[test]
    fn of_all_secrets_a_program_has_those_that_it_is_handed() {
        let npm =
            ["npm_config_//a.example.org/:_authToken", "NPM_CONFIG_//a.example.org/:_password"];
        let all: Vec<&str> = super::names().chain(npm).collect();
        let environment = |handed: &[(&str, &str)]| {
            let mut command = Command::new("env");
            command.envs(all.iter().map(|name| (name, "secret"))).env("OPEN", "told");
            let said = run_trusted(&mut command, handed, LIMIT).expect("it runs").text();
            let of_ours = |line: &&str| line.ends_with("=secret") || line.ends_with("=told");
            said.lines().filter(of_ours).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(environment(&[]), ["OPEN=told"]);
        for name in &all {
            let mut told = environment(&[(name, "secret")]);
            told.sort();
            let mut expected = [format!("{name}=secret"), "OPEN=told".to_owned()];
            expected.sort();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_program_that_is_still_being_written_is_waited_for() {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;

        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("program");
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.write(true).create(true).mode(0o755).open(&path).expect("a file");
        file.write_all(b"#!/bin/sh\necho ran\n").expect("written");
        let closed = std::thread::spawn(move || {
            std::thread::sleep(super::LOOK_EVERY * 3);
            drop(file);
        });
        assert_eq!(read(&mut Command::new(&path), LIMIT).expect("it runs"), "ran\n");
        closed.join().expect("closed");
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let error = run(&mut shell("exec sleep 60"), Duration::ZERO).expect_err("it is late");
        assert_eq!(error.to_string(), "sh -c failed: it did not end within 0 s");
        let error = run(&mut Command::new("no-such-program"), LIMIT).expect_err("it is absent");
        assert!(error.to_string().starts_with("no-such-program failed: "), "{error}");
    }

    #[test]
    fn only_the_end_of_a_long_complaint_is_told() {
        let lines: Vec<String> = (1..=40).map(|number| format!("line {number}")).collect();
        let text = lines.join("\n");
        assert!(tail(&text).starts_with("line 11\n") && tail(&text).ends_with("line 40"));
        assert_eq!(tail("one\n"), "one");
    }
}
