//! What can stop a release before it begins, said so that a maintainer knows the next step.
//!
//! A release is refused as a whole: faults of one sort are collected and reported together, so
//! that one run of `cargo ship plan` shows everything that is to be mended and a second run
//! succeeds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The result of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A place in the tree that does not say the version that is being released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file and the key or heading in it.
    pub place: String,
    /// The version that stands there, or why none could be read.
    pub says: String,
}

/// A reason to refuse; messages are lower case, name the thing and say what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tag is not one that may be released.
    #[error("tag `{tag}` cannot be released: {reason}")]
    Tag {
        /// The tag as it was given, or as it was made from the workspace version.
        tag: String,
        /// Which rule it breaks, and a tag that would do where one is near.
        reason: String,
    },
    /// `release.toml` is not acceptable; every problem in it is listed.
    #[error("{}", with_list(&format!("{} has to be mended:", path.display()), problems))]
    Config {
        /// The file.
        path: PathBuf,
        /// Each problem, with the line where it is known.
        problems: Vec<String>,
    },
    /// The tree does not say one version; every place that differs is listed.
    #[error("{}", disagreement(version, differences))]
    Disagreement {
        /// The version that is being released.
        version: String,
        /// Each place that says something else, in the order of reading.
        differences: Vec<Difference>,
    },
    /// No tag was given and the workspace has no version to make one from.
    #[error("{place}: {reason}; without it there is no default tag, so mend it or give --tag")]
    NoVersion {
        /// The file and the key in it.
        place: String,
        /// Why no version could be read.
        reason: String,
    },
    /// Neither the folder nor any above it holds `release.toml`.
    #[error("no release.toml in {} or above; run this inside the repository", directory.display())]
    NoProject {
        /// Where the search began.
        directory: PathBuf,
    },
    /// A manifest cannot be read, or does not describe its folder; every problem is listed.
    #[error("{}", with_list(&format!("{} does not hold:", path.display()), problems))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Each problem, or each file that differs.
        problems: Vec<String>,
    },
    /// A client's files cannot become a package; every problem is listed.
    #[error("{}", with_list(&format!("{} cannot become a package:", path.display()), problems))]
    Client {
        /// The client's folder, or the file in it that is wrong.
        path: PathBuf,
        /// Each problem.
        problems: Vec<String>,
    },
    /// The templates of a channel do not make its files; every problem is listed.
    #[error("{}", with_list(&format!("{} cannot be filled in:", path.display()), problems))]
    Templates {
        /// The folder of the templates.
        path: PathBuf,
        /// Each problem.
        problems: Vec<String>,
    },
    /// A command needs something of its surroundings that is not there.
    #[error("{what}; {next}")]
    Surroundings {
        /// What is missing or wrong, by its name.
        what: String,
        /// What to do.
        next: String,
    },
    /// A channel was asked for that does not exist or cannot be published to.
    #[error("{reason}")]
    Channel {
        /// Why, with what is possible instead.
        reason: String,
    },
    /// Another program could not be started or did not succeed.
    #[error("{program}{} failed: {why}", first.as_ref().map_or(String::new(), |f| format!(" {f}")))]
    Program {
        /// The program, as it was started.
        program: String,
        /// Its first argument.
        first: Option<String>,
        /// What it said last, or what the operating system said.
        why: String,
    },
    /// Nothing on this machine can build for a platform.
    #[error(
        "{}",
        with_list(
            &format!(
                "{platform} cannot be built here; run scripts/release/setup-cross, or install:"
            ),
            missing
        )
    )]
    NoStrategy {
        /// The platform's name.
        platform: String,
        /// What was looked for and not found.
        missing: Vec<String>,
    },
    /// A binary was built and is not what the plan says.
    #[error(
        "{}",
        with_list(&format!("the binary for {platform} is not fit to be released:"), faults)
    )]
    Binary {
        /// The platform's name.
        platform: String,
        /// Everything that is wrong with it.
        faults: Vec<String>,
    },
    /// The binaries do not make one release; everything that keeps them from it is listed.
    #[error(
        "{}",
        with_list(
            &format!(
                "version {version} of commit {commit} cannot be packed; run `cargo ship build`:"
            ),
            faults
        )
    )]
    Unfit {
        /// The version that is being released.
        version: String,
        /// The commit of the tree.
        commit: String,
        /// Each binary with what is wrong.
        faults: Vec<String>,
    },
    /// Files differ from the commit or are not in it.
    #[error(
        "the tree is not that of a commit ({commit}); `git status` says where, commit or remove \
         it, or try with --allow-dirty"
    )]
    Dirty {
        /// The commit, with `-dirty` behind it.
        commit: String,
    },
    /// A program that is needed is not installed.
    #[error("{tool} is missing; install it, or run `scripts/release/setup-cross {part}`")]
    NoTool {
        /// The program.
        tool: &'static str,
        /// The part of the setup script that installs it.
        part: &'static str,
    },
    /// The key that signs cannot be used.
    #[error("{variables} cannot sign: {why}; mend the key, or unset it to release unsigned")]
    Key {
        /// The variables that hold key and password.
        variables: String,
        /// Why, without any part of either.
        why: String,
    },
    /// A script has a mark that is not known.
    #[error("{}: nobody fills `{mark}`; see crates/release/src/pack/installer.rs", path.display())]
    Mark {
        /// The script.
        path: PathBuf,
        /// The mark.
        mark: String,
    },
    /// The notices cannot be written; every package that keeps them from it is listed.
    #[error("{}", with_list("the licences of what is linked are not all accounted for:", faults))]
    Notices {
        /// Each package with what is missing.
        faults: Vec<String>,
    },
    /// A name is given that is none of the platforms.
    #[error("{reason}")]
    Platform {
        /// The refusal, with the nearest platform.
        reason: String,
    },
    /// The time of the source is one that archives cannot carry.
    #[error(
        "the source is of second `{seconds}`, which is no time from 1980 to 2107; \
         set SOURCE_DATE_EPOCH to the seconds since 1970"
    )]
    Epoch {
        /// The time as it was read.
        seconds: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// Returns a function that wraps an operating system's answer about `path`.
    pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

fn disagreement(version: &str, differences: &[Difference]) -> String {
    let width = differences.iter().map(|d| d.place.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> =
        differences.iter().map(|d| format!("{:width$}  {}", d.place, d.says)).collect();
    let title = format!(
        "version {version} is to be released, but not every place says so; \
         make these say {version} or give another --tag:"
    );
    with_list(&title, &lines)
}

fn with_list(title: &str, lines: &[String]) -> String {
    lines.iter().fold(title.to_owned(), |mut text, line| {
        let _ = write!(text, "\n  {line}");
        text
    })
}
