use heartbeat_runtime::worker_role;

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use core::future::ready;

    use heartbeat_runtime::{Error, RoleEnvironment};

    /// Creates the state.
    pub(super) async fn on_start(_role: &RoleEnvironment) -> Result<u8, Error> {
        ready(Ok(0)).await
    }

    /// Works.
    pub(super) async fn run(count: &mut u8, role: &RoleEnvironment) -> Result<(), Error> {
        *count = count.saturating_add(1);
        role.stopping().await;
        Ok(())
    }
}
