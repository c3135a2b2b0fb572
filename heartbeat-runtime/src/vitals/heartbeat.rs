//! The handle of a heartbeat, and the guards under which no beat is due.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::nanoseconds;
use super::heartbeats::RUN;
use super::record::HeartbeatRecord;
use super::signs::Vitals;

/// Minimum deadline: scans come every 10 ms at most.
pub(crate) const SHORTEST: Duration = Duration::from_millis(10);

/// A named signal that must beat, from its registration until a stop.
///
/// Move it into a task, a plain thread or `spawn_blocking`, or share it by an `Arc`. A dropped handle
/// beats no more, so the heartbeat is stalled at once: that reveals a consumer that died, until a new
/// registration of the same name replaces it. Call [`finish`](Self::finish) when its work is done.
#[must_use = "the record stalls when nobody beats it"]
pub struct Heartbeat {
    record: Arc<HeartbeatRecord>,
    vitals: Arc<Vitals>,
}

/// A builder for a heartbeat.
#[must_use = "nothing is registered until `register` is called"]
pub struct HeartbeatBuilder {
    name: String,
    stall_after: Duration,
    vitals: Arc<Vitals>,
}

/// The error of a heartbeat that cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot register heartbeat `{name}`: {kind}")]
pub struct HeartbeatError {
    name: String,
    kind: HeartbeatErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum HeartbeatErrorKind {
    #[error("the name `{RUN}` is reserved: give it another name")]
    Reserved,
    #[error("the name is taken: give it another name")]
    Taken,
    #[error("a deadline of {0:?} is too short: set it to {SHORTEST:?} or more")]
    TooShort(Duration),
}

/// A guard under which no beat is due. Dropping it restarts the ordinary deadline. Guards nest.
#[must_use = "the worker is idle only while the guard lives"]
pub struct Idle {
    record: Arc<HeartbeatRecord>,
}

/// A guard under which no beat is due until its end. Dropping it restarts the ordinary deadline. Of
/// several guards, the latest end counts.
#[must_use = "the allowance ends when the guard is dropped"]
pub struct Allowance {
    record: Arc<HeartbeatRecord>,
    end: u64,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// Returns the heartbeat of `run`, which always exists.
    pub(crate) fn from_run(vitals: &Arc<Vitals>) -> Self {
        Self { record: Arc::clone(vitals.run()), vitals: Arc::clone(vitals) }
    }

    /// Reports progress. It costs a load, and a store after each scan of the monitor thread.
    pub fn beat(&self) {
        self.record.beat();
    }

    /// Reports a wait for work: no beat is due while the guard lives.
    pub fn idle(&self) -> Idle {
        Idle::begin(&self.record)
    }

    /// Declares a step that may take `time` without a beat.
    pub fn allow(&self, time: Duration) -> Allowance {
        Allowance::begin(&self.record, time, &self.vitals)
    }

    /// Ends the heartbeat: its work is done, and no further beat is due.
    pub fn finish(self) {
        self.vitals.remove_heartbeat(&self.record);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.vitals.abandon_heartbeat(&self.record);
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Heartbeat").field(&self.record.name).finish()
    }
}

// === impl HeartbeatBuilder ===

impl HeartbeatBuilder {
    pub(crate) fn new(name: &str, stall_after: Duration, vitals: &Arc<Vitals>) -> Self {
        Self { name: name.to_owned(), stall_after, vitals: Arc::clone(vitals) }
    }

    /// Sets the time that may pass without a beat; that of `run` by default.
    pub fn stall_after(mut self, stall_after: Duration) -> Self {
        self.stall_after = stall_after;
        self
    }

    /// Registers the heartbeat. Its first beat is due within the deadline from now.
    ///
    /// # Errors
    ///
    /// The name is taken (`run` is reserved), or the deadline is shorter than 10 ms.
    pub fn register(self) -> Result<Heartbeat, HeartbeatError> {
        let Self { name, stall_after, vitals } = self;
        if stall_after < SHORTEST {
            return Err(HeartbeatError { name, kind: HeartbeatErrorKind::TooShort(stall_after) });
        }
        let now = vitals.clock().now();
        let record = [Arc::new(HeartbeatRecord::new(name, stall_after, true, now))];
        if let Err(name) = vitals.add_heartbeats(&record) {
            let is_run = name == RUN;
            let kind =
                if is_run { HeartbeatErrorKind::Reserved } else { HeartbeatErrorKind::Taken };
            return Err(HeartbeatError { name: name.to_owned(), kind });
        }
        let [record] = record;
        Ok(Heartbeat { record, vitals })
    }
}

impl fmt::Debug for HeartbeatBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeartbeatBuilder")
            .field("name", &self.name)
            .field("stall_after", &self.stall_after)
            .finish_non_exhaustive()
    }
}

// === impl Idle, Allowance ===

impl Idle {
    pub(crate) fn begin(record: &Arc<HeartbeatRecord>) -> Self {
        record.enter_idle();
        Self { record: Arc::clone(record) }
    }
}

impl Allowance {
    pub(crate) fn begin(record: &Arc<HeartbeatRecord>, time: Duration, vitals: &Vitals) -> Self {
        let end = nanoseconds(vitals.clock().now().saturating_add(time));
        record.begin_allowance(end);
        Self { record: Arc::clone(record), end }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.record.leave_idle();
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        self.record.end_allowance(self.end);
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Idle").field(&self.record.name).finish()
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Allowance").field(&self.record.name).finish()
    }
}
