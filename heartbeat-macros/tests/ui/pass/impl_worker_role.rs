use core::future::ready;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

/// Counts its runs.
struct Orders(u8);

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for Orders {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        ready(Ok(Self(0))).await
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        self.0 = self.0.saturating_add(1);
        role.stopping().await;
        Ok(())
    }

    #[cfg(not(windows))]
    async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
        let Self(_count) = self;
        ready(Ok(())).await
    }
}
