//! How much work checking a record is, and how much it may be.
//!
//! A certificate comes from outside. Its record may have a million steps, and each may look at a
//! group of thousands of candidates, so a file of some megabytes could keep a checker busy for
//! days. So work is counted, in looks at a number:
//! ```text
//!   at the start   candidates * (candidates + 4 * pairs)               dominance, of each two
//!   force          4 * candidates + needs
//!   fix, close     4 * candidates * rows + pairs + needs
//!                  + sum over groups of size^2 + sum over clusters of open * 2^open
//!   other steps    1
//! ```
//! where `rows` is 1 and the number of the style's bounds, and `open` counts the candidates of a
//! cluster that are not decided. The checker refuses a record beyond [`WORK_MAX`], and a search
//! does not keep one: both count by this module.

use crate::problem::Problem;
use crate::step::Step;

/// The most work that checking one record may be: about half a minute.
///
/// A record of 20,000 nodes over 200 candidates of the product, with two bounds, takes a sixth.
pub const WORK_MAX: u64 = 1 << 33;

/// What has been done so far, and what a step is; see the module.
#[derive(Debug, Clone)]
pub struct Work {
    done: u64,
    of_bound: u64,
    of_force: u64,
}

impl Work {
    /// Starts counting for a problem, with `rows` measures of which one is maximised.
    pub fn new(problem: &Problem, rows: usize) -> Self {
        let [items, pairs, needs] =
            [problem.items.len(), problem.pairs.len(), problem.implied.len()].map(|n| n as u64);
        let mut sizes = vec![0u64; problem.groups.len()];
        for item in &problem.items {
            sizes[item.group as usize] += 1;
        }
        let squares: u64 = sizes.iter().map(|size| size * size).sum();
        Self {
            done: items * (items + 4 * pairs),
            of_bound: 4 * items * rows as u64 + pairs + needs + squares,
            of_force: 4 * items + needs,
        }
    }

    /// Returns what a cluster adds to a bound, by how many of its candidates are open.
    pub fn of_cluster(open: usize) -> u64 {
        // A larger cluster than this is refused, whatever it would take.
        if open < 2 { 0 } else { (open as u64) << open.min(40) }
    }

    /// Counts a step; `clusters` is what the clusters would add to a bound.
    ///
    /// Returns whether the work is still within [`WORK_MAX`].
    pub fn add(&mut self, step: Step, clusters: u64) -> bool {
        let more = match step {
            Step::Fix { .. } | Step::Close => self.of_bound.saturating_add(clusters),
            Step::Force { .. } => self.of_force,
            Step::Set(..) | Step::Join { .. } | Step::Branch { .. } => 1,
        };
        self.done = self.done.saturating_add(more);
        self.done <= WORK_MAX
    }

    /// Returns the work that was counted.
    pub fn done(&self) -> u64 {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Group, Implied, Item, Limits, Pair};

    #[test]
    fn work_is_counted_as_documented() {
        let item = |group| Item { utility: 1, cost: 1, document: 0, group };
        let problem = Problem {
            items: [0, 0, 0, 1].map(item).to_vec(),
            groups: vec![Group { gamma_thousandths: 900 }; 2],
            pairs: vec![Pair { a: 0, b: 1, value: 1 }, Pair { a: 0, b: 2, value: 1 }],
            limits: Limits::tokens(9),
            pinned: Vec::new(),
            excluded: Vec::new(),
            implied: vec![Implied { item: 0, needs: 3 }],
        };
        let mut work = Work::new(&problem, 3);
        let mut check = |step, clusters, expected: u64| {
            let before = work.done();
            assert!(work.add(step, clusters));
            assert_eq!(work.done() - before, expected, "{step:?}");
        };
        let bound = 4 * 4 * 3 + 2 + 1 + (9 + 1);
        check(Step::Close, 0, bound);
        check(Step::Fix { item: 0, is_in: true }, Work::of_cluster(3), bound + 3 * 8);
        check(Step::Force { item: 0, is_in: true }, 77, 4 * 4 + 1);
        check(Step::Branch { item: 0, is_in: true }, 77, 1);
        assert_eq!(Work::new(&problem, 1).done(), 4 * (4 + 4 * 2));
        assert_eq!((Work::of_cluster(1), Work::of_cluster(2)), (0, 8));
        assert!(!work.add(Step::Close, Work::of_cluster(1000)));
        assert!(!work.add(Step::Close, u64::MAX));
    }
}
