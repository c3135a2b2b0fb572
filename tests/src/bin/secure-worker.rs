//! A worker for tests of TLS and gRPC. It serves a route on `Api`, one that never ends on
//! `Heartbeat`, and echoes on `Own`. Each phase waits for
//! Enter; meanwhile, the line `fail` makes its check `queue` fail, and `pass` makes it pass.

use std::future::pending;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::axum::Router;
use heartbeat_runtime::axum::routing::get;
use heartbeat_runtime::{Check, EndpointListener, Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::io::{copy, split};
use tokio::sync::mpsc;

struct SecureWorker {
    lines: mpsc::UnboundedReceiver<String>,
    fails: Arc<AtomicBool>,
    #[expect(dead_code, reason = "it is there to be dropped")]
    check: Check,
}

#[worker_role(heartbeat = "Heartbeat", management = "Inside", definition = "Secure.csdef")]
impl WorkerRole for SecureWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        role.serve("Api", Router::new().route("/hello", get("hello\n")))?;
        role.serve("Heartbeat", Router::new().route("/never", get(never)))?;
        tokio::spawn(echo(role.bind("Own")?));
        let fails = Arc::new(AtomicBool::new(false));
        let failing = Arc::clone(&fails);
        let check = move || {
            let result = if failing.load(Ordering::Relaxed) { Err("no queue") } else { Ok(()) };
            async move { result.map_err(Error::from) }
        };
        let every = Duration::from_millis(100);
        let check = role.check("queue").every(every).warn_only().register(check)?;
        let waiting = async |task: heartbeat_runtime::Task| {
            let _idle = task.idle();
            task.stopping().await;
            Ok(())
        };
        role.task("waiter").spawn(waiting)?;
        let mut worker = Self { lines: read_stdin(), fails, check };
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

impl SecureWorker {
    /// Waits for an empty line; the end of the input completes every step.
    async fn step(&mut self, phase: &str) {
        eprintln!("{phase}: press Enter to continue");
        while let Some(line) = self.lines.recv().await.filter(|line| !line.is_empty()) {
            self.fails.store(line == "fail", Ordering::Relaxed);
        }
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

async fn echo(listener: EndpointListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let (mut reader, mut writer) = split(stream);
            let _ = copy(&mut reader, &mut writer).await;
        });
    }
}

async fn never() {
    eprintln!("a route waits");
    pending::<()>().await;
}
