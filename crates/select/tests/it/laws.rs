//! What must hold for every problem, in every style.

use contextlite_select::{
    Bound, Measure, Problem, SolveOptions, Status, Style, Tier, greedy, solve,
};
use proptest::prelude::*;

use crate::{brute, bytes, instance};

fn exact() -> SolveOptions<'static> {
    SolveOptions { nodes_max: 1_000_000, ..SolveOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_weighted_sum_equals_brute_force(problem in instance::small(10)) {
        let best = brute::best(&problem, &Measure::objective(), &|_| true);
        let solution = solve(&problem, &exact()).unwrap();
        let is_infeasible = matches!(solution.status, Status::Infeasible(_));
        prop_assert_eq!(is_infeasible, best.is_none());
        if let Some(best) = best {
            prop_assert_eq!(problem.violation(&solution.chosen), None);
            prop_assert_eq!(problem.objective(&solution.chosen), solution.objective);
            prop_assert_eq!(solution.objective, best);
            prop_assert_eq!(solution.upper_bound, best);
            prop_assert_eq!(solution.status, Status::Optimal);
            let greedy = greedy(&problem).unwrap();
            prop_assert_eq!(problem.violation(&greedy), None);
            prop_assert_eq!(problem.objective(&greedy), solution.greedy_objective);
        }
    }

    #[test]
    fn a_search_cut_short_has_a_valid_bound(problem in instance::small(12), nodes_max in 0u64..4) {
        let options = SolveOptions { nodes_max, ..SolveOptions::default() };
        let solution = solve(&problem, &options).unwrap();
        let best = brute::best(&problem, &Measure::objective(), &|_| true);
        if let Some(best) = best {
            prop_assert_eq!(problem.violation(&solution.chosen), None);
            prop_assert!(solution.objective <= best && best <= solution.upper_bound);
            prop_assert!(solution.greedy_objective <= solution.objective);
            prop_assert!(solution.status != Status::Optimal || solution.objective == best);
        }
    }

    #[test]
    fn a_tolerated_gap_is_kept(problem in instance::small(10), gap_millionths in 0u32..200_000) {
        let options = SolveOptions { gap_millionths, ..exact() };
        let solution = solve(&problem, &options).unwrap();
        if let Some(best) = brute::best(&problem, &Measure::objective(), &|_| true) {
            prop_assert!(solution.objective <= best && best <= solution.upper_bound);
            let tolerated = solution.objective.abs() as f64 * f64::from(gap_millionths) / 1e6;
            prop_assert!((solution.upper_bound - solution.objective) as f64 <= tolerated + 1.0);
        }
    }

    #[test]
    fn epsilon_constraint_equals_brute_force(
        problem in instance::small(9),
        values in prop::collection::vec(0u32..1_000_000, 9),
        mean in 0u32..1_000_000,
        most in prop::option::of(0i64..800_000_000),
        least in prop::option::of(0i64..800_000_000),
    ) {
        let mut bounds = vec![Bound::mean_at_least(&values[..problem.items.len()], mean)];
        bounds.extend(most.map(Bound::redundancy_at_most));
        bounds.extend(least.map(Bound::coherence_at_least));
        let meets = |chosen: &[usize]| {
            bounds.iter().all(|bound| bound.at_least <= bound.measure.of(&problem, chosen))
        };
        let best = brute::best(&problem, &Measure::objective(), &meets);
        let style = Style::EpsilonConstraint(bounds.clone());
        let solution = solve(&problem, &SolveOptions { style, ..exact() }).unwrap();
        match best {
            None => prop_assert!(matches!(solution.status, Status::Infeasible(_))),
            Some(best) => {
                prop_assert_eq!(problem.violation(&solution.chosen), None);
                prop_assert!(meets(&solution.chosen));
                prop_assert_eq!(problem.objective(&solution.chosen), best);
                prop_assert_eq!(solution.status, Status::Optimal);
                prop_assert_eq!(solution.upper_bound, best);
            }
        }
    }

    #[test]
    fn tiers_equal_brute_force(
        problem in instance::small(9),
        values in prop::collection::vec(-1_000_000i64..1_000_000, 9),
        order in 0usize..4,
        slack_thousandths in prop_oneof![Just(0u32), 0u32..300],
    ) {
        let values = values[..problem.items.len()].to_vec();
        let mut measures = vec![
            Measure::utility(),
            Measure::redundancy(),
            Measure::sum(values),
            Measure::coherence(),
        ];
        measures.rotate_left(order);
        measures.truncate(3);
        let tier = |measure: &Measure| Tier { measure: measure.clone(), slack_thousandths };
        let style = Style::Lexicographic(measures.iter().map(tier).collect());
        let solution = solve(&problem, &SolveOptions { style, ..exact() }).unwrap();
        match brute_tiers(&problem, &measures, slack_thousandths) {
            None => prop_assert!(matches!(solution.status, Status::Infeasible(_))),
            Some(best) => {
                prop_assert_eq!(problem.violation(&solution.chosen), None);
                prop_assert_eq!(solution.objective, best);
                prop_assert_eq!(measures[2].of(&problem, &solution.chosen), best);
                prop_assert_eq!(solution.status, Status::Optimal);
            }
        }
    }
}

/// Returns the best value of the last tier.
fn brute_tiers(problem: &Problem, measures: &[Measure], slack_thousandths: u32) -> Option<i64> {
    let mut floors: Vec<(Measure, i64)> = Vec::new();
    let mut last = None;
    for measure in measures {
        let meets = |chosen: &[usize]| {
            floors.iter().all(|(measure, least)| *least <= measure.of(problem, chosen))
        };
        let best = brute::best(problem, measure, &meets)?;
        let slack = i128::from(best.abs()) * i128::from(slack_thousandths) / 1000;
        floors.push((measure.clone(), best - slack as i64));
        last = Some(best);
    }
    last
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_bytes_are_an_instance_that_is_solved(
        input in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        bytes::check(&bytes::problem(&input), true);
    }
}
