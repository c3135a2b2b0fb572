use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
struct Orders;
