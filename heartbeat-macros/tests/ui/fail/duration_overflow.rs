use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", drain = "9999999999999999999h")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
