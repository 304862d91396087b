//! The selection problem: which candidates to take within a budget.
//!
//! A [`Problem`] is plain numbers: what each candidate is worth, what it costs, which group and
//! which document it belongs to, and which pairs of candidates help or repeat each other. It knows
//! nothing of text. Every field is public so that a face can read and write it.
//!
//! # The objective
//! ```text
//!   maximise   sum over groups g of  sum over k of  weight(g, k) * utility(k-th best of g in S)
//!            + sum over pairs (a, b) with both a and b in S of  1000 * value(a, b)
//! ```
//! Utilities and pair values are integers in millionths. The weight of rank k (0-based) is an
//! integer in thousandths: `weight(g, 0) = 1000` and
//! `weight(g, k + 1) = floor(weight(g, k) * gamma_thousandths / 1000)`. That floor is the only
//! rounding anywhere; from there on all products are exact, and an objective is an exact integer
//! in **billionths**. Equal utilities inside a group stand in order of index, which does not
//! change the value. Because weights fall with the rank, the sum of a group is the largest value
//! over all assignments of ranks to its chosen members (rearrangement inequality), which is what
//! lets a linear program state it exactly.
//!
//! # The constraints
//! ```text
//!   sum of costs + document_overhead * (documents touched)  <=  budget
//!   |S| <= count_max,   per document |S| <= per_document_max
//!   pinned in S,  excluded not in S,  item in S implies needs in S
//! ```
//! Integer arithmetic cannot overflow for a problem that [`Problem::validate`] accepted: the
//! limits below keep every sum under 2^57.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One in thousandths: the weight of the best member of a group.
pub const ONE_THOUSANDTHS: u32 = 1000;
/// How many billionths of objective one millionth of utility is worth at full weight.
pub const BILLIONTHS_PER_MILLIONTH: i64 = 1000;
/// The most candidates that a problem may have; a group's table grows with their square.
pub const ITEMS_MAX: usize = 4096;
/// The most pair terms that a problem may have, so that sums of them fit 64 bits.
pub const PAIRS_MAX: usize = 65_536;
/// The largest utility and the largest absolute pair value in millionths (1,000 whole units).
pub const VALUE_MAX: u32 = 1_000_000_000;

/// A candidate as the objective sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// What the candidate is worth alone, in millionths, at most [`VALUE_MAX`].
    pub utility: u32,
    /// What it costs, in tokens, without its document's header.
    pub cost: u32,
    /// Which document it is part of; any label, equal labels share one header.
    pub document: u32,
    /// Which group it belongs to: an index into [`Problem::groups`].
    pub group: u32,
}

/// A set of candidates that say similar things, so that each further one is worth less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The factor from one rank to the next, in thousandths, 0 ..= 1000.
    pub gamma_thousandths: u32,
}

/// What two candidates are worth, or cost, when both are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Index of one candidate.
    pub a: usize,
    /// Index of the other candidate, never equal to `a`.
    pub b: usize,
    /// Millionths: positive for coherence, negative for redundancy.
    pub value: i64,
}

/// A candidate that may only be taken together with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Implied {
    /// Index of the candidate that has a need.
    pub item: usize,
    /// Index of the candidate it needs.
    pub needs: usize,
}

/// What a selection must stay within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Tokens for everything, document headers included.
    pub budget: u32,
    /// Tokens for the header of each document of which something is taken.
    pub document_overhead: u32,
    /// How many candidates may be taken, if that is limited.
    pub count_max: Option<u32>,
    /// How many candidates of one document may be taken, if that is limited.
    pub per_document_max: Option<u32>,
}

impl Limits {
    /// Returns limits that bind nothing but the tokens.
    pub fn tokens(budget: u32) -> Self {
        Self { budget, document_overhead: 0, count_max: None, per_document_max: None }
    }
}

/// A whole instance; see the module for what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The candidates; all other fields name them by their index here.
    pub items: Vec<Item>,
    /// The groups; [`Item::group`] points here.
    pub groups: Vec<Group>,
    /// The pair terms, each unordered pair at most once.
    pub pairs: Vec<Pair>,
    /// Budget and caps.
    pub limits: Limits,
    /// Candidates that must be taken.
    pub pinned: Vec<usize>,
    /// Candidates that must not be taken.
    pub excluded: Vec<usize>,
    /// Candidates that need others; chains and cycles are allowed.
    pub implied: Vec<Implied>,
}

/// Why a problem is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemError {
    /// There are more candidates than [`ITEMS_MAX`].
    TooManyItems(usize),
    /// There are more pair terms than [`PAIRS_MAX`].
    TooManyPairs(usize),
    /// The field names a candidate that does not exist.
    UnknownItem {
        /// The field of the problem.
        field: &'static str,
        /// The index that it names.
        item: usize,
    },
    /// The candidate is in a group that does not exist.
    UnknownGroup {
        /// Index of the candidate.
        item: usize,
        /// The group that it names.
        group: u32,
    },
    /// The group's gamma is over 1000 thousandths.
    GammaOutOfRange {
        /// Index of the group.
        group: usize,
    },
    /// The candidate's utility is over [`VALUE_MAX`].
    UtilityOutOfRange {
        /// Index of the candidate.
        item: usize,
    },
    /// The pair's value is over [`VALUE_MAX`] in either direction.
    PairOutOfRange {
        /// Index of the pair.
        pair: usize,
    },
    /// The pair joins a candidate with itself.
    PairWithItself {
        /// Index of the pair.
        pair: usize,
    },
    /// The same two candidates are joined twice.
    PairTwice {
        /// Index of the later pair.
        pair: usize,
    },
    /// The style's options do not fit the problem.
    Style(&'static str),
}

impl fmt::Display for ProblemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyItems(count) => write!(f, "{count} candidates, the most is {ITEMS_MAX}"),
            Self::TooManyPairs(count) => write!(f, "{count} pairs, the most is {PAIRS_MAX}"),
            Self::UnknownItem { field, item } => {
                write!(f, "{field} names candidate {item}, which does not exist")
            }
            Self::UnknownGroup { item, group } => {
                write!(f, "candidate {item} is in group {group}, which does not exist")
            }
            Self::GammaOutOfRange { group } => {
                write!(f, "gamma of group {group} is over 1000 thousandths")
            }
            Self::UtilityOutOfRange { item } => {
                write!(f, "utility of candidate {item} is over {VALUE_MAX} millionths")
            }
            Self::PairOutOfRange { pair } => {
                write!(f, "value of pair {pair} is over {VALUE_MAX} millionths")
            }
            Self::PairWithItself { pair } => {
                write!(f, "pair {pair} joins a candidate with itself")
            }
            Self::PairTwice { pair } => write!(f, "pair {pair} joins two candidates a second time"),
            Self::Style(reason) => write!(f, "objective style: {reason}"),
        }
    }
}

impl std::error::Error for ProblemError {}

/// What a set of candidates does against the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// It names a candidate that does not exist, or one twice, or is not in ascending order.
    NotASet,
    /// It costs more than the budget.
    OverBudget {
        /// Tokens it costs, headers included.
        cost: u64,
    },
    /// It has more candidates than `count_max`.
    OverCount,
    /// It has more candidates of this document than `per_document_max`.
    OverDocument(u32),
    /// It lacks this pinned candidate.
    LacksPinned(usize),
    /// It has this excluded candidate.
    HasExcluded(usize),
    /// It has a candidate without the one that it needs.
    LacksImplied(Implied),
}

impl Problem {
    /// Checks that every index, range and limit is as documented.
    ///
    /// # Errors
    /// The first thing that is wrong, as a [`ProblemError`]. Contradicting wishes, such as a pinned
    /// candidate over the budget, are not an error here: solving answers those as infeasible.
    pub fn validate(&self) -> Result<(), ProblemError> {
        let count = self.items.len();
        if count > ITEMS_MAX {
            return Err(ProblemError::TooManyItems(count));
        }
        if self.pairs.len() > PAIRS_MAX {
            return Err(ProblemError::TooManyPairs(self.pairs.len()));
        }
        if let Some(group) = self.groups.iter().position(|g| g.gamma_thousandths > ONE_THOUSANDTHS)
        {
            return Err(ProblemError::GammaOutOfRange { group });
        }
        for (index, item) in self.items.iter().enumerate() {
            if item.utility > VALUE_MAX {
                return Err(ProblemError::UtilityOutOfRange { item: index });
            }
            if item.group as usize >= self.groups.len() {
                return Err(ProblemError::UnknownGroup { item: index, group: item.group });
            }
        }
        self.validate_pairs()?;
        let implied = self.implied.iter().flat_map(|need| [need.item, need.needs]);
        unknown("pinned", self.pinned.iter().copied(), count)?;
        unknown("excluded", self.excluded.iter().copied(), count)?;
        unknown("implied", implied, count)
    }

    fn validate_pairs(&self) -> Result<(), ProblemError> {
        unknown("pairs", self.pairs.iter().flat_map(|p| [p.a, p.b]), self.items.len())?;
        let mut seen = BTreeSet::new();
        for (index, pair) in self.pairs.iter().enumerate() {
            if pair.value.unsigned_abs() > u64::from(VALUE_MAX) {
                return Err(ProblemError::PairOutOfRange { pair: index });
            }
            if pair.a == pair.b {
                return Err(ProblemError::PairWithItself { pair: index });
            }
            if !seen.insert((pair.a.min(pair.b), pair.a.max(pair.b))) {
                return Err(ProblemError::PairTwice { pair: index });
            }
        }
        Ok(())
    }

    /// Returns the objective of a set of candidates in billionths.
    ///
    /// The order of `chosen` does not matter; each index must exist and stand there once.
    pub fn objective(&self, chosen: &[usize]) -> i64 {
        self.grouped(chosen) + self.paired(chosen, |_| true)
    }

    /// Returns the part of the objective that comes from utilities, in billionths.
    pub fn grouped(&self, chosen: &[usize]) -> i64 {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &index in chosen {
            let item = &self.items[index];
            members.entry(item.group).or_default().push(item.utility);
        }
        let mut total = 0;
        for (group, mut utilities) in members {
            utilities.sort_unstable_by(|left, right| right.cmp(left));
            let mut weight = ONE_THOUSANDTHS;
            for utility in utilities {
                total += i64::from(weight) * i64::from(utility);
                weight = next_weight(weight, self.groups[group as usize].gamma_thousandths);
            }
        }
        total
    }

    /// Returns the part of the objective from those pairs inside `chosen` that `counts` accepts.
    pub fn paired(&self, chosen: &[usize], counts: impl Fn(&Pair) -> bool) -> i64 {
        let mut taken = vec![false; self.items.len()];
        for &index in chosen {
            taken[index] = true;
        }
        let inside = self.pairs.iter().filter(|pair| taken[pair.a] && taken[pair.b]);
        inside.filter(|pair| counts(pair)).map(|pair| pair.value * BILLIONTHS_PER_MILLIONTH).sum()
    }

    /// Returns the tokens that a set of candidates costs, document headers included.
    pub fn cost(&self, chosen: &[usize]) -> u64 {
        let documents: BTreeSet<u32> = chosen.iter().map(|&i| self.items[i].document).collect();
        let headers = documents.len() as u64 * u64::from(self.limits.document_overhead);
        headers + chosen.iter().map(|&i| u64::from(self.items[i].cost)).sum::<u64>()
    }

    /// Returns the first constraint that a set of candidates breaks, if it breaks any.
    pub fn violation(&self, chosen: &[usize]) -> Option<Violation> {
        let known = chosen.last().is_none_or(|&last| last < self.items.len());
        if !known || chosen.windows(2).any(|two| two[0] >= two[1]) {
            return Some(Violation::NotASet);
        }
        let cost = self.cost(chosen);
        if cost > u64::from(self.limits.budget) {
            return Some(Violation::OverBudget { cost });
        }
        if self.limits.count_max.is_some_and(|most| (most as usize) < chosen.len()) {
            return Some(Violation::OverCount);
        }
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for &index in chosen {
            *counts.entry(self.items[index].document).or_default() += 1;
        }
        if let Some(most) = self.limits.per_document_max
            && let Some((&document, _)) = counts.iter().find(|&(_, &count)| most < count)
        {
            return Some(Violation::OverDocument(document));
        }
        let has = |index: &usize| chosen.binary_search(index).is_ok();
        if let Some(&item) = self.pinned.iter().find(|item| !has(item)) {
            return Some(Violation::LacksPinned(item));
        }
        if let Some(&item) = self.excluded.iter().find(|item| has(item)) {
            return Some(Violation::HasExcluded(item));
        }
        let lacks = self.implied.iter().find(|need| has(&need.item) && !has(&need.needs));
        lacks.map(|need| Violation::LacksImplied(*need))
    }
}

/// Returns the weight of the rank after one with this weight, both in thousandths.
pub fn next_weight(weight: u32, gamma_thousandths: u32) -> u32 {
    weight * gamma_thousandths / ONE_THOUSANDTHS
}

fn unknown(
    field: &'static str,
    mut indices: impl Iterator<Item = usize>,
    count: usize,
) -> Result<(), ProblemError> {
    match indices.find(|&index| count <= index) {
        Some(item) => Err(ProblemError::UnknownItem { field, item }),
        None => Ok(()),
    }
}
