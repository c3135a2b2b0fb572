use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for Orders {
    async fn on_start(_: &RoleEnvironment) -> Result<Self, Error> {
        std::future::pending().await
    }

    async fn run(&mut self, _: &RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}
