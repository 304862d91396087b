//! The branch record: what a search did, in the order it did it, so that it can be checked.
//!
//! The record is a walk through the search tree, depth first. It works on three things: the
//! decisions on the candidates (with undo), a register for each multiplier, and a stack of open
//! branches. [`Step::Set`] writes a register. [`Step::Join`] puts a pair into a cluster.
//! [`Step::Fix`] claims that the bound under the present registers, with the candidate decided the
//! other way, does not exceed the claimed upper bound.
//! [`Step::Force`] claims that a decision follows from those already made. [`Step::Branch`] decides
//! a candidate one way and remembers to do the other. [`Step::Close`] claims that nothing under the
//! present decisions exceeds the claimed upper bound; it goes back to the last branch with its
//! other side left, undoes what was decided since, and decides that other side. The record is
//! complete when a close finds no branch left.

/// A multiplier of the relaxation; see the module `relaxation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Register {
    /// The multiplier of the objective, at least 1: the unit of all other multipliers, so that
    /// those can be fractions. The only one that starts at 1.
    Objective,
    /// The price of a token.
    Price,
    /// The price of one more candidate.
    CountPrice,
    /// The price of one more candidate of the document with this label.
    DocumentPrice(u32),
    /// The share of the pair with this index.
    Pair(u32),
    /// The multiplier of the need with this index.
    Need(u32),
    /// The multiplier of the style's bound with this index.
    Bound(u32),
    /// What a candidate pays to a cluster for its copy; may be negative.
    Message {
        /// The cluster's number.
        cluster: u32,
        /// Index of the candidate.
        item: u32,
    },
    /// What the group with this index pays of its document's header, in 4096ths.
    GroupShare(u32),
    /// What the candidate with this index pays of its document's header, in 4096ths.
    ItemShare(u32),
}

/// One step of the record; see the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Writes a register; all but the objective's start at 0.
    Set(Register, i64),
    /// Puts a pair into a cluster, for good; a pair is in one cluster at most.
    Join {
        /// Index of the pair.
        pair: u32,
        /// The cluster's number.
        cluster: u32,
    },
    /// Decides a candidate because the other way is bounded away.
    Fix {
        /// Index of the candidate.
        item: u32,
        /// Whether it is decided in.
        is_in: bool,
    },
    /// Decides a candidate because it follows.
    Force {
        /// Index of the candidate.
        item: u32,
        /// Whether it is decided in.
        is_in: bool,
    },
    /// Decides a candidate, the other way to be done after this one.
    Branch {
        /// Index of the candidate.
        item: u32,
        /// Whether it is decided in first.
        is_in: bool,
    },
    /// Ends this side of the last branch.
    Close,
}
