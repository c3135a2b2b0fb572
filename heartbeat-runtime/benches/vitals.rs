//! What is there for every step of a worker and for every probe: a beat, at most twice an empty
//! call, and as cheap on all cores at once; the verdict; and the answer to a probe, which costs
//! the same however much there is to be looked at.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use heartbeat_runtime::host::Bound;
use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Error, Host, RoleEnvironment};
use tokio::runtime::Builder;

use crate::vitals::Vitals;

mod error {
    pub(crate) use heartbeat_runtime::Error;
}
#[expect(dead_code, unused_imports, unused_macros, reason = "the vital signs log panics")]
#[path = "../src/log.rs"]
mod log;
#[expect(dead_code, unreachable_pub, unused_imports, reason = "the verdict alone is measured")]
#[path = "../src/vitals/mod.rs"]
mod vitals;

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

fn worker() -> Host<(), Bound> {
    Host::new(
        "W",
        "1.0.0",
        async |_: &RoleEnvironment| Ok(()),
        async |(): &mut (), role: &RoleEnvironment| {
            role.stopping().await;
            Ok(())
        },
        async |(): (), _: &RoleEnvironment| Ok(()),
    )
    .definition(DEFINITION)
    .heartbeat("Heartbeat")
}

#[inline(never)]
fn empty(role: &RoleEnvironment) {
    black_box(role);
}

/// How long that many threads take that make as many calls each, at once.
fn together(threads: usize, calls: u64, call: impl Fn() + Sync) -> Duration {
    let barrier = Barrier::new(threads);
    let one = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
    })
}

fn beat(criterion: &mut Criterion) {
    let Ok(role) = worker().test().environment() else { return };
    let counter = AtomicU64::new(0);
    for threads in [1, thread::available_parallelism().map_or(2, usize::from).max(2)] {
        cost(criterion, "an empty call", threads, || empty(&role));
        cost(criterion, "beat", threads, || role.beat());
        cost(criterion, "a counter", threads, || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        cost(criterion, "a clock", threads, || {
            black_box(Instant::now());
        });
    }
}

/// Generic, as a call through a pointer would cost more than what it calls.
fn cost(criterion: &mut Criterion, name: &str, threads: usize, call: impl Fn() + Sync) {
    criterion.benchmark_group("beat").bench_function(BenchmarkId::new(name, threads), |bencher| {
        bencher.iter_custom(|calls| together(threads, calls, &call));
    });
}

fn verdict(criterion: &mut Criterion) {
    let vitals = Vitals::new(Duration::from_secs(30), true);
    criterion.bench_function("verdict", |bencher| bencher.iter(|| vitals.verdict()));
}

/// From a request to the body of its answer, without a network.
fn answer(criterion: &mut Criterion) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    for count in [0, 10, 1000] {
        let measured = worker().test().run(async |worker| {
            if let Err(error) = answer_with(criterion, worker, count).await {
                eprintln!("/health with {count} heartbeats and checks: {error}");
            }
        });
        if let Err(error) = runtime.block_on(measured) {
            eprintln!("/health: {error}");
        }
    }
}

async fn answer_with(
    criterion: &mut Criterion,
    worker: &TestWorker,
    count: usize,
) -> Result<(), Error> {
    worker.ready().await;
    let (mut heartbeats, mut checks) = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = number.to_string();
        heartbeats.push(worker.role().heartbeat(&name).register()?);
        let check = worker.role().check(&name).every(Duration::from_secs(3600));
        checks.push(check.register(async || Ok(()))?);
    }
    // The first runs are over, within a second.
    while worker.probe("/health").await.status != 200 {
        tokio::task::yield_now().await;
    }
    assert!(at_once(worker.probe("/health")).is_some(), "a probe waits for nothing");
    let id = BenchmarkId::new("heartbeats and checks", count);
    criterion.benchmark_group("health").bench_function(id, |bencher| {
        bencher.iter(|| at_once(worker.probe("/health")));
    });
    Ok(())
}

/// What a future gives that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(given) => Some(given),
        Poll::Pending => None,
    }
}

criterion_group!(benches, beat, verdict, answer);
criterion_main!(benches);
