//! Budgeted passage selection: exact search, bounds and certificates.
//!
//! Modules stand in dependency order. The crate has no dependencies, does no I/O, and knows no
//! clock: the same problem with the same options gives the same answer on every platform.

pub mod problem;
pub mod solution;
pub mod style;
mod layout;
mod selection;
pub mod greedy;
mod relaxation;
pub mod search;

pub use greedy::greedy;
pub use problem::{Group, Implied, Item, Limits, Pair, Problem, ProblemError, Violation};
pub use search::{SolveOptions, solve};
pub use solution::{Contradiction, Solution, Status};
pub use style::{Bound, Measure, Style, Tier};
