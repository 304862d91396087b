//! Budgeted passage selection: the best set under a budget, and the proof of it.
//!
//! Given candidates with utilities, costs, groups and pair terms ([`Problem`]), [`solve()`]
//! returns the best permitted set, or a permitted set with a bound on how much better one could
//! be; and, if asked, a [`Certificate`] that [`verify`] checks without the search. The crate has
//! no dependencies, does no I/O, and knows no clock: the same problem with the same options gives
//! the same answer on every platform.
//!
//! # How it works
//! 1. **Greedy** ([`greedy()`]) takes what gains most for each token, and exchange improves it.
//! 2. **Relaxation**: prices stand in for the budget and the caps, shares for the pairs. What is
//!    left falls apart into groups, each solved exactly by a table over ranks. Any prices give a
//!    bound; a deflected subgradient method finds good ones in some hundred rounds of a few
//!    microseconds. Where pairs are many, clusters of up to ten candidates are bounded over all
//!    their joint choices, which cuts off the half-taken choices that make the bound weak.
//! 3. **Fixing**: a candidate whose other decision is bounded away is decided. With the
//!    dominance between candidates that look alike, this usually leaves a few dozen open.
//! 4. **Branch and bound**, depth first, on frames that hold only what is open, each with its own
//!    multipliers. A limit on nodes ends it; what is open then gives the bound.
//!
//! Sources: Fisher, Management Science 27, 1981 (Lagrangian relaxation and bounds); Caprara,
//! Pisinger, Toth, INFORMS Journal on Computing 11, 1999, and Pisinger, Rasmussen, Sandvik, the
//! same 19, 2007 (quadratic knapsacks: bounds and reduction; their bounds need positive pairs,
//! ours do not); Kellerer, Pferschy, Pisinger, Knapsack Problems, 2004. The modules name theirs.
//!
//! # What is exact
//! Utilities, pair values and rank weights are integers, and so are multipliers, bounds and
//! objectives: no comparison that decides anything about an answer is made in floating point.
//! Where a multiplier must be a fraction, such as the price of a token that is worth two
//! billionths, the objective has a multiplier too, and all others are in its unit (module `aim`).
//! Floats only choose which multipliers to try next and where to branch, by operations that all
//! platforms round alike.
//!
//! # What is measured
//! `bench/selection` measures real instances, exported by the product, and hard random ones beside
//! `HiGHS`. `cargo bench -p contextlite-select --bench solver` prints times and gaps on families of
//! instances, `--bench criterion` compares with the run before, `--bench fuzz` with every subset.
//! `fuzz/` holds the same check for a fuzzer.
//!
//! Modules stand in dependency order.

pub mod problem;
pub mod style;
pub mod digest;
pub mod step;
pub mod work;
pub mod certificate;
pub mod solution;
mod layout;
mod selection;
pub mod greedy;
mod aim;
mod state;
mod dominance;
mod multiplier;
mod cluster;
mod frame;
mod gather;
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
pub use export::{last_aim, lp::lp, smt::Goal, smt::smt};
pub use greedy::greedy;
pub use problem::{Group, Implied, Item, Limits, Pair, Problem, ProblemError, Violation};
pub use solution::{Contradiction, Solution, Stage, Status};
pub use solve::{SolveOptions, solve};
pub use step::{Register, Step};
pub use style::{Bound, Measure, Style, Tier};
pub use work::WORK_MAX;
