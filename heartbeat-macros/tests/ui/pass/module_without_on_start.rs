use heartbeat_runtime::worker_role;

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use core::future::ready;

    use heartbeat_runtime::{Error, RoleEnvironment};

    /// Works.
    pub(super) async fn run(role: &RoleEnvironment) -> Result<(), Error> {
        role.stopping().await;
        Ok(())
    }

    /// Cleans up.
    pub(super) async fn on_stop(_role: &RoleEnvironment) -> Result<(), Error> {
        ready(Ok(())).await
    }
}
