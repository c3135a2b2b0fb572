//! Ships the orders of a Redis stream with a pool of consumers, and loses none, whatever is killed.
//!
//! `README.md` says how to start it, what to watch, and what to break.
//!
//! # Guarantees
//!
//! Each order that Redis has accepted is shipped at least once, or set aside in `orders:failed` with the
//! reason. It is shipped again if its consumer, the server or the connection dies before Redis knows that
//! it was shipped.
//!
//! 1. A consumer takes one order at a time; Redis keeps it as pending.
//! 2. It ships the order, and meanwhile tells Redis that it lives, so that a slow order is not claimed.
//! 3. In one transaction, it acknowledges the order and deletes it.
//!
//! An order without a sign of its consumer for `ClaimAfterMilliseconds` is claimed by any consumer, and so
//! is one that failed. After five tries, also by consumers that died of it, it is set aside.
//!
//! # Requirements
//!
//! - **Redis 7 or Valkey, with `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`.**
//!   With less, Redis itself may forget what it has accepted.
//! - **Nobody trims or deletes the stream** (`XADD … MAXLEN`, `XTRIM`): what is not yet shipped would go
//!   too. It has no other group: what is shipped is deleted for all.

mod consumer;
mod order;
mod queue;
mod server;
mod shipments;
mod watch;

use std::io::{self, IsTerminal};
use std::time::Duration;

use heartbeat_runtime::{Check, Error, Restart, RoleEnvironment, WorkerRole, worker_role};

use consumer::Consumer;
use server::Server;

/// Number of consumers of one instance.
const CONSUMERS: usize = 4;

struct RedisWorker {
    consumer: Consumer,
    /// Runs until it is dropped.
    _check: Check,
}

#[worker_role(heartbeat = "Heartbeat", init = log)]
impl WorkerRole for RedisWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        // Not connected yet: without the server, the worker starts, is not ready, and waits.
        let server = Server::new(role.setting_as("Redis")?)?;
        Ok(Self { consumer: Consumer::new(role, &server)?, _check: watch::watch(role, &server)? })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let consumer = self.consumer.clone();
        role.task("consumer")
            .times(CONSUMERS)
            // After a panic: an order may cause one at each of its tries.
            .restart(Restart::OnFailure { at_most: 100, within: Duration::from_secs(60) })
            .spawn(|task| consumer.run(task))?;
        role.tasks().await;
        Ok(())
    }
}

fn log() -> Result<(), Error> {
    let subscriber = tracing_subscriber::fmt().with_writer(io::stderr);
    subscriber.with_ansi(io::stderr().is_terminal()).try_init()
}
