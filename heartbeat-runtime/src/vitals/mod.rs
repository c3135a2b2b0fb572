//! The vital signs: what the process knows of itself, and the verdict drawn from it.
//!
//! No I/O and no HTTP: the host and the user's code write here, the heart thread looks, the
//! server reads.

mod bell;
mod canary;
mod check;
mod clock;
mod flags;
mod heartbeat;
mod history;
mod lane;
mod lifecycle;
pub(crate) mod panics;
mod registry;
mod verdict;

/// What the flags are made of; a test puts a model checker's in their place.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
}

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub(crate) use self::bell::Bell;
pub(crate) use self::canary::{BUCKETS, Canary, Lags, Starved};
pub use self::check::{Check, CheckBuilder, CheckError};
pub(crate) use self::check::{CheckRecord, CheckReport};
pub(crate) use self::clock::Clock;
pub(crate) use self::heartbeat::SHORTEST;
pub use self::heartbeat::{Allowance, Heartbeat, HeartbeatBuilder, HeartbeatError, Idle};
pub(crate) use self::history::{History, Transition};
pub(crate) use self::lane::{Due, Lane, LaneReport, LaneState};
pub(crate) use self::lifecycle::{Event, Lifecycle, Phase, State};
pub(crate) use self::registry::Look;
pub(crate) use self::verdict::{Checks, Question, Reason, Snapshot, Status, Verdict};

/// The name of the lane of `run`.
pub(crate) const RUN: &str = "run";

/// What the host, the heart thread, the server and the user's code share.
pub(crate) struct Vitals {
    clock: Clock,
    lifecycle: watch::Sender<Lifecycle>,
    run: Arc<Lane>,
    lanes: Mutex<Vec<Arc<Lane>>>,
    checks: Mutex<Vec<Arc<CheckRecord>>>,
    registered: Notify,
    /// Notified of every change of the verdict.
    changed: Notify,
    /// The runtime of the worker, while it lives.
    runtime: Mutex<Option<Handle>>,
    /// Rings when that has something to do again.
    bell: Arc<Bell>,
    lags: Lags,
    // What the last look has found, so that a probe costs the same however much there is.
    stalled: AtomicBool,
    starved: AtomicU8,
    checked: AtomicU8,
    history: Mutex<History>,
    failure: OnceLock<String>,
    /// How many panics of tasks the process has seen before.
    old_panics: u64,
    told_panics: Mutex<u64>,
}

impl Vitals {
    /// `run` is to beat within `stall_after`, from its first beat on, or from the start where it
    /// is `armed`.
    pub(crate) fn new(stall_after: Duration, armed: bool) -> Self {
        let run = Arc::new(Lane::new(RUN.to_owned(), stall_after, armed, Duration::ZERO));
        let (old_panics, _) = panics::of_tasks();
        Self {
            clock: Clock::new(),
            lifecycle: watch::Sender::new(Lifecycle::default()),
            lanes: Mutex::new(vec![Arc::clone(&run)]),
            run,
            checks: Mutex::default(),
            registered: Notify::new(),
            changed: Notify::new(),
            runtime: Mutex::default(),
            bell: Arc::default(),
            lags: Lags::default(),
            stalled: AtomicBool::new(false),
            starved: AtomicU8::new(Starved::No as u8),
            checked: AtomicU8::new(Checks::Pass as u8),
            history: Mutex::new(History::new(Verdict::of(Snapshot::default()))),
            failure: OnceLock::new(),
            old_panics,
            told_panics: Mutex::new(old_panics),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The lane of `run`.
    pub(crate) fn run(&self) -> &Arc<Lane> {
        &self.run
    }

    /// What each thread of the worker's runtime is to ring when it is woken.
    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    pub(crate) fn lags(&self) -> &Lags {
        &self.lags
    }

    pub(crate) fn lifecycle(&self) -> Lifecycle {
        *self.lifecycle.borrow()
    }

    /// Takes note of an event. Returns the change of the verdict, where the state has changed.
    pub(crate) fn apply(&self, event: Event) -> Option<Transition> {
        let mut change = None;
        self.apply_telling(event, |told| change = Some(told.clone()));
        change
    }

    /// Takes note of an event. Where the state changes, `tell` tells of that before anybody else
    /// can see it, so that what follows from the change is told later. Returns whether it has.
    pub(crate) fn apply_telling(&self, event: Event, tell: impl FnOnce(&Transition)) -> bool {
        self.modify(|lifecycle| lifecycle.apply(event, Instant::now()), tell)
    }

    /// Asks for a stop after which the worker is to be started anew; tells of it, as
    /// [`apply_telling`](Self::apply_telling), where this is the first to ask for a stop.
    pub(crate) fn recycle_telling(&self, tell: impl FnOnce(&Transition)) {
        let recycle = |lifecycle: &mut Lifecycle| {
            let first = lifecycle.apply(Event::Stop, Instant::now());
            lifecycle.recycle |= first;
            first
        };
        self.modify(recycle, tell);
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let enter = |lifecycle: &mut Lifecycle| {
            lifecycle.phase = phase;
            false
        };
        self.modify(enter, |_| ());
    }

    /// Tells of the change of the verdict where `modify` says that there is one. Wakes those who
    /// wait for a change only where there is one: who says `set_busy` with each piece of work is
    /// not to keep the heart at work.
    fn modify(
        &self,
        modify: impl FnOnce(&mut Lifecycle) -> bool,
        tell: impl FnOnce(&Transition),
    ) -> bool {
        let mut changed = false;
        self.lifecycle.send_if_modified(|lifecycle| {
            let before = *lifecycle;
            changed = modify(lifecycle);
            if changed {
                let mut history = self.history();
                if let Some(change) = self.note(&mut history, *lifecycle) {
                    tell(&change);
                }
            }
            *lifecycle != before
        });
        changed
    }

    /// Tells of every change of the lifecycle.
    #[cfg(any(unix, test))]
    pub(crate) fn subscribe(&self) -> watch::Receiver<Lifecycle> {
        self.lifecycle.subscribe()
    }

    /// Ends when the instance is ending, with the moment since when it is.
    pub(crate) async fn ending(&self) -> Instant {
        let mut lifecycle = self.lifecycle.subscribe();
        // The sender lives in `self`, so that the channel cannot close under the wait.
        let ending = lifecycle.wait_for(|lifecycle| lifecycle.ending_since.is_some()).await;
        ending.ok().and_then(|lifecycle| lifecycle.ending_since).unwrap_or_else(Instant::now)
    }

    /// Ends when a lane is registered that no look has seen yet.
    pub(crate) async fn registered(&self) {
        self.registered.notified().await;
    }

    /// Waits until the verdict is ready, or until it cannot become so again, with false.
    #[cfg(feature = "test-util")]
    pub(crate) async fn ready(&self) -> bool {
        loop {
            // Made before the look, so that a change in between is not missed.
            let changed = self.changed.notified();
            let verdict = self.verdict();
            if verdict.ready || verdict.state.is_ending() {
                return verdict.ready;
            }
            changed.await;
        }
    }

    /// Keeps what a phase failed with; the first failure counts.
    pub(crate) fn fail(&self, failure: String) {
        let _ = self.failure.set(failure);
    }

    /// How many panics there were outside of the phases, and what the last one said.
    pub(crate) fn task_panics(&self) -> (u64, Option<String>) {
        let (count, last) = panics::of_tasks();
        let count = count.saturating_sub(self.old_panics);
        (count, last.filter(|_| count > 0))
    }

    /// Has `tell` tell how many panics there were outside of the phases, and what the last one
    /// said, where there are more than were told of.
    pub(crate) fn tell_of_panics(&self, tell: impl FnOnce(u64, String)) {
        // Held until it is told, so that whoever finds nothing new comes after the line.
        let mut told = self.told_panics.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = panics::of_tasks();
        if count > *told {
            *told = count;
            tell(count, last.unwrap_or_default());
        }
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// What is to be said now; it costs the same however many lanes and checks there are.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict_at(self.lifecycle())
    }

    fn verdict_at(&self, lifecycle: Lifecycle) -> Verdict {
        Verdict::of(Snapshot {
            lifecycle,
            stalled: self.stalled.load(Ordering::Relaxed),
            starved: match self.starved.load(Ordering::Relaxed) {
                no if no == Starved::No as u8 => Starved::No,
                warn if warn == Starved::Warn as u8 => Starved::Warn,
                _ => Starved::Fail,
            },
            checks: match self.checked.load(Ordering::Relaxed) {
                pass if pass == Checks::Pass as u8 => Checks::Pass,
                warn if warn == Checks::Warn as u8 => Checks::Warn,
                _ => Checks::Fail,
            },
        })
    }

    /// Keeps the verdict, where it is another than the last one. The caller holds the lifecycle,
    /// and the history until the change is told, so that changes are told in their order.
    fn note(&self, history: &mut History, lifecycle: Lifecycle) -> Option<Transition> {
        let noted = history.note(self.verdict_at(lifecycle), self.clock.now());
        if noted.is_some() {
            self.changed.notify_waiters();
        }
        noted
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
