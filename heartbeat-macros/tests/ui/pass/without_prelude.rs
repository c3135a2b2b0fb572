use ::core::future::{Future, ready};
use ::core::result::Result::{self, Ok};

use ::heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

/// Not the one that the attribute means; nor are the next ones.
mod std {}
/// Empty.
mod core {}
/// Empty.
mod heartbeat_runtime {}
/// Empty.
struct ExitCode;
/// Empty.
struct Host;
/// A worker.
struct Orders(ExitCode, Host);

#[worker_role(heartbeat = "Heartbeat", stall_after = "30s")]
impl WorkerRole for Orders {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        nothing().await;
        Ok(Self(ExitCode, Host))
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let Self(ExitCode, Host) = self;
        role.stopping().await;
        Ok(())
    }
}

/// Ends at once.
fn nothing() -> impl Future<Output = ()> {
    ready(())
}
