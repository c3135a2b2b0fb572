//! The clock of deadlines: monotonic, and stopped while the process is suspended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The time since the start of the instance, without suspensions of the whole process (SIGSTOP, a
/// frozen virtual machine), which must not turn anything red.
pub(crate) struct Clock {
    start: Instant,
    suspended: AtomicU64,
    /// The clock stops here until the next scan: a thread that wakes before the monitor must not count
    /// the suspension.
    limit: AtomicU64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            suspended: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        let suspended = Duration::from_nanos(self.suspended.load(Ordering::Relaxed));
        let limit = Duration::from_nanos(self.limit.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(suspended).min(limit)
    }

    /// Records that the monitor sleeps for `wanted`.
    pub(crate) fn arm(&self, wanted: Duration) {
        let limit = self.now().saturating_add(wanted).saturating_add(tolerance(wanted));
        self.limit.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// Records that the monitor slept for `took` instead of `wanted`. A small delay is ordinary; beyond a
    /// whole period, the process was suspended.
    pub(crate) fn tick(&self, wanted: Duration, took: Duration) {
        let late = took.saturating_sub(wanted);
        if late > tolerance(wanted) {
            self.suspended.fetch_add(nanoseconds(late), Ordering::Relaxed);
        }
    }
}

/// Returns the delay that is ordinary: threads do not wake more precisely.
fn tolerance(wanted: Duration) -> Duration {
    wanted.max(Duration::from_millis(10))
}

/// Converts a duration for an atomic; 584 years are enough.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::Duration;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_suspension_does_not_count() {
        let (clock, period) = (Clock::new(), Duration::from_secs(1));
        sleep(Duration::from_millis(1900)).await;
        clock.tick(period, Duration::from_millis(1900));
        assert_eq!(clock.now(), Duration::from_millis(1900), "a little late is ordinary");
        sleep(Duration::from_secs(3600)).await;
        clock.tick(period, Duration::from_secs(3600));
        assert_eq!(clock.now(), Duration::from_millis(2900), "and this is one ordinary period");
    }

    #[tokio::test(start_paused = true)]
    async fn stops_while_the_monitor_does_not_scan() {
        let (clock, period) = (Clock::new(), Duration::from_secs(1));
        clock.arm(period);
        sleep(Duration::from_millis(1900)).await;
        assert_eq!(clock.now(), Duration::from_millis(1900), "a little late is ordinary");
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.now(), 2 * period);
        clock.tick(period, Duration::from_millis(3_601_900));
        assert_eq!(clock.now(), period, "and this is one ordinary period");
    }
}
