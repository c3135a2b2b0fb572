//! The role `Back`.

use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.stopping().await;
    Ok(())
}
