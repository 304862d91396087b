//! The files of a GitHub release: their names, and where they are downloaded from.
//!
//! Six archives, one for each target; for Linux also a deb and an rpm package; two scripts that
//! install an archive; and the files about them: the notices, the bill of materials (`CycloneDX`),
//! the SHA-256 checksums in the form of `sha256sum` and the manifest that names them all.
//! Every other channel points at these files or carries what is in them, so a name that is
//! computed here is computed nowhere else.

use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;
use crate::target::{Arch, Os, TARGETS, Target};

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The packed binary and its papers for one target.
    Archive,
    /// The package for Debian and what descends from it.
    Deb,
    /// The package for Fedora, openSUSE and others.
    Rpm,
    /// A script that installs an archive.
    Installer,
    /// The licences of what is in the binary.
    Notices,
    /// The SHA-256 of every file that is installed from.
    Checksums,
    /// A signature of the checksums.
    Signature,
    /// The software bill of materials.
    Sbom,
    /// The list of all artifacts with size, digest and origin.
    Manifest,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The file name, which is also the name of the release asset.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The operating system of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Os>,
    /// The architecture of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// The address from which the published file is downloaded.
    pub url: String,
}

/// Returns every artifact of one version: the archives in the order of [`TARGETS`], then the rest.
///
/// `archive` is the pattern of an archive's name without its extension, `folder` the address
/// below which the files are published.
pub fn artifacts(name: &str, version: &str, archive: &Pattern, folder: &str) -> Vec<Artifact> {
    let artifact = |file: String, kind, target: Option<&Target>| {
        let url = format!("{folder}/{file}");
        let (os, arch) = (target.map(|target| target.os), target.map(|target| target.arch));
        Artifact { name: file, kind, os, arch, url }
    };
    let stem = |target: &Target| archive.fill(version, target);
    let archives = TARGETS.iter().map(|target| {
        let file = stem(target) + target.os.archive_extension();
        artifact(file, Kind::Archive, Some(target))
    });
    let packages =
        [(Kind::Deb, ".deb"), (Kind::Rpm, ".rpm")].into_iter().flat_map(|(kind, end)| {
            let linux = TARGETS.iter().filter(|target| target.os == Os::Linux);
            linux.map(move |target| artifact(stem(target) + end, kind, Some(target)))
        });
    let about = [
        ("install.sh".to_owned(), Kind::Installer),
        ("install.ps1".to_owned(), Kind::Installer),
        (format!("{name}-{version}-notices.txt"), Kind::Notices),
        (format!("{name}-{version}-sbom.cdx.json"), Kind::Sbom),
        (format!("{name}-{version}-checksums.txt"), Kind::Checksums),
        ("release-manifest.json".to_owned(), Kind::Manifest),
    ];
    let about = about.map(|(file, kind)| artifact(file, kind, None));
    archives.chain(packages).chain(about).collect()
}
