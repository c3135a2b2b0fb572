//! The canary: an empty task that the heart spawns into the worker's runtime every 100 ms, and
//! about once a second while all threads of that are parked, as there is nothing to do.
//!
//! One that does not come back tells of a runtime that cannot run tasks. And the spawn itself
//! wakes a parked worker thread, which takes over the I/O driver where the thread that had it is
//! blocked (tokio-rs/tokio#4730): that caps the damage of one blocking task at about 100 ms. Where
//! no thread is blocked there is nothing to take over, and to wake them all ten times a second
//! would be most of what an idle worker costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::clock::nanoseconds;

/// How often one is sent.
pub(super) const EVERY: Duration = Duration::from_millis(100);
/// How often into a runtime that has nothing to do.
pub(super) const EVERY_AT_REST: Duration = Duration::from_secs(1);

const WARN_AFTER: Duration = Duration::from_secs(5);
const FAIL_AFTER: Duration = Duration::from_secs(60);

/// Upper bounds of the lag, in milliseconds; what is above the last counts as infinite.
pub(crate) const BUCKETS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

/// Whether the worker's runtime runs tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Starvation {
    #[default]
    No,
    Warn,
    Fail,
}

/// The lags of all canaries that came back.
#[derive(Default)]
pub(crate) struct LagHistogram {
    counts: [AtomicU64; BUCKETS.len() + 1],
    sum: AtomicU64,
}

/// Held by the thread that sends them.
#[derive(Default)]
pub(crate) struct Canary {
    /// When the one that is away was sent, and when it arrived, in nanoseconds after that.
    away: Option<(Duration, Arc<AtomicU64>)>,
    /// When the last one was sent.
    sent: Option<Duration>,
}

impl Canary {
    /// Takes back the canary that is away, where it has arrived, and sends another; says what
    /// the absence of it means.
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
        let due = self.sent.is_none_or(|sent| now >= sent + EVERY_AT_REST);
        if !due && is_at_rest(runtime) {
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

    /// Forgets the one that is away: the runtime it was sent into has ended.
    pub(crate) fn forget(&mut self) {
        self.away = None;
    }
}

/// Whether every thread of a runtime waits to be woken.
pub(super) fn is_at_rest(runtime: &Handle) -> bool {
    let metrics = runtime.metrics();
    // Counted is each time that a thread parks and each time that it goes on.
    (0..metrics.num_workers()).all(|thread| metrics.worker_park_unpark_count(thread) % 2 == 1)
}

fn verdict(flavor: &RuntimeFlavor, absence: Duration) -> Starvation {
    match flavor {
        _ if absence < WARN_AFTER => Starvation::No,
        // A `run` that computes holds up the only thread, which is its own affair.
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

    /// How many were in each bucket, and the sum of all lags.
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
        Starvation, is_at_rest, verdict,
    };

    #[test]
    fn absence_is_a_warning_then_a_failure_unless_there_is_only_one_thread() {
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
    fn a_runtime_at_rest_is_woken_once_a_second() {
        // With a second thread, the one that a canary wakes would wake that too, some time later.
        let threads = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (mut canary, lags, runtime) =
            (Canary::default(), LagHistogram::default(), threads.handle());
        let mut back = |milliseconds| {
            canary.poll(runtime, Duration::from_millis(milliseconds), &lags);
            let arrived = |(_, lag): &(_, Arc<AtomicU64>)| lag.load(Ordering::Relaxed) > 0;
            while !canary.away.as_ref().is_none_or(arrived) || !is_at_rest(runtime) {
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
        while is_at_rest(runtime) {
            std::thread::yield_now();
        }
        canary.poll(runtime, Duration::from_millis(1200), &lags);
        drop(release);
        assert!(canary.is_away(), "its thread is at work");
    }

    #[tokio::test]
    async fn one_that_comes_back_is_counted_and_another_is_sent() {
        let (mut canary, lags) = (Canary::default(), LagHistogram::default());
        let runtime = Handle::current();
        let second = Duration::from_secs;
        assert_eq!(canary.poll(&runtime, second(0), &lags), Starvation::No);
        // Nothing has run in between on this thread.
        assert_eq!(canary.poll(&runtime, second(9), &lags), Starvation::Warn);
        tokio::task::yield_now().await;
        assert_eq!(canary.poll(&runtime, second(10), &lags), Starvation::No);
        assert_eq!(lags.report().0.iter().sum::<u64>(), 1);
    }
}
