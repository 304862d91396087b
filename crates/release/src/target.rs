//! The six platforms that are built, in the order in which they are listed everywhere.
//!
//! Our names are those of the archives (`linux-amd64`); a triple is what the compiler is asked
//! for. One platform has one triple, whoever builds it, so that the machine that builds is not
//! visible in what is built: static musl on Linux, so that one binary runs on every
//! distribution, and the LLVM flavour of the GNU toolchain on Windows, which any host can link.

use serde::{Deserialize, Serialize};

/// An operating system, as archive names spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux, whatever the distribution.
    Linux,
    /// macOS.
    Darwin,
    /// Windows.
    Windows,
}

impl Os {
    /// Returns the name used in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Darwin => "darwin",
            Self::Windows => "windows",
        }
    }

    /// Returns the extension of an archive for this system, with its dot.
    pub fn archive_extension(self) -> &'static str {
        match self {
            Self::Linux | Self::Darwin => ".tar.gz",
            Self::Windows => ".zip",
        }
    }
}

/// A processor architecture, as archive names spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Arch {
    /// Returns the name used in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// A platform that a release is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The operating system.
    pub os: Os,
    /// The architecture.
    pub arch: Arch,
    /// What the compiler calls it.
    pub triple: &'static str,
}

impl Target {
    /// Returns the name that people know the platform by, such as `linux-amd64`.
    pub fn platform(&self) -> String {
        format!("{}-{}", self.os.name(), self.arch.name())
    }

    /// Returns the file name of a program on this platform.
    pub fn program(&self, name: &str) -> String {
        format!("{name}{}", if self.os == Os::Windows { ".exe" } else { "" })
    }
}

/// The oldest macOS that the binary starts on: the first that runs on both architectures.
pub const MACOS_VERSION_MIN: (u8, u8) = (11, 0);

/// Returns the target with this platform name or triple.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.triple == name || target.platform() == name)
}

/// Every target of a release, in order.
pub const TARGETS: [Target; 6] = [
    Target { os: Os::Linux, arch: Arch::Amd64, triple: "x86_64-unknown-linux-musl" },
    Target { os: Os::Linux, arch: Arch::Arm64, triple: "aarch64-unknown-linux-musl" },
    Target { os: Os::Darwin, arch: Arch::Amd64, triple: "x86_64-apple-darwin" },
    Target { os: Os::Darwin, arch: Arch::Arm64, triple: "aarch64-apple-darwin" },
    Target { os: Os::Windows, arch: Arch::Amd64, triple: "x86_64-pc-windows-gnullvm" },
    Target { os: Os::Windows, arch: Arch::Arm64, triple: "aarch64-pc-windows-gnullvm" },
];
