use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use heartbeat_runtime::Error;

    pub async fn run(&RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}
