//! Publishing: what a channel is to hold, minus what it holds, is what is done.
//!
//! A publisher looks at its channel ([`Publisher::observe`]), says what is missing
//! ([`Publisher::actions`], pure), and does one action at a time. [`run`] repeats this until
//! nothing is missing; the last look, which finds nothing to do, is the verification. So the
//! first run, a repeated run, the run after a crash and the check of a finished release are one
//! function, and a run that finds everything in place changes nothing.
//!
//! After any failure of which the outcome is unknown the channel is looked at again, rather than
//! trusted to be as it was. A run gives up when [`STALLED_ROUNDS_MAX`] looks in a row bring it no
//! closer to the end.

pub mod journal;
pub mod github;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::error::Result;
use crate::publish::journal::Journal;
use crate::surroundings::Surroundings;

/// How often in a row a look may find no less to do than the best look before it.
const STALLED_ROUNDS_MAX: u32 = 5;

/// The wait before looking again after a failure; doubled with each round that brings nothing.
const ROUND_WAIT: Duration = Duration::from_secs(2);

/// What stands in the way of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What sort of obstacle it is.
    pub sort: Sort,
    /// What happened, naming the thing, as one line.
    pub what: String,
    /// What to do next, as lines.
    pub advice: Vec<String>,
}

/// The sorts of obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It may pass, or it changed what there is to do: look again.
    Passing,
    /// The channel holds something else under this version; nothing may be changed.
    Conflict,
    /// The channel takes nothing at the moment, and says so.
    Closed,
    /// Final until a person changes something.
    Refused,
}

/// How a channel stands with the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing of it is there.
    Absent,
    /// Some of it is there.
    Partial,
    /// All of it is there, and somebody has yet to let it through.
    InReview,
    /// All of it is there for everybody.
    Live,
}

/// What publishes to one channel.
pub trait Publisher {
    /// What the channel holds, as it was seen.
    type World;
    /// One change of it; written as what it does.
    type Action: fmt::Display;

    /// Returns the channel's id.
    fn id(&self) -> &'static str;

    /// Looks at the channel.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it cannot be seen.
    fn observe(&mut self) -> std::result::Result<Self::World, Obstacle>;

    /// Returns how the channel stands.
    fn standing(&self, world: &Self::World) -> Standing;

    /// Returns what is to be done, in order; nothing if all is in place.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if what is there may not be changed.
    fn actions(&self, world: &Self::World) -> std::result::Result<Vec<Self::Action>, Obstacle>;

    /// Does one action and returns what the channel answered, and whether the next may follow.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] if it was not done, or if that is not known.
    fn perform(&mut self, action: &Self::Action) -> std::result::Result<Done, Obstacle>;

    /// Returns what was found in the end, for the record.
    fn receipt(&self, world: &Self::World) -> serde_json::Value;

    /// Returns whether nothing is left to send, though not all that was sent is seen.
    fn is_all_taken(&mut self) -> bool {
        false
    }
}

/// An action that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What the channel answered, as a phrase.
    pub answer: String,
    /// Whether the channel has to be looked at before anything else is done.
    pub is_turning: bool,
}

/// What a channel is like after a run, or would be made like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is in place; the receipt says what, and how many actions it took.
    InPlace {
        /// How the channel stands.
        standing: Standing,
        /// What was found.
        receipt: serde_json::Value,
        /// The number of actions of this run.
        actions: usize,
    },
    /// All was sent and taken, and is not to be seen yet.
    Submitted {
        /// The number of actions of this run.
        actions: usize,
    },
    /// What would be done; nothing was.
    WouldDo(Vec<String>),
    /// It could not be finished.
    Stopped {
        /// What stands in the way.
        obstacle: Obstacle,
        /// The number of actions of this run.
        actions: usize,
    },
}

/// How a channel is to be published.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Where what is done is written down.
    pub journal: &'a Journal<'a>,
    /// The machine and time.
    pub surroundings: Surroundings<'a>,
    /// Whether only to say what would be done.
    pub is_dry: bool,
}

impl Run<'_> {
    /// Lets a publisher do what it has to do, or say it.
    ///
    /// # Errors
    ///
    /// As [`run`].
    pub fn carry_out<P: Publisher>(&self, publisher: &mut P) -> Result<Outcome> {
        if !self.is_dry {
            return run(publisher, self.journal, self.surroundings);
        }
        let stopped = |obstacle| Outcome::Stopped { obstacle, actions: 0 };
        let would_do = |(_, actions): (P::World, Vec<P::Action>)| {
            Outcome::WouldDo(actions.iter().map(ToString::to_string).collect())
        };
        Ok(look(publisher).map_or_else(stopped, would_do))
    }
}

/// Publishes, as far as it is not published already.
///
/// # Errors
///
/// [`crate::error::Error::Io`] if the journal cannot be written: what is not written down is not
/// done.
fn run<P: Publisher>(
    publisher: &mut P,
    journal: &Journal<'_>,
    surroundings: Surroundings<'_>,
) -> Result<Outcome> {
    let id = publisher.id();
    let (mut done, mut stalled, mut least) = (0, 0, usize::MAX);
    let mut missing = Vec::new();
    loop {
        let obstacle = match look(publisher) {
            Ok((world, actions)) if actions.is_empty() => {
                let standing = publisher.standing(&world);
                let receipt = publisher.receipt(&world);
                journal.add(id, "observe", "everything is in place")?;
                return Ok(Outcome::InPlace { standing, receipt, actions: done });
            }
            Ok((_, actions)) => {
                if actions.len() < least {
                    (stalled, least) = (0, actions.len());
                }
                missing = actions.iter().map(ToString::to_string).collect();
                perform(publisher, &actions, journal, surroundings, &mut done)?
            }
            Err(obstacle) => Some(obstacle),
        };
        stalled += 1;
        let Some(obstacle) = obstacle else {
            // No failure; but something may change as fast as it is put right.
            if STALLED_ROUNDS_MAX < stalled {
                return Ok(Outcome::Stopped { obstacle: never_done(id, missing), actions: done });
            }
            continue;
        };
        journal.add(id, "obstacle", &obstacle.what)?;
        if obstacle.sort != Sort::Passing || STALLED_ROUNDS_MAX < stalled {
            if obstacle.sort == Sort::Passing && publisher.is_all_taken() {
                return Ok(Outcome::Submitted { actions: done });
            }
            return Ok(Outcome::Stopped { obstacle, actions: done });
        }
        let wait = ROUND_WAIT * 2u32.saturating_pow(stalled - 1);
        let line = format!("{}; looking again in {} s", obstacle.what, wait.as_secs());
        surroundings.environment.say(&line);
        surroundings.clock.wait(wait);
    }
}

/// What the channel holds, and what is to be done about it.
fn look<P: Publisher>(
    publisher: &mut P,
) -> std::result::Result<(P::World, Vec<P::Action>), Obstacle> {
    let world = publisher.observe()?;
    let actions = publisher.actions(&world)?;
    Ok((world, actions))
}

/// Does actions until one fails or turns, counting them; returns the failure.
fn perform<P: Publisher>(
    publisher: &mut P,
    actions: &[P::Action],
    journal: &Journal<'_>,
    surroundings: Surroundings<'_>,
    done: &mut usize,
) -> Result<Option<Obstacle>> {
    for action in actions {
        let step = action.to_string();
        surroundings.environment.say(&step);
        match publisher.perform(action) {
            Ok(Done { answer, is_turning }) => {
                journal.add(publisher.id(), &step, &answer)?;
                *done += 1;
                if is_turning {
                    break;
                }
            }
            Err(obstacle) => return Ok(Some(obstacle)),
        }
    }
    Ok(None)
}

fn never_done(id: &str, missing: Vec<String>) -> Obstacle {
    let what = format!("{id}: {STALLED_ROUNDS_MAX} rounds brought it no closer; still to be done:");
    Obstacle { sort: Sort::Refused, what, advice: missing }
}
