//! Candidates that are never the better choice.
//!
//! Candidate `j` dominates `i` if putting `j` in the place of `i` never makes a selection worse or
//! breaks a limit: it is worth at least as much, costs at most as much, has at least as good a pair
//! term with every third candidate, sits in the same document (or documents do not matter), and
//! in the same group, or in one where its rank is always first. Then some best selection has `i`
//! only together with `j`: among the best selections take the one whose members stand earliest in
//! a fixed order that puts dominating candidates first; exchanging `i` for an absent `j` would move
//! it earlier still. So "`i` needs `j`" may be added. It cuts the endless ties between
//! candidates that look alike (Kellerer, Pferschy, Pisinger, Knapsack Problems, 2004, section 5).
//!
//! Candidates that are pinned, excluded, or part of a need are left alone.

use crate::layout::Layout;
use crate::problem::{ONE_THOUSANDTHS, Problem};

/// How many dominating candidates are kept for each, nearest first; others follow in a chain.
const EDGES_MAX: usize = 4;
/// With more candidates than this, only those of one group are compared.
const COMPARED_MAX: usize = 1024;

/// Returns `(dominated, dominating)` pairs, for the measure that the layout is made for.
pub(crate) fn dominance(problem: &Problem, layout: &Layout) -> Vec<(u32, u32)> {
    let is_bound = bound_items(problem);
    let pair_sum = |item: u32| -> i64 {
        layout.neighbours.of(item as usize).iter().map(|neighbour| neighbour.value).sum()
    };
    let mut order: Vec<_> = (0..problem.items.len() as u32)
        .filter(|&item| !is_bound[item as usize])
        .map(|item| {
            let place = item as usize;
            let (utility, linear) = (layout.utility[place], layout.linear[place]);
            ((-i64::from(utility), layout.cost[place], -linear, -pair_sum(item)), item)
        })
        .collect();
    order.sort_unstable();
    let mut edges = Vec::new();
    for (place, &(_, weak)) in order.iter().enumerate() {
        let before = edges.len();
        for &(_, strong) in order[..place].iter().rev() {
            if dominates(problem, layout, strong as usize, weak as usize) {
                edges.push((weak, strong));
                if edges.len() - before == EDGES_MAX {
                    break;
                }
            }
        }
    }
    edges
}

/// Marks the candidates that are pinned, excluded or part of a need.
pub(crate) fn bound_items(problem: &Problem) -> Vec<bool> {
    let mut is_bound = vec![false; problem.items.len()];
    let implied = problem.implied.iter().flat_map(|need| [need.item, need.needs]);
    for item in
        implied.chain(problem.pinned.iter().copied()).chain(problem.excluded.iter().copied())
    {
        is_bound[item] = true;
    }
    is_bound
}

fn dominates(problem: &Problem, layout: &Layout, strong: usize, weak: usize) -> bool {
    if layout.cost[weak] < layout.cost[strong]
        || layout.utility[strong] < layout.utility[weak]
        || layout.linear[strong] < layout.linear[weak]
    {
        return false;
    }
    let group = layout.group[strong] as usize;
    let is_same_group = group == layout.group[weak] as usize;
    if !is_same_group {
        let is_alone = layout.group_start[group + 1] - layout.group_start[group] == 1;
        let is_modular = problem.groups[group].gamma_thousandths == ONE_THOUSANDTHS;
        if !(is_alone || is_modular) || COMPARED_MAX < problem.items.len() {
            return false;
        }
    }
    let documents_matter =
        problem.limits.document_overhead != 0 || problem.limits.per_document_max.is_some();
    if documents_matter && layout.document[strong] != layout.document[weak] {
        return false;
    }
    let (of_strong, of_weak) = (layout.neighbours.of(strong), layout.neighbours.of(weak));
    let value = |neighbours: &[crate::layout::Neighbour], item: u32| {
        neighbours.iter().find(|other| other.item == item).map_or(0, |other| other.value)
    };
    let third = |item: u32| item as usize != strong && item as usize != weak;
    of_weak
        .iter()
        .filter(|other| third(other.item))
        .all(|other| other.value <= value(of_strong, other.item))
        && of_strong
            .iter()
            .filter(|other| third(other.item))
            .all(|other| value(of_weak, other.item) <= other.value)
}
