use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use heartbeat_runtime::{Error, RoleEnvironment};

    pub async fn run(_: &RoleEnvironment) -> Result<(), Error> {
        let count = ;
        Ok(())
    }
}
