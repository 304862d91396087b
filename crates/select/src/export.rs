//! An instance as text for other people's solvers.
//!
//! Both writers state one search: a measure to maximise under bounds on measures. For the weighted
//! sum that is [`Measure::objective`](crate::Measure::objective) without bounds; for the
//! epsilon-constraint style with its bounds; for a tier of the lexicographic style, the tier's
//! measure with the floors of the tiers before it ([`Tier::floor`](crate::Tier::floor)).
//! The two texts state the objective in different ways, so that they check each other: the linear
//! program lets the solver assign ranks, the SMT text counts them as the definition does.

pub mod lp;
pub mod smt;

use crate::certificate::Proof;
use crate::style::{Bound, Measure, Style};

/// Returns what the last search of a style maximised, and under which bounds.
///
/// For the lexicographic style those are its last tier, as far as the proofs reach, and the floors
/// of the tiers before it.
pub fn last_aim(style: &Style, proofs: &[Proof]) -> (Measure, Vec<Bound>) {
    match style {
        Style::WeightedSum => (Measure::objective(), Vec::new()),
        Style::EpsilonConstraint(bounds) => (Measure::objective(), bounds.clone()),
        Style::Lexicographic(tiers) => {
            let last = proofs.len().clamp(1, tiers.len()) - 1;
            let floors = tiers[..last].iter().zip(proofs).filter_map(|(tier, proof)| {
                let at_least = tier.floor(proof.objective?);
                Some(Bound { measure: tier.measure.clone(), at_least })
            });
            (tiers[last].measure.clone(), floors.collect())
        }
    }
}
