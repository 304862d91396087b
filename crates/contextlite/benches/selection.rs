//! The solver on real instances: `bench/selection` exports them and starts this.
//!
//! Arguments: a folder with instances as `BUDGET-NAME.json`, and how often each is solved. The time
//! of an instance is the median of its runs. For each budget it prints how many are proven
//! optimal, times at percentiles, and what a greedy and a plain ranked choice lose. Each instance
//! is solved once more with a certificate, which is checked. Beside each file it writes the linear
//! program, and all results as `ours.tsv` (name, milliseconds, objective, bound) for
//! `crates/select/benches/highs.py`.

#[path = "../src/instance.rs"]
#[expect(dead_code, reason = "the bench only reads")]
mod instance;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use contextlite_engine::context::Instance;
use contextlite_select::{
    Measure, Problem, Solution, SolveOptions, Status, Style, lp, solve, verify,
};

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    // Without arguments, as `cargo test --benches` starts it, there is nothing to measure.
    let Some(folder) = words.next() else { return };
    let runs: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or(3);
    let folder = Path::new(&folder);
    let mut budgets: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    let mut table = String::new();
    for name in names(folder) {
        let bytes = std::fs::read(folder.join(format!("{name}.json"))).expect("it can be read");
        let Instance { problem, style, .. } = instance::read(&bytes).expect("it is an instance");
        assert_eq!(style, Style::WeightedSum, "{name}: only weighted sums are measured");
        let row = Row::measure(&problem, runs);
        let text = lp(&problem, &Measure::objective(), &[]);
        std::fs::write(folder.join(format!("{name}.lp")), text).expect("it can be written");
        let (ms, best, bound) = (row.milliseconds, row.best, row.bound);
        writeln!(table, "{name}\t{ms}\t{best}\t{bound}").expect("a string takes it");
        budgets.entry(problem.limits.budget).or_default().push(row);
    }
    std::fs::write(folder.join("ours.tsv"), table).expect("it can be written");
    println!(
        "| budget | instances | candidates | pairs | proven | p50 ms | p90 ms | p99 ms | nodes p99 \
         | greedy loses, mean | most | in | top-k loses, mean |"
    );
    println!("|{}", " --- |".repeat(13));
    for (budget, rows) in budgets {
        println!("{}", line(budget, rows));
    }
}

/// The names of all instances, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let json = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let stems = json.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = stems.collect();
    names.sort();
    names
}

/// What was measured of one instance.
struct Row {
    candidates: usize,
    pairs: usize,
    milliseconds: f64,
    best: i64,
    bound: i64,
    nodes: u64,
    is_proven: bool,
    greedy_loss: f64,
    ranked_loss: f64,
}

impl Row {
    fn measure(problem: &Problem, runs: usize) -> Self {
        let options = SolveOptions::default();
        let mut times = Vec::new();
        let mut solution: Option<Solution> = None;
        for _ in 0..runs.max(1) {
            let start = Instant::now();
            solution = Some(solve(problem, &options).expect("the instance is valid"));
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let solution = solution.expect("there is a run");
        let certified = solve(problem, &SolveOptions { record: true, ..options });
        let certificate = certified.expect("the instance is valid").certificate;
        let verdict = verify(problem, &Style::WeightedSum, &certificate.expect("it was asked for"));
        let is_proven = solution.status == Status::Optimal;
        assert_eq!(verdict.expect("the certificate holds").is_proven, is_proven);
        let loss = |other: i64| {
            (solution.objective - other) as f64 / solution.objective.max(1) as f64 * 100.0
        };
        Self {
            candidates: problem.items.len(),
            pairs: problem.pairs.len(),
            milliseconds: times[times.len() / 2],
            best: solution.objective,
            bound: solution.upper_bound,
            nodes: solution.nodes,
            is_proven,
            greedy_loss: loss(solution.greedy_objective),
            ranked_loss: loss(problem.objective(&ranked(problem))),
        }
    }
}

/// The candidates by rank, which is their order, until the next one does not fit.
fn ranked(problem: &Problem) -> Vec<usize> {
    let budget = u64::from(problem.limits.budget);
    let counts = 0..=problem.items.len();
    let fits = |count: &usize| problem.cost(&(0..*count).collect::<Vec<_>>()) <= budget;
    (0..counts.take_while(fits).last().unwrap_or(0)).collect()
}

fn line(budget: u32, mut rows: Vec<Row>) -> String {
    let count = rows.len() as f64;
    let mean = |of: &dyn Fn(&Row) -> f64| rows.iter().map(of).sum::<f64>() / count;
    let proven = 100.0 * mean(&|row| f64::from(u8::from(row.is_proven)));
    let (candidates, pairs) = (mean(&|row| row.candidates as f64), mean(&|row| row.pairs as f64));
    let (greedy, ranked) = (mean(&|row| row.greedy_loss), mean(&|row| row.ranked_loss));
    let most = rows.iter().map(|row| row.greedy_loss).fold(0.0, f64::max);
    let lost = 100.0 * mean(&|row| f64::from(u8::from(0.0 < row.greedy_loss)));
    let at = |share: f64, count: usize| ((count - 1) as f64 * share) as usize;
    rows.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
    let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|share| rows[at(share, rows.len())].milliseconds);
    rows.sort_by_key(|row| row.nodes);
    let nodes = rows[at(0.99, rows.len())].nodes;
    format!(
        "| {budget} | {} | {candidates:.0} | {pairs:.0} | {proven:.1} % | {p50:.2} | {p90:.2} | \
         {p99:.2} | {nodes} | {greedy:.2} % | {most:.1} % | {lost:.0} % | {ranked:.2} % |",
        rows.len()
    )
}
