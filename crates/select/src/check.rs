//! Checking a certificate, without the search.
//!
//! This module shares no code with the search, only the definitions: what a problem, a style, a
//! measure and a step are, and what work a step is. It recomputes with plain loops and 128-bit
//! integers, and refuses a record that is more work than [`WORK_MAX`](crate::WORK_MAX).
//!
//! # What is checked
//! 1. The digest is that of the problem and the style at hand.
//! 2. The set of each proof is permitted, meets the bounds of its search (for a tier: the floors
//!    of the tiers before it), and has the claimed objective.
//! 3. The claimed upper bound holds: the branch record is replayed, and each of its claims is
//!    recomputed (see [`crate::step`] for what the steps claim).

mod replay;

use std::fmt;

use crate::certificate::{Certificate, Proof};
use crate::check::replay::Replay;
use crate::digest::digest;
use crate::problem::{Problem, ProblemError, Violation};
use crate::style::{Bound, Measure, Style};

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckError {
    /// The problem or the style is not valid.
    Problem(ProblemError),
    /// It is a certificate of another instance.
    OtherInstance,
    /// The number of proofs is not that of the style's searches.
    ProofCount,
    /// The chosen set breaks a limit.
    Violation(Violation),
    /// The chosen set does not meet a bound of the style.
    BoundUnmet {
        /// Index of the bound, or of the tier.
        index: usize,
    },
    /// A proof names a set and no objective.
    SetWithoutObjective,
    /// The claimed objective is not that of the chosen set.
    Objective {
        /// Billionths that were claimed.
        claimed: i64,
        /// Billionths that were recomputed.
        actual: i64,
    },
    /// The objective exceeds the claimed upper bound.
    UpperBound,
    /// A step of the record does not hold.
    Step {
        /// Index of the proof.
        proof: usize,
        /// Index of the step.
        step: usize,
        /// What does not hold.
        reason: &'static str,
    },
    /// The record is more work to check than [`WORK_MAX`](crate::WORK_MAX).
    TooMuchWork {
        /// Index of the proof.
        proof: usize,
    },
    /// The record ends with branches left open.
    Unfinished {
        /// Index of the proof.
        proof: usize,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(error) => write!(f, "{error}"),
            Self::OtherInstance => write!(f, "the certificate is of another instance"),
            Self::ProofCount => write!(f, "the certificate has not one proof for each search"),
            Self::Violation(violation) => write!(f, "the choice is not permitted: {violation:?}"),
            Self::BoundUnmet { index } => write!(f, "the choice does not meet bound {index}"),
            Self::SetWithoutObjective => write!(f, "a proof names a set and no objective"),
            Self::Objective { claimed, actual } => {
                write!(f, "the objective is {actual} billionths, not {claimed}")
            }
            Self::UpperBound => write!(f, "the objective exceeds the upper bound"),
            Self::Step { proof, step, reason } => {
                write!(f, "step {step} of proof {proof}: {reason}")
            }
            Self::TooMuchWork { proof } => {
                write!(f, "the record of proof {proof} is more work to check than is permitted")
            }
            Self::Unfinished { proof } => write!(f, "proof {proof} leaves branches open"),
        }
    }
}

impl std::error::Error for CheckError {}

/// What a certificate was found to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The objective of the chosen set in billionths; none if none was found.
    pub objective: Option<i64>,
    /// No permitted set has a larger objective, in billionths.
    pub upper_bound: i64,
    /// Whether the upper bound was checked; false if the certificate has no branch record.
    pub is_bound_checked: bool,
    /// Whether the choice is proven best or, with no objective, that no set is permitted.
    pub is_proven: bool,
}

/// Checks a certificate of a problem in a style.
///
/// # Errors
/// The first claim that does not hold, as a [`CheckError`].
pub fn verify(
    problem: &Problem,
    style: &Style,
    certificate: &Certificate,
) -> Result<Verdict, CheckError> {
    problem.validate().and_then(|()| style.validate(problem)).map_err(CheckError::Problem)?;
    if digest(problem, style) != certificate.digest {
        return Err(CheckError::OtherInstance);
    }
    let claims = claims(style, certificate)?;
    for (claim, proof) in claims.iter().zip(&certificate.proofs) {
        check_set(problem, claim, proof)?;
    }
    let mut is_bound_checked = true;
    for (index, (claim, proof)) in claims.iter().zip(&certificate.proofs).enumerate() {
        if proof.objective.is_some_and(|objective| proof.upper_bound < objective) {
            return Err(CheckError::UpperBound);
        }
        match &proof.steps {
            Some(steps) => Replay::new(problem, claim, proof.upper_bound).run(index, steps)?,
            None => is_bound_checked = false,
        }
    }
    let last = certificate.proofs.last().ok_or(CheckError::ProofCount)?;
    let is_tight = |(claim, proof): (&Claim, &Proof)| match proof.objective {
        Some(objective) => objective == proof.upper_bound,
        None => i128::from(proof.upper_bound) <= claim.least(problem),
    };
    Ok(Verdict {
        objective: last.objective,
        upper_bound: last.upper_bound,
        is_bound_checked,
        is_proven: is_bound_checked && claims.iter().zip(&certificate.proofs).all(is_tight),
    })
}

/// What one search maximised, under which bounds.
struct Claim {
    objective: Measure,
    bounds: Vec<Bound>,
}

impl Claim {
    /// A number that the objective of every set exceeds.
    fn least(&self, problem: &Problem) -> i128 {
        let measure = &self.objective;
        let utilities = problem.items.iter().map(|item| i128::from(item.utility));
        let utilities: i128 = if measure.utility { utilities.sum() } else { 0 };
        let pairs = problem.pairs.iter().filter(|pair| measure.counts(pair.value));
        let pairs: i128 = pairs.map(|pair| i128::from(pair.value.abs())).sum();
        let values: i128 = measure.values.iter().map(|&value| i128::from(value.abs())).sum();
        -(utilities + pairs + values) * 1000 - 1
    }
}

fn claims(style: &Style, certificate: &Certificate) -> Result<Vec<Claim>, CheckError> {
    let objective = Measure::objective();
    let claims = match style {
        Style::WeightedSum => vec![Claim { objective, bounds: Vec::new() }],
        Style::EpsilonConstraint(bounds) => vec![Claim { objective, bounds: bounds.clone() }],
        Style::Lexicographic(tiers) => {
            let mut bounds = Vec::new();
            let mut claims = Vec::new();
            for (tier, proof) in tiers.iter().zip(&certificate.proofs) {
                claims.push(Claim { objective: tier.measure.clone(), bounds: bounds.clone() });
                let Some(value) = proof.objective else { break };
                let at_least = tier.floor(value);
                bounds.push(Bound { measure: tier.measure.clone(), at_least });
            }
            let is_cut = certificate.proofs.last().is_some_and(|proof| proof.objective.is_none());
            if claims.len() != tiers.len() && !is_cut {
                return Err(CheckError::ProofCount);
            }
            claims
        }
    };
    if claims.len() == certificate.proofs.len() { Ok(claims) } else { Err(CheckError::ProofCount) }
}

/// Checks that the set of a proof is permitted, meets the bounds, and is worth what is claimed.
fn check_set(problem: &Problem, claim: &Claim, proof: &Proof) -> Result<(), CheckError> {
    let chosen = &proof.chosen;
    let Some(claimed) = proof.objective else {
        return if chosen.is_empty() { Ok(()) } else { Err(CheckError::SetWithoutObjective) };
    };
    if let Some(violation) = problem.violation(chosen) {
        return Err(CheckError::Violation(violation));
    }
    let unmet = claim.bounds.iter().position(|b| b.measure.of(problem, chosen) < b.at_least);
    if let Some(index) = unmet {
        return Err(CheckError::BoundUnmet { index });
    }
    let actual = claim.objective.of(problem, chosen);
    if claimed == actual { Ok(()) } else { Err(CheckError::Objective { claimed, actual }) }
}
