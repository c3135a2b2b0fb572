//! A worker for tests: it prints each phase that it enters, and fails as its setting `Fail` says: a
//! phase and a failure, such as `run error` or `run panic, drop block`.

use std::future::pending;
use std::io;
use std::num::NonZeroU16;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use heartbeat_runtime::{Check, Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;

struct FailingWorker {
    fail_in_drop: Option<String>,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for FailingWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        phase("on_start", role).await?;
        eprintln!("peer at {}", role.endpoint("Peer-Port").ok_or("no peer")?.address());
        eprintln!("scratch at {}", role.local_resource("Scratch")?.display());
        eprintln!("{} {} of {}", role.name(), role.version(), role.instance_id());
        Ok(Self { fail_in_drop: failure("drop", role)?.map(str::to_owned) })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        phase("run", role).await
    }

    async fn on_stop(self, role: &RoleEnvironment) -> Result<(), Error> {
        phase("on_stop", role).await
    }
}

impl Drop for FailingWorker {
    fn drop(&mut self) {
        match self.fail_in_drop.as_deref() {
            Some("block") => block(),
            Some(_) => panic_on_purpose(),
            None => {}
        }
    }
}

async fn phase(name: &str, role: &RoleEnvironment) -> Result<(), Error> {
    eprintln!("in {name}");
    if failure("every", role)?.is_some() {
        sleep(Duration::from_millis(3)).await;
        return Ok(());
    }
    let Some(failure) = failure(name, role)? else { return Ok(()) };
    match failure {
        "error" => return Err(Box::new(Outer(io::Error::other("the disk is full")))),
        "parse" => {
            role.setting_as::<NonZeroU16>("Fail")?;
        }
        "panic" => panic_on_purpose(),
        "hang" => pending().await,
        "fill stderr" => loop {
            role.beat();
            eprintln!("lines fill the pipe, as nobody reads it");
        },
        "stall" => {
            role.beat();
            pending::<()>().await;
        }
        "stall block" => {
            role.beat();
            block();
        }
        "block" => block(),
        "stop" => {
            role.stopping().await;
            eprintln!("stop noticed");
        }
        "stop error" => {
            role.stopping().await;
            return Err("bad".into());
        }
        "stop panic" => {
            role.stopping().await;
            panic_on_purpose();
        }
        "take two seconds" => sleep(Duration::from_secs(2)).await,
        "failing check" => {
            let _peer = failing_check(role)?;
            role.stopping().await;
        }
        "consumers" => {
            let _peer = failing_check(role)?;
            spawn_consumers(role)?;
            pending::<()>().await;
        }
        "request stop" => role.request_stop(),
        "recycle" => role.request_recycle(),
        "busy" => {
            role.set_busy(true);
            role.stopping().await;
        }
        "spawn blocking" => spawn_blocked(1, |block| drop(tokio::task::spawn_blocking(block)))?,
        "spawn panic" => {
            let _ = tokio::spawn(async { panic_on_purpose() }).await;
            role.stopping().await;
        }
        "task panic" => tokio::spawn(async { panic_on_purpose() }).await?,
        "block all" => {
            let threads = tokio::runtime::Handle::current().metrics().num_workers();
            spawn_blocked(threads, |block| drop(tokio::spawn(async { block() })))?;
            role.stopping().await;
        }
        _ => return Err(format!("unknown failure `{failure}`").into()),
    }
    Ok(())
}

/// Returns the failure that the setting names for a phase, or for `drop`.
fn failure<'a>(phase: &str, role: &'a RoleEnvironment) -> Result<Option<&'a str>, Error> {
    let mut failures = role.setting("Fail")?.split(", ").filter_map(|entry| entry.split_once(' '));
    Ok(failures.find(|(name, _)| *name == phase).map(|(_, failure)| failure))
}

fn failing_check(role: &RoleEnvironment) -> Result<Check, Error> {
    let peer = role.check("peer").every(Duration::from_millis(20));
    Ok(peer.register(async || Err("no peer".into()))?)
}

/// Registers the heartbeats of four consumers: one hangs, one is idle, one has a long job, one has
/// finished. Those that have not finished live on threads of their own.
fn spawn_consumers(role: &RoleEnvironment) -> Result<(), Error> {
    let register = |name| role.heartbeat(name).register();
    let [hung, idle, busy] = [register("hung")?, register("idle")?, register("long job")?];
    register("finished")?.finish();
    thread::spawn(move || {
        hung.beat();
        block();
        hung.finish();
    });
    thread::spawn(move || {
        let _idle = idle.idle();
        block();
    });
    thread::spawn(move || {
        let _allowance = busy.allow(Duration::from_secs(3600));
        block();
    });
    Ok(())
}

/// Spawns `count` tasks that block their threads, and waits until all do.
fn spawn_blocked(count: usize, spawn: impl Fn(Box<dyn FnOnce() + Send>)) -> Result<(), Error> {
    let (send, blocked) = channel();
    for _ in 0..count {
        let send = send.clone();
        spawn(Box::new(move || {
            let _ = send.send(());
            block();
        }));
    }
    (0..count).try_for_each(|_| blocked.recv())?;
    eprintln!("{count} blocked");
    Ok(())
}

/// Blocks this thread for ever.
fn block() {
    loop {
        thread::park();
    }
}

#[expect(clippy::panic, reason = "a panic under test")]
fn panic_on_purpose() {
    panic!("a wrong turn");
}

/// An error that has a source.
#[derive(Debug)]
struct Outer(io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order is lost")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
