//! Instances made to hurt: each ends within its limit of nodes with a valid bound.

use contextlite_select::{
    Group, Implied, Item, Limits, Measure, Pair, Problem, ProblemError, SolveOptions, Status,
    Style, Tier, solve, verify,
};

fn problem(items: Vec<Item>, gamma_thousandths: u32, budget: u32) -> Problem {
    let groups = items.iter().map(|item| item.group).max().map_or(0, |last| last + 1);
    Problem {
        items,
        groups: vec![Group { gamma_thousandths }; groups as usize],
        pairs: Vec::new(),
        limits: Limits::tokens(budget),
        pinned: Vec::new(),
        excluded: Vec::new(),
        implied: Vec::new(),
    }
}

fn items(count: u32, make: impl Fn(u32) -> (u32, u32, u32)) -> Vec<Item> {
    let item = |index| {
        let (utility, cost, group) = make(index);
        Item { utility, cost, document: index % 17, group }
    };
    (0..count).map(item).collect()
}

/// Each candidate is paired with the next few.
fn joined(mut problem: Problem, reach: usize, value: impl Fn(usize) -> i64) -> Problem {
    let count = problem.items.len();
    for a in 0..count {
        for b in a + 1..count.min(a + 1 + reach) {
            problem.pairs.push(Pair { a, b, value: value(problem.pairs.len()) });
        }
    }
    problem
}

const NODES_MAX: u64 = 400;

/// Solves within the limit and checks the answer and its certificate.
fn check(problem: &Problem) -> Status {
    let options = SolveOptions { nodes_max: NODES_MAX, record: true, ..SolveOptions::default() };
    let solution = solve(problem, &options).unwrap();
    assert!(solution.nodes <= NODES_MAX);
    assert_eq!(problem.violation(&solution.chosen), None);
    assert_eq!(problem.objective(&solution.chosen), solution.objective);
    assert!(solution.objective <= solution.upper_bound);
    assert!(solution.greedy_objective <= solution.objective);
    let certificate = solution.certificate.as_ref().unwrap();
    let verdict = verify(problem, &Style::WeightedSum, certificate).unwrap();
    assert_eq!(verdict.is_proven, solution.status == Status::Optimal);
    let again = solve(problem, &options).unwrap();
    assert_eq!(again, solution);
    solution.status
}

#[test]
fn nothing_at_all() {
    assert_eq!(check(&problem(Vec::new(), 0, 0)), Status::Optimal);
    assert_eq!(check(&problem(items(5, |_| (0, 0, 0)), 600, 0)), Status::Optimal);
}

#[test]
fn all_equal() {
    assert_eq!(check(&problem(items(200, |_| (500_000, 7, 0)), 1000, 1000)), Status::Optimal);
    assert_eq!(check(&problem(items(200, |_| (500_000, 7, 0)), 600, 1000)), Status::Optimal);
    assert_eq!(check(&problem(items(200, |i| (500_000, 7, i)), 600, 1000)), Status::Optimal);
}

#[test]
fn all_zero() {
    assert_eq!(check(&problem(items(200, |i| (0, 0, i / 3)), 600, 0)), Status::Optimal);
    let problem = joined(problem(items(100, |i| (0, i % 3, i / 3)), 600, 50), 4, |_| -1);
    assert_eq!(check(&problem), Status::Optimal);
}

#[test]
fn huge_costs_and_values() {
    let huge = |i: u32| (1_000_000_000 - i, u32::MAX - i, i / 4);
    assert_eq!(check(&problem(items(100, huge), 999, u32::MAX)), Status::Optimal);
    check(&problem(items(100, |i| (1_000_000_000 - i, 1 << (i % 32), i / 4)), 999, u32::MAX));
    let huge = problem(items(120, |i| (1_000_000_000, 1 + i, i / 40)), 1000, 3_000);
    check(&joined(huge, 20, |n| if n % 3 == 0 { 1_000_000_000 } else { -1_000_000_000 }));
}

#[test]
fn negative_pairs_everywhere() {
    let base = problem(items(60, |i| (100_000 + i, 10, i)), 600, 1000);
    check(&joined(base.clone(), 60, |_| -150_000));
    check(&joined(base, 60, |n| -((n as i64 * 7919) % 200_000)));
}

#[test]
fn positive_pairs_everywhere() {
    let base = problem(items(60, |i| (1000 + i, 10 + i % 7, i / 5)), 500, 300);
    check(&joined(base, 60, |n| (n as i64 * 7919) % 20_000));
}

#[test]
fn subset_sum() {
    // Worth equals cost: the bound is the budget everywhere, and ties are without end.
    let even = problem(items(60, |i| (2 * (1000 + 37 * i), 2 * (1000 + 37 * i), i)), 600, 50_001);
    check(&even);
}

#[test]
fn one_large_group_and_many_needs() {
    let mut large = problem(items(400, |i| (900_000 - 1000 * i, 20 + i % 11, 0)), 990, 2000);
    large.implied = (1..400).map(|item| Implied { item, needs: item - 1 }).collect();
    check(&large);
    large.implied = (0..400).map(|item| Implied { item, needs: (item + 1) % 400 }).collect();
    assert_eq!(check(&large), Status::Optimal);
}

#[test]
fn values_too_large_for_tiers_are_refused() {
    let problem = problem(items(3000, |i| (1_000_000_000, 1, i)), 600, 100);
    let tier = Tier { measure: Measure::objective(), slack_thousandths: 0 };
    let options =
        SolveOptions { style: Style::Lexicographic(vec![tier]), ..SolveOptions::default() };
    assert!(matches!(solve(&problem, &options), Err(ProblemError::Style(_))));
}

#[test]
fn bad_problems_are_refused() {
    let good = problem(items(3, |i| (1, 1, i)), 600, 10);
    let refuse = |change: &dyn Fn(&mut Problem)| {
        let mut bad = good.clone();
        change(&mut bad);
        solve(&bad, &SolveOptions::default()).unwrap_err()
    };
    assert_eq!(
        refuse(&|p| p.pinned = vec![3]),
        ProblemError::UnknownItem { field: "pinned", item: 3 }
    );
    assert_eq!(refuse(&|p| p.items[1].group = 9), ProblemError::UnknownGroup { item: 1, group: 9 });
    assert_eq!(
        refuse(&|p| p.groups[2].gamma_thousandths = 1001),
        ProblemError::GammaOutOfRange { group: 2 }
    );
    let pair = |a, b| Pair { a, b, value: 1 };
    assert_eq!(refuse(&|p| p.pairs = vec![pair(1, 1)]), ProblemError::PairWithItself { pair: 0 });
    assert_eq!(
        refuse(&|p| p.pairs = vec![pair(0, 1), pair(1, 0)]),
        ProblemError::PairTwice { pair: 1 }
    );
    assert_eq!(
        refuse(&|p| p.items[0].utility = u32::MAX),
        ProblemError::UtilityOutOfRange { item: 0 }
    );
}

#[test]
fn a_bound_that_nothing_can_meet_is_proven_unmet() {
    let items = (0..15).map(|at| Item { utility: 1000 * at, cost: 20, document: at, group: at });
    let problem = problem(items.collect(), 900, 200);
    for at_least in [1, 1_000_000_000, 900_000_000_000] {
        let bound = contextlite_select::Bound::coherence_at_least(at_least);
        let style = Style::EpsilonConstraint(vec![bound]);
        let options =
            SolveOptions { style: style.clone(), record: true, ..SolveOptions::default() };
        let solution = solve(&problem, &options).unwrap();
        assert!(matches!(solution.status, Status::Infeasible(_)), "{at_least}");
        assert!(verify(&problem, &style, &solution.certificate.unwrap()).unwrap().is_proven);
    }
}
