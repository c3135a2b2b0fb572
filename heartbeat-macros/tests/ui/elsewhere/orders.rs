use heartbeat_runtime::{Error, RoleEnvironment};

pub async fn run(_: &RoleEnvironment) -> Result<(), Error> {
    Ok(())
}
