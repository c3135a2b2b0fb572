use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn run(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
