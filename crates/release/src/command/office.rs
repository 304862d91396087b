//! The release that commands about channels work for, and a desk for each channel.
//!
//! What was packed here and what is published have to be the same: the published manifest is
//! fetched and compared. Where nothing is packed, the published files are the release, so that a
//! run on another machine carries the same bytes and never those of a second build.

use std::path::{Path, PathBuf};

use crate::channel::Channel;
use crate::channel::desk::{Desk, Stock};
use crate::command::kept;
use crate::command::project::DIST;
use crate::error::{Error, Result};
use crate::file;
use crate::http::{Request, Token};
use crate::manifest::{self, Manifest};
use crate::pack;
use crate::plan::Plan;
use crate::release::{Published, Release};
use crate::surroundings::Surroundings;
use crate::template::{Rendered, Templates};

/// The folder, below the root, of the templates of the channels.
const TEMPLATES: &str = "packaging";

/// The folder, below [`DIST`], of the files that were rendered for the channels.
const RENDERED: &str = "channels";

/// The folder, below [`DIST`], of records of what packages were made from.
const RECORDS: &str = "made";

/// The folder, below [`DIST`], in which channels work.
const SCRATCH: &str = "work";

/// The folder, below [`DIST`], of published files that were fetched.
const FETCHED: &str = "published";

/// The most bytes of one file of a release.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// A release whose files are known.
pub struct Office<'a> {
    /// The root of the project.
    pub root: &'a Path,
    /// The release.
    pub release: Release,
    /// Whether its manifest is published, and so everything that it lists.
    pub is_published: bool,
    surroundings: Surroundings<'a>,
}

/// What is known of the published manifest.
enum Seen {
    There(Vec<u8>),
    Absent,
    Unknown(String),
}

impl<'a> Office<'a> {
    /// Takes the release of a plan as it is packed here, whatever is published.
    ///
    /// # Errors
    ///
    /// [`Error::Manifest`] if nothing is packed here, or something else than the plan says.
    pub fn packed(root: &'a Path, plan: &Plan, surroundings: Surroundings<'a>) -> Result<Self> {
        let folder = root.join(pack::FOLDER);
        let manifest = Manifest::read(&folder)?;
        let refused =
            |problems| Error::Manifest { path: folder.join(manifest::FILE_NAME), problems };
        let release = Release::new(plan, &manifest).map_err(refused)?;
        Ok(Self { root, release, is_published: false, surroundings })
    }

    /// Finds the release of a plan: packed here, or published.
    ///
    /// # Errors
    ///
    /// [`Error::Manifest`] if both are there and differ, or one is no manifest of this plan;
    /// [`Error::Surroundings`] if neither can be had.
    pub fn open(root: &'a Path, plan: &Plan, surroundings: Surroundings<'a>) -> Result<Self> {
        let url = manifest_url(plan);
        let seen = fetch(surroundings, &url);
        let place = root.join(pack::FOLDER).join(manifest::FILE_NAME);
        let refused = |problems| Error::Manifest { path: place.clone(), problems };
        let parse = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            Manifest::parse(&text).map_err(refused)
        };
        let (manifest, is_published) = match (std::fs::read(&place), seen) {
            (Ok(packed), Seen::There(published)) if packed == published => (parse(&packed)?, true),
            (Ok(_), Seen::There(_)) => {
                let problem = format!(
                    "it is not what was published at {url}; pack the tag again, \
                     or remove {} to use what was published",
                    pack::FOLDER
                );
                return Err(refused(vec![problem]));
            }
            (Err(_), Seen::There(published)) => (parse(&published)?, true),
            (Ok(packed), Seen::Absent | Seen::Unknown(_)) => (parse(&packed)?, false),
            (Err(_), Seen::Absent) => {
                return Err(Error::Surroundings {
                    what: format!("{} is neither packed here nor published", plan.tag),
                    next: "run `cargo ship pack`".to_owned(),
                });
            }
            (Err(_), Seen::Unknown(why)) => {
                return Err(Error::Surroundings {
                    what: format!("nothing is packed here, and {url} cannot be seen: {why}"),
                    next: "try again later".to_owned(),
                });
            }
        };
        let release = Release::new(plan, &manifest).map_err(refused)?;
        Ok(Self { root, release, is_published, surroundings })
    }

    /// Renders the files of a channel, and puts them below `dist/channels`; packages that are there
    /// already, made from the same, are taken from there.
    ///
    /// # Errors
    ///
    /// [`Error::Templates`] with everything that keeps them from being made.
    pub fn render(&self, channel: &dyn Channel) -> Result<Vec<Rendered>> {
        let id = channel.facts().id;
        let Some(client) = channel.client() else { return self.render_anew(channel) };
        let record = self.root.join(DIST).join(RECORDS).join(format!("{id}.json"));
        let made_from = kept::made_from(id, &self.release, &self.root.join(client))?;
        if let Some(files) = kept::find(&record, &self.rendered(id), &made_from) {
            return Ok(files);
        }
        let files = self.render_anew(channel)?;
        kept::note(&record, made_from, &files)?;
        Ok(files)
    }

    fn render_anew(&self, channel: &dyn Channel) -> Result<Vec<Rendered>> {
        let id = channel.facts().id;
        let folder = self.root.join(TEMPLATES).join(id);
        let templates =
            if folder.is_dir() { Templates::read(&folder)? } else { Templates::default() };
        let bytes = |published: &Published| self.bytes(published);
        let stock =
            Stock { release: &self.release, templates: &templates, root: self.root, bytes: &bytes };
        let rendered = channel.render(&stock);
        let rendered = rendered.map_err(|problems| Error::Templates { path: folder, problems })?;
        for file in &rendered {
            file::write_whole(&self.rendered(id).join(&file.path), &file.bytes)?;
        }
        Ok(rendered)
    }

    /// Returns the folder of the files that were rendered for a channel.
    pub fn rendered(&self, id: &str) -> PathBuf {
        self.root.join(DIST).join(RENDERED).join(id)
    }

    /// Returns a desk for a channel with these files.
    pub fn desk<'d>(&'d self, channel: &dyn Channel, files: &'d [Rendered]) -> Desk<'d> {
        let facts = channel.facts();
        Desk {
            id: facts.id,
            surroundings: self.surroundings,
            root: self.root,
            release: &self.release,
            files,
            secret: facts.credential.secret().and_then(|name| self.secret(name)),
            scratch: self.root.join(DIST).join(SCRATCH).join(facts.id),
        }
    }

    /// A secret of the environment; a key has several lines, a token has one.
    fn secret(&self, name: &str) -> Option<Token> {
        let text = self.surroundings.environment.text(name)?;
        if text.trim().contains('\n') { Token::of_lines(text) } else { Token::new(text) }
    }

    /// The bytes of a file of the release, from here or from where it is published.
    fn bytes(&self, published: &Published) -> std::result::Result<Vec<u8>, String> {
        let name = &published.name;
        let fetched = self.root.join(DIST).join(FETCHED).join(name);
        for path in [self.root.join(pack::FOLDER).join(name), fetched.clone()] {
            if let Ok(bytes) = std::fs::read(&path)
                && file::digest_of(&bytes).sha256 == published.sha256
            {
                return Ok(bytes);
            }
        }
        match fetch(self.surroundings, &published.url) {
            Seen::There(bytes) if file::digest_of(&bytes).sha256 == published.sha256 => {
                file::write_whole(&fetched, &bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
            Seen::There(_) => Err(format!("{} is not the file of the manifest", published.url)),
            Seen::Absent => Err(format!("{name} is neither packed here nor published")),
            Seen::Unknown(why) => Err(format!("{}: {why}", published.url)),
        }
    }
}

/// Returns whether a release is published, so that everybody can have its files.
///
/// # Errors
///
/// [`Error::Surroundings`] if that cannot be seen now: it must not be taken for absent.
pub fn is_published(plan: &Plan, surroundings: Surroundings<'_>) -> Result<bool> {
    let url = manifest_url(plan);
    match fetch(surroundings, &url) {
        Seen::There(_) => Ok(true),
        Seen::Absent => Ok(false),
        Seen::Unknown(why) => Err(Error::Surroundings {
            what: format!("{url} cannot be seen: {why}"),
            next: "try again later".to_owned(),
        }),
    }
}

fn manifest_url(plan: &Plan) -> String {
    format!("{}/{}", plan.download_url(), manifest::FILE_NAME)
}

/// What is at an address for everybody.
fn fetch(surroundings: Surroundings<'_>, url: &str) -> Seen {
    match surroundings.transport.send(&Request::get(url, Vec::new(), FILE_BYTES_MAX)) {
        Ok(response) if response.status == 200 => Seen::There(response.body),
        Ok(response) if response.status == 404 => Seen::Absent,
        Ok(response) => Seen::Unknown(format!("status {}", response.status)),
        Err(no_answer) => Seen::Unknown(no_answer.0),
    }
}
