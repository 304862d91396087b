//! A selection that grows and shrinks one candidate at a time, and always knows its value.
//!
//! Adding to a group pushes the chosen members behind the new one a rank down, so a gain is the
//! new member's own weighted utility, minus what those lose, plus the pairs it completes. All
//! of it is exact integer arithmetic, so a gain equals the difference of two objectives.

use crate::layout::Layout;
use crate::problem::{Limits, Problem};

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Selection<'a> {
    layout: &'a Layout,
    limits: Limits,
    excluded: Vec<bool>,
    pinned: Vec<bool>,
    has: Vec<bool>,
    /// Chosen candidates by slot of their rank; the first `group_count` of each group are in use.
    ranked: Vec<u32>,
    group_count: Vec<u32>,
    document_count: Vec<u32>,
    count: usize,
    cost: u64,
    value: i64,
    /// What is in on trial.
    trial: Vec<u32>,
}

impl<'a> Selection<'a> {
    /// Starts empty, even if candidates are pinned.
    pub fn new(problem: &Problem, layout: &'a Layout) -> Self {
        let count = problem.items.len();
        let mut excluded = vec![false; count];
        for &item in &problem.excluded {
            excluded[item] = true;
        }
        let mut pinned = vec![false; count];
        for &pin in &problem.pinned {
            for &item in layout.needs.of(pin) {
                pinned[item as usize] = true;
            }
        }
        Self {
            layout,
            limits: problem.limits,
            excluded,
            pinned,
            has: vec![false; count],
            ranked: vec![0; count],
            group_count: vec![0; problem.groups.len()],
            document_count: vec![0; layout.documents],
            count: 0,
            cost: 0,
            value: 0,
            trial: Vec::new(),
        }
    }

    /// Takes everything out, and keeps the memory.
    pub fn clear(&mut self) {
        self.has.fill(false);
        self.group_count.fill(0);
        self.document_count.fill(0);
        (self.count, self.cost, self.value) = (0, 0, 0);
    }

    /// Adds those of the candidates that are not in, until one does not fit; returns whether all
    /// are in then. [`Selection::give_up`] takes them out again.
    pub fn try_all(&mut self, items: &[u32]) -> bool {
        self.trial.clear();
        for &item in items {
            if self.has(item as usize) {
                continue;
            }
            if !self.fits(item as usize) {
                return false;
            }
            self.add(item as usize);
            self.trial.push(item);
        }
        true
    }

    /// Takes out what is in on trial.
    pub fn give_up(&mut self) {
        while let Some(item) = self.trial.pop() {
            self.remove(item as usize);
        }
    }

    pub fn has(&self, item: usize) -> bool {
        self.has[item]
    }

    pub fn is_pinned(&self, item: usize) -> bool {
        self.pinned[item]
    }

    pub fn cost(&self) -> u64 {
        self.cost
    }

    pub fn value(&self) -> i64 {
        self.value
    }

    pub fn document_count(&self, document: usize) -> u32 {
        self.document_count[document]
    }

    /// Returns the chosen candidates, ascending.
    pub fn chosen(&self) -> Vec<usize> {
        (0..self.has.len()).filter(|&item| self.has[item]).collect()
    }

    /// Returns the tokens that adding the candidate costs, its document's header included.
    pub fn added_cost(&self, item: usize) -> u64 {
        let is_new = self.document_count[self.layout.document[item] as usize] == 0;
        let header = if is_new { self.limits.document_overhead } else { 0 };
        u64::from(self.layout.cost[item]) + u64::from(header)
    }

    /// Returns whether the candidate can be added alone without breaking a limit.
    pub fn fits(&self, item: usize) -> bool {
        !self.has[item] && !self.excluded[item] && self.fits_caps(item) && {
            self.cost + self.added_cost(item) <= u64::from(self.limits.budget)
        }
    }

    fn fits_caps(&self, item: usize) -> bool {
        let in_document = self.document_count[self.layout.document[item] as usize];
        self.limits.count_max.is_none_or(|most| self.count < most as usize)
            && self.limits.per_document_max.is_none_or(|most| in_document < most)
    }

    /// Returns whether the selection is within budget and caps.
    pub fn is_within_limits(&self) -> bool {
        self.cost <= u64::from(self.limits.budget)
            && self.limits.count_max.is_none_or(|most| self.count <= most as usize)
            && self
                .limits
                .per_document_max
                .is_none_or(|most| self.document_count.iter().all(|&count| count <= most))
    }

    /// Returns what adding the candidate would gain, in billionths.
    pub fn gain(&self, item: usize) -> i64 {
        let group = self.layout.group[item] as usize;
        let start = self.layout.group_start[group] as usize;
        let count = self.group_count[group] as usize;
        let weight = &self.layout.weight[start..];
        let ranked = &self.ranked[start..start + count];
        let slot = self.layout.slot[item];
        let rank = ranked.partition_point(|&other| self.layout.slot[other as usize] < slot);
        let mut gain = i64::from(weight[rank]) * i64::from(self.layout.utility[item]);
        for (place, &other) in ranked.iter().enumerate().skip(rank) {
            let lost = i64::from(weight[place] - weight[place + 1]);
            gain -= lost * i64::from(self.layout.utility[other as usize]);
        }
        gain + self.layout.linear[item] + self.pair_gain(item)
    }

    fn pair_gain(&self, item: usize) -> i64 {
        let neighbours = self.layout.neighbours.of(item).iter();
        neighbours.filter(|other| self.has[other.item as usize]).map(|other| other.value).sum()
    }

    /// Adds a candidate that is not in yet, whatever the limits say.
    pub fn add(&mut self, item: usize) {
        self.value += self.gain(item);
        self.cost += self.added_cost(item);
        self.document_count[self.layout.document[item] as usize] += 1;
        self.count += 1;
        self.has[item] = true;
        let group = self.layout.group[item] as usize;
        let start = self.layout.group_start[group] as usize;
        let count = self.group_count[group] as usize;
        let slot = self.layout.slot[item];
        let ranked = &mut self.ranked[start..=start + count];
        let mut place = count;
        while 0 < place && slot < self.layout.slot[ranked[place - 1] as usize] {
            ranked[place] = ranked[place - 1];
            place -= 1;
        }
        ranked[place] = item as u32;
        self.group_count[group] += 1;
    }

    /// Returns whether a chosen candidate needs this one.
    pub fn is_needed(&self, item: usize) -> bool {
        self.layout.needed_by.of(item).iter().any(|&other| self.has[other as usize])
    }

    /// Takes a candidate out that is in.
    pub fn remove(&mut self, item: usize) {
        let group = self.layout.group[item] as usize;
        let start = self.layout.group_start[group] as usize;
        let count = self.group_count[group] as usize;
        let ranked = &mut self.ranked[start..start + count];
        let place = ranked.iter().position(|&other| other as usize == item);
        ranked[place.expect("a chosen candidate is ranked")..].rotate_left(1);
        self.group_count[group] -= 1;
        self.has[item] = false;
        self.count -= 1;
        self.document_count[self.layout.document[item] as usize] -= 1;
        self.cost -= self.added_cost(item);
        self.value -= self.gain(item);
    }
}
