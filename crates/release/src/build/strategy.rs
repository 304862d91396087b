//! How a target is built on this machine: by what is there, in a fixed order of preference.
//!
//! | method | compiler has the target's library | linker |
//! | --- | --- | --- |
//! | cargo | yes | the system's own: macOS on macOS, Windows where LLVM's mingw is installed |
//! | zig | yes | zig, through `cargo-zigbuild` |
//! | zig, library from source | no, but it has the library's source | the same |
//!
//! Linux is always linked by zig, so that the C library inside the binary is the same whoever
//! builds. A compiler is looked for on the search path and among the system's packages: where
//! `rustup` cannot install a target, a distribution's compiler may come with the source. Of two
//! compilers the one that reaches more of the six targets is used, so that one release has one.
//!
//! [`Machine::look`] asks the machine once; [`Machine::strategy`] is a pure function of that.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::environment::{Environment, find_program};
use crate::error::{Error, Result};
use crate::process;
use crate::target::{Arch, Os, TARGETS, Target};

/// The folder, below the root, of the tools that `scripts/release/setup-cross` installs.
pub const TOOLS: &str = "target/ship-tools";

/// Where a distribution's packages put a compiler.
const SYSTEM_FOLDER: &str = "/usr/bin";

/// How long a compiler may take to say what it is.
const ASK_LIMIT: Duration = Duration::from_mins(1);

/// A compiler and its cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler.
    pub rustc: PathBuf,
    /// The cargo beside it.
    pub cargo: PathBuf,
    /// The compiler's version, such as `1.96.0`.
    pub version: String,
    /// The folder of its libraries.
    pub sysroot: PathBuf,
    /// Whether the source of the standard library is there.
    pub has_source: bool,
    /// The triples whose standard library is installed.
    pub installed: Vec<&'static str>,
}

/// What can build here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The compilers, the preferred first.
    pub toolchains: Vec<Toolchain>,
    /// `cargo-zigbuild`, with zig beside it.
    pub zigbuild: Option<PathBuf>,
    /// The triples that the system's own linker can link.
    pub linked: Vec<&'static str>,
}

/// The way in which the program is compiled and linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By cargo and the system's linker.
    Cargo,
    /// By cargo and zig.
    Zig,
    /// By cargo and zig, with the standard library built from its source.
    ZigFromSource,
}

/// How one target is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategy<'a> {
    /// The way.
    pub method: Method,
    /// The compiler.
    pub toolchain: &'a Toolchain,
    /// The program that is started in place of cargo, if any.
    pub zigbuild: Option<&'a Path>,
}

impl Machine {
    /// Looks at what is installed; `root` is the project's.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] if a compiler is there and does not say what it is.
    pub fn look(root: &Path, environment: &Environment<'_>) -> Result<Self> {
        let path = environment.search_path();
        let own = [vec![root.join(TOOLS).join("bin")], path.clone()].concat();
        let mut toolchains: Vec<Toolchain> = Vec::new();
        for folders in [&path[..], &[SYSTEM_FOLDER.into()]] {
            let both = find_program("rustc", folders).zip(find_program("cargo", folders));
            if let Some((rustc, cargo)) = both {
                let found = Toolchain::ask(rustc, cargo)?;
                if toolchains.iter().all(|known| known.sysroot != found.sysroot) {
                    toolchains.push(found);
                }
            }
        }
        // One release has one compiler: the one that reaches the most targets comes first.
        toolchains.sort_by_key(|toolchain| std::cmp::Reverse(toolchain.reach()));
        let linked = TARGETS.iter().filter(|target| is_linked_here(target, &path));
        Ok(Self {
            toolchains,
            zigbuild: find_program("cargo-zigbuild", &own),
            linked: linked.map(|target| target.triple).collect(),
        })
    }

    /// Chooses how a target is built.
    ///
    /// # Errors
    ///
    /// [`Error::NoStrategy`] with what was looked for, if nothing here can build it.
    pub fn strategy(&self, target: &Target) -> Result<Strategy<'_>> {
        let is_linked = self.linked.contains(&target.triple);
        let method = |toolchain: &Toolchain| {
            let is_installed = toolchain.installed.contains(&target.triple);
            match &self.zigbuild {
                _ if is_installed && is_linked => Some((Method::Cargo, None)),
                Some(zigbuild) if is_installed => Some((Method::Zig, Some(zigbuild.as_path()))),
                Some(zigbuild) if toolchain.has_source => {
                    Some((Method::ZigFromSource, Some(zigbuild.as_path())))
                }
                _ => None,
            }
        };
        let found = self.toolchains.iter().find_map(|toolchain| {
            let (method, zigbuild) = method(toolchain)?;
            Some(Strategy { method, toolchain, zigbuild })
        });
        found.ok_or_else(|| Error::NoStrategy {
            platform: target.platform(),
            missing: self.missing(target),
        })
    }

    /// What would have to be there to build a target.
    fn missing(&self, target: &Target) -> Vec<String> {
        let has_library = |toolchain: &Toolchain| {
            toolchain.has_source || toolchain.installed.contains(&target.triple)
        };
        let mut missing = Vec::new();
        if self.zigbuild.is_none() {
            missing.push("cargo-zigbuild".to_owned());
        }
        if !self.toolchains.iter().any(has_library) {
            missing.push(format!(
                "a compiler with the library of {} or with the library's source",
                target.triple
            ));
        }
        missing
    }
}

impl Toolchain {
    /// The number of targets whose library it has or can make.
    fn reach(&self) -> usize {
        if self.has_source { TARGETS.len() } else { self.installed.len() }
    }

    fn ask(rustc: PathBuf, cargo: PathBuf) -> Result<Self> {
        let mut about = Command::new(&rustc);
        about.arg("-vV");
        let text = process::read(&mut about, ASK_LIMIT)?;
        let version = text.lines().find_map(|line| line.strip_prefix("release: "));
        let version = version.ok_or_else(|| process::failure(&about, "it states no release"))?;
        let mut where_from = Command::new(&rustc);
        let sysroot = process::read(where_from.args(["--print", "sysroot"]), ASK_LIMIT)?;
        let sysroot = PathBuf::from(sysroot.trim());
        let library = sysroot.join("lib/rustlib");
        let is_installed = |target: &&Target| library.join(target.triple).join("lib").is_dir();
        Ok(Self {
            version: version.to_owned(),
            has_source: library.join("src/rust/library/Cargo.lock").is_file(),
            installed: TARGETS.iter().filter(is_installed).map(|target| target.triple).collect(),
            rustc,
            cargo,
            sysroot,
        })
    }
}

fn is_linked_here(target: &Target, path: &[PathBuf]) -> bool {
    match target.os {
        Os::Linux => false,
        Os::Darwin => cfg!(target_os = "macos"),
        Os::Windows => {
            let processor = match target.arch {
                Arch::Amd64 => "x86_64",
                Arch::Arm64 => "aarch64",
            };
            let linker = format!("{processor}-w64-mingw32-clang");
            cfg!(windows) && find_program(&linker, path).is_some()
        }
    }
}

impl Method {
    /// Returns the phrase for a person.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Zig => "cargo with zig",
            Self::ZigFromSource => "cargo with zig, standard library from source",
        }
    }

    /// Returns what the compiler is told when it links the program itself.
    pub fn link_arguments(self, target: &Target) -> Vec<OsString> {
        let arguments: &[&str] = match (self, target.os) {
            // The start files and the C library are zig's, not those that a compiler brings.
            (Self::ZigFromSource, Os::Linux) => &["-Clink-self-contained=no"],
            // The linker strips, before it signs; the compiler would need a tool that may be
            // missing. Libraries that nothing is taken from are not named.
            (Self::Zig | Self::ZigFromSource, Os::Darwin) => {
                &["-Cstrip=none", "-Clink-arg=-Wl,-s", "-Clink-arg=-Wl,-dead_strip_dylibs"]
            }
            _ => &[],
        };
        arguments.iter().map(Into::into).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Machine, Method, Toolchain};
    use crate::target::{self, TARGETS};

    fn toolchain(name: &str, has_source: bool, installed: &[&'static str]) -> Toolchain {
        Toolchain {
            rustc: format!("{name}/rustc").into(),
            cargo: format!("{name}/cargo").into(),
            version: "1.96.0".to_owned(),
            sysroot: name.into(),
            has_source,
            installed: installed.to_vec(),
        }
    }

    #[test]
    fn what_is_there_decides() {
        const MAC: &str = "aarch64-apple-darwin";
        const LINUX: &str = "x86_64-unknown-linux-musl";
        let check = |toolchains: &[Toolchain],
                     has_zigbuild: bool,
                     linked: &[&'static str],
                     triple: &str,
                     expected: Result<(Method, &str), &str>| {
            let machine = Machine {
                toolchains: toolchains.to_vec(),
                zigbuild: has_zigbuild.then(|| "tools/cargo-zigbuild".into()),
                linked: linked.to_vec(),
            };
            let target = target::find(triple).expect("a target");
            let found = machine.strategy(target).map_err(|error| error.to_string());
            let found = found.map(|strategy| (strategy.method, strategy.toolchain.sysroot.clone()));
            let found = match &found {
                Ok((method, sysroot)) => Ok((*method, sysroot.to_str().expect("text"))),
                Err(text) => Err(text.lines().last().unwrap_or_default().trim()),
            };
            assert_eq!(found, expected);
        };
        let plain = toolchain("plain", false, &[]);
        let full = toolchain("full", false, &[MAC, LINUX]);
        let source = toolchain("source", true, &[]);
        let both = [plain.clone(), full.clone()];
        check(&both, true, &[MAC], MAC, Ok((Method::Cargo, "full")));
        check(&both, true, &[], MAC, Ok((Method::Zig, "full")));
        check(&both, true, &[MAC], LINUX, Ok((Method::Zig, "full")));
        let both = [plain.clone(), source.clone()];
        check(&both, true, &[], LINUX, Ok((Method::ZigFromSource, "source")));
        let both = [source.clone(), full.clone()];
        check(&both, true, &[], LINUX, Ok((Method::ZigFromSource, "source")));
        check(&[full.clone(), source], true, &[], LINUX, Ok((Method::Zig, "full")));
        check(&[full], false, &[], LINUX, Err("cargo-zigbuild"));
        let missing =
            format!("a compiler with the library of {LINUX} or with the library's source");
        check(&[plain], true, &[], LINUX, Err(&missing));
        check(&[], false, &[], LINUX, Err(&missing));
    }

    #[test]
    fn every_method_says_what_the_linker_needs() {
        let lengths = |method: Method| TARGETS.map(|target| method.link_arguments(&target).len());
        assert_eq!(lengths(Method::Cargo), [0; 6]);
        assert_eq!(lengths(Method::Zig), [0, 0, 3, 3, 0, 0]);
        assert_eq!(lengths(Method::ZigFromSource), [1, 1, 3, 3, 0, 0]);
    }
}
