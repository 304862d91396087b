//! One thing to maximise under further bounds: what a single exact search is given.
//!
//! A style becomes one aim, or several in turn. Row 0 of an aim is the measure to maximise; the
//! others are measures with a least value. A search puts a multiplier on each row, so utilities,
//! pairs and values are stored once and each row only says which of them it counts. The objective's
//! multiplier is fixed ([`Aim::scale`]): it is the unit in which all others are fractions.

use crate::problem::Problem;
use crate::style::{Bound, Measure};

/// Multiplier of the objective when there are bounds, so that their multipliers can be fractions.
const SCALE_WITH_BOUNDS: i64 = 256;
/// The largest multiplier of the objective without bounds. The price of a token is a fraction in
/// its unit: where the last tokens are worth a few billionths each, a price in whole billionths is
/// off by a tenth, and that times the room is more than all near-tied selections differ by. With
/// this one, a price that is off by one unit moves the bound of 64k tokens by a billionth.
const SCALE_MAX: i64 = 1 << 16;
/// The objective's size times its multiplier is at most this, or the multiplier is one.
const SCALED_MAX: i64 = 1 << 57;
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
    pub fn scale(&self, problem: &Problem) -> i64 {
        if self.bounds.is_empty() {
            (SCALED_MAX / self.objective.size(problem).max(1)).clamp(1, SCALE_MAX)
        } else {
            SCALE_WITH_BOUNDS
        }
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
