//! A problem laid out in flat arrays, for code that walks it many times.
//!
//! Candidates of a group stand side by side in *slots*, the most useful first, so that the rank
//! of a chosen candidate is how many chosen slots stand before it. Neighbours by pair terms stand
//! in one array with a start for each candidate; so do the candidates that each one needs, directly
//! or through others. The layout is for one [`Measure`]: parts that do not count are zero.

use std::collections::BTreeSet;

use crate::problem::{BILLIONTHS_PER_MILLIONTH, ONE_THOUSANDTHS, Problem, next_weight};
use crate::style::Measure;

/// A pair term seen from one of its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub item: u32,
    /// Billionths.
    pub value: i64,
}

/// Lists of different lengths in one array.
#[derive(Debug, Clone)]
pub(crate) struct Lists<T> {
    starts: Vec<u32>,
    entries: Vec<T>,
}

impl<T: Copy> Lists<T> {
    /// Sorts `(list, entry)` by list, keeping the order inside each.
    pub fn new(count: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (list, _) in pairs {
            starts[*list as usize + 1] += 1;
        }
        for list in 0..count {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; pairs.len()];
        for (index, (list, _)) in pairs.iter().enumerate() {
            order[next[*list as usize] as usize] = index as u32;
            next[*list as usize] += 1;
        }
        let entries = order.into_iter().map(|index| pairs[index as usize].1).collect();
        Self { starts, entries }
    }

    /// Returns one list.
    pub fn of(&self, list: usize) -> &[T] {
        &self.entries[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Utility in millionths by candidate; zero when utilities do not count.
    pub utility: Vec<u32>,
    /// Value of each candidate on its own, in billionths.
    pub linear: Vec<i64>,
    pub cost: Vec<u32>,
    /// Dense index of the document of each candidate.
    pub document: Vec<u32>,
    pub documents: usize,
    pub group: Vec<u32>,
    /// First slot of each group, and the number of slots at the end.
    pub group_start: Vec<u32>,
    /// Slot of each candidate.
    pub slot: Vec<u32>,
    /// Candidate in each slot.
    pub item: Vec<u32>,
    /// Weight in thousandths of the rank that is as far from the group's start as the slot.
    pub weight: Vec<u32>,
    pub neighbours: Lists<Neighbour>,
    /// What each candidate needs, itself first, then ascending.
    pub needs: Lists<u32>,
    /// What needs each candidate, itself not counted, ascending.
    pub needed_by: Lists<u32>,
}

impl Layout {
    /// Lays out a valid problem for one measure.
    pub fn new(problem: &Problem, measure: &Measure) -> Self {
        let count = problem.items.len();
        let used = |utility| if measure.utility { utility } else { 0 };
        let utility: Vec<u32> = problem.items.iter().map(|item| used(item.utility)).collect();
        let mut item: Vec<u32> = (0..count as u32).collect();
        let key = |&i: &u32| {
            let candidate = &problem.items[i as usize];
            (candidate.group, std::cmp::Reverse(candidate.utility), i)
        };
        item.sort_unstable_by_key(key);
        let mut slot = vec![0; count];
        for (place, &i) in item.iter().enumerate() {
            slot[i as usize] = place as u32;
        }
        let mut group_start = vec![0u32; problem.groups.len() + 1];
        for item in &problem.items {
            group_start[item.group as usize + 1] += 1;
        }
        for group in 0..problem.groups.len() {
            group_start[group + 1] += group_start[group];
        }
        let mut weight = vec![0; count];
        for (g, group) in problem.groups.iter().enumerate() {
            let mut next = ONE_THOUSANDTHS;
            for place in group_start[g]..group_start[g + 1] {
                weight[place as usize] = next;
                next = next_weight(next, group.gamma_thousandths);
            }
        }
        let labels: BTreeSet<u32> = problem.items.iter().map(|item| item.document).collect();
        let labels: Vec<u32> = labels.into_iter().collect();
        let dense = |label| labels.binary_search(label).expect("every label is in the list") as u32;
        let (needs, needed_by) = needs(problem);
        let values = (0..count).map(|i| measure.values.get(i).copied().unwrap_or(0));
        Self {
            utility,
            linear: values.map(|value| value * BILLIONTHS_PER_MILLIONTH).collect(),
            cost: problem.items.iter().map(|item| item.cost).collect(),
            document: problem.items.iter().map(|item| dense(&item.document)).collect(),
            documents: labels.len(),
            group: problem.items.iter().map(|item| item.group).collect(),
            group_start,
            slot,
            item,
            weight,
            neighbours: neighbours(problem, measure),
            needs,
            needed_by,
        }
    }
}

fn neighbours(problem: &Problem, measure: &Measure) -> Lists<Neighbour> {
    let mut ends = Vec::with_capacity(problem.pairs.len() * 2);
    for pair in problem.pairs.iter().filter(|pair| measure.counts(pair.value)) {
        let value = pair.value * BILLIONTHS_PER_MILLIONTH;
        ends.push((pair.a as u32, Neighbour { item: pair.b as u32, value }));
        ends.push((pair.b as u32, Neighbour { item: pair.a as u32, value }));
    }
    Lists::new(problem.items.len(), &ends)
}

/// Follows implications to the end for each candidate.
fn needs(problem: &Problem) -> (Lists<u32>, Lists<u32>) {
    let count = problem.items.len();
    let direct: Vec<_> = problem.implied.iter().map(|n| (n.item as u32, n.needs as u32)).collect();
    let direct = Lists::new(count, &direct);
    let mut all = Vec::with_capacity(count);
    let mut seen = vec![u32::MAX; count];
    for item in 0..count as u32 {
        let mut found = vec![item];
        seen[item as usize] = item;
        let mut next = 0;
        while next < found.len() {
            for &needed in direct.of(found[next] as usize) {
                if seen[needed as usize] != item {
                    seen[needed as usize] = item;
                    found.push(needed);
                }
            }
            next += 1;
        }
        found[1..].sort_unstable();
        all.extend(found.into_iter().map(|needed| (item, needed)));
    }
    let others = all.iter().filter(|(item, needed)| item != needed);
    let back: Vec<(u32, u32)> = others.map(|&(item, needed)| (needed, item)).collect();
    (Lists::new(count, &all), Lists::new(count, &back))
}
