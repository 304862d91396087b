//! The slow truth: every subset.

use contextlite_select::{Measure, Problem};

/// Returns the best permitted subset's measure in billionths, if any subset is permitted.
pub fn best(
    problem: &Problem,
    measure: &Measure,
    allows: &dyn Fn(&[usize]) -> bool,
) -> Option<i64> {
    let count = problem.items.len();
    assert!(count <= 16, "brute force is for small instances");
    let subsets = (0u32..1 << count)
        .map(|bits| (0..count).filter(|&index| bits >> index & 1 == 1).collect::<Vec<usize>>());
    let permitted = subsets.filter(|chosen| problem.violation(chosen).is_none() && allows(chosen));
    permitted.map(|chosen| measure.of(problem, &chosen)).max()
}
