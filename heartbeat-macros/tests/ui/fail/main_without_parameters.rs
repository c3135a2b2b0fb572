use heartbeat_runtime::{Error, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main() -> Result<(), Error> {
    Ok(())
}
