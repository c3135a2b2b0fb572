//! The cost of a beat, at most twice an empty call, on one core and on all; of the verdict; of a response,
//! which must not depend on the number of heartbeats and checks; and of tasks, beside spawned futures
//! with heartbeats written by hand.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use heartbeat_runtime::host::Bound;
use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Error, Host, Restart, RoleEnvironment};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::vitals::Vitals;

mod error {
    pub(crate) use heartbeat_runtime::Error;
}
#[expect(dead_code, reason = "tasks end the worker")]
#[path = "../src/exit.rs"]
mod exit;
#[expect(dead_code, unused_imports, unused_macros, reason = "the vital signs log panics")]
#[path = "../src/log/mod.rs"]
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

/// Measures the calls of several threads at once, by the slowest.
fn time_threads(threads: usize, calls: u64, call: impl Fn() + Sync) -> Duration {
    let barrier = Barrier::new(threads);
    let measure = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(measure)).collect();
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

/// Measures a call. It is generic, as a call through a pointer would cost more than the call itself.
fn cost(criterion: &mut Criterion, name: &str, threads: usize, call: impl Fn() + Sync) {
    criterion.benchmark_group("beat").bench_function(BenchmarkId::new(name, threads), |bencher| {
        bencher.iter_custom(|calls| time_threads(threads, calls, &call));
    });
}

fn verdict(criterion: &mut Criterion) {
    let vitals = Vitals::new(Duration::from_secs(30), true);
    criterion.bench_function("verdict", |bencher| bencher.iter(|| vitals.verdict()));
}

/// Measures the way from a request to the body of its response, without a network.
fn response(criterion: &mut Criterion) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    for count in [0, 10, 1000] {
        let measured = worker().test().run(async |worker| {
            if let Err(error) = response_with(criterion, worker, count).await {
                eprintln!("/health with {count} heartbeats and checks: {error}");
            }
        });
        if let Err(error) = runtime.block_on(measured) {
            eprintln!("/health: {error}");
        }
    }
}

async fn response_with(
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
    // The first runs of the checks end within a second.
    while worker.probe("/health").await.status != 200 {
        tokio::task::yield_now().await;
    }
    assert!(poll_once(worker.probe("/health")).is_some(), "a probe never waits");
    let id = BenchmarkId::new("heartbeats and checks", count);
    criterion.benchmark_group("health").bench_function(id, |bencher| {
        bencher.iter(|| poll_once(worker.probe("/health")));
    });
    Ok(())
}

/// Returns the output of a future that never waits.
fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Number of tasks in a row of the same work.
const MANY: usize = 1000;

/// Measures tasks in a runtime of one thread.
fn tasks(criterion: &mut Criterion) {
    if let Err(error) = try_tasks(criterion) {
        eprintln!("tasks: {error}");
    }
}

fn try_tasks(criterion: &mut Criterion) -> Result<(), Error> {
    // Lines of restarts go nowhere.
    let _quiet = tracing::subscriber::set_default(tracing_subscriber::registry());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let role = environment(&runtime)?;
    let (send, task) = oneshot::channel();
    let send = Arc::new(Mutex::new(Some(send)));
    role.task("beating").spawn(async move |task| {
        let send = send.lock().ok().and_then(|mut send| send.take());
        drop(send.map(|send| send.send(task)));
        std::future::pending().await
    })?;
    let task = runtime.block_on(task)?;
    cost(criterion, "beat of a task", 1, || task.beat());

    let mut group = criterion.benchmark_group("task");
    let role = environment(&runtime)?;
    let mut measure = |name: &str, runtime: &Runtime, work: &dyn Fn(u64) -> Result<(), Error>| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let start = Instant::now();
                let _in_runtime = runtime.enter();
                if let Err(error) = work(times) {
                    eprintln!("{name}: {error}");
                }
                start.elapsed()
            });
        });
    };
    let each =
        |times: u64, work: &dyn Fn() -> Result<(), Error>| (0..times).try_for_each(|_| work());
    measure("spawn to end", &runtime, &|times| {
        each(times, &|| {
            role.task("t").spawn(async |_| Ok(()))?;
            runtime.block_on(role.tasks());
            Ok(())
        })
    });
    // The delays pass at once.
    let paused = Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let restarted = environment(&paused)?;
    measure("restart", &paused, &|times| {
        let left = Arc::new(AtomicU64::new(times));
        let restart = Restart::OnFailure { at_most: 1, within: Duration::ZERO };
        restarted.task("t").restart(restart).spawn(async move |_| {
            let is_last = left.fetch_sub(1, Ordering::Relaxed) == 0;
            if is_last { Ok(()) } else { Err("down".into()) }
        })?;
        paused.block_on(restarted.tasks());
        Ok(())
    });
    measure("1000 spawned futures with heartbeats", &runtime, &|times| {
        each(times, &|| {
            let mut futures = JoinSet::new();
            for number in 0..MANY {
                let heartbeat = role.heartbeat(&format!("t-{number}")).register()?;
                futures.spawn(async move {
                    heartbeat.beat();
                    heartbeat.finish();
                });
            }
            runtime.block_on(futures.join_all());
            Ok(())
        })
    });
    measure("1000 tasks", &runtime, &|times| {
        each(times, &|| {
            role.task("t").times(MANY).spawn(async |task| {
                task.beat();
                Ok(())
            })?;
            runtime.block_on(role.tasks());
            Ok(())
        })
    });
    group.finish();
    Ok(())
}

/// Returns the environment of a worker in that runtime.
fn environment(runtime: &Runtime) -> Result<RoleEnvironment, Error> {
    let _in_runtime = runtime.enter();
    worker().test().environment()
}

criterion_group!(benches, beat, verdict, response, tasks);
criterion_main!(benches);
