//! A world without any credential: every service that a release speaks to, on this machine.
//!
//! [`World`] is what all services know together. In the process it is reached through an
//! [`Exchange`], which carries requests and stands in for the ordinary clients, counts both as
//! *moments* from 0, and disturbs one of them: so a run can be killed before or after everything
//! that leaves it, whatever carries it. Over HTTP the whole world is behind one socket, each
//! service below a folder of its own.
//!
//! A service joins with a field, a line in [`World::hosts`], one in `service`, and what its
//! clients are told in [`World::variables`]. A client that is a program joins [`PROGRAMS`].
//!
//! The secrets are invented, and nothing outside of this world knows them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::process::Command;
use std::rc::Rc;

use crate::http::{NoAnswer, Request, Response, Transport};
use crate::process::{Finished, StandIn};
use crate::rehearse::chocolatey::{self, Chocolatey};
use crate::rehearse::direct::{self, Killed, When};
use crate::rehearse::github::{GitHub, TOKEN};
use crate::rehearse::marketplace::{self, Marketplace};
use crate::rehearse::npm::{self, Kind, Registry};
use crate::rehearse::pypi::{self, Index};
use crate::rehearse::repositories::{self, Repositories, Repository};
use crate::rehearse::snap::{self, Store};
use crate::rehearse::{Answer, Answering, Ask, Delivery, Fault, Host, Service, tree};

/// Who owns the project, and the repositories of channels.
pub const OWNER: &str = "Michael-A-Kuykendall";

/// What a private key looks like; it is none.
const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb25seSBmb3IgYSByZWhlYXJzYWw=\n\
     -----END OPENSSH PRIVATE KEY-----";

/// The channels that are a repository: channel, its address, the variable of its secret.
pub const REPOSITORIES: [(&str, &str, &str); 4] = [
    ("homebrew", "github.com/Michael-A-Kuykendall/homebrew-tap", "HOMEBREW_GITHUB_API_TOKEN"),
    ("scoop", "github.com/Michael-A-Kuykendall/scoop-bucket", "SCOOP_GITHUB_TOKEN"),
    ("aur", "aur.archlinux.org/contextlite-bin", "AUR_SSH_PRIVATE_KEY"),
    ("nix", "github.com/Michael-A-Kuykendall/nix-packages", "NIXPKGS_GITHUB_TOKEN"),
];

/// What stands in for a program: its name, and how a call of it ends.
type Program = (&'static str, fn(&Command, &Exchange) -> Finished);

/// The programs that something stands in for.
pub const PROGRAMS: [Program; 7] = [
    ("git", |command, exchange| {
        repositories::run(command, &|ask| exchange.ask(ask, |world| &mut world.git))
    }),
    ("npm", |command, exchange| npm::run(command, &|url, ask| exchange.reach(url, ask))),
    ("uv", |command, exchange| pypi::run(command, &|url, ask| exchange.reach(url, ask))),
    ("snap", |command, _| snap::pack(command)),
    ("unsquashfs", |command, _| snap::unpack(command)),
    ("snapcraft", |command, exchange| snap::run(command, &|url, ask| exchange.reach(url, ask))),
    ("vsce", |command, exchange| marketplace::run(command, &|url, ask| exchange.reach(url, ask))),
];

/// The owner as scopes of packages spell it.
const SCOPE: &str = "michael-a-kuykendall";

/// All services.
#[derive(Debug, Clone)]
pub struct World {
    /// The host of the project, and of the repository that takes proposals for Winget.
    pub github: Service<GitHub>,
    /// The repositories of channels.
    pub git: Service<Repositories>,
    /// The gallery of packages for Windows.
    pub chocolatey: Service<Chocolatey>,
    /// npm's registry.
    pub npm: Service<Registry>,
    /// GitHub's registry for packages of npm.
    pub github_packages: Service<Registry>,
    /// The index of Python packages.
    pub pypi: Service<Index>,
    /// The store of snaps.
    pub snap: Service<Store>,
    /// The marketplace of VS Code.
    pub vscode: Service<Marketplace>,
}

impl Default for World {
    /// A world in which everything was prepared as `cargo ship bootstrap` says, and nothing is
    /// published.
    fn default() -> Self {
        let mut github = GitHub::default();
        github.forge.fork = Some("Michael-A-Kuykendall/winget-pkgs");
        let repository = |(channel, place, _): (&'static str, &str, &str)| {
            let secret = if channel == "aur" { KEY.to_owned() } else { secret_of(channel) };
            let commits = Vec::new();
            (place.to_owned(), Repository { channel, secret, commits })
        };
        let all = REPOSITORIES.map(repository).into();
        let npm = Registry::new(Kind::Public, "http://127.0.0.1:2", npm::TOKEN);
        let github_packages = Registry::new(Kind::Of(SCOPE), "http://127.0.0.1:3", TOKEN);
        Self {
            github: Service::new(github),
            git: Service::new(Repositories { all }),
            chocolatey: Service::default(),
            npm: Service::new(npm),
            github_packages: Service::new(github_packages),
            pypi: Service::new(Index::default()),
            snap: Service::default(),
            vscode: Service::default(),
        }
    }
}

fn secret_of(channel: &str) -> String {
    format!("rehearsal_{channel}_secret")
}

impl World {
    /// Returns every service as what it knows.
    fn hosts(&self) -> Vec<&dyn Host> {
        vec![
            &self.github.host,
            &self.git.host,
            &self.chocolatey.host,
            &self.npm.host,
            &self.github_packages.host,
            &self.pypi.host,
            &self.snap.host,
            &self.vscode.host,
        ]
    }

    /// Returns every service that is spoken to over HTTP, with the folder it is below.
    fn services(&mut self) -> Vec<(&'static str, &mut Service<dyn Host>)> {
        vec![
            ("github", &mut self.github),
            ("chocolatey", &mut self.chocolatey),
            ("npm", &mut self.npm),
            ("github-packages", &mut self.github_packages),
            ("pypi", &mut self.pypi),
            ("snap", &mut self.snap),
            ("vscode", &mut self.vscode),
        ]
    }

    /// Returns what everybody sees: [`Host::shown`] of all.
    pub fn shown(&self) -> BTreeMap<String, String> {
        self.hosts().iter().flat_map(|host| host.shown()).collect()
    }

    /// Returns what waits: [`Host::pending`] of all.
    pub fn pending(&self) -> BTreeMap<String, String> {
        self.hosts().iter().flat_map(|host| host.pending()).collect()
    }

    /// Returns all that was ever taken, sorted: [`Host::taken`] of all.
    pub fn taken(&self) -> Vec<String> {
        let mut taken: Vec<String> = self.hosts().iter().flat_map(|host| host.taken()).collect();
        taken.sort();
        taken
    }

    /// Lets everything through that waits.
    pub fn approve(&mut self) {
        for (_, service) in self.services() {
            service.host.approve();
        }
    }

    /// Returns what the clients are told: addresses and secrets.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("GITHUB_TOKEN", TOKEN.to_owned()),
            ("GITHUB_API_URL", self.github.base.clone()),
            ("WINGET_GITHUB_TOKEN", TOKEN.to_owned()),
            ("CHOCOLATEY_API_KEY", chocolatey::KEY.to_owned()),
            ("NPM_TOKEN", self.npm.token.clone()),
            ("npm_config_registry", self.npm.base.clone()),
            ("npm_config_@michael-a-kuykendall:registry", self.github_packages.base.clone()),
            ("PYPI_API_TOKEN", self.pypi.token.clone()),
            ("UV_DEFAULT_INDEX", format!("{}{}", self.pypi.base, pypi::LIST)),
            ("UV_PUBLISH_URL", format!("{}{}", self.pypi.base, pypi::UPLOADS)),
            ("PIP_INDEX_URL", format!("{}{}", self.pypi.base, pypi::LIST)),
            ("SNAP_STORE_CREDENTIALS", snap::CREDENTIALS.to_owned()),
            ("VSCE_PAT", marketplace::TOKEN.to_owned()),
            ("VSCE_MARKETPLACE_URL", self.vscode.base.clone()),
        ];
        for (channel, place, variable) in REPOSITORIES {
            debug_assert!(self.git.all.contains_key(place), "{channel} is there");
            variables.push((variable, self.git.all[place].secret.clone()));
        }
        variables
    }

    /// Returns the service of an address, and the path there.
    fn service_of(&mut self, url: &str) -> Option<(&mut Service<dyn Host>, String)> {
        let found = self.services().into_iter();
        let mut found = found.filter_map(|(_, service)| {
            let path = service.path_of(url)?;
            Some((service, path))
        });
        found.next()
    }

    /// Returns where, below the socket of the world, an address of the real services is.
    pub fn place_of(&mut self, url: &str) -> Option<String> {
        let services = self.services().into_iter();
        let mut found = services.filter_map(|(name, service)| {
            service.path_of(url).map(|path| format!("/{name}{path}"))
        });
        found.next()
    }
}

impl Answering for World {
    fn answer(&mut self, ask: &Ask) -> (Answer, Delivery) {
        let rest = ask.path.trim_start_matches('/');
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let ask = Ask { path: format!("/{rest}"), ..ask.clone() };
        for (known, service) in self.services() {
            if known == name {
                return service.answer(&ask);
            }
        }
        (Answer::text(404, "nothing of this rehearsal is there"), Delivery::Whole)
    }

    fn listens_at(&mut self, base: &str) {
        for (name, service) in self.services() {
            service.host.listens_at(&format!("{base}/{name}"));
        }
    }
}

/// What [`crate::rehearse::tree::program`] does where it is run, if a command runs one.
fn ran(command: &Command) -> Option<Finished> {
    let text = std::fs::read_to_string(command.get_program()).ok()?;
    let version = text.strip_prefix(tree::PROGRAM_HEAD)?;
    let words: Vec<_> = command.get_args().collect();
    let output = match words.first()?.to_str()? {
        "--version" => version.to_owned(),
        // It looks for what it is asked as well as a program of one line can.
        "context" => {
            let root = std::path::Path::new(words.get(3)?);
            let files = std::fs::read_dir(root).ok()?.flatten().map(|entry| entry.path());
            let found = |path: std::path::PathBuf| {
                let text = std::fs::read_to_string(&path).ok()?;
                text.contains("lantern room").then(|| format!("{}: {text}", path.display()))
            };
            files.filter_map(found).collect()
        }
        _ => return None,
    };
    let (output, complaint) = (output.into_bytes(), String::new());
    Some(Finished { is_success: true, output, complaint })
}

/// What happens to a run at one of its moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbance {
    /// Something goes wrong with the request.
    Fault(usize, Fault),
    /// The program dies.
    Kill(usize, When),
}

/// A moment at which a service was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its number.
    pub moment: usize,
    /// The faults that only the service has that was asked.
    pub own_faults: &'static [&'static str],
}

/// The way to the world in the process.
pub struct Exchange {
    /// The world.
    pub world: RefCell<World>,
    /// What happens to the run.
    pub disturbance: RefCell<Option<Disturbance>>,
    /// What everybody may see: each thing with all of its forms; nothing is no limit.
    pub allowed: RefCell<Option<BTreeMap<String, Vec<String>>>>,
    /// What was seen and is not allowed.
    pub wrong: RefCell<Vec<String>>,
    /// What was asked for at the moment that was disturbed, as method and path.
    pub spoiled: RefCell<Option<String>>,
    moments: Cell<usize>,
    /// The moments at which a service was asked.
    asked: RefCell<Vec<Asked>>,
}

impl Exchange {
    /// Makes a way to a world, with nothing in the way.
    pub fn new(world: World) -> Self {
        Self {
            world: RefCell::new(world),
            disturbance: RefCell::new(None),
            allowed: RefCell::new(None),
            wrong: RefCell::new(Vec::new()),
            spoiled: RefCell::new(None),
            moments: Cell::new(0),
            asked: RefCell::new(Vec::new()),
        }
    }

    /// Returns the number of moments so far, and those of them at which a service was asked.
    pub fn moments(&self) -> (usize, Vec<Asked>) {
        (self.moments.get(), self.asked.borrow().clone())
    }

    /// Asks a service, at a moment of its own.
    pub fn ask(
        &self,
        ask: &Ask,
        service: impl Fn(&mut World) -> &mut Service<Repositories>,
    ) -> (Answer, Delivery) {
        let answered = {
            let mut world = self.world.borrow_mut();
            let service = service(&mut world);
            self.disturb(service);
            let answered = service.answer(ask);
            self.note(service);
            answered
        };
        self.look();
        answered
    }

    /// Asks the service of an address, at a moment of its own; `ask` has no path of interest.
    pub fn reach(&self, url: &str, ask: Ask) -> (Answer, Delivery) {
        let answered = {
            let mut world = self.world.borrow_mut();
            let Some((service, path)) = world.service_of(url) else {
                return (Answer::default(), Delivery::Nothing);
            };
            self.disturb(service);
            let there = Ask::new(&ask.method, &path);
            let there = Ask { headers: ask.headers, body: ask.body, ..there };
            let answered = service.answer(&there);
            self.note(service);
            answered
        };
        self.look();
        answered
    }

    /// Returns what stands in for programs: those of the rehearsal, and nobody else.
    pub fn stand_in(self: &Rc<Self>) -> StandIn {
        let exchange = Rc::clone(self);
        Rc::new(move |command| {
            let path = command.get_program();
            let name = std::path::Path::new(path).file_stem().unwrap_or(path);
            let found = PROGRAMS.iter().find(|(known, _)| name == *known);
            Some(match found {
                Some((_, run)) => exchange.moment(|| run(command, &exchange)),
                None => ran(command).unwrap_or_else(|| Finished {
                    is_success: false,
                    output: Vec::new(),
                    complaint: format!("{} is no part of this rehearsal", name.display()),
                }),
            })
        })
    }

    /// Lets something happen that leaves the program, unless it dies before or after.
    fn moment<T>(&self, happen: impl FnOnce() -> T) -> T {
        let number = self.moments.get();
        let dies = |when: When| *self.disturbance.borrow() == Some(Disturbance::Kill(number, when));
        if dies(When::Before) {
            std::panic::resume_unwind(Box::new(Killed));
        }
        let happened = happen();
        self.moments.set(number + 1);
        if dies(When::After) {
            std::panic::resume_unwind(Box::new(Killed));
        }
        happened
    }

    /// Gives a service the fault that is due at this moment.
    fn disturb<H: Host + ?Sized>(&self, service: &mut Service<H>) {
        let moment = self.moments.get();
        self.asked.borrow_mut().push(Asked { moment, own_faults: service.own_faults() });
        if let Some(Disturbance::Fault(at, fault)) = &*self.disturbance.borrow()
            && *at == self.moments.get()
        {
            service.faults.insert(service.log.len(), fault.clone());
        }
    }

    /// Notes what was asked for, if that was disturbed.
    fn note<H: Host + ?Sized>(&self, service: &Service<H>) {
        if let Some(Disturbance::Fault(at, _)) = &*self.disturbance.borrow()
            && *at == self.moments.get()
        {
            self.spoiled.replace(service.log.last().cloned());
        }
    }

    /// Looks whether anything can be seen that nobody may ever see.
    fn look(&self) {
        let allowed = self.allowed.borrow();
        let Some(allowed) = allowed.as_ref() else { return };
        for (name, form) in self.world.borrow().shown() {
            if !allowed.get(&name).is_some_and(|forms| forms.contains(&form)) {
                self.wrong.borrow_mut().push(format!("everybody saw {name}: {form}"));
            }
        }
    }
}

impl Transport for Exchange {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        self.moment(|| {
            let answer = direct::carry(request, |url, ask| {
                let mut world = self.world.borrow_mut();
                let (service, path) = world.service_of(url)?;
                self.disturb(service);
                let answered = service.answer(&ask(&path));
                self.note(service);
                Some(answered)
            });
            self.look();
            answer
        })
    }
}
