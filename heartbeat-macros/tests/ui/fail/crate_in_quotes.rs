use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", crate = "heartbeat_runtime")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
