//! The time that deadlines are kept in: monotonic, and standing still while the process does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Counts from the start of the instance, without the time in which the whole process slept
/// (SIGSTOP, a frozen virtual machine), so that nothing turns red because of that.
pub(crate) struct Clock {
    start: Instant,
    suspended: AtomicU64,
    /// Where it stands still until the heart has looked again: whoever wakes before the heart
    /// does must not take the sleep for time.
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

    /// Takes note that the heart looks again after `wanted`.
    pub(crate) fn arm(&self, wanted: Duration) {
        let limit = self.now().saturating_add(wanted).saturating_add(tolerance(wanted));
        self.limit.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// Takes note that the heart, which wanted to look after `wanted`, could only after `took`.
    /// A little late is ordinary; later than a whole period, everything slept.
    pub(crate) fn tick(&self, wanted: Duration, took: Duration) {
        let late = took.saturating_sub(wanted);
        if late > tolerance(wanted) {
            self.suspended.fetch_add(nanoseconds(late), Ordering::Relaxed);
        }
    }
}

/// How late the heart may come without having slept; threads are woken no more exactly than that.
fn tolerance(wanted: Duration) -> Duration {
    wanted.max(Duration::from_millis(10))
}

/// A duration as the atomics hold it; 584 years are enough.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use std::time::Duration;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_sleep_of_the_process_does_not_count() {
        let (clock, period) = (Clock::new(), Duration::from_secs(1));
        sleep(Duration::from_millis(1900)).await;
        clock.tick(period, Duration::from_millis(1900));
        assert_eq!(clock.now(), Duration::from_millis(1900), "a little late is ordinary");
        sleep(Duration::from_secs(3600)).await;
        clock.tick(period, Duration::from_secs(3600));
        assert_eq!(clock.now(), Duration::from_millis(2900), "and this is one ordinary period");
    }

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_while_the_heart_does_not_look() {
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
