//! What a user's judgement of passages teaches: an online rule, bounded, and undone exactly.
//!
//! A [`Judgement`] says which passages of an answer were of use and which were not. It moves two
//! things, in one transaction:
//!
//! **The prior** of what was judged, by counting; see [`crate::feature`].
//!
//! **The weights** of the seven features, by the exponentiated gradient rule (Kivinen and Warmuth,
//! *Exponentiated gradient versus gradient descent for linear predictors*, Information and
//! Computation 132, 1997). The question is ranked as it would be now. Let `a` be the mean features
//! of what was accepted and `r` of what was rejected; where only one of the two is given, the other
//! is the mean of the best [`OTHERS_MAX`] passages that were not judged. The utility ranks `a` the
//! higher above `r` the greater `Σ g_i w_i`, `g_i = ± (a_i - r_i)`, minus for uncertainty. So
//! ```text
//! w_i <- w_i · exp(η g_i), divided by their sum; then within [d_i / 2, 2 d_i] and at most 1
//! ```
//! with the learning rate η = 0.5 and the defaults `d_i`. A feature differs by less than one, so
//! one judgement moves a weight by less than e^0.5 against the others; no number of judgements
//! moves it beyond the caps. What is equal in `a` and `r` teaches nothing.
//!
//! A document is measured by its best passage for the question, since the others were not what was
//! meant. Values are kept to the billionth, so that they do not depend on a platform's `exp`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::assemble;
use crate::context::Place;
use crate::error::{Error, Result};
use crate::feature::{FEATURE_NAMES, Features, passage_key};
use crate::snapshot::Source;
use crate::store::{self, Lesson, PassageRow, Reader};
use crate::utility::DEFAULT_WEIGHTS;
use crate::wish;

/// How far one judgement may move the weights.
pub const LEARNING_RATE: f64 = 0.5;
/// No weight is less than its default divided by this, or more than its default times this.
pub const CAP_FACTOR: f64 = 2.0;
/// The most passages that one judgement accepts, or rejects; an answer hardly has more.
pub const JUDGED_MAX: usize = 100;
/// With how many of the other candidates a one-sided judgement is compared.
pub const OTHERS_MAX: usize = 20;
/// The characters of a question that the journal keeps.
const JOURNAL_CHARS_MAX: usize = 1000;
/// Weights are kept in this many parts of one.
const PARTS: f64 = 1e9;

/// What a user thought of passages that answered a question.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// The question.
    pub query: &'a str,
    /// What was of use; at most [`JUDGED_MAX`].
    pub accepted: &'a [Judged],
    /// What was not; at most [`JUDGED_MAX`].
    pub rejected: &'a [Judged],
    /// The present, in nanoseconds since 1970; the journal notes it.
    pub now_ns: i64,
}

/// A document, or lines of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its path; in a library its id.
    pub document: String,
    /// The first and the last line, 1-based and inclusive; what is judged are the passages that
    /// share a line. Without them it is the document.
    pub lines: Option<(u32, u32)>,
}

/// What was learned so far.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedWeights {
    /// Of each feature, in the order of [`FEATURE_NAMES`]: its name, its weight, and the default.
    pub weights: [(&'static str, f64, f64); 7],
    /// How many judgements are in force.
    pub updates: u64,
    /// How many of them, the newest ones, can be undone.
    pub undoable: u64,
    /// How often something was accepted, over all documents and passages.
    pub accepted: u64,
    /// How often something was rejected.
    pub rejected: u64,
}

impl Default for LearnedWeights {
    /// Nothing learned: the default weights.
    fn default() -> Self {
        let weights =
            std::array::from_fn(|at| (FEATURE_NAMES[at], DEFAULT_WEIGHTS[at], DEFAULT_WEIGHTS[at]));
        Self { weights, updates: 0, undoable: 0, accepted: 0, rejected: 0 }
    }
}

/// A judgement that was measured and can be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Document, passage, and whether it was accepted; each once.
    judged: Vec<(String, String, bool)>,
    /// By how much the weights are to move.
    gains: [f64; 7],
}

/// The least and the greatest that a weight with this default may become.
pub fn caps(default: f64) -> (f64, f64) {
    (default / CAP_FACTOR, (default * CAP_FACTOR).min(1.0))
}

/// What was learned so far in the snapshot of `reader`.
///
/// # Errors
/// Any failure of the store.
pub fn weights(reader: &Reader) -> Result<LearnedWeights> {
    let values = values_of(&reader.weights()?);
    let weights = std::array::from_fn(|at| (FEATURE_NAMES[at], values[at], DEFAULT_WEIGHTS[at]));
    let (updates, undoable) = reader.lessons()?;
    let feedback = reader.feedback()?;
    Ok(LearnedWeights {
        weights,
        updates,
        undoable,
        accepted: feedback.iter().map(|judged| u64::from(judged.accepted)).sum(),
        rejected: feedback.iter().map(|judged| u64::from(judged.rejected)).sum(),
    })
}

/// Finds what was judged, and measures it by ranking the question.
///
/// # Errors
/// `InvalidInput` on `query` if it is empty; on `accepted` or `rejected` for what is not indexed,
/// what is in both, too much, or nothing at all; any failure of the store.
pub fn measure<'s>(source: &'s Source<'s>, judgement: &Judgement<'_>) -> Result<Measured> {
    let Judgement { query, accepted, rejected, .. } = *judgement;
    if query.trim().is_empty() {
        return Err(invalid("query", "give the question that was answered".to_owned()));
    }
    if accepted.is_empty() && rejected.is_empty() {
        return Err(invalid("accepted", "name what was of use, or what was not".to_owned()));
    }
    let good = Side::find(source, "accepted", accepted)?;
    let bad = Side::find(source, "rejected", rejected)?;
    if let Some((document, _)) = good.keys.intersection(&bad.keys).next() {
        let message = format!("{document} is also accepted; judge it once");
        return Err(invalid("rejected", message));
    }
    let groups: Vec<Vec<PassageRow>> = good.groups.iter().chain(&bad.groups).cloned().collect();
    let (features, others) = assemble::measure(source, query, &groups, OTHERS_MAX)?;
    let (of_good, of_bad) = features.split_at(good.groups.len());
    let or_others = |side| mean(side).or_else(|| mean(&others));
    let gains = match (or_others(of_good), or_others(of_bad)) {
        (Some(good), Some(bad)) => gains(&good, &bad),
        _ => [0.0; 7],
    };
    let judged = |keys: BTreeSet<(String, String)>, is_accepted| {
        keys.into_iter().map(move |(document, passage)| (document, passage, is_accepted))
    };
    Ok(Measured { judged: judged(good.keys, true).chain(judged(bad.keys, false)).collect(), gains })
}

/// Keeps a measured judgement.
///
/// # Errors
/// `InvalidInput` on `accepted` if too much was judged (`store::FEEDBACK_ROWS_MAX`); any failure of
/// the store.
pub fn keep(writer: &store::Writer, judgement: &Judgement<'_>, measured: &Measured) -> Result<()> {
    let mut batch = writer.begin()?;
    let before = values_of(&batch.weights()?);
    let after = step(before, &measured.gains);
    let changed = |at: &usize| before[*at].to_bits() != after[*at].to_bits();
    let weights: Vec<(&str, f64)> =
        (0..7).filter(changed).map(|at| (FEATURE_NAMES[at], after[at])).collect();
    let query: String = judgement.query.chars().take(JOURNAL_CHARS_MAX).collect();
    let learned_ns = judgement.now_ns;
    batch.learn(&Lesson {
        query: &query,
        learned_ns,
        judged: &measured.judged,
        weights: &weights,
    })?;
    batch.commit().map(drop)
}

/// Undoes the newest judgement that is in force; whether there was one that can be undone.
///
/// # Errors
/// Any failure of the store.
pub fn undo(writer: &store::Writer) -> Result<bool> {
    let mut batch = writer.begin()?;
    let is_undone = batch.undo_lesson()?;
    if is_undone {
        batch.commit()?;
    }
    Ok(is_undone)
}

/// Forgets all that was learned.
///
/// # Errors
/// Any failure of the store.
pub fn reset(writer: &store::Writer) -> Result<()> {
    let mut batch = writer.begin()?;
    if batch.forget_lessons()? {
        batch.commit()?;
    }
    Ok(())
}

/// What was accepted, or what was rejected.
struct Side {
    /// For each judged thing its passages.
    groups: Vec<Vec<PassageRow>>,
    /// The keys of what is counted: document, and passage or nothing.
    keys: BTreeSet<(String, String)>,
}

impl Side {
    fn find<'s>(source: &'s Source<'s>, field: &'static str, all: &[Judged]) -> Result<Self> {
        if JUDGED_MAX < all.len() {
            let message = format!("{} at once, the most is {JUDGED_MAX}", all.len());
            return Err(invalid(field, message));
        }
        let mut side = Self { groups: Vec::new(), keys: BTreeSet::new() };
        for Judged { document, lines } in all {
            let place = Place { names: vec![PathBuf::from(document)], lines: *lines };
            let Some((_, documents)) = wish::locate(std::slice::from_ref(source), &place)? else {
                return Err(invalid(field, format!("{place} is not indexed")));
            };
            for row in documents {
                let passages = wish::passages(source, &row, &place)?;
                if passages.is_empty() {
                    return Err(invalid(field, wish::none_meant(&row, &place)));
                }
                let keys = passages.iter().map(|passage| passage_key(&passage.record));
                match lines {
                    Some(_) => side.keys.extend(keys.map(|key| (row.key().to_owned(), key))),
                    None => {
                        side.keys.insert((row.key().to_owned(), String::new()));
                    }
                }
                side.groups.push(passages);
            }
        }
        Ok(side)
    }
}

fn values_of(named: &[(String, f64)]) -> [f64; 7] {
    std::array::from_fn(|at| {
        let found = named.iter().find(|(name, _)| name == FEATURE_NAMES[at]);
        found.map_or(DEFAULT_WEIGHTS[at], |&(_, value)| value)
    })
}

/// The mean of some features, in the order of their names; `None` of none.
fn mean(features: &[Features]) -> Option<[f64; 7]> {
    let mut sums = [0.0; 7];
    for features in features {
        for (sum, value) in sums.iter_mut().zip(features.values()) {
            *sum += f64::from(value);
        }
    }
    (!features.is_empty()).then(|| sums.map(|sum| sum / features.len() as f64))
}

/// By how much each weight is to move: the difference, with uncertainty's turned round.
fn gains(good: &[f64; 7], bad: &[f64; 7]) -> [f64; 7] {
    std::array::from_fn(|at| {
        let difference = good[at] - bad[at];
        if at == 6 { -difference } else { difference }
    })
}

/// One step of the rule; all weights stay within their caps.
fn step(weights: [f64; 7], gains: &[f64; 7]) -> [f64; 7] {
    if gains.iter().all(|gain| *gain == 0.0) {
        return weights;
    }
    let moved: [f64; 7] = std::array::from_fn(|at| weights[at] * (LEARNING_RATE * gains[at]).exp());
    let sum: f64 = moved.iter().sum();
    std::array::from_fn(|at| {
        let (least, most) = caps(DEFAULT_WEIGHTS[at]);
        ((moved[at] / sum).clamp(least, most) * PARTS).round() / PARTS
    })
}

fn invalid(field: &'static str, message: String) -> Error {
    Error::InvalidInput { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_raises_what_told_the_good_from_the_bad() {
        let good = [0.5, 0.1, 0.4, 0.5, 0.2, 0.3, 0.0];
        let bad = [0.5, 0.9, 0.4, 0.5, 0.2, 0.3, 0.4];
        let after = step(DEFAULT_WEIGHTS, &gains(&good, &bad));
        assert!(after[1] < DEFAULT_WEIGHTS[1], "what was newer was worse: {after:?}");
        assert!(DEFAULT_WEIGHTS[6] < after[6], "what was surer was better: {after:?}");
        assert!((after.iter().sum::<f64>() - 1.0).abs() < 1e-8, "{after:?}");
        let same = step(DEFAULT_WEIGHTS, &gains(&good, &good));
        assert_eq!(same.map(f64::to_bits), DEFAULT_WEIGHTS.map(f64::to_bits));
    }

    #[test]
    fn no_number_of_steps_leaves_the_caps() {
        for turn in [1.0, -1.0] {
            let gains = [turn, -turn, turn, -turn, turn, -turn, turn];
            let mut weights = DEFAULT_WEIGHTS;
            for _ in 0..200 {
                weights = step(weights, &gains);
                for (at, weight) in weights.iter().enumerate() {
                    let (least, most) = caps(DEFAULT_WEIGHTS[at]);
                    assert!(least - 1e-9 <= *weight && *weight <= most + 1e-9, "{weights:?}");
                }
            }
            let (least, most) = caps(DEFAULT_WEIGHTS[3]);
            let end = if 0.0 < turn { least } else { most };
            assert!((weights[3] - end).abs() < 1e-8, "{weights:?}");
        }
    }
}
