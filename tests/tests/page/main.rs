//! The status page and its events: over sockets, and in a real browser.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod accessibility;
mod answers;
mod events;
mod listeners;
mod shown;

use std::process::Command;

use heartbeat_tests::Worker;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shown-worker"));
    command.env("HEARTBEAT_DETAILS", "always").env("HEARTBEAT_INSTANCE_ID", "orders-0");
    // A free port, for another worker than the one of the test.
    command.env("HEARTBEAT_ENDPOINT_FEED", "127.0.0.1:0");
    command
}

/// Spawns a worker that has something of each kind to show, and waits until it is ready.
fn worker(command: &mut Command) -> Worker {
    let mut worker = Worker::spawn(command);
    worker.wait_until_logged("task `importer` restarted");
    worker
}

/// Writes a line to the worker, and waits until it has done what the line says.
fn tell(worker: &mut Worker, line: &str) {
    worker.write_line(line);
    worker.wait_for_line(&format!("{line}: done"));
}
