use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", stall_after = "30")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
