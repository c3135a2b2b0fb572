//! Stands for the client of a queue: an order each second, the third of which hangs its consumer.

use std::future;
use std::time::Duration;

use tokio::time::{Interval, interval, sleep};

/// A queue of orders.
pub(crate) struct Queue {
    seconds: Interval,
    taken: u32,
}

/// An order, by its number.
pub(crate) struct Order(u32);

/// The queue cannot be reached.
#[derive(Debug)]
pub(crate) struct QueueError(String);

impl std::fmt::Display for QueueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no queue at `{}`", self.0)
    }
}

impl std::error::Error for QueueError {}

impl Queue {
    /// Connects to the queue.
    pub(crate) async fn open(address: &str) -> Result<Self, QueueError> {
        sleep(Duration::from_millis(10)).await;
        if !address.starts_with("queue:") {
            return Err(QueueError(address.to_owned()));
        }
        Ok(Self { seconds: interval(Duration::from_secs(1)), taken: 0 })
    }

    /// Waits for the next order.
    pub(crate) async fn next(&mut self) -> Result<Order, QueueError> {
        self.seconds.tick().await;
        self.taken += 1;
        Ok(Order(self.taken))
    }

    /// Hands back what has been taken and not shipped.
    pub(crate) async fn close(self) -> Result<(), QueueError> {
        sleep(Duration::from_millis(10)).await;
        Ok(())
    }
}

impl Order {
    /// Ships the order.
    pub(crate) async fn ship(self) -> Result<(), QueueError> {
        if self.0 == 3 {
            future::pending::<()>().await;
        }
        sleep(Duration::from_millis(200)).await;
        println!("order {} is shipped", self.0);
        Ok(())
    }
}
