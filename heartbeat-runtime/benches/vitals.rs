//! A beat must be cheap enough for the innermost loop: at most twice an empty call, and as cheap
//! on two threads at once. A probe must cost the same however much there is to be looked at.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use heartbeat_runtime::{Error, Host, RoleEnvironment};
use tokio::runtime::Builder;

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const ROUNDS: u32 = 4_000_000;

fn worker() -> Host<()> {
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

fn beat(criterion: &mut Criterion) {
    let Ok(role) = worker().test().environment() else { return };
    let counter = AtomicU64::new(0);
    let mut group = criterion.benchmark_group("beat");
    group.bench_function("an empty call", |bencher| bencher.iter(|| empty(&role)));
    group.bench_function("beat", |bencher| bencher.iter(|| role.beat()));
    group.bench_function("a counter", |bencher| {
        bencher.iter(|| counter.fetch_add(1, Ordering::Relaxed));
    });
    group.bench_function("a clock", |bencher| bencher.iter(Instant::now));
    group.finish();
}

/// What one call costs, in nanoseconds, where that many threads make them at once; the best of
/// several runs, as noise only ever adds.
fn cost(threads: usize, call: impl Fn() + Sync) -> f64 {
    let run = || {
        let barrier = Barrier::new(threads);
        let one = || {
            barrier.wait();
            let start = Instant::now();
            for _ in 0..ROUNDS {
                call();
            }
            start.elapsed()
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
        })
    };
    let best = (0..30).map(|_| run()).min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / f64::from(ROUNDS)
}

/// Says in words whether the bounds are met.
fn ratios(_: &mut Criterion) {
    let Ok(role) = worker().test().environment() else { return };
    let counter = AtomicU64::new(0);
    for threads in [1, 2] {
        let call = cost(threads, || empty(&role));
        let beat = cost(threads, || role.beat());
        let counter = cost(threads, || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let clock = cost(threads, || {
            black_box(Instant::now());
        });
        println!(
            "{threads} threads: an empty call {call:.2} ns, a beat {beat:.2} ns ({:.2} times; the \
             bound is 2), a counter {counter:.2} ns, a clock {clock:.2} ns",
            beat / call
        );
    }
}

/// What one `/health` costs, without a network, with that many heartbeats and checks.
async fn probe(count: usize) -> Result<Duration, Error> {
    let mut best = Duration::MAX;
    let measured = worker().test().run(async |worker| {
        if !worker.ready().await {
            return;
        }
        let (mut heartbeats, mut checks) = (Vec::new(), Vec::new());
        for number in 0..count {
            let name = number.to_string();
            heartbeats.push(worker.role().heartbeat(&name).register());
            let check = worker.role().check(&name).every(Duration::from_secs(3600));
            checks.push(check.register(async || Ok(())));
        }
        // The first runs are over, within a second.
        while worker.probe("/health").await.status != 200 {
            tokio::task::yield_now().await;
        }
        for _ in 0..20 {
            let start = Instant::now();
            for _ in 0..1000 {
                black_box(worker.probe("/health").await);
            }
            best = best.min(start.elapsed() / 1000);
        }
    });
    measured.await?;
    Ok(best)
}

fn probes(_: &mut Criterion) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    for count in [0, 10, 1000] {
        match runtime.block_on(probe(count)) {
            Ok(took) => println!("/health with {count} heartbeats and {count} checks: {took:.1?}"),
            Err(error) => println!("/health with {count} heartbeats: {error}"),
        }
    }
}

criterion_group!(benches, beat, ratios, probes);
criterion_main!(benches);
