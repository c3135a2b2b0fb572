use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", worker_threads = 0)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
