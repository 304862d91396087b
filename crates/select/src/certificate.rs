//! The certificate: what is claimed of an instance, and a record that lets anyone check it.
//!
//! It names the instance by digest and has one [`Proof`] for each search that was run: one, or one
//! for each tier of the lexicographic style. Each proof carries the set that attains its
//! objective, because the floor of a tier follows from what the tier before it attained. The
//! module `check` checks all of it without the search.

use crate::digest::Digest;
use crate::step::Step;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Names the problem and the style.
    pub digest: Digest,
    /// One for each search, in order; the last one's set is the answer.
    pub proofs: Vec<Proof>,
}

impl Certificate {
    /// Returns the indices of the chosen candidates, ascending; empty if no set was found.
    pub fn chosen(&self) -> &[usize] {
        self.proofs.last().map_or(&[], |proof| &proof.chosen)
    }
}

/// The claim of one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Indices of the best set that was found, ascending; empty if there was none.
    pub chosen: Vec<usize>,
    /// The objective of that set in billionths; none if none was found.
    pub objective: Option<i64>,
    /// No permitted set has a larger objective than this, in billionths.
    pub upper_bound: i64,
    /// The branch record; none if it grew over a limit ([`WORK_MAX`](crate::WORK_MAX) is one), and
    /// then the bound cannot be checked.
    pub steps: Option<Vec<Step>>,
}
