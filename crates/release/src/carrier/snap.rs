//! A snap: a folder that is packed as it is, with what snapd has to know in `meta/snap.yaml`.
//!
//! ```text
//! meta/snap.yaml              name, version, confinement, commands
//! bin/contextlite             the binary
//! LICENSE, THIRD-PARTY-NOTICES.txt
//! ```
//!
//! `snap pack` packs it, snapd's own tool: it reads `snap.yaml` as snapd will, and calls
//! `mksquashfs` as the store wants it. The store unpacks a snap and packs it again with the options
//! that it knows, and refuses one that does not come out the same; so a writer of our own, though
//! it would need no tool, would have to copy that program to the bit. With the day of the release
//! as `SOURCE_DATE_EPOCH` two runs of one version of the tools give the same bytes. Another version
//! may compress otherwise, so what a store holds is compared file by file ([`unpacked`]).
//!
//! # Source
//!
//! <https://documentation.ubuntu.com/snapcraft/stable/reference/>; `check_squashfs_resquash` of the
//! store's review tools.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::carrier;
use crate::error::{Error, Result};
use crate::file;
use crate::pack::archive::Member;
use crate::process;
use crate::template::Rendered;

/// The folder of what is packed, with a folder for each processor.
pub const PRIME: &str = "prime";

/// How long packing and unpacking may take; xz is slow.
const LIMIT: Duration = Duration::from_mins(10);

/// The files of the snap for a processor, sorted by path, out of all that were rendered.
pub fn members(files: &[Rendered], processor: &str) -> Vec<Member> {
    let prefix = format!("{PRIME}/{processor}/");
    let ours = files.iter().filter_map(|file| Some((file.path.strip_prefix(&prefix)?, file)));
    let mut members: Vec<Member> = ours
        .map(|(path, file)| Member {
            path: path.to_owned(),
            bytes: file.bytes.clone(),
            is_program: path.starts_with("bin/"),
        })
        .collect();
    members.sort_by(|a, b| a.path.cmp(&b.path));
    members
}

/// Packs files as `name` in the folder where `snap` is started; `seconds` is the time in it.
///
/// # Errors
///
/// [`Error::Io`] if they cannot be written, [`Error::Program`] if `snap` refuses them.
pub fn pack(mut snap: Command, members: &[Member], name: &str, seconds: u64) -> Result<()> {
    let folder = snap.get_current_dir().unwrap_or(".".as_ref()).to_owned();
    let prime = folder.join(PRIME);
    empty(&prime)?;
    for member in members {
        let path = prime.join(&member.path);
        if member.is_program {
            file::write_program(&path, &member.bytes)?;
        } else {
            file::write_whole(&path, &member.bytes)?;
        }
    }
    snap.args(["pack", PRIME, ".", &format!("--filename={name}")]);
    snap.env("SOURCE_DATE_EPOCH", seconds.to_string());
    process::read(&mut snap, LIMIT).map(|_| ())
}

/// Unpacks a snap into `folder`, below the one where `unsquashfs` is started, and returns its
/// files, sorted by path.
///
/// # Errors
///
/// [`Error::Io`] if it cannot be written or read, [`Error::Program`] if it is no snap.
pub fn unpacked(mut unsquashfs: Command, bytes: &[u8], folder: &str) -> Result<Vec<Member>> {
    let place = unsquashfs.get_current_dir().unwrap_or(".".as_ref()).to_owned();
    let name = format!("{folder}.snap");
    file::write_whole(&place.join(&name), bytes)?;
    empty(&place.join(folder))?;
    process::read(unsquashfs.args(["-no-progress", "-d", folder, &name]), LIMIT)?;
    carrier::client(&place.join(folder))
}

/// Removes a folder with all that is in it.
fn empty(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at(folder)(error)),
        _ => Ok(()),
    }
}
