use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role]
async fn main(_: RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
