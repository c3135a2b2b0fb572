use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = 3000)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
