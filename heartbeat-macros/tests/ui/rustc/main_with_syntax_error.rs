use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    let count = ;
    Ok(())
}
