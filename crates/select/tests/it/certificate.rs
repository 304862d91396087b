//! A certificate proves what it claims, and a tampered one proves nothing false.

use contextlite_select::{
    Bound, Certificate, CheckError, Measure, Problem, Register, SolveOptions, Status, Step, Style,
    Tier, solve, verify,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{brute, family, instance};

fn styles(problem: &Problem, values: &[u32]) -> Vec<Style> {
    let values = &values[..problem.items.len()];
    let mean = Bound::mean_at_least(values, 500_000);
    let tier = |measure, slack_thousandths| Tier { measure, slack_thousandths };
    vec![
        Style::WeightedSum,
        Style::EpsilonConstraint(vec![mean, Bound::redundancy_at_most(200_000_000)]),
        Style::Lexicographic(vec![
            tier(Measure::utility(), 50),
            tier(Measure::redundancy(), 0),
            tier(Measure::sum(values.iter().map(|&value| i64::from(value)).collect()), 0),
        ]),
    ]
}

fn certify(problem: &Problem, style: &Style, nodes_max: u64) -> Option<(Status, Certificate)> {
    let options =
        SolveOptions { style: style.clone(), record: true, nodes_max, ..SolveOptions::default() };
    let solution = solve(problem, &options).unwrap();
    Some((solution.status, solution.certificate?))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_certificate_verifies(
        problem in instance::small(11),
        values in prop::collection::vec(0u32..1_000_000, 11),
        nodes_max in prop_oneof![Just(1_000_000u64), 0u64..5],
    ) {
        for style in styles(&problem, &values) {
            let Some((status, certificate)) = certify(&problem, &style, nodes_max) else {
                continue;
            };
            let verdict = verify(&problem, &style, &certificate).unwrap();
            prop_assert!(verdict.is_bound_checked);
            let is_proven = matches!(status, Status::Optimal | Status::Infeasible(_));
            prop_assert_eq!(verdict.is_proven, is_proven);
            let is_none = matches!(status, Status::Infeasible(_) | Status::Unknown);
            prop_assert_eq!(verdict.objective.is_none(), is_none);
        }
    }

    #[test]
    fn no_record_proves_a_bound_that_is_too_low(
        problem in instance::small(9),
        below in 1i64..100_000_000,
        changes in prop::collection::vec((any::<Index>(), 0u8..6, any::<i32>()), 0..6),
    ) {
        let Some((_, honest)) = certify(&problem, &Style::WeightedSum, 1_000_000) else {
            return Ok(());
        };
        let Some(best) = brute::best(&problem, &Measure::objective(), &|_| true) else {
            return Ok(());
        };
        let mut forged = honest;
        // Claim the empty or the worst permitted choice as the best one.
        let start = solve(&problem, &SolveOptions { nodes_max: 0, ..SolveOptions::default() });
        forged.proofs[0].chosen = start.unwrap().chosen;
        forged.proofs[0].objective = Some(problem.objective(&forged.proofs[0].chosen));
        forged.proofs[0].upper_bound = best - below;
        let steps = forged.proofs[0].steps.as_mut().unwrap();
        for (place, kind, value) in changes {
            tamper(steps, place.index(steps.len().max(1)), kind, value);
        }
        prop_assert!(verify(&problem, &Style::WeightedSum, &forged).is_err());
    }
}

fn tamper(steps: &mut Vec<Step>, place: usize, kind: u8, value: i32) {
    if steps.is_empty() {
        return;
    }
    match kind {
        0 => drop(steps.remove(place)),
        1 => steps.insert(place, Step::Close),
        2 => steps.truncate(place),
        3 => {
            let step = steps[place];
            steps.push(step);
        }
        _ => match &mut steps[place] {
            Step::Set(_, register) => *register += i64::from(value),
            Step::Fix { is_in, .. } | Step::Force { is_in, .. } | Step::Branch { is_in, .. } => {
                *is_in = !*is_in;
            }
            Step::Join { cluster, .. } => *cluster ^= 1,
            Step::Close => {}
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn clusters_of_pairs_are_exact_and_certified(problem in instance::dense(14)) {
        let best = brute::best(&problem, &Measure::objective(), &|_| true).unwrap();
        let (status, certificate) = certify(&problem, &Style::WeightedSum, 1_000_000).unwrap();
        prop_assert_eq!(status, Status::Optimal);
        prop_assert_eq!(certificate.proofs[0].objective, Some(best));
        let verdict = verify(&problem, &Style::WeightedSum, &certificate).unwrap();
        prop_assert!(verdict.is_proven);
    }
}

#[test]
fn a_dense_instance_cut_short_has_a_certified_bound() {
    let family = family::all().into_iter().find(|family| family.name == "twenty 16k").unwrap();
    let problem = family.problem(1);
    for nodes_max in [1, 12] {
        let (status, certificate) = certify(&problem, &Style::WeightedSum, nodes_max).unwrap();
        assert_eq!(status, Status::Gap);
        let steps = certificate.proofs[0].steps.as_ref().unwrap();
        assert!(steps.iter().any(|step| matches!(step, Step::Join { .. })));
        let verdict = verify(&problem, &Style::WeightedSum, &certificate).unwrap();
        assert!(verdict.is_bound_checked && !verdict.is_proven);
        let (best, bound) = (verdict.objective.unwrap(), verdict.upper_bound);
        assert!((bound - best) * 100 < 4 * bound, "{best} {bound}");
    }
}

#[test]
fn each_kind_of_tampering_is_named() {
    let family = family::all().into_iter().find(|family| family.name == "capped 2k").unwrap();
    let problem = family.problem(3);
    let style = Style::WeightedSum;
    let (status, honest) = certify(&problem, &style, 20_000).unwrap();
    assert_eq!(status, Status::Optimal);
    assert!(verify(&problem, &style, &honest).unwrap().is_proven);
    let reject = |change: &dyn Fn(&mut Certificate)| {
        let mut forged = honest.clone();
        change(&mut forged);
        verify(&problem, &style, &forged).unwrap_err()
    };
    assert_eq!(reject(&|c| c.digest.0[0] ^= 1), CheckError::OtherInstance);
    assert_eq!(reject(&|c| c.proofs.clear()), CheckError::ProofCount);
    let error = reject(&|c| c.proofs[0].chosen.truncate(1));
    assert!(matches!(error, CheckError::Objective { .. }), "{error}");
    let error = reject(&|c| c.proofs[0].chosen = (0..200).collect());
    assert!(matches!(error, CheckError::Violation(_)), "{error}");
    let error = reject(&|c| c.proofs[0].objective = c.proofs[0].objective.map(|o| o + 1));
    assert!(matches!(error, CheckError::Objective { .. }), "{error}");
    assert_eq!(reject(&|c| c.proofs[0].upper_bound -= 1), CheckError::UpperBound);
    let error = reject(&|c| c.proofs[0].steps.as_mut().unwrap().truncate(9));
    assert!(matches!(error, CheckError::Unfinished { .. }), "{error}");
    let error = reject(&|c| c.proofs[0].steps = Some(vec![Step::Close]));
    assert!(matches!(error, CheckError::Step { step: 0, .. }), "{error}");
    for (register, value) in [(Register::Objective, 0), (Register::Price, -1)] {
        let set = Step::Set(register, value);
        let error = reject(&|c| c.proofs[0].steps.as_mut().unwrap().insert(0, set));
        assert!(matches!(error, CheckError::Step { step: 0, .. }), "{error}");
    }
    let other = family.problem(4);
    assert_eq!(verify(&other, &style, &honest), Err(CheckError::OtherInstance));
}

#[test]
fn realistic_certificates_are_small_and_verify() {
    for family in family::all() {
        let is_quick = family.name.ends_with(" 2k") || family.name.ends_with(" 8k");
        for seed in 0..if is_quick { 4 } else { 0 } {
            let problem = family.problem(seed);
            let (status, certificate) = certify(&problem, &Style::WeightedSum, 20_000).unwrap();
            assert_eq!(status, Status::Optimal, "{} {seed}", family.name);
            let steps = certificate.proofs[0].steps.as_ref().unwrap().len();
            assert!(steps < 100_000, "{} {seed}: {steps} steps", family.name);
            let verdict = verify(&problem, &Style::WeightedSum, &certificate).unwrap();
            assert!(verdict.is_proven);
        }
    }
}

#[test]
fn fixing_what_is_decided_proves_nothing() {
    let problem = family::all()[0].problem(1);
    let (_, honest) = certify(&problem, &Style::WeightedSum, 20_000).unwrap();
    let mut forged = honest;
    let (fix, branch) =
        (|is_in| Step::Fix { item: 0, is_in }, Step::Branch { item: 0, is_in: true });
    forged.proofs[0].steps = Some(vec![branch, fix(false), Step::Close, fix(true), Step::Close]);
    forged.proofs[0].chosen = Vec::new();
    forged.proofs[0].objective = Some(0);
    forged.proofs[0].upper_bound = 0;
    let error = verify(&problem, &Style::WeightedSum, &forged).unwrap_err();
    assert!(matches!(error, CheckError::Step { step: 1, .. }), "{error}");
}

#[test]
fn a_tier_cannot_claim_more_than_its_set_attains() {
    let family = family::Family { items: 30, budget: 1000, ..family::all()[0].clone() };
    let problem = family.problem(1);
    let style = styles(&problem, &[500_000; 30]).pop().unwrap();
    let (_, honest) = certify(&problem, &style, 20_000).unwrap();
    assert!(verify(&problem, &style, &honest).unwrap().is_proven);
    let mut forged = honest;
    // Within the slack, so that the last set still passes the floor that would follow.
    let attained = forged.proofs[0].objective.unwrap();
    forged.proofs[0].objective = Some(attained + attained / 100);
    forged.proofs[0].upper_bound = attained + attained / 100;
    let error = verify(&problem, &style, &forged).unwrap_err();
    assert!(matches!(error, CheckError::Objective { .. }), "{error}");
}

#[test]
fn contradicting_wishes_are_certified() {
    let mut problem = family::all()[0].problem(1);
    problem.pinned = (0..50).collect();
    problem.limits.budget = 100;
    for style in styles(&problem, &[500_000; 200]) {
        let (status, certificate) = certify(&problem, &style, 20_000).unwrap();
        assert!(matches!(status, Status::Infeasible(_)));
        let verdict = verify(&problem, &style, &certificate).unwrap();
        assert!(verdict.is_proven && verdict.objective.is_none());
    }
}

#[test]
fn claims_of_any_size_are_rejected_and_not_believed() {
    let family = family::Family { items: 12, budget: 600, ..family::all()[0].clone() };
    let problem = family.problem(1);
    for style in styles(&problem, &[500_000; 12]) {
        let (_, honest) = certify(&problem, &style, 20_000).unwrap();
        for claim in [i64::MIN, -1, i64::MAX] {
            let mut forged = honest.clone();
            forged.proofs[0].objective = Some(claim);
            assert!(verify(&problem, &style, &forged).is_err(), "{claim}");
            let mut forged = honest.clone();
            forged.proofs[0].upper_bound = claim;
            let is_proven = verify(&problem, &style, &forged).is_ok_and(|found| found.is_proven);
            assert!(!is_proven, "{claim}");
        }
    }
}
