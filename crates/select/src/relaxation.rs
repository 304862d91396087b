//! An upper bound: the price of a token stands in for the budget.
//!
//! With a price for each token the budget constraint can be dropped (Lagrangian relaxation); each
//! positive pair counts half for each side, whether or not the other is in, and negative pairs
//! count nothing. What is left falls apart into groups, and a small table solves each exactly: the
//! best sum when `k` members are in, over the members from the most useful to the least.
//! Every price gives a valid bound; bisection finds a good one.

use crate::layout::Layout;
use crate::problem::Problem;

/// Steps of the bisection; the price is found to the last bit of any realistic one.
const BISECTIONS: usize = 48;

/// Returns a number in billionths that no permitted set's value exceeds.
pub(crate) fn upper_bound(problem: &Problem, layout: &Layout) -> i64 {
    let mut table = vec![0i64; layout.cost.len() + 1];
    let (mut low, mut high) =
        (0i64, layout_total(layout) / i64::from(problem.limits.budget.max(1)) + 1);
    let mut best = i64::MAX;
    for _ in 0..BISECTIONS {
        if high <= low {
            break;
        }
        let middle = low + (high - low) / 2;
        let left = bound_at(problem, layout, middle, &mut table);
        let right = bound_at(problem, layout, middle + 1, &mut table);
        best = best.min(left).min(right);
        if left <= right { high = middle } else { low = middle + 1 }
    }
    best
}

fn layout_total(layout: &Layout) -> i64 {
    (0..layout.cost.len())
        .map(|item| 1000 * i64::from(layout.utility[item]) + half_pairs(layout, item))
        .sum()
}

fn half_pairs(layout: &Layout, item: usize) -> i64 {
    let positive = layout.neighbours.of(item).iter().map(|other| other.value.max(0) / 2);
    positive.sum::<i64>() + layout.linear[item].max(0)
}

fn bound_at(problem: &Problem, layout: &Layout, price: i64, table: &mut [i64]) -> i64 {
    let mut bound = price * i64::from(problem.limits.budget);
    for g in 0..problem.groups.len() {
        let (start, end) = (layout.group_start[g] as usize, layout.group_start[g + 1] as usize);
        table[..=end - start].fill(i64::MIN / 2);
        table[0] = 0;
        for (seen, slot) in (start..end).enumerate() {
            let item = layout.item[slot] as usize;
            let profit =
                half_pairs(layout, item) - price.saturating_mul(i64::from(layout.cost[item]));
            for taken in (0..=seen).rev() {
                let weight = i64::from(layout.weight[start + taken]);
                let value = table[taken] + weight * i64::from(layout.utility[item]) + profit;
                table[taken + 1] = table[taken + 1].max(value);
            }
        }
        bound += table[..=end - start].iter().copied().max().unwrap_or(0);
    }
    bound
}
