use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", init = telemetry)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
