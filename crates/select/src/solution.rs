//! What solving a problem answers: a set, and how good it is known to be.

use std::fmt;

use crate::certificate::Certificate;

/// The answer to a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// Indices of the chosen candidates, ascending.
    pub chosen: Vec<usize>,
    /// What is known about the choice.
    pub status: Status,
    /// The objective of `chosen` in billionths; for the lexicographic style, of its last tier.
    pub objective: i64,
    /// No permitted set has a larger objective than this, in billionths.
    pub upper_bound: i64,
    /// Tokens that `chosen` costs, document headers included.
    pub cost: u64,
    /// How many nodes of the search tree were opened.
    pub nodes: u64,
    /// The objective in billionths of the plain greedy choice, for comparison.
    pub greedy_objective: i64,
    /// The bound in billionths before any branching.
    pub root_bound: i64,
    /// What each search found, in order: one, or one for each tier that was reached; none where
    /// the wishes contradict each other.
    pub stages: Vec<Stage>,
    /// The claims and their record, if they were asked for.
    pub certificate: Option<Certificate>,
}

/// What one search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// The objective of its best set in billionths; none if none was found.
    pub objective: Option<i64>,
    /// No permitted set has a larger one, in billionths.
    pub upper_bound: i64,
}

/// What is known about a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No permitted set has a larger objective: it is proven.
    Optimal,
    /// The choice is permitted; how much better one could be is bounded by `upper_bound`.
    Gap,
    /// No set is permitted.
    Infeasible(Contradiction),
    /// The search ended before it found any permitted set or the proof that there is none.
    Unknown,
}

/// Why no set is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// The pinned candidates and what they need cost more than the budget.
    PinnedOverBudget {
        /// Tokens they cost.
        cost: u64,
        /// Tokens there are.
        budget: u32,
    },
    /// The pinned candidates and what they need are more than `count_max`.
    PinnedOverCount {
        /// How many they are.
        count: usize,
        /// How many there may be.
        most: u32,
    },
    /// The pinned candidates and what they need are more of one document than it may have.
    PinnedOverDocument {
        /// The document's label.
        document: u32,
    },
    /// A candidate is excluded, and pinned or needed by a pinned one.
    PinnedExcluded {
        /// Index of the candidate.
        item: usize,
    },
    /// The bounds of the epsilon-constraint style cannot all be met; the search proves it.
    BoundsUnmet,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PinnedOverBudget { cost, budget } => {
                write!(f, "the pinned candidates cost {cost} tokens, the budget is {budget}")
            }
            Self::PinnedOverCount { count, most } => {
                write!(f, "{count} candidates are pinned, at most {most} may be taken")
            }
            Self::PinnedOverDocument { document } => {
                write!(f, "more candidates of document {document} are pinned than it may have")
            }
            Self::PinnedExcluded { item } => {
                write!(f, "candidate {item} is excluded, and pinned or needed by a pinned one")
            }
            Self::BoundsUnmet => write!(f, "no permitted set meets all bounds of the style"),
        }
    }
}

impl Solution {
    /// Returns how far `objective` may be under the best, as a share of the upper bound.
    ///
    /// 0 when optimal; 0.02 says that the best is at most 2 % of the bound larger.
    pub fn gap(&self) -> f64 {
        share_missing(self.objective, self.upper_bound)
    }
}

impl Stage {
    /// Returns the same for one search; 1 if it found no set and a better than none may exist.
    pub fn gap(&self) -> f64 {
        share_missing(self.objective.unwrap_or(0), self.upper_bound)
    }
}

fn share_missing(objective: i64, upper_bound: i64) -> f64 {
    let missing = upper_bound.saturating_sub(objective).max(0);
    missing as f64 / (upper_bound.unsigned_abs().max(1)) as f64
}
