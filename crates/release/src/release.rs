//! A release as the channels see it: what was planned and what was packed, in one value.
//!
//! Everything that a channel says about a release comes from here: names and addresses from the
//! plan, sizes and digests from the manifest, which was written from the bytes that are
//! published. So a checksum is never typed, and a file has one address in all channels.

use crate::artifact::Kind;
use crate::clock;
use crate::manifest::Manifest;
use crate::plan::Plan;
use crate::target::{Arch, Os, TARGETS, Target};
use crate::template::Marks;

/// A release whose files are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The package's name.
    pub name: String,
    /// The version, without `v`.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// Whether the version precedes a release.
    pub is_prerelease: bool,
    /// The day, as `YYYY-MM-DD`.
    pub date: String,
    /// What it is, in one line.
    pub summary: String,
    /// The person or organisation that owns the repository.
    pub owner: String,
    /// The repository's own name.
    pub repository: String,
    /// The repository's address, without a slash at its end.
    pub repository_url: String,
    /// The folder from which the files are downloaded, without a slash at its end.
    pub download_url: String,
    /// The commit that was built.
    pub commit: String,
    /// Every file of the release, sorted by name.
    pub files: Vec<Published>,
}

/// A file of a release, as everybody finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The platform it is for, if it is for one.
    pub target: Option<&'static Target>,
    /// Where it is downloaded from.
    pub url: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, as 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Release {
    /// Puts together what was planned and what was packed.
    ///
    /// # Errors
    ///
    /// Every file of the plan that was not packed, and what else differs, as phrases.
    pub fn new(plan: &Plan, manifest: &Manifest) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let pairs = [
            ("name", &manifest.name, &plan.name),
            ("version", &manifest.version, &plan.version),
            ("tag", &manifest.tag, &plan.tag),
        ];
        for (key, packed, planned) in pairs {
            if packed != planned {
                let what = format!("{key} is {packed}, and {planned} is to be released");
                problems.push(format!("{what}; pack again"));
            }
        }
        let has = |name: &str| manifest.artifacts.iter().any(|entry| entry.name == name);
        let files = plan.artifacts.iter().filter(|artifact| artifact.kind != Kind::Manifest);
        let missing = files.filter(|artifact| !has(&artifact.name));
        problems.extend(missing.map(|artifact| format!("{} was not packed", artifact.name)));
        if !problems.is_empty() {
            return Err(problems);
        }
        let folder = plan.download_url();
        let files = manifest.artifacts.iter().map(|entry| Published {
            name: entry.name.clone(),
            kind: entry.kind,
            target: target(entry.os, entry.arch),
            url: format!("{folder}/{}", entry.name),
            size: entry.size,
            sha256: entry.sha256.clone(),
        });
        Ok(Self {
            name: plan.name.clone(),
            version: plan.version.clone(),
            tag: plan.tag.clone(),
            is_prerelease: plan.is_prerelease,
            date: plan.date.clone(),
            summary: plan.summary.clone(),
            owner: plan.owner.clone(),
            repository: plan.repository.clone(),
            repository_url: plan.repository_url.clone(),
            download_url: folder.to_owned(),
            commit: manifest.commit.clone(),
            files: files.collect(),
        })
    }

    /// Returns the archive for a target.
    ///
    /// # Panics
    ///
    /// If the target is none of [`TARGETS`]: there is an archive for each of them.
    pub fn archive(&self, target: &Target) -> &Published {
        let is_it = |file: &&Published| file.kind == Kind::Archive && file.target == Some(target);
        self.files.iter().find(is_it).expect("a release has an archive for every target")
    }

    /// Returns the beginning of its day, UTC, in seconds since 1970: the time in what is packed for
    /// a channel, which has to be the same wherever and whenever it is packed.
    pub fn seconds(&self) -> u64 {
        clock::start_of_day(&self.date).expect("a plan has a date of the calendar")
    }

    /// Returns the name of the host that the repository lives on.
    pub fn host(&self) -> &str {
        self.repository_url.split('/').nth(2).unwrap_or_default()
    }

    /// Returns the address of another repository of the same owner.
    pub fn sibling_url(&self, repository: &str) -> String {
        format!("https://{}/{}/{repository}", self.host(), self.owner)
    }

    /// Returns the marks for a template: some of [`Release::values`] by name, and for each of the
    /// targets what is named `url`, `file`, `sha256` or `SHA256`.
    ///
    /// # Panics
    ///
    /// If there is no such value: names are written in this crate.
    pub fn marks(&self, names: &[&str], whats: &[&str], targets: &[&Target]) -> Marks {
        let mut archives = Vec::new();
        for what in whats {
            archives.extend(targets.iter().map(|t| format!("{what}-{}", t.platform())));
        }
        let names = names.iter().copied().chain(archives.iter().map(String::as_str));
        Marks::of(&self.values(), &names.collect::<Vec<_>>())
    }

    /// Returns what a template may say about the release, by name.
    ///
    /// Of an archive these are `url-PLATFORM`, `file-PLATFORM` and `sha256-PLATFORM`; upper-case
    /// digits are `SHA256-PLATFORM` in formats that want them.
    pub fn values(&self) -> Vec<(String, String)> {
        let plain = [
            ("name", &self.name),
            ("version", &self.version),
            ("tag", &self.tag),
            ("date", &self.date),
            ("summary", &self.summary),
            ("owner", &self.owner),
            ("repository", &self.repository),
            ("repository-url", &self.repository_url),
            ("download-url", &self.download_url),
            ("commit", &self.commit),
        ];
        let mut values: Vec<(String, String)> =
            plain.map(|(name, value)| (name.to_owned(), value.clone())).into();
        let class = self.name.split('-').map(capitalised).collect();
        values.push(("class".to_owned(), class));
        for target in &TARGETS {
            let (archive, platform) = (self.archive(target), target.platform());
            values.push((format!("url-{platform}"), archive.url.clone()));
            values.push((format!("file-{platform}"), archive.name.clone()));
            values.push((format!("sha256-{platform}"), archive.sha256.clone()));
            values.push((format!("SHA256-{platform}"), archive.sha256.to_ascii_uppercase()));
        }
        values
    }
}

fn target(os: Option<Os>, arch: Option<Arch>) -> Option<&'static Target> {
    TARGETS.iter().find(|target| Some(target.os) == os && Some(target.arch) == arch)
}

/// A word with its first letter in upper case.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
