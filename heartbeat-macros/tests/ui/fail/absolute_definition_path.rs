use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat", definition = "/etc/Service.csdef")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
