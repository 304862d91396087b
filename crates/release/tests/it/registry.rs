//! The registries of languages: what is sent once is held once, and what is seen is true.

use std::cell::{RefCell, RefMut};
use std::path::Path;
use std::rc::Rc;

use contextlite_release::command::Output;
#[cfg(target_os = "linux")]
use contextlite_release::http::{NoAnswer, Request, Response, Transport};
use contextlite_release::process::{self, StandIn};
use contextlite_release::rehearse::github::{GitHub, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::npm::{self, Kind, Registry};
use contextlite_release::rehearse::pypi::{self, Index};
use contextlite_release::rehearse::{Answer, Ask, Delivery, Fault, Host, Service};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::project::{Project, Surrounded};
use crate::store::Town;

/// The registries, and what stands in for their clients.
pub struct Registries {
    pub npm: RefCell<Service<Registry>>,
    pub github_packages: RefCell<Service<Registry>>,
    pub pypi: RefCell<Service<Index>>,
    /// Holds a file for each client, so that it is found.
    programs: TempDir,
}

impl Default for Registries {
    fn default() -> Self {
        let programs = tempfile::tempdir().expect("a temporary folder");
        for name in ["npm", "uv"] {
            let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            std::fs::write(programs.path().join(file), "").expect("a file");
        }
        let owner = Kind::Of("michael-a-kuykendall");
        let npm = Registry::new(Kind::Public, "http://127.0.0.1:2", npm::TOKEN);
        let github_packages = Registry::new(owner, "http://127.0.0.1:3", TOKEN);
        Self {
            npm: RefCell::new(Service::new(npm)),
            github_packages: RefCell::new(Service::new(github_packages)),
            pypi: RefCell::new(Service::new(Index::default())),
            programs,
        }
    }
}

impl Registries {
    pub fn services(&self) -> Vec<&RefCell<Service<dyn Host>>> {
        vec![&self.npm, &self.github_packages, &self.pypi]
    }

    /// Where clients are found, before the search path of this machine, and what they are told.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path);
        let path = std::iter::once(self.programs.path().to_owned()).chain(path);
        let path = std::env::join_paths(path).expect("a search path");
        let (npm, owner, index) = (
            self.npm.borrow().base.clone(),
            self.github_packages.borrow().base.clone(),
            self.pypi.borrow().base.clone(),
        );
        vec![
            ("PATH", path.to_string_lossy().into_owned()),
            ("npm_config_registry", npm),
            ("npm_config_@michael-a-kuykendall:registry", owner),
            ("UV_DEFAULT_INDEX", format!("{index}{}", pypi::LIST)),
            ("UV_PUBLISH_URL", format!("{index}{}", pypi::UPLOADS)),
            ("PIP_INDEX_URL", format!("{index}{}", pypi::LIST)),
            ("PYPISTATS_URL", self.pypi.borrow().statistics()),
        ]
    }

    fn reach(&self, url: &str, ask: Ask) -> (Answer, Delivery) {
        for service in self.services() {
            let mut service = service.borrow_mut();
            if let Some(path) = service.path_of(url) {
                let there = Ask::new(&ask.method, &path);
                return service.answer(&Ask { headers: ask.headers, body: ask.body, ..there });
            }
        }
        (Answer::default(), Delivery::Nothing)
    }

    /// What stands in for their clients; any other program is run.
    pub fn stand_in(self: &Rc<Self>) -> StandIn {
        let all = Rc::clone(self);
        Rc::new(move |command| {
            let reach = |url: &str, ask: Ask| all.reach(url, ask);
            match Path::new(command.get_program()).file_stem()?.to_str()? {
                "npm" => Some(npm::run(command, &reach)),
                "uv" => Some(pypi::run(command, &reach)),
                _ => None,
            }
        })
    }
}

/// A project whose release is on GitHub, and the registries.
struct World {
    project: Project,
    github: RefCell<Service<GitHub>>,
    registries: Rc<Registries>,
}

/// The secrets.
const SECRETS: [(&str, &str); 2] = [("NPM_TOKEN", npm::TOKEN), ("PYPI_API_TOKEN", pypi::TOKEN)];

/// Each channel with the number of its packages.
const CHANNELS: [(&str, usize); 3] = [("npm", 7), ("github-packages", 7), ("pypi", 6)];

impl World {
    fn published(version: &str) -> Self {
        let project = Project::packed(version).with_packaging();
        let mut github = GitHub::default();
        let commit = github.tags["v1.0.2"].clone();
        github.tags.insert(format!("v{version}"), commit);
        let github = RefCell::new(Service::new(github));
        let world = Self { project, github, registries: Rc::default() };
        let output = world.ship("publish github");
        assert_eq!(output.code, 0, "{}", output.notice);
        world
    }

    fn ship(&self, words: &str) -> Output {
        self.ship_with(words, &SECRETS)
    }

    fn ship_with(&self, words: &str, secrets: &[(&str, &str)]) -> Output {
        let base = self.github.borrow().base.clone();
        let known = self.registries.variables();
        let known = known.iter().map(|(name, value)| (*name, value.as_str()));
        let fixed = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
        let variables: Vec<_> = known.chain(fixed).chain(secrets.iter().copied()).collect();
        let mut services = self.registries.services();
        services.push(&self.github);
        let (town, clock, folder) = (Town(services), Hand::default(), self.project.root());
        let around = Surrounded { folder, variables: &variables, transport: &town, clock: &clock };
        process::with_stand_in(self.registries.stand_in(), || around.ship(words))
    }

    fn npm(&self) -> RefMut<'_, Service<Registry>> {
        self.registries.npm.borrow_mut()
    }

    fn pypi(&self) -> RefMut<'_, Service<Index>> {
        self.registries.pypi.borrow_mut()
    }

    fn taken(&self) -> usize {
        let services = self.registries.services().into_iter();
        services.map(|service| service.borrow().host.taken().len()).sum()
    }

    /// The state of a channel and its cause, as the report has them.
    fn state(&self, id: &str) -> (String, String) {
        self.state_with(id, &SECRETS)
    }

    fn state_with(&self, id: &str, secrets: &[(&str, &str)]) -> (String, String) {
        let report = self.ship_with("status --json", secrets).answer;
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let mut rows = report["rows"].as_array().expect("rows").iter();
        let row = rows.find(|row| row["id"] == id).expect("a row");
        let text = |field: &str| row[field].as_str().expect("a text").to_owned();
        (text("state"), text("cause"))
    }
}

#[track_caller]
fn has(output: &Output, code: u8, expected: &str) {
    let said = format!("{}{}", output.answer, output.notice);
    assert!(said.contains(expected), "{expected}: {said}");
    assert_eq!(output.code, code, "{said}");
}

#[test]
fn packages_are_sent_once_and_then_compared() {
    for (id, count) in CHANNELS {
        let world = World::published("1.0.2");
        let publish = format!("publish {id}");
        has(&world.ship(&format!("{publish} --dry-run")), 0, "would do, in this order:\n  ");
        assert_eq!(world.taken(), 0, "{id}");
        has(&world.ship(&publish), 0, &format!("live after {count} actions: http"));
        has(&world.ship(&publish), 0, "live, nothing to do");
        assert_eq!((world.taken(), world.state(id).0), (count, "live".to_owned()), "{id}");
    }
}

#[test]
fn an_older_version_is_followed_and_a_newer_one_is_never_replaced() {
    for (version, is_newer) in [("1.0.1", false), ("0.10.20", false), ("1.0.20", true)] {
        let world = World::published("1.0.2");
        world.npm().hold("contextlite", version);
        let output = world.ship("publish npm");
        if is_newer {
            has(&output, 10, &format!("holds {version}, which is newer"));
            assert_eq!(world.taken(), 0);
        } else {
            has(&output, 0, "live after 7 actions");
            assert_eq!(world.npm().packages["contextlite"].tags["latest"], "1.0.2");
        }
    }
}

#[test]
fn a_newer_release_leaves_an_older_one_of_the_index_complete() {
    let older = World::published("1.0.2");
    has(&older.ship("publish pypi npm"), 0, "live after 6 actions");
    let newer = World::published("1.0.20");
    let newer = World { registries: Rc::clone(&older.registries), ..newer };
    has(&newer.ship("publish pypi npm"), 0, "live after 7 actions");
    has(&older.ship("publish pypi npm"), 0, "live, nothing to do");
    assert_eq!(older.npm().packages["contextlite"].tags["latest"], "1.0.20");
    let name = "contextlite-1.0.2-py3-none-win_arm64.whl";
    older.pypi().files.remove(name).expect("a wheel");
    has(&older.ship("publish pypi"), 10, "the index holds 1.0.20, which is newer");
}

#[test]
fn other_bytes_under_our_version_are_a_conflict() {
    let world = World::published("1.0.2");
    world.ship("publish npm pypi github-packages");
    let other = json!({"dist": {"integrity": "sha512-AAAA"}});
    let spoil = |mut registry: RefMut<'_, Service<Registry>>, name: &str| {
        let package = registry.host.packages.get_mut(name).expect("a package");
        package.versions.insert("1.0.2".to_owned(), other.clone());
    };
    spoil(world.npm(), "@contextlite/darwin-arm64");
    let registry = world.registries.github_packages.borrow_mut();
    spoil(registry, "@michael-a-kuykendall/contextlite");
    let name = "contextlite-1.0.2-py3-none-win_amd64.whl";
    world.pypi().files.get_mut(name).expect("a wheel").bytes = b"other".to_vec();
    let taken = world.taken();
    for (id, _) in CHANNELS {
        let output = world.ship(&format!("publish {id}"));
        has(&output, 10, "conflict, nothing was changed");
        has(&output, 10, "compare, then release the next version");
        assert_eq!(world.state(id).0, "failed");
    }
    assert_eq!(world.taken(), taken);
}

#[test]
fn what_cannot_be_seen_is_not_absent() {
    let down = || (0..200).map(|at| (at, Fault::Refuse(503, Vec::new(), "down"))).collect();
    let closed = || (0..200).map(|at| (at, Fault::Refuse(403, Vec::new(), "no"))).collect();
    let no_json = || (0..200).map(|at| (at, Fault::Refuse(200, Vec::new(), ""))).collect();
    for (id, _) in CHANNELS {
        let world = World::published("1.0.2");
        let break_all = |faults: &dyn Fn() -> std::collections::BTreeMap<usize, Fault>| {
            for service in world.registries.services() {
                let mut service = service.borrow_mut();
                (service.faults, service.log) = (faults(), Vec::new());
            }
        };
        break_all(&down);
        has(&world.ship(&format!("publish {id}")), 10, "failed");
        break_all(&closed);
        has(&world.ship(&format!("publish {id}")), 10, "403");
        break_all(&no_json);
        has(&world.ship(&format!("publish {id}")), 10, "failed");
        assert_eq!(world.taken(), 0, "{id}");
        break_all(&std::collections::BTreeMap::new);
        has(&world.ship(&format!("publish {id}")), 0, "live after");
    }
}

#[test]
fn a_refusal_that_is_a_success_is_looked_through() {
    for (id, count) in CHANNELS {
        let undisturbed = World::published("1.0.2");
        undisturbed.ship(&format!("publish {id}"));
        let requests = |world: &World| {
            let services = world.registries.services().into_iter();
            services.map(|service| service.borrow().log.len()).sum::<usize>()
        };
        for at in 0..requests(&undisturbed) {
            let world = World::published("1.0.2");
            for service in world.registries.services() {
                let fault = Fault::Own(npm::FALSE_REFUSAL);
                service.borrow_mut().faults.insert(at, fault);
            }
            has(&world.ship(&format!("publish {id}")), 0, "live after");
            assert_eq!(world.taken(), count, "{id} {at}");
        }
    }
    assert_eq!(npm::FALSE_REFUSAL, pypi::FALSE_REFUSAL);
}

#[test]
fn an_index_that_lags_behind_is_waited_for_and_nothing_is_sent_again() {
    let world = World::published("1.0.2");
    (world.npm().lag, world.pypi().lag) = (2, 2);
    has(&world.ship("publish npm"), 0, "live after 7 actions");
    has(&world.ship("publish pypi"), 0, "live after 6 actions");
    assert_eq!(world.taken(), 13);
    let world = World::published("1.0.2");
    (world.npm().lag, world.pypi().lag) = (1000, 1000);
    for id in ["npm", "pypi"] {
        has(&world.ship(&format!("publish {id}")), 0, "submitted after");
        assert_eq!(world.state(id).0, "submitted");
    }
    assert_eq!(world.taken(), 13);
}

#[test]
fn a_missing_secret_is_expected_until_there_are_users() {
    let world = World::published("1.0.2");
    let check = |id: &str, code: u8, expected: &str| {
        has(&world.ship_with(&format!("publish {id}"), &[]), code, expected);
    };
    check("npm", 0, "skipped (not configured): requires NPM_TOKEN");
    let identity = "requires the identity of a workflow run (id-token: write), or PYPI_API_TOKEN";
    check("pypi", 0, identity);
    world.npm().hold("contextlite", "1.0.1");
    check("npm", 10, "its users have 1.0.1 and get no 1.0.2");
    let output = world.ship_with("publish npm", &[("NPM_TOKEN", "npm_wrong")]);
    has(&output, 10, "E401");
    has(&output, 10, "a granular token that may write these packages");
    assert!(!format!("{}{}", output.answer, output.notice).contains("npm_wrong"));
    let output = world.ship_with("publish pypi", &[("PYPI_API_TOKEN", "pypi-wrong")]);
    has(&output, 10, "a trusted publisher that names this repository");
}

#[test]
fn a_prerelease_leaves_the_tag_that_users_follow() {
    let world = World::published("1.1.0-rc.1");
    world.npm().hold("contextlite", "1.0.2");
    has(&world.ship("publish npm pypi"), 0, "live after 7 actions");
    let tags = world.npm().packages["contextlite"].tags.clone();
    assert_eq!((tags["latest"].as_str(), tags["next"].as_str()), ("1.0.2", "1.1.0-rc.1"));
    assert!(world.pypi().files.keys().all(|name| name.starts_with("contextlite-1.1.0rc1-")));
    has(&world.ship("publish npm"), 0, "live, nothing to do");
    has(&world.ship("publish pypi"), 0, "live, nothing to do");
}

#[test]
fn a_version_of_npm_is_taken_back_and_brought_forward() {
    let world = World::published("1.0.2");
    world.npm().hold("contextlite", "1.0.1");
    world.ship("publish npm");
    let identity = [("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:1/")];
    let refused = world.ship_with("rollback npm --to 1.0.1 --yes", &identity);
    has(&refused, 1, "npm dist-tag add contextlite@1.0.1 latest");
    let back = "done: latest is contextlite@1.0.1, contextlite@1.0.2 is deprecated";
    has(&world.ship("rollback npm --to 1.0.1 --yes"), 0, back);
    has(&world.ship("rollback npm --to 1.0.1 --yes"), 0, "1.0.1 is there already");
    has(&world.ship("rollback npm --to 0.9.0 --yes"), 1, "never had version 0.9.0");
    assert_eq!(world.state("npm").0, "rolled_back");
    // A run that goes on does not undo it, until somebody says that it may.
    has(&world.ship("publish npm"), 10, "1.0.2 is deprecated: taken back; use 1.0.1");
    assert_eq!(world.state("npm").0, "rolled_back");
    let mut package = world.npm().packages["contextlite"].clone();
    assert_eq!(package.tags["latest"], "1.0.1");
    package.versions.get_mut("1.0.2").expect("it is there")["deprecated"] = Value::Null;
    world.npm().packages.insert("contextlite".to_owned(), package);
    has(&world.ship("publish npm"), 0, "live after 1 action");
    assert_eq!(world.npm().packages["contextlite"].tags["latest"], "1.0.2");
}

/// A world whose registries are called as those are beside which downloads are counted.
fn counted() -> World {
    let world = World::published("1.0.2");
    "http://registry.npm.localhost:2".clone_into(&mut world.npm().base);
    "http://pypi.localhost:4".clone_into(&mut world.pypi().base);
    has(&world.ship("publish npm pypi"), 0, "live after 7 actions");
    world
}

/// What `cargo ship metrics` says of a channel: its lines without its name. Channels that are no
/// part of this world cannot be asked.
fn told(output: &Output, title: &str) -> Vec<String> {
    let ours = ["error: npm", "error: pypi", "error: github"];
    let is_ours = |line: &str| ours.iter().any(|ours| line.starts_with(ours));
    assert!(!output.notice.lines().any(is_ours), "{}", output.notice);
    let lines = output.answer.lines().filter_map(|line| line.strip_prefix(title));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn downloads_are_counted_beside_the_registries() {
    let world = counted();
    let new = world.ship("metrics");
    for title in ["npm ", "PyPI "] {
        assert_eq!(told(&new, title), ["nothing was counted yet"], "{}", new.answer);
    }
    let each = [("1.0.1", 7), ("1.0.2", 40)].map(|(version, count)| (version.to_owned(), count));
    world.npm().downloads.insert("contextlite".to_owned(), each.into());
    world.pypi().downloads.insert("contextlite".to_owned(), [3, 21, 93]);
    let requests = |world: &World| {
        let asked = |line: &&String| line.contains("-counts/") || line.contains("-statistics/");
        let (npm, pypi) = (world.npm().log.clone(), world.pypi().log.clone());
        [npm, pypi].concat().iter().filter(asked).count()
    };
    let before = requests(&world);
    let all = world.ship("metrics");
    assert_eq!(requests(&world) - before, 3, "two of npm, one of the statistics");
    let week = "downloads of all versions in a week";
    let of_npm = [format!("{week}  47"), "downloads of 1.0.2 in a week  40".to_owned()];
    assert_eq!(told(&all, "npm "), of_npm);
    let of_pypi = [format!("{week}  21"), "downloads of all versions in a month  93".to_owned()];
    assert_eq!(told(&all, "PyPI "), of_pypi);
    let file = world.project.root().join("dist/metrics.csv");
    let lines = std::fs::read_to_string(file).expect("counts");
    for expected in [
        "time,channel,version,measure,what,count\n".to_owned(),
        format!(",npm,1.0.2,all_last_week,{week},47\n"),
        ",npm,1.0.2,aside,downloads of 1.0.2 in a week,40\n".to_owned(),
        format!(",pypi,1.0.2,all_last_week,{week},21\n"),
    ] {
        assert!(lines.contains(&expected), "{expected}: {lines}");
    }
    // The report reads what was written.
    let report: Value = serde_json::from_str(&world.ship("status --json").answer).expect("JSON");
    let counts = report["counts"].as_array().expect("counts");
    let npm = counts.iter().find(|count| count["channel"] == "npm").expect("a count");
    assert_eq!((&npm["measure"], &npm["count"]), (&json!("all_last_week"), &json!(47)));
}

#[test]
fn a_registry_that_counts_nowhere_says_so() {
    let world = World::published("1.0.2");
    world.ship("publish npm pypi github-packages");
    let all = world.ship("metrics");
    let check = |title: &str, expected: &str| {
        assert_eq!(told(&all, title), [format!("not counted: {expected}")], "{}", all.answer);
    };
    check("npm ", "nobody counts what 127.0.0.1:2 gives");
    check("PyPI ", "127.0.0.1:4 does not count what 127.0.0.1:4 gives");
    check("GitHub Packages ", "it tells no program how often it is used");
}

#[test]
fn an_answer_that_is_no_count_is_never_taken_for_none() {
    let places = [
        ("npm", "http://api.npm.localhost:2/downloads/point/last-week/contextlite"),
        ("pypi", "http://pypistats.localhost:4/api/packages/contextlite/recent"),
    ];
    let faults = [(429, "429"), (503, "503"), (403, "403"), (200, "200, and no counts")];
    for (id, url) in places {
        for (status, expected) in faults {
            let world = counted();
            let service: &RefCell<Service<dyn Host>> = match id {
                "npm" => &world.registries.npm,
                _ => &world.registries.pypi,
            };
            let is_count =
                |line: &String| line.contains("-counts/") || line.contains("-statistics");
            // The index is looked at before its statistics.
            let before = service.borrow().log.len();
            world.ship("metrics");
            let at = service.borrow().log[before..].iter().position(is_count).expect("it is asked");
            let (log, fault) = (service.borrow().log.len(), Fault::Refuse(status, Vec::new(), "x"));
            let faults = (at..at + 9).map(|at| (log + at, fault.clone()));
            service.borrow_mut().faults.extend(faults);
            let output = world.ship("metrics");
            let is_passing = matches!(status, 429 | 503);
            let code = if is_passing { 0 } else { 10 };
            has(&output, code, &format!("{id}: GET {url}: {expected}"));
            let asked = service.borrow().log[log..].iter().filter(|line| is_count(line)).count();
            assert_eq!(asked, if id == "npm" && is_passing { 5 } else { 1 }, "{id} {status}");
        }
    }
}

#[test]
fn what_a_person_did_at_the_index_is_said() {
    let world = World::published("1.0.2");
    world.ship("publish pypi");
    let page = "by hand, at http://127.0.0.1:4/manage/project/contextlite/release/1.0.2/\n";
    has(&world.ship("rollback pypi --to 1.0.1"), 0, page);
    world.pypi().yank("1.0.2", "it is broken");
    let yanked = "contextlite 1.0.2 is yanked (reason: \"it is broken\")";
    assert_eq!(world.state("pypi"), ("rolled_back".to_owned(), yanked.to_owned()));
    // So it is for who looks without a secret, and no run that goes on undoes it.
    assert_eq!(world.state_with("pypi", &[]).0, "rolled_back");
    has(&world.ship("publish pypi"), 10, "or undo there what took it back");
    assert_eq!(world.state("pypi").0, "rolled_back");
    has(&world.ship("rollback pypi --to 1.0.1"), 0, page);
    world.pypi().delete("contextlite-1.0.2-py3-none-win_arm64.whl");
    for held in world.pypi().files.values_mut() {
        held.yanked = None;
    }
    let output = world.ship("publish pypi");
    has(&output, 10, "a file name is used up for ever, even if it was deleted");
}

#[test]
fn a_client_that_was_not_built_is_said_and_how_it_is() {
    let world = World::published("1.0.2");
    let built = world.project.root().join("clients/node/lib");
    std::fs::remove_dir_all(built).expect("what was built");
    for id in ["npm", "github-packages"] {
        let output = world.ship(&format!("publish {id}"));
        has(&output, 10, "clients/node: lib/SOURCES is missing; run `npm run build` there");
    }
    has(&world.ship("publish pypi"), 0, "live after 6 actions");
}

/// The same with the clients themselves, over HTTP: what stands in for them does what they do.
#[cfg(target_os = "linux")]
#[test]
fn the_clients_themselves_publish_and_install() {
    use contextlite_release::http::Network;
    use contextlite_release::rehearse::server::Server;

    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python/bin");
    let tools = tools.canonicalize().expect("the tools of scripts/test, step tools");
    assert!(tools.join("uv").is_file(), "uv is missing; run scripts/test, step tools");
    let path = std::env::var("PATH").expect("a search path");
    let path = format!("{}:{path}", tools.display());
    let project = Project::packed("1.0.2").with_packaging();
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path().to_string_lossy().into_owned();
    let owner = Kind::Of("michael-a-kuykendall");
    let mut npm = Service::new(Registry::new(owner, "", TOKEN));
    // Seven looks, then for each package a look, what npm asks, and the package.
    npm.faults.extend((7..40).step_by(5).map(|at| (at, Fault::Own(npm::FALSE_REFUSAL))));
    let mut index = Service::new(Index::default());
    index.faults.insert(2, Fault::Own(pypi::FALSE_REFUSAL));
    let npm = Server::start(npm).expect("a server");
    let index = Server::start(index).expect("a server");
    let [list, uploads] = [pypi::LIST, pypi::UPLOADS].map(|path| format!("{}{path}", index.base()));
    let github = RefCell::new(Service::new(GitHub::default()));
    let base = github.borrow().base.clone();
    let variables = [
        ("PATH", path.as_str()),
        ("HOME", &home),
        ("GITHUB_TOKEN", TOKEN),
        ("GITHUB_API_URL", &base),
        ("PYPI_API_TOKEN", pypi::TOKEN),
        ("npm_config_@michael-a-kuykendall:registry", npm.base()),
        ("UV_DEFAULT_INDEX", &list),
        ("UV_PUBLISH_URL", &uploads),
        ("UV_NO_CONFIG", "1"),
        ("PIP_INDEX_URL", &list),
        ("PIP_CONFIG_FILE", "/dev/null"),
    ];
    let (network, clock) = (Network::default(), Hand::default());
    let transport = Beside { github: &github, network: &network };
    let folder = project.root();
    let around = Surrounded { folder, variables: &variables, transport: &transport, clock: &clock };
    has(&around.ship("publish github"), 0, "live");
    for id in ["pypi", "github-packages"] {
        has(&around.ship(&format!("publish {id}")), 0, "live after");
        has(&around.ship(&format!("publish {id}")), 0, "live, nothing to do");
        let verified = around.ship(&format!("verify {id}"));
        has(&verified, 0, "verified: ");
        has(&verified, 0, "printed `contextlite 1.0.2` and answered a question");
    }
    assert_eq!(index.service().host.taken().len(), 6);
    let page = format!("{}/manage/project/contextlite/release/1.0.2/", index.base());
    has(&around.ship("rollback pypi --to 1.0.1"), 0, &page);
    index.service().host.yank("1.0.2", "it is broken");
    let status = around.ship("status --json");
    let report: Value = serde_json::from_str(&status.answer).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["id"] == "pypi").expect("a row");
    assert_eq!(row["state"], "rolled_back", "{row}");
    assert!(row["cause"].as_str().is_some_and(|why| why.contains("it is broken")), "{row}");
    has(&around.ship("rollback pypi --to 1.0.1"), 0, &page);
    let npm = npm.service();
    assert_eq!(npm.host.taken().len(), 7);
    assert!(npm.faults.len() < npm.log.len(), "each fault was met");
}

/// The host in the process, and everything else over the network.
#[cfg(target_os = "linux")]
pub struct Beside<'a> {
    pub github: &'a RefCell<Service<GitHub>>,
    pub network: &'a contextlite_release::http::Network,
}

#[cfg(target_os = "linux")]
impl Transport for Beside<'_> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        if self.github.borrow().path_of(&request.url).is_some() {
            return Town(vec![self.github]).send(request);
        }
        self.network.send(request)
    }
}
