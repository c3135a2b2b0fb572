//! A worker for tests, whose https endpoint has a runtime without the feature `tls`.

use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.stopping().await;
    Ok(())
}
