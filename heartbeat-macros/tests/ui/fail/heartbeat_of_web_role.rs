use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Web")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
