//! The facts and metrics that a worker tells, in paused time, on the host for tests.

#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fmt;
use std::time::Duration;

use heartbeat_runtime::prometheus_client::collector::Collector;
use heartbeat_runtime::prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::family::Family;
use heartbeat_runtime::prometheus_client::metrics::gauge::ConstGauge;
use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Error, Host, RoleEnvironment};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The endpoint is internal, so that responses have the details, or an input endpoint.
fn definition(endpoint: &str) -> &'static [u8] {
    let definition = format!(
        r#"<ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
             <WorkerRole name="W"><Endpoints>
               <{endpoint} name="Heartbeat" protocol="http" port="3000" />
             </Endpoints></WorkerRole>
           </ServiceDefinition>"#
    );
    definition.into_bytes().leak()
}

/// Runs `test` beside a worker that tells in `on_start`.
async fn beside_a_worker(
    endpoint: &str,
    tell: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    test: impl AsyncFnOnce(&TestWorker),
) {
    let host = Host::new(
        "W",
        "1.0.0",
        tell,
        async |(): &mut (), role: &RoleEnvironment| {
            role.stopping().await;
            Ok(())
        },
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let host = host.definition(definition(endpoint)).heartbeat("Heartbeat").test();
    let code = host.run(async |worker| {
        assert!(worker.ready().await);
        test(worker).await;
    });
    assert_eq!(code.await.unwrap(), 0);
}

async fn health(worker: &TestWorker) -> Value {
    serde_json::from_str(&worker.probe("/health").await.body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_probe_shows_public_facts_and_the_details_show_all() {
    async fn tell(role: &RoleEnvironment) -> Result<(), Error> {
        role.fact("queue", json!({ "shard": 3, "depth": 120 }))?;
        role.public_fact("region", "north")?;
        Ok(())
    }
    beside_a_worker("InputEndpoint", tell, async |worker| {
        let before = worker.probe("/health").await.body;
        let expected = json!({
            "version": "1.0.0", "status": "pass", "state": "running",
            "facts": { "region": "north" }
        });
        assert_eq!(serde_json::from_str::<Value>(&before).unwrap(), expected);
        worker.role().fact("queue", 0).unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(worker.probe("/health").await.body, before, "it has no clock");
        worker.role().public_fact("region", "south").unwrap();
        assert_eq!(health(worker).await["facts"], json!({ "region": "south" }));
        assert!(worker.role().public_fact("ApiKey", "k").is_err());
    })
    .await;
    beside_a_worker("InternalEndpoint", tell, async |worker| {
        let facts = json!({ "queue": { "shard": 3, "depth": 120 }, "region": "north" });
        assert_eq!(health(worker).await["facts"], facts);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_details_name_the_endpoints() {
    beside_a_worker(
        "InternalEndpoint",
        async |_: &RoleEnvironment| Ok(()),
        async |worker| {
            let endpoint =
                json!({ "name": "Heartbeat", "protocol": "http", "address": "127.0.0.1:0" });
            assert_eq!(health(worker).await["endpoints"], json!([endpoint]));
        },
    )
    .await;
}

/// A collector that needs the runtime of the worker, and may panic.
#[derive(Debug)]
struct Spool {
    is_broken: bool,
}

impl Collector for Spool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        assert!(!self.is_broken, "a wrong turn");
        let files = ConstGauge::new(7_i64);
        let kind = files.metric_type();
        files.encode(encoder.encode_descriptor("spool_files", "Files to send", None, kind)?)
    }
}

#[tokio::test(start_paused = true)]
async fn a_scrape_has_the_metrics_of_the_worker_after_those_of_the_runtime() {
    async fn register(role: &RoleEnvironment) -> Result<(), Error> {
        let metrics = role.metrics();
        metrics.counter("jobs", "Jobs done")?.inc();
        let family = Family::<[(&str, String); 1], Counter>::default();
        metrics.register("mails", "Mails sent", family.clone())?;
        family.get_or_create(&[("to", "a".to_owned())]).inc_by(2);
        metrics.collector(Spool { is_broken: false })?;
        Ok(())
    }
    beside_a_worker("InternalEndpoint", register, async |worker| {
        let start = Instant::now();
        let text = worker.probe("/metrics").await.body;
        assert_eq!(start.elapsed(), Duration::ZERO, "paused time stands still");
        let own = text.find("heartbeat_live 1\n").unwrap();
        for line in ["jobs_total 1\n", "mails_total{to=\"a\"} 2\n", "spool_files 7\n"] {
            assert!(text.find(line).is_some_and(|place| place > own), "no {line} in\n{text}");
        }
        assert!(text.contains("heartbeat_failed_collectors 0\n"), "{text}");
        let error = worker.role().metrics().gauge("jobs", "Jobs").unwrap_err().to_string();
        assert!(error.contains("`jobs` is taken"), "{error}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_panics_is_counted_and_no_task_panic() {
    async fn register(role: &RoleEnvironment) -> Result<(), Error> {
        role.metrics().collector(Spool { is_broken: true })?;
        role.metrics().counter("jobs", "Jobs done")?.inc();
        Ok(())
    }
    beside_a_worker("InternalEndpoint", register, async |worker| {
        let text = worker.probe("/metrics").await.body;
        assert!(text.contains("jobs_total 1\n") && !text.contains("spool"), "{text}");
        assert!(text.contains("heartbeat_failed_collectors 1\n"), "{text}");
        assert_eq!(health(worker).await["panics"]["count"], 0);
    })
    .await;
}

/// Untrusted clients get 404, and no collector runs for them.
#[tokio::test(start_paused = true)]
async fn nobody_else_can_make_a_collector_run() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug)]
    struct Counting(Arc<AtomicU64>);
    impl Collector for Counting {
        fn encode(&self, _: DescriptorEncoder<'_>) -> fmt::Result {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }
    let runs = Arc::new(AtomicU64::new(0));
    let registered = Counting(Arc::clone(&runs));
    let register = async move |role: &RoleEnvironment| Ok(role.metrics().collector(registered)?);
    beside_a_worker("InputEndpoint", register, async |worker| {
        let before = runs.load(Ordering::Relaxed);
        assert_eq!(worker.probe("/metrics").await.status, 404);
        assert_eq!(runs.load(Ordering::Relaxed), before);
    })
    .await;
}
