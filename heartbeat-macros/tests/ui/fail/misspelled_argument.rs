use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(hearbeat = "Heartbeat")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
