//! What a worker's threads write for the heart thread to see: flags only, no clock and no lock,
//! so that a beat costs a load, and a store where a look came between.

use super::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// The flags of one heartbeat.
pub(crate) struct HeartbeatFlags {
    beaten: AtomicBool,
    idle_guards: AtomicUsize,
    restarted: AtomicBool,
    allowed_until: AtomicU64,
}

/// What a look has found, and cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlagSnapshot {
    pub(crate) beaten: bool,
    pub(crate) idle: bool,
    /// A guard has ended since the last look.
    pub(crate) restarted: bool,
    /// Until when no beat is due, in nanoseconds of the heart's clock; 0 where nothing says so.
    pub(crate) allowed_until: u64,
}

impl HeartbeatFlags {
    pub(crate) fn new() -> Self {
        Self {
            beaten: AtomicBool::new(false),
            idle_guards: AtomicUsize::new(0),
            restarted: AtomicBool::new(false),
            allowed_until: AtomicU64::new(0),
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
        // First, so that no look finds the record neither idle nor restarted.
        self.restart();
        self.idle_guards.fetch_sub(1, Ordering::Release);
    }

    /// Sets until when an allowance lasts: the latest of those that are left, or 0.
    pub(crate) fn allow_until(&self, end: u64, ended: bool) {
        if ended {
            self.restart();
        }
        self.allowed_until.store(end, Ordering::Release);
    }

    /// A swap, as the look's is, so that one of the two comes after the other for certain.
    fn restart(&self) {
        self.restarted.swap(true, Ordering::AcqRel);
    }

    /// What a look would find, and without clearing it; whoever wants to know may ask.
    pub(crate) fn peek(&self) -> FlagSnapshot {
        FlagSnapshot {
            idle: self.idle_guards.load(Ordering::Acquire) > 0,
            allowed_until: self.allowed_until.load(Ordering::Acquire),
            restarted: self.restarted.load(Ordering::Acquire),
            beaten: self.beaten.load(Ordering::Relaxed),
        }
    }

    /// Only the heart thread looks.
    pub(crate) fn scan(&self) -> FlagSnapshot {
        let idle = self.idle_guards.load(Ordering::Acquire) > 0;
        let allowed_until = self.allowed_until.load(Ordering::Acquire);
        FlagSnapshot {
            idle,
            allowed_until,
            restarted: self.restarted.swap(false, Ordering::AcqRel),
            beaten: self.beaten.swap(false, Ordering::Relaxed),
        }
    }
}
