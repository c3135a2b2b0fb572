//! The scheduler places a standing order in each period, and tells how the pool is doing.
//!
//! An order that nobody ships is owed: it is placed again in the next period.

use std::collections::BTreeMap;
use std::time::Duration;

use fleet::Pool;
use heartbeat_runtime::{Check, Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;

struct Scheduler {
    pool: Pool,
    period: Duration,
    /// Standing orders that nobody has shipped yet.
    owed: u32,
    /// Without the pool the scheduler warns, and waits.
    _check: Check,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for Scheduler {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let period = Duration::from_millis(role.setting_as("PeriodMilliseconds")?);
        let pool = Pool::new(role);
        let check = pool.watch(role.check("pool").warn_only())?;
        Ok(Self { pool, period, owed: 0, _check: check })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        loop {
            // Nothing is due until the period is over.
            let idle = role.idle();
            if role.until_stopping(sleep(self.period)).await.is_none() {
                return Ok(());
            }
            drop(idle);
            role.beat();
            self.place_orders(role).await?;
            self.tell_reports(role).await?;
        }
    }
}

impl Scheduler {
    /// Places the standing order of this period, and those that are owed.
    async fn place_orders(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        self.owed += 1;
        while self.owed > 0 && !role.is_stopping() {
            match self.pool.ship("a standing order").await {
                Ok(answer) => eprint!("{answer}"),
                Err(error) => {
                    eprintln!("{error}");
                    break;
                }
            }
            role.beat();
            self.owed -= 1;
        }
        Ok(role.fact("owed", self.owed)?)
    }

    /// Tells the orders that each instance has shipped; an instance that does not answer has none.
    async fn tell_reports(&self, role: &RoleEnvironment) -> Result<(), Error> {
        let reports = self.pool.reports().await.into_iter();
        let shipped = reports.map(|(id, report)| (id, report.ok().map(|report| report.shipped)));
        Ok(role.fact("shipped", shipped.collect::<BTreeMap<_, _>>())?)
    }
}

#[cfg(test)]
mod tests;
