//! Jobs in a table of `PostgreSQL`: each payment is made exactly once, whatever dies on the way.
//!
//! `README.md` says how to start it and how to break it.
//!
//! # Guarantees
//!
//! A payment is in the ledger exactly once, if the worker or the server is killed or frozen at any
//! moment: the transaction that makes it removes its job. This holds for effects in this database. An
//! e-mail, or a request to another service, may be repeated; give it the id of the job, by which the
//! receiver can tell.
//!
//! A payment that fails is tried again later, and after `MaxAttempts` kept for someone to look at. An
//! attempt counts if the job itself fails. One that is cut off by a lost server or a killed worker does
//! not count, and another consumer makes it at once.

mod consumer;
mod job;
mod log;
mod migration;
mod payment;
mod queue;
mod session;

use std::time::Duration;

use heartbeat_runtime::{Check, Error, Restart, RoleEnvironment, WorkerRole, worker_role};
use tokio_postgres::Config;

use consumer::Consumer;
use migration::migrate;
use queue::Queue;
use session::answer_within;

/// Time for a migration, with the wait for the server and for other instances that migrate.
const MIGRATE_WITHIN: Duration = Duration::from_secs(120);

struct PostgresWorker {
    consumer: Consumer,
    consumers: usize,
    _check: Check,
}

#[worker_role(heartbeat = "Heartbeat", init = log::init)]
impl WorkerRole for PostgresWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let database: Config = role.setting_as("Database")?;
        let consumers = role.setting_as("Consumers")?;
        let consumer = Consumer::new(role, &database)?;
        let queue = Queue::new(role, &database)?;
        let allowance = role.allow(MIGRATE_WITHIN);
        let migrated = answer_within(MIGRATE_WITHIN, Box::pin(migrate(&database)));
        let migrated = role.until_stopping(migrated).await;
        // After a stop request nothing needs the tables.
        migrated.transpose()?;
        drop(allowance);
        let check = role.check("database").every(Duration::from_secs(2));
        let check =
            check.timeout(Duration::from_secs(3)).register(move || queue.clone().check())?;
        Ok(Self { consumer, consumers, _check: check })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let consumer = self.consumer.clone();
        role.task("consumer")
            .times(self.consumers)
            .restart(Restart::OnFailure { at_most: 5, within: Duration::from_secs(60) })
            .spawn(move |task| consumer.consume(task))?;
        role.tasks().await;
        Ok(())
    }
}
