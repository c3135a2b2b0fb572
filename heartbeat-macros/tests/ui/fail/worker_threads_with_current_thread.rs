use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", flavor = "current_thread", worker_threads = 4)]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
