//! One thing to maximise under further bounds: what a single exact search is given.
//!
//! A style becomes one aim, or several in turn. Row 0 of an aim is the measure to maximise; the
//! others are measures with a least value. A search puts a multiplier on each row, so utilities,
//! pairs and values are stored once and each row only says which of them it counts.

use crate::problem::Problem;
use crate::style::{Bound, Measure};

/// Multiplier of the objective when there are bounds, so that their multipliers can be fractions.
const SCALE_WITH_BOUNDS: i64 = 256;
/// No sum of a search may exceed this, in any unit, so that adding a few cannot overflow.
pub(crate) const SUM_MAX: i64 = 1 << 60;

/// No multiplier of a bound is larger. Large enough to make a bound in units of one billionth
/// outweigh every objective; how far a sum lets it go is usually less.
const MULTIPLIER_MAX: i64 = 1 << 44;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    pub objective: Measure,
    pub bounds: Vec<Bound>,
}

impl Aim {
    /// Returns the rows in order, the objective first.
    pub fn rows(&self) -> impl Iterator<Item = &Measure> {
        std::iter::once(&self.objective).chain(self.bounds.iter().map(|bound| &bound.measure))
    }

    /// Returns the multiplier of the objective: all bounds of a search are in this unit.
    pub fn scale(&self) -> i64 {
        if self.bounds.is_empty() { 1 } else { SCALE_WITH_BOUNDS }
    }

    /// Returns whether the set meets all bounds.
    pub fn is_met(&self, problem: &Problem, chosen: &[usize]) -> bool {
        self.bounds.iter().all(|bound| bound.at_least <= bound.measure.of(problem, chosen))
    }

    /// Returns a number in billionths that no set's objective is under.
    pub fn least(&self, problem: &Problem) -> i64 {
        -self.objective.size(problem) - 1
    }

    /// Returns the largest multiplier a bound may have without any sum overflowing.
    pub fn multiplier_max(&self, problem: &Problem) -> i64 {
        let largest = self.bounds.iter().map(|b| b.measure.size(problem) + b.at_least.abs()).max();
        let rows = self.bounds.len() as i64 + 1;
        (SUM_MAX / rows / largest.unwrap_or(1).max(1)).clamp(1, MULTIPLIER_MAX)
    }
}
