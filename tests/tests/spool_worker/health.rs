//! The spool worker's health, driven into each state by real means.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, skip};
use serde_json::Value;

use super::MIB;
use super::spool::{Spool, terminate};

/// Longer than any test takes to compress.
const HUGE: u64 = 64 * 1024 * MIB;

/// A worker that is at a huge file, and owes a beat every second.
fn busy_worker(spool: &Spool) -> Worker {
    spool.deliver_zeros("huge", HUGE);
    let mut command = spool.worker();
    let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "1s"));
    worker.line_with("ready");
    worker
}

fn expect(worker: &Worker, path: &str, status: u16, state: &str, reasons: &[&str]) {
    let answer = worker.get(path);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, status, "{path}: {body}");
    assert_eq!(body["state"], state, "{path}: {body}");
    let told = body["reasons"].as_array().cloned().unwrap_or_default();
    assert_eq!(told, reasons, "{path}: {body}");
}

fn live_until(worker: &mut Worker, status: u16) {
    let start = Instant::now();
    while worker.get("/livez").status != status {
        assert!(start.elapsed() < Duration::from_secs(20), "{:#?}", worker.log());
        worker.read_for(Duration::from_millis(10));
    }
}

fn live_for(worker: &mut Worker, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        let answer = worker.get("/livez");
        assert_eq!(answer.status, 200, "{}\n{:#?}", answer.body, worker.log());
        worker.read_for(Duration::from_millis(10));
    }
}

/// Lets go of what it traces when it is dropped.
struct Tracer(Child);

impl Tracer {
    /// Delays every read of the main thread, and of no other, by a minute.
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
fn a_file_system_that_hangs_turns_it_red_and_answers_go_on_until_it_is_back() {
    let spool = Spool::new();
    let mut worker = busy_worker(&spool);
    expect(&worker, "/health", 200, "running", &[]);
    let Some(mut tracer) = Tracer::hang(&worker) else { return skip("there is no strace here") };
    worker.read_for(Duration::from_millis(500));
    if tracer.failed() {
        return skip("strace may not attach here");
    }
    live_until(&mut worker, 503);
    for (path, status) in
        [("/health", 503), ("/livez", 503), ("/", 503), ("/readyz", 503), ("/startupz", 200)]
    {
        let reasons: &[_] = if status == 503 { &["stalled"] } else { &[] };
        expect(&worker, path, status, "running", reasons);
    }
    drop(tracer);
    live_until(&mut worker, 200);
    expect(&worker, "/health", 200, "running", &[]);
    live_for(&mut worker, Duration::from_secs(2));
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn a_suspension_in_the_middle_of_a_file_turns_nothing_red() {
    let spool = Spool::new();
    let mut worker = busy_worker(&spool);
    live_for(&mut worker, Duration::from_secs(1));
    worker.signal(Signal::STOP);
    worker.read_for(Duration::from_secs(5));
    worker.signal(Signal::CONT);
    live_for(&mut worker, Duration::from_secs(3));
    assert_eq!(terminate(&mut worker), Some(0));
    assert!(!worker.log().iter().any(|line| line.contains("stalled")), "{:#?}", worker.log());
}

#[test]
fn an_idle_one_owes_nothing() {
    let spool = Spool::new();
    let mut command = spool.worker();
    let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "100ms"));
    worker.line_with("ready");
    spool.deliver("first", b"so that it has beaten");
    worker.line_with("compressed");
    live_for(&mut worker, Duration::from_secs(3));
    expect(&worker, "/health", 200, "running", &[]);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn an_inbox_that_vanishes_ends_it_with_1() {
    let spool = Spool::new();
    let mut worker = Worker::spawn(&mut spool.worker());
    worker.line_with("ready");
    fs::remove_dir(&spool.inbox).unwrap();
    worker.line_with("run failed: cannot list");
    assert_eq!(worker.wait().code(), Some(1));
}

/// Not ready at once and live to the end, though the work that is left takes long.
#[test]
fn a_stop_while_a_file_hangs_is_not_ready_and_live_until_the_budget_is_spent() {
    let spool = Spool::new();
    spool.deliver_zeros("huge", HUGE);
    let mut command = spool.worker();
    command.env("HEARTBEAT_STALL_AFTER", "1h").env("HEARTBEAT_STOP_WITHIN", "3s");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("ready");
    let Some(mut tracer) = Tracer::hang(&worker) else { return skip("there is no strace here") };
    worker.read_for(Duration::from_millis(500));
    if tracer.failed() {
        return skip("strace may not attach here");
    }
    worker.signal(Signal::TERM);
    worker.line_with("SIGTERM: stopping");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        for (path, status) in [("/health", 503), ("/readyz", 503), ("/livez", 200)] {
            let reasons: &[_] = if status == 503 { &["stopping"] } else { &[] };
            expect(&worker, path, status, "stopping", reasons);
        }
    }
    worker.line_with("run did not finish within 3 s: forcing exit 75");
    // The traced thread is let go of, so that the process can end.
    drop(tracer);
    assert_eq!(worker.wait().code(), Some(75));
}
