//! The same consumer as a worker role.

mod queue;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

use queue::Queue;

struct Orders {
    queue: Queue,
}

#[worker_role(heartbeat = "Heartbeat", stall_after = "10s")]
impl WorkerRole for Orders {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let queue = Queue::open(role.setting("Queue")?).await?;
        Ok(Self { queue })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        loop {
            let idle = role.idle();
            let Some(order) = role.until_stopping(self.queue.next()).await else { return Ok(()) };
            drop(idle);
            order?.ship().await?;
        }
    }

    async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
        Ok(self.queue.close().await?)
    }
}
