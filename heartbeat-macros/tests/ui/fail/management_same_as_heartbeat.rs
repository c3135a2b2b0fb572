use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Management", management = "Management")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
