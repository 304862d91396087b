//! The instance as a mixed-integer linear program in CPLEX LP format.
//!
//! # Variables
//! - `x3`: candidate 3 is taken (binary);
//! - `y3_1`: candidate 3 has rank 1 (0-based) in its group. Each rank is given once; because
//!   weights fall with the rank, the best assignment is the one that the objective defines. Ranks
//!   whose weight is 0 need no variable of their own: `y3_z` stands for all of them. A candidate
//!   that is alone in its group, or whose group's gamma is one, has no rank variables;
//! - `p7`: both candidates of pair 7 are taken; bounded from above if the pair is positive and
//!   from below if it is negative;
//! - `d5`: something of the document with label 5 is taken; only with a header cost.
//!
//! Only the `x` are integer: with them fixed, the best values of the others are integer already.
//! Objective and bounds are in millionths with up to three decimals, which is exact.
//!
//! # Source
//! IBM ILOG CPLEX, "LP file format: algebraic representation"; the linearisation of products is
//! Glover and Woolsey, Operations Research 22, 1974.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::problem::{ONE_THOUSANDTHS, Problem, next_weight};
use crate::style::{Bound, Measure};

/// The longest that a line is made before it is broken; readers of the format allow 510.
const LINE_MAX: usize = 200;

/// Writes the instance; the problem must be valid.
pub fn lp(problem: &Problem, objective: &Measure, bounds: &[Bound]) -> String {
    let ranks = Ranks::of(problem);
    let mut text = String::from("\\ ContextLite selection; objective in millionths\nMaximize\n");
    row(&mut text, "objective", &ranks.terms(problem, objective), "");
    text.push_str("Subject To\n");
    let limits = &problem.limits;
    let mut cost: Vec<Term> = Vec::new();
    for (index, item) in problem.items.iter().enumerate() {
        cost.push((i64::from(item.cost) * 1000, format!("x{index}")));
    }
    let mut documents: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, item) in problem.items.iter().enumerate() {
        documents.entry(item.document).or_default().push(index);
    }
    if 0 < limits.document_overhead {
        let header = i64::from(limits.document_overhead) * 1000;
        cost.extend(documents.keys().map(|label| (header, format!("d{label}"))));
    }
    row(&mut text, "budget", &cost, &format!("<= {}", limits.budget));
    let one = |index: usize| (1000, format!("x{index}"));
    let minus = |name: String| (-1000, name);
    if let Some(most) = limits.count_max {
        let all: Vec<Term> = (0..problem.items.len()).map(one).collect();
        row(&mut text, "count", &all, &format!("<= {most}"));
    }
    for (label, items) in &documents {
        if let Some(most) = limits.per_document_max {
            let all: Vec<Term> = items.iter().copied().map(one).collect();
            row(&mut text, &format!("cap{label}"), &all, &format!("<= {most}"));
        }
        for &item in items.iter().filter(|_| 0 < limits.document_overhead) {
            let terms = [one(item), minus(format!("d{label}"))];
            row(&mut text, &format!("h{item}"), &terms, "<= 0");
        }
    }
    for &item in &problem.pinned {
        row(&mut text, &format!("pin{item}"), &[one(item)], "= 1");
    }
    for &item in &problem.excluded {
        row(&mut text, &format!("out{item}"), &[one(item)], "= 0");
    }
    for (index, need) in problem.implied.iter().enumerate().filter(|(_, n)| n.item != n.needs) {
        let terms = [one(need.item), minus(format!("x{}", need.needs))];
        row(&mut text, &format!("need{index}"), &terms, "<= 0");
    }
    for (index, pair) in problem.pairs.iter().enumerate() {
        let both = || (1000, format!("p{index}"));
        if 0 < pair.value {
            row(&mut text, &format!("a{index}"), &[both(), minus(format!("x{}", pair.a))], "<= 0");
            row(&mut text, &format!("b{index}"), &[both(), minus(format!("x{}", pair.b))], "<= 0");
        } else {
            let terms = [both(), minus(format!("x{}", pair.a)), minus(format!("x{}", pair.b))];
            row(&mut text, &format!("n{index}"), &terms, ">= -1");
        }
    }
    ranks.rows(&mut text);
    for (index, bound) in bounds.iter().enumerate() {
        let least = format!(">= {}", Decimal(bound.at_least));
        row(&mut text, &format!("bound{index}"), &ranks.terms(problem, &bound.measure), &least);
    }
    let headers = documents.keys().filter(|_| 0 < limits.document_overhead);
    write_ranges(&mut text, problem, headers);
    text
}

/// Writes the ranges of the variables, and which of them are binary.
fn write_ranges<'a>(text: &mut String, problem: &Problem, headers: impl Iterator<Item = &'a u32>) {
    text.push_str("Bounds\n");
    for index in 0..problem.pairs.len() {
        let _ = writeln!(text, " 0 <= p{index} <= 1");
    }
    for label in headers {
        let _ = writeln!(text, " 0 <= d{label} <= 1");
    }
    text.push_str("Binary\n");
    for index in 0..problem.items.len() {
        let _ = writeln!(text, " x{index}");
    }
    text.push_str("End\n");
}

/// A coefficient in thousandths, and a variable.
type Term = (i64, String);

/// Writes a number of thousandths as a decimal.
struct Decimal(i64);

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        if size.is_multiple_of(1000) {
            write!(f, "{sign}{}", size / 1000)
        } else {
            write!(f, "{sign}{}.{:03}", size / 1000, size % 1000)
        }
    }
}

/// Writes one row; a row without terms is left out unless it is the objective or cannot hold.
fn row(text: &mut String, name: &str, terms: &[Term], relation: &str) {
    let _ = write!(text, " {name}:");
    let mut length = name.len() + 2;
    for (coefficient, variable) in terms.iter().filter(|term| term.0 != 0) {
        let sign = if *coefficient < 0 { '-' } else { '+' };
        let term = match coefficient.abs() {
            1000 => format!(" {sign} {variable}"),
            size => format!(" {sign} {} {variable}", Decimal(size)),
        };
        if LINE_MAX < length + term.len() {
            text.push_str("\n ");
            length = 1;
        }
        length += term.len();
        text.push_str(&term);
    }
    if terms.iter().all(|term| term.0 == 0) {
        text.push_str(" 0 x0");
    }
    let _ = writeln!(text, " {relation}");
}

/// For each candidate the rank variables it has, with their weights.
struct Ranks {
    of_item: Vec<Option<Vec<u32>>>,
    members: Vec<Vec<usize>>,
}

impl Ranks {
    fn of(problem: &Problem) -> Self {
        let mut members = vec![Vec::new(); problem.groups.len()];
        for (index, item) in problem.items.iter().enumerate() {
            members[item.group as usize].push(index);
        }
        let mut of_item = vec![None; problem.items.len()];
        for (group, items) in problem.groups.iter().zip(&members) {
            if items.len() < 2 || group.gamma_thousandths == ONE_THOUSANDTHS {
                continue;
            }
            let next = |weight: &u32| Some(next_weight(*weight, group.gamma_thousandths));
            let weights = std::iter::successors(Some(ONE_THOUSANDTHS), next).take(items.len());
            let weights: Vec<u32> = weights.take_while(|&weight| 0 < weight).collect();
            for &item in items {
                of_item[item] = Some(weights.clone());
            }
        }
        Self { of_item, members }
    }

    /// The terms of a measure, coefficients in billionths, which are thousandths of millionths.
    fn terms(&self, problem: &Problem, measure: &Measure) -> Vec<Term> {
        let mut terms = Vec::new();
        for (index, item) in problem.items.iter().enumerate() {
            let mut alone = measure.values.get(index).copied().unwrap_or(0) * 1000;
            let utility = if measure.utility { i64::from(item.utility) } else { 0 };
            match &self.of_item[index] {
                None => alone += utility * i64::from(ONE_THOUSANDTHS),
                Some(weights) => {
                    for (rank, &weight) in weights.iter().enumerate() {
                        terms.push((i64::from(weight) * utility, format!("y{index}_{rank}")));
                    }
                }
            }
            terms.push((alone, format!("x{index}")));
        }
        for (index, pair) in problem.pairs.iter().enumerate() {
            if measure.counts(pair.value) {
                terms.push((pair.value * 1000, format!("p{index}")));
            }
        }
        terms
    }

    /// Each taken candidate has one rank, and each rank is given once.
    fn rows(&self, text: &mut String) {
        for (group, items) in self.members.iter().enumerate() {
            let Some(weights) = items.first().and_then(|&item| self.of_item[item].as_ref()) else {
                continue;
            };
            let has_rest = weights.len() < items.len();
            for &item in items {
                let ranks = (0..weights.len()).map(|rank| (1000, format!("y{item}_{rank}")));
                let rest = has_rest.then(|| (1000, format!("y{item}_z")));
                let taken = std::iter::once((-1000, format!("x{item}")));
                let terms: Vec<Term> = ranks.chain(rest).chain(taken).collect();
                row(text, &format!("r{item}"), &terms, "= 0");
            }
            for rank in 0..weights.len() {
                let terms = items.iter().map(|item| (1000, format!("y{item}_{rank}")));
                row(text, &format!("g{group}_{rank}"), &terms.collect::<Vec<_>>(), "<= 1");
            }
        }
    }
}
