use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(hartbeat = "Heartbeat", role = 1, drain = "5", drain = "5s", flavour = "current_thread")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
