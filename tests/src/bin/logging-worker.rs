//! A worker for tests of its log. Its arguments say where it installs a subscriber that writes JSON, and
//! what else it does.

use std::future::pending;
use std::io::{self, Error as IoError};
use std::thread;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;

struct LoggingWorker;

#[worker_role(heartbeat = "Heartbeat", definition = "Shapes.csdef", init = init)]
impl WorkerRole for LoggingWorker {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        eprintln!("in on_start");
        if is_asked("slow start") {
            sleep(Duration::from_millis(500)).await;
        }
        if is_asked("json in on_start") {
            log_json()?;
        }
        if is_asked("exit in on_start") {
            exit_on_purpose();
        }
        if is_asked("hang in on_start") {
            pending::<()>().await;
        }
        if is_asked("fail in on_start") {
            return Err("no queue".into());
        }
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        eprintln!("in run");
        if is_asked("trouble") {
            let consumer = role.heartbeat("consumer").stall_after(Duration::from_millis(80));
            let _consumer = consumer.register()?;
            let peer = role.check("peer").every(Duration::from_millis(20));
            let _peer = peer.register(async || Err("no peer".into()))?;
            role.stopping().await;
            return Err("bad".into());
        }
        role.stopping().await;
        Ok(())
    }
}

fn init() -> Result<(), Error> {
    let name = thread::current().name().map(str::to_owned);
    eprintln!("in init on {} of {} threads", name.unwrap_or_default(), threads()?);
    if is_asked("fail in init") {
        return Err(Box::new(Outer(IoError::other("the collector is away"))));
    }
    if is_asked("panic in init") {
        panic_on_purpose();
    }
    if is_asked("json in init") {
        log_json()?;
    }
    Ok(())
}

fn is_asked(what: &str) -> bool {
    std::env::args().any(|argument| argument == what)
}

fn log_json() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_writer(io::stderr).try_init()
}

/// Counts the threads of this process; one, on systems without `/proc`.
fn threads() -> io::Result<usize> {
    match std::fs::read_dir("/proc/self/task") {
        Ok(threads) => Ok(threads.count()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(1),
        Err(error) => Err(error),
    }
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "an exit under test")]
fn exit_on_purpose() {
    std::process::exit(3);
}

#[expect(clippy::panic, reason = "a panic under test")]
fn panic_on_purpose() {
    panic!("a wrong turn");
}

/// An error that has a source.
#[derive(Debug)]
struct Outer(IoError);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no telemetry")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
