//! A worker of this project.

mod calls;

use bench_work::work;
use heartbeat_runtime::{Error, RoleEnvironment, worker_role};

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    if let Ok(times) = std::env::var("BENCH_CALLS") {
        calls::count(&role, times.parse()?);
        return Ok(());
    }
    if let Ok(rounds) = std::env::var("BENCH_ROUNDS") {
        calls::time(&role, rounds.parse()?);
        return Ok(());
    }
    if std::env::var("BENCH_WORK").is_ok_and(|work| work == "tasks") {
        let environment = role.clone();
        role.task("task").times(100).spawn(async move |task| {
            let _idle = task.idle();
            environment.stopping().await;
            Ok(())
        })?;
    }
    work(role.stopping(), || role.beat()).await;
    Ok(())
}
