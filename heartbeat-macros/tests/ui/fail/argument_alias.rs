use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(endpoint = "Heartbeat")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
