//! What a worker beats with: a handle of a lane, and the guards under which no beat is due.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::nanoseconds;
use super::lane::Lane;
use super::{RUN, Vitals};

/// A shorter deadline would be missed by looks that come every 10 ms.
pub(crate) const SHORTEST: Duration = Duration::from_millis(10);

/// A named lane that must beat, from its registration until the instance is to stop.
///
/// It can be moved into a task, a plain thread or `spawn_blocking`, and shared by an `Arc`. A
/// handle that is dropped beats no more, so its lane stalls: that is how a consumer that has died
/// is noticed, until one of the same name is registered in its place. One that has done its work
/// says so with [`finish`](Self::finish).
#[must_use = "the lane stalls when nobody beats it"]
pub struct Heartbeat {
    lane: Arc<Lane>,
    vitals: Arc<Vitals>,
}

/// A lane that is about to be registered.
#[must_use = "nothing is registered until `register` is called"]
pub struct HeartbeatBuilder {
    name: String,
    stall_after: Duration,
    vitals: Arc<Vitals>,
}

/// Why a lane cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatError {
    name: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Taken,
    TooShort(Duration),
}

/// While it lives, no beat is due; dropping it restarts the ordinary deadline. Guards nest.
#[must_use = "the worker is idle only while the guard lives"]
pub struct Idle {
    lane: Arc<Lane>,
}

/// Until its end, no beat is due; dropping it restarts the ordinary deadline. Where several live,
/// the latest end counts.
#[must_use = "the allowance ends when the guard is dropped"]
pub struct Allowance {
    lane: Arc<Lane>,
    end: u64,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// The lane of `run`, which is always there.
    pub(crate) fn of_run(vitals: &Arc<Vitals>) -> Self {
        Self { lane: Arc::clone(vitals.run()), vitals: Arc::clone(vitals) }
    }

    /// Tells that there is progress. It costs a load, and a store where the heart thread has
    /// looked since the last beat.
    pub fn beat(&self) {
        self.lane.beat();
    }

    /// Tells that there is nothing to do: no beat is due while the guard lives.
    pub fn idle(&self) -> Idle {
        self.lane.enter_idle();
        Idle { lane: Arc::clone(&self.lane) }
    }

    /// Declares a step that may take that long without a beat.
    pub fn allow(&self, time: Duration) -> Allowance {
        let end = nanoseconds(self.vitals.clock().now().saturating_add(time));
        self.lane.begin_allowance(end);
        Allowance { lane: Arc::clone(&self.lane), end }
    }

    /// Ends the lane: its work is done, and no beat is due any more.
    pub fn finish(self) {
        self.vitals.remove_lane(&self.lane);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.lane.abandon();
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Heartbeat").field(&self.lane.name).finish()
    }
}

// === impl HeartbeatBuilder ===

impl HeartbeatBuilder {
    pub(crate) fn new(name: &str, stall_after: Duration, vitals: &Arc<Vitals>) -> Self {
        Self { name: name.to_owned(), stall_after, vitals: Arc::clone(vitals) }
    }

    /// How long it may go without a beat; as long as `run` without this.
    pub fn stall_after(mut self, stall_after: Duration) -> Self {
        self.stall_after = stall_after;
        self
    }

    /// Arms the lane: its first beat is due within the deadline from now.
    ///
    /// # Errors
    ///
    /// Where a lane of that name is registered already (`run` always is), or the deadline is
    /// shorter than 10 ms.
    pub fn register(self) -> Result<Heartbeat, HeartbeatError> {
        let Self { name, stall_after, vitals } = self;
        if stall_after < SHORTEST {
            return Err(HeartbeatError { name, reason: Reason::TooShort(stall_after) });
        }
        let now = vitals.clock().now();
        let lane = Arc::new(Lane::new(name, stall_after, true, now));
        if vitals.add_lane(&lane) {
            Ok(Heartbeat { lane, vitals })
        } else {
            Err(HeartbeatError { name: lane.name.clone(), reason: Reason::Taken })
        }
    }
}

impl fmt::Display for HeartbeatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, reason } = self;
        write!(f, "cannot register heartbeat `{name}`: ")?;
        match reason {
            Reason::Taken if name == RUN => {
                write!(f, "`{RUN}` is the lane of `run`: give it another name")
            }
            Reason::Taken => f.write_str("one of that name beats already: give it another name"),
            Reason::TooShort(stall_after) => write!(
                f,
                "a deadline of {stall_after:?} is too short to be kept: give it {SHORTEST:?} or more"
            ),
        }
    }
}

impl std::error::Error for HeartbeatError {}

// === impl Idle, Allowance ===

impl Drop for Idle {
    fn drop(&mut self) {
        self.lane.leave_idle();
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        self.lane.end_allowance(self.end);
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Idle").field(&self.lane.name).finish()
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Allowance").field(&self.lane.name).finish()
    }
}
