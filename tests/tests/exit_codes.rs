//! Exit codes, the phases before them, and the time limit of a stop.

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
    // On a busy machine, a backtrace takes longer than the stop may.
    command.env("RUST_BACKTRACE", "0");
    command
}

fn phases(worker: &Worker) -> Vec<&str> {
    worker.log().iter().filter_map(|line| line.strip_prefix("in ")).collect()
}

fn assert_logged(worker: &Worker, start: &str) {
    let start = format!("heartbeat: {start}");
    let is_logged = worker.log().iter().any(|line| line.starts_with(&start));
    assert!(is_logged, "no {start:?} in {:#?}", worker.log());
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
        ("on_start request stop", 0, &["on_start", "on_stop"], "stop requested".to_owned()),
        ("run request stop", 0, ALL, "stop requested: stopping, within 500 ms".to_owned()),
        ("on_start recycle", 75, &["on_start", "on_stop"], "recycle requested".to_owned()),
        ("run recycle", 75, ALL, "recycle requested: stopping".to_owned()),
        ("drop panic", 70, ALL, format!("on_stop {panic}")),
        ("run panic, drop panic", 70, &ALL[..2], format!("the worker {panic}")),
        ("on_stop recycle", 0, ALL, "stopped cleanly after".to_owned()),
    ] {
        let mut worker = Worker::spawn(&mut failing_worker(fail));
        assert_eq!(worker.wait().code(), Some(code), "{fail}: {:#?}", worker.log());
        assert_eq!(phases(&worker), entered, "{fail}");
        assert_logged(&worker, &line);
        let names_a_task = worker.log().iter().any(|line| line.contains("a task panicked"));
        assert!(!names_a_task, "{fail}: {:#?}", worker.log());
    }
}

#[test]
fn exits_in_time_whatever_does_not_return() {
    let dropped = |phase| format!("{phase} did not stop within 400 ms: dropped");
    let overdue =
        |phase| format!("stop overdue: {phase} did not finish within 500 ms: forcing exit 75");
    let spawned = "spawned tasks or destructors";
    for (fail, stop_after, entered, line) in [
        ("on_start hang", "in on_start", &ALL[..1], dropped("on_start")),
        ("on_start block", "in on_start", &ALL[..1], overdue("on_start")),
        ("run hang", "in run", ALL, dropped("run")),
        ("run block", "in run", &ALL[..2], overdue("run")),
        ("run block all", "blocked", ALL, overdue(spawned)),
        ("run spawn blocking", "in on_stop", ALL, overdue(spawned)),
        ("on_stop hang", "in on_stop", ALL, overdue("on_stop")),
        ("on_stop block", "in on_stop", ALL, overdue("on_stop")),
        ("drop block", "in on_stop", ALL, overdue("on_stop")),
    ] {
        let mut worker = Worker::spawn(&mut failing_worker(fail));
        worker.wait_for_line(stop_after);
        let start = Instant::now();
        if stop_after != "in on_stop" {
            worker.signal(Signal::TERM);
        }
        let code = worker.wait().code();
        let took = start.elapsed();
        assert_eq!(code, Some(75), "{fail}: {:#?}", worker.log());
        assert_eq!(phases(&worker), entered, "{fail}");
        assert_logged(&worker, &line);
        println!("{fail}: exited {:?} after the limit", took.saturating_sub(STOP_WITHIN));
        assert!(took < STOP_WITHIN + Duration::from_secs(5), "{fail} took {took:?}");
    }
}

#[test]
fn a_second_signal_forces_the_exit_while_a_phase_blocks() {
    for (fail, phase) in
        [("on_start block", "on_start"), ("run block", "run"), ("on_stop block", "on_stop")]
    {
        let mut command = failing_worker(fail);
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STOP_WITHIN", "1h"));
        worker.wait_for_line(&format!("in {phase}"));
        worker.signal(Signal::INT);
        worker.wait_for_line("SIGINT: ");
        let code = worker.signal_until_exit(Signal::TERM).code();
        assert_eq!(code, Some(128 + 15), "{fail}: {:#?}", worker.log());
    }
}

/// Nobody reads its stderr, so that `run` blocks while it prints.
#[test]
fn a_full_stderr_pipe_blocks_neither_health_nor_the_exit() {
    for (signals, code) in [(1, 75), (2, 128 + 15)] {
        let address = free_address();
        let mut command = failing_worker("run fill stderr");
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address).env("HEARTBEAT_STALL_AFTER", "300ms");
        if signals == 2 {
            command.env("HEARTBEAT_STOP_WITHIN", "1h");
        }
        let mut worker = command.stderr(Stdio::piped()).spawn().unwrap();
        let wait_for = |status: &str| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let request = "GET /livez HTTP/1.0\r\n\r\n";
            while !exchange(&address, request).is_ok_and(|response| response.starts_with(status)) {
                assert!(Instant::now() < deadline, "no {status}");
            }
        };
        wait_for("HTTP/1.0 200 ");
        wait_for("HTTP/1.0 503 ");
        signal(worker.id(), Signal::TERM);
        wait_for("HTTP/1.0 200 ");
        // A repeat within 50 ms counts as the same signal.
        let (_pace, pace) = channel::<()>();
        while signals == 2 && worker.try_wait().unwrap().is_none() {
            signal(worker.id(), Signal::TERM);
            assert!(pace.recv_timeout(Duration::from_millis(100)).is_err());
        }
        assert_eq!(worker.wait().unwrap().code(), Some(code));
    }
}

#[test]
fn a_partial_request_does_not_delay_the_exit() {
    let mut worker = Worker::spawn(&mut failing_worker("run stop"));
    worker.wait_for_line("in run");
    let mut client = TcpStream::connect(worker.address()).unwrap();
    client.write_all(b"G").unwrap();
    assert_eq!(worker.get("/livez").status, 200);
    let start = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    println!("exited after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
}

#[test]
fn a_stop_may_have_no_practical_time_limit() {
    let mut command = failing_worker("run stop");
    command.env("HEARTBEAT_STOP_WITHIN", "5000000000000000h").env("HEARTBEAT_DRAIN", "1ms");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("in run");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn counts_the_panic_of_a_task_and_goes_on() {
    let mut command = failing_worker("run spawn panic");
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    worker.wait_for_line("a task panicked at tests/src/bin/failing-worker.rs:");
    let response = worker.get("/health");
    assert_eq!(response.status, 200);
    let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(body["panics"]["count"], 1);
    assert!(body["panics"]["last"].as_str().unwrap().ends_with(": a wrong turn"), "{body}");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

#[test]
fn a_panic_fails_live_and_exits_with_70_though_drop_blocks() {
    let mut command = failing_worker("run panic, drop block");
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    let line = worker.wait_for_line("heartbeat: run panicked");
    assert!(line.ends_with(": a wrong turn (live and ready fail)"), "{line}");
    let response = worker.get("/livez");
    assert_eq!(response.status, 503);
    let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(body["reasons"], serde_json::json!(["faulted"]));
    let failure = body["failure"].as_str().unwrap();
    assert!(failure.starts_with("run panicked at tests/src/bin/failing-worker.rs:"), "{failure}");
    assert!(failure.ends_with(": a wrong turn"), "{failure}");
    assert_eq!(worker.wait().code(), Some(70));
}

#[test]
fn a_busy_worker_is_live_but_not_ready() {
    let mut worker = Worker::spawn(&mut failing_worker("run busy"));
    worker.wait_for_line("heartbeat: busy");
    assert_eq!(worker.get("/livez").status, 200);
    let response = worker.get("/readyz");
    assert_eq!(response.status, 503);
    let end = r#""state":"busy","reasons":["busy"]}"#;
    assert!(response.body.ends_with(end), "{}", response.body);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

/// The signal arrives at any time of the life of a worker, which is about 9 ms.
#[test]
fn exits_with_0_after_one_on_stop_at_whatever_time_the_signal_arrives() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut skipped_run = 0;
    for round in 0..200 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut command = failing_worker("every 3ms");
        let mut worker =
            Worker::spawn_raw(command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0"));
        worker.wait_for_line("in on_start");
        worker.read_log_for(Duration::from_micros(seed % 12_000));
        worker.signal(Signal::TERM);
        let code = worker.wait().code();
        assert_eq!(code, Some(0), "round {round}: {:#?}", worker.log());
        let entered = phases(&worker);
        assert!(entered == ALL || entered == ["on_start", "on_stop"], "round {round}: {entered:?}");
        skipped_run += usize::from(entered.len() == 2);
    }
    println!("in {skipped_run} of 200 rounds the signal arrived during on_start");
}

/// Process 1 has no default action for signals: without a handler it would go on.
#[cfg(target_os = "linux")]
#[test]
fn stops_on_sigterm_as_process_1() {
    const OPTIONS: [&str; 5] = ["--user", "--map-root-user", "--fork", "--pid", "--kill-child"];
    let mut unshare = Command::new("unshare");
    unshare.args(OPTIONS);
    if !unshare.arg("true").status().is_ok_and(|status| status.success()) {
        return skip("unshare cannot create a PID namespace for this user");
    }
    let mut command = Command::new("unshare");
    command.args(OPTIONS).arg(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "run stop");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("in run");
    let children = format!("/proc/{0}/task/{0}/children", worker.id());
    let process_1 = std::fs::read_to_string(children).unwrap();
    signal(process_1.trim().parse().unwrap(), Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert_logged(&worker, "SIGTERM: stopping");
}
