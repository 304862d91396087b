//! Long tails of candidates that are worth next to nothing, under a budget that holds most of them.
//!
//! The last tokens are worth some billionths each then, and many selections differ by less than a
//! price in whole billionths can tell apart: with such prices three of these instances were still
//! open after 5,000 nodes.

use contextlite_select::{
    Group, Item, Limits, Problem, SolveOptions, Status, Style, solve, verify,
};

/// 200 candidates of 20 documents, worth 3 and less by the cube of the rank, the last ones nothing;
/// 150 to 450 tokens each, 60,000 in all.
fn problem(seed: u32, budget: u32) -> Problem {
    let mixed = |index: u32| (seed * 200 + index + 1).wrapping_mul(0x9e37_79b1) >> 8;
    let item = |index: u32| Item {
        utility: 3_000_000 / (index + 1).pow(3),
        cost: 150 + mixed(index) % 300,
        document: mixed(index + 7) % 20,
        group: mixed(index + 7) % 20,
    };
    Problem {
        items: (0..200).map(item).collect(),
        groups: vec![Group { gamma_thousandths: 900 }; 20],
        pairs: Vec::new(),
        limits: Limits::tokens(budget),
        pinned: Vec::new(),
        excluded: Vec::new(),
        implied: Vec::new(),
    }
}

/// The hardest of them takes 101.
const NODES_MAX: u64 = 500;

#[test]
fn near_ties_in_a_tail_are_decided() {
    for seed in 0..20 {
        for budget in [8_000, 16_000, 32_000, 64_000] {
            let problem = problem(seed, budget);
            let options =
                SolveOptions { nodes_max: NODES_MAX, record: true, ..SolveOptions::default() };
            let solution = solve(&problem, &options).unwrap();
            assert_eq!(solution.status, Status::Optimal, "seed {seed}, budget {budget}");
            let certificate = solution.certificate.as_ref().unwrap();
            assert!(verify(&problem, &Style::WeightedSum, certificate).unwrap().is_proven);
        }
    }
}
