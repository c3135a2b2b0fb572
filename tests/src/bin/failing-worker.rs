//! A worker for tests: it tells of each phase, and goes wrong in the one and in the way that its
//! setting `Fail` names, such as `run error` or `run panic, drop block`.

use std::future::pending;
use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;

struct FailingWorker {
    when_dropped: Option<String>,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for FailingWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        phase("on_start", role).await?;
        eprintln!("peer at {}", role.endpoint("Peer-Port").ok_or("no peer")?.address());
        eprintln!("scratch at {}", role.local_resource("Scratch")?.display());
        eprintln!("{} {} of {}", role.name(), role.version(), role.instance_id());
        Ok(Self { when_dropped: wanted("drop", role)?.map(str::to_owned) })
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
        match self.when_dropped.as_deref() {
            Some("block") => block(),
            Some(_) => wrong_by_design(),
            None => {}
        }
    }
}

async fn phase(name: &str, role: &RoleEnvironment) -> Result<(), Error> {
    eprintln!("in {name}");
    if wanted("every", role)?.is_some() {
        sleep(Duration::from_millis(3)).await;
        return Ok(());
    }
    let Some(how) = wanted(name, role)? else { return Ok(()) };
    match how {
        "error" => return Err(Box::new(Outer(io::Error::other("the disk is full")))),
        "panic" => wrong_by_design(),
        "hang" => pending().await,
        "fill stderr" => loop {
            role.beat();
            eprintln!("a pipe that nobody reads is full after some of these");
        },
        "stall" => {
            role.beat();
            pending::<()>().await;
        }
        "block" => block(),
        "stop" => {
            role.stopping().await;
            eprintln!("stopping is seen");
        }
        "stop error" => {
            role.stopping().await;
            return Err("bad".into());
        }
        "stop panic" => {
            role.stopping().await;
            wrong_by_design();
        }
        "take two seconds" => sleep(Duration::from_secs(2)).await,
        "consumers" => {
            let peer = role.check("peer").every(Duration::from_millis(20));
            let _peer = peer.register(async || Err("no peer".into()))?;
            consumers(role)?;
            pending::<()>().await;
        }
        "recycle" => role.request_recycle(),
        "busy" => {
            role.set_busy(true);
            role.stopping().await;
        }
        "spawn blocking" => blocked(1, |block| drop(tokio::task::spawn_blocking(block)))?,
        "spawn panic" => {
            let _ = tokio::spawn(async { wrong_by_design() }).await;
            role.stopping().await;
        }
        "task panic" => tokio::spawn(async { wrong_by_design() }).await?,
        "block all" => {
            let threads = tokio::runtime::Handle::current().metrics().num_workers();
            blocked(threads, |block| drop(tokio::spawn(async { block() })))?;
            role.stopping().await;
        }
        _ => return Err(format!("cannot fail by {how}").into()),
    }
    Ok(())
}

/// How to go wrong at that point of the life.
fn wanted<'a>(point: &str, role: &'a RoleEnvironment) -> Result<Option<&'a str>, Error> {
    let mut ways = role.setting("Fail")?.split(", ").filter_map(|way| way.split_once(' '));
    Ok(ways.find(|(wanted, _)| *wanted == point).map(|(_, how)| how))
}

/// Spawns four consumers on threads of their own: one hangs, one has nothing to do, one is at a
/// long job, one has done its work.
fn consumers(role: &RoleEnvironment) -> Result<(), Error> {
    let register = |name| role.heartbeat(name).register();
    let [hung, idle, at_a_job] = [register("hung")?, register("idle")?, register("at a job")?];
    register("done")?.finish();
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
        let _allowance = at_a_job.allow(Duration::from_secs(3600));
        block();
    });
    Ok(())
}

/// Spawns that many of what blocks its thread, and waits until all of them do.
fn blocked(count: usize, spawn: impl Fn(Box<dyn FnOnce() + Send>)) -> Result<(), Error> {
    let (send, begun) = channel();
    for _ in 0..count {
        let send = send.clone();
        spawn(Box::new(move || {
            let _ = send.send(());
            block();
        }));
    }
    (0..count).try_for_each(|_| begun.recv())?;
    eprintln!("{count} blocked");
    Ok(())
}

/// A thread that does this is never seen again.
fn block() {
    loop {
        thread::park();
    }
}

#[expect(clippy::panic, reason = "that is what is tried")]
fn wrong_by_design() {
    panic!("a wrong turn");
}

/// An error with a source.
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
