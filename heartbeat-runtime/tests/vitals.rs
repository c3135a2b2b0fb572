//! The vital signs in paused time, on the host for tests: each cause of a failing verdict, its time,
//! and the recovery.

#![cfg(feature = "test-util")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Error, Heartbeat, Host, RoleEnvironment};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// The endpoint is internal, so that responses have the details.
const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const SECOND: Duration = Duration::from_secs(1);

/// The inaccuracy of timers, which tick in milliseconds here and in the monitor.
const GRAIN: Duration = Duration::from_millis(3);

/// Runs `test` beside an idle worker whose `run` is not armed.
async fn beside_a_worker(test: impl AsyncFnOnce(&TestWorker)) {
    let host = Host::new(
        "W",
        "1.0.0",
        async |_: &RoleEnvironment| Ok(()),
        async |(): &mut (), role: &RoleEnvironment| {
            role.stopping().await;
            Ok(())
        },
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let host = host.definition(DEFINITION).heartbeat("Heartbeat").test();
    let code = host.run(async |worker| {
        assert!(worker.ready().await);
        test(worker).await;
    });
    assert_eq!(code.await.unwrap(), 0);
}

fn register(worker: &TestWorker, name: &str, deadline: Duration) -> Heartbeat {
    worker.role().heartbeat(name).stall_after(deadline).register().unwrap()
}

async fn health(worker: &TestWorker) -> Value {
    serde_json::from_str(&worker.probe("/health").await.body).unwrap()
}

/// Returns the reasons of the verdict, after a scan that may be due now.
async fn reasons(worker: &TestWorker) -> Vec<String> {
    sleep(Duration::from_millis(1)).await;
    let reasons = health(worker).await["reasons"].clone();
    serde_json::from_value::<Option<_>>(reasons).unwrap().unwrap_or_default()
}

async fn live(worker: &TestWorker) -> bool {
    worker.probe("/livez").await.status == 200
}

async fn ready(worker: &TestWorker) -> bool {
    worker.probe("/readyz").await.status == 200
}

/// Measures the time until live fails, which the caller expects at `deadline` or later.
async fn time_to_red(worker: &TestWorker, deadline: Duration) -> Duration {
    let start = Instant::now();
    sleep(deadline.saturating_sub(Duration::from_millis(1))).await;
    while live(worker).await {
        assert!(start.elapsed() < deadline + 60 * SECOND, "live never fails");
        sleep(Duration::from_millis(1)).await;
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_whose_handle_is_dropped_stalls_at_once_until_it_is_registered_again() {
    beside_a_worker(async |worker| {
        for deadline in [SECOND, 3600 * SECOND] {
            let heartbeat = register(worker, "consumer", deadline);
            heartbeat.beat();
            sleep(Duration::from_millis(137)).await;
            assert!(live(worker).await);
            drop(heartbeat);
            sleep(GRAIN).await;
            assert_eq!(reasons(worker).await, ["stalled"], "{deadline:?}");
        }
        let next = register(worker, "consumer", SECOND);
        assert!(reasons(worker).await.is_empty());
        next.finish();
        sleep(2 * SECOND).await;
        assert!(live(worker).await, "it has finished");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_heartbeat_stalls_between_its_deadline_and_the_next_scan() {
    beside_a_worker(async |worker| {
        for (index, milliseconds) in [10, 15, 81, 500, 8500, 9010, 30_000].into_iter().enumerate() {
            let deadline = Duration::from_millis(milliseconds);
            let scan_period = (deadline / 8).clamp(Duration::from_millis(10), SECOND);
            // At an arbitrary time between two scans.
            sleep(Duration::from_millis(137)).await;
            let heartbeat = register(worker, "tested", deadline);
            for _ in 0..20 {
                heartbeat.beat();
                sleep(deadline / 2).await;
                assert!(live(worker).await, "it beats");
            }
            heartbeat.beat();
            let took = time_to_red(worker, deadline).await;
            assert!(took >= deadline, "{deadline:?}: red after {took:?}");
            assert!(took <= deadline + scan_period + GRAIN, "{deadline:?}: red after {took:?}");
            assert_eq!(reasons(worker).await, ["stalled"]);
            let body = health(worker).await;
            assert_eq!(body["heartbeats"][1]["state"], "stalled", "{index}: {body}");
            assert_eq!(body["heartbeats"][1]["stalls"], 1, "{body}");
            heartbeat.beat();
            sleep(scan_period + GRAIN).await;
            assert!(live(worker).await, "a later beat recovers");
            heartbeat.finish();
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_registered_heartbeat_is_armed_at_once_and_run_by_its_first_beat() {
    beside_a_worker(async |worker| {
        sleep(3600 * SECOND).await;
        assert!(live(worker).await, "`run` has not beaten yet");
        let heartbeat = register(worker, "named", 4 * SECOND);
        let took = time_to_red(worker, 4 * SECOND).await;
        assert!(took >= 4 * SECOND && took <= Duration::from_millis(4503), "{took:?}");
        heartbeat.finish();
        worker.role().beat();
        sleep(2 * SECOND).await;
        assert!(live(worker).await, "a finished heartbeat needs no beats");
        let took = time_to_red(worker, 27 * SECOND).await;
        assert!(took > 27 * SECOND && took < 31 * SECOND, "{took:?}: `run` is armed now");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn other_heartbeats_do_not_hide_a_silent_one() {
    beside_a_worker(async |worker| {
        let [first, second] = ["first", "second"].map(|name| register(worker, name, 8 * SECOND));
        for _ in 0..8 {
            first.beat();
            worker.role().beat();
            sleep(2 * SECOND).await;
        }
        assert_eq!(reasons(worker).await, ["stalled"]);
        let body = health(worker).await;
        let states: Vec<_> =
            (0..3).map(|index| body["heartbeats"][index]["state"].clone()).collect();
        assert_eq!(states, ["beating", "beating", "stalled"]);
        drop(second);
        sleep(2 * SECOND).await;
        assert!(!live(worker).await, "a dead consumer is noticed");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn guards_nest_and_the_last_one_restarts_the_deadline() {
    beside_a_worker(async |worker| {
        let heartbeat = register(worker, "tested", 8 * SECOND);
        let idle = heartbeat.idle();
        sleep(3600 * SECOND).await;
        let allowance = heartbeat.allow(60 * SECOND);
        let inner = heartbeat.allow(10 * SECOND);
        drop(idle);
        sleep(50 * SECOND).await;
        drop(inner);
        assert!(live(worker).await, "the outer allowance still counts");
        let idle = heartbeat.idle();
        sleep(3600 * SECOND).await;
        assert!(live(worker).await, "idle, with an allowance long past");
        assert_eq!(health(worker).await["heartbeats"][1]["state"], "idle");
        drop(idle);
        drop(allowance);
        let took = time_to_red(worker, 8 * SECOND).await;
        assert!(took >= 8 * SECOND && took <= Duration::from_millis(9003), "{took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_allowance_ends_at_the_next_scan() {
    beside_a_worker(async |worker| {
        let heartbeat = register(worker, "tested", 8 * SECOND);
        // Longer than the deadline, and shorter.
        for allowed in [3600 * SECOND, 3 * SECOND] {
            heartbeat.beat();
            sleep(2 * SECOND).await;
            let allowance = heartbeat.allow(allowed);
            let took = time_to_red(worker, allowed).await;
            assert!(took >= allowed && took <= allowed + SECOND + GRAIN, "{allowed:?}: {took:?}");
            // The step takes longer than allowed, but beats again.
            for _ in 0..30 {
                heartbeat.beat();
                sleep(3 * SECOND).await;
                assert!(live(worker).await, "a beat recovers and restores the ordinary deadline");
            }
            drop(allowance);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_registration_names_its_reason() {
    beside_a_worker(async |worker| {
        let role = worker.role();
        let kept = register(worker, "tested", 10 * Duration::from_millis(1));
        let error = |name, deadline| {
            role.heartbeat(name).stall_after(deadline).register().unwrap_err().to_string()
        };
        assert_eq!(
            error("tested", SECOND),
            "cannot register heartbeat `tested`: the name is taken: give it another name"
        );
        assert!(error("run", SECOND).contains("the name `run` is reserved"));
        assert!(error("other", Duration::from_micros(9999)).contains("9.999ms is too short"));
        kept.finish();
        register(worker, "tested", SECOND).finish();

        let check = role.check("database").register(async || Ok(())).unwrap();
        let again = role.check("database").register(async || Ok(())).unwrap_err().to_string();
        assert!(again.starts_with("cannot register check `database`: "), "{again}");
        let zero = role.check("other").every(Duration::ZERO).register(async || Ok(()));
        assert!(zero.unwrap_err().to_string().contains("must be greater than zero"));
        drop(check);
        drop(role.check("database").register(async || Ok(())).unwrap());
    })
    .await;
}

#[test]
fn a_check_cannot_be_registered_outside_the_runtime() {
    let host = Host::new(
        "W",
        "1.0.0",
        async |_: &RoleEnvironment| Ok(()),
        async |(): &mut (), _: &RoleEnvironment| Ok(()),
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let role = host.definition(DEFINITION).heartbeat("Heartbeat").test().environment().unwrap();
    let error = role.check("c").register(async || Ok(())).unwrap_err().to_string();
    assert!(error.ends_with("register it within on_start, run or a task of the worker"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_check_runs_once_a_period_and_never_because_of_a_probe() {
    beside_a_worker(async |worker| {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        };
        let builder = worker.role().check("counted").every(20 * SECOND);
        let check = builder.register(count).unwrap();
        assert!(!ready(worker).await, "it has not passed yet");
        assert!(live(worker).await);
        // The first run starts within a second, and scans come once a second.
        sleep(2 * SECOND).await;
        assert!(ready(worker).await);
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        for _ in 0..1000 {
            assert!(ready(worker).await);
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        sleep(100 * SECOND).await;
        assert_eq!(runs.load(Ordering::Relaxed), 6);
        drop(check);
        sleep(100 * SECOND).await;
        assert_eq!(runs.load(Ordering::Relaxed), 6, "a dropped check ends");
        assert_eq!(health(worker).await["checks"], json!([]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_result_that_differs_from_the_last_is_seen_at_once() {
    beside_a_worker(async |worker| {
        let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
        let runs = AtomicUsize::new(0);
        let alternate = move || {
            let passes = runs.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            let ended = ended.clone();
            async move {
                ended.send(passes)?;
                if passes { Ok(()) } else { Err("an odd run".into()) }
            }
        };
        let builder = worker.role().check("alternating").every(10 * SECOND);
        let _check = builder.register(alternate).unwrap();
        for _ in 0..6 {
            let passes = end.recv().await.unwrap();
            sleep(Duration::from_millis(2)).await;
            assert_eq!(ready(worker).await, passes);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_first_runs_of_many_checks_are_spread() {
    beside_a_worker(async |worker| {
        let start = Instant::now();
        let (send, mut first) = tokio::sync::mpsc::unbounded_channel();
        let checks: Vec<_> = (0..50)
            .map(|number| {
                let send = send.clone();
                let check = move || {
                    let _ = send.send(start.elapsed());
                    async { Ok(()) }
                };
                worker.role().check(&number.to_string()).register(check).unwrap()
            })
            .collect();
        sleep(2 * SECOND).await;
        let mut runs = Vec::new();
        while let Ok(run) = first.try_recv() {
            runs.push(run);
        }
        assert_eq!(runs.len(), checks.len(), "each runs within a second");
        runs.dedup();
        assert!(runs.len() > 25, "{runs:?}");
        assert!(runs.iter().all(|run| *run <= SECOND + Duration::from_millis(1)), "{runs:?}");
    })
    .await;
}

/// Registers a check; three seconds later, returns the verdict for ready and the report of the check.
async fn run_check<F>(
    worker: &TestWorker,
    critical: bool,
    check: impl Fn() -> F + Send + Sync + 'static,
) -> (bool, Value)
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let builder = worker.role().check("tested").timeout(SECOND);
    let builder = if critical { builder } else { builder.warn_only() };
    let check = builder.register(check).unwrap();
    sleep(3 * SECOND).await;
    assert!(live(worker).await, "a check never fails live");
    let (ready, mut body) = (ready(worker).await, health(worker).await);
    drop(check);
    let report = body["checks"][0].take();
    assert!(report["name"] == "tested" && report["critical"] == critical, "{report}");
    (ready, report)
}

#[tokio::test(start_paused = true)]
async fn errors_panics_and_timeouts_fail_a_check() {
    beside_a_worker(async |worker| {
        let (is_ready, report) = run_check(worker, true, async || Err("no route".into())).await;
        assert!(
            !is_ready && report["status"] == "fail" && report["message"] == "no route",
            "{report}"
        );
        let (is_ready, report) = run_check(worker, false, async || Err("no route".into())).await;
        assert!(is_ready && report["status"] == "warn", "{report}");
        let (is_ready, report) = run_check(worker, true, async || panic!("a wrong turn")).await;
        assert!(!is_ready && report["message"] == "panicked: a wrong turn", "{report}");
        // A check that panics before it returns a future.
        let at_the_call = || -> std::future::Ready<Result<(), Error>> { panic!("at the call") };
        let (is_ready, report) = run_check(worker, true, at_the_call).await;
        assert!(!is_ready && report["message"] == "panicked: at the call", "{report}");
        let (is_ready, report) = run_check(worker, true, async || pending().await).await;
        assert!(!is_ready && report["message"] == "no result within 1s", "{report}");
        assert_eq!(report["duration"], 1.0);
        let (is_ready, report) = run_check(worker, true, async || Ok(())).await;
        assert!(is_ready && report["status"] == "pass" && report["message"].is_null(), "{report}");
        assert!(ready(worker).await);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_check_runs_once_at_a_time_and_is_aborted_with_its_handle() {
    /// A guard that counts the checks that run.
    struct Running(Arc<AtomicUsize>);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    beside_a_worker(async |worker| {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (counted, highest) = (Arc::clone(&running), Arc::clone(&most));
        let check = move || {
            let now = counted.fetch_add(1, Ordering::Relaxed) + 1;
            highest.fetch_max(now, Ordering::Relaxed);
            let guard = Running(Arc::clone(&counted));
            async move {
                let _guard = guard;
                pending().await
            }
        };
        let builder = worker.role().check("slow").every(SECOND).timeout(5 * SECOND);
        let check = builder.register(check).unwrap();
        sleep(Duration::from_millis(100_500)).await;
        assert_eq!(most.load(Ordering::Relaxed), 1);
        assert_eq!(reasons(worker).await, ["check_failed"]);
        drop(check);
        sleep(2 * SECOND).await;
        assert_eq!(running.load(Ordering::Relaxed), 0);
        assert_eq!(reasons(worker).await, [""; 0]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn details_list_each_transition_once() {
    beside_a_worker(async |worker| {
        let role = worker.role();
        let heartbeat = register(worker, "tested", 8 * SECOND);
        let idle = heartbeat.idle();
        for _ in 0..3 {
            sleep(10 * SECOND).await;
            role.set_busy(true);
            role.set_busy(true);
            sleep(10 * SECOND).await;
            role.set_busy(false);
        }
        drop(idle);
        sleep(12 * SECOND).await;
        heartbeat.beat();
        sleep(2 * SECOND).await;
        let body = health(worker).await;
        let history = body["history"].as_array().unwrap();
        let to: Vec<_> = history.iter().map(|change| change["to"].as_str().unwrap()).collect();
        let expected = ["pass", "busy", "pass", "busy", "pass", "busy", "pass", "stalled", "pass"];
        assert_eq!(to, expected);
        assert_eq!(history[2]["lasted"], 10.0);
        for pair in history.windows(2) {
            assert_eq!(pair[0]["to"], pair[1]["from"]);
            let lasted = pair[1]["at"].as_f64().unwrap() - pair[0]["at"].as_f64().unwrap();
            assert!((lasted - pair[1]["lasted"].as_f64().unwrap()).abs() < 0.01, "{pair:?}");
        }
        for _ in 0..100 {
            role.set_busy(true);
            role.set_busy(false);
        }
        assert_eq!(health(worker).await["history"].as_array().unwrap().len(), 64);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn reasons_have_a_fixed_order() {
    beside_a_worker(async |worker| {
        let failing = async || Err::<(), Error>("down".into());
        let check = worker.role().check("database").register(failing).unwrap();
        worker.role().set_busy(true);
        let heartbeat = register(worker, "tested", SECOND);
        sleep(3 * SECOND).await;
        assert_eq!(reasons(worker).await, ["stalled", "busy", "check_failed"]);
        worker.stop();
        assert_eq!(health(worker).await["reasons"], json!(["stopping", "check_failed"]));
        assert!(live(worker).await, "no beat is due during a stop");
        drop((heartbeat, check));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_can_move_into_threads_and_blocking_tasks() {
    beside_a_worker(async |worker| {
        for number in 0..2 {
            let heartbeat = register(worker, "tested", SECOND);
            let work = move || {
                heartbeat.beat();
                drop(heartbeat.allow(SECOND));
                drop(heartbeat.idle());
                heartbeat.finish();
            };
            if number == 0 {
                std::thread::spawn(work).join().unwrap();
            } else {
                tokio::task::spawn_blocking(work).await.unwrap();
            }
        }
        assert_eq!(health(worker).await["heartbeats"].as_array().unwrap().len(), 1);
    })
    .await;
}
