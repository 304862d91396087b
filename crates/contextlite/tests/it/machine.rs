//! A machine with nothing on it but a small repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A home, and in it a repository.
pub struct Machine {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a command left behind.
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Standard output as text.
    pub out: String,
    /// Standard error as text.
    pub err: String,
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!("{error}: {}{}", self.out, self.err);
        })
    }
}

/// The repository that most tests are about.
const FILES: &[(&str, &str)] = &[
    (
        "src/retry.rs",
        "//! Retries of failed requests.\n\n/// How often a request is tried again.\n\
         pub const RETRIES_MAX: u32 = 5;\n\n/// Waits longer after each failed attempt.\n\
         pub fn backoff_delay(attempt: u32) -> u64 {\n    let base = 100_u64;\n    \
         base << attempt.min(6)\n}\n\n\
         /// Runs a request until it succeeds or was tried too often.\n\
         pub fn run_with_retry(mut request: impl FnMut() -> bool) -> bool {\n    \
         for attempt in 0..RETRIES_MAX {\n        if request() {\n            \
         return true;\n        \
         }\n        \
         std::thread::sleep(std::time::Duration::from_millis(backoff_delay(attempt)));\n    \
         }\n    false\n}\n",
    ),
    (
        "src/archive.py",
        "\"\"\"Names of release archives.\"\"\"\n\n\ndef archive_name(version, platform):\n    \
         \"\"\"Returns the file name of the archive for a platform.\"\"\"\n    \
         suffix = \"zip\" if platform == \"windows\" else \"tar.gz\"\n    \
         return f\"tool-{version}-{platform}.{suffix}\"\n",
    ),
    (
        "README.md",
        "# Tool\n\nA small tool.\n\n## Installation\n\nUnpack the archive for your platform and \
         put \
         the program on your path.\n\n## Usage\n\nRun the tool with the name of a request.\n",
    ),
    ("notes with space.txt", "The meeting decided to keep the retry limit.\r\nNothing else.\r\n"),
];

impl Machine {
    /// A machine with the usual repository.
    pub fn new() -> Self {
        let machine = Self::empty();
        for (path, text) in FILES {
            machine.write(path, text);
        }
        machine
    }

    /// A machine whose repository holds no file.
    pub fn empty() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        std::fs::create_dir_all(machine.root().join(".git")).unwrap();
        machine
    }

    /// The same machine with an environment variable.
    pub fn with(mut self, name: &'static str, text: &str) -> Self {
        self.variables.push((name, text.to_owned()));
        self
    }

    /// The home folder, as the program spells it.
    pub fn home(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// The repository.
    pub fn root(&self) -> PathBuf {
        self.home().join("work/repository")
    }

    /// The folder of all indexes.
    pub fn data(&self) -> PathBuf {
        self.home().join("data/contextlite")
    }

    /// The user's configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.home().join("config/contextlite/contextlite.toml")
    }

    /// Writes a file of the repository.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.root().join(path), text);
    }

    /// A command with its arguments, in the repository.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_in(&self.root(), arguments)
    }

    /// A command with its arguments, in a folder.
    pub fn command_in(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_contextlite"));
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", self.home())
            .env("USERPROFILE", self.home())
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .env("LOCALAPPDATA", self.home().join("data"))
            .env("APPDATA", self.home().join("config"))
            .envs(self.variables.iter().map(|(name, text)| (name, text)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command in the repository.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&self.command(arguments).output().unwrap())
    }

    /// Runs a command in a folder.
    pub fn run_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        Run::of(&self.command_in(folder, arguments).output().unwrap())
    }

    /// Runs a command that must succeed, and returns its output.
    pub fn out(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        run.out
    }

    /// Runs a command with `--json` that must succeed, and returns its answer.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.out(&arguments)).unwrap()
    }
}

impl Run {
    /// What a process left behind.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Writes a file and the folders that it is in.
pub fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
