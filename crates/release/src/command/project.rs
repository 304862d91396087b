//! The project that a command is about: its root, its configuration, its plan.

use std::path::{Path, PathBuf};

use crate::channel;
use crate::config::{self, Config};
use crate::error::{Error, Result};
use crate::plan::{self, Plan};
use crate::tag::Tag;
use crate::version::Stated;

/// The folder, below the root, that receives what is made for a release.
pub const DIST: &str = "dist";

/// Returns the folder that holds `release.toml`: this one or one above it.
///
/// # Errors
///
/// [`Error::NoProject`] if there is none.
pub fn find_root(directory: &Path) -> Result<PathBuf> {
    let root = directory.ancestors().find(|folder| folder.join(config::FILE_NAME).is_file());
    root.map(Path::to_owned).ok_or_else(|| Error::NoProject { directory: directory.to_owned() })
}

/// Reads `release.toml` below `root`.
///
/// # Errors
///
/// Every problem in it.
pub fn read_config(root: &Path) -> Result<Config> {
    Config::read(root, &channel::facts())
}

/// Reads the tree below `root` and makes its plan; an empty tag is none, as a workflow's input is.
///
/// # Errors
///
/// Whatever makes the release impossible.
pub fn read_plan(root: &Path, tag: Option<&str>) -> Result<Plan> {
    let tag = tag.filter(|tag| !tag.is_empty()).map(Tag::parse).transpose()?;
    let config = read_config(root)?;
    let stated = Stated::read(root, &config.name)?;
    let tag = tag.map_or_else(|| stated.default_tag(), Ok)?;
    let entry = stated.agree(&tag)?;
    Ok(plan::make(&config, &tag, &entry.date, &channel::facts()))
}
