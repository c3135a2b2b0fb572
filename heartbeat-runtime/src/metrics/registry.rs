//! The registry of the worker's own metrics.

use std::any::type_name;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use tokio::runtime::Handle;

use super::collector::UserCollector;
use super::collectors::{Collected, collect, try_run};
use super::names::{Kind, MetricsError, MetricsErrorKind, Names, Owner, check_end};

/// The worker's own metrics, which `/metrics` serves after those of the runtime. A clone is cheap and
/// shares them.
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # fn register(role: &RoleEnvironment) -> Result<(), Error> {
/// let metrics = role.metrics();
/// let shipped = metrics.counter("orders_shipped", "Orders that have left")?;
/// let waiting = metrics.gauge("orders_waiting", "Orders in the queue")?;
/// let took = metrics.histogram("order_seconds", "Time to ship an order", [0.1, 1.0, 10.0])?;
/// shipped.inc();
/// waiting.set(7);
/// took.observe(0.4);
/// # Ok(())
/// # }
/// ```
///
/// # Names
///
/// A name has ASCII letters, digits and `_`, by the [practices of Prometheus]: in snake case, with its
/// base unit at the end, such as `order_seconds`. A counter gets the end `_total`, whether its name has
/// it or not. Names that begin with `heartbeat_` or `process_` belong to the runtime.
///
/// # Libraries
///
/// With the feature `metrics`, the worker installs a recorder for the `metrics` crate at its start, so
/// that what libraries report through it appears too. Their names become snake case (`pool.size` is
/// `pool_size`), and their histograms have buckets from 0.005 to 10. One with a name that is taken, or a
/// label that Prometheus refuses, is left out, and a log line says so. If the program has installed
/// another recorder before, a log line says so. A host for tests installs none.
///
/// [practices of Prometheus]: https://prometheus.io/docs/practices/naming/
#[derive(Clone, Default)]
pub struct Metrics {
    shared: Arc<Shared>,
}

struct Shared {
    names: Arc<Names>,
    /// Metrics whose encoding runs no user code: the monitor thread encodes them.
    plain: Mutex<Registry>,
    collectors: Mutex<Vec<Arc<UserCollector>>>,
    /// The last run of the collectors. One run follows the other, so that many scrapes at once need no
    /// more threads.
    last_run: Arc<tokio::sync::Mutex<Option<Run>>>,
}

/// The begin of a run of the collectors, and its result.
type Run = (Instant, Arc<Collected>);

impl Metrics {
    /// Registers a counter, which only grows.
    ///
    /// # Errors
    ///
    /// The name is malformed, taken, or belongs to the runtime or to another kind of metric.
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter, MetricsError> {
        let counter = Counter::default();
        self.register_plain(name, help, counter.clone())?;
        Ok(counter)
    }

    /// Registers a gauge of whole numbers, which goes up and down. For other numbers,
    /// [`register`](Self::register) a `Gauge<f64, AtomicU64>`.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge, MetricsError> {
        let gauge = Gauge::default();
        self.register_plain(name, help, gauge.clone())?;
        Ok(gauge)
    }

    /// Registers a histogram. `buckets` are the upper bounds of its buckets in ascending order, in the
    /// unit of the name; a last one without bound is added.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter), or the bounds are not finite and ascending.
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        buckets: impl IntoIterator<Item = f64>,
    ) -> Result<Histogram, MetricsError> {
        let buckets: Vec<_> = buckets.into_iter().collect();
        if !buckets.is_sorted_by(|a, b| a < b) || !buckets.iter().all(|bound| bound.is_finite()) {
            return Err(MetricsError::new(name, MetricsErrorKind::Buckets));
        }
        let histogram = Histogram::new(buckets);
        self.register_plain(name, help, histogram.clone())?;
        Ok(histogram)
    }

    /// Registers any other metric of [`prometheus_client`], such as a family of metrics with labels.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
    /// use heartbeat_runtime::prometheus_client::metrics::family::Family;
    ///
    /// # fn register(role: &RoleEnvironment) -> Result<(), Error> {
    /// let shipped = Family::<[(&str, String); 1], Counter>::default();
    /// role.metrics().register("orders_shipped", "Orders that have left", shipped.clone())?;
    /// shipped.get_or_create(&[("country", "NO".to_owned())]).inc();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For labels of a type of your own, with `#[derive(EncodeLabelSet)]`, the package needs
    /// `prometheus-client` among its dependencies, in the version of this re-export. Since their encoding
    /// is your code, it runs as that of a [`collector`](Self::collector).
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    pub fn register(
        &self,
        name: &str,
        help: &str,
        metric: impl Metric,
    ) -> Result<(), MetricsError> {
        let kind = EncodeMetric::metric_type(&metric).into();
        let (name, owner) = self.take_name(name, kind)?;
        let mut registry = Registry::default();
        registry.register(name, help_text(help), metric);
        let metric = UserCollector::new(name, registry, owner);
        lock(&self.shared.collectors).push(Arc::new(metric));
        Ok(())
    }

    /// Registers a collector, which gives metrics at each scrape: of a queue, a pool or a file.
    ///
    /// It runs on a thread of its own within the worker's runtime, and has half a second; all collectors
    /// together have two. If it takes longer, blocks, panics or fails, or if one of its names is malformed or taken, the scrape has
    /// everything but what it gives, `heartbeat_failed_collectors` counts it, and a log line tells why.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// use heartbeat_runtime::prometheus_client::collector::Collector;
    /// use heartbeat_runtime::prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
    /// use heartbeat_runtime::prometheus_client::metrics::gauge::ConstGauge;
    ///
    /// #[derive(Debug)]
    /// struct Spool;
    ///
    /// impl Collector for Spool {
    ///     fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
    ///         let files = std::fs::read_dir("/var/spool/orders").map_err(|_| std::fmt::Error)?;
    ///         let files = ConstGauge::new(i64::try_from(files.count()).unwrap_or(i64::MAX));
    ///         let kind = files.metric_type();
    ///         files.encode(encoder.encode_descriptor("spool_files", "Files to send", None, kind)?)
    ///     }
    /// }
    ///
    /// # fn register(role: &RoleEnvironment) -> Result<(), Error> {
    /// role.metrics().collector(Spool)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It also runs once now, to learn its names, for which this call waits half a second at most. A
    /// collector that fails now is registered all the same.
    ///
    /// # Errors
    ///
    /// One of its names is malformed, taken, or belongs to the runtime; or it writes what is no
    /// OpenMetrics, such as a help text of two lines.
    pub fn collector<C: Collector>(&self, collector: C) -> Result<(), MetricsError> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(collector));
        let names = &self.shared.names;
        let collector = UserCollector::new(type_name::<C>(), registry, names.new_owner());
        let collector = Arc::new(collector);
        if let Some(Ok(written)) = try_run(&collector) {
            collector.take_names(&written, names)?;
        }
        lock(&self.shared.collectors).push(collector);
        Ok(())
    }

    /// Registers a metric whose encoding runs no user code.
    fn register_plain(
        &self,
        name: &str,
        help: &str,
        metric: impl Metric,
    ) -> Result<(), MetricsError> {
        let kind = EncodeMetric::metric_type(&metric).into();
        let (name, _) = self.take_name(name, kind)?;
        lock(&self.shared.plain).register(name, help_text(help), metric);
        Ok(())
    }

    /// Takes the name of a family, which a counter has without its end.
    fn take_name<'a>(&self, name: &'a str, kind: Kind) -> Result<(&'a str, Owner), MetricsError> {
        let end = if kind == Kind::Counter { "_total" } else { "" };
        let name = name.strip_suffix(end).unwrap_or(name);
        check_end(name)?;
        let owner = self.shared.names.new_owner();
        self.shared.names.take(owner, &[(name.to_owned(), kind)])?;
        Ok((name, owner))
    }

    /// Runs the collectors for a scrape. Scrapes that wait meanwhile share the next run, so that many at
    /// once, or of clients that have left, take no longer than two. A client that leaves does not end
    /// the run: the next one would get another thread.
    pub(crate) async fn collect(&self, runtime: Option<Handle>) -> Arc<Collected> {
        let (shared, asked) = (Arc::clone(&self.shared), Instant::now());
        let mut last = Arc::clone(&shared.last_run).lock_owned().await;
        if let Some((begun, collected)) = &*last
            && *begun >= asked
        {
            return Arc::clone(collected);
        }
        let run = tokio::spawn(async move {
            let begun = Instant::now();
            let collectors = lock(&shared.collectors).clone();
            let collected = Arc::new(collect(collectors, &shared.names, runtime).await);
            *last = Some((begun, Arc::clone(&collected)));
            collected
        });
        run.await.unwrap_or_default()
    }

    /// Writes the metrics whose encoding runs no user code.
    pub(crate) fn encode(&self, written: &mut String) -> fmt::Result {
        text::encode_registry(written, &lock(&self.shared.plain))
    }

    /// Adds a collector of the runtime, which the monitor thread runs.
    #[cfg(feature = "metrics")]
    pub(super) fn add_plain(&self, collector: impl Collector) {
        lock(&self.shared.plain).register_collector(Box::new(collector));
    }

    #[cfg(feature = "metrics")]
    pub(super) fn names(&self) -> &Arc<Names> {
        &self.shared.names
    }
}

impl Default for Shared {
    fn default() -> Self {
        let (names, plain, collectors, last_run) = Default::default();
        Self { names, plain, collectors, last_run }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Returns a help text on one line, to which the encoder adds a full stop.
pub(super) fn help_text(help: &str) -> String {
    let help = help.strip_suffix('.').unwrap_or(help);
    help.replace('\\', "\\\\").replace('\n', "\\n")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code under the lock panics.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
