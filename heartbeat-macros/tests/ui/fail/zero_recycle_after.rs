use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", recycle_after = "0s")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
