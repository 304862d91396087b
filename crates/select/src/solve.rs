//! Solving a problem in a style: one exact search, or several in turn.

use crate::aim::Aim;
use crate::layout::Layout;
use crate::problem::{Problem, ProblemError};
use crate::search::{Ending, Outcome, search};
use crate::solution::{Contradiction, Solution, Status};
use crate::style::{Bound, Measure, Style};

/// How many nodes the search opens at most unless told otherwise.
pub const NODES_DEFAULT: u64 = 20_000;

/// How to solve.
#[derive(Clone)]
pub struct SolveOptions<'a> {
    /// What to maximise, and under which further bounds.
    pub style: Style,
    /// The most nodes of the search tree; this, not a clock, ends a long search.
    pub nodes_max: u64,
    /// The search may stop once the gap is at most this, in millionths; 0 asks for the optimum.
    pub gap_millionths: u32,
    /// Asked between nodes; `true` ends the search with a gap. The only thing that can make two
    /// runs differ.
    pub stop: Option<&'a dyn Fn() -> bool>,
    /// Whether to keep the branch record that a certificate needs.
    pub record: bool,
}

impl Default for SolveOptions<'_> {
    fn default() -> Self {
        Self {
            style: Style::WeightedSum,
            nodes_max: NODES_DEFAULT,
            gap_millionths: 0,
            stop: None,
            record: false,
        }
    }
}

/// Chooses the best set under the limits, or says by how much it may be off.
///
/// # Errors
/// The [`ProblemError`] of [`Problem::validate`] or [`Style::validate`]. Contradicting wishes are
/// not an error but [`Status::Infeasible`].
pub fn solve(problem: &Problem, options: &SolveOptions) -> Result<Solution, ProblemError> {
    problem.validate()?;
    options.style.validate(problem)?;
    if let Some(contradiction) = contradiction(problem) {
        return Ok(no_set(Status::Infeasible(contradiction)));
    }
    let ending = Ending {
        nodes_max: options.nodes_max,
        gap_millionths: options.gap_millionths,
        stop: options.stop,
        record: options.record,
    };
    let objective = Measure::objective();
    let outcome = match &options.style {
        Style::WeightedSum => search(problem, &Aim { objective, bounds: Vec::new() }, None, ending),
        Style::EpsilonConstraint(bounds) => {
            search(problem, &Aim { objective, bounds: bounds.clone() }, None, ending)
        }
        Style::Lexicographic(tiers) => {
            let mut bounds: Vec<Bound> = Vec::new();
            let mut known: Option<Vec<usize>> = None;
            let mut nodes = 0;
            let mut is_complete = true;
            let mut last = None;
            for tier in tiers {
                let aim = Aim { objective: tier.measure.clone(), bounds: bounds.clone() };
                let left = Ending { nodes_max: ending.nodes_max.saturating_sub(nodes), ..ending };
                let mut outcome = search(problem, &aim, known.as_deref(), left);
                nodes += outcome.nodes;
                outcome.nodes = nodes;
                let Some((value, chosen)) = &outcome.best else {
                    return Ok(solution(problem, outcome));
                };
                let slack = i128::from(value.abs()) * i128::from(tier.slack_thousandths) / 1000;
                let at_least = value - slack as i64;
                bounds.push(Bound { measure: tier.measure.clone(), at_least });
                known = Some(chosen.clone());
                is_complete &= outcome.is_complete && outcome.upper_bound == *value;
                last = Some(outcome);
            }
            let mut outcome = last.expect("a valid style has a tier");
            outcome.is_complete &= is_complete;
            outcome
        }
    };
    Ok(solution(problem, outcome))
}

fn solution(problem: &Problem, outcome: Outcome) -> Solution {
    let Some((objective, chosen)) = outcome.best else {
        let proven = Status::Infeasible(Contradiction::BoundsUnmet);
        let status = if outcome.is_complete { proven } else { Status::Unknown };
        return Solution {
            upper_bound: outcome.upper_bound,
            nodes: outcome.nodes,
            root_bound: outcome.root_bound,
            ..no_set(status)
        };
    };
    let is_proven = outcome.is_complete && outcome.upper_bound == objective;
    Solution {
        cost: problem.cost(&chosen),
        chosen,
        status: if is_proven { Status::Optimal } else { Status::Gap },
        objective,
        upper_bound: outcome.upper_bound,
        nodes: outcome.nodes,
        greedy_objective: outcome.greedy,
        root_bound: outcome.root_bound,
    }
}

fn no_set(status: Status) -> Solution {
    Solution {
        chosen: Vec::new(),
        status,
        objective: 0,
        upper_bound: 0,
        cost: 0,
        nodes: 0,
        greedy_objective: 0,
        root_bound: 0,
    }
}

/// Returns why the pinned candidates alone break a limit, if they do.
fn contradiction(problem: &Problem) -> Option<Contradiction> {
    let layout = Layout::new(problem, &Measure::objective());
    let mut pinned: Vec<usize> = problem
        .pinned
        .iter()
        .flat_map(|&item| layout.needs.of(item))
        .map(|&item| item as usize)
        .collect();
    pinned.sort_unstable();
    pinned.dedup();
    if let Some(&item) = problem.excluded.iter().find(|item| pinned.binary_search(item).is_ok()) {
        return Some(Contradiction::PinnedExcluded { item });
    }
    let cost = problem.cost(&pinned);
    if u64::from(problem.limits.budget) < cost {
        return Some(Contradiction::PinnedOverBudget { cost, budget: problem.limits.budget });
    }
    if let Some(most) = problem.limits.count_max.filter(|&most| (most as usize) < pinned.len()) {
        return Some(Contradiction::PinnedOverCount { count: pinned.len(), most });
    }
    let mut counts = vec![0u32; layout.documents];
    for &item in &pinned {
        counts[layout.document[item] as usize] += 1;
    }
    let most = problem.limits.per_document_max?;
    let over = pinned.into_iter().find(|&item| most < counts[layout.document[item] as usize])?;
    Some(Contradiction::PinnedOverDocument { document: problem.items[over].document })
}
