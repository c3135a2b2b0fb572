use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
#[path = "../../elsewhere/orders.rs"]
mod orders;
