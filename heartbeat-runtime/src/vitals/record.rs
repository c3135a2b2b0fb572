//! The record of a heartbeat: its deadline, and the knowledge of the monitor thread between scans.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::clock::nanoseconds;
use super::flags::{FlagSnapshot, HeartbeatFlags};
use super::registry::Named;
use crate::log::escape_controls;

/// The record of a heartbeat, which its handles and the monitor thread share.
pub(crate) struct HeartbeatRecord {
    pub(crate) name: String,
    pub(crate) stall_after: Duration,
    flags: HeartbeatFlags,
    /// The ends of the live allowances.
    allowances: Mutex<Vec<u64>>,
    armed: AtomicBool,
    /// A scan has found it alive.
    has_beaten: AtomicBool,
    alive_at: AtomicU64,
    /// The last scan that found a sign of life other than an allowance.
    signed_at: AtomicU64,
    /// The end of the allowance that the last scan found, or 0.
    allowed_until: AtomicU64,
    /// The last sign of life since the allowance began, or 0.
    beaten_at: AtomicU64,
    idle: AtomicBool,
    stalled: AtomicBool,
    stalls: AtomicU64,
}

/// The obligation of a heartbeat to beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Its time has not begun.
    NotYet,
    Now,
    /// The instance is ending: an earlier stall remains until a beat, and no new one begins.
    NoMore,
}

/// The report of a heartbeat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeartbeatReport {
    pub(crate) name: String,
    pub(crate) state: HeartbeatState,
    /// Time since the last scan that found it alive.
    pub(crate) age: Duration,
    pub(crate) deadline: Duration,
    /// Time that is left of its allowance.
    pub(crate) allowed_for: Option<Duration>,
    pub(crate) stalls: u64,
}

/// The state of a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeartbeatState {
    /// It has not beaten yet, and need not.
    Unarmed,
    Beating,
    Idle,
    /// It is under an allowance.
    Allowed,
    Stalled,
}

impl HeartbeatRecord {
    pub(crate) fn new(name: String, stall_after: Duration, armed: bool, now: Duration) -> Self {
        Self {
            name,
            stall_after,
            flags: HeartbeatFlags::new(),
            allowances: Mutex::default(),
            armed: AtomicBool::new(armed),
            has_beaten: AtomicBool::new(false),
            alive_at: AtomicU64::new(nanoseconds(now)),
            signed_at: AtomicU64::new(nanoseconds(now)),
            allowed_until: AtomicU64::new(0),
            beaten_at: AtomicU64::new(0),
            idle: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            stalls: AtomicU64::new(0),
        }
    }

    /// Returns a record that replaces this one, armed from now on.
    pub(crate) fn successor(&self, now: Duration) -> Self {
        let next = Self::new(self.name.clone(), self.stall_after, true, now);
        next.stalls.store(self.stalls.load(Ordering::Relaxed), Ordering::Relaxed);
        next
    }

    /// Records that its work is done.
    pub(crate) fn finish(&self) {
        self.flags.finish();
    }

    /// Records that its handle was dropped, unless its work is done.
    pub(crate) fn abandon(&self) {
        self.flags.abandon();
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.flags.is_abandoned()
    }

    pub(crate) fn beat(&self) {
        self.flags.beat();
    }

    pub(crate) fn enter_idle(&self) {
        self.flags.enter_idle();
    }

    pub(crate) fn leave_idle(&self) {
        self.flags.leave_idle();
    }

    /// Begins an allowance; of several, the latest end counts. A scan never takes the lock.
    pub(crate) fn begin_allowance(&self, end: u64) {
        if let Ok(mut ends) = self.allowances.lock() {
            ends.push(end);
            self.flags.allow_until(latest(&ends), false);
        }
    }

    pub(crate) fn end_allowance(&self, end: u64) {
        if let Ok(mut ends) = self.allowances.lock() {
            if let Some(index) = ends.iter().position(|other| *other == end) {
                ends.swap_remove(index);
            }
            self.flags.allow_until(latest(&ends), true);
        }
    }

    /// Returns the time until the next scan: an eighth of the deadline, from 10 ms to 1 s, but not past
    /// the deadline.
    pub(crate) fn period(&self, now: Duration) -> Duration {
        let period =
            (self.stall_after / 8).clamp(Duration::from_millis(10), Duration::from_secs(1));
        let left = self.last_alive().saturating_add(self.stall_after).saturating_sub(now);
        if left.is_zero() { period } else { period.min(left) }
    }

    /// Clears the flags, and tells whether the heartbeat is stalled.
    pub(crate) fn scan(&self, due: Due, now: Duration) -> bool {
        let seen = self.flags.scan();
        let now = nanoseconds(now);
        let is_allowed = seen.allowed_until > now;
        let armed = self.armed.load(Ordering::Relaxed) || seen.beaten || seen.beaten_before;
        let signed = seen.is_sign() || seen.is_sign_before();
        let alive = signed || is_allowed;
        if signed || due == Due::NotYet {
            self.signed_at.store(now, Ordering::Relaxed);
        }
        if alive {
            self.has_beaten.store(true, Ordering::Relaxed);
        }
        let alive_at = if alive || due == Due::NotYet {
            self.alive_at.store(now, Ordering::Relaxed);
            now
        } else {
            self.alive_at.load(Ordering::Relaxed)
        };
        let overdue = now >= self.deadline(seen, now, alive_at);
        // An allowance is a deadline of its own, even without an earlier beat.
        let owes = armed || seen.allowed_until > 0;
        let stalled = match due {
            Due::NotYet => false,
            Due::Now => (owes && overdue) || self.is_abandoned(),
            Due::NoMore => self.is_stalled() && !alive,
        };
        self.armed.store(armed, Ordering::Relaxed);
        self.idle.store(seen.idle, Ordering::Relaxed);
        if stalled && !self.stalled.load(Ordering::Relaxed) {
            self.stalls.fetch_add(1, Ordering::Relaxed);
        }
        self.stalled.store(stalled, Ordering::Relaxed);
        stalled
    }

    /// Returns the deadline of the next beat. The end of an allowance is the deadline itself, unless the
    /// heartbeat has beaten since the allowance began.
    fn deadline(&self, seen: FlagSnapshot, now: u64, alive_at: u64) -> u64 {
        let is_new =
            self.allowed_until.swap(seen.allowed_until, Ordering::Relaxed) != seen.allowed_until;
        if seen.is_sign() || (seen.is_sign_before() && !is_new) {
            self.beaten_at.store(now, Ordering::Relaxed);
        } else if is_new {
            self.beaten_at.store(0, Ordering::Relaxed);
        }
        let after = |at: u64| at.saturating_add(nanoseconds(self.stall_after));
        match (seen.allowed_until, self.beaten_at.load(Ordering::Relaxed)) {
            (0, _) => after(alive_at),
            (allowed_until, 0) => allowed_until,
            (allowed_until, beaten_at) => allowed_until.max(after(beaten_at)),
        }
    }

    /// Returns the time of the last sign of life other than an allowance.
    pub(crate) fn last_sign(&self) -> Duration {
        Duration::from_nanos(self.signed_at.load(Ordering::Relaxed))
    }

    /// Tells whether the last scan found an allowance, even one that has run out, and no beat since it
    /// began.
    pub(crate) fn rests_on_allowance(&self) -> bool {
        self.allowed_until.load(Ordering::Relaxed) > 0
            && self.beaten_at.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Describes its unfinished work, with the time since the last scan; `None` if it never had to beat.
    pub(crate) fn unfinished(&self, now: Duration) -> Option<String> {
        let seen = self.flags.peek();
        let allowed_for = Duration::from_nanos(seen.allowed_until).saturating_sub(now).as_secs();
        let age = self.age(now).as_secs();
        let what = if seen.idle {
            "is idle".to_owned()
        } else if seen.allowed_until > nanoseconds(now) {
            format!("is under an allowance of another {allowed_for} s")
        } else if seen.is_sign() || seen.is_sign_before() {
            "last beat less than 1 s ago".to_owned()
        } else if self.has_beaten.load(Ordering::Relaxed) {
            match age {
                0 => "last beat less than 1 s ago".to_owned(),
                age => format!("last beat {age} s ago"),
            }
        } else if self.armed.load(Ordering::Relaxed) {
            format!("has not beaten in {age} s")
        } else {
            return None;
        };
        Some(format!("`{}` {what}", escape_controls(&self.name)))
    }

    /// Returns the time of the last sign of life.
    pub(crate) fn last_alive(&self) -> Duration {
        Duration::from_nanos(self.alive_at.load(Ordering::Relaxed))
    }

    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.last_alive())
    }

    pub(crate) fn report(&self, now: Duration) -> HeartbeatReport {
        let allowed_until = Duration::from_nanos(self.allowed_until.load(Ordering::Relaxed));
        let state = if self.is_stalled() {
            HeartbeatState::Stalled
        } else if self.idle.load(Ordering::Relaxed) {
            HeartbeatState::Idle
        } else if allowed_until > now {
            HeartbeatState::Allowed
        } else if self.armed.load(Ordering::Relaxed) {
            HeartbeatState::Beating
        } else {
            HeartbeatState::Unarmed
        };
        HeartbeatReport {
            name: self.name.clone(),
            state,
            age: self.age(now),
            deadline: self.stall_after,
            allowed_for: (state == HeartbeatState::Allowed)
                .then(|| allowed_until.saturating_sub(now)),
            stalls: self.stalls.load(Ordering::Relaxed),
        }
    }
}

impl Named for HeartbeatRecord {
    fn name(&self) -> &str {
        &self.name
    }
}

fn latest(ends: &[u64]) -> u64 {
    ends.iter().copied().max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
