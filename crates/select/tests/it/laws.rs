//! What must hold for every problem.

use contextlite_select::{Measure, SolveOptions, Status, greedy, solve};
use proptest::prelude::*;

use crate::{brute, instance};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_bound_holds_and_greedy_is_permitted(problem in instance::small(10)) {
        let best = brute::best(&problem, &Measure::objective(), &|_| true);
        let solution = solve(&problem, &SolveOptions::default()).unwrap();
        let is_infeasible = matches!(solution.status, Status::Infeasible(_));
        prop_assert_eq!(is_infeasible, best.is_none());
        if let Some(best) = best {
            prop_assert_eq!(problem.violation(&solution.chosen), None);
            prop_assert_eq!(problem.objective(&solution.chosen), solution.objective);
            prop_assert!(solution.objective <= best && best <= solution.upper_bound);
            let greedy = greedy(&problem).unwrap();
            prop_assert_eq!(problem.violation(&greedy), None);
            prop_assert!(problem.objective(&greedy) <= solution.objective);
        }
    }
}
