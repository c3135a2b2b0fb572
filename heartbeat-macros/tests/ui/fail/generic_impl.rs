use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

struct Orders<T>(T);

#[worker_role(heartbeat = "Heartbeat")]
impl<T> WorkerRole for Orders<T> {
    async fn on_start(_: &RoleEnvironment) -> Result<Self, Error> {
        std::future::pending().await
    }

    async fn run(&mut self, _: &RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}
