//! Other people's solvers agree: microlp on the exported linear program, Z3 on the SMT text.
//!
//! The linear program is read back from its text, so the text itself is what is tested. Some of the
//! texts are golden files of the product's own exports (`crates/contextlite/tests/golden`). Z3 is a
//! program; where it is not installed its test fails and says so.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use contextlite_select::{
    Bound, Goal, Measure, Problem, SolveOptions, Status, Style, lp, smt, solve,
};
use microlp::{ComparisonOp, OptimizationDirection, Variable};

use crate::{family, instance};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn exact(style: Style) -> SolveOptions<'static> {
    SolveOptions { style, nodes_max: 1_000_000, ..SolveOptions::default() }
}

/// Small instances with every kind of constraint, the same ones in every run.
fn instances(count: usize, items_max: usize) -> Vec<Problem> {
    let mut runner = TestRunner::deterministic();
    let small = instance::small(items_max);
    (0..count).map(|_| small.new_tree(&mut runner).unwrap().current()).collect()
}

/// Returns the optimum of an LP text in billionths, or nothing if it is infeasible.
fn microlp(text: &str) -> Option<i64> {
    let mut program = microlp::Problem::new(OptimizationDirection::Maximize);
    let mut variables: BTreeMap<String, Variable> = BTreeMap::new();
    let (head, rest) = text.split_once("Subject To\n").unwrap();
    let (rows, rest) = rest.split_once("Bounds\n").unwrap();
    let (bounds, rest) = rest.split_once("Binary\n").unwrap();
    let objective = logical_lines(head.split_once("Maximize\n").unwrap().1);
    let costs: BTreeMap<String, f64> =
        terms(&objective[0]).0.into_iter().map(|(value, name)| (name, value)).collect();
    let cost = |name: &str| costs.get(name).copied().unwrap_or(0.0);
    for name in rest.lines().map(str::trim).take_while(|name| *name != "End") {
        variables.insert(name.into(), program.add_integer_var(cost(name), (0, 1)));
    }
    for line in bounds.lines() {
        let name = line.split_whitespace().nth(2).unwrap();
        variables.insert(name.into(), program.add_var(cost(name), (0.0, 1.0)));
    }
    for line in logical_lines(rows) {
        let (terms, relation) = terms(&line);
        let expression: Vec<(Variable, f64)> = terms
            .into_iter()
            .map(|(value, name)| {
                let add = || program.add_var(cost(&name), (0.0, f64::INFINITY));
                (*variables.entry(name.clone()).or_insert_with(add), value)
            })
            .collect();
        let (operator, right) = relation.expect("a row has a relation");
        program.add_constraint(expression.as_slice(), operator, right);
    }
    let mut options = microlp::SolveOptions::default();
    options.mip_gap = 0.0;
    match program.solve_with(options) {
        Ok(outcome) => {
            let objective = outcome.into_solution().unwrap().objective();
            Some((objective * 1000.0).round() as i64)
        }
        Err(microlp::Error::Infeasible) => None,
        Err(error) => panic!("{error}: {text}"),
    }
}

/// Joins broken lines and drops the names of rows.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.split_once(": ") {
            Some((_, rest)) => lines.push(rest.into()),
            None => *lines.last_mut().unwrap() += line,
        }
    }
    lines
}

type Relation = Option<(ComparisonOp, f64)>;

fn terms(line: &str) -> (Vec<(f64, String)>, Relation) {
    let mut words = line.split_whitespace();
    let (mut terms, mut sign, mut size) = (Vec::new(), 1.0, 1.0);
    while let Some(word) = words.next() {
        let operator = match word {
            "<=" => ComparisonOp::Le,
            ">=" => ComparisonOp::Ge,
            "=" => ComparisonOp::Eq,
            "+" | "-" => {
                sign = if word == "+" { 1.0 } else { -1.0 };
                continue;
            }
            _ => {
                if let Ok(number) = word.parse() {
                    size = number;
                } else {
                    terms.push((sign * size, word.into()));
                    size = 1.0;
                }
                continue;
            }
        };
        return (terms, Some((operator, words.next().unwrap().parse().unwrap())));
    }
    (terms, None)
}

/// The same optimum up to the tolerance of a floating-point solver.
fn check(problem: &Problem, bounds: &[Bound]) {
    let style = if bounds.is_empty() {
        Style::WeightedSum
    } else {
        Style::EpsilonConstraint(bounds.to_vec())
    };
    let solution = solve(problem, &exact(style)).unwrap();
    let ours = match solution.status {
        Status::Infeasible(_) => None,
        status => {
            assert_eq!(status, Status::Optimal);
            Some(solution.objective)
        }
    };
    let theirs = microlp(&lp(problem, &Measure::objective(), bounds));
    let distance = ours.zip(theirs).map_or(0, |(ours, theirs)| (ours - theirs).abs());
    assert!(
        ours.is_some() == theirs.is_some() && distance <= 1_000,
        "{ours:?} and {theirs:?}: {problem:?}"
    );
}

#[test]
fn microlp_agrees_on_small_instances() {
    for problem in instances(400, 9) {
        check(&problem, &[]);
    }
}

#[test]
fn microlp_agrees_on_bounds() {
    for (index, problem) in instances(200, 8).into_iter().enumerate() {
        let values: Vec<u32> = (0..problem.items.len())
            .map(|item| (item * 7919 + index) as u32 * 37 % 999_983)
            .collect();
        let bounds =
            [Bound::mean_at_least(&values, 300_000), Bound::redundancy_at_most(150_000_000)];
        check(&problem, &bounds);
    }
}

#[test]
fn microlp_agrees_on_realistic_instances() {
    for name in ["real 1k", "capped 2k"] {
        let family = family::all().into_iter().find(|family| family.name == name).unwrap();
        for seed in 0..2 {
            check(&family::Family { items: 40, ..family.clone() }.problem(seed), &[]);
        }
    }
}

/// Asks Z3, which the test command installs (Debian package `z3`).
fn z3(text: &str) -> String {
    let mut child = Command::new("z3")
        .args(["-in", "-T:60"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("z3 is needed: install the package z3, or run scripts/test, which does");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn z3_proves_that_nothing_is_better() {
    let mut asked = 0;
    for problem in instances(60, 9) {
        let solution = solve(&problem, &exact(Style::WeightedSum)).unwrap();
        let objective = Measure::objective();
        let ask = |goal| z3(&smt(&problem, &objective, &[], goal));
        if matches!(solution.status, Status::Infeasible(_)) {
            assert_eq!(ask(Goal::Exceeds(i64::MIN / 2)).trim(), "unsat", "{problem:?}");
            continue;
        }
        let better = ask(Goal::Exceeds(solution.objective));
        assert_eq!(better.trim(), "unsat", "{problem:?}");
        let as_good = ask(Goal::Exceeds(solution.objective - 1));
        assert_eq!(as_good.trim(), "sat", "{problem:?}");
        asked += 1;
    }
    assert!(20 < asked);
    let problem = &instances(3, 6)[2];
    let best = solve(problem, &exact(Style::WeightedSum)).unwrap();
    let answer = z3(&smt(problem, &Measure::objective(), &[], Goal::Maximize));
    assert!(answer.starts_with("sat"), "{answer}");
    assert!(answer.contains(&best.objective.to_string()), "{answer}");
}

/// The product's exports, one for each style: what they are called, and their text in a form.
fn exported(form: &str) -> Vec<(&'static str, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../contextlite/tests/golden");
    let read = |name| std::fs::read_to_string(format!("{folder}/instance-{name}.{form}")).unwrap();
    ["sum", "bounds", "tiers"].into_iter().map(|name| (name, read(name))).collect()
}

/// The proven bound in billionths, which the SMT text asks to exceed.
fn proven(smt: &str) -> i64 {
    let (_, rest) = smt.rsplit_once("(assert (< ").unwrap();
    rest.split_once(" objective").unwrap().0.parse().unwrap()
}

#[test]
fn microlp_agrees_on_exported_instances() {
    for ((name, lp), (_, smt)) in exported("lp").into_iter().zip(exported("smt2")) {
        let (ours, theirs) = (proven(&smt), microlp(&lp).unwrap());
        // A tier stands on the exact floors of those before it, which a float solver cannot hold.
        assert!((ours - theirs).abs() <= ours / 1_000_000 + 1000, "{name}: {ours} and {theirs}");
    }
}

#[test]
fn z3_agrees_on_exported_instances() {
    for (name, smt) in exported("smt2") {
        let as_good = smt.replace(
            &format!("(assert (< {} objective))", proven(&smt)),
            &format!("(assert (< {} objective))", proven(&smt) - 1),
        );
        assert_eq!((z3(&smt).trim(), z3(&as_good).trim()), ("unsat", "sat"), "{name}");
    }
}
