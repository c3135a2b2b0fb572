//! A worker role of Azure Cloud Services, carried over: it bills the invoices in its local storage.
//! `before/WorkerRole.cs` is what it was; the guide's chapter on Azure goes through both.
//!
//! ```text
//! cd examples/azure-worker && cargo run
//! ```

mod spool;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::sleep;

use spool::{bill, invoices};

struct Invoices {
    spool: PathBuf,
    period: Duration,
}

#[worker_role(heartbeat = "Heartbeat", management = "Management", stall_after = "1m")]
impl WorkerRole for Invoices {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let spool = role.local_resource("Spool")?;
        let period = Duration::from_secs(role.setting_as("PollSeconds")?);
        Ok(Self { spool, period })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        loop {
            let invoices = invoices(&self.spool)?;
            role.set_busy(invoices.len() > 1000);
            for invoice in invoices {
                if role.is_stopping() {
                    return Ok(());
                }
                bill(&invoice)?;
                role.beat();
            }
            let _idle = role.idle();
            if role.until_stopping(sleep(self.period)).await.is_none() {
                return Ok(());
            }
        }
    }
}
