//! The metrics of orders: how many, and how long they took.

use std::time::Duration;

use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::histogram::Histogram;
use heartbeat_runtime::{Metrics, MetricsError};

/// The metrics of orders; a clone counts with it.
#[derive(Clone)]
pub(crate) struct Shipments {
    shipped: Counter,
    failed: Counter,
    set_aside: Counter,
    seconds: Histogram,
}

impl Shipments {
    pub(crate) fn register(metrics: &Metrics) -> Result<Self, MetricsError> {
        let buckets = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];
        Ok(Self {
            shipped: metrics.counter("orders_shipped", "Orders that were shipped")?,
            failed: metrics.counter("orders_failed", "Tries that failed, to be repeated")?,
            set_aside: metrics.counter("orders_set_aside", "Orders that were set aside")?,
            seconds: metrics.histogram("order_seconds", "Time to ship an order", buckets)?,
        })
    }

    pub(crate) fn shipped(&self, took: Duration) {
        self.shipped.inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn failed(&self) {
        self.failed.inc();
    }

    pub(crate) fn set_aside(&self) {
        self.set_aside.inc();
    }
}
