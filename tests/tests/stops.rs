//! What a worker says of its stop, in which order, and which signals are one.

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

/// Where a line that contains `text` stands in the log.
#[track_caller]
fn place(worker: &Worker, text: &str) -> usize {
    let place = worker.log().iter().position(|line| line.contains(text));
    place.unwrap_or_else(|| panic!("no {text:?} in {:#?}", worker.log()))
}

#[track_caller]
fn assert_in_order(worker: &Worker, texts: &[&str]) {
    let places: Vec<_> = texts.iter().map(|text| place(worker, text)).collect();
    assert!(places.is_sorted(), "not {texts:?}: {:#?}", worker.log());
}

#[test]
fn a_line_of_the_stop_stands_before_those_of_its_consequences() {
    for round in 0..20 {
        for (fail, then) in [
            ("run stop error", "run failed: bad"),
            ("run stop panic", "heartbeat: run panicked"),
            ("run stop, on_stop error", "on_stop failed: "),
        ] {
            let mut worker = Worker::spawn(&mut failing_worker(fail));
            worker.line_with("in run");
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
fn what_is_said_before_a_phase_stands_before_what_the_phase_says() {
    for _ in 0..20 {
        let mut worker = Worker::spawn(&mut failing_worker("run error"));
        assert_eq!(worker.wait().code(), Some(1));
        let lines = ["is starting", "in on_start", "ready", "in run", "run failed", "in on_stop"];
        assert_in_order(&worker, &lines);
    }
}

#[test]
fn a_panic_of_a_task_stands_before_what_the_worker_makes_of_it() {
    for _ in 0..20 {
        let mut worker = Worker::spawn(&mut failing_worker("run task panic"));
        assert_eq!(worker.wait().code(), Some(1));
        assert_in_order(&worker, &["a task panicked at ", "run failed: task "]);
    }
}

#[test]
fn a_stop_that_takes_too_long_names_the_heartbeats_that_have_not_finished() {
    let mut command = failing_worker("run consumers, on_stop block");
    command.env("HEARTBEAT_STALL_AFTER", "1s").env("HEARTBEAT_STOP_WITHIN", "2500ms");
    let mut worker = Worker::spawn(&mut command);
    worker.until_said("check `peer` failed");
    worker.until_said("stalled: no beat from `hung`");
    worker.signal(Signal::TERM);
    let dropped = worker.line_with("run did not stop within 2 s: dropped; ");
    let overdue = worker.line_with("heartbeat: stop overdue: ");
    assert_eq!(worker.wait().code(), Some(75));

    let (_, unfinished) = dropped.split_once("; ").unwrap();
    let seconds = seconds_since_the_last_beat(unfinished);
    let rest = "`idle` is idle; `at a job` is under an allowance of another 3596 s";
    let rest = rest.replace("3596", &number_before(unfinished, " s", "another ").to_string());
    assert_eq!(unfinished, format!("`hung` last beat {seconds} s ago; {rest}"));
    assert!(seconds >= 2, "a stall of 1 s, and then 2 s of a stop: {dropped}");

    let unfinished = overdue.strip_prefix("heartbeat: stop overdue: ").unwrap();
    assert!(unfinished.starts_with("`hung` last beat "), "{overdue}");
    assert!(seconds_since_the_last_beat(unfinished) >= seconds, "{overdue} after {dropped}");
    assert!(unfinished.contains(" s ago; `idle` is idle; `at a job` is under an"), "{overdue}");
    let end = " s; on_stop did not finish within 2.5 s: forcing exit 75";
    assert!(unfinished.ends_with(end), "{overdue}");
    // The check has gone with `run`, which is no recovery either.
    for said in ["recovered", "`done`", "`run`"] {
        assert!(
            !worker.log().iter().any(|line| line.contains(said)),
            "{said}: {:#?}",
            worker.log()
        );
    }
}

fn seconds_since_the_last_beat(unfinished: &str) -> u64 {
    number_before(unfinished, " s ago", "last beat ")
}

fn number_before(text: &str, after: &str, before: &str) -> u64 {
    let (_, number) = text.split_once(before).unwrap();
    number.split_once(after).unwrap().0.parse().unwrap()
}

#[test]
fn a_run_that_hangs_is_named_with_its_last_beat() {
    let mut command = failing_worker("run stall, on_stop hang");
    command.env("HEARTBEAT_STALL_AFTER", "1s").env("HEARTBEAT_STOP_WITHIN", "500ms");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("stalled: no beat from `run`");
    worker.signal(Signal::TERM);
    let line = worker.line_with("run did not stop within 400 ms: dropped; `run` last");
    assert!(line.ends_with(" s ago"), "{line}");
    // Of `run`, which has been dropped, nothing more is said.
    worker.line_with("stop overdue: on_stop did not finish within 500 ms: forcing exit 75");
    assert_eq!(worker.wait().code(), Some(75));
    assert!(!worker.log().iter().any(|line| line.contains("recovered")), "{:#?}", worker.log());
}

/// How long the stop of [`stopping_worker`] takes at least.
const DRAIN: Duration = Duration::from_millis(100);

fn stopping_worker() -> Worker {
    let mut command = failing_worker("run stop");
    command.env("HEARTBEAT_DRAIN", format!("{}ms", DRAIN.as_millis()));
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("in run");
    worker
}

#[test]
fn two_signals_at_once_are_one() {
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
        // A few microseconds later, or when the first was acted on.
        if rounds % 2 == 0 {
            worker.line_with(": stopping, within");
        }
        worker.signal(second);
        let took = sent.elapsed();
        let code = worker.wait().code();
        // Later than that, on a busy machine, it is another one.
        if took < Duration::from_millis(40) {
            assert_eq!(code, Some(0), "{took:?}: {first:?}, {second:?}: {:#?}", worker.log());
            place(&worker, "in on_stop");
            rounds += 1;
        }
    }
}

/// It signals the process, and then the process group that both are of.
#[test]
fn the_signals_of_timeout_are_one() {
    for _ in 0..10 {
        let mut command = Command::new("timeout");
        command.args(["--preserve-status", "--signal=INT", "0.5"]);
        command.arg(env!("CARGO_BIN_EXE_failing-worker")).process_group(0);
        command.env("HEARTBEAT_SETTING_FAIL", "run stop").env("HEARTBEAT_DRAIN", "100ms");
        let mut worker = Worker::spawn(&mut command);
        assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        place(&worker, "SIGINT: stopping");
        place(&worker, "in on_stop");
    }
}

#[test]
fn a_signal_that_comes_later_ends_the_process_at_once() {
    let signals = [(Signal::TERM, Signal::TERM, 143), (Signal::TERM, Signal::INT, 130)];
    for (first, second, code) in signals {
        let mut command = failing_worker("run stop, on_stop block");
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STOP_WITHIN", "1h"));
        worker.line_with("in run");
        worker.signal(first);
        worker.line_with("in on_stop");
        worker.read_for(Duration::from_millis(200));
        let asked = Instant::now();
        worker.signal(second);
        assert_eq!(worker.wait().code(), Some(code), "{:#?}", worker.log());
        println!("ended {:?} after the second signal", asked.elapsed());
    }
}
