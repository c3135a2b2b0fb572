//! An instance of the pool ships one order after the other.
//!
//! It answers an order when that is shipped, and refuses one for which its queue has no place. At a stop it
//! still ships what is in the queue. `POST /break` makes it hang, so that you can see what happens then.

mod work;

use std::future::pending;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use work::{Counts, Job, Order};

struct Pool {
    jobs: Receiver<Job>,
    counts: Counts,
    shipping: Duration,
}

// One that hangs does not stop by itself, and shall not hold up its restart for long.
#[worker_role(heartbeat = "Heartbeat", stall_after = "5s", stop_within = "5s")]
impl WorkerRole for Pool {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let shipping = Duration::from_millis(role.setting_as("ShippingMilliseconds")?);
        let counts = Counts::new(role)?;
        let (routes, jobs) = work::routes(&counts);
        role.serve("Work", routes)?;
        Ok(Self { jobs, counts, shipping })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        while let Some(job) = self.next(role).await {
            role.beat();
            match job {
                Job::Ship(order) => self.ship(role, order).await?,
                // No beat comes any more, and it is not idle either: it stalls.
                Job::Break => pending().await,
            }
        }
        Ok(())
    }
}

impl Pool {
    /// Waits for a job; meanwhile no beat is due. After a stop request it returns what is left in the
    /// queue, then nothing.
    async fn next(&mut self, role: &RoleEnvironment) -> Option<Job> {
        let _idle = role.idle();
        if let Some(job) = role.until_stopping(self.jobs.recv()).await {
            return job;
        }
        self.jobs.close();
        self.jobs.recv().await
    }

    async fn ship(&self, role: &RoleEnvironment, order: Order) -> Result<(), Error> {
        // A client that has gone asks another instance.
        if !order.answer.is_closed() {
            sleep(self.shipping).await;
            eprintln!("shipped {}", order.text);
            self.counts.shipped.inc();
            let answer = format!("{} has shipped {}\n", role.instance_id(), order.text);
            // It may have gone meanwhile.
            order.answer.send(answer).ok();
        }
        self.counts.waiting.dec();
        role.fact("shipped", self.counts.shipped.get())?;
        role.fact("waiting", self.counts.waiting.get())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
