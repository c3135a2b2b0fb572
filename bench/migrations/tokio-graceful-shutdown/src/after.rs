//! The same consumers and job as tasks.

mod orders;

use std::time::Duration;

use heartbeat_runtime::{Error, Restart, RoleEnvironment, Task, worker_role};

use orders::{compact, next_order};

#[worker_role(heartbeat = "Heartbeat", init = log, stop_within = "25s")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.task("consumer")
        .times(2)
        .stall_after(Duration::from_secs(5))
        .restart(Restart::OnFailure { at_most: 5, within: Duration::from_secs(600) })
        .spawn(consume)?;
    role.task("journal").stall_after(Duration::from_secs(5)).spawn(keep_compacting)?;
    role.tasks().await;
    Ok(())
}

fn log() {
    tracing_subscriber::fmt().init();
}

async fn consume(task: Task) -> Result<(), Error> {
    loop {
        let idle = task.idle();
        let Some(order) = task.until_stopping(next_order()).await else { return Ok(()) };
        drop(idle);
        order.ship().await?;
    }
}

async fn keep_compacting(task: Task) -> Result<(), Error> {
    while !task.is_stopping() {
        compact().await?;
        task.beat();
    }
    Ok(())
}
