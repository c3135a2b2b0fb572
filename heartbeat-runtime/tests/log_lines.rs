//! The log lines of changes: each names its cause and gives the time since that cause began.

#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use heartbeat_runtime::{Error, Host, RoleEnvironment};
use tokio::time::sleep;

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

const SECOND: Duration = Duration::from_secs(1);

/// Runs a worker in paused time, and returns its log lines.
async fn log_of(
    on_start: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
) -> Vec<String> {
    let (mut reader, writer) = io::pipe().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .with_writer(Arc::new(writer))
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let host = Host::new(
        "W",
        "1.0.0",
        on_start,
        async |(): &mut (), role: &RoleEnvironment| run(role).await,
        async |(): (), _: &RoleEnvironment| Ok(()),
    );
    let code = host.definition(DEFINITION).heartbeat("Heartbeat").test().run(async |worker| {
        worker.ended().await;
    });
    code.await.unwrap();
    drop(logging);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

async fn nothing(_: &RoleEnvironment) -> Result<(), Error> {
    Ok(())
}

/// Asserts that lines of `log` begin with `expected`, in this order.
#[track_caller]
fn assert_in_order(log: &[String], expected: &[&str]) {
    let mut rest = log.iter();
    for line in expected {
        assert!(
            rest.any(|logged| logged.starts_with(line)),
            "{line} is not in its place in {log:#?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_of_the_user_stays_on_its_line() {
    let log = log_of(nothing, async |role| {
        let failing = async || Err("boom\nready after 0 ms\u{1b}[31m".into());
        let _check = role.check("peer").every(SECOND).register(failing)?;
        sleep(3 * SECOND).await;
        Ok(())
    });
    let line = "check `peer` failed: boom\\nready after 0 ms\\u{1b}[31m (ready fails)";
    assert_in_order(&log.await, &[line]);
}

#[tokio::test(start_paused = true)]
async fn the_first_role_that_does_not_exist_is_told() {
    let log = log_of(nothing, async |role| {
        for name in ["w", "w", "Pool"] {
            assert_eq!(role.instances(name), []);
        }
        Ok(())
    });
    let log = log.await;
    let told: Vec<_> = log.iter().filter(|line| line.contains("no role")).collect();
    assert_eq!(told.len(), 1, "{log:#?}");
    let line = "the service definition has no role `w`, so no instances of it: did you mean `W`?";
    assert!(told[0].starts_with(line), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn times_count_from_the_cause() {
    let log = log_of(
        async |role| {
            sleep(99 * SECOND).await;
            let _check = role.check("peer").register(async || Ok(()))?;
            sleep(SECOND).await;
            Ok(())
        },
        async |role| {
            role.set_busy(true);
            sleep(10 * SECOND).await;
            let heartbeat = role.heartbeat("consumer").stall_after(SECOND).register()?;
            sleep(5 * SECOND).await;
            heartbeat.finish();
            sleep(5 * SECOND).await;
            role.set_busy(false);
            Ok(())
        },
    );
    assert_in_order(&log.await, &["ready after 100 s", "no longer busy, after 20 s"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_names_what_ended_the_stall() {
    let log = log_of(nothing, async |role| {
        let consumer = role.heartbeat("consumer").stall_after(8 * SECOND).register()?;
        let stall = async || sleep(12 * SECOND).await;
        stall().await;
        consumer.beat();
        stall().await;
        let idle = consumer.idle();
        sleep(2 * SECOND).await;
        drop(idle);
        stall().await;
        let allowance = consumer.allow(5 * SECOND);
        stall().await;
        drop(allowance);
        consumer.finish();
        sleep(2 * SECOND).await;
        Ok(())
    });
    let stalled = "stalled: no beat from `consumer` for ";
    assert_in_order(
        &log.await,
        &[
            stalled,
            "recovered: `consumer` beats again, after",
            stalled,
            "recovered: `consumer` is idle, after",
            stalled,
            "recovered: `consumer` has an allowance, after",
            "stalled: no beat from `consumer` for 17 s, longer than its allowance (live and ready fail)",
            "recovered: `consumer` finished, after",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_stall_counts_from_a_beat_under_an_allowance() {
    let log = log_of(nothing, async |role| {
        let consumer = role.heartbeat("consumer").stall_after(8 * SECOND).register()?;
        let allowance = consumer.allow(5 * SECOND);
        sleep(4 * SECOND).await;
        consumer.beat();
        sleep(12 * SECOND).await;
        drop(allowance);
        consumer.finish();
        Ok(())
    });
    let line = "stalled: no beat from `consumer` for 8 s (live and ready fail)";
    assert_in_order(&log.await, &[line]);
}

#[tokio::test(start_paused = true)]
async fn a_check_without_a_result_is_named() {
    let log = log_of(nothing, async |role| {
        let check = role.check("peer").register(async || {
            sleep(2 * SECOND).await;
            Ok(())
        })?;
        sleep(4 * SECOND).await;
        drop(check);
        Ok(())
    });
    let log = log.await;
    let line = log.iter().find(|line| line.starts_with("fail (check_failed), after ")).unwrap();
    assert!(line.contains(" of pass; check `peer` has no result yet"), "{log:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_check_recovers_or_ends() {
    let log = log_of(nothing, async |role| {
        let fails = Arc::new(AtomicBool::new(true));
        let failing = Arc::clone(&fails);
        let check = role.check("peer").every(SECOND).register(move || {
            let fails = failing.load(Ordering::Relaxed);
            async move { if fails { Err("refused".into()) } else { Ok(()) } }
        })?;
        sleep(4 * SECOND).await;
        fails.store(false, Ordering::Relaxed);
        sleep(4 * SECOND).await;
        fails.store(true, Ordering::Relaxed);
        sleep(4 * SECOND).await;
        drop(check);
        sleep(4 * SECOND).await;
        Ok(())
    });
    let failed = "check `peer` failed: refused (ready fails)";
    let ended = "check `peer` ended, after it had failed for";
    assert_in_order(&log.await, &[failed, "check `peer` recovered, after", failed, ended]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_heartbeat_is_told_apart_from_a_silent_one() {
    let log = log_of(nothing, async |role| {
        drop(role.heartbeat("consumer").register()?);
        sleep(SECOND).await;
        role.heartbeat("consumer").register()?.finish();
        sleep(SECOND).await;
        Ok(())
    });
    let stalled = "stalled: `consumer` was dropped without finish (live and ready fail)";
    assert_in_order(&log.await, &[stalled, "recovered: `consumer` finished, after "]);
}
