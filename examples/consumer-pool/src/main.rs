//! Four supervised consumers of one queue. Every tenth order fails its consumer, which is restarted.
//!
//! ```text
//! cargo run -p consumer-pool
//! curl http://localhost:3003/health
//! ```
//!
//! Stop it with Ctrl-C: each consumer ships the order that it has begun.

use std::time::Duration;

use heartbeat_runtime::{Error, Restart, RoleEnvironment, Task, worker_role};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// The queue: the number of the next order.
static QUEUE: Mutex<u32> = Mutex::const_new(1);

#[worker_role(heartbeat = "Heartbeat")]
async fn main(role: RoleEnvironment) -> Result<(), Error> {
    role.task("consumer")
        .times(4)
        .stall_after(Duration::from_secs(5))
        .restart(Restart::OnFailure { at_most: 10, within: Duration::from_secs(60) })
        .spawn(consume)?;
    role.tasks().await;
    Ok(())
}

async fn consume(task: Task) -> Result<(), Error> {
    while let Some(order) = next(&task).await {
        task.beat();
        ship(order).await?;
        println!("{} has shipped order {order}", task.name());
    }
    Ok(())
}

/// Waits for the next order, or a stop; meanwhile no beat is due.
async fn next(task: &Task) -> Option<u32> {
    let _idle = task.idle();
    task.until_stopping(receive()).await
}

/// Receives an order; one arrives each second.
async fn receive() -> u32 {
    let mut next = QUEUE.lock().await;
    sleep(Duration::from_secs(1)).await;
    *next += 1;
    *next - 1
}

async fn ship(order: u32) -> Result<(), Error> {
    sleep(Duration::from_secs(2)).await;
    if order.is_multiple_of(10) { Err("no truck".into()) } else { Ok(()) }
}
