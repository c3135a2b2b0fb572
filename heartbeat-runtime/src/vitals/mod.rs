//! The vital signs: what the process knows of itself, and the verdict drawn from it.
//!
//! No I/O and no HTTP: the host and the user's code write here, the heart thread watches, the
//! server reads.

mod lane;
mod lifecycle;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::watch;

pub(crate) use self::lane::{Lane, LaneWatch};
pub(crate) use self::lifecycle::{Lifecycle, State};
pub(crate) use self::verdict::{Question, Reason, Verdict};

/// What the host, the heart thread, the server and the user's code share.
pub(crate) struct Vitals {
    lifecycle: watch::Sender<Lifecycle>,
    run: Lane,
    stalled: AtomicBool,
}

impl Vitals {
    pub(crate) fn new() -> Self {
        Self {
            lifecycle: watch::Sender::new(Lifecycle::default()),
            run: Lane::default(),
            stalled: AtomicBool::new(false),
        }
    }

    /// The lane of `run`.
    pub(crate) fn run(&self) -> &Lane {
        &self.run
    }

    pub(crate) fn lifecycle(&self) -> Lifecycle {
        *self.lifecycle.borrow()
    }

    /// Changes the state by a step that says whether it applies.
    pub(crate) fn advance(&self, step: impl FnOnce(&mut Lifecycle) -> bool) -> bool {
        self.lifecycle.send_if_modified(step)
    }

    /// Ends when the state is one of those that `wanted` accepts.
    pub(crate) async fn reached(&self, wanted: impl FnMut(&Lifecycle) -> bool) {
        // The sender lives in `self`, so that the channel cannot close under the wait.
        let _ = self.lifecycle.subscribe().wait_for(wanted).await;
    }

    /// Looks at the lane of `run`, which is due only while the instance is ready. Returns whether
    /// it is stalled, where that has changed.
    pub(crate) fn look(&self, watch: &mut LaneWatch, now: Instant) -> Option<bool> {
        let due = self.lifecycle().state == State::Ready;
        let stalled = watch.look(&self.run, due, now);
        let before = self.stalled.swap(stalled, Ordering::Relaxed);
        (before != stalled).then_some(stalled)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::of(self.lifecycle(), self.stalled.load(Ordering::Relaxed))
    }
}
