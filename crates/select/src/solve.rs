//! Solving a problem in a style: one exact search, or several in turn.

use crate::aim::Aim;
use crate::certificate::{Certificate, Proof};
use crate::digest::digest;
use crate::layout::Layout;
use crate::problem::{Problem, ProblemError};
use crate::search::{Ending, Outcome, search};
use crate::solution::{Contradiction, Solution, Stage, Status};
use crate::style::{Bound, Measure, Style, Tier};

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
    /// Whether to keep the branch record and return a certificate.
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
    let contradiction = contradiction(problem);
    if let Some(contradiction) = contradiction
        && !options.record
    {
        return Ok(no_set(Status::Infeasible(contradiction)));
    }
    let ending = Ending {
        nodes_max: options.nodes_max,
        gap_millionths: options.gap_millionths,
        stop: options.stop,
        record: options.record,
    };
    let objective = Measure::objective();
    let outcomes = match &options.style {
        Style::WeightedSum => {
            vec![search(problem, &Aim { objective, bounds: Vec::new() }, None, ending)]
        }
        Style::EpsilonConstraint(bounds) => {
            vec![search(problem, &Aim { objective, bounds: bounds.clone() }, None, ending)]
        }
        Style::Lexicographic(tiers) => search_tiers(problem, tiers, ending),
    };
    let mut solution = solution(problem, options, outcomes);
    if let Some(contradiction) = contradiction {
        solution.status = Status::Infeasible(contradiction);
    }
    Ok(solution)
}

/// Searches the tiers in order, each under the floors of those before it.
fn search_tiers(problem: &Problem, tiers: &[Tier], ending: Ending) -> Vec<Outcome> {
    let mut bounds: Vec<Bound> = Vec::new();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for tier in tiers {
        let aim = Aim { objective: tier.measure.clone(), bounds: bounds.clone() };
        let opened: u64 = outcomes.iter().map(|outcome| outcome.nodes).sum();
        let ending = Ending { nodes_max: ending.nodes_max.saturating_sub(opened), ..ending };
        let known = outcomes.last().and_then(|outcome| outcome.best.as_ref());
        let outcome = search(problem, &aim, known.map(|best| best.1.as_slice()), ending);
        let value = outcome.best.as_ref().map(|best| best.0);
        outcomes.push(outcome);
        let Some(value) = value else { break };
        bounds.push(Bound { measure: tier.measure.clone(), at_least: tier.floor(value) });
    }
    outcomes
}

fn solution(problem: &Problem, options: &SolveOptions, mut outcomes: Vec<Outcome>) -> Solution {
    let is_optimal = outcomes.iter().all(|outcome| outcome.is_proven);
    let nodes = outcomes.iter().map(|outcome| outcome.nodes).sum();
    let stages = outcomes.iter().map(|outcome| Stage {
        objective: outcome.best.as_ref().map(|best| best.0),
        upper_bound: outcome.upper_bound,
    });
    let stages: Vec<Stage> = stages.collect();
    let certificate = options.record.then(|| Certificate {
        digest: digest(problem, &options.style),
        proofs: outcomes.iter_mut().map(proof).collect(),
    });
    let last = outcomes.pop().expect("a valid style has a search");
    let (objective, chosen) = last.best.clone().unwrap_or_default();
    let status = match (&last.best, is_optimal) {
        (Some(_), true) => Status::Optimal,
        (Some(_), false) => Status::Gap,
        (None, true) => Status::Infeasible(Contradiction::BoundsUnmet),
        (None, false) => Status::Unknown,
    };
    Solution {
        cost: problem.cost(&chosen),
        chosen,
        status,
        objective,
        upper_bound: last.upper_bound,
        nodes,
        greedy_objective: last.greedy,
        root_bound: last.root_bound,
        stages,
        certificate,
    }
}

fn proof(outcome: &mut Outcome) -> Proof {
    let (objective, chosen) = outcome.best.clone().unzip();
    Proof {
        chosen: chosen.unwrap_or_default(),
        objective,
        upper_bound: outcome.upper_bound,
        steps: outcome.steps.take(),
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
        stages: Vec::new(),
        certificate: None,
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
