//! The canary: an empty task that enters the worker's runtime every 100 ms, or about once a second
//! while all threads of the runtime are parked.
//!
//! A canary that does not run reveals a runtime that cannot run tasks. The spawn also wakes a parked
//! worker thread, which takes over the I/O driver from a blocked one (tokio-rs/tokio#4730); that caps
//! the damage of one blocking task at about 100 ms. With no blocked thread there is nothing to take
//! over, and waking all threads ten times a second would be most of the cost of an idle worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::clock::nanoseconds;

/// Time between canaries.
pub(super) const EVERY: Duration = Duration::from_millis(100);
/// Time between canaries while the runtime is idle.
pub(super) const EVERY_WHILE_IDLE: Duration = Duration::from_secs(1);

const WARN_AFTER: Duration = Duration::from_secs(5);
const FAIL_AFTER: Duration = Duration::from_secs(60);

/// Upper bounds of the lag, in milliseconds; larger lags count as infinite.
pub(crate) const BUCKETS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

/// The starvation of the worker's runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Starvation {
    #[default]
    No,
    Warn,
    Fail,
}

/// The lags of all canaries that have run.
#[derive(Default)]
pub(crate) struct LagHistogram {
    counts: [AtomicU64; BUCKETS.len() + 1],
    sum: AtomicU64,
}

/// The canary of the thread that sends it.
#[derive(Default)]
pub(crate) struct Canary {
    /// The time at which the one that is away was sent, and its lag in nanoseconds once it has run.
    away: Option<(Duration, Arc<AtomicU64>)>,
    /// The time at which the last one was sent.
    sent: Option<Duration>,
}

impl Canary {
    /// Sends the next canary once the last one has run. Returns what the absence of one means.
    pub(crate) fn poll(
        &mut self,
        runtime: &Handle,
        now: Duration,
        lags: &LagHistogram,
    ) -> Starvation {
        if let Some((sent, lag)) = &self.away {
            let lag = lag.load(Ordering::Acquire);
            if lag == 0 {
                return verdict(&runtime.runtime_flavor(), now.saturating_sub(*sent));
            }
            lags.observe(lag);
            self.away = None;
        }
        let due = self.sent.is_none_or(|sent| now >= sent + EVERY_WHILE_IDLE);
        if !due && is_idle(runtime) {
            return Starvation::No;
        }
        let lag = Arc::new(AtomicU64::new(0));
        let (sent, arrived) = (Instant::now(), Arc::clone(&lag));
        runtime.spawn(async move {
            arrived.store(nanoseconds(sent.elapsed()).max(1), Ordering::Release);
        });
        self.away = Some((now, lag));
        self.sent = Some(now);
        Starvation::No
    }

    pub(crate) fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// Forgets the one that is away: its runtime has shut down.
    pub(crate) fn forget(&mut self) {
        self.away = None;
    }
}

/// Tells whether every thread of a runtime is parked.
pub(super) fn is_idle(runtime: &Handle) -> bool {
    let metrics = runtime.metrics();
    // The count grows each time a thread parks and each time it wakes.
    (0..metrics.num_workers()).all(|thread| metrics.worker_park_unpark_count(thread) % 2 == 1)
}

fn verdict(flavor: &RuntimeFlavor, absence: Duration) -> Starvation {
    match flavor {
        _ if absence < WARN_AFTER => Starvation::No,
        // A `run` that computes may hold up its own, only thread.
        RuntimeFlavor::CurrentThread => Starvation::Warn,
        _ if absence < FAIL_AFTER => Starvation::Warn,
        _ => Starvation::Fail,
    }
}

impl LagHistogram {
    fn observe(&self, lag: u64) {
        let milliseconds = lag / 1_000_000;
        let bucket = BUCKETS.iter().position(|bound| milliseconds < *bound);
        if let Some(count) = self.counts.get(bucket.unwrap_or(BUCKETS.len())) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(lag, Ordering::Relaxed);
    }

    /// Returns the count of each bucket, and the sum of all lags.
    pub(crate) fn report(&self) -> (Vec<u64>, Duration) {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        (counts, Duration::from_nanos(self.sum.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::{
        Arc, AtomicU64, Canary, Duration, Handle, LagHistogram, Ordering, RuntimeFlavor,
        Starvation, is_idle, verdict,
    };

    #[test]
    fn an_absent_canary_warns_and_then_fails_unless_there_is_only_one_thread() {
        for (flavor, seconds, starved) in [
            (RuntimeFlavor::MultiThread, 4, Starvation::No),
            (RuntimeFlavor::MultiThread, 5, Starvation::Warn),
            (RuntimeFlavor::MultiThread, 59, Starvation::Warn),
            (RuntimeFlavor::MultiThread, 60, Starvation::Fail),
            (RuntimeFlavor::CurrentThread, 4, Starvation::No),
            (RuntimeFlavor::CurrentThread, 3600, Starvation::Warn),
        ] {
            assert_eq!(verdict(&flavor, Duration::from_secs(seconds)), starved);
        }
    }

    #[test]
    fn an_idle_runtime_is_woken_once_a_second() {
        // With two threads, the one that a canary wakes would later wake the other.
        let threads = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (mut canary, lags, runtime) =
            (Canary::default(), LagHistogram::default(), threads.handle());
        let mut back = |milliseconds| {
            canary.poll(runtime, Duration::from_millis(milliseconds), &lags);
            let arrived = |(_, lag): &(_, Arc<AtomicU64>)| lag.load(Ordering::Relaxed) > 0;
            while !canary.away.as_ref().is_none_or(arrived) || !is_idle(runtime) {
                std::thread::yield_now();
            }
            lags.report().0.iter().sum::<u64>()
        };
        assert_eq!(back(0), 0, "it is not taken back yet");
        assert_eq!(back(100), 1);
        assert_eq!(back(900), 1, "none was sent");
        assert_eq!(back(1000), 1);
        assert_eq!(back(1100), 2);
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        runtime.spawn(async move { blocked.recv() });
        while is_idle(runtime) {
            std::thread::yield_now();
        }
        canary.poll(runtime, Duration::from_millis(1200), &lags);
        drop(release);
        assert!(canary.is_away(), "its thread is at work");
    }

    #[tokio::test]
    async fn a_canary_that_ran_is_counted_and_another_is_sent() {
        let (mut canary, lags) = (Canary::default(), LagHistogram::default());
        let runtime = Handle::current();
        let second = Duration::from_secs;
        assert_eq!(canary.poll(&runtime, second(0), &lags), Starvation::No);
        // No task has run on this thread meanwhile.
        assert_eq!(canary.poll(&runtime, second(9), &lags), Starvation::Warn);
        tokio::task::yield_now().await;
        assert_eq!(canary.poll(&runtime, second(10), &lags), Starvation::No);
        assert_eq!(lags.report().0.iter().sum::<u64>(), 1);
    }
}
