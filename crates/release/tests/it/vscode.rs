//! The marketplace of VS Code: its own client publishes, and a sign-in is as good as a secret.

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use contextlite_release::command::Output;
use contextlite_release::process::{self, Finished};
use contextlite_release::rehearse::github::{GitHub, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::marketplace::{self, CLIENT, Marketplace};
use contextlite_release::rehearse::{Ask, Delivery, Fault, Host, Service};
use serde_json::Value;

use crate::project::{Project, Surrounded};
use crate::store::Town;

/// The name that the marketplace has for who signs in.
const MEMBER: &str = "d5bbde41-7360-68aa-a18d-1aedc36a400e";

/// What it says to somebody who is no member of the publisher.
const DENIED: &str = "Access Denied: d5bbde41-7360-68aa-a18d-1aedc36a400e needs the following \
                      permission(s) on the resource /ContextLite to perform this action: Publish \
                      new extensions to an existing publisher";

fn has(output: &Output, code: u8, expected: &str) {
    assert_eq!(output.code, code, "{}{}", output.answer, output.notice);
    let all = format!("{}{}", output.answer, output.notice);
    assert!(all.contains(expected), "{expected}: {all}");
}

/// A project whose release is on GitHub, and the marketplace with what stands in for its client.
struct World {
    project: Project,
    github: RefCell<Service<GitHub>>,
    market: Rc<RefCell<Service<Marketplace>>>,
}

impl World {
    fn published() -> Self {
        let project = Project::packed("1.0.2").with_packaging();
        for name in ["vsce", "az"] {
            let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            let path = project.root().join("target/ship-tools/bin").join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let world = Self { project, github: RefCell::default(), market: Rc::default() };
        has(&world.ship("publish github", &[]), 0, "live");
        world
    }

    fn ship(&self, words: &str, told: &[(&str, &str)]) -> Output {
        let base = self.github.borrow().base.clone();
        let mut variables = vec![("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
        variables.extend_from_slice(told);
        let (town, clock) = (Town(vec![&self.github, &*self.market]), Hand::default());
        let folder = self.project.root();
        let around = Surrounded { folder, variables: &variables, transport: &town, clock: &clock };
        let market = Rc::clone(&self.market);
        let stand_in = move |command: &Command| {
            let reach = |url: &str, ask: Ask| {
                let mut market = market.borrow_mut();
                let path = market.path_of(url).expect("an address of the marketplace");
                let there = Ask::new(&ask.method, &path);
                market.answer(&Ask { headers: ask.headers, body: ask.body, ..there })
            };
            match Path::new(command.get_program()).file_stem()?.to_str()? {
                "vsce" => Some(marketplace::run(command, &reach)),
                "az" => Some(Finished {
                    is_success: true,
                    output: format!("{MEMBER}\n").into_bytes(),
                    complaint: String::new(),
                }),
                _ => None,
            }
        };
        process::with_stand_in(Rc::new(stand_in), || around.ship(words))
    }

    /// The state that is reported, and what is said of it.
    fn state(&self, told: &[(&str, &str)]) -> (String, String) {
        let output = self.ship("status --json", told);
        let report: Value = serde_json::from_str(&output.answer).expect("a report");
        let mut rows = report["rows"].as_array().expect("rows").iter();
        let row = rows.find(|row| row["id"] == "vscode").expect("a row");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("cause"))
    }

    fn taken(&self) -> usize {
        self.market.borrow().host.taken().len()
    }
}

const SIGNED_IN: [(&str, &str); 2] = [("AZURE_CLIENT_ID", CLIENT), ("AZURE_TENANT_ID", "tenant")];

#[test]
fn the_identity_of_a_run_lets_nobody_in_who_has_not_signed_in() {
    let world = World::published();
    let run = [("ACTIONS_ID_TOKEN_REQUEST_URL", "https://here")];
    let half = [run[0], SIGNED_IN[0], ("AZURE_TENANT_ID", "")];
    for told in [&[][..], &run, &half] {
        has(&world.ship("publish vscode", told), 0, "skipped");
        let (state, cause) = world.state(told);
        assert_eq!(state, "skipped_unconfigured");
        let wanted = "a sign-in to Azure (AZURE_CLIENT_ID, AZURE_TENANT_ID), or VSCE_PAT";
        assert!(cause.contains(wanted), "{cause}");
        has(&world.ship("bootstrap vscode", told), 0, &format!("now: {wanted} is not given here"));
    }
    let plan = world.ship("plan", &[]);
    has(&plan, 0, "sign-in to Azure, or VSCE_PAT");
    assert_eq!(world.taken(), 0);
}

#[test]
fn who_signed_in_publishes_and_a_token_that_ended_is_not_asked() {
    let world = World::published();
    let told = [&SIGNED_IN[..], &[("VSCE_PAT", "ended")]].concat();
    has(&world.ship("publish vscode --dry-run", &SIGNED_IN), 0, "would do");
    has(&world.ship("publish vscode", &told), 0, "live after 8 actions");
    has(&world.ship("publish vscode", &SIGNED_IN), 0, "live, nothing to do");
    assert_eq!(world.taken(), 8);
}

#[test]
fn who_is_refused_is_told_what_to_do_and_by_which_id() {
    let world = World::published();
    let stranger = [("AZURE_CLIENT_ID", "another"), SIGNED_IN[1]];
    let output = world.ship("publish vscode", &stranger);
    has(&output, 10, "sign in just before (azure/login)");
    let number = world.market.borrow().log.len();
    // A look of ours, one of the client's, and then it publishes.
    let refusal = Fault::Refuse(403, Vec::new(), DENIED);
    world.market.borrow_mut().faults.insert(number + 2, refusal.clone());
    let output = world.ship("publish vscode", &SIGNED_IN);
    has(&output, 10, &format!("publisher's members as Contributor, by its id {MEMBER}"));
    has(&output, 10, "`cargo ship bootstrap vscode` says how");
    let number = world.market.borrow().log.len();
    world.market.borrow_mut().faults.insert(number + 2, refusal);
    let output = world.ship("publish vscode", &[("VSCE_PAT", marketplace::TOKEN)]);
    has(&output, 10, "VSCE_PAT: a token of one organisation with Marketplace (Manage)");
    assert_eq!(world.taken(), 0);
    has(&world.ship("publish vscode", &SIGNED_IN), 0, "live after 8 actions");
}

/// The client itself, with what goes wrong at the marketplace.
#[cfg(target_os = "linux")]
#[test]
fn the_client_itself_publishes_each_platform_once_whatever_happens() {
    use contextlite_release::http::Network;
    use contextlite_release::rehearse::server::Server;

    use crate::registry::Beside;
    use crate::sample::tools;

    let client = tools().join("channel/node/node_modules/.bin/vsce");
    assert!(client.is_file(), "vsce is missing; run scripts/release/setup-channel vscode");
    let project = Project::packed("1.0.2").with_packaging();
    let folder = project.root();
    std::fs::create_dir_all(folder.join("target")).expect("a folder");
    std::os::unix::fs::symlink(tools(), folder.join("target/ship-tools")).expect("a link");
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path().to_string_lossy().into_owned();
    let path = std::env::var("PATH").expect("a search path");
    let market = Server::start(Service::new(Marketplace::default())).expect("a server");
    let github: RefCell<Service<GitHub>> = RefCell::default();
    let base = github.borrow().base.clone();
    let (network, clock) = (Network::default(), Hand::default());
    let transport = Beside { github: &github, network: &network };
    let ship = |words: &str, token: &str| {
        let variables = [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("GITHUB_TOKEN", TOKEN),
            ("GITHUB_API_URL", &base),
            ("VSCE_MARKETPLACE_URL", market.base()),
            ("VSCE_PAT", token),
            ("CARGO_SHIP_RUN_ONLY", "native"),
        ];
        let variables = &variables;
        Surrounded { folder, variables, transport: &transport, clock: &clock }.ship(words)
    };
    has(&ship("publish github", ""), 0, "live");
    has(&ship("publish vscode", "wrong"), 10, "Failed request: (401)");
    has(&ship("publish vscode", "wrong"), 10, "VSCE_PAT: a token of one organisation");
    assert_eq!(market.service().host.taken().len(), 0);
    // A look; the client asks where things are, looks, and makes the extension, whose answer is
    // lost; another look, a file that is refused, one that is taken; and then nothing arrives.
    let disturb = |at: usize, faults: &[(usize, Fault)]| {
        let faults = faults.iter().map(|(number, fault)| (at + number, fault.clone()));
        market.service().faults = faults.collect();
    };
    let mut faults =
        vec![(3, Fault::LostAnswer), (7, Fault::Refuse(500, Vec::new(), "the service is busy"))];
    faults.extend((12..60).map(|number| (number, Fault::LostRequest)));
    let at = market.service().log.len();
    disturb(at, &faults);
    let output = ship("publish vscode", marketplace::TOKEN);
    has(&output, 10, "failed");
    assert!(output.notice.contains("the service is busy"), "{}", output.notice);
    assert_eq!(market.service().host.taken().len(), 2);
    disturb(0, &[]);
    let rest = ship("publish vscode --dry-run", marketplace::TOKEN);
    has(&rest, 0, "would do, in this order:");
    assert_eq!(rest.answer.matches(".vsix").count(), 6, "{}", rest.answer);
    // What is taken is not shown at once: it is not sent again.
    let at = market.service().log.len();
    let lag: Vec<_> = (0..200).map(|at| (at, Fault::Own(marketplace::LAG))).collect();
    disturb(at, &lag);
    has(&ship("publish vscode", marketplace::TOKEN), 0, "submitted");
    has(&ship("publish vscode", marketplace::TOKEN), 0, "submitted");
    disturb(0, &[]);
    has(&ship("publish vscode", marketplace::TOKEN), 0, "live, nothing to do");
    has(&ship("verify vscode", ""), 0, "8 extensions compared");
    let taken = market.service().host.taken();
    assert_eq!(taken.len(), 8, "{taken:?}");
    assert_eq!(market.service().answer(&Ask::new("GET", "/")).1, Delivery::Whole);
}
