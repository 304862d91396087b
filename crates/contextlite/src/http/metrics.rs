//! The metrics, in the text format of Prometheus.
//!
//! Numbers of the service are read when they are asked for, so that there is one truth; only what
//! belongs to HTTP is counted here. `packaging/grafana/contextlite.json` shows them.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeMetric as _, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use crate::service::counter::Latency;

/// The bounds of all histograms, in seconds.
const BUCKETS_S: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

type Times = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// What is counted of HTTP.
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    times: Times,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS_S)
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self { requests: Family::default(), times: Times::new_with_constructor(histogram) }
    }

    /// Counts a request.
    pub fn requested(&self, method: &str, route: &str, status: u16, took: Duration) {
        let known = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"];
        let method = known.iter().find(|known| **known == method).map_or("other", |known| known);
        let route = route.to_owned();
        let labels = RequestLabels { method: method.to_owned(), route: route.clone(), status };
        self.requests.get_or_create(&labels).inc();
        self.times.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// All metrics as text.
    ///
    /// # Errors
    /// None that is known: writing to memory does not fail.
    pub fn text(app: &Arc<App>) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("contextlite");
        let metrics = &app.metrics;
        registry.register("http_requests", "Requests, by outcome", metrics.requests.clone());
        registry.register_with_unit(
            "http_request",
            "Time from head to answer",
            Unit::Seconds,
            metrics.times.clone(),
        );
        registry.register_collector(Box::new(ServiceCollector(Arc::clone(app))));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Reads the service's own numbers.
struct ServiceCollector(Arc<App>);

impl std::fmt::Debug for ServiceCollector {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ServiceCollector")
    }
}

impl Collector for ServiceCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let app = &self.0;
        let service = &app.service;
        let counters = &service.counters;
        let stages = [
            ("answer", &counters.answers),
            ("ranking", &counters.rankings),
            ("rank", &counters.rank_stage),
            ("select", &counters.select_stage),
            ("render", &counters.render_stage),
        ];
        let mut times = encoder.encode_descriptor(
            "stage",
            "Time of whole answers and rankings, and of an answer's stages",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (stage, latency) in stages {
            encode_latency(times.encode_family(&[("stage", stage)])?, latency)?;
        }
        let solver = counters.solver();
        let mut selections = encoder.encode_descriptor(
            "selections",
            "Problems that were solved, by the status of their proof",
            None,
            MetricType::Counter,
        )?;
        let solved = [
            ("optimal", solver.optimal),
            ("gap", solver.with_gap),
            ("infeasible", solver.infeasible),
        ];
        for (status, count) in solved {
            ConstCounter::new(count).encode(selections.encode_family(&[("status", status)])?)?;
        }
        let cache = service.cache.statistics();
        let mut asked = encoder.encode_descriptor(
            "cache_lookups",
            "Questions that asked the cache, by what they found",
            None,
            MetricType::Counter,
        )?;
        for (found, count) in [("hit", cache.hits), ("miss", cache.misses)] {
            ConstCounter::new(count).encode(asked.encode_family(&[("found", found)])?)?;
        }
        let gauges = [
            ("cache_entries", "Answers that are kept", cache.entries as f64),
            ("cache_bytes", "About how many bytes they take", cache.bytes as f64),
            ("queue_waiting", "Requests that wait for a thread", app.pool.waiting() as f64),
            ("queue_running", "Requests that are worked on", app.pool.running() as f64),
            ("jobs_running", "Index runs under way", service.jobs.running() as f64),
            ("uptime_seconds", "Time since the start", service.uptime().as_secs_f64()),
        ];
        for (name, help, value) in gauges {
            let gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(gauge)?;
        }
        self.encode_workspaces(encoder)
    }
}

impl ServiceCollector {
    /// The state of every open root; who cannot be read is left out.
    fn encode_workspaces(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let standings = self.0.service.spaces.standings();
        let mut documents = encoder.encode_descriptor(
            "workspace_documents",
            "Documents of an open workspace",
            None,
            MetricType::Gauge,
        )?;
        for standing in &standings {
            let labels = [("workspace", standing.id.as_str())];
            let gauge = ConstGauge::new(standing.documents as f64);
            gauge.encode(documents.encode_family(&labels)?)?;
        }
        let mut ages = encoder.encode_descriptor(
            "workspace_fresh_age_seconds",
            "Time since the files of an open workspace were last looked at",
            None,
            MetricType::Gauge,
        )?;
        for standing in &standings {
            let Some(age) = standing.age else { continue };
            let labels = [("workspace", standing.id.as_str())];
            ConstGauge::new(age.as_secs_f64()).encode(ages.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn encode_latency(mut encoder: MetricEncoder<'_>, latency: &Latency) -> std::fmt::Result {
    let (sum_s, count, buckets) = latency.buckets(&BUCKETS_S);
    encoder.encode_histogram::<NoLabelSet>(sum_s, count, &buckets, None)
}
