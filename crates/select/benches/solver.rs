//! How long the solver takes, and how far it gets: `cargo bench -p contextlite-select`.
//!
//! Arguments after `--`, all optional: a part of a family's name, the number of seeds, the limit on
//! nodes, a folder or `-`, and a limit in milliseconds. For each family it prints the share proven
//! optimal, milliseconds at percentiles, nodes, the mean gap at the root, the largest gap that is
//! left, and the mean that greedy loses. The time of an instance is the median of its runs. In the
//! folder it writes each instance as `FAMILY-SEED.lp` and our results as `ours.tsv`, which
//! `benches/highs.py` compares with `HiGHS`.

#[path = "../tests/it/family.rs"]
mod family;

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use contextlite_select::{Measure, Problem, Solution, SolveOptions, Status, lp, solve};

/// How often each instance is solved; `benches/highs.py` runs `HiGHS` as often.
const RUNS: usize = 3;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let wanted = words.next().unwrap_or_default();
    let seeds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(40);
    let nodes_max = words.next().and_then(|word| word.parse().ok()).unwrap_or(20_000);
    let folder = words.next().filter(|word| word != "-");
    let limit_ms = words.next().and_then(|word| word.parse().ok());
    let mut table = String::new();
    println!(
        "{:24} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7} {:>8} {:>8} {:>8}",
        "family",
        "proven",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "nodes50",
        "nodes99",
        "root %",
        "left %",
        "greedy %"
    );
    for family in family::all().into_iter().filter(|family| family.name.contains(&wanted)) {
        let mut runs: Vec<Run> =
            (0..seeds).map(|seed| run(&family, seed, (nodes_max, limit_ms))).collect();
        if let Some(folder) = &folder {
            for (seed, run) in runs.iter().enumerate() {
                let name = format!("{}-{seed}", family.name.replace(' ', "-"));
                let text = lp(&family.problem(seed as u64), &Measure::objective(), &[]);
                let path = Path::new(folder).join(format!("{name}.lp"));
                std::fs::write(path, text).expect("the folder can be written to");
                let (ms, best, bound) = (run.milliseconds, run.objective, run.upper_bound);
                writeln!(table, "{name}\t{ms}\t{best}\t{bound}").expect("a string takes it");
            }
        }
        let proven = runs.iter().filter(|run| run.is_proven).count();
        let mean =
            |of: &dyn Fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64 * 100.0;
        let (root, greedy) = (mean(&|run| run.root_gap), mean(&|run| run.greedy_gap));
        let left = runs.iter().map(|run| run.gap).fold(0.0, f64::max) * 100.0;
        runs.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
        let at = |share: f64| &runs[((runs.len() - 1) as f64 * share) as usize];
        let times = [0.5, 0.9, 0.99].map(|share| at(share).milliseconds);
        runs.sort_by_key(|run| run.nodes);
        let at = |share: f64| runs[((runs.len() - 1) as f64 * share) as usize].nodes;
        println!(
            "{:24} {:>3}/{:<3} {:>8.2} {:>8.2} {:>8.2} {:>8} {:>7} {root:>8.3} {left:>8.3} \
             {greedy:>8.3}",
            family.name,
            proven,
            runs.len(),
            times[0],
            times[1],
            times[2],
            at(0.5),
            at(0.99)
        );
    }
    if let Some(folder) = folder {
        let path = Path::new(&folder).join("ours.tsv");
        std::fs::write(path, table).expect("the folder can be written to");
    }
}

fn solve_once(problem: &Problem, (nodes_max, limit_ms): (u64, Option<f64>)) -> (f64, Solution) {
    let start = Instant::now();
    let passed_ms = || start.elapsed().as_secs_f64() * 1000.0;
    let is_over = || limit_ms.is_some_and(|most| most <= passed_ms());
    let options = SolveOptions { nodes_max, stop: Some(&is_over), ..SolveOptions::default() };
    let solution = solve(problem, &options).expect("the families are valid");
    (passed_ms(), solution)
}

struct Run {
    objective: i64,
    upper_bound: i64,
    milliseconds: f64,
    nodes: u64,
    is_proven: bool,
    root_gap: f64,
    gap: f64,
    greedy_gap: f64,
}

fn run(family: &family::Family, seed: u64, limits: (u64, Option<f64>)) -> Run {
    let problem = family.problem(seed);
    let mut runs: Vec<(f64, Solution)> = (0..RUNS).map(|_| solve_once(&problem, limits)).collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (milliseconds, solution) = runs.swap_remove(RUNS / 2);
    let best = solution.objective.max(1) as f64;
    Run {
        objective: solution.objective,
        upper_bound: solution.upper_bound,
        milliseconds,
        nodes: solution.nodes,
        is_proven: solution.status == Status::Optimal,
        root_gap: (solution.root_bound - solution.objective) as f64 / best,
        gap: solution.gap(),
        greedy_gap: (solution.objective - solution.greedy_objective) as f64 / best,
    }
}
