use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

struct Orders;

#[worker_role(heartbeat = "Heartbeat", init = telemetry)]
impl WorkerRole for Orders {
    async fn on_start(_: &RoleEnvironment) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn run(&mut self, _: &RoleEnvironment) -> Result<(), Error> {
        Ok(())
    }
}

fn telemetry(_: &RoleEnvironment) {}
