//! A worker that shows its lifecycle: each phase waits for Enter.
//!
//! ```text
//! cargo run -p step-worker
//! ```
//!
//! After each step, query its health from another terminal and see which response changes:
//!
//! ```text
//! for path in health livez readyz startupz; do curl http://localhost:3002/$path; echo; done
//! ```
//!
//! Ctrl-C during `run` is a step too: ready fails at once, live still passes, and `on_stop` waits for
//! Enter. A second Ctrl-C ends the process there.

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
        let mut worker = Self { lines: read_stdin() };
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
    /// Waits for a line; the end of the input completes every step.
    async fn step(&mut self, phase: &str) {
        eprintln!("{phase}: press Enter to continue");
        self.lines.recv().await;
    }
}

/// Reads lines on a thread of its own, because a task that waits for stdin cannot be cancelled.
fn read_stdin() -> mpsc::UnboundedReceiver<String> {
    let (send, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    lines
}
