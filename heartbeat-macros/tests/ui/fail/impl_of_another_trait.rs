use heartbeat_runtime::{worker_role};

struct Orders;

#[worker_role(heartbeat = "Heartbeat")]
impl Drop for Orders {
    fn drop(&mut self) {}
}
