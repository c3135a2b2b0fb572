//! The recorder of the `metrics` crate, through which libraries report.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ::metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, histogram};

use super::names::{Kind, MetricsError, MetricsErrorKind, Names, wrong_label};
use super::registry::{Metrics, help_text};
use crate::log::lifecycle;

/// Upper bounds of the buckets of a histogram, which a library does not give: those of the other
/// clients of Prometheus.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// The help text of a metric that its library does not describe.
const UNDESCRIBED: &str = "Reported through the metrics crate";

/// The metrics that libraries report.
#[derive(Debug)]
pub(super) struct Facade {
    names: Arc<Names>,
    /// The values by key, or `None` for a refused one. The macros look them up at each call.
    counters: RwLock<HashMap<Key, Option<Value>>>,
    gauges: RwLock<HashMap<Key, Option<Value>>>,
    histograms: RwLock<HashMap<Key, Option<Value>>>,
    families: Mutex<Families>,
}

#[derive(Debug, Default)]
struct Families {
    by_name: BTreeMap<String, Family>,
    /// The help texts by name. A library may describe a metric before it reports it.
    helps: HashMap<String, String>,
    /// The names of which a log line tells that they are refused. One is enough, whatever the labels.
    refused: HashSet<String>,
}

#[derive(Debug)]
struct Family {
    kind: Kind,
    values: BTreeMap<Labels, Value>,
}

type Labels = Vec<(String, String)>;

#[derive(Clone, Debug)]
enum Value {
    Counter(Arc<AtomicU64>),
    /// The bits of an `f64`.
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Observations>),
}

#[derive(Debug)]
struct Observations(histogram::Histogram);

/// Installs the recorder of the process, unless the program has installed one.
pub(crate) fn install(metrics: &Metrics) {
    let facade = Arc::new(Facade::new(metrics.names()));
    if ::metrics::set_global_recorder(Arc::clone(&facade)).is_ok() {
        metrics.add_plain(facade);
    } else {
        lifecycle!(
            warn,
            "/metrics lacks what libraries report through the `metrics` crate: the program has \
             installed another recorder"
        );
    }
}

// === impl Facade ===

impl Facade {
    pub(super) fn new(names: &Arc<Names>) -> Self {
        Self {
            names: Arc::clone(names),
            counters: RwLock::default(),
            gauges: RwLock::default(),
            histograms: RwLock::default(),
            families: Mutex::default(),
        }
    }

    /// Returns the value of a key, `None` if its name is refused.
    fn value(
        &self,
        known: &RwLock<HashMap<Key, Option<Value>>>,
        key: &Key,
        kind: Kind,
    ) -> Option<Value> {
        // No code under the locks panics.
        if let Some(value) = known.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return value.clone();
        }
        let value = self.add(key, kind);
        if let Err(error) = &value
            && self.families().refused.insert(family_name(key.name(), kind))
        {
            lifecycle!(warn, "/metrics lacks a metric of a library: {error}");
        }
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key.to_retained()).or_insert(value.ok()).clone()
    }

    /// Adds a value, unless a key that reads the same has one.
    fn add(&self, key: &Key, kind: Kind) -> Result<Value, MetricsError> {
        let name = family_name(key.name(), kind);
        let mut labels: Labels = key
            .labels()
            .map(|label| (to_snake_case(label.key()), label.value().to_owned()))
            .collect();
        labels.sort_unstable();
        check_labels(&name, kind, &labels)?;
        let mut families = self.families();
        if !families.by_name.contains_key(&name) {
            self.names.take(self.names.new_owner(), &[(name.clone(), kind)])?;
        }
        let family = families.by_name.entry(name.clone());
        let family = family.or_insert_with(|| Family { kind, values: BTreeMap::new() });
        if family.kind != kind {
            return Err(MetricsError::new(&name, MetricsErrorKind::Taken(name.clone())));
        }
        Ok(family.values.entry(labels).or_insert_with(|| Value::new(kind)).clone())
    }

    fn describe(&self, name: &KeyName, kind: Kind, help: &str) {
        self.families().helps.insert(family_name(name.as_str(), kind), help_text(help));
    }

    fn families(&self) -> MutexGuard<'_, Families> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder for Facade {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Counter, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Gauge, &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, Kind::Histogram, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.value(&self.counters, key, Kind::Counter) {
            Some(Value::Counter(count)) => Counter::from_arc(count),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.value(&self.gauges, key, Kind::Gauge) {
            Some(Value::Gauge(value)) => Gauge::from_arc(value),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.value(&self.histograms, key, Kind::Histogram) {
            Some(Value::Histogram(observations)) => Histogram::from_arc(observations),
            _ => Histogram::noop(),
        }
    }
}

impl Collector for Facade {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let families = self.families();
        for (name, family) in &families.by_name {
            let help = families.helps.get(name).map_or(UNDESCRIBED, String::as_str);
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Histogram => MetricType::Histogram,
                _ => MetricType::Gauge,
            };
            let mut encoder = encoder.encode_descriptor(name, help, None, kind)?;
            for (labels, value) in &family.values {
                value.encode(encoder.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

// === impl Value ===

impl Value {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(Arc::default()),
            Kind::Histogram => {
                Self::Histogram(Arc::new(Observations(histogram::Histogram::new(BUCKETS))))
            }
            _ => Self::Gauge(Arc::default()),
        }
    }

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(count) => {
                let count = count.load(Ordering::Relaxed);
                encoder.encode_counter::<NoLabelSet, _, u64>(&count, None)
            }
            Self::Gauge(bits) => {
                encoder.encode_gauge(&f64::from_bits(bits.load(Ordering::Relaxed)))
            }
            Self::Histogram(observations) => observations.0.encode(encoder),
        }
    }
}

impl HistogramFn for Observations {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }
}

/// Checks the names of labels. Those of a library may differ, and yet be the same in snake case.
fn check_labels(name: &str, kind: Kind, labels: &Labels) -> Result<(), MetricsError> {
    // The bound of a bucket is a label too.
    let of_kind = (kind == Kind::Histogram).then_some("le");
    let given = labels.iter().map(|(name, _)| name.as_str());
    match wrong_label(&of_kind.into_iter().chain(given).collect::<Vec<_>>()) {
        Some(label) => Err(MetricsError::new(name, MetricsErrorKind::Label(label.to_owned()))),
        None => Ok(()),
    }
}

/// Returns the name of a family, which a counter has without its end.
fn family_name(name: &str, kind: Kind) -> String {
    let name = to_snake_case(name);
    let end = if kind == Kind::Counter { "_total" } else { "" };
    name.strip_suffix(end).unwrap_or(&name).to_owned()
}

/// Replaces what a name may not have: libraries use dots, too.
fn to_snake_case(name: &str) -> String {
    let begin = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    let replace = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    begin.chars().chain(name.chars().map(replace)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Facade, Metrics};

    /// Reports through the macros of the crate, as libraries do, and returns what `/metrics` has.
    fn reported(metrics: &Metrics, report: impl FnOnce()) -> String {
        let facade = Arc::new(Facade::new(metrics.names()));
        metrics.add_plain(Arc::clone(&facade));
        ::metrics::with_local_recorder(&facade, report);
        let mut written = String::new();
        metrics.encode(&mut written).unwrap();
        written
    }

    #[test]
    fn a_library_reports_through_the_macros() {
        let written = reported(&Metrics::default(), || {
            ::metrics::describe_counter!("pool.hits_total", "Hits of the \"pool\".\nAll of them.");
            ::metrics::counter!("pool.hits_total", "pool" => "b").increment(2);
            ::metrics::counter!("pool.hits_total", "pool" => "a\n").increment(1);
            ::metrics::counter!("pool_hits", "pool" => "b").increment(1);
            ::metrics::gauge!("pool-size").set(1.5);
            ::metrics::histogram!("2_wait_seconds").record(0.3);
        });
        let expected = r#"# HELP _2_wait_seconds Reported through the metrics crate
# TYPE _2_wait_seconds histogram
_2_wait_seconds_sum{} 0.3
_2_wait_seconds_count{} 1
_2_wait_seconds_bucket{le="0.005"} 0
_2_wait_seconds_bucket{le="0.01"} 0
_2_wait_seconds_bucket{le="0.025"} 0
_2_wait_seconds_bucket{le="0.05"} 0
_2_wait_seconds_bucket{le="0.1"} 0
_2_wait_seconds_bucket{le="0.25"} 0
_2_wait_seconds_bucket{le="0.5"} 1
_2_wait_seconds_bucket{le="1.0"} 1
_2_wait_seconds_bucket{le="2.5"} 1
_2_wait_seconds_bucket{le="5.0"} 1
_2_wait_seconds_bucket{le="10.0"} 1
_2_wait_seconds_bucket{le="+Inf"} 1
# HELP pool_hits Hits of the "pool".\nAll of them
# TYPE pool_hits counter
pool_hits_total{pool="a\n"} 1
pool_hits_total{pool="b"} 3
# HELP pool_size Reported through the metrics crate
# TYPE pool_size gauge
pool_size{} 1.5
"#;
        assert_eq!(written, expected);
    }

    #[test]
    fn a_label_that_prometheus_refuses_is_left_out() {
        let written = reported(&Metrics::default(), || {
            ::metrics::counter!("twice", "a.b" => "7", "a-b" => "8").increment(1);
            ::metrics::counter!("unnamed", "" => "7").increment(1);
            ::metrics::counter!("renamed", "__name__" => "7").increment(1);
            ::metrics::histogram!("bound", "le" => "7").record(0.3);
            ::metrics::gauge!("fine", "le" => "1").set(2);
        });
        assert!(written.ends_with("\nfine{le=\"1\"} 2.0\n") && !written.contains('7'), "{written}");
    }

    #[test]
    fn a_name_that_is_taken_is_left_out() {
        let metrics = Metrics::default();
        metrics.counter("jobs", "Jobs").unwrap();
        let written = reported(&metrics, || {
            ::metrics::gauge!("jobs_total").set(7);
            ::metrics::counter!("heartbeat_live").increment(7);
            ::metrics::gauge!("size").set(1);
            ::metrics::counter!("size").increment(7);
        });
        assert!(written.contains("jobs_total 0\n"), "{written}");
        assert!(written.contains("size{} 1.0\n") && !written.contains('7'), "{written}");
        assert!(!written.contains("heartbeat"), "{written}");
        assert!(metrics.gauge("size", "Size").is_err(), "a library has it");
    }
}
