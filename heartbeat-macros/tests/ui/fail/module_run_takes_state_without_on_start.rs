use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use heartbeat_runtime::{Error, RoleEnvironment};

    pub async fn run(_: &mut u8, _: &RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}
