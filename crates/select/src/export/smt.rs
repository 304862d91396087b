//! The instance in SMT-LIB 2, for a solver of linear integer arithmetic.
//!
//! Each candidate is a Boolean `x3`. The value of a candidate depends on how many more useful
//! ones of its group are taken, which is written as the definition says: `rank3` is the sum of
//! those, and `value3` picks the weight of that rank. Integers are billionths throughout.
//!
//! With [`Goal::Exceeds`] the text asks for a set that is better than a number: `unsat` is
//! an outside proof that none is. With [`Goal::Maximize`] it asks for the best set, by the
//! `maximize` command that Z3 and `OptiMathSAT` understand.
//!
//! # Source
//! Barrett, Fontaine, Tinelli: The SMT-LIB Standard, version 2.6; logic `QF_LIA`.

use std::fmt::Write;

use crate::problem::{ONE_THOUSANDTHS, Problem, next_weight};
use crate::style::{Bound, Measure};

/// What to ask the solver for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The best set.
    Maximize,
    /// Any set whose measure exceeds this many billionths.
    Exceeds(i64),
}

/// Writes the instance; the problem must be valid.
pub fn smt(problem: &Problem, objective: &Measure, bounds: &[Bound], goal: Goal) -> String {
    let mut text = String::from("; ContextLite selection; values in billionths\n");
    if goal != Goal::Maximize {
        text.push_str("(set-logic QF_LIA)\n");
    }
    for index in 0..problem.items.len() {
        let _ = writeln!(text, "(declare-const x{index} Bool)");
    }
    let limits = &problem.limits;
    let cost = (0..problem.items.len()).map(|i| if_taken(i, i64::from(problem.items[i].cost)));
    let mut labels: Vec<u32> = problem.items.iter().map(|item| item.document).collect();
    labels.sort_unstable();
    labels.dedup();
    let of = |label: u32| {
        let items = problem.items.iter().enumerate();
        items.filter(move |(_, item)| item.document == label).map(|(index, _)| index)
    };
    let headers = labels.iter().filter(|_| 0 < limits.document_overhead).map(|&label| {
        let any: Vec<String> = of(label).map(|index| format!("x{index}")).collect();
        format!("(ite (or false {}) {} 0)", any.join(" "), limits.document_overhead)
    });
    let _ = writeln!(text, "(assert (<= {} {}))", sum(cost.chain(headers)), limits.budget);
    if let Some(most) = limits.count_max {
        let all = (0..problem.items.len()).map(|index| if_taken(index, 1));
        let _ = writeln!(text, "(assert (<= {} {most}))", sum(all));
    }
    for &label in labels.iter().filter(|_| limits.per_document_max.is_some()) {
        let all = sum(of(label).map(|index| if_taken(index, 1)));
        let _ = writeln!(text, "(assert (<= {all} {}))", limits.per_document_max.unwrap_or(0));
    }
    for item in &problem.pinned {
        let _ = writeln!(text, "(assert x{item})");
    }
    for item in &problem.excluded {
        let _ = writeln!(text, "(assert (not x{item}))");
    }
    for need in &problem.implied {
        let _ = writeln!(text, "(assert (=> x{} x{}))", need.item, need.needs);
    }
    write_values(&mut text, problem);
    for bound in bounds {
        let least = integer(bound.at_least);
        let _ = writeln!(text, "(assert (<= {least} {}))", measured(problem, &bound.measure));
    }
    let _ = writeln!(text, "(define-fun objective () Int {})", measured(problem, objective));
    match goal {
        Goal::Maximize => text.push_str("(maximize objective)\n"),
        Goal::Exceeds(least) => {
            let _ = writeln!(text, "(assert (< {} objective))", integer(least));
        }
    }
    text.push_str("(check-sat)\n");
    if goal == Goal::Maximize {
        text.push_str("(get-value (objective))\n");
    }
    text
}

/// Writes the rank and value of each candidate, group by group.
fn write_values(text: &mut String, problem: &Problem) {
    for (label, group) in problem.groups.iter().enumerate() {
        let items = problem.items.iter().enumerate();
        let mut members: Vec<usize> = items
            .filter(|(_, item)| item.group as usize == label)
            .map(|(index, _)| index)
            .collect();
        members.sort_by_key(|&index| (std::cmp::Reverse(problem.items[index].utility), index));
        for (place, &index) in members.iter().enumerate() {
            let better = members[..place].iter().map(|&other| if_taken(other, 1));
            let _ = writeln!(text, "(define-fun rank{index} () Int {})", sum(better));
            let mut weights = vec![ONE_THOUSANDTHS];
            for rank in 0..place {
                weights.push(next_weight(weights[rank], group.gamma_thousandths));
            }
            let utility = i64::from(problem.items[index].utility);
            let worth = |weight: u32| integer(i64::from(weight) * utility);
            let mut picked = worth(weights[place]);
            for (rank, &weight) in weights[..place].iter().enumerate().rev() {
                picked = format!("(ite (= rank{index} {rank}) {} {picked})", worth(weight));
            }
            let _ = writeln!(text, "(define-fun value{index} () Int (ite x{index} {picked} 0))");
        }
    }
}

fn measured(problem: &Problem, measure: &Measure) -> String {
    let indices = 0..problem.items.len();
    let utilities =
        indices.clone().filter(|_| measure.utility).map(|index| format!("value{index}"));
    let pairs = problem.pairs.iter().filter(|pair| measure.counts(pair.value)).map(|pair| {
        format!("(ite (and x{} x{}) {} 0)", pair.a, pair.b, integer(pair.value * 1000))
    });
    let values = indices.filter_map(|index| {
        let value = measure.values.get(index)?;
        Some(if_taken(index, value * 1000))
    });
    sum(utilities.chain(pairs).chain(values))
}

fn if_taken(index: usize, value: i64) -> String {
    format!("(ite x{index} {} 0)", integer(value))
}

fn sum(terms: impl Iterator<Item = String>) -> String {
    let terms: Vec<String> = terms.collect();
    format!("(+ 0 0 {})", terms.join(" "))
}

fn integer(value: i64) -> String {
    if value < 0 { format!("(- {})", value.unsigned_abs()) } else { value.to_string() }
}
