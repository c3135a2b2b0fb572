//! Starvation of the worker's runtime: the runtime that canaries enter, and the last result.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::canary::{Canary, EVERY, EVERY_WHILE_IDLE, LagHistogram, Starvation, is_idle};
use super::wake::WakeSignal;

/// The monitor of starvation.
#[derive(Default)]
pub(crate) struct StarvationMonitor {
    /// The runtime of the worker, while it lives.
    runtime: Mutex<Option<Handle>>,
    /// Notified when a thread of the runtime has work again.
    wake_signal: Arc<WakeSignal>,
    lags: LagHistogram,
    starvation: AtomicU8,
}

impl StarvationMonitor {
    pub(super) fn wake_signal(&self) -> &Arc<WakeSignal> {
        &self.wake_signal
    }

    pub(crate) fn lags(&self) -> &LagHistogram {
        &self.lags
    }

    /// Sets the runtime that canaries enter, or removes it.
    pub(super) fn set_runtime(&self, runtime: Option<Handle>) {
        if let Ok(mut slot) = self.runtime.lock() {
            *slot = runtime;
            self.wake_signal.notify();
        }
    }

    /// Waits until the next canary is due, which is later while the runtime is idle. Only one thread
    /// may wait.
    pub(super) fn wait_for_next(&self, canary: &Canary) {
        let has_nothing_to_do = || !canary.is_away() && self.runtime().as_ref().is_none_or(is_idle);
        if !self.wake_signal.wait_timeout(EVERY_WHILE_IDLE, has_nothing_to_do) {
            thread::park_timeout(EVERY);
        }
    }

    /// Polls the canary. Without a runtime, or at the end of the instance, nothing starves.
    pub(super) fn poll(&self, canary: &mut Canary, is_ending: bool, now: Duration) -> Starvation {
        match self.runtime() {
            Some(runtime) if !is_ending => canary.poll(&runtime, now, &self.lags),
            _ => {
                canary.forget();
                Starvation::No
            }
        }
    }

    /// Stores a result. Returns false if it is the last one again.
    pub(super) fn store(&self, starvation: Starvation) -> bool {
        self.starvation.swap(starvation as u8, Ordering::Relaxed) != starvation as u8
    }

    pub(super) fn load(&self) -> Starvation {
        match self.starvation.load(Ordering::Relaxed) {
            no if no == Starvation::No as u8 => Starvation::No,
            warn if warn == Starvation::Warn as u8 => Starvation::Warn,
            _ => Starvation::Fail,
        }
    }

    pub(super) fn runtime(&self) -> Option<Handle> {
        self.runtime.lock().ok()?.clone()
    }
}
