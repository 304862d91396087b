//! The seven features of a candidate, each in [0, 1], each visible in every answer.
//!
//! | feature | formula |
//! | --- | --- |
//! | relevance | the ranking layer, see [`crate::relevance`] |
//! | recency | `2^(-age / 180 days)`, age against the newest change of the workspace |
//! | entanglement | the share of the associated terms that it holds, see `retrieve::association` |
//! | prior | how often it and its document were accepted before, see below |
//! | authority | the file's rank in the reference graph, see [`crate::authority`] |
//! | specificity | `d / (d + 0.1)`, `d` the share of its distinct terms that are the question's |
//! | uncertainty | the distance of the passage's and the file's text evidence |
//!
//! **Prior.** Acceptance is taken as a Bernoulli variable whose rate has a Beta prior; the feature
//! is the posterior mean. All judgements of a document, those of its passages included, count for
//! the document: `d = (A + 1) / (A + R + 2)` with `A` acceptances and `R` rejections, the mean
//! under the uniform Beta(1, 1). A passage that was judged itself, `a` and `r` times, starts from
//! its document: `(a + 2 d) / (a + r + 2)`, the mean under Beta(2 d, 2 (1 - d)). One that was not
//! has `d`, and 1/2 if nothing of its document was judged. (Gelman et al., *Bayesian Data
//! Analysis*, 3rd edition, sections 2.1 and 5.3.)
//!
//! No formula reads a clock: age is measured against the newest change that the workspace knows,
//! so the same store gives the same features for ever.

use rustc_hash::FxHashMap;

use crate::excerpt::hex;
use crate::query::Intent;
use crate::relevance::{relevances, specificity};
use crate::retrieve::{Candidate, FileCandidate, Pool};
use crate::store::Feedback;

/// The names of the features, in the order of [`Features::values`].
pub const FEATURE_NAMES: [&str; 7] =
    ["relevance", "recency", "entanglement", "prior", "authority", "specificity", "uncertainty"];
/// After this many seconds a change is half as recent.
const RECENCY_HALF_LIFE_S: f32 = 180.0 * 86_400.0;

/// The bytes of a passage's key; two passages of one document have the same once in 2^64.
const PASSAGE_KEY_BYTES: usize = 8;

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
    let priors = Priors::new(feedback);
    let measure = |(candidate, relevance): (&Candidate, f32)| {
        let file = &pool.files[candidate.file];
        let age_s = (newest_s - changed_s(file)).max(0) as f32;
        Features {
            relevance,
            recency: (-age_s / RECENCY_HALF_LIFE_S).exp2(),
            entanglement: candidate.entanglement,
            prior: priors.of(file.row.key(), &candidate.row.record),
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

/// The key of a passage in feedback, made from its record: it outlives a change of the lines
/// around the passage, and ends when its own words change.
pub fn passage_key(record: &[u8]) -> String {
    hex(&blake3::hash(record).as_bytes()[..PASSAGE_KEY_BYTES])
}

/// What was accepted and rejected of one document.
#[derive(Default)]
struct Counts<'f> {
    whole: (u32, u32),
    passages: FxHashMap<&'f str, (u32, u32)>,
}

/// The acceptance of everything that was ever judged.
struct Priors<'f>(FxHashMap<&'f str, Counts<'f>>);

impl<'f> Priors<'f> {
    fn new(feedback: &'f [Feedback]) -> Self {
        let mut counts: FxHashMap<&str, Counts<'f>> = FxHashMap::default();
        for judged in feedback {
            let of_document = counts.entry(&judged.path).or_default();
            let whole = &mut of_document.whole;
            whole.0 = whole.0.saturating_add(judged.accepted);
            whole.1 = whole.1.saturating_add(judged.rejected);
            if !judged.passage.is_empty() {
                let counts = (judged.accepted, judged.rejected);
                of_document.passages.insert(&judged.passage, counts);
            }
        }
        Self(counts)
    }

    /// The prior of a passage with this record in the document with this key.
    fn of(&self, document: &str, record: &[u8]) -> f32 {
        let Some(counts) = self.0.get(document) else { return 0.5 };
        let of_document = mean(counts.whole, 0.5);
        if counts.passages.is_empty() {
            return of_document;
        }
        match counts.passages.get(passage_key(record).as_str()) {
            Some(&own) => mean(own, of_document),
            None => of_document,
        }
    }
}

/// The posterior mean of an acceptance rate whose prior has the mean `before` and the weight of two
/// judgements.
fn mean((accepted, rejected): (u32, u32), before: f32) -> f32 {
    (accepted as f32 + 2.0 * before) / (accepted as f32 + rejected as f32 + 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(feedback: &[(&str, u32, u32)], record: &[u8], expected: f32) {
        let judged = |&(passage, accepted, rejected): &(&str, u32, u32)| Feedback {
            path: "a".to_owned(),
            passage: passage.to_owned(),
            accepted,
            rejected,
        };
        let feedback: Vec<Feedback> = feedback.iter().map(judged).collect();
        let prior = Priors::new(&feedback).of("a", record);
        assert!((prior - expected).abs() < 1e-6, "{prior}");
        assert!((Priors::new(&feedback).of("b", record) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn priors_are_posterior_means() {
        check(&[], b"x", 0.5);
        check(&[("", 0, 0)], b"x", 0.5);
        check(&[("", 2, 0)], b"x", 0.75);
        check(&[("", 0, 8)], b"x", 0.1);
        let key = passage_key(b"x");
        check(&[(&key, 1, 0)], b"x", (1.0 + 2.0 * 2.0 / 3.0) / 3.0);
        check(&[(&key, 1, 0)], b"y", 2.0 / 3.0);
        check(&[(&key, 0, 1), ("", 1, 0)], b"x", 1.0 / 3.0);
    }
}
