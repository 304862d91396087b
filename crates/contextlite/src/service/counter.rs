//! What the service did so far: true numbers, nothing assumed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contextlite_engine::context::{Selection, SelectionStatus, Stages};
use hdrhistogram::Histogram;

/// Significant digits of a recorded time.
const DIGITS: u8 = 3;

/// Times of one kind, from a microsecond up.
#[derive(Debug)]
pub struct Latency(Mutex<Histogram<u64>>);

/// A summary of times, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LatencySummary {
    /// How many there were.
    pub count: u64,
    /// Their mean.
    pub mean_us: f64,
    /// Half of them were not longer.
    pub p50_us: u64,
    /// 99 of 100 were not longer.
    pub p99_us: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self(Mutex::new(Histogram::new(DIGITS).expect("three digits are possible")))
    }
}

impl Latency {
    /// Adds a time.
    pub fn record(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(micros);
    }

    /// The sum in seconds, the count, and how many times lie up to each bound but above the one
    /// before; the last bound is infinite.
    pub fn buckets(&self, bounds_s: &[f64]) -> (f64, u64, Vec<(f64, u64)>) {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buckets = Vec::with_capacity(bounds_s.len() + 1);
        let mut counted = 0;
        for &bound in bounds_s {
            let until = times.count_between(0, (bound * 1e6) as u64);
            buckets.push((bound, until - counted));
            counted = until;
        }
        buckets.push((f64::INFINITY, times.len() - counted));
        (times.mean() * times.len() as f64 / 1e6, times.len(), buckets)
    }

    /// The summary of all times.
    pub fn summary(&self) -> LatencySummary {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.is_empty() {
            return LatencySummary::default();
        }
        LatencySummary {
            count: times.len(),
            mean_us: times.mean(),
            p50_us: times.value_at_quantile(0.5),
            p99_us: times.value_at_quantile(0.99),
        }
    }
}

/// The counters of a service.
#[derive(Debug, Default)]
pub struct Counters {
    /// Whole answers, indexing included.
    pub answers: Latency,
    /// Lists of passages, indexing included.
    pub rankings: Latency,
    /// The stage that finds and ranks candidates.
    pub rank_stage: Latency,
    /// The stage that chooses among them: the solver.
    pub select_stage: Latency,
    /// The stage that reads, cites and counts what was chosen.
    pub render_stage: Latency,
    optimal: AtomicU64,
    with_gap: AtomicU64,
    infeasible: AtomicU64,
    gap_billionths: AtomicU64,
    nodes: AtomicU64,
}

/// What the solver did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SolverStatistics {
    /// Problems that were solved.
    pub solves: u64,
    /// Those with a proof that nothing is better.
    pub optimal: u64,
    /// Those with a bound on how much better something could be.
    pub with_gap: u64,
    /// Those that nothing fulfils.
    pub infeasible: u64,
    /// The mean of all gaps, in [0, 1].
    pub gap_mean: f64,
    /// Search nodes of all problems.
    pub nodes: u64,
    /// The times of solving.
    pub times: LatencySummary,
}

impl Counters {
    /// Counts a problem that was solved.
    pub fn solved(&self, selection: &Selection, stages: Stages) {
        let counter = match selection.status {
            SelectionStatus::Optimal => &self.optimal,
            SelectionStatus::Gap => &self.with_gap,
            SelectionStatus::Infeasible => &self.infeasible,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.gap_billionths.fetch_add((selection.gap * 1e9) as u64, Ordering::Relaxed);
        self.nodes.fetch_add(selection.nodes, Ordering::Relaxed);
        self.rank_stage.record(stages.rank);
        self.select_stage.record(stages.select);
        self.render_stage.record(stages.render);
    }

    /// Counts an answer.
    pub fn answered(&self, took: Duration) {
        self.answers.record(took);
    }

    /// Counts a list of passages.
    pub fn ranked(&self, took: Duration) {
        self.rankings.record(took);
    }

    /// What the solver did.
    pub fn solver(&self) -> SolverStatistics {
        let [optimal, with_gap, infeasible, gaps, nodes] =
            [&self.optimal, &self.with_gap, &self.infeasible, &self.gap_billionths, &self.nodes]
                .map(|counter| counter.load(Ordering::Relaxed));
        let solves = optimal + with_gap + infeasible;
        SolverStatistics {
            solves,
            optimal,
            with_gap,
            infeasible,
            gap_mean: gaps as f64 / 1e9 / solves.max(1) as f64,
            nodes,
            times: self.select_stage.summary(),
        }
    }
}
