//! Objective styles: what "best" means beyond the weighted sum.
//!
//! A [`Measure`] adds up some parts of a selection: grouped utility, coherence (positive pairs),
//! redundancy (negative pairs), and a value for each candidate. The three styles are built of it:
//!
//! - **Weighted sum**: maximise the whole objective of the problem.
//! - **Lexicographic**: maximise the first tier; then, among the sets whose first tier is as good,
//!   the second; and so on. A tier may allow a slack, so that a hair of the first may buy much of
//!   the second.
//! - **Epsilon-constraint**: maximise the whole objective among the sets that meet bounds on
//!   measures, such as total redundancy at most, coherence at least, mean recency at least.
//!
//! All three are solved by the same exact search; a tier or bound is one more constraint there.

use crate::problem::{BILLIONTHS_PER_MILLIONTH, Problem, ProblemError, VALUE_MAX};

/// The most tiers or bounds that a style may have, because each is a constraint of the search.
pub const ROWS_MAX: usize = 8;
/// The largest sum of absolute values, in billionths, that a tier or bound may have.
pub const SIZE_MAX: i64 = 1 << 51;

/// A sum over the selection, in billionths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Whether the grouped utilities count.
    pub utility: bool,
    /// Whether the positive pairs count.
    pub coherence: bool,
    /// Whether the negative pairs count (as negative numbers).
    pub redundancy: bool,
    /// A value for each candidate in millionths, at most [`VALUE_MAX`] in either direction; empty
    /// for none.
    pub values: Vec<i64>,
}

/// One step of the lexicographic style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// What to maximise.
    pub measure: Measure,
    /// How much of this tier's optimum later tiers may give away, in thousandths, 0 ..= 1000.
    pub slack_thousandths: u32,
}

/// One bound of the epsilon-constraint style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// What is bounded.
    pub measure: Measure,
    /// The least that the measure may be, in billionths.
    pub at_least: i64,
}

/// What to maximise, and under which further bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Style {
    /// The problem's objective.
    #[default]
    WeightedSum,
    /// Tiers in order, each as good as the ones before it permit.
    Lexicographic(Vec<Tier>),
    /// The problem's objective among the sets that meet these bounds.
    EpsilonConstraint(Vec<Bound>),
}

impl Measure {
    /// The problem's whole objective.
    pub fn objective() -> Self {
        Self { utility: true, coherence: true, redundancy: true, values: Vec::new() }
    }

    /// The grouped utilities alone.
    pub fn utility() -> Self {
        Self { coherence: false, redundancy: false, ..Self::objective() }
    }

    /// The positive pairs alone.
    pub fn coherence() -> Self {
        Self { utility: false, redundancy: false, ..Self::objective() }
    }

    /// The negative pairs alone, as negative numbers: maximising it avoids repetition.
    pub fn redundancy() -> Self {
        Self { utility: false, coherence: false, ..Self::objective() }
    }

    /// A sum of one value for each candidate, in millionths.
    pub fn sum(values: Vec<i64>) -> Self {
        Self { utility: false, coherence: false, redundancy: false, values }
    }

    /// Returns the measure of a set of candidates in billionths.
    pub fn of(&self, problem: &Problem, chosen: &[usize]) -> i64 {
        let grouped = if self.utility { problem.grouped(chosen) } else { 0 };
        let paired = problem.paired(chosen, |pair| self.counts(pair.value));
        let values = chosen.iter().map(|&i| self.values.get(i).copied().unwrap_or(0));
        grouped + paired + values.sum::<i64>() * BILLIONTHS_PER_MILLIONTH
    }

    /// Returns whether a pair of this value counts.
    pub fn counts(&self, value: i64) -> bool {
        if 0 < value { self.coherence } else { self.redundancy }
    }

    /// Returns the sum of the absolute values of all that counts, in billionths.
    pub(crate) fn size(&self, problem: &Problem) -> i64 {
        let used = |utility: u32| if self.utility { i64::from(utility) } else { 0 };
        let utilities: i64 = problem.items.iter().map(|item| used(item.utility)).sum();
        let pairs = problem.pairs.iter().filter(|pair| self.counts(pair.value));
        let pairs: i64 = pairs.map(|pair| pair.value.abs()).sum();
        let values: i64 = self.values.iter().map(|value| value.abs()).sum();
        (utilities + pairs + values) * BILLIONTHS_PER_MILLIONTH
    }

    fn validate(&self, problem: &Problem) -> Result<(), ProblemError> {
        if !self.values.is_empty() && self.values.len() != problem.items.len() {
            return Err(ProblemError::Style("a measure needs one value for each candidate"));
        }
        if self.values.iter().any(|value| u64::from(VALUE_MAX) < value.unsigned_abs()) {
            return Err(ProblemError::Style("a measure's value is out of range"));
        }
        Ok(())
    }
}

impl Tier {
    /// Returns the least that later tiers must leave of this one, given its best value.
    pub fn floor(&self, best: i64) -> i64 {
        let slack = i128::from(best).abs() * i128::from(self.slack_thousandths) / 1000;
        best.saturating_sub(slack as i64)
    }
}

impl Bound {
    /// Total redundancy at most this many billionths (a positive number).
    pub fn redundancy_at_most(most: i64) -> Self {
        Self { measure: Measure::redundancy(), at_least: -most }
    }

    /// Total coherence at least this many billionths.
    pub fn coherence_at_least(least: i64) -> Self {
        Self { measure: Measure::coherence(), at_least: least }
    }

    /// The mean of `values` (millionths) over the selection at least `least` millionths.
    ///
    /// The empty selection meets every mean.
    pub fn mean_at_least(values: &[u32], least: u32) -> Self {
        let above = values.iter().map(|&value| i64::from(value) - i64::from(least)).collect();
        Self { measure: Measure::sum(above), at_least: 0 }
    }
}

impl Style {
    /// Checks that the style's lists fit the problem.
    ///
    /// # Errors
    /// [`ProblemError::Style`] with what does not fit.
    pub fn validate(&self, problem: &Problem) -> Result<(), ProblemError> {
        let (rows, least) = match self {
            Self::WeightedSum => return Ok(()),
            Self::Lexicographic(tiers) => (tiers.iter().map(|tier| &tier.measure).collect(), 1),
            Self::EpsilonConstraint(bounds) => {
                (bounds.iter().map(|bound| &bound.measure).collect::<Vec<_>>(), 0)
            }
        };
        if rows.len() < least || ROWS_MAX < rows.len() {
            return Err(ProblemError::Style("there are too few or too many tiers or bounds"));
        }
        if let Self::Lexicographic(tiers) = self
            && tiers.iter().any(|tier| 1000 < tier.slack_thousandths)
        {
            return Err(ProblemError::Style("a slack is over 1000 thousandths"));
        }
        rows.iter().try_for_each(|measure| measure.validate(problem))?;
        let sizes = rows.iter().map(|measure| measure.size(problem)).max();
        if SIZE_MAX < sizes.unwrap_or(0).max(Measure::objective().size(problem)) {
            return Err(ProblemError::Style("the values are too large for tiers or bounds"));
        }
        if let Self::EpsilonConstraint(bounds) = self
            && bounds.iter().any(|bound| (SIZE_MAX as u64) < bound.at_least.unsigned_abs())
        {
            return Err(ProblemError::Style("a bound is out of range"));
        }
        Ok(())
    }
}
