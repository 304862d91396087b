//! What a search has decided so far, with undo, and what follows from it directly.
//!
//! Deciding one candidate may force others: what it needs comes in; what needs a candidate that is
//! out goes out; what no longer fits goes out; and of two candidates of which one is never the
//! better choice (see the module `dominance`) the weaker comes in only with the stronger.

use crate::aim::Aim;
use crate::layout::{Layout, Lists};
use crate::problem::{BILLIONTHS_PER_MILLIONTH, Limits, Problem};

/// The decision on a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Free,
    In,
    Out,
}

/// The decisions cannot all be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The candidate would have to be decided this way too.
    Item(usize, Mark),
    /// A limit is broken by what is in.
    Limits,
}

/// The sums over the candidates that are in, as far as they do not depend on open candidates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    /// Positive and negative pairs inside, in billionths.
    pub positive: i64,
    pub negative: i64,
    /// For each row of the aim, the values of its candidates in billionths.
    pub values: Vec<i64>,
}

/// See the module.
pub(crate) struct State<'a> {
    layout: &'a Layout,
    pub limits: Limits,
    marks: Vec<Mark>,
    /// Decided candidates, oldest first.
    trail: Vec<u32>,
    /// How much of the trail has been followed up.
    followed: usize,
    values: Vec<&'a [i64]>,
    pub sums: Sums,
    pub cost: u64,
    pub count: u32,
    pub document_count: Vec<u32>,
    /// Candidates that may only be in if this one is: by need and by dominance.
    pub dependents: Lists<u32>,
    pub requirements: Lists<u32>,
}

impl<'a> State<'a> {
    /// Starts with nothing decided. `edges` are `(candidate, what it requires)`.
    pub fn new(problem: &Problem, layout: &'a Layout, aim: &'a Aim, edges: &[(u32, u32)]) -> Self {
        let count = problem.items.len();
        let back: Vec<(u32, u32)> = edges.iter().map(|&(from, to)| (to, from)).collect();
        let rows = aim.rows().count();
        Self {
            layout,
            limits: problem.limits,
            marks: vec![Mark::Free; count],
            trail: Vec::with_capacity(count),
            followed: 0,
            values: aim.rows().map(|measure| measure.values.as_slice()).collect(),
            sums: Sums { values: vec![0; rows], ..Sums::default() },
            cost: 0,
            count: 0,
            document_count: vec![0; layout.documents],
            dependents: Lists::new(count, &back),
            requirements: Lists::new(count, edges),
        }
    }

    pub fn mark(&self, item: usize) -> Mark {
        self.marks[item]
    }

    /// Returns a point that [`State::undo`] can go back to.
    pub fn point(&self) -> usize {
        self.trail.len()
    }

    /// Returns the candidates decided since the point, oldest first.
    pub fn since(&self, point: usize) -> &[u32] {
        &self.trail[point..]
    }

    /// Tokens that are left; meaningful while there is no conflict.
    pub fn room(&self) -> i64 {
        i64::from(self.limits.budget) - self.cost as i64
    }

    /// Whether the header of a document is paid.
    pub fn is_open(&self, document: usize) -> bool {
        0 < self.document_count[document]
    }

    fn added_cost(&self, item: usize) -> u64 {
        let is_open = self.is_open(self.layout.document[item] as usize);
        let header = if is_open { 0 } else { self.limits.document_overhead };
        u64::from(self.layout.cost[item]) + u64::from(header)
    }

    /// Decides a candidate; what follows is left to [`State::follow`].
    ///
    /// # Errors
    /// [`Conflict`] if it is decided the other way.
    pub fn decide(&mut self, item: usize, mark: Mark) -> Result<(), Conflict> {
        if self.marks[item] != Mark::Free {
            return if self.marks[item] == mark { Ok(()) } else { Err(Conflict::Item(item, mark)) };
        }
        if mark == Mark::In {
            self.cost += self.added_cost(item);
            self.shift(item, 1);
            self.count += 1;
            self.document_count[self.layout.document[item] as usize] += 1;
        }
        self.marks[item] = mark;
        self.trail.push(item as u32);
        Ok(())
    }

    fn shift(&mut self, item: usize, sign: i64) {
        for neighbour in self.layout.neighbours.of(item) {
            if self.marks[neighbour.item as usize] == Mark::In {
                let sum = if 0 < neighbour.value {
                    &mut self.sums.positive
                } else {
                    &mut self.sums.negative
                };
                *sum += sign * neighbour.value;
            }
        }
        for (sum, values) in self.sums.values.iter_mut().zip(&self.values) {
            let value = values.get(item).copied().unwrap_or(0);
            *sum += sign * value * BILLIONTHS_PER_MILLIONTH;
        }
    }

    /// Takes back everything decided since the point.
    pub fn undo(&mut self, point: usize) {
        while point < self.trail.len() {
            let item = self.trail.pop().expect("the trail is longer than the point") as usize;
            let mark = std::mem::replace(&mut self.marks[item], Mark::Free);
            if mark == Mark::In {
                self.count -= 1;
                self.document_count[self.layout.document[item] as usize] -= 1;
                self.shift(item, -1);
                self.cost -= self.added_cost(item);
            }
        }
        self.followed = point;
    }

    /// Draws the conclusions of what was decided, until there are no more.
    ///
    /// # Errors
    /// [`Conflict`] if the decisions cannot all be kept.
    pub fn follow(&mut self) -> Result<(), Conflict> {
        loop {
            while self.followed < self.trail.len() {
                let item = self.trail[self.followed] as usize;
                self.followed += 1;
                self.follow_one(item)?;
            }
            self.check_limits()?;
            if !self.drop_what_does_not_fit() {
                return Ok(());
            }
        }
    }

    fn follow_one(&mut self, item: usize) -> Result<(), Conflict> {
        let is_in = self.marks[item] == Mark::In;
        let (count, mark) = if is_in {
            (self.requirements.of(item).len(), Mark::In)
        } else {
            (self.dependents.of(item).len(), Mark::Out)
        };
        for place in 0..count {
            let lists = if is_in { &self.requirements } else { &self.dependents };
            let other = lists.of(item)[place];
            self.decide(other as usize, mark)?;
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), Conflict> {
        let over_count = self.limits.count_max.is_some_and(|most| most < self.count);
        let over_document = self
            .limits
            .per_document_max
            .is_some_and(|most| self.document_count.iter().any(|&count| most < count));
        let over_budget = u64::from(self.limits.budget) < self.cost;
        if over_count || over_document || over_budget { Err(Conflict::Limits) } else { Ok(()) }
    }

    fn drop_what_does_not_fit(&mut self) -> bool {
        let room = self.room() as u64;
        let is_full = self.limits.count_max.is_some_and(|most| most <= self.count);
        let per_document = self.limits.per_document_max.unwrap_or(u32::MAX);
        let before = self.trail.len();
        for item in 0..self.marks.len() {
            let in_document = self.document_count[self.layout.document[item] as usize];
            let fits = !is_full && in_document < per_document && self.added_cost(item) <= room;
            if self.marks[item] == Mark::Free && !fits {
                self.marks[item] = Mark::Out;
                self.trail.push(item as u32);
            }
        }
        before < self.trail.len()
    }
}
