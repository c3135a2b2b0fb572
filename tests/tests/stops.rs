//! The log lines of a stop and their order, and repeated signals.

#![expect(clippy::panic, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

fn failing_worker(fail: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", fail).env("RUST_BACKTRACE", "0");
    command
}

/// Returns the index of the first line that contains `text`.
#[track_caller]
fn position(worker: &Worker, text: &str) -> usize {
    let position = worker.log().iter().position(|line| line.contains(text));
    position.unwrap_or_else(|| panic!("no {text:?} in {:#?}", worker.log()))
}

#[track_caller]
fn assert_in_order(worker: &Worker, texts: &[&str]) {
    let positions: Vec<_> = texts.iter().map(|text| position(worker, text)).collect();
    assert!(positions.is_sorted(), "not {texts:?}: {:#?}", worker.log());
}

#[test]
fn logs_a_stop_before_its_consequences() {
    for round in 0..20 {
        for (fail, then) in [
            ("run stop error", "run failed: bad"),
            ("run stop panic", "heartbeat: run panicked"),
            ("run stop, on_stop error", "on_stop failed: "),
        ] {
            let mut worker = Worker::spawn(&mut failing_worker(fail));
            worker.wait_for_line("in run");
            worker.signal(Signal::TERM);
            let code = worker.wait().code();
            assert!(matches!(code, Some(1 | 70)), "round {round}, {fail}: {code:?}");
            let lines = ["is starting", "heartbeat: ready", "SIGTERM: stopping", then];
            assert_in_order(&worker, &lines);
            let last = worker.log().last().unwrap();
            assert!(last.starts_with("heartbeat: stopped with "), "{:#?}", worker.log());
        }
    }
}

#[test]
fn logs_its_lines_before_a_phase_prints_its_own() {
    for _ in 0..20 {
        let mut worker = Worker::spawn(&mut failing_worker("run error"));
        assert_eq!(worker.wait().code(), Some(1));
        // The first line waits for a subscriber, until `on_start` has ended.
        let lines = ["in on_start", "is starting", "ready", "in run", "run failed", "in on_stop"];
        assert_in_order(&worker, &lines);
    }
}

#[test]
fn logs_the_panic_of_a_task_before_the_failure_of_run() {
    for _ in 0..20 {
        let mut worker = Worker::spawn(&mut failing_worker("run task panic"));
        assert_eq!(worker.wait().code(), Some(1));
        assert_in_order(&worker, &["a task panicked at ", "run failed: task "]);
    }
}

#[test]
fn an_overdue_stop_names_the_heartbeats_that_have_not_finished() {
    let mut command = failing_worker("run consumers, on_stop block");
    command.env("HEARTBEAT_STALL_AFTER", "1s").env("HEARTBEAT_STOP_WITHIN", "2500ms");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_until_logged("check `peer` failed");
    worker.wait_until_logged("stalled: no beat from `hung`");
    worker.signal(Signal::TERM);
    let dropped = worker.wait_for_line("run did not stop within 2 s: dropped; ");
    let overdue = worker.wait_for_line("heartbeat: stop overdue: ");
    assert_eq!(worker.wait().code(), Some(75));

    let (_, unfinished) = dropped.split_once("; ").unwrap();
    let seconds = seconds_since_last_beat(unfinished);
    let rest = "`idle` is idle; `long job` is under an allowance of another 3596 s";
    let rest = rest.replace("3596", &number_before(unfinished, " s", "another ").to_string());
    assert_eq!(unfinished, format!("`hung` last beat {seconds} s ago; {rest}"));
    assert!(seconds >= 2, "1 s until the stall and 2 s of the stop: {dropped}");

    let unfinished = overdue.strip_prefix("heartbeat: stop overdue: ").unwrap();
    assert!(unfinished.starts_with("`hung` last beat "), "{overdue}");
    assert!(seconds_since_last_beat(unfinished) >= seconds, "{overdue} after {dropped}");
    assert!(unfinished.contains(" s ago; `idle` is idle; `long job` is under an"), "{overdue}");
    let end = " s; on_stop did not finish within 2.5 s: forcing exit 75";
    assert!(unfinished.ends_with(end), "{overdue}");
    // `run` drops the check when it is dropped, which is not a recovery.
    for text in ["recovered", "`finished`", "`run`"] {
        assert!(
            !worker.log().iter().any(|line| line.contains(text)),
            "{text}: {:#?}",
            worker.log()
        );
    }
}

fn seconds_since_last_beat(unfinished: &str) -> u64 {
    number_before(unfinished, " s ago", "last beat ")
}

fn number_before(text: &str, after: &str, before: &str) -> u64 {
    let (_, number) = text.split_once(before).unwrap();
    number.split_once(after).unwrap().0.parse().unwrap()
}

#[test]
fn an_overdue_run_is_named_with_its_last_beat() {
    let mut command = failing_worker("run stall, on_stop hang");
    command.env("HEARTBEAT_STALL_AFTER", "1s").env("HEARTBEAT_STOP_WITHIN", "500ms");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("stalled: no beat from `run`");
    worker.signal(Signal::TERM);
    let line = worker.wait_for_line("run did not stop within 400 ms: dropped; `run` last");
    assert!(line.ends_with(" s ago"), "{line}");
    // The dropped `run` is not named again.
    worker.wait_for_line("stop overdue: on_stop did not finish within 500 ms: forcing exit 75");
    assert_eq!(worker.wait().code(), Some(75));
    assert!(!worker.log().iter().any(|line| line.contains("recovered")), "{:#?}", worker.log());
}

/// The minimum time of a stop of [`stopping_worker`].
const DRAIN: Duration = Duration::from_millis(100);

fn stopping_worker() -> Worker {
    let mut command = failing_worker("run stop");
    command.env("HEARTBEAT_DRAIN", format!("{}ms", DRAIN.as_millis()));
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("in run");
    worker
}

#[test]
fn two_signals_at_once_count_as_one() {
    let mut rounds = 0;
    while rounds < 50 {
        let mut worker = stopping_worker();
        let (first, second) = match rounds % 3 {
            0 => (Signal::TERM, Signal::TERM),
            1 => (Signal::TERM, Signal::INT),
            _ => (Signal::INT, Signal::TERM),
        };
        let sent = Instant::now();
        worker.signal(first);
        // Microseconds later, or once the first is handled.
        if rounds % 2 == 0 {
            worker.wait_for_line(": stopping, within");
        }
        worker.signal(second);
        let took = sent.elapsed();
        let code = worker.wait().code();
        // On a busy machine the second may come late, and then it is another signal.
        if took < Duration::from_millis(40) {
            assert_eq!(code, Some(0), "{took:?}: {first:?}, {second:?}: {:#?}", worker.log());
            position(&worker, "in on_stop");
            rounds += 1;
        }
    }
}

/// `timeout` signals the process, and then the process group of both.
#[test]
fn the_two_signals_of_timeout_count_as_one() {
    for _ in 0..10 {
        let mut command = Command::new("timeout");
        command.args(["--preserve-status", "--signal=INT", "0.5"]);
        command.arg(env!("CARGO_BIN_EXE_failing-worker")).process_group(0);
        command.env("HEARTBEAT_SETTING_FAIL", "run stop").env("HEARTBEAT_DRAIN", "100ms");
        let mut worker = Worker::spawn(&mut command);
        assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        position(&worker, "SIGINT: stopping");
        position(&worker, "in on_stop");
    }
}

#[test]
fn a_later_signal_forces_the_exit_at_once() {
    let signals = [(Signal::TERM, Signal::TERM, 143), (Signal::TERM, Signal::INT, 130)];
    for (first, second, code) in signals {
        let mut command = failing_worker("run stop, on_stop block");
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STOP_WITHIN", "1h"));
        worker.wait_for_line("in run");
        worker.signal(first);
        worker.wait_for_line("in on_stop");
        worker.read_log_for(Duration::from_millis(200));
        let start = Instant::now();
        worker.signal(second);
        assert_eq!(worker.wait().code(), Some(code), "{:#?}", worker.log());
        println!("exited {:?} after the second signal", start.elapsed());
    }
}
