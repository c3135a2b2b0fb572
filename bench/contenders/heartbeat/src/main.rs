//! A worker of this project.

mod calls;

use bench_work::work;
use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    if let Ok(times) = std::env::var("BENCH_CALLS") {
        return calls::run(&role, times.parse()?);
    }
    work(role.stopping(), || role.beat()).await;
    Ok(())
}
