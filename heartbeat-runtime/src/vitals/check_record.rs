//! The record of a check: its runner writes it, the monitor thread reads it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::clock::nanoseconds;
use super::verdict::Status;

/// The record of a check.
pub(crate) struct CheckRecord {
    pub(crate) name: String,
    pub(crate) critical: bool,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    state: AtomicU8,
    ended_at: AtomicU64,
    took: AtomicU64,
    message: Mutex<Option<String>>,
}

/// The report of a check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckReport {
    pub(crate) name: String,
    pub(crate) critical: bool,
    pub(crate) passes: bool,
    /// Time since its last result, or its registration.
    pub(crate) age: Duration,
    /// Duration of the last run.
    pub(crate) took: Duration,
    pub(crate) message: Option<String>,
}

impl CheckReport {
    /// Returns pass, fail, or warn for the failure of a check that is not critical.
    pub(crate) fn status(&self) -> Status {
        match (self.passes, self.critical) {
            (true, _) => Status::Pass,
            (false, true) => Status::Fail,
            (false, false) => Status::Warn,
        }
    }
}

const UNKNOWN: u8 = 0;
const PASSED: u8 = 1;
const FAILED: u8 = 2;

impl CheckRecord {
    pub(super) fn new(
        name: String,
        critical: bool,
        (every, timeout): (Duration, Duration),
        now: Duration,
    ) -> Self {
        Self {
            name,
            critical,
            every,
            timeout,
            state: AtomicU8::new(UNKNOWN),
            ended_at: AtomicU64::new(nanoseconds(now)),
            took: AtomicU64::new(0),
            message: Mutex::default(),
        }
    }

    /// Stores the result of a run. Returns whether it differs from the one before.
    pub(super) fn set_result(
        &self,
        now: Duration,
        began: Duration,
        failure: Option<String>,
    ) -> bool {
        self.took.store(nanoseconds(now.saturating_sub(began)), Ordering::Relaxed);
        self.ended_at.store(nanoseconds(now), Ordering::Relaxed);
        let state = if failure.is_none() { PASSED } else { FAILED };
        if let Ok(mut message) = self.message.lock() {
            *message = failure;
        }
        self.state.swap(state, Ordering::AcqRel) != state
    }

    /// Tells whether its last result is good and recent.
    pub(crate) fn passes(&self, now: Duration) -> bool {
        self.state.load(Ordering::Acquire) == PASSED && !self.is_expired(now)
    }

    /// Tells whether its last result is bad or too old. A check without a result has not failed.
    pub(crate) fn has_failed(&self, now: Duration) -> bool {
        self.state.load(Ordering::Acquire) == FAILED || self.is_expired(now)
    }

    fn is_expired(&self, now: Duration) -> bool {
        self.age(now) > self.every.saturating_mul(3).saturating_add(self.timeout)
    }

    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_nanos(self.ended_at.load(Ordering::Relaxed)))
    }

    pub(crate) fn report(&self, now: Duration) -> CheckReport {
        let message = match self.state.load(Ordering::Acquire) {
            UNKNOWN => Some("no result yet".to_owned()),
            _ if self.is_expired(now) => Some("the last result is too old".to_owned()),
            _ => self.message.lock().map(|message| message.clone()).unwrap_or_default(),
        };
        CheckReport {
            name: self.name.clone(),
            critical: self.critical,
            passes: self.passes(now),
            age: self.age(now),
            took: Duration::from_nanos(self.took.load(Ordering::Relaxed)),
            message,
        }
    }
}
