//! What is disturbed, and the laws that have to hold all the same.
//!
//! [`prove`] takes one channel through everything that can happen to any: it is published in an
//! undisturbed world, which says what the end has to be; then again in a fresh world for each
//! disturbance, and once more by the same command. No case is written for a channel: they follow
//! from the number of moments of its undisturbed run, so a channel that is added is disturbed in
//! every way on its first day. The laws:
//!
//! 1. *Converges*: the same command again leaves the same world as an undisturbed run.
//! 2. *Once*: nothing is taken twice, whatever was lost.
//! 3. *Never wrong*: after every single request everybody sees only what belongs to the release,
//!    or what was there before.
//! 4. *True*: what `cargo ship status` says of the channel agrees with what its service knows,
//!    after the disturbed run and after the next.
//! 5. *Quiet*: a run that finds everything in place changes nothing.
//! 6. *Compared*: a download that was damaged on its way is never verified, and the next one is.
//! 7. A secret that is missing is a skip where nothing of ours ever was, and a failure where an
//!    older version is; a newer version is never replaced.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::build::trial::RUN_ONLY;
use crate::channel;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::facts::Credential;
use crate::process;
use crate::rehearse::Fault;
use crate::rehearse::direct::{Killed, When};
use crate::rehearse::github::COMMIT;
use crate::rehearse::hand::{Hand, NOW};
use crate::rehearse::world::{Asked, Disturbance, Exchange, PROGRAMS, World};
use crate::surroundings::Surroundings;

/// How often the same command is given before a run counts as one that does not converge.
const RUNS_MAX: usize = 3;

/// The most broken laws that are told of one channel; after the first few there is nothing new.
const BROKEN_MAX: usize = 5;

/// The folders of a project that a run writes, below `dist`.
const WRITTEN: [&str; 4] = ["journal", "receipts", "work", "published"];

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Its answer.
    pub answer: String,
    /// Its notice.
    pub notice: String,
    /// Its exit code.
    pub code: u8,
}

/// Runs a command line of this program, without the program's name.
pub type Ship<'a> = dyn Fn(&str, Surroundings<'_>) -> Said + 'a;

/// Where a channel is rehearsed.
pub struct Stage<'a> {
    /// A project whose release is packed.
    pub root: &'a Path,
    /// The same with an older version.
    pub older: &'a Path,
    /// The same with a newer one.
    pub newer: &'a Path,
    /// The tags of the three; each names the commit of the rehearsal.
    pub tags: &'a [String],
    /// This program.
    pub ship: &'a Ship<'a>,
}

/// What became of the cases of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// The number of cases.
    pub cases: usize,
    /// Those in which every law held.
    pub converged: usize,
    /// The laws that did not hold: the case, and what was seen; the first of them.
    pub broken: Vec<String>,
}

impl Proof {
    fn note(&mut self, case: &str, broken: Vec<String>) {
        self.cases += 1;
        if broken.is_empty() {
            self.converged += 1;
        }
        let room = BROKEN_MAX.saturating_sub(self.broken.len());
        self.broken.extend(broken.iter().take(room).map(|what| format!("{case}: {what}")));
    }
}

/// What a channel's service knows of the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Absent,
    Partial,
    Waiting,
    There,
}

/// What the end has to be.
struct End {
    /// What everybody sees.
    shown: BTreeMap<String, String>,
    /// What waits.
    pending: BTreeMap<String, String>,
    /// What was taken.
    taken: Vec<String>,
}

impl End {
    fn of(world: &World) -> Self {
        Self { shown: world.shown(), pending: world.pending(), taken: world.taken() }
    }

    /// What of the end is in a world, for one channel.
    fn truth(&self, world: &World, id: &str) -> Truth {
        let prefix = format!("{id}/");
        let all = self.shown.iter().chain(&self.pending);
        let wanted: Vec<_> = all.filter(|(name, _)| name.starts_with(&prefix)).collect();
        let (shown, pending) = (world.shown(), world.pending());
        let is_in = |map: &BTreeMap<String, String>, (name, form): (&String, &String)| {
            map.get(name) == Some(form)
        };
        let there = wanted.iter().filter(|&&thing| is_in(&shown, thing)).count();
        let known = wanted.iter().filter(|&&t| is_in(&shown, t) || is_in(&pending, t)).count();
        match (there, known) {
            (there, _) if there == wanted.len() => Truth::There,
            (_, known) if known == wanted.len() => Truth::Waiting,
            (0, 0) => Truth::Absent,
            _ => Truth::Partial,
        }
    }

    /// How a world differs from it, as phrases.
    fn differences(&self, world: &World) -> Vec<String> {
        let mut found = Vec::new();
        let maps =
            [(&self.shown, world.shown(), "shown"), (&self.pending, world.pending(), "pending")];
        for (expected, actual, what) in maps {
            for (name, form) in expected {
                match actual.get(name) {
                    None => found.push(format!("{name} is not {what}")),
                    Some(other) if other != form => found.push(format!("{name} is {other}")),
                    Some(_) => {}
                }
            }
            let more = actual.keys().filter(|name| !expected.contains_key(*name));
            found.extend(more.map(|name| format!("{name} is {what} too")));
        }
        let taken = world.taken();
        if found.is_empty() && taken != self.taken {
            found.push(format!("taken: {taken:?}, not {:?}", self.taken));
        }
        found
    }
}

/// Proves the laws for a channel.
///
/// # Errors
///
/// [`Error::Io`] if the folder of the rehearsal cannot be written; [`Error::Surroundings`] if a
/// release cannot be published undisturbed.
pub fn prove(stage: &Stage<'_>, id: &str) -> Result<Proof> {
    let mut proof = Proof::default();
    let start = stage.start(id)?;
    let publish = format!("publish {id}");
    let (exchange, said) = stage.run(start.clone(), &publish, None, None)?;
    let (moments, asked) = exchange.moments();
    if said.code != 0 {
        proof.note("undisturbed", vec![format!("{}{}", said.answer, said.notice)]);
        return Ok(proof);
    }
    let end = End::of(&exchange.world.borrow());
    proof.note("undisturbed", stage.truth(&exchange, &end, id));
    proof.note("a second run", stage.quiet(&exchange, &end, &publish, id));
    exchange.world.borrow_mut().approve();
    let approved = End::of(&exchange.world.borrow());
    proof.note("after the review", stage.quiet(&exchange, &approved, &publish, id));
    for disturbance in disturbances(moments, &asked) {
        let case = format!("{disturbance:?}");
        proof.note(&case, stage.disturbed(&start, &end, id, disturbance)?);
    }
    for (case, broken) in stage.verifications(&exchange.world.borrow().clone(), id)? {
        proof.note(&case, broken);
    }
    for (case, broken) in stage.secrets(&start, &end, id)? {
        proof.note(&case, broken);
    }
    Ok(proof)
}

/// Everything that can happen to a run of so many moments: a death at each, and each fault at those
/// at which a service is asked.
fn disturbances(moments: usize, asked: &[Asked]) -> Vec<Disturbance> {
    let header = |name, value: &str| vec![(name, value.to_owned())];
    let limit = vec![
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", (NOW + 90).to_string()),
    ];
    let faults = [
        Fault::Refuse(401, Vec::new(), "Bad credentials"),
        Fault::Refuse(403, Vec::new(), "Forbidden"),
        Fault::Refuse(403, limit, "API rate limit exceeded"),
        Fault::Refuse(409, Vec::new(), "Conflict"),
        Fault::Refuse(422, Vec::new(), "Validation Failed"),
        Fault::Refuse(429, header("retry-after", "7"), "Too many requests"),
        Fault::Refuse(500, Vec::new(), "Server Error"),
        Fault::Refuse(503, header("retry-after", "3"), "Unavailable"),
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::HalfAnswer,
        Fault::Truncated,
        Fault::Damaged,
        Fault::Spoiled,
    ];
    let deaths = (0..moments)
        .flat_map(|at| [When::Before, When::After].map(|when| Disturbance::Kill(at, when)));
    let of_all = asked.iter().flat_map(|asked| {
        faults.iter().map(move |fault| Disturbance::Fault(asked.moment, fault.clone()))
    });
    let own = asked.iter().flat_map(|asked| {
        let fault = |&fault| Disturbance::Fault(asked.moment, Fault::Own(fault));
        asked.own_faults.iter().map(fault)
    });
    deaths.chain(of_all).chain(own).collect()
}

impl Stage<'_> {
    /// The world before a channel is published: the release is out, if it is not the channel.
    fn start(&self, id: &str) -> Result<World> {
        let mut world = World::default();
        for tag in self.tags {
            world.github.tags.insert(tag.clone(), COMMIT.to_owned());
        }
        if id == "github" {
            return Ok(world);
        }
        self.published(self.root, world, "github")
    }

    /// A world in which a project published to a channel, and everything was let through.
    fn published(&self, root: &Path, world: World, id: &str) -> Result<World> {
        let exchange = Rc::new(Exchange::new(world));
        let said = self.ship(root, &exchange, &format!("publish {id}"), &[]);
        if said.code != 0 {
            let what = format!("{id} is not published undisturbed: {}{}", said.answer, said.notice);
            let next = "publish it by hand in the folder of the rehearsal".to_owned();
            return Err(Error::Surroundings { what, next });
        }
        let mut world = exchange.world.borrow().clone();
        world.approve();
        Ok(world)
    }

    /// Runs one command in a world, from a clean folder.
    fn run(
        &self,
        world: World,
        words: &str,
        disturbance: Option<Disturbance>,
        allowed: Option<&End>,
    ) -> Result<(Rc<Exchange>, Said)> {
        self.clean()?;
        let before = world.shown();
        let exchange = Rc::new(Exchange::new(world));
        let allow = |end: &End| {
            let mut forms: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, form) in end.shown.iter().chain(&end.pending).chain(&before) {
                forms.entry(name.clone()).or_default().push(form.clone());
            }
            forms
        };
        exchange.allowed.replace(allowed.map(allow));
        exchange.disturbance.replace(disturbance);
        let said = self.until_death(&exchange, words);
        exchange.disturbance.replace(None);
        Ok((exchange, said))
    }

    /// Runs one command, which may die; a dead one says nothing.
    fn until_death(&self, exchange: &Rc<Exchange>, words: &str) -> Said {
        let run = AssertUnwindSafe(|| self.ship(self.root, exchange, words, &[]));
        match std::panic::catch_unwind(run) {
            Ok(said) => said,
            Err(cause) if cause.is::<Killed>() => Said::default(),
            Err(cause) => std::panic::resume_unwind(cause),
        }
    }

    /// Runs one command in a project, without some variables.
    fn ship(&self, root: &Path, exchange: &Rc<Exchange>, words: &str, without: &[&str]) -> Said {
        let known = exchange.world.borrow().variables();
        let known = known.into_iter().filter(|(name, _)| !without.contains(name));
        let mut variables: Vec<(std::ffi::OsString, std::ffi::OsString)> =
            known.map(|(name, value)| (name.into(), value.into())).collect();
        variables.push(("PATH".into(), programs(root).into()));
        // What runs another platform's programs is no part of this.
        variables.push((RUN_ONLY.into(), "native".into()));
        let environment = Environment::new(root, variables, &|_| {});
        let clock = Hand::default();
        let transport: &Exchange = exchange;
        let surroundings = Surroundings { environment: &environment, transport, clock: &clock };
        process::with_stand_in(exchange.stand_in(), || (self.ship)(words, surroundings))
    }

    /// Removes what runs before wrote, and puts the programs in their place.
    fn clean(&self) -> Result<()> {
        for name in WRITTEN {
            let folder = self.root.join("dist").join(name);
            if folder.is_dir() {
                std::fs::remove_dir_all(&folder).map_err(Error::at(&folder))?;
            }
        }
        for root in [self.root, self.older, self.newer] {
            let folder = programs(root);
            std::fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
            for (name, _) in PROGRAMS {
                let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
                std::fs::write(&path, "").map_err(Error::at(&path))?;
            }
        }
        Ok(())
    }

    /// One case: disturbed, and then the same command until it is done.
    fn disturbed(
        &self,
        start: &World,
        end: &End,
        id: &str,
        disturbance: Disturbance,
    ) -> Result<Vec<String>> {
        let publish = format!("publish {id}");
        let (exchange, first) = self.run(start.clone(), &publish, Some(disturbance), Some(end))?;
        let mut broken = self.truth(&exchange, end, id);
        let mut said = first;
        for _ in 0..RUNS_MAX {
            said = self.ship(self.root, &exchange, &publish, &[]);
            if said.code == 0 && end.differences(&exchange.world.borrow()).is_empty() {
                break;
            }
        }
        broken.extend(end.differences(&exchange.world.borrow()));
        if !broken.is_empty() || said.code != 0 {
            broken.push(format!("the last run said {}{}", said.answer, said.notice));
        }
        broken.extend(self.truth(&exchange, end, id));
        broken.extend(exchange.wrong.take());
        Ok(broken)
    }

    /// A run that finds everything in place.
    fn quiet(&self, exchange: &Rc<Exchange>, end: &End, publish: &str, id: &str) -> Vec<String> {
        let said = self.ship(self.root, exchange, publish, &[]);
        let mut broken = end.differences(&exchange.world.borrow());
        if said.code != 0 || !said.answer.contains("nothing to do") {
            broken.push(format!("it said {}{}", said.answer, said.notice));
        }
        broken.extend(self.truth(exchange, end, id));
        broken
    }

    /// Compares the report with what the services know.
    fn truth(&self, exchange: &Rc<Exchange>, end: &End, id: &str) -> Vec<String> {
        let state = self.state(exchange, id, &[]);
        let truth = end.truth(&exchange.world.borrow(), id);
        let is_true = match truth {
            Truth::There => matches!(state.as_str(), "live" | "verified"),
            Truth::Waiting => matches!(state.as_str(), "in_review" | "submitted"),
            Truth::Partial => state == "failed",
            Truth::Absent => {
                let known = ["planned", "failed", "blocked_upstream", "skipped_unconfigured"];
                known.contains(&state.as_str())
            }
        };
        if is_true { Vec::new() } else { vec![format!("the report says {state}, it is {truth:?}")] }
    }

    /// What the report says of a channel.
    fn state(&self, exchange: &Rc<Exchange>, id: &str, without: &[&str]) -> String {
        let said = self.ship(self.root, exchange, "status --json", without);
        let report: Value = serde_json::from_str(&said.answer).unwrap_or_default();
        let mut rows = report["rows"].as_array().into_iter().flatten();
        let row = rows.find(|row| row["id"] == id);
        let state = row.and_then(|row| row["state"].as_str()).unwrap_or("unknown");
        state.to_owned()
    }

    /// The cases of a download that is not what was released: whatever is damaged on its way is not
    /// verified, and another look finds it right.
    fn verifications(&self, world: &World, id: &str) -> Result<Vec<(String, Vec<String>)>> {
        let verify = format!("verify {id}");
        let is_verified = |said: &Said| said.code == 0 && said.answer.contains("verified: ");
        let (exchange, undisturbed) = self.run(world.clone(), &verify, None, None)?;
        if !is_verified(&undisturbed) {
            // Nothing here can run what the channel gives; what was got was compared.
            let is_told = undisturbed.answer.contains("not run here");
            let broken = if is_told { Vec::new() } else { vec![format!("{undisturbed:?}")] };
            return Ok(vec![("verified undisturbed".to_owned(), broken)]);
        }
        let mut cases = Vec::new();
        for Asked { moment, .. } in exchange.moments().1 {
            let fault = Disturbance::Fault(moment, Fault::Spoiled);
            let case = format!("verified, {fault:?}");
            let (exchange, said) = self.run(world.clone(), &verify, Some(fault), None)?;
            let mut broken = Vec::new();
            let spoiled = exchange.spoiled.take();
            if spoiled.is_some_and(|path| is_archive(&path)) && is_verified(&said) {
                broken.push(format!("a damaged download was taken: {}", said.answer));
            }
            let again = self.ship(self.root, &exchange, &verify, &[]);
            if !is_verified(&again) {
                broken.push(format!("it is not verified afterwards: {again:?}"));
            }
            cases.push((case, broken));
        }
        Ok(cases)
    }

    /// The cases of a missing secret, and of a version that is there before.
    fn secrets(&self, start: &World, end: &End, id: &str) -> Result<Vec<(String, Vec<String>)>> {
        let mut cases = Vec::new();
        let facts = channel::facts().into_iter().find(|facts| facts.id == id);
        let credential = facts.map(|facts| facts.credential);
        let secret = credential.and_then(Credential::secret);
        let Some(secret) = secret.filter(|_| id != "github") else { return Ok(cases) };
        let publish = format!("publish {id}");
        let attempt = |world: World, without: &[&str], code: u8, state: &str| -> Result<_> {
            self.clean()?;
            let before = End::of(&world);
            let exchange = Rc::new(Exchange::new(world));
            let said = self.ship(self.root, &exchange, &publish, without);
            let mut broken = before.differences(&exchange.world.borrow());
            let found = self.state(&exchange, id, without);
            if (said.code, found.as_str()) != (code, state) {
                let text = format!("{} {found}, not {code} {state}: {}", said.code, said.notice);
                broken.push(text);
            }
            Ok(broken)
        };
        // A run always has its own token; without one nothing may be seen.
        let can_be_missing = credential != Some(Credential::WorkflowToken);
        if can_be_missing {
            let never = attempt(start.clone(), &[secret], 0, "skipped_unconfigured")?;
            cases.push(("a missing secret, never live".to_owned(), never));
        }
        let with = |root: &Path| -> Result<World> {
            let world = self.published(root, start.clone(), "github")?;
            self.published(root, world, id)
        };
        let older = with(self.older)?;
        if can_be_missing {
            let drift = attempt(older.clone(), &[secret], 10, "failed")?;
            cases.push(("a missing secret, an older version is live".to_owned(), drift));
        }
        self.clean()?;
        let newer = with(self.newer)?;
        let kept = newer.shown();
        let exchange = Rc::new(Exchange::new(newer));
        let said = self.ship(self.root, &exchange, &publish, &[]);
        let shown = exchange.world.borrow().shown();
        let lost = kept.iter().filter(|&(name, form)| shown.get(name) != Some(form));
        let mut broken: Vec<String> = lost.map(|(name, _)| format!("{name} was lost")).collect();
        if ![0, 10].contains(&said.code) {
            broken.push(format!("{}{}", said.answer, said.notice));
        }
        cases.push(("a newer version is live".to_owned(), broken));
        self.clean()?;
        let exchange = Rc::new(Exchange::new(older));
        let said = self.ship(self.root, &exchange, &publish, &[]);
        let mut broken = self.truth(&exchange, end, id);
        if said.code != 0 {
            broken.push(format!("{}{}", said.answer, said.notice));
        }
        cases.push(("an older version is live".to_owned(), broken));
        Ok(cases)
    }
}

/// Whether a path is that of a file which the program is taken from.
fn is_archive(path: &str) -> bool {
    let ends = [".tar.gz", ".zip", ".whl", ".tgz", ".nupkg", ".vsix", ".snap"];
    ends.iter().any(|end| path.ends_with(end))
}

/// The folder of the programs that something stands in for.
fn programs(root: &Path) -> PathBuf {
    root.join("dist/programs")
}
