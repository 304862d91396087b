//! An instance as text for other people's solvers.
//!
//! Both writers state one search: a measure to maximise under bounds on measures. For the weighted
//! sum that is [`Measure::objective`](crate::Measure::objective) without bounds; for the
//! epsilon-constraint style with its bounds; for a tier of the lexicographic style, the tier's
//! measure with the floors of the tiers before it ([`Tier::floor`](crate::Tier::floor)).
//! The two texts state the objective in different ways, so that they check each other: the linear
//! program lets the solver assign ranks, the SMT text counts them as the definition does.

pub mod lp;
pub mod smt;
