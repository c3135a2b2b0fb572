//! The orders, and what the worker tells the soak.

use std::io::{BufRead, stdin};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// An order: to whom, what, and a time.
pub(crate) struct Order {
    to: String,
    pub(crate) what: String,
    pub(crate) time: Duration,
}

/// The orders that stdin brings, by their addressees.
pub(crate) struct Orders {
    pub(crate) run: UnboundedReceiver<Order>,
    pub(crate) consumer: UnboundedReceiver<Order>,
    pub(crate) flaky: UnboundedReceiver<Order>,
    pub(crate) side: UnboundedReceiver<Order>,
}

/// The time since the last beat of a loop, or the start of a check. One that is late for want of a core
/// is no false red, so that the soak must know of it.
pub(crate) struct Lateness {
    of: String,
    limit: Duration,
    since: Instant,
}

// === impl Orders ===

impl Orders {
    /// Reads orders on a thread of its own, which outlives every fault.
    pub(crate) fn read() -> Self {
        let (run, for_run) = unbounded_channel();
        let (consumer, for_consumer) = unbounded_channel();
        let (flaky, for_flaky) = unbounded_channel();
        let (side, for_side) = unbounded_channel();
        thread::spawn(move || {
            for line in stdin().lock().lines().map_while(Result::ok) {
                let Some(order) = Order::parse(&line) else { continue };
                let addressee = match order.to.as_str() {
                    "consumer" => &consumer,
                    "flaky" => &flaky,
                    "side" => &side,
                    _ => &run,
                };
                // Its loop may have ended.
                let _ = addressee.send(order);
            }
        });
        Self { run: for_run, consumer: for_consumer, flaky: for_flaky, side: for_side }
    }
}

// === impl Order ===

impl Order {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (to, what) = (words.next()?.to_owned(), words.next()?.to_owned());
        let milliseconds = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
        Some(Self { to, what, time: Duration::from_millis(milliseconds) })
    }
}

/// Tells that an order is being obeyed.
pub(crate) fn began(order: &Order) {
    eprintln!("soak: began {} {}", order.to, order.what);
}

// === impl Lateness ===

impl Lateness {
    pub(crate) fn new(of: &str, limit: Duration) -> Self {
        Self { of: of.to_owned(), limit, since: Instant::now() }
    }

    /// Begins anew, and tells if it took too long.
    pub(crate) fn beat(&mut self) {
        self.tell();
        self.since = Instant::now();
    }

    fn tell(&self) {
        let lasted = self.since.elapsed();
        if lasted > self.limit.mul_f64(0.7) {
            eprintln!("soak: late {} {}", self.of, lasted.as_millis());
        }
    }
}

impl Drop for Lateness {
    fn drop(&mut self) {
        self.tell();
    }
}
