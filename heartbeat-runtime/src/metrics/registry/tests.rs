use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use tokio::runtime::Handle;

use super::super::collector::TIME_LIMIT;
use super::Metrics;

fn plain(metrics: &Metrics) -> String {
    let mut written = String::new();
    metrics.encode(&mut written).unwrap();
    written
}

/// A collector of one gauge that first does what a test wants.
struct Doing<F>(&'static str, F);

impl<F> fmt::Debug for Doing<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<F: Fn() -> fmt::Result + Send + Sync + 'static> Collector for Doing<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.1()?;
        let one = ConstGauge::new(1_i64);
        let kind = one.metric_type();
        one.encode(encoder.encode_descriptor(self.0, "One", None, kind)?)
    }
}

#[test]
fn writes_what_user_code_counts() {
    let metrics = Metrics::default();
    let jobs = metrics.counter("jobs", "Jobs done.").unwrap();
    let depth = metrics.gauge("depth", "Depth,\nin jobs").unwrap();
    let took = metrics.histogram("took_seconds", "Time of a job", [0.5, 1.0]).unwrap();
    let also = metrics.counter("errors_total", "Errors").unwrap();
    jobs.inc_by(3);
    depth.set(-2);
    took.observe(0.7);
    also.inc();
    let expected = r#"# HELP jobs Jobs done.
# TYPE jobs counter
jobs_total 3
# HELP depth Depth,\nin jobs.
# TYPE depth gauge
depth -2
# HELP took_seconds Time of a job.
# TYPE took_seconds histogram
took_seconds_sum 0.7
took_seconds_count 1
took_seconds_bucket{le="0.5"} 0
took_seconds_bucket{le="1.0"} 1
took_seconds_bucket{le="+Inf"} 1
# HELP errors Errors.
# TYPE errors counter
errors_total 1
"#;
    assert_eq!(plain(&metrics), expected);
}

#[test]
fn a_name_that_is_taken_or_malformed_is_an_error() {
    let metrics = Metrics::default();
    metrics.counter("jobs", "Jobs").unwrap();
    metrics.histogram("took", "Time", [1.0]).unwrap();
    metrics.register("build", "Build", Info::new([("commit", "abc")])).unwrap();
    for (name, reason) in [
        ("jobs", "the name `jobs` is taken: give it another name"),
        ("took", "the name `took` is taken: give it another name"),
        ("build_info", "the name `build_info` is taken: give it another name"),
        (
            "jobs_total",
            "the end `_total` belongs to the samples of other kinds: give it another name",
        ),
        (
            "job_count",
            "the end `_count` belongs to the samples of other kinds: give it another name",
        ),
        ("", "a name has ASCII letters, digits and `_`, and no digit first: give it another name"),
        (
            "9jobs",
            "a name has ASCII letters, digits and `_`, and no digit first: give it another name",
        ),
        (
            "my jobs",
            "a name has ASCII letters, digits and `_`, and no digit first: give it another name",
        ),
        (
            "größe",
            "a name has ASCII letters, digits and `_`, and no digit first: give it another name",
        ),
        (
            "a:b",
            "a name has ASCII letters, digits and `_`, and no digit first: give it another name",
        ),
        (
            "heartbeat_jobs",
            "names that begin with `heartbeat_` belong to the runtime: give it another name",
        ),
        (
            "process_jobs",
            "names that begin with `process_` belong to the runtime: give it another name",
        ),
    ] {
        let expected = format!("cannot register metric `{name}`: {reason}");
        assert_eq!(metrics.gauge(name, "Help").unwrap_err().to_string(), expected);
        let gauge = Gauge::<i64>::default();
        assert_eq!(metrics.register(name, "Help", gauge).unwrap_err().to_string(), expected);
    }
    assert!(metrics.counter("jobs_total", "Jobs").is_err(), "it has the same name");
    metrics.gauge("jobs_waiting", "Jobs").unwrap();
}

#[test]
fn a_histogram_has_ascending_bounds() {
    let metrics = Metrics::default();
    for bounds in [vec![2.0, 1.0], vec![1.0, 1.0], vec![f64::NAN], vec![1.0, f64::INFINITY]] {
        let error = metrics.histogram("took", "Time", bounds).unwrap_err().to_string();
        assert!(error.ends_with("finite numbers in ascending order"), "{error}");
    }
    metrics.histogram("took", "Time", []).unwrap();
}

#[tokio::test]
async fn collects_families_and_collectors_in_their_order() {
    let metrics = Metrics::default();
    let family = Family::<Vec<(String, String)>, Counter>::default();
    metrics.register("jobs_total", "Jobs", family.clone()).unwrap();
    metrics
        .collector(Doing("pool", || Handle::try_current().map(drop).map_err(|_| fmt::Error)))
        .unwrap();
    family.get_or_create(&vec![("queue".to_owned(), "a\"b".to_owned())]).inc();
    let collected = metrics.collect(Some(Handle::current())).await;
    let expected = "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{queue=\"a\\\"b\"} 1\n\
                    # HELP pool One\n# TYPE pool gauge\npool 1\n";
    assert_eq!((collected.text.as_str(), collected.failed), (expected, 0));
    assert_eq!(plain(&metrics), "", "no user code runs here");
}

#[test]
fn the_names_of_a_collector_are_checked_as_it_is_registered() {
    let metrics = Metrics::default();
    metrics.counter("jobs", "Jobs").unwrap();
    for name in ["jobs", "jobs_total", "heartbeat_live", "process_x", "my pool"] {
        let error = metrics.collector(Doing(name, || Ok(()))).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot register metric `{name}`: ")), "{error}");
    }
    metrics.collector(Doing("pool", || Ok(()))).unwrap();
    assert!(metrics.collector(Doing("pool", || Ok(()))).is_err());
    assert!(metrics.gauge("pool", "Pool").is_err());
}

#[tokio::test]
async fn a_collector_that_fails_or_panics_leaves_the_rest() {
    let metrics = Metrics::default();
    let is_well = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&is_well);
    metrics.collector(Doing("panicking", || panic!("a wrong turn"))).unwrap();
    metrics
        .collector(Doing("failing", move || {
            gate.load(Ordering::Relaxed).then_some(()).ok_or(fmt::Error)
        }))
        .unwrap();
    metrics.collector(Doing("well", || Ok(()))).unwrap();
    let collected = metrics.collect(None).await;
    assert_eq!(collected.failed, 2);
    assert_eq!(collected.text, "# HELP well One\n# TYPE well gauge\nwell 1\n");
    is_well.store(true, Ordering::Relaxed);
    let collected = metrics.collect(None).await;
    assert_eq!(collected.failed, 1);
    assert!(collected.text.contains("failing 1\n"), "{}", collected.text);
}

/// Its name is known only when it works, after another has taken it.
#[tokio::test]
async fn a_name_that_a_collector_takes_too_late_is_left_out() {
    let metrics = Metrics::default();
    let calls = AtomicU64::new(0);
    let first_fails = move || match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Err(fmt::Error),
        _ => Ok(()),
    };
    metrics.collector(Doing("depth", first_fails)).unwrap();
    metrics.gauge("depth", "Depth").unwrap();
    let collected = metrics.collect(None).await;
    assert_eq!((collected.text.as_str(), collected.failed), ("", 1));
}

#[tokio::test]
async fn a_collector_that_blocks_holds_up_one_scrape_and_one_thread() {
    let metrics = Metrics::default();
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    metrics.collector(Doing("first", || Ok(()))).unwrap();
    let block = move || {
        if counted.fetch_add(1, Ordering::Relaxed) > 0 {
            loop {
                thread::park();
            }
        }
        Ok(())
    };
    metrics.collector(Doing("blocking", block)).unwrap();
    metrics.collector(Doing("last", || Ok(()))).unwrap();
    for scrape in 0..20 {
        let start = Instant::now();
        let collected = metrics.collect(None).await;
        assert_eq!(collected.failed, 1);
        assert!(collected.text.contains("first 1\n") && collected.text.contains("last 1\n"));
        let is_quick = start.elapsed() < TIME_LIMIT;
        assert_eq!(is_quick, scrape > 0, "scrape {scrape} took {:?}", start.elapsed());
    }
    assert_eq!(runs.load(Ordering::Relaxed), 2, "once as it was registered, and once for a scrape");
}

#[tokio::test]
async fn two_scrapes_at_once_have_everything() {
    let metrics = Metrics::default();
    let is_running = AtomicBool::new(false);
    let once_at_a_time = move || {
        assert!(!is_running.swap(true, Ordering::Relaxed), "runs overlap");
        thread::park_timeout(TIME_LIMIT / 10);
        is_running.store(false, Ordering::Relaxed);
        Ok(())
    };
    metrics.collector(Doing("slow", once_at_a_time)).unwrap();
    let (one, other) = tokio::join!(metrics.collect(None), metrics.collect(None));
    assert_eq!((one.failed, other.failed), (0, 0));
    assert_eq!(one.text, other.text);
}

#[tokio::test]
async fn scrapes_that_wait_share_a_run() {
    let (runs, metrics) = (Arc::new(AtomicU64::new(0)), Metrics::default());
    let counted = Arc::clone(&runs);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        thread::park_timeout(Duration::from_millis(50));
        Ok(())
    };
    metrics.collector(Doing("counted", count)).unwrap();
    let scrapes = join_all((0..20).map(|_| metrics.collect(None))).await;
    assert!(scrapes.iter().all(|scrape| scrape.text.ends_with("\ncounted 1\n")), "{scrapes:?}");
    let runs = runs.load(Ordering::Relaxed);
    assert!(runs <= 3, "one at the registration, one, and one for all that wait: {runs}");
}

#[tokio::test]
async fn slow_collectors_share_a_time_limit() {
    let metrics = Metrics::default();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let slow = || {
            thread::park_timeout(TIME_LIMIT * 4 / 5);
            Ok(())
        };
        metrics.collector(Doing(name, slow)).unwrap();
    }
    let start = Instant::now();
    let collected = metrics.collect(None).await;
    assert!(start.elapsed() < TIME_LIMIT * 6, "{:?}", start.elapsed());
    assert!(collected.text.contains("\na 1\n") && collected.failed >= 2, "{collected:?}");
}
