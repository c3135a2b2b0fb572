//! The routes on two endpoints of a worker: one of their own, and the heartbeat's.

use heartbeat_runtime::{Error, RoleEnvironment, worker_role};
use serve_contender::router;

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.serve("Orders", router())?;
    role.serve("Heartbeat", router())?;
    role.stopping().await;
    Ok(())
}
