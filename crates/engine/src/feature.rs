//! The seven features of a candidate, each in [0, 1], each visible in every answer.
//!
//! | feature | formula |
//! | --- | --- |
//! | relevance | the ranking layer, see [`crate::relevance`] |
//! | recency | `2^(-age / 180 days)`, age against the newest change of the workspace |
//! | entanglement | the share of the associated terms that it holds, see `retrieve::association` |
//! | prior | `(accepted + 1) / (accepted + rejected + 2)` of its file: the mean of a Beta(1, 1) |
//! | authority | the file's rank in the reference graph, see [`crate::authority`] |
//! | specificity | `d / (d + 0.1)`, `d` the share of its distinct terms that are the question's |
//! | uncertainty | the distance of the passage's and the file's text evidence |
//!
//! No formula reads a clock: age is measured against the newest change that the workspace knows,
//! so the same store gives the same features for ever.

use rustc_hash::FxHashMap;

use crate::query::Intent;
use crate::relevance::{relevances, specificity};
use crate::retrieve::{Candidate, FileCandidate, Pool};
use crate::store::Feedback;

/// The names of the features, in the order of [`Features::values`].
pub const FEATURE_NAMES: [&str; 7] =
    ["relevance", "recency", "entanglement", "prior", "authority", "specificity", "uncertainty"];
/// After this many seconds a change is half as recent.
const RECENCY_HALF_LIFE_S: f32 = 180.0 * 86_400.0;

/// The seven features of one candidate, each in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Features {
    /// How well passage and file answer the question.
    pub relevance: f32,
    /// How recently the file was changed.
    pub recency: f32,
    /// How strongly the passage's terms go with the question's in the corpus.
    pub entanglement: f32,
    /// How often passages of this file were accepted before.
    pub prior: f32,
    /// How much of the code leans on the file.
    pub authority: f32,
    /// How much of the passage is about the question.
    pub specificity: f32,
    /// How much the estimators of relevance disagree; subtracted.
    pub uncertainty: f32,
}

impl Features {
    /// The features in the order of [`FEATURE_NAMES`].
    pub fn values(&self) -> [f32; 7] {
        [
            self.relevance,
            self.recency,
            self.entanglement,
            self.prior,
            self.authority,
            self.specificity,
            self.uncertainty,
        ]
    }
}

/// Measures all candidates of a pool, in their order.
pub fn measure(pool: &Pool, intent: Intent, feedback: &[Feedback]) -> Vec<Features> {
    let newest_s = pool.files.iter().map(changed_s).max().unwrap_or(0);
    let priors = priors(feedback);
    let measure = |(candidate, relevance): (&Candidate, f32)| {
        let file = &pool.files[candidate.file];
        let age_s = (newest_s - changed_s(file)).max(0) as f32;
        Features {
            relevance,
            recency: (-age_s / RECENCY_HALF_LIFE_S).exp2(),
            entanglement: candidate.entanglement,
            prior: priors.get(file.row.path.as_str()).copied().unwrap_or(0.5),
            authority: file.row.rank.authority.clamp(0.0, 1.0),
            specificity: specificity(candidate),
            uncertainty: (candidate.evidence.text - file.evidence.text).abs().min(1.0),
        }
    };
    pool.candidates.iter().zip(relevances(pool, intent)).map(measure).collect()
}

/// When a file was changed: by its newest commit, else by the file system.
fn changed_s(file: &FileCandidate) -> i64 {
    match file.row.last_commit_s {
        0 => file.row.stat.modified_ns / 1_000_000_000,
        commit => commit,
    }
}

/// The acceptance of each path that was ever judged.
fn priors(feedback: &[Feedback]) -> FxHashMap<&str, f32> {
    let mut counts: FxHashMap<&str, (u32, u32)> = FxHashMap::default();
    for judged in feedback {
        let count = counts.entry(&judged.path).or_default();
        count.0 = count.0.saturating_add(judged.accepted);
        count.1 = count.1.saturating_add(judged.rejected);
    }
    let mean = |(accepted, rejected): (u32, u32)| {
        (accepted as f32 + 1.0) / (accepted as f32 + rejected as f32 + 2.0)
    };
    counts.into_iter().map(|(path, counts)| (path, mean(counts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priors_are_smoothed_acceptance() {
        let judged = |accepted, rejected| Feedback {
            path: "a".to_owned(),
            passage: String::new(),
            accepted,
            rejected,
        };
        let prior = |accepted, rejected| priors(&[judged(accepted, rejected)])["a"];
        assert!((prior(0, 0) - 0.5).abs() < 1e-6);
        assert!((prior(2, 0) - 0.75).abs() < 1e-6);
        assert!(prior(0, 9) < 0.1);
    }
}
