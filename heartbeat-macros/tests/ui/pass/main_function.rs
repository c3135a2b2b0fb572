use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat", flavor = "current_thread")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.stopping().await;
    Ok(())
}
