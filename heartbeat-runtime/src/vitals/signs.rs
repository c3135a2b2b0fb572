//! All vital signs of an instance, and the one order in which their changes are recorded.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
#[cfg(feature = "tokio-util")]
use tokio_util::sync::CancellationToken;

use super::canary::Canary;
use super::certificates::{CertificateRegistry, CertificateReport};
use super::check_record::{CheckRecord, CheckReport};
use super::checks::CheckRegistry;
use super::clock::Clock;
use super::heartbeats::HeartbeatRegistry;
use super::history::{History, Transition};
use super::lifecycle::{Event, Lifecycle, Phase, State};
use super::panics::PanicLog;
use super::record::{Due, HeartbeatRecord, HeartbeatReport};
use super::scan::ScanReport;
use super::starvation::StarvationMonitor;
use super::tasks::TaskRegistry;
use super::verdict::{Snapshot, Verdict};
use super::wake::WakeSignal;

mod tasks;

/// The vital signs, which the host, the monitor, the server and user code share.
pub(crate) struct Vitals {
    clock: Clock,
    lifecycle: watch::Sender<Lifecycle>,
    heartbeats: HeartbeatRegistry,
    checks: CheckRegistry,
    tasks: TaskRegistry,
    starvation: StarvationMonitor,
    certificates: CertificateRegistry,
    panics: PanicLog,
    history: Mutex<History>,
    /// Notified of every change of the verdict.
    changed: Notify,
    failure: OnceLock<String>,
    /// Cancelled when the instance is ending.
    #[cfg(feature = "tokio-util")]
    stopping: CancellationToken,
}

impl Vitals {
    /// Returns the vitals of an instance whose `run` must beat within `stall_after`, from its first
    /// beat on, or from its start if it is `armed`.
    pub(crate) fn new(stall_after: Duration, armed: bool) -> Self {
        Self {
            clock: Clock::new(),
            lifecycle: watch::Sender::new(Lifecycle::default()),
            heartbeats: HeartbeatRegistry::new(stall_after, armed),
            checks: CheckRegistry::default(),
            tasks: TaskRegistry::default(),
            starvation: StarvationMonitor::default(),
            certificates: CertificateRegistry::default(),
            panics: PanicLog::new(),
            history: Mutex::new(History::new(Verdict::default())),
            changed: Notify::new(),
            failure: OnceLock::new(),
            #[cfg(feature = "tokio-util")]
            stopping: CancellationToken::new(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn panics(&self) -> &PanicLog {
        &self.panics
    }

    pub(crate) fn starvation(&self) -> &StarvationMonitor {
        &self.starvation
    }

    /// Records the failure of a phase; the first one counts.
    pub(crate) fn fail(&self, failure: String) {
        let _ = self.failure.set(failure);
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Returns the current verdict, in O(1).
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict_in(self.lifecycle())
    }

    fn verdict_in(&self, lifecycle: Lifecycle) -> Verdict {
        Verdict::of(Snapshot {
            lifecycle,
            stalled: self.heartbeats.is_stalled(),
            starvation: self.starvation.load(),
            checks: self.checks.summary(),
            task_restarting: self.tasks.is_any_restarting(),
            certificate_expiring: self.certificates.is_any_expiring(),
        })
    }
}

// === Lifecycle ===

impl Vitals {
    pub(crate) fn lifecycle(&self) -> Lifecycle {
        *self.lifecycle.borrow()
    }

    /// Applies an event. Returns the change of the verdict if the state has changed.
    pub(crate) fn apply(&self, event: Event) -> Option<Transition> {
        let mut transition = None;
        self.apply_and_log(event, |change| transition = Some(change.clone()));
        transition
    }

    /// Applies an event. If the state changes, calls `log` before anyone can see the change, so that
    /// its line precedes those of its consequences. Returns whether it has changed.
    pub(crate) fn apply_and_log(&self, event: Event, log: impl FnOnce(&Transition)) -> bool {
        self.modify(|lifecycle| lifecycle.apply(event, Instant::now()), log)
    }

    /// Requests a stop for a recycle, and calls `log` as [`apply_and_log`](Self::apply_and_log) does
    /// if this is the first request for a stop.
    pub(crate) fn recycle_and_log(&self, log: impl FnOnce(&Transition)) {
        let recycle = |lifecycle: &mut Lifecycle| {
            let is_first = lifecycle.apply(Event::Stop, Instant::now());
            lifecycle.recycle |= is_first;
            is_first
        };
        self.modify(recycle, log);
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let enter = |lifecycle: &mut Lifecycle| {
            lifecycle.phase = phase;
            false
        };
        self.modify(enter, |_| ());
    }

    /// Modifies the lifecycle, and logs the change if `modify` returns true. Only a real change wakes
    /// the waiters: a worker that calls `set_busy` for each job must not keep the monitor busy.
    fn modify(
        &self,
        modify: impl FnOnce(&mut Lifecycle) -> bool,
        log: impl FnOnce(&Transition),
    ) -> bool {
        let mut has_changed = false;
        self.lifecycle.send_if_modified(|lifecycle| {
            let before = *lifecycle;
            has_changed = modify(lifecycle);
            if has_changed {
                let mut history = self.history();
                if let Some(change) = self.record_transition(&mut history, *lifecycle) {
                    log(&change);
                }
            }
            *lifecycle != before
        });
        // Not under the lock, since it wakes others.
        #[cfg(feature = "tokio-util")]
        if has_changed && self.lifecycle().state.is_ending() {
            self.stopping.cancel();
        }
        has_changed
    }

    /// Subscribes to changes of the lifecycle.
    #[cfg(any(unix, test))]
    pub(crate) fn subscribe(&self) -> watch::Receiver<Lifecycle> {
        self.lifecycle.subscribe()
    }

    /// Waits until the instance is ending, and returns since when.
    pub(crate) async fn ending(&self) -> Instant {
        let mut lifecycle = self.lifecycle.subscribe();
        // The sender lives in `self`, so the channel cannot close meanwhile.
        let ending = lifecycle.wait_for(|lifecycle| lifecycle.ending_since.is_some()).await;
        ending.ok().and_then(|lifecycle| lifecycle.ending_since).unwrap_or_else(Instant::now)
    }

    /// Returns a token that is cancelled when the instance is ending.
    #[cfg(feature = "tokio-util")]
    pub(crate) fn stopping_token(&self) -> CancellationToken {
        self.stopping.child_token()
    }

    /// Waits until the instance has been ending for that time; forever on overflow.
    pub(crate) async fn ending_for(&self, time: Duration) {
        match self.ending().await.checked_add(time) {
            Some(end) => sleep_until(end).await,
            None => pending().await,
        }
    }

    /// Waits until the verdict is ready. Returns false if the instance is ending instead.
    #[cfg(feature = "test-util")]
    pub(crate) async fn ready(&self) -> bool {
        loop {
            // Created first, so that no change in between is missed.
            let changed = self.changed.notified();
            let verdict = self.verdict();
            if verdict.ready || verdict.state.is_ending() {
                return verdict.ready;
            }
            changed.await;
        }
    }
}

// === History ===

impl Vitals {
    /// Records the verdict if it has changed. The caller holds the lifecycle, and the history until
    /// the change is logged, so that changes are logged in their order.
    fn record_transition(&self, history: &mut History, lifecycle: Lifecycle) -> Option<Transition> {
        let transition = history.record(self.verdict_in(lifecycle), self.clock.now());
        if transition.is_some() {
            self.changed.notify_waiters();
        }
        transition
    }

    /// Returns the total number of changes of the verdict.
    pub(crate) fn change_count(&self) -> u64 {
        self.history().count()
    }

    /// Waits until there have been other than `count` changes of the verdict.
    pub(crate) async fn changed_since(&self, count: u64) {
        loop {
            // Created first, so that no change in between is missed.
            let changed = self.changed.notified();
            if self.change_count() != count {
                return;
            }
            changed.await;
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the last changes of the verdict, the oldest first, and their total number.
    pub(crate) fn transitions(&self) -> (Vec<Transition>, u64) {
        let history = self.history();
        (history.transitions().cloned().collect(), history.count())
    }
}

// === Heartbeats and checks ===

impl Vitals {
    pub(crate) fn run(&self) -> &Arc<HeartbeatRecord> {
        self.heartbeats.run()
    }

    /// Registers heartbeats, all or none. Returns the first name that is taken.
    pub(super) fn add_heartbeats<'a>(
        &self,
        records: &'a [Arc<HeartbeatRecord>],
    ) -> Result<(), &'a str> {
        self.heartbeats.add(records)
    }

    pub(super) fn remove_heartbeat(&self, record: &Arc<HeartbeatRecord>) {
        self.heartbeats.remove(record);
    }

    pub(super) fn abandon_heartbeat(&self, record: &HeartbeatRecord) {
        self.heartbeats.abandon(record);
    }

    pub(super) fn add_check(&self, record: &Arc<CheckRecord>) -> bool {
        self.checks.add(record, self.clock.now())
    }

    /// Records the result of a run of a check that began then. A change is seen at once.
    pub(super) fn set_check_result(
        &self,
        record: &CheckRecord,
        began: Duration,
        failure: Option<String>,
    ) {
        if record.set_result(self.clock.now(), began, failure) {
            self.heartbeats.request_scan();
        }
    }

    pub(super) fn remove_check(&self, record: &Arc<CheckRecord>) {
        self.checks.remove(record, self.clock.now());
    }

    /// Waits until a scan is due at once: no scan has seen a heartbeat, or the end of its handle.
    pub(crate) async fn scan_due(&self) {
        self.heartbeats.scan_due().await;
    }

    /// Scans all heartbeats and checks, and calls `log` before the state can change again. Only the
    /// monitor thread scans.
    pub(crate) fn scan(&self, before: &ScanReport, log: impl FnOnce(&ScanReport)) -> ScanReport {
        let at = self.clock.now();
        // Held to the end.
        let lifecycle = self.lifecycle.borrow();
        let due = match lifecycle.state {
            state if state.is_ending() => Due::NoMore,
            State::Starting => Due::NotYet,
            _ => Due::Now,
        };
        let (stalled, period) = self.heartbeats.scan(due, at);
        let failing = self.checks.scan(at);
        let mut history = self.history();
        let transition = self.record_transition(&mut history, *lifecycle);
        let mut report = ScanReport {
            transition,
            verdict: history.verdict().clone(),
            not_live_since: history.not_live_since(),
            ending: due == Due::NoMore,
            at,
            stalled,
            failing,
            period,
        };
        report.continue_from(before);
        log(&report);
        report
    }

    /// Describes each heartbeat that has not finished, for a stop that waits for it.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let is_run_active = self.lifecycle().phase == Phase::Run;
        self.heartbeats.unfinished(is_run_active, self.clock.now())
    }

    pub(crate) fn heartbeat_reports(&self) -> Vec<HeartbeatReport> {
        self.heartbeats.reports(self.clock.now())
    }

    pub(crate) fn check_reports(&self) -> Vec<CheckReport> {
        self.checks.reports(self.clock.now())
    }
}

// === Starvation ===

impl Vitals {
    /// Returns the signal that threads of the worker's runtime notify when they wake.
    pub(crate) fn wake_signal(&self) -> &Arc<WakeSignal> {
        self.starvation.wake_signal()
    }

    /// Sets the runtime that canaries enter, or removes it.
    pub(crate) fn set_worker_runtime(&self, runtime: Option<Handle>) {
        self.starvation.set_runtime(runtime);
    }

    /// Returns the runtime of the worker, while it lives.
    pub(crate) fn worker_runtime(&self) -> Option<Handle> {
        self.starvation.runtime()
    }

    /// Waits until the next canary is due. Only one thread may wait.
    pub(crate) fn wait_for_next(&self, canary: &Canary) {
        self.starvation.wait_for_next(canary);
    }

    /// Polls the canary, and calls `log` if starvation begins, gets worse or ends.
    pub(crate) fn poll_canary(&self, canary: &mut Canary, log: impl FnOnce(&Transition)) {
        let is_ending = self.lifecycle().state.is_ending();
        let starvation = self.starvation.poll(canary, is_ending, self.clock.now());
        let lifecycle = self.lifecycle.borrow();
        // Held, so that a scan does not record the change first.
        let mut history = self.history();
        if self.starvation.store(starvation)
            && let Some(change) = self.record_transition(&mut history, *lifecycle)
        {
            log(&change);
        }
    }
}

// === Certificates ===

impl Vitals {
    /// Replaces the certificates that are served; one that ends soon is a warning.
    #[cfg(feature = "tls")]
    pub(crate) fn set_certificates(&self, reports: Vec<CertificateReport>, is_any_expiring: bool) {
        let lifecycle = self.lifecycle.borrow();
        let mut history = self.history();
        if self.certificates.set(reports, is_any_expiring) {
            self.record_transition(&mut history, *lifecycle);
        }
    }

    pub(crate) fn certificate_reports(&self) -> Vec<CertificateReport> {
        self.certificates.reports()
    }
}
