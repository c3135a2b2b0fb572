//! An axum service with a background loop, as a worker. `before.rs` is its `main` of before; the other
//! modules are the same for both.
//!
//! Try it in the folder of this package:
//!
//! ```text
//! cargo run
//! ```
//!
//! In another terminal, in the same folder:
//!
//! ```text
//! curl http://localhost:8080/prices
//! curl http://localhost:8080/prices/apple
//! curl http://localhost:3003/stats
//! curl http://localhost:3003/health
//! ```
//!
//! `Api` is an endpoint of the service alone. `/stats` is for those who operate it, so it is on the
//! heartbeat's endpoint, beside the health paths. Change a price in `prices.csv`, and the worker serves
//! it within a second. Move the file away: the worker goes on serving what it has, and turns red after
//! 10 seconds, until the file is back. Stop it with Ctrl-C: it completes the requests under way.

mod log;
mod prices;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

use prices::Prices;
use routes::{Requests, api, operations};

struct WebWorker {
    prices: Arc<Prices>,
    requests: Arc<Requests>,
}

#[worker_role(heartbeat = "Heartbeat", init = log::init, stall_after = "10s")]
impl WorkerRole for WebWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let prices = Arc::new(Prices::load(role.setting("Prices")?).await?);
        let requests = Arc::new(Requests::default());
        role.serve("Api", api(&prices, &requests))?;
        role.serve("Heartbeat", operations(&prices, &requests))?;
        Ok(Self { prices, requests })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        while role.until_stopping(seconds.tick()).await.is_some() {
            match self.prices.reload().await {
                Ok(()) => role.beat(),
                Err(error) => tracing::warn!("the prices are out of date: {error}"),
            }
        }
        Ok(())
    }

    async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
        tracing::info!("requests served: {}", self.requests.count());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
