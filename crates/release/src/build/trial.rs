//! The trial of a binary: it is run, wherever that can be done, and has to say what it is.
//!
//! A binary for the machine itself runs natively, one for Linux on another processor under qemu,
//! one for Windows on the same processor under wine. For the rest there is the file: its format
//! is always checked, and its version is read from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::environment::{Environment, find_program};
use crate::process;
use crate::target::{Arch, Os, Target};

/// How long a trial may take; an emulated program is slow, and wine starts a whole system.
const TRIAL_LIMIT: Duration = Duration::from_mins(5);

/// Where Debian keeps wine for 64-bit programs, which is not on the search path.
const WINE_FOLDER: &str = "/usr/lib/wine";

/// The variable by which a rehearsal says that only binaries of this machine are to be run
/// (`native`): those of the other platforms are not what their name says.
pub const RUN_ONLY: &str = "CARGO_SHIP_RUN_ONLY";

/// How a binary is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// On this machine as it is.
    Native,
    /// Under qemu, which emulates the other processor.
    Qemu,
    /// Under wine, which emulates Windows.
    Wine,
    /// Not run: what can be known is read from its file.
    File,
}

impl Way {
    /// Returns the phrase for a report.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Native => "ran natively",
            Self::Qemu => "ran under qemu",
            Self::Wine => "ran under wine",
            Self::File => "not run; version read from its file",
        }
    }
}

/// What runs binaries here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    way: Way,
    /// The emulator; none for a native run.
    emulator: Option<PathBuf>,
    variables: BTreeMap<OsString, OsString>,
}

impl Runner {
    /// Finds what can run a binary for `target` on this machine.
    ///
    /// `wine_prefix` is the folder in which `scripts/release/setup-cross` prepared wine.
    pub fn find(target: &Target, environment: &Environment<'_>, wine_prefix: &Path) -> Self {
        let folders = environment.search_path();
        let (os, arch) = here();
        if os == Some(target.os) && arch == Some(target.arch) {
            return Self { way: Way::Native, emulator: None, variables: BTreeMap::new() };
        }
        if environment.text(RUN_ONLY) == Some("native") {
            return Self { way: Way::File, emulator: None, variables: BTreeMap::new() };
        }
        if os == Some(Os::Linux) && target.os == Os::Linux {
            let processor = match target.arch {
                Arch::Amd64 => "x86_64",
                Arch::Arm64 => "aarch64",
            };
            let names = [format!("qemu-{processor}-static"), format!("qemu-{processor}")];
            let found = names.iter().find_map(|name| find_program(name, &folders));
            if let Some(emulator) = found {
                let variables = BTreeMap::new();
                return Self { way: Way::Qemu, emulator: Some(emulator), variables };
            }
        }
        let is_wine = target.os == Os::Windows && arch == Some(target.arch);
        if is_wine && wine_prefix.join("drive_c").is_dir() {
            let folders = [folders, vec![WINE_FOLDER.into()]].concat();
            let found = ["wine64", "wine"].iter().find_map(|name| find_program(name, &folders));
            if let Some(emulator) = found {
                let variables = wine_variables(wine_prefix);
                return Self { way: Way::Wine, emulator: Some(emulator), variables };
            }
        }
        Self { way: Way::File, emulator: None, variables: BTreeMap::new() }
    }

    /// Returns how it runs them.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Returns the command that runs a binary, or would if its way is [`Way::File`].
    pub fn command(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = match &self.emulator {
            None => Command::new(binary),
            Some(emulator) => {
                let mut command = Command::new(emulator);
                command.arg(binary);
                command
            }
        };
        command.args(arguments).envs(&self.variables);
        command
    }

    /// Runs a binary to its end and returns its standard output as text.
    ///
    /// # Errors
    ///
    /// A phrase, if it cannot be run here, fails or does not end in time.
    pub fn output(&self, binary: &Path, arguments: &[&str]) -> Result<String, String> {
        if self.way == Way::File {
            return Err("nothing here can run it".to_owned());
        }
        let finished = process::run(&mut self.command(binary, arguments), TRIAL_LIMIT);
        let finished = finished.map_err(|error| error.to_string())?;
        let text = finished.text().replace('\r', "");
        if finished.is_success {
            return Ok(text);
        }
        let said = process::tail(&format!("{text}{}", finished.complaint));
        Err(format!("`{}` failed: {said}", arguments.join(" ")))
    }
}

/// Wine's own folder, and no question about what it lacks.
fn wine_variables(prefix: &Path) -> BTreeMap<OsString, OsString> {
    let fixed = [("WINEDEBUG", "-all"), ("WINEDLLOVERRIDES", "mscoree,mshtml=")];
    let fixed = fixed.map(|(name, value)| (name.into(), value.into()));
    fixed.into_iter().chain([("WINEPREFIX".into(), prefix.into())]).collect()
}

/// Returns the system and the processor of this machine, if we know them.
pub fn here() -> (Option<Os>, Option<Arch>) {
    let os = match std::env::consts::OS {
        "linux" => Some(Os::Linux),
        "macos" => Some(Os::Darwin),
        "windows" => Some(Os::Windows),
        _ => None,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => Some(Arch::Amd64),
        "aarch64" => Some(Arch::Arm64),
        _ => None,
    };
    (os, arch)
}
