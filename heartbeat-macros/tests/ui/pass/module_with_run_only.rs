use heartbeat_runtime::worker_role;

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use heartbeat_runtime::{Error, RoleEnvironment};

    /// Works.
    pub(super) async fn run(role: &RoleEnvironment) -> Result<(), Error> {
        role.stopping().await;
        Ok(())
    }
}
