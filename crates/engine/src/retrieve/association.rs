//! Terms that go with the question in this corpus: the ground of the entanglement feature.
//!
//! The best passages of the first ranking are taken as a sample of what the question is about. A
//! term that is frequent in the sample and rare elsewhere is associated with the question: its
//! weight is `Σ_d s_d² · f_d / l_d · idf` over the sampled passages `d` with first score `s_d`,
//! frequency `f_d` and length `l_d` (the relevance model RM1 of Lavrenko and Croft,
//! *Relevance-based language models*, SIGIR 2001, with rarity as in local context analysis, Xu and
//! Croft, 1996). The question's own terms are weighed too, so that what a long question is mostly
//! about counts more. A passage is the more entangled, the more of the weight it holds. This needs
//! no tables beside the records, is as fresh as they are, and is small work.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::evidence::{PASSAGE_LENGTHS, rarity};
use crate::record::{FIELDS, Record};

/// At most this many passages make the sample.
pub const SAMPLE_MAX: usize = 5;
/// At most this many associated terms are kept.
pub const TERMS_MAX: usize = 40;
/// A term in more than this share of all passages is everywhere and says nothing.
const SHARE_MAX: f32 = 0.12;

/// The terms associated with a question, weights summing to one.
#[derive(Debug, Clone, Default)]
pub struct Associations {
    terms: Vec<(u32, f32)>,
}

impl Associations {
    /// Learns from the best passages of a first ranking, best first, each with its score;
    /// `frequency` gives the number of passages that hold a term.
    pub fn learn<'r>(
        sample: impl Iterator<Item = (Record<'r>, f32)>,
        passages: u64,
        frequency: impl FnMut(u32) -> u64,
    ) -> Self {
        let mut weights: FxHashMap<u32, (f32, u32)> = FxHashMap::default();
        for (record, score) in sample.take(SAMPLE_MAX) {
            let length: f32 = (0..FIELDS).map(|field| record.length(field)).sum();
            let mean: f32 = PASSAGE_LENGTHS.iter().sum();
            let norm = 0.5 * mean + 0.5 * length;
            for (term, levels) in record.entries() {
                let count: f32 = (0..FIELDS).map(|field| levels.frequency(field)).sum();
                let weight = weights.entry(term).or_default();
                weight.0 += score * score * count / norm.max(1.0);
                weight.1 += 1;
            }
        }
        let weights = weights.into_iter().filter(|&(_, (_, held_by))| 2 <= held_by);
        let mut weighed: Vec<(u32, f32)> = weights.map(|(term, (sum, _))| (term, sum)).collect();
        weighed.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut terms = rarest(&weighed, passages, frequency);
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        terms.truncate(TERMS_MAX);
        let total: f32 = terms.iter().map(|(_, weight)| weight).sum();
        terms.iter_mut().for_each(|(_, weight)| *weight /= total.max(f32::MIN_POSITIVE));
        Self { terms }
    }

    /// The share of the associated weight that a passage holds, saturated, in [0, 1].
    pub fn share_in(&self, record: &Record<'_>) -> f32 {
        let usual: f32 = PASSAGE_LENGTHS.iter().sum();
        let length: f32 = (0..FIELDS).map(|field| record.length(field)).sum();
        let norm = 0.4 + 0.6 * length / usual;
        let held = |&(term, weight): &(u32, f32)| {
            record.levels(term).map_or(0.0, |levels| {
                let count: f32 = (0..FIELDS).map(|field| levels.frequency(field)).sum();
                let frequency = count / norm;
                weight * frequency / (frequency + 1.2)
            })
        };
        self.terms.iter().map(held).sum::<f32>().min(1.0)
    }
}

/// Multiplies the weights, which fall, by rarity; terms that are everywhere are left out, and so
/// are those that cannot be among the best [`TERMS_MAX`], whose rarity need not be looked up.
fn rarest(
    weighed: &[(u32, f32)],
    passages: u64,
    mut frequency: impl FnMut(u32) -> u64,
) -> Vec<(u32, f32)> {
    let rarity_max = rarity(0, passages);
    let mut terms: Vec<(u32, f32)> = Vec::new();
    let mut best: BTreeSet<(u32, usize)> = BTreeSet::new();
    for &(term, weight) in weighed {
        let worst = best.first().map_or(0.0, |&(bits, _)| f32::from_bits(bits));
        if best.len() == TERMS_MAX && weight * rarity_max < worst {
            break;
        }
        let count = frequency(term);
        let share = count as f32 / passages.max(1) as f32;
        if share < SHARE_MAX {
            let weight = weight * rarity(count, passages);
            // The bits of floats that are not negative are ordered as the floats are.
            best.insert((weight.to_bits(), terms.len()));
            terms.push((term, weight));
            if TERMS_MAX < best.len() {
                best.pop_first();
            }
        }
    }
    terms
}
