//! The wake signal: rings when a thread of the worker's runtime has something to do again, so that
//! nobody has to look while there is nothing to see.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What one thread listens to, and any may notify.
#[derive(Default)]
pub(crate) struct WakeSignal {
    listener: OnceLock<Thread>,
    /// The listener waits for a notify.
    awaited: AtomicBool,
}

impl WakeSignal {
    /// Wakes the listener; costs a fence and a load where it is awake.
    pub(crate) fn notify(&self) {
        // What the thread has counted before it rings is seen by a listener that is not seen to
        // wait yet: it looks at the count after a fence of its own.
        fence(Ordering::SeqCst);
        if self.awaited.load(Ordering::Relaxed)
            && self.awaited.swap(false, Ordering::Relaxed)
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }

    /// Waits for a notify for as long as that, unless it is not quiet already; returns whether it
    /// was quiet all the time. There is one listener.
    pub(crate) fn wait_timeout(&self, time: Duration, is_quiet: impl FnOnce() -> bool) -> bool {
        self.listener.get_or_init(thread::current);
        self.awaited.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if is_quiet() {
            let begun = Instant::now();
            // Woken by an earlier notify, or by nothing, it waits on.
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
    fn without_a_ring_it_is_quiet_unless_it_was_not_before() {
        let wake_signal = WakeSignal::default();
        assert!(wake_signal.wait_timeout(Duration::from_millis(1), || true));
        assert!(!wake_signal.wait_timeout(Duration::MAX, || false));
    }
}
