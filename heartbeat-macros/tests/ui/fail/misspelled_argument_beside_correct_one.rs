use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(hartbeat = "Clock", heartbeat = "Heartbeat")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
