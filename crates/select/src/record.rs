//! Writing the branch record while a search runs.
//!
//! A record that is too long, or too much work to check ([`crate::work`]), is dropped: then nobody
//! can check the bound, and the certificate says so.

use std::collections::BTreeMap;

use crate::frame::{Frame, Ground};
use crate::problem::Problem;
use crate::state::{Conflict, Mark, State};
use crate::step::{Register, Step};
use crate::work::Work;

/// The most steps that a record may have; a longer one is dropped.
pub const STEPS_MAX: usize = 1 << 20;

/// See the module.
pub(crate) struct Record {
    steps: Option<Vec<Step>>,
    registers: BTreeMap<Register, i64>,
    work: Work,
    /// What the clusters of the frame add to the work of a bound; the checker finds no more.
    cluster_work: u64,
}

impl Record {
    /// Starts a record for an aim with so many rows; one that is not on stays empty.
    pub fn new(is_on: bool, problem: &Problem, rows: usize) -> Self {
        Self {
            steps: is_on.then(Vec::new),
            registers: BTreeMap::new(),
            work: Work::new(problem, rows),
            cluster_work: 0,
        }
    }

    pub fn push(&mut self, step: Step) {
        let Some(steps) = &mut self.steps else { return };
        steps.push(step);
        if !self.work.add(step, self.cluster_work) || STEPS_MAX < steps.len() {
            self.steps = None;
        }
    }

    /// Records what followed, oldest first.
    pub fn forced(&mut self, items: &[u32], state: &State) {
        if self.steps.is_some() {
            for &item in items {
                let is_in = state.mark(item as usize) == Mark::In;
                self.push(Step::Force { item, is_in });
            }
        }
    }

    /// Records that the decisions contradict each other.
    pub fn conflict(&mut self, conflict: Conflict) {
        if let Conflict::Item(item, mark) = conflict {
            self.push(Step::Force { item: item as u32, is_in: mark == Mark::In });
        }
        self.push(Step::Close);
    }

    /// Records the frame's multipliers as far as they changed.
    pub fn multipliers(&mut self, frame: &Frame, ground: &Ground) {
        if self.steps.is_none() {
            return;
        }
        let sizes = frame.clusters.iter().map(|cluster| cluster.nodes().len());
        self.cluster_work = sizes.map(Work::of_cluster).sum();
        self.set(Register::Price, frame.price.now);
        self.set(Register::CountPrice, frame.count_price.now);
        for (place, row) in frame.rows.iter().enumerate().skip(1) {
            self.set(Register::Bound(place as u32 - 1), row.now);
        }
        for edge in &frame.edges {
            self.set(Register::Pair(edge.pair), edge.multiplier.now);
        }
        for cluster in &frame.clusters {
            for node in cluster.nodes() {
                let item = frame.members[node.member as usize].item;
                let register = Register::Message { cluster: cluster.index, item };
                self.set(register, node.message.now);
            }
        }
        for need in &frame.needs {
            self.set(Register::Need(need.index), need.multiplier.now);
        }
        for span in &frame.spans {
            for member in &frame.members[span.start as usize..span.end as usize] {
                self.document(frame, ground, member.document);
                if ground.is_modular[span.group as usize] {
                    self.set(Register::ItemShare(member.item), span.share);
                } else if !span.is_home {
                    self.set(Register::ItemShare(member.item), member.share);
                }
            }
            if span.is_home && !ground.is_modular[span.group as usize] {
                self.set(Register::GroupShare(span.group), span.share);
            }
        }
    }

    /// Records which pairs are in which cluster.
    pub fn clusters(&mut self, frame: &Frame) {
        for cluster in &frame.clusters {
            for bond in &cluster.bonds {
                self.push(Step::Join { pair: bond.pair, cluster: cluster.index });
            }
        }
    }

    fn document(&mut self, frame: &Frame, ground: &Ground, place: u32) {
        if ground.problem.limits.per_document_max.is_some()
            && let Some(document) = frame.documents.get(place as usize)
        {
            let label = ground.labels[document.index as usize];
            self.set(Register::DocumentPrice(label), document.multiplier.now);
        }
    }

    fn set(&mut self, register: Register, value: i64) {
        let before = self.registers.insert(register, value).unwrap_or(0);
        if before != value {
            self.push(Step::Set(register, value));
        }
    }

    /// Returns the record, if it was kept and did not grow too long.
    pub fn steps(self) -> Option<Vec<Step>> {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Group, ITEMS_MAX, Item, Limits};
    use crate::work::WORK_MAX;

    #[test]
    fn a_record_of_too_much_work_is_dropped() {
        let problem = Problem {
            items: vec![Item { utility: 1, cost: 1, document: 0, group: 0 }; ITEMS_MAX],
            groups: vec![Group { gamma_thousandths: 900 }],
            pairs: Vec::new(),
            limits: Limits::tokens(9),
            pinned: Vec::new(),
            excluded: Vec::new(),
            implied: Vec::new(),
        };
        let bounds = (WORK_MAX >> (2 * ITEMS_MAX.ilog2())) as usize;
        let record = |closes: usize| {
            let mut record = Record::new(true, &problem, 1);
            (0..closes).for_each(|_| record.push(Step::Close));
            record.steps()
        };
        assert_eq!(record(bounds / 2).map(|steps| steps.len()), Some(bounds / 2));
        assert_eq!(record(bounds), None);
        assert_eq!(record(STEPS_MAX), None);
    }
}
