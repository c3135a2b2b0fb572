//! The vital signs of real processes: nothing turns red that is well, and nothing stays green
//! that is not.
#![cfg(target_os = "linux")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod bad_task;
mod metrics;
mod soak;
mod wrong;

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use heartbeat_tests::Worker;
use serde_json::Value;

/// Held by tests that need the cores for themselves, or take them from all others.
static CORES: Mutex<()> = Mutex::new(());

fn vital_worker(way: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vital-worker"));
    command.env("HEARTBEAT_SETTING_WAY", way).env("HEARTBEAT_DETAILS", "always");
    command.env("HEARTBEAT_STALL_AFTER", "2s");
    // One thread of the runtime may block while another goes on, on a machine with one core too.
    command.env("TOKIO_WORKER_THREADS", "2");
    command
}

fn told(worker: &Worker, path: &str) -> (u16, Value) {
    let answer = worker.get(path);
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// Asks until the status is that one; returns when it was, and what was told then.
#[track_caller]
fn until(worker: &mut Worker, path: &str, status: u16) -> (Instant, Value) {
    let start = Instant::now();
    loop {
        let (answered, body) = told(worker, path);
        if answered == status {
            return (Instant::now(), body);
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{path} stays {answered}: {body}");
        worker.read_for(Duration::from_millis(5));
    }
}

/// Asks for that long, and asserts that the status is always that one.
#[track_caller]
fn always(worker: &mut Worker, path: &str, status: u16, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        let (answered, body) = told(worker, path);
        assert_eq!(answered, status, "after {:?}: {body}\n{:#?}", start.elapsed(), worker.log());
        worker.read_for(Duration::from_millis(50));
    }
}
