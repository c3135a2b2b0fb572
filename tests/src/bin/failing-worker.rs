//! A worker for tests: it tells of each phase, and fails in the one and in the way that its
//! setting `Fail` names, such as `run error` or `on_stop panic`.

use std::io;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

struct FailingWorker;

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for FailingWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        phase("on_start", role)?;
        eprintln!("peer at {}", role.endpoint("Peer-Port").ok_or("no peer")?.address());
        eprintln!("scratch at {}", role.local_resource("Scratch")?.display());
        eprintln!("{} {} of {}", role.name(), role.version(), role.instance_id());
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        phase("run", role)
    }

    async fn on_stop(self, role: &RoleEnvironment) -> Result<(), Error> {
        phase("on_stop", role)
    }
}

fn phase(name: &str, role: &RoleEnvironment) -> Result<(), Error> {
    eprintln!("in {name}");
    let (phase, how) = role.setting("Fail")?.split_once(' ').unwrap_or_default();
    if phase != name {
        return Ok(());
    }
    match how {
        "error" => Err(Box::new(Outer(io::Error::other("the disk is full")))),
        _ => wrong_by_design(),
    }
}

#[expect(clippy::panic, reason = "that is what is tried")]
fn wrong_by_design() -> Result<(), Error> {
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
