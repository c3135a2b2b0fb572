//! The lifecycle in paused time, on the host for tests: what follows what, and when.

#![cfg(feature = "test-util")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use heartbeat_runtime::host::Bound;
use heartbeat_runtime::{Error, Host, RoleEnvironment};
use tokio::time::{Instant, sleep};

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const SECOND: Duration = Duration::from_secs(1);

/// What happened, in order, and how many seconds after the start.
type Diary = Rc<RefCell<Vec<(&'static str, u64)>>>;

/// A worker whose `run` is given, and a diary that its phases write.
fn worker(
    run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
) -> (Host<Diary, Bound>, Diary) {
    let diary = Diary::default();
    let (begun, started) = (Instant::now(), Rc::clone(&diary));
    let note = move |diary: &Diary, what| {
        diary.borrow_mut().push((what, begun.elapsed().as_secs()));
    };
    let host = Host::new(
        "W",
        "1.0.0",
        async move |_: &RoleEnvironment| {
            note(&started, "on_start");
            sleep(SECOND).await;
            Ok(started)
        },
        async move |diary: &mut Diary, role: &RoleEnvironment| {
            note(diary, "run");
            let result = run(role).await;
            note(diary, "run has ended");
            result
        },
        async move |diary: Diary, _: &RoleEnvironment| {
            note(&diary, "on_stop");
            sleep(SECOND).await;
            Ok(())
        },
    );
    (host.definition(DEFINITION).heartbeat("Heartbeat"), diary)
}

async fn until_stopped(role: &RoleEnvironment) -> Result<(), Error> {
    role.stopping().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_told_to_run_and_followed_by_on_stop() {
    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        assert_eq!(worker.probe("/startupz").await.status, 503);
        assert!(worker.ready().await);
        assert_eq!(worker.probe("/health").await.status, 200);
        assert!(!worker.role().is_stopping());
        sleep(10 * SECOND).await;
        worker.stop();
        assert!(worker.role().is_stopping());
        assert_eq!(worker.probe("/readyz").await.status, 503);
        assert_eq!(worker.probe("/livez").await.status, 200);
        assert_eq!(worker.ended().await, 0);
    });
    assert_eq!(code.await.unwrap(), 0);
    let expected = [("on_start", 0), ("run", 1), ("run has ended", 11), ("on_stop", 11)];
    assert_eq!(*diary.borrow(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_on_start_lets_it_end_and_skips_run() {
    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.stop();
        assert!(!worker.ready().await);
    });
    assert_eq!(code.await.unwrap(), 0);
    assert_eq!(*diary.borrow(), [("on_start", 0), ("on_stop", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_moment_of_ready_is_seen_by_run() {
    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 0);
    let expected = [("on_start", 0), ("run", 1), ("run has ended", 1), ("on_stop", 1)];
    assert_eq!(*diary.borrow(), expected);
}

#[tokio::test(start_paused = true)]
async fn run_may_end_in_the_moment_of_the_stop() {
    // The stop comes after six seconds, and `run` begins after one.
    for work in [Duration::from_nanos(4_999_999_999), 5 * SECOND] {
        let (host, diary) = worker(async move |_: &RoleEnvironment| {
            sleep(work).await;
            Ok(())
        });
        let code = host.test().run(async |worker| {
            sleep(6 * SECOND).await;
            worker.stop();
        });
        assert_eq!(code.await.unwrap(), 0);
        let order: Vec<_> = diary.borrow().iter().map(|(what, _)| *what).collect();
        assert_eq!(order, ["on_start", "run", "run has ended", "on_stop"]);
    }
}

#[tokio::test(start_paused = true)]
async fn run_has_four_fifths_of_the_budget_and_is_then_dropped() {
    let (host, diary) = worker(async |_: &RoleEnvironment| std::future::pending().await);
    let code = host.stop_within(10 * SECOND).test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 75);
    assert_eq!(*diary.borrow(), [("on_start", 0), ("run", 1), ("on_stop", 9)]);
}

#[tokio::test(start_paused = true)]
async fn the_whole_stop_ends_with_the_budget() {
    let (host, _diary) = worker(until_stopped);
    let begun = Instant::now();
    let code = host.stop_within(Duration::from_millis(600)).test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 75, "on_stop would take a second");
    assert_eq!(begun.elapsed().as_millis(), 1600);
}

#[tokio::test(start_paused = true)]
async fn the_drain_overlaps_with_run_and_comes_before_on_stop() {
    for (work_left, drain, on_stop_at) in [(2, 5, 6), (7, 5, 8), (2, 3600, 21)] {
        let (host, diary) = worker(async move |role: &RoleEnvironment| {
            role.stopping().await;
            sleep(work_left * SECOND).await;
            Ok(())
        });
        let code = host.drain(drain * SECOND).test().run(async |worker| {
            worker.ready().await;
            worker.stop();
        });
        assert_eq!(code.await.unwrap(), 0);
        assert_eq!(diary.borrow().last(), Some(&("on_stop", on_stop_at)));
    }
}

#[tokio::test(start_paused = true)]
async fn run_may_still_fail_when_the_stop_has_come() {
    for (how, exit_code, last) in [("error", 1, "on_stop"), ("panic", 70, "run")] {
        let (host, diary) = worker(async move |role: &RoleEnvironment| {
            role.stopping().await;
            if how == "panic" { panic!("late") } else { Err("late".into()) }
        });
        let code = host.test().run(async |worker| {
            worker.ready().await;
            worker.stop();
        });
        assert_eq!(code.await.unwrap(), exit_code);
        let phases: Vec<_> = diary.borrow().iter().map(|(what, _)| *what).collect();
        assert_eq!(phases.iter().rfind(|what| **what != "run has ended"), Some(&last));
    }
}

#[tokio::test(start_paused = true)]
async fn a_recycle_is_a_stop_with_75() {
    let (host, diary) = worker(async |role: &RoleEnvironment| {
        role.request_recycle();
        until_stopped(role).await
    });
    let code = host.test().run(async |worker| assert_eq!(worker.ended().await, 75));
    assert_eq!(code.await.unwrap(), 75);
    assert_eq!(diary.borrow().last(), Some(&("on_stop", 1)));
}

#[tokio::test(start_paused = true)]
async fn busy_is_out_of_rotation_and_back() {
    let (host, _diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.ready().await;
        worker.role().set_busy(true);
        let answer = worker.probe("/readyz").await;
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains(r#""state":"busy","reasons":["busy"]"#), "{}", answer.body);
        assert_eq!(worker.probe("/livez").await.status, 200);
        worker.role().set_busy(false);
        assert_eq!(worker.probe("/readyz").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_when_a_phase_is_called_is_one_when_it_is_polled() {
    let host = Host::new(
        "W",
        "1.0.0",
        |_: &RoleEnvironment| -> std::future::Ready<Result<(), Error>> { panic!("at the call") },
        async |(): &mut (), _: &RoleEnvironment| Ok(()),
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let host = host.definition(DEFINITION).heartbeat("Heartbeat").test();
    let code = host.run(async |worker| {
        assert!(!worker.ready().await);
        assert_eq!(worker.probe("/livez").await.status, 503);
    });
    assert_eq!(code.await.unwrap(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_is_armed_has_to_beat_from_the_start() {
    let (host, _diary) = worker(until_stopped);
    let code = host.stall_after(8 * SECOND).test().run(async |worker| {
        worker.ready().await;
        sleep(7 * SECOND).await;
        assert_eq!(worker.probe("/livez").await.status, 200);
        sleep(3 * SECOND).await;
        let answer = worker.probe("/livez").await;
        assert_eq!(answer.status, 503);
        assert!(answer.body.ends_with(r#""reasons":["stalled"]}"#), "{}", answer.body);
        worker.role().beat();
        sleep(2 * SECOND).await;
        assert_eq!(worker.probe("/health").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);
}

/// `ready` means a `/readyz` of 200: neither busy nor before the first result of a critical check.
#[tokio::test(start_paused = true)]
async fn ready_is_awaited_until_readyz_passes() {
    let (host, _diary) = worker(async |role: &RoleEnvironment| {
        let check = role.check("peer").every(SECOND).register(async || Ok(()))?;
        role.set_busy(true);
        sleep(5 * SECOND).await;
        role.set_busy(false);
        until_stopped(role).await?;
        drop(check);
        Ok(())
    });
    let code = host.test().run(async |worker| {
        assert!(worker.ready().await);
        assert_eq!(worker.probe("/readyz").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);

    let (host, _diary) = worker(async |role: &RoleEnvironment| {
        let check = role.check("peer").every(SECOND).register(async || Ok(()))?;
        until_stopped(role).await?;
        drop(check);
        Ok(())
    });
    let code = host.test().run(async |worker| {
        assert!(worker.ready().await);
        assert_eq!(worker.probe("/readyz").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_ends_before_it_is_ready_is_not_waited_for() {
    let (host, _diary) = worker(async |role: &RoleEnvironment| {
        role.set_busy(true);
        sleep(5 * SECOND).await;
        Ok(())
    });
    let code = host.test().run(async |worker| {
        worker.role().set_busy(true);
        assert!(!worker.ready().await);
        assert_eq!(worker.ended().await, 0);
    });
    assert_eq!(code.await.unwrap(), 0);
}

/// Tests run side by side, so a worker under test binds no declared port.
#[test]
fn an_endpoint_is_on_a_free_loopback_port_unless_the_test_gives_an_address() {
    let address =
        |role: &RoleEnvironment| role.endpoint("Heartbeat").unwrap().address().to_string();
    let (host, _diary) = worker(until_stopped);
    assert_eq!(address(&host.test().environment().unwrap()), "127.0.0.1:0");

    let (host, _diary) = worker(until_stopped);
    let host = host.test().endpoint("Heartbeat", "127.0.0.1:4711");
    assert_eq!(address(&host.environment().unwrap()), "127.0.0.1:4711");
}

#[test]
fn an_environment_can_be_had_alone() {
    let (host, _diary) = worker(until_stopped);
    let role = host.test().environment().unwrap();
    assert_eq!((role.name(), role.version()), ("W", "1.0.0"));
    assert!(role.setting("Absent").is_err());

    let host = Host::from_run("W", "1.0.0", until_stopped).definition(DEFINITION);
    let error = host.heartbeat("Beat").test().environment().unwrap_err().to_string();
    assert!(error.starts_with("no endpoint named `Beat` in role `W`"), "{error}");
}
