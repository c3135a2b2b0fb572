use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(role = "Orders")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
