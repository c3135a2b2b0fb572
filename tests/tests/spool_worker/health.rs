//! The health of a spool worker in each state, reached by real means.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, skip};
use serde_json::Value;

use super::MIB;
use super::spool::{Spool, terminate};

/// A size that takes longer to compress than any test lasts, in bytes.
const HUGE: u64 = 64 * 1024 * MIB;

/// Spawns a worker that compresses a huge file and must beat every second.
fn busy_worker(spool: &Spool) -> Worker {
    spool.deliver_zeros("huge", HUGE);
    let mut command = spool.worker();
    let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "1s"));
    worker.wait_for_line("ready");
    worker
}

fn assert_health(worker: &Worker, path: &str, status: u16, state: &str, reasons: &[&str]) {
    let response = worker.get(path);
    let body: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(response.status, status, "{path}: {body}");
    assert_eq!(body["state"], state, "{path}: {body}");
    let actual = body["reasons"].as_array().cloned().unwrap_or_default();
    assert_eq!(actual, reasons, "{path}: {body}");
}

fn wait_for_live(worker: &mut Worker, status: u16) {
    let start = Instant::now();
    while worker.get("/livez").status != status {
        assert!(start.elapsed() < Duration::from_secs(20), "{:#?}", worker.log());
        worker.read_log_for(Duration::from_millis(10));
    }
}

fn assert_live_for(worker: &mut Worker, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        let response = worker.get("/livez");
        assert_eq!(response.status, 200, "{}\n{:#?}", response.body, worker.log());
        worker.read_log_for(Duration::from_millis(10));
    }
}

/// A strace that detaches when it is dropped.
struct Tracer(Child);

impl Tracer {
    /// Delays every read of the main thread alone by a minute.
    fn hang(worker: &Worker) -> Option<Self> {
        let mut command = Command::new("strace");
        command.args(["--quiet=attach", "-e", "trace=read,pread64"]);
        command.args(["-e", "inject=read,pread64:delay_enter=60s", "-p"]);
        command.arg(worker.id().to_string());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        Some(Self(child))
    }

    fn failed(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_hanging_file_system_fails_live_until_it_recovers() {
    let spool = Spool::new();
    let mut worker = busy_worker(&spool);
    assert_health(&worker, "/health", 200, "running", &[]);
    let Some(mut tracer) = Tracer::hang(&worker) else { return skip("strace is not installed") };
    worker.read_log_for(Duration::from_millis(500));
    if tracer.failed() {
        return skip("strace may not attach here");
    }
    wait_for_live(&mut worker, 503);
    for (path, status) in
        [("/health", 503), ("/livez", 503), ("/", 503), ("/readyz", 503), ("/startupz", 200)]
    {
        let reasons: &[_] = if status == 503 { &["stalled"] } else { &[] };
        assert_health(&worker, path, status, "running", reasons);
    }
    drop(tracer);
    wait_for_live(&mut worker, 200);
    assert_health(&worker, "/health", 200, "running", &[]);
    assert_live_for(&mut worker, Duration::from_secs(2));
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn a_suspension_in_the_middle_of_a_file_fails_nothing() {
    let spool = Spool::new();
    let mut worker = busy_worker(&spool);
    assert_live_for(&mut worker, Duration::from_secs(1));
    worker.signal(Signal::STOP);
    worker.read_log_for(Duration::from_secs(5));
    worker.signal(Signal::CONT);
    assert_live_for(&mut worker, Duration::from_secs(3));
    assert_eq!(terminate(&mut worker), Some(0));
    assert!(!worker.log().iter().any(|line| line.contains("stalled")), "{:#?}", worker.log());
}

#[test]
fn an_idle_worker_stays_live() {
    let spool = Spool::new();
    let mut command = spool.worker();
    let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "100ms"));
    worker.wait_for_line("ready");
    spool.deliver("first", b"makes the worker beat");
    worker.wait_for_line("compressed");
    assert_live_for(&mut worker, Duration::from_secs(3));
    assert_health(&worker, "/health", 200, "running", &[]);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn exits_with_1_if_the_inbox_vanishes() {
    let spool = Spool::new();
    let mut worker = Worker::spawn(&mut spool.worker());
    worker.wait_for_line("ready");
    fs::remove_dir(&spool.inbox).unwrap();
    worker.wait_for_line("run failed: cannot list");
    assert_eq!(worker.wait().code(), Some(1));
}

#[test]
fn a_stop_with_a_hanging_file_is_live_and_not_ready_until_the_timeout() {
    let spool = Spool::new();
    spool.deliver_zeros("huge", HUGE);
    let mut command = spool.worker();
    command.env("HEARTBEAT_STALL_AFTER", "1h").env("HEARTBEAT_STOP_WITHIN", "3s");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("ready");
    let Some(mut tracer) = Tracer::hang(&worker) else { return skip("strace is not installed") };
    worker.read_log_for(Duration::from_millis(500));
    if tracer.failed() {
        return skip("strace may not attach here");
    }
    worker.signal(Signal::TERM);
    worker.wait_for_line("SIGTERM: stopping");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        for (path, status) in [("/health", 503), ("/readyz", 503), ("/livez", 200)] {
            let reasons: &[_] = if status == 503 { &["stopping"] } else { &[] };
            assert_health(&worker, path, status, "stopping", reasons);
        }
    }
    worker.wait_for_line("run did not finish within 3 s: forcing exit 75");
    // The process can exit only when its thread is no longer traced.
    drop(tracer);
    assert_eq!(worker.wait().code(), Some(75));
}
