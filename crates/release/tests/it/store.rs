//! The stores that take packages and keep them: what is sent once is held once, whatever breaks.

use std::cell::{Cell, RefCell, RefMut};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use contextlite_release::command::Output;
use contextlite_release::http::{NoAnswer, Request, Response, Transport};
use contextlite_release::process;
use contextlite_release::rehearse::chocolatey::{self, Chocolatey, Held, KEY, Status};
use contextlite_release::rehearse::direct::{Killed, Killing, When, carry};
use contextlite_release::rehearse::github::{GitHub, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::snap::{CREDENTIALS, Revision, Store};
use contextlite_release::rehearse::world::Exchange;
use contextlite_release::rehearse::{self, Fault, Host, Service};

use crate::project::{Project, Surrounded};

/// The release on GitHub, and a store; nothing else can be reached.
struct World<H> {
    project: Project,
    github: RefCell<Service<GitHub>>,
    store: RefCell<Service<H>>,
}

/// Hands a request to the service that stands for its address.
pub struct Town<'a>(pub Vec<&'a RefCell<Service<dyn Host>>>);

impl Transport for Town<'_> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        carry(request, |url, ask| {
            self.0.iter().find_map(|service| {
                let mut service = service.borrow_mut();
                let path = service.path_of(url)?;
                Some(service.answer(&ask(&path)))
            })
        })
    }
}

impl<H: Host + 'static> World<H> {
    /// A world in which v1.0.2 is published on GitHub.
    fn published(store: H) -> Self {
        let project = Project::packed("1.0.2").with_packaging();
        let world = Self {
            project,
            github: RefCell::new(Service::default()),
            store: RefCell::new(Service::new(store)),
        };
        let output = world.ship("publish github", &[]);
        assert_eq!(output.code, 0, "{}", output.notice);
        world
    }

    fn store(&self) -> RefMut<'_, Service<H>> {
        self.store.borrow_mut()
    }

    fn town(&self) -> Town<'_> {
        Town(vec![&self.github, &self.store])
    }

    fn ship(&self, words: &str, variables: &[(&str, &str)]) -> Output {
        self.ship_by(&self.town(), words, variables)
    }

    fn ship_by(
        &self,
        transport: &dyn Transport,
        words: &str,
        variables: &[(&str, &str)],
    ) -> Output {
        let base = self.github.borrow().base.clone();
        let fixed = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
        let variables = [&fixed[..], variables].concat();
        let clock = Hand::default();
        let folder = self.project.root();
        Surrounded { folder, variables: &variables, transport, clock: &clock }.ship(words)
    }

    /// Runs a command that ends in the middle; returns whether it came that far.
    fn ship_until(&self, at: usize, when: When, words: &str, variables: &[(&str, &str)]) -> bool {
        let killing = Killing { inner: &self.town(), at, when, count: Cell::new(0) };
        let run = AssertUnwindSafe(|| self.ship_by(&killing, words, variables));
        match std::panic::catch_unwind(run) {
            Ok(_) => false,
            Err(cause) if cause.is::<Killed>() => true,
            Err(cause) => std::panic::resume_unwind(cause),
        }
    }

    /// What a report says of a channel.
    fn state(&self, id: &str, variables: &[(&str, &str)]) -> (String, String) {
        let report = self.ship("status --json", variables);
        let report: serde_json::Value = serde_json::from_str(&report.answer).expect("JSON");
        let rows = report["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["id"] == id).expect("a row");
        let text = |field: &str| row[field].as_str().expect("a text").to_owned();
        (text("state"), text("cause"))
    }
}

const CHOCOLATEY: &[(&str, &str)] = &[("CHOCOLATEY_API_KEY", KEY)];
const NUPKG: &str = "chocolatey/contextlite.1.0.2.nupkg";
const PAGE: &str = "https://community.chocolatey.org/packages/contextlite/1.0.2";

/// A gallery in which another version stands somewhere.
fn with_version(version: &str, status: Status) -> Chocolatey {
    let mut gallery = Chocolatey::default();
    let key = ("contextlite".to_owned(), version.to_owned());
    gallery.versions.insert(key, Held { bytes: version.into(), status });
    gallery
}

#[test]
fn a_package_waits_for_its_reviewers_and_is_never_pushed_twice() {
    let world = World::published(Chocolatey::default());
    let first = world.ship("publish chocolatey", CHOCOLATEY);
    assert_eq!(first.code, 0, "{}", first.notice);
    let expected = format!("in review after 1 action: {PAGE} (pending), {PAGE}\n");
    assert!(first.answer.ends_with(&expected), "{}", first.answer);
    let again = world.ship("publish chocolatey", CHOCOLATEY);
    assert!(again.answer.contains("in review, nothing to do"), "{}", again.answer);
    assert_eq!(world.store().taken(), [NUPKG], "a second push would reset the wait");
    let (state, cause) = world.state("chocolatey", &[]);
    assert_eq!((state.as_str(), cause), ("in_review", format!("{PAGE} (pending)")));
    world.store().moderate("1.0.2", Status::Approved);
    assert_eq!(world.state("chocolatey", &[]).0, "live");
    let live = world.ship("publish chocolatey", CHOCOLATEY);
    assert!(live.answer.contains("live, nothing to do"), "{}", live.answer);
    let held = world.store().versions.values().next().expect("a version").bytes.clone();
    let rendered = world.project.root().join("dist/channels").join(NUPKG);
    assert_eq!(held, std::fs::read(rendered).expect("a package"));
}

#[test]
fn a_version_is_exactly_the_one_that_was_asked_for() {
    // 1.0.2 is none of 1.0.20 and 11.0.2, and a feed without it is no version of it.
    for other in ["1.0.20", "11.0.2"] {
        let world = World::published(with_version(other, Status::Approved));
        let output = world.ship("publish chocolatey", CHOCOLATEY);
        assert!(output.answer.contains("in review after 1 action"), "{}", output.answer);
        assert_eq!(world.store().taken(), [NUPKG]);
    }
}

#[test]
fn a_missing_key_is_expected_until_an_older_version_has_users() {
    let check = |gallery: Chocolatey, state: &str, cause: &str| {
        let world = World::published(gallery);
        let found = world.state("chocolatey", &[]);
        assert_eq!(found.0, state, "{}", found.1);
        assert!(found.1.contains(cause), "{}", found.1);
        assert!(world.store().taken().is_empty());
    };
    check(Chocolatey::default(), "skipped_unconfigured", "requires CHOCOLATEY_API_KEY");
    let waiting = with_version("1.0.1", Status::Submitted);
    check(waiting, "skipped_unconfigured", "requires CHOCOLATEY_API_KEY");
    let approved = with_version("1.0.1", Status::Approved);
    check(approved, "failed", "its users have 1.0.1 and get no 1.0.2");
}

#[test]
fn the_causes_of_a_refusal_are_told_apart() {
    let check = |change: &dyn Fn(&mut Chocolatey), key: &str, state: &str, expected: &str| {
        let mut gallery = with_version("1.0.1", Status::Approved);
        change(&mut gallery);
        let world = World::published(gallery);
        let output = world.ship("publish chocolatey", &[("CHOCOLATEY_API_KEY", key)]);
        assert_eq!(output.code, 10, "{}", output.answer);
        assert!(output.answer.contains(state), "{}", output.answer);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(!output.notice.contains(key), "the key is not said: {}", output.notice);
        assert!(world.store().taken().is_empty());
    };
    let wrong = KEY.replace('0', "9");
    check(&|_| {}, &wrong, "failed", "make the key anew");
    check(&|_| {}, "none", "failed", "the key is the GUID");
    check(&|gallery| gallery.is_owned = true, KEY, "failed", "somebody else's");
    let first = |gallery: &mut Chocolatey| gallery.moderate("1.0.1", Status::Submitted);
    check(&first, KEY, "blocked upstream", "no other is taken until then");
    let many = |gallery: &mut Chocolatey| {
        for patch in 10..20 {
            gallery
                .versions
                .extend(with_version(&format!("1.0.{patch}"), Status::Submitted).versions);
        }
    };
    check(&many, KEY, "blocked upstream", "ask the reviewers to reject older versions");
    let mute = |gallery: &mut Chocolatey| (gallery.is_mute, gallery.is_owned) = (true, true);
    check(&mute, KEY, "failed", "the host did not say why");
}

#[test]
fn what_was_decided_there_is_not_decided_here() {
    let check = |status: Status, bytes: &str, expected: &str| {
        let mut gallery = with_version("1.0.2", status);
        gallery.versions.values_mut().for_each(|held| held.bytes = bytes.into());
        let world = World::published(gallery);
        let output = world.ship("publish chocolatey", CHOCOLATEY);
        assert!(output.answer.contains("conflict, nothing was changed"), "{}", output.answer);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(world.store().taken().is_empty());
    };
    check(Status::Rejected, "ours or not", "was rejected, and its number is used up");
    check(Status::Approved, "other bytes", "holds another file");
}

#[test]
fn another_file_that_waits_is_replaced_only_if_a_person_asks() {
    let world = World::published(with_version("1.0.2", Status::Submitted));
    let output = world.ship("publish chocolatey", CHOCOLATEY);
    assert_eq!(output.code, 0, "{}", output.notice);
    assert!(output.answer.contains("in review, nothing to do"), "{}", output.answer);
    assert!(output.answer.contains("CHOCOLATEY_RESUBMIT=1.0.2 asks for it"), "{}", output.answer);
    let with = |version: &'static str| [CHOCOLATEY, &[("CHOCOLATEY_RESUBMIT", version)]].concat();
    world.ship("publish chocolatey", &with("1.0.1"));
    assert!(world.store().taken().is_empty(), "another version was asked for");
    for _ in 0..2 {
        world.ship("publish chocolatey", &with("1.0.2"));
        assert_eq!(world.store().taken(), [NUPKG], "once it is ours it is not pushed again");
    }
}

#[test]
fn an_outage_is_no_absence() {
    let world = World::published(with_version("1.0.2", Status::Approved));
    let down = || Fault::Refuse(503, Vec::new(), "<html>We are down</html>");
    let page = || Fault::Refuse(200, Vec::new(), "<html>Checking your browser</html>");
    for fault in [&down as &dyn Fn() -> Fault, &page, &|| Fault::LostRequest] {
        let all = (0..200).map(|number| (number, fault()));
        world.store().faults = all.collect();
        world.store().log.clear();
        let output = world.ship("publish chocolatey", CHOCOLATEY);
        assert_eq!(output.code, 10, "{}", output.answer);
        let log = world.store().log.clone();
        assert!(log.iter().all(|request| request.starts_with("GET ")), "{log:?}");
    }
}

#[test]
fn a_package_is_pushed_once_whatever_breaks() {
    let whole = World::published(Chocolatey::default());
    whole.ship("publish chocolatey", CHOCOLATEY);
    let requests = whole.store().log.len();
    let expected = whole.store().pending();
    let check = |world: &World<Chocolatey>, case: &str| {
        world.store().faults.clear();
        let output = world.ship("publish chocolatey", CHOCOLATEY);
        assert_eq!(output.code, 0, "{case}: {}", output.notice);
        assert_eq!(world.store().pending(), expected, "{case}");
        assert_eq!(world.store().taken(), [NUPKG], "{case}");
    };
    for at in 0..20 {
        for when in [When::Before, When::After] {
            let world = World::published(Chocolatey::default());
            if world.ship_until(at, when, "publish chocolatey", CHOCOLATEY) {
                check(&world, &format!("death {when:?} request {at}"));
            }
        }
    }
    let faults = [
        Fault::Refuse(429, vec![("retry-after", "7".to_owned())], "slow down"),
        Fault::Refuse(500, Vec::new(), "An error has occurred."),
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::HalfAnswer,
        Fault::Truncated,
        Fault::Damaged,
        Fault::Own(chocolatey::TAKEN),
    ];
    for at in 0..requests {
        for fault in &faults {
            let world = World::published(Chocolatey::default());
            world.store().faults.insert(at, fault.clone());
            world.ship("publish chocolatey", CHOCOLATEY);
            check(&world, &format!("{fault:?} at {at}"));
        }
    }
}

#[test]
fn downloads_are_counted_and_a_rollback_says_what_a_person_does() {
    let world = World::published(Chocolatey::default());
    world.ship("publish chocolatey", CHOCOLATEY);
    world.store().moderate("1.0.2", Status::Approved);
    let counted = world.ship("metrics", &[]);
    assert!(counted.answer.contains("downloads of 1.0.2"), "{}", counted.answer);
    let said = world.ship("rollback chocolatey --to 1.0.1", &[]);
    assert!(said.answer.contains("Unlist this version"), "{}", said.answer);
    assert!(said.answer.contains(PAGE), "{}", said.answer);
}

#[test]
fn what_is_verified_is_what_the_gallery_gives() {
    let world = World::published(Chocolatey::default());
    world.ship("publish chocolatey", CHOCOLATEY);
    world.store().moderate("1.0.2", Status::Approved);
    // Nothing of this machine is on the search path, so nothing can run a program of Windows.
    let right = world.ship("verify chocolatey", &[]);
    assert!(right.answer.contains("2 downloads are right"), "{}", right.answer);
    let swap = |world: &World<Chocolatey>| {
        let mut store = world.store();
        let held = store.versions.values_mut().next().expect("a version");
        held.bytes.push(0);
    };
    swap(&world);
    let wrong = world.ship("verify chocolatey", &[]);
    assert_eq!(wrong.code, 10, "{}", wrong.answer);
    assert!(wrong.answer.contains("failed"), "{}", wrong.answer);
}

/// The scripts that run on users' machines.
#[cfg(target_os = "linux")]
#[test]
fn the_scripts_of_the_package_are_ones_that_powershell_reads() {
    let world = World::published(Chocolatey::default());
    world.ship("render chocolatey", &[]);
    let folder = world.project.root().join("dist/channels/chocolatey/tools");
    for name in ["chocolateyinstall.ps1", "chocolateyuninstall.ps1"] {
        let text = std::fs::read_to_string(folder.join(name)).expect("a script");
        assert!(!crate::installer::has_error(&text), "{text}");
        assert!(crate::installer::has_error(&text.replacen('}', "", 1)), "{text}");
        assert!(text.is_ascii(), "it is read as Windows-1252 without a mark");
    }
}

/// A world of the rehearsal in which snaps are published by the commands that are given.
fn snaps(store: Store) -> (Project, Rc<Exchange>) {
    let project = Project::packed("1.0.2").with_packaging();
    for name in ["snap", "unsquashfs", "snapcraft"] {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        std::fs::create_dir_all(project.root().join("programs")).expect("a folder");
        std::fs::write(project.root().join("programs").join(name), "").expect("a program");
    }
    let world = rehearse::world::World { snap: Service::new(store), ..Default::default() };
    let exchange = Rc::new(Exchange::new(world));
    let output = ship_snap(&project, &exchange, "publish github", &[]);
    assert_eq!(output.code, 0, "{}", output.notice);
    (project, exchange)
}

fn ship_snap(
    project: &Project,
    exchange: &Rc<Exchange>,
    words: &str,
    variables: &[(&str, &str)],
) -> Output {
    let programs = project.root().join("programs").to_string_lossy().into_owned();
    let base = exchange.world.borrow().github.base.clone();
    let fixed =
        [("PATH", programs.as_str()), ("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
    let variables = [&fixed[..], variables].concat();
    let (clock, folder) = (Hand::default(), project.root());
    let transport: &dyn Transport = &**exchange;
    let around = Surrounded { folder, variables: &variables, transport, clock: &clock };
    process::with_stand_in(exchange.stand_in(), || around.ship(words))
}

const SNAP: &[(&str, &str)] = &[("SNAP_STORE_CREDENTIALS", CREDENTIALS)];

#[test]
fn a_snap_is_fetched_from_candidate_and_compared_before_it_is_stable() {
    let (project, exchange) = snaps(Store::default());
    let output = ship_snap(&project, &exchange, "publish snap", SNAP);
    assert!(output.answer.contains("live after 4 actions"), "{}{}", output.answer, output.notice);
    let (project, exchange) = snaps(Store::default());
    exchange.world.borrow_mut().snap.is_spoiling = true;
    let output = ship_snap(&project, &exchange, "publish snap", SNAP);
    assert_eq!(output.code, 10, "{}", output.answer);
    assert!(output.notice.contains("is not the snap of this release"), "{}", output.notice);
    let channels = exchange.world.borrow().snap.channels.clone();
    assert!(channels.keys().all(|(risk, _)| risk == "candidate"), "{channels:?}");
}

#[test]
fn bytes_that_the_store_had_before_are_released_and_not_sent_again() {
    let (project, exchange) = snaps(Store::default());
    ship_snap(&project, &exchange, "publish snap", SNAP);
    exchange.world.borrow_mut().snap.channels.clear();
    let output = ship_snap(&project, &exchange, "publish snap", SNAP);
    assert!(output.answer.contains("live after 4 actions"), "{}{}", output.answer, output.notice);
    assert_eq!(exchange.world.borrow().snap.revisions.len(), 2);
}

#[test]
fn what_keeps_a_snap_from_being_sent_is_told_apart() {
    let check = |store: Store, credentials: &str, expected: &str| {
        let (project, exchange) = snaps(store);
        let secrets = [("SNAP_STORE_CREDENTIALS", credentials)];
        let output = ship_snap(&project, &exchange, "publish snap", &secrets);
        assert_eq!(output.code, 10, "{}", output.answer);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(!output.notice.contains(credentials), "{}", output.notice);
    };
    check(Store::default(), "b3RoZXI", "export the login anew");
    let unknown = Store { is_registered: false, ..Store::default() };
    check(unknown, CREDENTIALS, "register the name first");
}

#[test]
fn an_older_snap_is_released_again_and_one_that_never_was_is_not() {
    let (project, exchange) = snaps(Store::default());
    ship_snap(&project, &exchange, "publish snap", SNAP);
    {
        let mut world = exchange.world.borrow_mut();
        let older = world.snap.revisions.clone();
        let older = older.into_iter().map(|revision| {
            let (version, bytes) = ("1.0.1".to_owned(), [&revision.bytes[..], b"older"].concat());
            Revision { version, bytes, ..revision }
        });
        world.snap.revisions.extend(older);
    }
    let done = ship_snap(&project, &exchange, "rollback snap --to 1.0.1 --yes", SNAP);
    assert_eq!(done.code, 0, "{}{}", done.answer, done.notice);
    let numbers: Vec<usize> = exchange.world.borrow().snap.channels.values().copied().collect();
    assert_eq!(numbers, [3, 4, 3, 4]);
    let status = ship_snap(&project, &exchange, "status --json", SNAP).answer;
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let rows = status["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["id"] == "snap").expect("a row");
    assert_eq!(row["state"], "rolled_back", "{row}");
    let again = ship_snap(&project, &exchange, "rollback snap --to 1.0.1 --yes", SNAP);
    assert!(again.answer.contains("1.0.1 is there already"), "{}", again.answer);
    let never = ship_snap(&project, &exchange, "rollback snap --to 0.9.0 --yes", SNAP);
    assert!(never.notice.contains("the store never had version 0.9.0"), "{}", never.notice);
}
