//! The wake signal: a thread of the worker's runtime has work again, so the canary thread need not poll
//! an idle runtime.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A signal for one waiting thread, which any thread may notify.
#[derive(Default)]
pub(crate) struct WakeSignal {
    listener: OnceLock<Thread>,
    /// The listener is waiting.
    awaited: AtomicBool,
}

impl WakeSignal {
    /// Wakes the listener. It costs a fence and a load while the listener is awake.
    pub(crate) fn notify(&self) {
        // A listener that this thread does not see waiting reads the count after a fence of its own,
        // and so sees what this thread has counted.
        fence(Ordering::SeqCst);
        if self.awaited.load(Ordering::Relaxed)
            && self.awaited.swap(false, Ordering::Relaxed)
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }

    /// Blocks until notified or timed out, or not at all if `is_quiet` is false; `true` on timeout. Only
    /// one thread may wait.
    pub(crate) fn wait_timeout(&self, time: Duration, is_quiet: impl FnOnce() -> bool) -> bool {
        self.listener.get_or_init(thread::current);
        self.awaited.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if is_quiet() {
            let begun = Instant::now();
            // A stale or spurious wake-up does not end the wait.
            while self.awaited.load(Ordering::Relaxed)
                && let Some(left) = time.checked_sub(begun.elapsed())
            {
                thread::park_timeout(left);
            }
            self.awaited.swap(false, Ordering::Relaxed)
        } else {
            self.awaited.store(false, Ordering::Relaxed);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::WakeSignal;

    #[test]
    fn times_out_without_a_notification_unless_there_was_work_before() {
        let wake_signal = WakeSignal::default();
        assert!(wake_signal.wait_timeout(Duration::from_millis(1), || true));
        assert!(!wake_signal.wait_timeout(Duration::MAX, || false));
    }
}
