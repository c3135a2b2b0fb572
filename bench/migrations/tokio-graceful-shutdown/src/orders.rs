//! Stands for a queue: an order each second, the third of which fails, and the fifth hangs.

use std::future;
use std::io;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

/// The number of the next order.
static NEXT: Mutex<u32> = Mutex::const_new(1);

/// An order, by its number.
pub(crate) struct Order(u32);

/// Waits for the next order.
pub(crate) async fn next_order() -> Order {
    let mut next = NEXT.lock().await;
    sleep(Duration::from_secs(1)).await;
    let order = Order(*next);
    *next += 1;
    order
}

impl Order {
    /// Ships the order.
    pub(crate) async fn ship(self) -> io::Result<()> {
        match self.0 {
            3 => return Err(io::Error::other("no truck")),
            5 => future::pending().await,
            _ => sleep(Duration::from_millis(200)).await,
        }
        println!("order {} is shipped", self.0);
        Ok(())
    }
}

/// Compacts the journal, every second.
pub(crate) async fn compact() -> io::Result<()> {
    sleep(Duration::from_secs(1)).await;
    Ok(())
}
