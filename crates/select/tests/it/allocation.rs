//! The search allocates when it gets deeper than before or finds something better, not in a node.
//!
//! The buffers of a search rotate between its levels until each has the size of the largest, so the
//! beginning of a search allocates. Then it stops: two thousand further nodes ask for memory less
//! than a hundred times.

use contextlite_select::{Problem, SolveOptions, Status, solve};

use crate::family;

/// How often a search with so many nodes asks for memory; nothing if it needs fewer.
fn allocations(problem: &Problem, nodes_max: u64) -> Option<u64> {
    let options = SolveOptions { nodes_max, ..SolveOptions::default() };
    let mut is_cut = false;
    let counted = allocation_counter::measure(|| {
        let solution = solve(problem, &options).unwrap();
        is_cut = solution.status == Status::Gap && solution.nodes == nodes_max;
    });
    is_cut.then_some(counted.count_total)
}

#[test]
fn nodes_do_not_allocate() {
    let twenty = family::all().into_iter().find(|family| family.name == "twenty 16k").unwrap();
    let family = family::Family { items: 120, budget: 9000, ..twenty };
    let problem = family.problem(0);
    let few = allocations(&problem, 2000).expect("it needs more nodes");
    let many = allocations(&problem, 4000).expect("it needs more nodes");
    assert!(many < few + 100, "{few} in 2000 nodes, {many} in 4000");
}
