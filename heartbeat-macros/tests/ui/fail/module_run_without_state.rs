use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use heartbeat_runtime::{Error, RoleEnvironment};

    pub async fn on_start(_: &RoleEnvironment) -> Result<u8, Error> {
        Ok(0)
    }

    pub async fn run(_: &RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}
