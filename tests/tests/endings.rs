//! How a worker ends: with which exit code, after which phases, and what it says.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, exchange, free_address, signal, skip};

const STOP_WITHIN: Duration = Duration::from_millis(500);

fn failing_worker(fail: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", fail);
    command.env("HEARTBEAT_STOP_WITHIN", format!("{}ms", STOP_WITHIN.as_millis()));
    // On a busy machine, to write one takes longer than that.
    command.env("RUST_BACKTRACE", "0");
    command
}

fn phases(worker: &Worker) -> Vec<&str> {
    worker.log().iter().filter_map(|line| line.strip_prefix("in ")).collect()
}

fn assert_said(worker: &Worker, line: &str) {
    let line = format!("heartbeat: {line}");
    let said = worker.log().iter().any(|said| said.starts_with(&line));
    assert!(said, "no {line:?} in {:#?}", worker.log());
}

const ALL: &[&str] = &["on_start", "run", "on_stop"];

#[test]
fn errors_and_panics_of_each_phase_have_their_exit_codes() {
    let error = "the order is lost: the disk is full";
    let panic = "panicked at tests/src/bin/failing-worker.rs:";
    for (fail, code, entered, line) in [
        ("", 0, ALL, "run returned: stopping".to_owned()),
        ("on_start error", 1, &ALL[..1], format!("on_start failed: {error}")),
        ("on_start panic", 70, &ALL[..1], format!("on_start {panic}")),
        ("run error", 1, ALL, format!("run failed: {error}")),
        ("run panic", 70, &ALL[..2], format!("run {panic}")),
        ("on_stop error", 1, ALL, format!("on_stop failed: {error}")),
        ("on_stop panic", 70, ALL, format!("on_stop {panic}")),
        ("on_start recycle", 75, &["on_start", "on_stop"], "recycle requested".to_owned()),
        ("run recycle", 75, ALL, "recycle requested: stopping".to_owned()),
        ("drop panic", 70, ALL, format!("on_stop {panic}")),
        ("run panic, drop panic", 70, &ALL[..2], format!("the worker {panic}")),
        ("on_stop recycle", 0, ALL, "stopped cleanly after".to_owned()),
    ] {
        let mut worker = Worker::spawn(&mut failing_worker(fail));
        assert_eq!(worker.wait().code(), Some(code), "{fail}: {:#?}", worker.log());
        assert_eq!(phases(&worker), entered, "{fail}");
        assert_said(&worker, &line);
        let is_a_tasks = worker.log().iter().any(|line| line.contains("a task panicked"));
        assert!(!is_a_tasks, "{fail}: {:#?}", worker.log());
    }
}

#[test]
fn whatever_does_not_end_is_ended_within_the_budget() {
    let cut = |phase| format!("{phase} did not stop within 400 ms: dropped");
    let ended =
        |phase| format!("stop overdue: {phase} did not finish within 500 ms: forcing exit 75");
    let spawned = "spawned tasks or destructors";
    for (fail, stops_after, entered, line) in [
        ("on_start hang", "in on_start", &ALL[..1], cut("on_start")),
        ("on_start block", "in on_start", &ALL[..1], ended("on_start")),
        ("run hang", "in run", ALL, cut("run")),
        ("run block", "in run", &ALL[..2], ended("run")),
        ("run block all", "blocked", ALL, ended(spawned)),
        ("run spawn blocking", "in on_stop", ALL, ended(spawned)),
        ("on_stop hang", "in on_stop", ALL, ended("on_stop")),
        ("on_stop block", "in on_stop", ALL, ended("on_stop")),
        ("drop block", "in on_stop", ALL, ended("on_stop")),
    ] {
        let mut worker = Worker::spawn(&mut failing_worker(fail));
        worker.line_with(stops_after);
        let asked = Instant::now();
        if stops_after != "in on_stop" {
            worker.signal(Signal::TERM);
        }
        let code = worker.wait().code();
        let took = asked.elapsed();
        assert_eq!(code, Some(75), "{fail}: {:#?}", worker.log());
        assert_eq!(phases(&worker), entered, "{fail}");
        assert_said(&worker, &line);
        println!("{fail}: ended {:?} after the budget", took.saturating_sub(STOP_WITHIN));
        assert!(took < STOP_WITHIN + Duration::from_secs(5), "{fail} took {took:?}");
    }
}

#[test]
fn a_second_signal_ends_the_process_even_when_every_thread_is_blocked() {
    for (fail, waits_in) in
        [("on_start block", "on_start"), ("run block", "run"), ("on_stop block", "on_stop")]
    {
        let mut command = failing_worker(fail);
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STOP_WITHIN", "1h"));
        worker.line_with(&format!("in {waits_in}"));
        worker.signal(Signal::INT);
        worker.line_with("SIGINT: ");
        let code = worker.signal_until_the_end(Signal::TERM).code();
        assert_eq!(code, Some(128 + 15), "{fail}: {:#?}", worker.log());
    }
}

/// Nobody reads what this one says, and `run` blocks while it says it.
#[test]
fn a_pipe_that_nobody_reads_stops_neither_health_nor_the_end() {
    for (signals, code) in [(1, 75), (2, 128 + 15)] {
        let address = free_address();
        let mut command = failing_worker("run fill stderr");
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address).env("HEARTBEAT_STALL_AFTER", "300ms");
        if signals == 2 {
            command.env("HEARTBEAT_STOP_WITHIN", "1h");
        }
        let mut worker = command.stderr(Stdio::piped()).spawn().unwrap();
        let until = |status: &str| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let request = "GET /livez HTTP/1.0\r\n\r\n";
            while !exchange(&address, request).is_ok_and(|answer| answer.starts_with(status)) {
                assert!(Instant::now() < deadline, "no {status}");
            }
        };
        until("HTTP/1.0 200 ");
        until("HTTP/1.0 503 ");
        signal(worker.id(), Signal::TERM);
        until("HTTP/1.0 200 ");
        // For 50 ms, another one is taken for the same.
        let (_pace, pace) = channel::<()>();
        while signals == 2 && worker.try_wait().unwrap().is_none() {
            signal(worker.id(), Signal::TERM);
            assert!(pace.recv_timeout(Duration::from_millis(100)).is_err());
        }
        assert_eq!(worker.wait().unwrap().code(), Some(code));
    }
}

/// A client that has sent half a request is not waited for.
#[test]
fn half_a_request_does_not_hold_up_the_end() {
    let mut worker = Worker::spawn(&mut failing_worker("run stop"));
    worker.line_with("in run");
    let mut client = TcpStream::connect(worker.address()).unwrap();
    client.write_all(b"G").unwrap();
    assert_eq!(worker.get("/livez").status, 200);
    let asked = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    println!("ended after {:?}", asked.elapsed());
    assert!(asked.elapsed() < Duration::from_millis(900), "{:?}", asked.elapsed());
}

#[test]
fn a_stop_without_a_bound_is_one() {
    let mut command = failing_worker("run stop");
    command.env("HEARTBEAT_STOP_WITHIN", "5000000000000000h").env("HEARTBEAT_DRAIN", "1ms");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("in run");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn a_hangup_changes_nothing() {
    let mut worker = Worker::spawn(&mut failing_worker("run stop"));
    worker.line_with("in run");
    worker.signal(Signal::HUP);
    assert_eq!(worker.get("/readyz").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

#[test]
fn a_panic_of_a_task_is_counted_and_is_not_the_end() {
    let mut command = failing_worker("run spawn panic");
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    worker.line_with("a task panicked at tests/src/bin/failing-worker.rs:");
    let answer = worker.get("/health");
    assert_eq!(answer.status, 200);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["panics"]["count"], 1);
    assert!(body["panics"]["last"].as_str().unwrap().ends_with(": a wrong turn"), "{body}");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

#[test]
fn what_a_phase_failed_with_is_in_the_trusted_view_only() {
    for (details, shown) in [("always", true), ("never", false)] {
        let mut command = failing_worker("run error, on_stop hang");
        let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", details));
        worker.line_with("in on_stop");
        let body: serde_json::Value = serde_json::from_str(&worker.get("/health").body).unwrap();
        let failure = body["failure"].as_str();
        let expected = "run failed: the order is lost: the disk is full";
        assert_eq!(failure, shown.then_some(expected), "{body}");
        assert_eq!(body["role"].as_str(), shown.then_some("FailingWorker"), "{body}");
        assert_eq!(worker.wait().code(), Some(75));
    }
}

#[test]
fn a_panic_turns_live_red_and_ends_with_70_whatever_drop_does() {
    let mut command = failing_worker("run panic, drop block");
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    let line = worker.line_with("heartbeat: run panicked");
    assert!(line.ends_with(": a wrong turn (live and ready fail)"), "{line}");
    let answer = worker.get("/livez");
    assert_eq!(answer.status, 503);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["reasons"], serde_json::json!(["faulted"]));
    let failure = body["failure"].as_str().unwrap();
    assert!(failure.starts_with("run panicked at tests/src/bin/failing-worker.rs:"), "{failure}");
    assert!(failure.ends_with(": a wrong turn"), "{failure}");
    assert_eq!(worker.wait().code(), Some(70));
}

#[test]
fn a_busy_worker_is_live_and_not_ready() {
    let mut worker = Worker::spawn(&mut failing_worker("run busy"));
    worker.line_with("heartbeat: busy");
    assert_eq!(worker.get("/livez").status, 200);
    let answer = worker.get("/readyz");
    assert_eq!(answer.status, 503);
    assert!(answer.body.ends_with(r#""state":"busy","reasons":["busy"]}"#), "{}", answer.body);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

/// The exit code and the number of calls of `on_stop` are right at whatever moment the signal
/// comes: some 9 ms pass from the first line to the last.
#[test]
fn two_hundred_stops_at_random_moments() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut skipped_run = 0;
    for round in 0..200 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut worker = Worker::spawn(&mut failing_worker("every 3ms"));
        worker.read_for(Duration::from_micros(seed % 12_000));
        worker.signal(Signal::TERM);
        let code = worker.wait().code();
        assert_eq!(code, Some(0), "round {round}: {:#?}", worker.log());
        let entered = phases(&worker);
        assert!(entered == ALL || entered == ["on_start", "on_stop"], "round {round}: {entered:?}");
        skipped_run += usize::from(entered.len() == 2);
    }
    println!("in {skipped_run} of 200 rounds the stop came during on_start");
}

/// A process with the id 1 has no default action for signals; without a handler it would stay.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_process_1_stops_on_sigterm() {
    const OPTIONS: [&str; 5] = ["--user", "--map-root-user", "--fork", "--pid", "--kill-child"];
    let mut unshare = Command::new("unshare");
    unshare.args(OPTIONS);
    if !unshare.arg("true").status().is_ok_and(|status| status.success()) {
        return skip("unshare cannot make a PID namespace for this user");
    }
    let mut command = Command::new("unshare");
    command.args(OPTIONS).arg(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "run stop");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("in run");
    let children = format!("/proc/{0}/task/{0}/children", worker.id());
    let process_1 = std::fs::read_to_string(children).unwrap();
    signal(process_1.trim().parse().unwrap(), Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert_said(&worker, "SIGTERM: stopping");
}
