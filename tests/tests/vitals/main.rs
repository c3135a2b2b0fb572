//! The vital signs of real processes: a healthy worker stays green, and a broken one turns red.
#![cfg(target_os = "linux")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod blocking_task;
mod failures;
mod metrics;
mod soak;

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use heartbeat_tests::Worker;
use serde_json::Value;

/// Held by tests that need all cores, or take them from all others.
static CORES: Mutex<()> = Mutex::new(());

fn vital_worker(mode: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vital-worker"));
    command.env("HEARTBEAT_SETTING_MODE", mode).env("HEARTBEAT_DETAILS", "always");
    command.env("HEARTBEAT_STALL_AFTER", "2s");
    // One thread of the runtime may block while the other goes on, even on a machine with one core.
    command.env("TOKIO_WORKER_THREADS", "2");
    command
}

fn get_json(worker: &Worker, path: &str) -> (u16, Value) {
    let response = worker.get(path);
    (response.status, serde_json::from_str(&response.body).unwrap())
}

/// Polls until the response has the status; returns the time and the body.
#[track_caller]
fn wait_for_status(worker: &mut Worker, path: &str, status: u16) -> (Instant, Value) {
    let start = Instant::now();
    loop {
        let (current, body) = get_json(worker, path);
        if current == status {
            return (Instant::now(), body);
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{path} stays {current}: {body}");
        worker.read_log_for(Duration::from_millis(5));
    }
}

/// Polls for a time, and asserts the status of every response.
#[track_caller]
fn assert_status_for(worker: &mut Worker, path: &str, status: u16, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        let (current, body) = get_json(worker, path);
        assert_eq!(current, status, "after {:?}: {body}\n{:#?}", start.elapsed(), worker.log());
        worker.read_log_for(Duration::from_millis(50));
    }
}
