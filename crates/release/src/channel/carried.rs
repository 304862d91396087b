//! Packages of a language's registry, made around the programs that were released.
//!
//! Program, licence and notices come out of the published archives, the client from the checkout
//! of the tag, and the time is the day of the release: so a package has the same bytes wherever it
//! is made, and they can be compared with what a registry holds.

use crate::carrier::npm::{self, Names};
use crate::carrier::{self, Load, Package};
use crate::channel::desk::Stock;
use crate::error::{Error, Result};
use crate::pack::archive::{self, Member};
use crate::tag::Tag;
use crate::target::{TARGETS, Target};
use crate::template::Rendered;

/// The papers that go along with a program, as they are called in an archive.
const PAPERS: [&str; 2] = ["LICENSE", "THIRD-PARTY-NOTICES.txt"];

/// What the packages of a release are made of.
pub struct Loads<'a> {
    repository: &'a str,
    seconds: u64,
    tag: Tag,
    client: Vec<Member>,
    contents: Vec<Content>,
}

/// What an archive has for a package.
struct Content {
    target: &'static Target,
    binary: Vec<u8>,
    licence: Vec<u8>,
    notices: String,
}

impl<'a> Loads<'a> {
    /// Reads a client's folder, below the root, and the archives.
    ///
    /// # Errors
    ///
    /// A phrase, if a file cannot be had or an archive lacks something.
    pub fn read(stock: &Stock<'a>, folder: &str) -> std::result::Result<Self, Vec<String>> {
        let phrase = |error: Error| vec![error.to_string()];
        let client = carrier::client(&stock.root.join(folder)).map_err(phrase)?;
        let tag = Tag::parse(&stock.release.tag).map_err(phrase)?;
        let contents = TARGETS.iter().map(|target| Content::read(stock, target));
        let contents: std::result::Result<Vec<Content>, String> = contents.collect();
        Ok(Self {
            repository: &stock.release.repository_url,
            seconds: stock.release.seconds(),
            tag,
            client,
            contents: contents.map_err(|problem| vec![problem])?,
        })
    }

    /// Packs for every target, in the order of [`TARGETS`].
    ///
    /// # Errors
    ///
    /// What is wrong with the client's files.
    pub fn pack(
        &self,
        pack: impl Fn(&Load<'_>) -> Result<Package> + Sync,
    ) -> std::result::Result<Vec<Rendered>, Vec<String>> {
        self.pack_several(|load| pack(load).map(|package| vec![package]))
    }

    /// Packs for every target, each any number of times, in the order of [`TARGETS`].
    ///
    /// # Errors
    ///
    /// As [`Loads::pack`].
    pub fn pack_several(
        &self,
        pack: impl Fn(&Load<'_>) -> Result<Vec<Package>> + Sync,
    ) -> std::result::Result<Vec<Rendered>, Vec<String>> {
        let pack = &pack;
        // Nearly all of the time goes into compression, and each package is alone with it.
        let packed: std::result::Result<Vec<_>, _> = std::thread::scope(|scope| {
            let start = |content| scope.spawn(move || rendered(pack(&self.load(content))));
            let packing: Vec<_> = self.contents.iter().map(start).collect();
            let packed = packing.into_iter().map(|one| one.join().expect("packing never panics"));
            packed.collect()
        });
        packed.map(|packed| packed.into_iter().flatten().collect())
    }

    /// Packs once what is the same for all targets.
    ///
    /// # Errors
    ///
    /// As [`Loads::pack`].
    pub fn pack_once(
        &self,
        pack: impl Fn(&Load<'_>) -> Result<Package>,
    ) -> std::result::Result<Rendered, Vec<String>> {
        let packed = rendered(pack(&self.load(&self.contents[0])).map(|package| vec![package]))?;
        Ok(packed.into_iter().next().expect("one package was packed"))
    }

    fn load<'l>(&'l self, content: &'l Content) -> Load<'l> {
        Load {
            tag: &self.tag,
            repository: self.repository,
            seconds: self.seconds,
            target: content.target,
            binary: &content.binary,
            licence: &content.licence,
            notices: &content.notices,
            client: &self.client,
        }
    }
}

impl Content {
    fn read(stock: &Stock<'_>, target: &'static Target) -> std::result::Result<Self, String> {
        let archive = stock.release.archive(target);
        let mut members = archive::unpack(&(stock.bytes)(archive)?, target.os)?;
        let mut take = |path: &str| {
            let place = members.iter().position(|member| member.path == path);
            let place = place.ok_or_else(|| format!("{} has no {path}", archive.name))?;
            Ok::<Vec<u8>, String>(members.swap_remove(place).bytes)
        };
        let [licence, notices] = PAPERS;
        Ok(Self {
            target,
            binary: take(&target.program(&stock.release.name))?,
            licence: take(licence)?,
            notices: String::from_utf8_lossy(&take(notices)?).into_owned(),
        })
    }
}

fn rendered(packages: Result<Vec<Package>>) -> std::result::Result<Vec<Rendered>, Vec<String>> {
    let rendered = |Package { name, bytes }| Rendered { path: name, bytes };
    match packages {
        Ok(packages) => Ok(packages.into_iter().map(rendered).collect()),
        Err(Error::Client { path, problems }) => {
            let phrase = |problem: String| format!("{}: {problem}", path.display());
            Err(problems.into_iter().map(phrase).collect())
        }
        Err(error) => Err(vec![error.to_string()]),
    }
}

/// Packs the client for Node and its platforms' packages, in the order of publishing.
///
/// # Errors
///
/// What is wrong with the client's files.
pub fn npm_packages(
    stock: &Stock<'_>,
    called: &Names,
) -> std::result::Result<Vec<Rendered>, Vec<String>> {
    let loads = Loads::read(stock, npm::FOLDER)?;
    let mut packages = loads.pack(|load| npm::platform(load, called))?;
    packages.push(loads.pack_once(|load| npm::client(load, called))?);
    let (name, version) = (&stock.release.name, &stock.release.version);
    let names = called.all(name);
    let expected = names.iter().map(|name| npm::file_name(name, version));
    if packages.iter().map(|package| package.path.clone()).eq(expected) {
        return Ok(packages);
    }
    Err(vec![format!("{}/package.json has another name than {name}", npm::FOLDER)])
}
