use heartbeat_runtime::{RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(_: RoleEnvironment) {}
