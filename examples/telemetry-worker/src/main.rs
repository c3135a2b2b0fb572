//! A worker that sends a span for each of its jobs to an OpenTelemetry collector, and writes its log
//! lines to stderr.
//!
//! ```text
//! cd examples/telemetry-worker
//! OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run
//! ```
//!
//! Watch for `init`: it installs the subscriber before the first line of the worker. And for the end:
//! the last spans are sent in `on_stop`, within the time that a stop may take.

mod telemetry;

use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::time::{Interval, interval, sleep};
use tracing::{Instrument, info_span, warn};

/// Ships an order every 100 ms.
struct TelemetryWorker {
    orders: Interval,
    shipped: u64,
}

#[worker_role(heartbeat = "Heartbeat", init = telemetry::install)]
impl WorkerRole for TelemetryWorker {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        Ok(Self { orders: interval(Duration::from_millis(100)), shipped: 0 })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        while role.until_stopping(self.orders.tick()).await.is_some() {
            role.beat();
            self.shipped += 1;
            ship().instrument(info_span!("ship", order = self.shipped)).await;
        }
        Ok(())
    }

    async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
        // It blocks, which `on_stop` may: it has the main thread to itself.
        if let Err(error) = telemetry::flush() {
            warn!("the last spans are lost: {error}");
        }
        Ok(())
    }
}

async fn ship() {
    sleep(Duration::from_millis(1)).instrument(info_span!("label")).await;
}
