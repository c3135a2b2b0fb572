use heartbeat_runtime::worker_role;

#[worker_role(heartbeat = "Heartbeat")]
const ORDERS: u8 = 0;
