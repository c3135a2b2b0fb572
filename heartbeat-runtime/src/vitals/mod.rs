//! The vital signs: what the process knows of itself, and the verdict drawn from it.
//!
//! No I/O and no HTTP: the host and the user's code write here, the heart thread watches, the
//! server reads.

mod lane;
mod lifecycle;
pub(crate) mod panics;
mod verdict;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) use self::lane::{Lane, LaneWatch};
pub(crate) use self::lifecycle::{Event, Lifecycle, Phase, State};
pub(crate) use self::verdict::{Question, Reason, Verdict};

/// What the host, the heart thread, the server and the user's code share.
pub(crate) struct Vitals {
    lifecycle: watch::Sender<Lifecycle>,
    run: Lane,
    stalled: AtomicBool,
    failure: OnceLock<String>,
}

impl Vitals {
    pub(crate) fn new() -> Self {
        Self {
            lifecycle: watch::Sender::new(Lifecycle::default()),
            run: Lane::default(),
            stalled: AtomicBool::new(false),
            failure: OnceLock::new(),
        }
    }

    /// The lane of `run`.
    pub(crate) fn run(&self) -> &Lane {
        &self.run
    }

    pub(crate) fn lifecycle(&self) -> Lifecycle {
        *self.lifecycle.borrow()
    }

    /// Takes note of an event. Returns whether the state has changed.
    pub(crate) fn apply(&self, event: Event) -> bool {
        let mut changed = false;
        self.lifecycle.send_modify(|lifecycle| changed = lifecycle.apply(event, Instant::now()));
        changed
    }

    /// Asks for a stop after which the worker is to be started anew. Returns whether this is the
    /// first to ask for a stop.
    pub(crate) fn recycle(&self) -> bool {
        let mut first = false;
        self.lifecycle.send_modify(|lifecycle| {
            first = lifecycle.apply(Event::Stop, Instant::now());
            lifecycle.recycle |= first;
        });
        first
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.lifecycle.send_modify(|lifecycle| lifecycle.phase = phase);
    }

    /// Ends when the instance is ending, with the moment since when it is.
    pub(crate) async fn ending(&self) -> Instant {
        let mut lifecycle = self.lifecycle.subscribe();
        // The sender lives in `self`, so that the channel cannot close under the wait.
        let ending = lifecycle.wait_for(|lifecycle| lifecycle.ending_since.is_some()).await;
        ending.ok().and_then(|lifecycle| lifecycle.ending_since).unwrap_or_else(Instant::now)
    }

    /// Ends when `run` is at work, with true, or will not be, with false.
    #[cfg(feature = "test-util")]
    pub(crate) async fn started(&self) -> bool {
        let mut lifecycle = self.lifecycle.subscribe();
        let state = lifecycle.wait_for(|lifecycle| lifecycle.state != State::Starting).await;
        state.is_ok_and(|lifecycle| lifecycle.state.is_running())
    }

    /// Keeps what a phase failed with; the first failure counts.
    pub(crate) fn fail(&self, failure: String) {
        let _ = self.failure.set(failure);
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Looks at the lane of `run`, which is due only while that is at work. Returns whether it is
    /// stalled, where that has changed.
    pub(crate) fn look(&self, watch: &mut LaneWatch, now: Instant) -> Option<bool> {
        let due = self.lifecycle().state.is_running();
        let stalled = watch.look(&self.run, due, now);
        let before = self.stalled.swap(stalled, Ordering::Relaxed);
        (before != stalled).then_some(stalled)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::of(self.lifecycle(), self.stalled.load(Ordering::Relaxed))
    }
}
