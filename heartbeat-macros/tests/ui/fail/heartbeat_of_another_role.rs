use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Peers", definition = "SeveralRoles.csdef", role = "Returns")]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
