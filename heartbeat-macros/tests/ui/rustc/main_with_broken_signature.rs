use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(_: RoleEnvironment,, _: u8) -> Result<(), Error> {
    Ok(())
}
