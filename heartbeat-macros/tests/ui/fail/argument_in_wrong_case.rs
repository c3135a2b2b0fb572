use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(Heartbeat = "Heartbeat")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
