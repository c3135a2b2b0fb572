use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Clock")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
