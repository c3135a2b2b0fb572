//! The facts and metrics that a worker tells, and collectors that break.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod collectors;
mod facts;
mod metrics;

use std::process::Command;

use heartbeat_tests::Worker;

/// Spawns a worker with collectors that break, and waits until it runs.
fn telling_worker(details: &str, broken: &str) -> Worker {
    let mut worker = Worker::spawn(&mut command(details, broken));
    worker.wait_until_logged("heartbeat: ready");
    worker
}

fn command(details: &str, broken: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telling-worker"));
    command.env("HEARTBEAT_DETAILS", details).env("HEARTBEAT_SETTING_BROKEN", broken);
    command
}
