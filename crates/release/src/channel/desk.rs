//! What a channel works with: the release, its bytes, the machine, and one way to download.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use semver::Version;

use crate::build::strategy::TOOLS;
use crate::build::trial::{Runner, Way};
use crate::channel::Unproven;
use crate::environment::find_program;
use crate::error::Error;
use crate::file;
use crate::git::{Access, Refusal, Remote};
use crate::github::address::Address;
use crate::github::client::{Access as HostAccess, Client};
use crate::github::refusal::Origin;
use crate::http::{self, Method, Request, Response, Token};
use crate::pack::archive::{self, Member};
use crate::proof;
use crate::publish::{Obstacle, Sort};
use crate::release::{Published, Release};
use crate::surroundings::Surroundings;
use crate::target::Target;
use crate::template::{Rendered, Templates};

/// The folders, below [`TOOLS`], in which programs are looked for before the search path.
const OWN_PROGRAMS: [&str; 4] =
    ["bin", "channel/python/bin", "channel/python/Scripts", "channel/node/node_modules/.bin"];

/// The most bytes of an archive that is downloaded.
const ARCHIVE_BYTES_MAX: u64 = 512 << 20;

/// The most bytes of an answer that is no file of a release.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// How often a request that only reads is sent again after a fault that may pass.
const RETRIES_MAX: u32 = 4;

/// The first wait after such a fault; doubled each time.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// The longest that a host may ask to be left alone before the run gives up.
const LIMIT_WAIT_MAX: Duration = Duration::from_mins(5);

/// What a channel's files are rendered from.
pub struct Stock<'a> {
    /// The release.
    pub release: &'a Release,
    /// The channel's own folder below `packaging/`.
    pub templates: &'a Templates,
    /// The root of the project.
    pub root: &'a Path,
    /// The files of the release, each already compared with the manifest.
    pub bytes: &'a dyn Fn(&Published) -> Result<Vec<u8>, String>,
}

impl Stock<'_> {
    /// Returns the files in the archive for a target.
    ///
    /// # Errors
    ///
    /// A phrase, if the archive cannot be had.
    pub fn members(&self, target: &Target) -> Result<Vec<Member>, String> {
        archive::unpack(&(self.bytes)(self.release.archive(target))?, target.os)
    }

    /// Returns the program in the archive for a target.
    ///
    /// # Errors
    ///
    /// A phrase, if the archive cannot be had or does not hold the program.
    pub fn program(&self, target: &Target) -> Result<Vec<u8>, String> {
        let archive = self.release.archive(target);
        let bytes = (self.bytes)(archive)?;
        program(archive, &bytes, target, &self.release.name)
    }
}

/// The program in an archive.
fn program(
    archive: &Published,
    bytes: &[u8],
    target: &Target,
    name: &str,
) -> Result<Vec<u8>, String> {
    let wanted = target.program(name);
    let members = archive::unpack(bytes, target.os)?;
    let found = members.into_iter().find(|member| member.path == wanted);
    found.map(|member| member.bytes).ok_or_else(|| format!("{} has no {wanted}", archive.name))
}

/// Where a channel works.
pub struct Desk<'a> {
    /// The channel's id.
    pub id: &'static str,
    /// The machine, the network and time.
    pub surroundings: Surroundings<'a>,
    /// The root of the project.
    pub root: &'a Path,
    /// The release.
    pub release: &'a Release,
    /// The files that the channel is to hold.
    pub files: &'a [Rendered],
    /// The channel's secret, if it is given.
    pub secret: Option<Token>,
    /// A folder of the channel's own, which may be written into and emptied.
    pub scratch: PathBuf,
}

impl Desk<'_> {
    /// Returns an obstacle of a sort, with what to do as lines.
    pub fn obstacle(&self, sort: Sort, what: impl AsRef<str>, advice: &[&str]) -> Obstacle {
        let what = format!("{}: {}", self.id, self.hide(what.as_ref()));
        Obstacle { sort, what, advice: advice.iter().map(|&line| line.to_owned()).collect() }
    }

    /// Returns the obstacle that a person has to remove.
    pub fn refused(&self, what: impl AsRef<str>, advice: &[&str]) -> Obstacle {
        self.obstacle(Sort::Refused, what, advice)
    }

    /// Returns the obstacle that the channel holds something else, which is left as it is.
    pub fn conflict(&self, what: impl AsRef<str>, advice: &[&str]) -> Obstacle {
        self.obstacle(Sort::Conflict, what, advice)
    }

    /// Returns the obstacle that may pass.
    pub fn passing(&self, what: impl AsRef<str>) -> Obstacle {
        self.obstacle(Sort::Passing, what, &["run the same command again; it looks and goes on"])
    }

    /// Returns where the host of the project's repository listens.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if `GITHUB_API_URL` would have a token sent in the clear.
    pub fn host_address(&self) -> Result<Address, Obstacle> {
        let given = self.surroundings.environment.text("GITHUB_API_URL");
        let address = Address::new(&self.release.repository_url, given);
        address.map_err(|what| self.refused(what, &["mend GITHUB_API_URL"]))
    }

    /// Returns the address of a service, without a slash at its end: the usual one, or that which a
    /// variable gives, so that a rehearsal reaches a service of its own.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if the variable would have a secret sent in the clear.
    pub fn place(&self, variable: &str, usual: &str) -> Result<String, Obstacle> {
        let Some(given) = self.surroundings.environment.text(variable) else {
            return Ok(usual.to_owned());
        };
        if http::keeps_secrets(given) {
            return Ok(given.trim_end_matches('/').to_owned());
        }
        let what = format!("{variable} is {given}, where a secret would be sent in the clear");
        Err(self.refused(what, &["give an address that begins with https://, or unset it"]))
    }

    /// Returns a client of that host, with the channel's secret as its token if there is one.
    ///
    /// # Errors
    ///
    /// As [`Desk::host_address`].
    pub fn host_client(&self) -> Result<Client<'_>, Obstacle> {
        let Release { owner, repository, .. } = self.release;
        let access = HostAccess {
            address: self.host_address()?,
            repository: format!("{owner}/{repository}"),
            token: self.secret.clone(),
            origin: Origin::default(),
        };
        Ok(Client::new(self.surroundings, access))
    }

    /// Returns a repository that the secret, a token, lets us write.
    pub fn remote(&self, url: &str) -> Remote {
        let (owner, host) = (&self.release.owner, self.release.host());
        Remote {
            url: url.to_owned(),
            push_url: url.to_owned(),
            first_branch: "main",
            access: self.secret.clone().map_or(Access::Anonymous, Access::Token),
            author: format!("{owner} <{owner}@users.noreply.{host}>"),
        }
    }

    /// Returns the obstacle that git met at a repository.
    pub fn git_obstacle(&self, remote: &Remote, refusal: &Refusal) -> Obstacle {
        let url = &remote.url;
        let what = format!("{url}: {}", refusal.text());
        match refusal {
            Refusal::Absent(_) => {
                let advice = "make the repository first; `cargo ship bootstrap` says how";
                self.refused(what, &[advice])
            }
            Refusal::Credentials(_) => self.refused(
                what,
                &["the secret does not let us write there; make one anew with contents: write"],
            ),
            Refusal::Closed(_) => {
                self.obstacle(Sort::Closed, what, &["wait until it opens, then run it again"])
            }
            Refusal::Passing(_) => self.passing(what),
            Refusal::Fault(_) => self.refused(what, &["look at git on this machine"]),
        }
    }

    /// Sends a request; faults that may pass are tried again if it only reads.
    ///
    /// A limit is waited for as long as the host says, within reason, whatever the request: what
    /// was refused for a limit was not carried out.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if there is no answer. Any status is an answer, but for those of a host that
    /// is overloaded or broken: 429 and from 500 on.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, Obstacle> {
        let clock = self.surroundings.clock;
        let mut retries = 0;
        let mut waited = Duration::ZERO;
        loop {
            let (why, wait) = match self.try_send(request) {
                Ok(response) => return Ok(response),
                Err(fault) => fault,
            };
            let may_repeat = request.method == Method::Get || wait.is_some();
            let wait = wait.unwrap_or(RETRY_WAIT * 2u32.saturating_pow(retries));
            retries += 1;
            waited = waited.saturating_add(wait);
            if !may_repeat || RETRIES_MAX < retries || LIMIT_WAIT_MAX < waited {
                return Err(self.passing(why));
            }
            clock.wait(wait);
        }
    }

    /// Sends a request; what does not answer it at once is left alone.
    ///
    /// # Errors
    ///
    /// As [`Desk::send`].
    pub fn send_once(&self, request: &Request<'_>) -> Result<Response, Obstacle> {
        self.try_send(request).map_err(|(why, _)| self.passing(why))
    }

    /// Why there is no answer, and how long the host asks to be left alone, if it does.
    fn try_send(&self, request: &Request<'_>) -> Result<Response, (String, Option<Duration>)> {
        let label = format!("{} {}", request.method.name(), request.url);
        match self.surroundings.transport.send(request) {
            Ok(response) if response.status != 429 && response.status < 500 => Ok(response),
            Ok(response) => {
                let asked = response.header("retry-after").and_then(|t| t.trim().parse().ok());
                Err((format!("{label}: {}", response.status), asked.map(Duration::from_secs)))
            }
            Err(no_answer) => Err((format!("{label}: {}", no_answer.0), None)),
        }
    }

    /// Returns what is at an address for everybody, or nothing if it is absent.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if that cannot be known.
    pub fn get(&self, url: &str, accept: &str) -> Result<Option<Vec<u8>>, Obstacle> {
        let request = Request::get(url, vec![("accept", accept)], ANSWER_BYTES_MAX);
        self.found(self.send(&request)?, url)
    }

    /// Downloads a file that may be as large as an archive, or nothing if it is absent.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it cannot be had.
    pub fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, Obstacle> {
        let request = Request::get(url, Vec::new(), ARCHIVE_BYTES_MAX);
        self.found(self.send(&request)?, url)
    }

    /// Downloads a file of the release and compares it with the manifest.
    ///
    /// # Errors
    ///
    /// [`Unproven`] if it cannot be had or is another file.
    pub fn download(&self, published: &Published) -> Result<Vec<u8>, Unproven> {
        let bytes = self.fetch(&published.url)?;
        let Some(bytes) = bytes else {
            return Err(Unproven::Wrong(format!("{} is not there", published.url)));
        };
        let found = file::digest_of(&bytes);
        if found.sha256 == published.sha256 {
            return Ok(bytes);
        }
        let (url, expected) = (&published.url, &published.sha256);
        Err(Unproven::Wrong(format!("{url} has SHA-256 {}, not {expected}", found.sha256)))
    }

    fn found(&self, response: Response, url: &str) -> Result<Option<Vec<u8>>, Obstacle> {
        match response.status {
            200..=299 => Ok(Some(response.body)),
            404 | 410 => Ok(None),
            status => Err(self.refused(format!("GET {url}: {status}"), &[])),
        }
    }

    /// Downloads the archives of targets, compares them, and runs the program of each that this
    /// machine can run; one has to run.
    ///
    /// # Errors
    ///
    /// [`Unproven`], with the first thing that is wrong.
    pub fn prove_archives(&self, targets: &[&'static Target]) -> Result<String, Unproven> {
        let (mut proofs, mut compared) = (Vec::new(), 0);
        for target in targets {
            let archive = self.release.archive(target);
            let bytes = self.download(archive)?;
            let name = &self.release.name;
            let program = program(archive, &bytes, target, name).map_err(Unproven::Wrong)?;
            compared += 1;
            let path = self.scratch.join(target.platform()).join(target.program(name));
            let io = |error: Error| Unproven::NotHere(error.to_string());
            file::write_program(&path, &program).map_err(io)?;
            proofs.extend(self.prove_program(target, &path)?);
        }
        if proofs.is_empty() {
            let what = format!("{compared} downloads are right, and nothing here can run one");
            return Err(Unproven::NotHere(what));
        }
        Ok(format!("{}; {compared} downloads compared", proofs.join("; ")))
    }

    /// Runs a program that was got back, and returns what it proved; nothing if this machine cannot
    /// run it.
    ///
    /// # Errors
    ///
    /// [`Unproven::Wrong`] if it does not do what it has to.
    pub fn prove_program(&self, target: &Target, path: &Path) -> Result<Option<String>, Unproven> {
        let wine = self.root.join(TOOLS).join("wine");
        let runner = Runner::find(target, self.surroundings.environment, &wine);
        if runner.way() == Way::File {
            return Ok(None);
        }
        let about = (self.release.name.as_str(), self.release.version.as_str());
        let scratch = self.scratch.join(target.platform());
        let proof = proof::prove_binary(&runner, path, about, &scratch);
        match proof {
            Ok(proof) => Ok(Some(format!("{} {proof}", target.platform()))),
            Err(fault) => Err(Unproven::Wrong(format!("{}: {fault}", target.platform()))),
        }
    }

    /// Returns a program of this machine, ready to be told what to do: in the channel's own folder,
    /// with the process's own variables but for the secrets.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it is not there; `advice` says how it is got.
    pub fn client(&self, name: &str, advice: &str) -> Result<Command, Obstacle> {
        let environment = self.surroundings.environment;
        let tools = self.root.join(TOOLS);
        let own = OWN_PROGRAMS.map(|folder| tools.join(folder));
        let folders = [&own[..], &environment.search_path()].concat();
        let found = find_program(name, &folders);
        let found = found.ok_or_else(|| self.refused(format!("{name} is not here"), &[advice]))?;
        let io = |error: Error| self.refused(error.to_string(), &[]);
        let folder = &self.scratch;
        std::fs::create_dir_all(folder).map_err(|error| io(Error::at(folder)(error)))?;
        let mut command = Command::new(found);
        command.env_clear().envs(environment.variables()).current_dir(folder);
        Ok(command)
    }

    /// Returns those of these variables that are set, for a program that has to be told.
    pub fn set<'n>(&self, names: &[&'n str]) -> Vec<(&'n str, &str)> {
        let environment = self.surroundings.environment;
        names.iter().filter_map(|&name| Some((name, environment.text(name)?))).collect()
    }

    /// Refuses to go on if a channel with one current version has a newer one than ours: it must
    /// not be sent back by a late run.
    ///
    /// # Errors
    ///
    /// [`Obstacle`], a conflict, if `current` is newer.
    pub fn refuse_newer(&self, place: &str, current: Option<&str>) -> Result<(), Obstacle> {
        let Some(current) = current.filter(|current| self.is_newer(current)) else {
            return Ok(());
        };
        let what = format!("{place} holds {current}, which is newer");
        let advice = "to go back on purpose: cargo ship rollback";
        Err(self.obstacle(Sort::Conflict, what, &[advice]))
    }

    /// Returns whether a version is newer than ours; one that is none is not.
    pub fn is_newer(&self, version: &str) -> bool {
        let [theirs, ours] = [version, &self.release.version].map(Version::parse);
        theirs.is_ok_and(|theirs| ours.is_ok_and(|ours| ours < theirs))
    }

    fn hide(&self, text: &str) -> String {
        self.secret.as_ref().map_or_else(|| text.to_owned(), |secret| secret.hide_in(text))
    }
}
