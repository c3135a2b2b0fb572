use core::future::ready;

/// Has a lifetime and a parameter.
struct Orders<'count, T>(&'count T);

#[heartbeat_runtime::worker_role(
    heartbeat = "Heartbeat",
    management = "Management",
    role = "Orders",
    definition = "../ServiceDefinition.csdef",
    stall_after = "1m",
    stop_within = "2500ms",
    drain = "0s",
    flavor = "multi_thread",
    worker_threads = 2,
)]
impl heartbeat_runtime::WorkerRole for Orders<'_, u8> {
    async fn on_start(_: &heartbeat_runtime::RoleEnvironment) -> Result<Self, heartbeat_runtime::Error> {
        ready(Ok(Self(&0))).await
    }

    async fn run(&mut self, role: &heartbeat_runtime::RoleEnvironment) -> Result<(), heartbeat_runtime::Error> {
        let Self(_count) = self;
        role.stopping().await;
        Ok(())
    }
}
