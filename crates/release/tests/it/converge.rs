//! Whatever breaks, a run that follows ends with the same release, and with one of it.
//!
//! The laws are checked exhaustively: death before and after every request, two deaths in a row
//! for every pair, and every fault at every request. The release that an undisturbed run makes
//! is the one that all others are compared with.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use contextlite_release::command::Output;
use contextlite_release::http::Transport;
use contextlite_release::rehearse::Fault;
use contextlite_release::rehearse::direct::{Direct, Interposing, Killed, Killing, When};
use contextlite_release::rehearse::github::{
    COMMIT, GitHub, STUCK, StoredAsset, StoredRelease, TAKEN, TOKEN, VANISHED,
};
use contextlite_release::rehearse::hand::{Hand, NOW};
use contextlite_release::rehearse::server::Server;

use crate::project::{Fake, Project, Surrounded};

/// The requests that an undisturbed run makes, so that a change of their number is noticed.
const REQUESTS: usize = 28;

/// What of a release has to be the same, whatever happened on the way.
#[derive(Debug, PartialEq, Eq)]
struct Final {
    tag: String,
    name: String,
    body: String,
    is_draft: bool,
    is_prerelease: bool,
    assets: Vec<(String, Vec<u8>)>,
    is_latest: bool,
    count: usize,
}

fn final_of(fake: &Fake) -> Final {
    let release = fake.releases.first().expect("a release");
    let mut assets: Vec<(String, Vec<u8>)> =
        release.assets.iter().map(|asset| (asset.name.clone(), asset.bytes.clone())).collect();
    assets.sort();
    Final {
        tag: release.tag.clone(),
        name: release.name.clone(),
        body: release.body.clone(),
        is_draft: release.is_draft,
        is_prerelease: release.is_prerelease,
        assets,
        is_latest: fake.latest == Some(release.id),
        count: fake.releases.len(),
    }
}

/// Publishes through a transport that speaks to a host at `base`.
fn publish(project: &Project, base: &str, transport: &dyn Transport) -> Output {
    let clock = Hand::default();
    let variables = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base)];
    let folder = project.root();
    let around = Surrounded { folder, variables: &variables, transport, clock: &clock };
    around.ship("publish --only github")
}

fn publish_directly(project: &Project, direct: &Direct<GitHub>) -> Output {
    let base = direct.service.borrow().base.clone();
    publish(project, &base, direct)
}

/// Publishes until death; returns whether it came that far.
fn publish_until(project: &Project, base: &str, killing: &Killing<'_>) -> bool {
    let run = AssertUnwindSafe(|| publish(project, base, killing));
    match std::panic::catch_unwind(run) {
        Ok(_) => false,
        Err(cause) if cause.is::<Killed>() => true,
        Err(cause) => std::panic::resume_unwind(cause),
    }
}

fn killing(inner: &dyn Transport, at: usize, when: When) -> Killing<'_> {
    Killing { inner, at, when, count: Cell::new(0) }
}

/// What an undisturbed run makes of a host.
fn undisturbed(project: &Project, fake: &Fake) -> Final {
    let direct = Direct::new(fake.clone());
    let output = publish_directly(project, &direct);
    assert_eq!(output.code, 0, "{}", output.notice);
    final_of(&direct.service.borrow())
}

#[test]
fn an_undisturbed_run_makes_the_release_of_the_plan_and_a_second_changes_nothing() {
    let project = Project::packed("1.0.2");
    let direct = Direct::new(Fake::default());
    let output = publish_directly(&project, &direct);
    assert_eq!(output.code, 0, "{}", output.notice);
    assert_eq!(direct.service.borrow().log.len(), REQUESTS, "{:#?}", direct.service.borrow().log);
    let first = final_of(&direct.service.borrow());
    assert_eq!((first.tag.as_str(), first.is_draft, first.count), ("v1.0.2", false, 1));
    assert!(first.is_latest && !first.is_prerelease);
    assert_eq!(first.name, "contextlite 1.0.2");
    assert_eq!(first.body, "### Added\n\n- a thing\n\n<!-- cargo ship v1.0.2 -->\n");
    assert_eq!(first.assets.len(), 16);
    assert_eq!(direct.service.borrow().releases[0].target, COMMIT);
    direct.service.borrow_mut().log.clear();
    let again = publish_directly(&project, &direct);
    assert_eq!((again.code, again.notice.as_str()), (0, ""));
    assert!(again.answer.contains("live, nothing to do"), "{}", again.answer);
    assert_eq!(final_of(&direct.service.borrow()), first);
    let only_reads = direct.service.borrow().log.iter().all(|request| request.starts_with("GET"));
    assert!(only_reads, "{:?}", direct.service.borrow().log);
}

#[test]
fn death_at_any_request_is_followed_by_the_same_release() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for at in 0..REQUESTS {
        for when in [When::Before, When::After] {
            let direct = Direct::new(Fake::default());
            let base = direct.service.borrow().base.clone();
            assert!(publish_until(&project, &base, &killing(&direct, at, when)), "{at} {when:?}");
            let output = publish_directly(&project, &direct);
            assert_eq!(output.code, 0, "{at} {when:?}: {}", output.notice);
            assert_eq!(final_of(&direct.service.borrow()), expected, "{at} {when:?}");
        }
    }
}

#[test]
fn two_deaths_in_a_row_are_followed_by_the_same_release() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    let points = || (0..REQUESTS).flat_map(|at| [(at, When::Before), (at, When::After)]);
    for (at, when) in points() {
        let once = Direct::new(Fake::default());
        let base = once.service.borrow().base.clone();
        publish_until(&project, &base, &killing(&once, at, when));
        for (next_at, next_when) in points() {
            let direct = Direct::new(once.service.borrow().clone());
            publish_until(&project, &base, &killing(&direct, next_at, next_when));
            let output = publish_directly(&project, &direct);
            let case = format!("{at} {when:?}, {next_at} {next_when:?}");
            assert_eq!(output.code, 0, "{case}: {}", output.notice);
            assert_eq!(final_of(&direct.service.borrow()), expected, "{case}");
        }
    }
}

/// Every fault that passes, or that spoils what is sent.
fn passing_faults() -> Vec<Fault> {
    let header = |name, value: &str| vec![(name, value.to_owned())];
    vec![
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::HalfAnswer,
        Fault::Own(STUCK),
        Fault::Truncated,
        Fault::Damaged,
        Fault::Own(TAKEN),
        Fault::Own(VANISHED),
        Fault::Refuse(500, Vec::new(), "Server Error"),
        Fault::Refuse(502, Vec::new(), "Bad Gateway"),
        Fault::Refuse(503, Vec::new(), "Unavailable"),
        Fault::Refuse(409, Vec::new(), "Conflict"),
        Fault::Refuse(429, header("retry-after", "7"), "Too many requests"),
        Fault::Refuse(
            403,
            header("retry-after", "30"),
            "You have exceeded a secondary rate limit.",
        ),
        Fault::Refuse(403, Vec::new(), "You have exceeded a secondary rate limit."),
        Fault::Refuse(
            403,
            vec![
                ("x-ratelimit-remaining", "0".to_owned()),
                ("x-ratelimit-reset", (NOW + 90).to_string()),
            ],
            "API rate limit exceeded for installation.",
        ),
    ]
}

#[test]
fn one_fault_at_any_request_is_overcome_in_the_same_run() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for fault in passing_faults() {
        for at in 0..REQUESTS {
            let mut fake = Fake::default();
            fake.faults.insert(at, fault.clone());
            let direct = Direct::new(fake);
            let output = publish_directly(&project, &direct);
            assert_eq!(output.code, 0, "{fault:?} at {at}: {}", output.notice);
            assert_eq!(final_of(&direct.service.borrow()), expected, "{fault:?} at {at}");
        }
    }
}

#[test]
fn two_faults_anywhere_are_overcome_in_the_same_run_or_the_next() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    let faults = [Fault::LostAnswer, Fault::Own(STUCK), Fault::Damaged, Fault::LostRequest];
    for first in 0..REQUESTS {
        for second in first + 1..REQUESTS + 4 {
            for (place, fault) in faults.iter().enumerate() {
                let mut fake = Fake::default();
                fake.faults.insert(first, fault.clone());
                fake.faults.insert(second, faults[(place + 1) % faults.len()].clone());
                let direct = Direct::new(fake);
                let _ = publish_directly(&project, &direct);
                let output = publish_directly(&project, &direct);
                let case = format!("{fault:?} at {first}, {second}");
                assert_eq!(output.code, 0, "{case}: {}", output.notice);
                assert_eq!(final_of(&direct.service.borrow()), expected, "{case}");
            }
        }
    }
}

#[test]
fn a_host_that_fails_for_a_while_is_outlived_by_repeating_the_command() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for bad in [30, 60, 90] {
        let faults = (2..bad).map(|at| (at, Fault::LostAnswer)).collect();
        let direct = Direct::new(Fake { faults, ..Fake::default() });
        let first = publish_directly(&project, &direct);
        let mut runs = 1;
        while publish_directly(&project, &direct).code != 0 {
            runs += 1;
            assert!(runs < 20, "{bad}: {}", first.notice);
        }
        assert_eq!(final_of(&direct.service.borrow()), expected, "{bad}");
    }
}

#[test]
fn two_runs_at_the_same_time_make_one_release() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for makes_immutable in [false, true] {
        for at in 0..REQUESTS {
            let direct = Direct::new(Fake::new(GitHub { makes_immutable, ..GitHub::default() }));
            let base = direct.service.borrow().base.clone();
            let other = || assert_eq!(publish_directly(&project, &direct).code, 0);
            let interposing =
                Interposing { inner: &direct, at, event: &other, count: Cell::new(0) };
            let output = publish(&project, &base, &interposing);
            assert_eq!(output.code, 0, "{at}: {}", output.notice);
            assert_eq!(final_of(&direct.service.borrow()), expected, "{at}");
        }
    }
}

#[test]
fn a_list_that_lags_behind_makes_no_second_release() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for lag in 1..6 {
        let direct = Direct::new(Fake::new(GitHub { lag, ..GitHub::default() }));
        let output = publish_directly(&project, &direct);
        assert_eq!(output.code, 0, "{lag}: {}", output.notice);
        assert_eq!(final_of(&direct.service.borrow()), expected, "{lag}");
        // The draft's answer is lost as well: only the list could have told of it.
        let mut fake = Fake::new(GitHub { lag, ..GitHub::default() });
        fake.faults.insert(3, Fault::LostAnswer);
        let direct = Direct::new(fake);
        let _ = publish_directly(&project, &direct);
        let output = publish_directly(&project, &direct);
        assert_eq!(output.code, 0, "{lag}: {}", output.notice);
        assert_eq!(final_of(&direct.service.borrow()), expected, "{lag}");
    }
}

#[test]
fn a_host_without_digests_is_asked_for_the_bytes() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    for fault in [Fault::Own(STUCK), Fault::Truncated, Fault::Damaged] {
        for at in 0..REQUESTS {
            let mut fake = Fake::new(GitHub { says_digests: false, ..GitHub::default() });
            fake.faults.insert(at, fault.clone());
            let direct = Direct::new(fake);
            let output = publish_directly(&project, &direct);
            assert_eq!(output.code, 0, "{fault:?} at {at}: {}", output.notice);
            assert_eq!(final_of(&direct.service.borrow()), expected, "{fault:?} at {at}");
        }
    }
}

/// A half-filled draft as an earlier run or a person may have left it.
fn draft(body: &str, assets: &[(&str, &'static str, &str)]) -> StoredRelease {
    let stored = |place: usize, (name, state, text): &(&str, &'static str, &str)| StoredAsset {
        id: 100 + place as u64,
        name: (*name).to_owned(),
        state,
        bytes: text.as_bytes().to_owned(),
        content_type: "application/gzip".to_owned(),
    };
    StoredRelease {
        id: 50,
        tag: "v1.0.2".to_owned(),
        name: "untitled".to_owned(),
        body: body.to_owned(),
        target: "main".to_owned(),
        is_draft: true,
        is_prerelease: false,
        is_immutable: false,
        assets: assets.iter().enumerate().map(|(place, asset)| stored(place, asset)).collect(),
    }
}

#[test]
fn a_draft_in_any_state_becomes_the_same_release() {
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    let name = "contextlite-1.0.2-checksums.txt";
    let right = format!("the bytes of {name}");
    let ours = "notes of an earlier day\n\n<!-- cargo ship v1.0.2 -->";
    let drafts = [
        draft("a person's notes", &[]),
        draft("a person's notes", &[(name, "uploaded", &right)]),
        draft("a person's notes", &[(name, "uploaded", "other")]),
        draft(ours, &[]),
        draft(ours, &[(name, "starter", "")]),
        draft(ours, &[(name, "uploaded", &right.replace("the", "not"))]),
        draft(ours, &[("an-older-name.zip", "uploaded", "old"), (name, "uploaded", &right)]),
    ];
    for draft in drafts {
        let fake =
            Fake::new(GitHub { next_id: 500, releases: vec![draft.clone()], ..GitHub::default() });
        let direct = Direct::new(fake);
        let output = publish_directly(&project, &direct);
        assert_eq!(output.code, 0, "{draft:?}: {}", output.notice);
        assert_eq!(final_of(&direct.service.borrow()), expected, "{draft:?}");
        assert_eq!(direct.service.borrow().releases[0].id, 50, "the draft was filled, not another");
    }
}

#[test]
fn the_network_brings_the_same_and_death_there_too() {
    use contextlite_release::http::Network;
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    let network = Network::default();
    let server = Server::start(Fake::new(GitHub { says_digests: false, ..GitHub::default() }))
        .expect("a free port");
    let output = publish(&project, server.base(), &network);
    assert_eq!(output.code, 0, "{}", output.notice);
    assert_eq!(final_of(&server.service()), expected);
    for at in 0..REQUESTS {
        for when in [When::Before, When::After] {
            let server = Server::start(Fake::default()).expect("a free port");
            assert!(publish_until(&project, server.base(), &killing(&network, at, when)));
            let output = publish(&project, server.base(), &network);
            assert_eq!(output.code, 0, "{at} {when:?}: {}", output.notice);
            assert_eq!(final_of(&server.service()), expected, "{at}");
        }
    }
}

#[test]
fn the_network_overcomes_every_fault_at_every_request() {
    use contextlite_release::http::Network;
    let project = Project::packed("1.0.2");
    let expected = undisturbed(&project, &Fake::default());
    let network = Network::default();
    for fault in passing_faults() {
        for at in 0..REQUESTS {
            let mut fake = Fake::default();
            fake.faults.insert(at, fault.clone());
            let server = Server::start(fake).expect("a free port");
            let output = publish(&project, server.base(), &network);
            assert_eq!(output.code, 0, "{fault:?} at {at}: {}", output.notice);
            let fake = server.service();
            assert_eq!(final_of(&fake), expected, "{fault:?} at {at}");
        }
    }
}
