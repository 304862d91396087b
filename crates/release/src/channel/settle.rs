//! What happens to a channel in one run, and the state that it is left in: the same for all.
//!
//! ```text
//! planned -> submitted -> in_review -> live -> verified        rolled_back: back to an older one
//!    |
//!    +-> skipped_unconfigured | skipped_prerelease | policy_blocked | blocked_upstream | failed
//! ```
//!
//! - *submitted*: everything was sent and taken, and cannot be seen yet (an index lags behind).
//! - *in review*: it can be seen, and somebody at the channel has yet to let it through.
//! - *live*: users get it. *verified*: it was got back, and it ran.
//! - *blocked upstream*: the channel takes nothing from anybody at the moment.
//!
//! A secret that is missing is expected as long as the channel never had anything from us: the
//! channel is skipped, and says what it requires. Once an older version is there, the same is a
//! failure: its users are left behind, and nobody would notice.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channel::desk::Desk;
use crate::channel::{Channel, Observed, Presence};
use crate::error::Result;
use crate::facts::Credential;
use crate::publish::{Done, Obstacle, Outcome, Publisher, Run, Sort, Standing};

/// Where a channel stands with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is to be published.
    Planned,
    /// It was sent and taken, and is not to be seen yet.
    Submitted,
    /// Somebody has yet to let it through.
    InReview,
    /// Users get it.
    Live,
    /// It was got back from the channel, and ran.
    Verified,
    /// We were never let in, and never were there.
    SkippedUnconfigured,
    /// It takes no prereleases.
    SkippedPrerelease,
    /// Its own rules do not admit us.
    PolicyBlocked,
    /// It takes nothing at the moment.
    BlockedUpstream,
    /// It could not be published, or holds something else.
    Failed,
    /// It was taken back: an older version was brought back, or a person withdrew it there.
    RolledBack,
}

impl State {
    /// Returns the phrase for a table.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Submitted => "submitted",
            Self::InReview => "in review",
            Self::Live => "live",
            Self::Verified => "verified",
            Self::SkippedUnconfigured => "skipped (not configured)",
            Self::SkippedPrerelease => "skipped (prerelease)",
            Self::PolicyBlocked => "blocked by policy",
            Self::BlockedUpstream => "blocked upstream",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
        }
    }
}

/// How a channel was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Where it stands.
    pub state: State,
    /// Why, or what to do next; empty if there is nothing to say.
    pub note: String,
    /// The version that users get now, if they get any and it was seen.
    pub current: Option<String>,
    /// A page for people.
    pub url: String,
    /// The number of things that were sent.
    pub actions: usize,
    /// What would be sent, if nothing was to be.
    pub would_do: Vec<String>,
    /// What stands in the way.
    pub obstacle: Option<Obstacle>,
    /// What was found in the end, for the record; null if it was not looked at to the end.
    pub receipt: Value,
}

impl Settled {
    /// Makes one with a note and nothing else.
    pub fn of(state: State, note: impl Into<String>) -> Self {
        Self {
            state,
            note: note.into(),
            current: None,
            url: String::new(),
            actions: 0,
            would_do: Vec::new(),
            obstacle: None,
            receipt: Value::Null,
        }
    }

    /// Makes one of what stands in the way.
    pub fn stopped(obstacle: Obstacle) -> Self {
        let state =
            if obstacle.sort == Sort::Closed { State::BlockedUpstream } else { State::Failed };
        Self { obstacle: Some(obstacle.clone()), ..Self::of(state, obstacle.what) }
    }
}

/// Returns what is missing to be let in by a credential, as a phrase; nothing if we are.
pub fn missing(credential: Credential, desk: &Desk<'_>) -> Option<String> {
    let is_set = |name: &str| desk.surroundings.environment.text(name).is_some();
    (!credential.is_given(desk.secret.is_some(), &is_set)).then(|| credential.wanted())
}

/// Publishes to a channel as far as it is not published already; changes nothing in a dry run.
///
/// # Errors
///
/// As [`Channel::carry`].
pub fn settle(channel: &dyn Channel, desk: &Desk<'_>, run: &Run<'_>) -> Result<Settled> {
    if let Some(missing) = channel.missing(desk) {
        return Ok(without(channel, desk, &missing));
    }
    Ok(match channel.carry(desk, run)? {
        Outcome::InPlace { standing, receipt, actions } => {
            let text = |field: &str| receipt[field].as_str().unwrap_or_default().to_owned();
            let settled = Settled::of(state_of(standing), text("review"));
            Settled { url: text("url"), actions, receipt, ..settled }
        }
        Outcome::Submitted { actions } => {
            Settled { actions, ..Settled::of(State::Submitted, "taken, and not to be seen yet") }
        }
        Outcome::WouldDo(would_do) if would_do.is_empty() => look(channel, desk),
        Outcome::WouldDo(would_do) => {
            Settled { would_do, ..Settled::of(State::Planned, String::new()) }
        }
        Outcome::Stopped { obstacle, actions } => Settled { actions, ..Settled::stopped(obstacle) },
    })
}

/// Says where a channel stands, by what is seen there and what is missing to be let in.
pub fn standing(channel: &dyn Channel, desk: &Desk<'_>) -> Settled {
    match channel.missing(desk) {
        Some(missing) => without(channel, desk, &missing),
        None => look(channel, desk),
    }
}

/// Says where a channel stands, by what is seen there and nothing else.
pub fn look(channel: &dyn Channel, desk: &Desk<'_>) -> Settled {
    match channel.observe(desk) {
        Ok(observed) => of_observed(&observed, desk),
        Err(obstacle) => Settled::stopped(obstacle),
    }
}

fn of_observed(observed: &Observed, desk: &Desk<'_>) -> Settled {
    let url = observed.url.clone();
    if let Some(why) = observed.taken_back() {
        let current = observed.current.clone();
        return Settled { current, url, ..Settled::of(State::RolledBack, why) };
    }
    let settled = match observed.standing() {
        standing @ (Standing::Live | Standing::InReview) => {
            Settled { url, ..Settled::of(state_of(standing), observed.review()) }
        }
        Standing::Partial => {
            let missing = observed.missing();
            let (have, all) = (observed.parts.len() - missing.len(), observed.parts.len());
            let note = format!("{have} of {all} parts; missing: {}", missing.join(", "));
            Settled { url, ..Settled::of(State::Failed, note) }
        }
        Standing::Absent => match &observed.current {
            Some(current) if *current != desk.release.version => {
                Settled { url, ..Settled::of(State::Planned, format!("users get {current}")) }
            }
            _ => Settled { url, ..Settled::of(State::Planned, String::new()) },
        },
    };
    let current = match settled.state {
        State::Live => Some(desk.release.version.clone()),
        _ => observed.current.clone(),
    };
    Settled { current, ..settled }
}

/// A channel that does not let us in.
fn without(channel: &dyn Channel, desk: &Desk<'_>, missing: &str) -> Settled {
    let skipped = |note: String| Settled::of(State::SkippedUnconfigured, note);
    let observed = match channel.observe(desk) {
        Ok(observed) => observed,
        Err(obstacle) if obstacle.sort == Sort::Conflict => return Settled::stopped(obstacle),
        Err(obstacle) => {
            let why = obstacle.what;
            return skipped(format!(
                "requires {missing}; an older version was not looked for: {why}"
            ));
        }
    };
    match (observed.standing(), &observed.current) {
        _ if observed.taken_back().is_some() => of_observed(&observed, desk),
        (Standing::Live | Standing::InReview, _) => of_observed(&observed, desk),
        (_, Some(current)) => {
            let what = format!("its users have {current} and get no {}", desk.release.version);
            let advice = format!("{missing} is missing or was removed; put it back");
            let current = Some(current.clone());
            Settled { current, ..Settled::stopped(desk.refused(what, &[&advice])) }
        }
        (Standing::Partial, None) => {
            let what =
                format!("a part of {} is there, and {missing} is missing", desk.release.version);
            Settled::stopped(desk.refused(what, &["give the secret, and run it again"]))
        }
        (Standing::Absent, None) => skipped(format!("requires {missing}")),
    }
}

fn state_of(standing: Standing) -> State {
    match standing {
        Standing::Absent => State::Planned,
        Standing::Partial => State::Failed,
        Standing::InReview => State::InReview,
        Standing::Live => State::Live,
    }
}

impl Observed {
    /// Returns how the channel stands.
    pub fn standing(&self) -> Standing {
        let count =
            |is: fn(&Presence) -> bool| self.parts.iter().filter(|part| is(&part.presence)).count();
        let missing = count(|presence| *presence == Presence::Missing);
        let reviewed = count(|presence| matches!(presence, Presence::InReview(_)));
        match (missing, reviewed) {
            (0, 0) => Standing::Live,
            (0, _) => Standing::InReview,
            (missing, _) if missing == self.parts.len() => Standing::Absent,
            _ => Standing::Partial,
        }
    }

    /// Returns the names of the parts that are missing.
    pub fn missing(&self) -> Vec<&str> {
        let missing = self.parts.iter().filter(|part| part.presence == Presence::Missing);
        missing.map(|part| part.name.as_str()).collect()
    }

    /// Why users get it no more, if a person took it back.
    pub fn taken_back(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| match &part.presence {
            Presence::TakenBack(why) => Some(why.as_str()),
            _ => None,
        })
    }

    /// Where it is reviewed, if it is.
    fn review(&self) -> String {
        let place = self.parts.iter().find_map(|part| match &part.presence {
            Presence::InReview(place) => Some(place.clone()),
            _ => None,
        });
        place.unwrap_or_default()
    }
}

/// A channel as the loop of publishing sees it: its missing parts are what is to be done.
pub struct Parts<'a, C: ?Sized> {
    channel: &'a C,
    desk: &'a Desk<'a>,
    /// What was sent in this run and taken: it is not sent again, it is waited for.
    taken: Vec<String>,
}

impl<'a, C: Channel + ?Sized> Parts<'a, C> {
    /// Makes a publisher; nothing is sent.
    pub fn new(channel: &'a C, desk: &'a Desk<'a>) -> Self {
        Self { channel, desk, taken: Vec::new() }
    }
}

impl<C: Channel + ?Sized> Publisher for Parts<'_, C> {
    type World = Observed;
    type Action = String;

    fn id(&self) -> &'static str {
        self.desk.id
    }

    fn observe(&mut self) -> std::result::Result<Observed, Obstacle> {
        let observed = self.channel.observe(self.desk)?;
        // What a person took back is not put in place again by a run that goes on.
        match observed.taken_back() {
            Some(why) => {
                let advice = "release the next version, or undo there what took it back";
                Err(self.desk.conflict(why, &[advice]))
            }
            None => Ok(observed),
        }
    }

    fn standing(&self, world: &Observed) -> Standing {
        world.standing()
    }

    fn actions(&self, world: &Observed) -> std::result::Result<Vec<String>, Obstacle> {
        let is_taken = |part: &str| self.taken.iter().any(|taken| taken == part);
        let missing = world.missing();
        let actions: Vec<String> =
            missing.iter().filter(|part| !is_taken(part)).map(|&part| part.to_owned()).collect();
        if actions.is_empty() && !missing.is_empty() {
            let what = format!("taken, and not to be seen yet: {}", missing.join(", "));
            return Err(self.desk.passing(what));
        }
        Ok(actions)
    }

    fn perform(&mut self, part: &String) -> std::result::Result<Done, Obstacle> {
        let answer = self.channel.publish(self.desk, part)?;
        self.taken.push(part.clone());
        Ok(Done { answer, is_turning: false })
    }

    fn receipt(&self, world: &Observed) -> serde_json::Value {
        let parts: Vec<&str> = world.parts.iter().map(|part| part.name.as_str()).collect();
        json!({
            "url": world.url,
            "current": world.current,
            "review": world.review(),
            "parts": parts,
        })
    }

    fn is_all_taken(&mut self) -> bool {
        let observed = self.channel.observe(self.desk);
        !self.taken.is_empty()
            && observed.is_ok_and(|observed| {
                observed.missing().iter().all(|part| self.taken.iter().any(|taken| taken == part))
            })
    }
}
