use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
