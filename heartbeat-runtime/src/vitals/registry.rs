//! The lanes and checks that are registered, and the look that the heart thread takes at them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::canary::{EVERY, EVERY_AT_REST, is_at_rest};
use super::{
    Canary, CheckRecord, CheckReport, Checks, Due, Lane, LaneReport, Phase, Starved, State,
    Transition, Vitals,
};

/// What a look has found.
#[derive(Default)]
pub(crate) struct Look {
    /// The change of the verdict, where there is one.
    pub(crate) transition: Option<Transition>,
    /// Nothing recovers any more: it is only not asked for.
    pub(crate) ending: bool,
    /// The names of the lanes that are stalled, and of the checks that have failed.
    pub(crate) stalled: Vec<String>,
    pub(crate) failing: Vec<String>,
    /// How long to wait until the next.
    pub(crate) period: Duration,
}

impl Vitals {
    /// Registers a lane; false where one of that name is registered already.
    pub(super) fn add_lane(&self, lane: &Arc<Lane>) -> bool {
        let Ok(mut lanes) = self.lanes.lock() else { return false };
        // A lane that nobody holds any more is that of one who died: the next one takes it over.
        lanes.retain(|other| other.name != lane.name || !other.is_abandoned());
        let is_new = lanes.iter().all(|other| other.name != lane.name);
        if is_new {
            lanes.push(Arc::clone(lane));
            // The heart may be waiting for longer than this lane's deadline.
            self.registered.notify_one();
        }
        is_new
    }

    pub(super) fn remove_lane(&self, lane: &Arc<Lane>) {
        if let Ok(mut lanes) = self.lanes.lock() {
            lanes.retain(|other| !Arc::ptr_eq(other, lane));
        }
    }

    /// Registers a check; false where one of that name is registered already.
    pub(super) fn add_check(&self, check: &Arc<CheckRecord>) -> bool {
        let Ok(mut checks) = self.checks.lock() else { return false };
        let is_new = checks.iter().all(|other| other.name != check.name);
        if is_new {
            checks.push(Arc::clone(check));
            // Until its first result, it counts as failed; no later look has to find that.
            self.judge_checks(&checks);
        }
        is_new
    }

    pub(super) fn remove_check(&self, check: &Arc<CheckRecord>) {
        if let Ok(mut checks) = self.checks.lock() {
            checks.retain(|other| !Arc::ptr_eq(other, check));
            self.judge_checks(&checks);
        }
    }

    /// Hands over the runtime that canaries are sent into, or takes it back.
    pub(crate) fn runs_on(&self, runtime: Option<Handle>) {
        if let Ok(mut slot) = self.runtime.lock() {
            *slot = runtime;
            self.bell.ring();
        }
    }

    /// Looks at all lanes and checks, and has `tell` tell of it before the state can change again.
    /// Only the heart thread does.
    pub(crate) fn look(&self, tell: impl FnOnce(&Look)) -> Look {
        let now = self.clock.now();
        // Held to the end.
        let lifecycle = self.lifecycle.borrow();
        let due = match lifecycle.state {
            state if state.is_ending() => Due::NoMore,
            // `run` owes nothing before it has begun.
            State::Starting => Due::NotYet,
            _ => Due::Now,
        };
        let (mut stalled, mut period) = (Vec::new(), Duration::from_secs(1));
        for lane in self.lanes() {
            let is_run = Arc::ptr_eq(&lane, &self.run);
            let due = if due == Due::NotYet && !is_run { Due::Now } else { due };
            if lane.look(due, now) {
                stalled.push(lane.name.clone());
            }
            period = period.min(lane.period(now));
        }
        self.stalled.store(!stalled.is_empty(), Ordering::Relaxed);
        let failing = match self.checks.lock() {
            Ok(checks) => self.judge_checks(&checks),
            Err(_) => Vec::new(),
        };
        let mut history = self.history();
        let transition = self.note(&mut history, *lifecycle);
        let look = Look { transition, ending: due == Due::NoMore, stalled, failing, period };
        tell(&look);
        look
    }

    /// The heartbeats that have not finished, and what is known of each: what an ending waits for.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let (now, in_run) = (self.clock.now(), self.lifecycle().phase == Phase::Run);
        let is_at_work = |lane: &Arc<Lane>| {
            if Arc::ptr_eq(lane, &self.run) { in_run } else { !lane.is_abandoned() }
        };
        self.lanes()
            .iter()
            .filter(|lane| is_at_work(lane))
            .filter_map(|lane| lane.unfinished(now))
            .collect()
    }

    /// Waits until the next canary is due: longer while the worker's runtime has nothing to do.
    /// For one thread alone.
    pub(crate) fn wait_for_next(&self, canary: &Canary) {
        let at_rest = || !canary.is_away() && self.runtime().as_ref().is_none_or(is_at_rest);
        if !self.bell.is_quiet_for(EVERY_AT_REST, at_rest) {
            thread::park_timeout(EVERY);
        }
    }

    /// Sends a canary, where the worker has a runtime that is to run tasks, and has `tell` tell of
    /// a change of what that means.
    pub(crate) fn send(&self, canary: &mut Canary, tell: impl FnOnce(&Transition)) {
        let starved = match self.runtime() {
            Some(runtime) if !self.lifecycle().state.is_ending() => {
                canary.fly(&runtime, self.clock.now(), &self.lags)
            }
            _ => {
                canary.forget();
                Starved::No
            }
        };
        let lifecycle = self.lifecycle.borrow();
        // The heart looks at the same time, and must not note the change first.
        let mut history = self.history();
        if self.starved.swap(starved as u8, Ordering::Relaxed) != starved as u8
            && let Some(change) = self.note(&mut history, *lifecycle)
        {
            tell(&change);
        }
    }

    fn runtime(&self) -> Option<Handle> {
        self.runtime.lock().ok()?.clone()
    }

    /// The names of those that fail, and not only for want of a first result.
    fn judge_checks(&self, checks: &[Arc<CheckRecord>]) -> Vec<String> {
        let now = self.clock.now();
        let failing = || checks.iter().filter(|check| !check.passes(now));
        let verdict = match (failing().any(|check| check.critical), failing().next()) {
            (true, _) => Checks::Fail,
            (false, Some(_)) => Checks::Warn,
            (false, None) => Checks::Pass,
        };
        self.checked.store(verdict as u8, Ordering::Relaxed);
        failing().filter(|check| check.has_failed(now)).map(|check| check.name.clone()).collect()
    }

    fn lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes.lock().map(|lanes| lanes.clone()).unwrap_or_default()
    }

    pub(crate) fn lane_reports(&self) -> Vec<LaneReport> {
        let now = self.clock.now();
        self.lanes().iter().map(|lane| lane.report(now)).collect()
    }

    pub(crate) fn check_reports(&self) -> Vec<CheckReport> {
        let now = self.clock.now();
        let checks = self.checks.lock().map(|checks| checks.clone()).unwrap_or_default();
        checks.iter().map(|check| check.report(now)).collect()
    }

    /// The last transitions of the verdict, the oldest first, and how many there have been.
    pub(crate) fn transitions(&self) -> (Vec<Transition>, u64) {
        match self.history.lock() {
            Ok(history) => (history.transitions().cloned().collect(), history.count()),
            Err(_) => (Vec::new(), 0),
        }
    }
}
