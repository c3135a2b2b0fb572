//! The lifecycle in paused time, on the host for tests: the order and the time of each step.

#![cfg(feature = "test-util")]

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use heartbeat_runtime::host::Bound;
use heartbeat_runtime::{Error, Host, RoleEnvironment, SettingError};
use tokio::time::{Instant, sleep, timeout};

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const SECOND: Duration = Duration::from_secs(1);

/// Each step of a worker, with the seconds since its start.
type Diary = Rc<RefCell<Vec<(&'static str, u64)>>>;

/// Returns a worker with that `run`, and the diary that its phases write.
fn worker(
    run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
) -> (Host<Diary, Bound>, Diary) {
    let diary = Diary::default();
    let (start, started) = (Instant::now(), Rc::clone(&diary));
    let note = move |diary: &Diary, step| {
        diary.borrow_mut().push((step, start.elapsed().as_secs()));
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
            note(diary, "run returned");
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
async fn a_stop_ends_run_and_then_calls_on_stop() {
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
    let expected = [("on_start", 0), ("run", 1), ("run returned", 11), ("on_stop", 11)];
    assert_eq!(*diary.borrow(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_on_start_waits_for_it_and_skips_run() {
    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.stop();
        assert!(!worker.ready().await);
    });
    assert_eq!(code.await.unwrap(), 0);
    assert_eq!(*diary.borrow(), [("on_start", 0), ("on_stop", 1)]);
}

#[tokio::test(start_paused = true)]
async fn run_notices_a_stop_at_the_time_of_ready() {
    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 0);
    let expected = [("on_start", 0), ("run", 1), ("run returned", 1), ("on_stop", 1)];
    assert_eq!(*diary.borrow(), expected);
}

#[tokio::test(start_paused = true)]
async fn run_may_return_at_the_time_of_the_stop() {
    // `run` begins after one second; the stop is requested after six.
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
        let order: Vec<_> = diary.borrow().iter().map(|(step, _)| *step).collect();
        assert_eq!(order, ["on_start", "run", "run returned", "on_stop"]);
    }
}

#[tokio::test(start_paused = true)]
async fn run_is_dropped_after_four_fifths_of_the_stop_timeout() {
    let (host, diary) = worker(async |_: &RoleEnvironment| std::future::pending().await);
    let code = host.stop_within(10 * SECOND).test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 75);
    assert_eq!(*diary.borrow(), [("on_start", 0), ("run", 1), ("on_stop", 9)]);
}

#[tokio::test(start_paused = true)]
async fn the_whole_stop_ends_at_its_timeout() {
    let (host, _diary) = worker(until_stopped);
    let start = Instant::now();
    let code = host.stop_within(Duration::from_millis(600)).test().run(async |worker| {
        worker.ready().await;
        worker.stop();
    });
    assert_eq!(code.await.unwrap(), 75, "on_stop takes a second");
    assert_eq!(start.elapsed().as_millis(), 1600);
}

#[tokio::test(start_paused = true)]
async fn the_drain_overlaps_with_run_and_precedes_on_stop() {
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
async fn run_may_fail_during_a_stop() {
    for (failure, exit_code, last) in [("error", 1, "on_stop"), ("panic", 70, "run")] {
        let (host, diary) = worker(async move |role: &RoleEnvironment| {
            role.stopping().await;
            if failure == "panic" { panic!("late") } else { Err("late".into()) }
        });
        let code = host.test().run(async |worker| {
            worker.ready().await;
            worker.stop();
        });
        assert_eq!(code.await.unwrap(), exit_code);
        let phases: Vec<_> = diary.borrow().iter().map(|(step, _)| *step).collect();
        assert_eq!(phases.iter().rfind(|phase| **phase != "run returned"), Some(&last));
    }
}

#[tokio::test(start_paused = true)]
async fn a_recycle_is_a_stop_with_exit_code_75() {
    let (host, diary) = worker(async |role: &RoleEnvironment| {
        role.request_recycle();
        until_stopped(role).await
    });
    let code = host.test().run(async |worker| assert_eq!(worker.ended().await, 75));
    assert_eq!(code.await.unwrap(), 75);
    assert_eq!(diary.borrow().last(), Some(&("on_stop", 1)));
}

#[tokio::test(start_paused = true)]
async fn a_worker_may_request_its_stop_in_each_phase() {
    let (host, diary) = worker(async |role: &RoleEnvironment| {
        role.request_stop();
        // The first request counts.
        role.request_recycle();
        assert!(role.is_stopping());
        until_stopped(role).await
    });
    let code = host.test().run(async |worker| assert_eq!(worker.ended().await, 0));
    assert_eq!(code.await.unwrap(), 0);
    assert_eq!(diary.borrow().last(), Some(&("on_stop", 1)));

    let (host, diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.role().request_stop();
        assert_eq!(worker.ended().await, 0);
    });
    assert_eq!(code.await.unwrap(), 0);
    assert_eq!(*diary.borrow(), [("on_start", 0), ("on_stop", 1)]);
}

#[cfg(feature = "tokio-util")]
#[tokio::test(start_paused = true)]
async fn a_stopping_token_is_cancelled_at_the_stop() {
    let (host, diary) = worker(async |role: &RoleEnvironment| {
        // It is the user's own: cancelling it does not stop the worker, nor cancel another.
        role.stopping_token().cancel();
        let token = role.stopping_token();
        assert!(!role.is_stopping() && !token.is_cancelled());
        token.run_until_cancelled(std::future::pending::<()>()).await;
        assert!(role.is_stopping() && role.stopping_token().is_cancelled());
        Ok(())
    });
    let code = host.test().run(async |worker| {
        sleep(5 * SECOND).await;
        let token = worker.role().stopping_token();
        worker.stop();
        assert!(token.is_cancelled());
    });
    assert_eq!(code.await.unwrap(), 0);
    let expected = [("on_start", 0), ("run", 1), ("run returned", 5), ("on_stop", 5)];
    assert_eq!(*diary.borrow(), expected);
}

/// Returns the second at which a worker that runs like this is asked to stop, within a minute.
async fn recycled_at(
    run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
) -> Option<u64> {
    let (host, _diary) = worker(run);
    let start = Instant::now();
    let host = host.stall_after(8 * SECOND).recycle_after(30 * SECOND);
    let stopping = Rc::new(Cell::new(None));
    let at = Rc::clone(&stopping);
    let code = host.test().run(async move |worker| {
        let role = worker.role();
        if timeout(60 * SECOND, role.stopping()).await.is_ok() {
            at.set(Some(start.elapsed().as_secs()));
            assert_eq!(worker.ended().await, 75);
        }
    });
    assert!(code.await.is_ok_and(|code| code == 75 || stopping.get().is_none()));
    stopping.get()
}

#[tokio::test(start_paused = true)]
async fn a_worker_recycles_itself_when_live_has_failed_for_too_long() {
    // `run` begins after one second and is stalled 8 s later, less the time between two scans.
    let is_in_time = |at: Option<u64>| at.is_some_and(|at| (38..=39).contains(&at));
    assert!(is_in_time(recycled_at(until_stopped).await));
    let hangs = async |_: &RoleEnvironment| std::future::pending().await;
    assert!(is_in_time(recycled_at(hangs).await));
    let recovers = async |role: &RoleEnvironment| {
        sleep(30 * SECOND).await;
        role.beat();
        until_stopped(role).await
    };
    assert_eq!(recycled_at(recovers).await, None, "live has failed for 22 s, and for 22 s more");
    let beats = async |role: &RoleEnvironment| {
        while role.until_stopping(sleep(SECOND)).await.is_some() {
            role.beat();
        }
        Ok(())
    };
    assert_eq!(recycled_at(beats).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_worker_recycles_itself_during_on_start_too() {
    let host = Host::new(
        "W",
        "1.0.0",
        async |role: &RoleEnvironment| {
            let _stuck = role.heartbeat("loader").stall_after(5 * SECOND).register()?;
            role.stopping().await;
            Ok(())
        },
        async |(): &mut (), _: &RoleEnvironment| Ok(()),
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let host = host.definition(DEFINITION).heartbeat("Heartbeat").recycle_after(10 * SECOND);
    let start = Instant::now();
    let code = host.test().run(async |worker| assert_eq!(worker.ended().await, 75));
    assert_eq!(code.await.unwrap(), 75);
    assert_eq!(start.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_worker_goes_on_by_default() {
    let (host, _diary) = worker(until_stopped);
    let code = host.stall_after(SECOND).test().run(async |worker| {
        sleep(600 * SECOND).await;
        assert_eq!(worker.probe("/livez").await.status, 503);
    });
    assert_eq!(code.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_busy_worker_is_not_ready_until_it_is_free() {
    let (host, _diary) = worker(until_stopped);
    let code = host.test().run(async |worker| {
        worker.ready().await;
        worker.role().set_busy(true);
        let response = worker.probe("/readyz").await;
        assert_eq!(response.status, 503);
        let body = response.body;
        assert!(body.contains(r#""state":"busy","reasons":["busy"]"#), "{body}");
        assert_eq!(worker.probe("/livez").await.status, 200);
        worker.role().set_busy(false);
        assert_eq!(worker.probe("/readyz").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_call_of_a_phase_counts_as_its_panic() {
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
async fn an_armed_run_must_beat_from_its_start() {
    let (host, _diary) = worker(until_stopped);
    let code = host.stall_after(8 * SECOND).test().run(async |worker| {
        worker.ready().await;
        sleep(7 * SECOND).await;
        assert_eq!(worker.probe("/livez").await.status, 200);
        sleep(3 * SECOND).await;
        let response = worker.probe("/livez").await;
        assert_eq!(response.status, 503);
        let body = response.body;
        assert!(body.ends_with(r#""reasons":["stalled"]}"#), "{body}");
        worker.role().beat();
        sleep(2 * SECOND).await;
        assert_eq!(worker.probe("/health").await.status, 200);
    });
    assert_eq!(code.await.unwrap(), 0);
}

/// `/readyz` is 200 only when the worker is not busy and every critical check has passed.
#[tokio::test(start_paused = true)]
async fn ready_waits_until_readyz_passes() {
    for busy in [Duration::ZERO, 5 * SECOND] {
        let (host, _diary) = worker(async move |role: &RoleEnvironment| {
            let check = role.check("peer").every(SECOND).register(async || Ok(()))?;
            role.set_busy(busy > Duration::ZERO);
            sleep(busy).await;
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
    }
}

#[tokio::test(start_paused = true)]
async fn ready_returns_false_if_the_worker_ends_first() {
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

/// A wrapper may show the error of the setting as its source, pass only its source on, or be a
/// standard type that does.
#[tokio::test]
async fn a_setting_error_out_of_on_start_is_found_however_it_is_wrapped() {
    #[derive(Debug)]
    struct Wrapped(Error);

    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no queue")
        }
    }

    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&*self.0)
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Transparent(#[from] SettingError);

    let wrappers: [fn(SettingError) -> Error; 8] = [
        |error| error.into(),
        |error| Wrapped(error.into()).into(),
        |error| Wrapped(Wrapped(error.into()).into()).into(),
        |error| Transparent(error).into(),
        |error| Wrapped(Transparent(error).into()).into(),
        |error| Box::new(error).into(),
        |error| Arc::<dyn std::error::Error + Send + Sync>::from(Error::from(error)).into(),
        |error| Wrapped(io::Error::other(io::Error::other(error)).into()).into(),
    ];
    let code_of = async |on_start: Box<dyn FnOnce(&RoleEnvironment) -> Error>| {
        let host = Host::new(
            "W",
            "1.0.0",
            async move |role: &RoleEnvironment| Err::<(), _>(on_start(role)),
            async |(): &mut (), _: &RoleEnvironment| Ok(()),
            async |(): (), _: &RoleEnvironment| Ok(()),
        );
        let host = host.definition(DEFINITION).heartbeat("Heartbeat").test();
        host.run(async |worker| assert!(!worker.ready().await)).await.unwrap()
    };
    for (index, wrapped) in wrappers.into_iter().enumerate() {
        let on_start =
            move |role: &RoleEnvironment| wrapped(role.setting_as::<u16>("Port").unwrap_err());
        assert_eq!(code_of(Box::new(on_start)).await, 78, "wrapper {index}");
    }
    let other = |_: &RoleEnvironment| Wrapped(Wrapped("down".into()).into()).into();
    assert_eq!(code_of(Box::new(other)).await, 1);
}

/// Tests run in parallel, so that a worker under test must not bind its declared port.
#[test]
fn an_endpoint_is_on_a_free_loopback_port_unless_the_test_sets_an_address() {
    let address =
        |role: &RoleEnvironment| role.endpoint("Heartbeat").unwrap().address().to_string();
    let (host, _diary) = worker(until_stopped);
    assert_eq!(address(&host.test().environment().unwrap()), "127.0.0.1:0");

    let (host, _diary) = worker(until_stopped);
    let host = host.test().endpoint("Heartbeat", "127.0.0.1:4711");
    assert_eq!(address(&host.environment().unwrap()), "127.0.0.1:4711");
}

#[test]
fn returns_an_environment_without_a_worker() {
    let (host, _diary) = worker(until_stopped);
    let role = host.test().environment().unwrap();
    assert_eq!((role.name(), role.version()), ("W", "1.0.0"));
    assert!(role.setting("Absent").is_err());

    let host = Host::from_run("W", "1.0.0", until_stopped).definition(DEFINITION);
    let error = host.heartbeat("Beat").test().environment().unwrap_err().to_string();
    assert!(error.starts_with("no endpoint named `Beat` in role `W`"), "{error}");
}

#[test]
fn a_setting_without_a_value_is_told_in_words_of_a_test() {
    const WITH_SETTING: &[u8] = br#"
        <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
          <WorkerRole name="W">
            <ConfigurationSettings><Setting name="Batch.Size" /></ConfigurationSettings>
            <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
          </WorkerRole>
        </ServiceDefinition>"#;
    let host = || Host::from_run("W", "1.0.0", until_stopped).definition(WITH_SETTING);
    let test = host().heartbeat("Heartbeat").test().endpoint("Heartbeat", "nowhere");
    let error = test.environment().unwrap_err().to_string();
    assert!(error.starts_with("HEARTBEAT_ENDPOINT_HEARTBEAT is `nowhere`: "), "{error}");
    let end = "; settings of role `W` have no value in this test: add \
               .setting(\"Batch.Size\", \"…\")";
    assert!(error.ends_with(end), "{error}");
    let role = host().heartbeat("Heartbeat").test().setting("Batch.Size", "12").environment();
    assert_eq!(role.unwrap().setting_as("Batch.Size"), Ok(12_u8));
}
