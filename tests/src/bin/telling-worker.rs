//! A worker for tests, which tells all that it can: facts, metrics of each kind, a collector, and the
//! metrics of a library. Its setting `Broken` names further collectors that break. It tells a fact for
//! each line on stdin, such as `fact shard 7`.

use std::fmt;
use std::io::stdin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::prometheus_client::collector::Collector;
use heartbeat_runtime::prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::exemplar::CounterWithExemplar;
use heartbeat_runtime::prometheus_client::metrics::family::Family;
use heartbeat_runtime::prometheus_client::metrics::gauge::ConstGauge;
use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;

type Labels = [(&'static str, String); 1];

struct TellingWorker;

impl WorkerRole for TellingWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        role.fact("queue", json!({ "depth": 120 }))?;
        role.public_fact("region", "north")?;
        register(role)?;
        for failure in role.setting("Broken")?.split_whitespace() {
            role.metrics().collector(Broken::new(failure))?;
            eprintln!("registered {failure}");
        }
        report_as_a_library();
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let (send, mut lines) = unbounded_channel();
        thread::spawn(move || stdin().lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
        while let Some(Some(line)) = role.until_stopping(lines.recv()).await {
            if line == "block" {
                block_all_threads();
                continue;
            }
            match tell(role, &line) {
                Ok(()) => eprintln!("told"),
                Err(error) => eprintln!("{error}"),
            }
        }
        role.stopping().await;
        Ok(())
    }
}

/// By hand, so that a recorder can be installed before the start.
fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--own-recorder") {
        let _ = metrics::set_global_recorder(metrics::NoopRecorder);
    }
    TellingWorker::host("TellingWorker", env!("CARGO_PKG_VERSION"))
        .definition(include_bytes!("../../Telling.csdef"))
        .heartbeat("Heartbeat")
        .worker_threads(2)
        .start()
        .run()
        .stop()
}

fn tell(role: &RoleEnvironment, line: &str) -> Result<(), Error> {
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some("fact"), Some(name), Some(value)) => Ok(role.fact(name, value)?),
        (Some("public"), Some(name), Some(value)) => Ok(role.public_fact(name, value)?),
        _ => Err("fact NAME VALUE, or public NAME VALUE".into()),
    }
}

fn register(role: &RoleEnvironment) -> Result<(), Error> {
    let metrics = role.metrics();
    metrics.counter("jobs_done", "Jobs done")?.inc_by(3);
    metrics.gauge("jobs_waiting", "Jobs in the \"queue\",\nor on the way")?.set(7);
    metrics.histogram("job_seconds", "Time of a job", [0.1, 1.0, 10.0])?.observe(0.4);
    let sent = Family::<Labels, Counter>::default();
    metrics.register("mails_sent", "Mails sent", sent.clone())?;
    sent.get_or_create(&[("to", "a \"b\" # {\n".to_owned())]).inc_by(2);
    let traced = CounterWithExemplar::<Labels>::default();
    metrics.register("traces_sent", "Traces sent", traced.clone())?;
    traced.inc_by(5, Some([("trace_id", "t 1".to_owned())]), None);
    metrics.collector(Spool)?;
    for name in ["jobs_done", "heartbeat_live", "process_cpu_seconds_total", "a b"] {
        let error = metrics.counter(name, "Help").err().ok_or("registered twice")?;
        eprintln!("{error}");
    }
    Ok(())
}

fn report_as_a_library() {
    metrics::describe_counter!("pool.hits", "Hits of the pool");
    metrics::counter!("pool.hits", "pool" => "main").increment(11);
    metrics::gauge!("pool.size").set(1.5);
    metrics::histogram!("pool.wait_seconds", "pool" => "main").record(0.02);
    for shard in ["1", "2"] {
        metrics::gauge!("process.shards", "shard" => shard).set(1);
        metrics::counter!("pool.misses", "shard.id" => shard, "shard-id" => "3").increment(1);
    }
}

/// Blocks the two threads of the runtime.
fn block_all_threads() {
    for _ in 0..2 {
        tokio::spawn(async { park() });
    }
    eprintln!("blocked");
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// A collector of one gauge.
#[derive(Debug)]
struct Spool;

impl Collector for Spool {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        Handle::try_current().map_err(|_| fmt::Error)?;
        encode_gauge(encoder, "spool_files")
    }
}

/// A collector that breaks at each scrape; that of kind `late` takes a name that is taken.
#[derive(Debug)]
struct Broken {
    failure: String,
    runs: AtomicU64,
}

impl Broken {
    fn new(failure: &str) -> Self {
        Self { failure: failure.to_owned(), runs: AtomicU64::new(0) }
    }
}

impl Collector for Broken {
    #[expect(clippy::panic, reason = "a panic under test")]
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let is_registration = self.runs.fetch_add(1, Ordering::Relaxed) == 0;
        match self.failure.as_str() {
            "panic" => panic!("a wrong turn"),
            "error" => return Err(fmt::Error),
            "block" if !is_registration => park(),
            "late" if !is_registration => return encode_gauge(encoder, "jobs_waiting"),
            "label" if !is_registration => return encode_with_label(encoder, "broken-label"),
            "slow" => thread::park_timeout(Duration::from_millis(200)),
            _ => {}
        }
        encode_gauge(encoder, &format!("broken_{}", self.failure))
    }
}

fn encode_with_label(mut encoder: DescriptorEncoder<'_>, label: &str) -> fmt::Result {
    let files = ConstGauge::new(9_i64);
    let kind = files.metric_type();
    let mut encoder = encoder.encode_descriptor("broken_label", "Files to send", None, kind)?;
    files.encode(encoder.encode_family(&[(label, "x")])?)
}

fn encode_gauge(mut encoder: DescriptorEncoder<'_>, name: &str) -> fmt::Result {
    let files = ConstGauge::new(9_i64);
    let kind = files.metric_type();
    files.encode(encoder.encode_descriptor(name, "Files to send", None, kind)?)
}
