//! The flags that worker threads set for the monitor thread. They need no clock and no lock, so a beat
//! costs a load, and a store after each scan.

use super::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

const LIVE: u8 = 0;
const FINISHED: u8 = 1;
const DROPPED: u8 = 2;

/// The flags of one heartbeat.
pub(crate) struct HeartbeatFlags {
    beaten: AtomicBool,
    idle_guards: AtomicUsize,
    restarted: AtomicBool,
    /// The same two signs, if they came before the last allowance began.
    beaten_before: AtomicBool,
    restarted_before: AtomicBool,
    allowed_until: AtomicU64,
    end: AtomicU8,
}

/// The flags that a scan found and cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct FlagSnapshot {
    pub(crate) beaten: bool,
    pub(crate) idle: bool,
    /// A guard has ended since the last scan.
    pub(crate) restarted: bool,
    /// It has beaten since the last scan, before the last allowance began.
    pub(crate) beaten_before: bool,
    /// A guard has ended since the last scan, before the last allowance began.
    pub(crate) restarted_before: bool,
    /// The end of the allowance, in nanoseconds of the vitals' clock; 0 without one.
    pub(crate) allowed_until: u64,
}

impl FlagSnapshot {
    /// Tells whether there was a sign of life, since the last allowance began if one has.
    pub(crate) fn is_sign(&self) -> bool {
        self.beaten || self.restarted || self.idle
    }

    /// Tells whether there was a sign of life before the last allowance began.
    pub(crate) fn is_sign_before(&self) -> bool {
        self.beaten_before || self.restarted_before
    }
}

impl HeartbeatFlags {
    pub(crate) fn new() -> Self {
        Self {
            beaten: AtomicBool::new(false),
            idle_guards: AtomicUsize::new(0),
            restarted: AtomicBool::new(false),
            beaten_before: AtomicBool::new(false),
            restarted_before: AtomicBool::new(false),
            allowed_until: AtomicU64::new(0),
            end: AtomicU8::new(LIVE),
        }
    }

    pub(crate) fn beat(&self) {
        if !self.beaten.load(Ordering::Relaxed) {
            self.beaten.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn enter_idle(&self) {
        self.idle_guards.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave_idle(&self) {
        // First, so that no scan finds the heartbeat neither idle nor restarted.
        self.restart();
        self.idle_guards.fetch_sub(1, Ordering::Release);
    }

    /// Sets the latest end of the live allowances, or 0.
    pub(crate) fn allow_until(&self, end: u64, ended: bool) {
        if ended {
            self.restart();
        } else {
            mark_as_before(&self.beaten, &self.beaten_before);
            mark_as_before(&self.restarted, &self.restarted_before);
        }
        self.allowed_until.store(end, Ordering::Release);
    }

    /// Marks the heartbeat as restarted, by a swap as in a scan, so that the two are ordered.
    fn restart(&self) {
        self.restarted.swap(true, Ordering::AcqRel);
    }

    /// Marks the work as done: dropping the handle means nothing any more.
    pub(crate) fn finish(&self) {
        self.end.store(FINISHED, Ordering::Release);
    }

    /// Marks the handle as dropped, unless its work is done.
    pub(crate) fn abandon(&self) {
        let _ = self.end.compare_exchange(LIVE, DROPPED, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.end.load(Ordering::Acquire) == DROPPED
    }

    /// Reads the flags without clearing them. Any thread may call it.
    pub(crate) fn peek(&self) -> FlagSnapshot {
        FlagSnapshot {
            idle: self.idle_guards.load(Ordering::Acquire) > 0,
            allowed_until: self.allowed_until.load(Ordering::Acquire),
            restarted: self.restarted.load(Ordering::Acquire),
            beaten: self.beaten.load(Ordering::Relaxed),
            restarted_before: self.restarted_before.load(Ordering::Acquire),
            beaten_before: self.beaten_before.load(Ordering::Acquire),
        }
    }

    /// Reads and clears the flags. Only the monitor thread scans.
    pub(crate) fn scan(&self) -> FlagSnapshot {
        let idle = self.idle_guards.load(Ordering::Acquire) > 0;
        let allowed_until = self.allowed_until.load(Ordering::Acquire);
        FlagSnapshot {
            idle,
            allowed_until,
            restarted: self.restarted.swap(false, Ordering::AcqRel),
            beaten: self.beaten.swap(false, Ordering::AcqRel),
            // Last, so that a sign that is being moved is not missed.
            restarted_before: self.restarted_before.swap(false, Ordering::AcqRel),
            beaten_before: self.beaten_before.swap(false, Ordering::AcqRel),
        }
    }
}

/// Moves a sign of life to those before the allowance, which a later one must not be taken for. A scan
/// meanwhile finds at least one of them.
fn mark_as_before(sign: &AtomicBool, before: &AtomicBool) {
    if sign.load(Ordering::Relaxed) {
        before.store(true, Ordering::Release);
        sign.swap(false, Ordering::AcqRel);
    }
}
