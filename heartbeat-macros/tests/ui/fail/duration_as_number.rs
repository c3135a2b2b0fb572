use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", stop_within = 25)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
