//! Solving a problem.

use crate::greedy::{exchange, greedy_selection};
use crate::layout::Layout;
use crate::problem::{Problem, ProblemError};
use crate::relaxation::upper_bound;
use crate::solution::{Contradiction, Solution, Status};
use crate::style::{Measure, Style};

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
    let layout = Layout::new(problem, &Measure::objective());
    if let Some(contradiction) = contradiction(problem, &layout) {
        return Ok(infeasible(contradiction));
    }
    let mut selection = greedy_selection(problem, &layout);
    let greedy_objective = selection.value();
    exchange(&layout, &mut selection);
    let root_bound = upper_bound(problem, &layout).max(selection.value());
    let is_optimal = root_bound == selection.value();
    Ok(Solution {
        chosen: selection.chosen(),
        status: if is_optimal { Status::Optimal } else { Status::Gap },
        objective: selection.value(),
        upper_bound: root_bound,
        cost: selection.cost(),
        nodes: 0,
        greedy_objective,
        root_bound,
    })
}

fn infeasible(contradiction: Contradiction) -> Solution {
    Solution {
        chosen: Vec::new(),
        status: Status::Infeasible(contradiction),
        objective: 0,
        upper_bound: 0,
        cost: 0,
        nodes: 0,
        greedy_objective: 0,
        root_bound: 0,
    }
}

/// Returns why the pinned candidates alone break a limit, if they do.
fn contradiction(problem: &Problem, layout: &Layout) -> Option<Contradiction> {
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
