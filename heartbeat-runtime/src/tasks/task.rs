//! The handle of a task, which its own code receives.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::vitals::{Allowance, HeartbeatRecord, Idle, Vitals};

/// A supervised task, as its own code sees it. A clone is cheap, and means the same run of the task: after
/// a restart, only the new handle beats.
#[derive(Clone)]
pub struct Task {
    heartbeat: Arc<HeartbeatRecord>,
    vitals: Arc<Vitals>,
}

impl Task {
    pub(super) fn new(heartbeat: Arc<HeartbeatRecord>, vitals: Arc<Vitals>) -> Self {
        Self { heartbeat, vitals }
    }

    /// Returns the name of the task; in a pool, `{name}-{number}`, from 0.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.heartbeat.name
    }

    /// Reports progress. It costs a load, and a store after each scan of the monitor thread.
    pub fn beat(&self) {
        self.heartbeat.beat();
    }

    /// Reports a wait for work: no beat is due while the guard lives.
    pub fn idle(&self) -> Idle {
        Idle::begin(&self.heartbeat)
    }

    /// Declares a step that may take `time` without a beat.
    pub fn allow(&self, time: Duration) -> Allowance {
        Allowance::begin(&self.heartbeat, time, &self.vitals)
    }

    /// Tells whether a stop is requested.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.vitals.lifecycle().state.is_ending()
    }

    /// Waits until a stop is requested.
    pub async fn stopping(&self) {
        self.vitals.ending().await;
    }

    /// Awaits `future`, or drops it and returns `None` when a stop is requested.
    pub async fn until_stopping<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.stopping() => None,
            output = future => Some(output),
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.name()).finish()
    }
}
