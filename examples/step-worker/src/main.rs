//! A worker to watch a lifecycle with: each of its steps waits for Enter.
//!
//! ```text
//! cargo run -p step-worker
//! ```
//!
//! Ask from another terminal after each step, and see which answer changes:
//!
//! ```text
//! for path in health livez readyz startupz; do curl http://localhost:3002/$path; echo; done
//! ```
//!
//! Ctrl-C while it runs is a step too: ready turns red at once, live stays green, and `on_stop`
//! still waits for Enter. A second Ctrl-C ends it there.

use std::io::BufRead;
use std::thread;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::sync::mpsc;

struct StepWorker {
    lines: mpsc::UnboundedReceiver<String>,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for StepWorker {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        let mut worker = Self { lines: lines_of_stdin() };
        worker.step("on_start").await;
        Ok(worker)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let _idle = role.idle();
        role.until_stopping(self.step("run")).await;
        Ok(())
    }

    async fn on_stop(mut self, _role: &RoleEnvironment) -> Result<(), Error> {
        self.step("on_stop").await;
        Ok(())
    }
}

impl StepWorker {
    /// Waits for a line; the end of the input passes every step.
    async fn step(&mut self, phase: &str) {
        eprintln!("{phase}: press Enter to go on");
        self.lines.recv().await;
    }
}

/// A thread of its own reads, because a task that waits for stdin could not be ended.
fn lines_of_stdin() -> mpsc::UnboundedReceiver<String> {
    let (send, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    lines
}
