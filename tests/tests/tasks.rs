//! Supervised tasks in real processes: the table of the docs, and what a stop does with tasks that do
//! not end.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, example};
use serde_json::Value;

fn pool_worker(restart: &str, task: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pool-worker"));
    command.env("HEARTBEAT_SETTING_RESTART", restart).env("HEARTBEAT_SETTING_TASK", task);
    command.env("HEARTBEAT_STALL_AFTER", "500ms").env("HEARTBEAT_STOP_WITHIN", "5s");
    // One thread of the runtime may block while the other goes on, even on a machine with one core.
    command.env("TOKIO_WORKER_THREADS", "2").env("HEARTBEAT_DETAILS", "always");
    command.env("RUST_BACKTRACE", "0");
    command
}

fn body(worker: &Worker) -> Value {
    serde_json::from_str(&worker.get("/health").body).unwrap()
}

/// Returns a member of each task in the details, by name.
fn tasks<'a>(body: &'a Value, member: &str) -> Vec<(&'a str, &'a Value)> {
    let tasks = body["tasks"].as_array().unwrap().iter();
    let mut tasks: Vec<_> =
        tasks.map(|task| (task["name"].as_str().unwrap(), &task[member])).collect();
    tasks.sort_unstable_by_key(|(name, _)| *name);
    tasks
}

/// Returns the states of the tasks, in the order of their names.
fn states(body: &Value) -> Vec<&str> {
    tasks(body, "state").into_iter().filter_map(|(_, state)| state.as_str()).collect()
}

/// Polls until the health is as `is` says, and returns it.
#[track_caller]
fn wait_for(worker: &mut Worker, is: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let body = body(worker);
        if is(&body) {
            return body;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{body}");
        worker.read_log_for(Duration::from_millis(5));
    }
}

#[track_caller]
fn assert_logged(worker: &Worker, start: &str, end: &str) {
    let start = format!("heartbeat: {start}");
    let is_logged = worker.log().iter().any(|line| line.starts_with(&start) && line.ends_with(end));
    assert!(is_logged, "no {start:?} … {end:?} in {:#?}", worker.log());
}

const PANIC: &str = "task `consumer-0` panicked at tests/src/bin/pool-worker.rs:";
const ERROR: &str = "task `consumer-2` failed: the order is lost";

/// The first failure stops the worker, and its well task; the one that hangs is aborted and named.
#[test]
fn a_pool_that_is_never_restarted_stops_with_its_first_failure() {
    let mut worker = Worker::spawn(&mut pool_worker("never", "pool"));
    worker.wait_until_logged(PANIC);
    worker.wait_until_logged(ERROR);
    worker.wait_until_logged("consumer-3 ends");
    let health = wait_for(&mut worker, |body| tasks(body, "state").len() == 3);
    assert_eq!(states(&health), ["failed", "running", "failed"]);
    let failure = health["failure"].as_str().unwrap();
    assert!(failure.starts_with(PANIC) || failure == ERROR, "{failure}");

    assert_eq!(worker.wait().code(), Some(70), "{:#?}", worker.log());
    let stops = worker.log().iter().filter(|line| line.ends_with(": stopping, within 5 s"));
    assert_eq!(stops.count(), 1, "{:#?}", worker.log());
    assert_logged(
        &worker,
        "tasks did not stop within 4 s: aborted; `consumer-1` has not beaten",
        " s",
    );
    assert_logged(&worker, "stopped with a panic after ", "exit code 70");
}

/// Those that fail run again, more and more slowly, until one has failed too often.
#[test]
fn a_pool_that_is_restarted_stops_after_one_failure_too_many() {
    let mut worker = Worker::spawn(&mut pool_worker("on_failure", "pool"));
    let health = wait_for(&mut worker, |body| {
        tasks(body, "restarts").iter().filter(|(_, restarts)| **restarts == 2).count() == 2
    });
    let restarts = tasks(&health, "restarts");
    assert_eq!(restarts[1], ("consumer-1", &Value::from(0)), "a hang is no failure: {health}");
    assert_eq!(restarts[3], ("consumer-3", &Value::from(0)), "{health}");
    let failures = tasks(&health, "last_failure");
    assert!(failures[0].1.as_str().unwrap().ends_with(": a wrong turn"), "{health}");
    assert_eq!(failures[2].1, "failed: the order is lost", "{health}");

    worker.wait_for_line(": more than 3 failures within 60 s: stopping, within 5 s");
    let code = worker.wait().code();
    // Whichever was first: the other one may no longer have run.
    assert!(matches!(code, Some(70 | 75)), "{code:?}: {:#?}", worker.log());
    for failure in [PANIC, ERROR] {
        assert_logged(&worker, failure, " ms (status warn)");
    }
    for task in ["consumer-0", "consumer-2"] {
        assert_logged(&worker, &format!("task `{task}` restarted, after "), " ms");
        let runs = worker.log().iter().filter(|line| **line == format!("{task} runs")).count();
        assert!((3..=4).contains(&runs), "{task}: {runs} runs");
    }
    assert_logged(&worker, "stalled: no beat from `consumer-1` for ", "(live and ready fail)");
    assert_logged(
        &worker,
        "tasks did not stop within 4 s: aborted; `consumer-1` has not beaten",
        " s",
    );
}

/// Those that fail are gone, and the worker goes on with the others.
#[test]
fn a_pool_whose_failures_are_ignored_goes_on() {
    let mut worker = Worker::spawn(&mut pool_worker("ignore", "pool"));
    worker.wait_until_logged("stalled: no beat from `consumer-1`");
    let health = body(&worker);
    assert_eq!(states(&health), ["failed", "running", "failed", "running"]);
    assert_eq!(health["reasons"], serde_json::json!(["stalled"]));
    let metrics = worker.get("/metrics").body;
    for line in [
        "heartbeat_task_up{task=\"consumer-0\"} 0",
        "heartbeat_task_up{task=\"consumer-3\"} 1",
        "heartbeat_task_restarts_total{task=\"consumer-0\"} 0",
        "heartbeat_stalled{heartbeat=\"consumer-1\"} 1",
    ] {
        assert!(metrics.lines().any(|written| written == line), "no {line} in {metrics}");
    }

    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(75), "{:#?}", worker.log());
    assert_logged(&worker, PANIC, ": a wrong turn: ignored, the worker goes on");
    assert_logged(&worker, ERROR, ": ignored, the worker goes on");
    assert!(worker.log().iter().any(|line| line == "consumer-3 ends"), "{:#?}", worker.log());
    assert_logged(
        &worker,
        "tasks did not stop within 4 s: aborted; `consumer-1` has not beaten",
        " s",
    );
}

/// Whatever a task does at a stop, the process ends in time, and the log names the task.
#[test]
fn a_stop_is_bounded_whatever_a_task_does() {
    let named = "tasks did not stop within 800 ms: aborted; `t";
    let forced = "stop overdue: `t` has not beaten in ";
    for (task, lines) in [
        ("hang", &[named][..]),
        ("block", &[named, forced]),
        ("block a thread", &[named, forced]),
        ("block the main thread", &["stop overdue: `run` is idle; `t` has not beaten in "]),
        ("block in drop", &[named, forced]),
        ("panic in drop", &[named, "task `t` panicked at tests/src/bin/pool-worker.rs:"]),
        ("spawn others", &[named]),
    ] {
        let mut command = pool_worker("never", task);
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STOP_WITHIN", "1s"));
        worker.wait_until_logged("heartbeat: ready");
        worker.read_log_for(Duration::from_millis(100));
        let start = Instant::now();
        worker.signal(Signal::TERM);
        assert_eq!(worker.wait().code(), Some(75), "{task}: {:#?}", worker.log());
        assert!(start.elapsed() < Duration::from_secs(6), "{task}: {:?}", start.elapsed());
        for line in lines {
            assert_logged(&worker, line, "");
        }
    }
}

/// Nothing can abort a blocking call: what becomes of it is told even after the abort.
#[test]
fn a_blocking_task_that_fails_after_its_abort_says_why() {
    let mut worker = Worker::spawn(&mut pool_worker("never", "fail too late"));
    worker.wait_until_logged("heartbeat: ready");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(75), "{:#?}", worker.log());
    assert_logged(&worker, "tasks did not stop within 4 s: aborted; `t` has not beaten", " s");
    assert_logged(&worker, "task `t` failed: too late, after it was aborted", "");
}

/// The example with a pool: its endpoint is internal, so everybody there sees the details.
#[test]
fn the_example_has_four_consumers_that_ship_what_they_have_begun() {
    let mut worker = Worker::spawn(&mut example("consumer-pool"));
    // `run` spawns them after the line that says that it begins.
    wait_for(&mut worker, |health| states(health) == ["running"; 4]);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}
