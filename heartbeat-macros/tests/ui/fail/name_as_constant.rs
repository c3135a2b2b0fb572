use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = HEARTBEAT)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
