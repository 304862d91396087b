//! Solving and checking as criterion measures them: `cargo bench -p contextlite-select --bench
//! criterion`. A change of the solver is compared with the run before it; the other benches here
//! compare with other solvers and with every subset.

#![allow(missing_docs, reason = "the macros make public functions")]

#[path = "../tests/it/family.rs"]
mod family;

use contextlite_select::{SolveOptions, Style, solve, verify};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// One family for each kind of instance that the product makes, and a hard one cut short.
const FAMILIES: [&str; 8] =
    ["real 1k", "real 4k", "real 8k", "real 16k", "real 32k", "header 8k", "capped 8k", "five 8k"];

fn solving(criterion: &mut Criterion) {
    for family in family::all().iter().filter(|family| FAMILIES.contains(&family.name.as_str())) {
        let mut seeds = (0..8).cycle();
        criterion.bench_function(&format!("solve {}", family.name), |bencher| {
            bencher.iter_batched(
                || family.problem(seeds.next().expect("a cycle has no end")),
                |problem| solve(&problem, &SolveOptions::default()),
                BatchSize::SmallInput,
            );
        });
    }
}

fn checking(criterion: &mut Criterion) {
    let families = family::all();
    let family = families.iter().find(|family| family.name == "real 8k");
    let problem = family.expect("the family exists").problem(1);
    let options = SolveOptions { record: true, ..SolveOptions::default() };
    let certificate = solve(&problem, &options).expect("it is valid").certificate;
    let certificate = certificate.expect("it was asked for");
    criterion.bench_function("verify real 8k", |bencher| {
        bencher.iter(|| verify(&problem, &Style::WeightedSum, &certificate));
    });
}

criterion_group!(benches, solving, checking);
criterion_main!(benches);
