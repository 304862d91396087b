//! Budgeted passage selection: exact search, bounds and certificates.
//!
//! Modules stand in dependency order. The crate has no dependencies, does no I/O, and knows no
//! clock: the same problem with the same options gives the same answer on every platform.

pub mod problem;
pub mod style;
pub mod digest;
pub mod step;
pub mod certificate;
pub mod solution;
mod layout;
mod selection;
pub mod greedy;
mod aim;
mod state;
mod dominance;
mod frame;
mod cluster;
mod relaxation;
mod ascent;
mod record;
mod search;
pub mod solve;
pub mod check;
pub mod export;

pub use certificate::{Certificate, Proof};
pub use check::{CheckError, Verdict, verify};
pub use digest::{Digest, digest};
pub use export::{lp::lp, smt::Goal, smt::smt};
pub use greedy::greedy;
pub use problem::{Group, Implied, Item, Limits, Pair, Problem, ProblemError, Violation};
pub use solution::{Contradiction, Solution, Status};
pub use solve::{SolveOptions, solve};
pub use step::{Register, Step};
pub use style::{Bound, Measure, Style, Tier};
