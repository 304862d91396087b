//! The certificate: what is claimed of an instance, and a record that lets anyone check it.
//!
//! It names the instance by digest, lists the chosen candidates, and has one [`Proof`] for each
//! search that was run: one, or one for each tier of the lexicographic style. The module
//! `check` checks it without the search.

use crate::digest::Digest;
use crate::step::Step;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Names the problem and the style.
    pub digest: Digest,
    /// Indices of the chosen candidates, ascending; empty if no set was found.
    pub chosen: Vec<usize>,
    /// One for each search, in order.
    pub proofs: Vec<Proof>,
}

/// The claim of one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The objective of the best set that was found, in billionths; none if there was none.
    pub objective: Option<i64>,
    /// No permitted set has a larger objective than this, in billionths.
    pub upper_bound: i64,
    /// The branch record; none if it grew over its limit, and then the bound cannot be checked.
    pub steps: Option<Vec<Step>>,
}
