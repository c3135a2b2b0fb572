//! The record of a task: its supervisor writes it, the monitor thread reads it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::record::HeartbeatRecord;
use super::registry::Named;
use super::task_state::{TaskPhase, TaskState};

/// The record of a task.
pub(crate) struct TaskRecord {
    pub(crate) name: String,
    state: TaskState,
    inner: Mutex<Inner>,
}

struct Inner {
    /// That of the current run, or of the last one.
    heartbeat: Arc<HeartbeatRecord>,
    last_failure: Option<String>,
}

/// The report of a task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaskReport {
    pub(crate) name: String,
    pub(crate) phase: TaskPhase,
    pub(crate) restarts: u64,
    pub(crate) last_failure: Option<String>,
    /// Time since the last scan that found it alive.
    pub(crate) age: Duration,
}

impl TaskRecord {
    pub(super) fn new(heartbeat: Arc<HeartbeatRecord>) -> Self {
        Self {
            name: heartbeat.name.clone(),
            state: TaskState::new(),
            inner: Mutex::new(Inner { heartbeat, last_failure: None }),
        }
    }

    pub(crate) fn heartbeat(&self) -> Arc<HeartbeatRecord> {
        Arc::clone(&self.inner().heartbeat)
    }

    pub(super) fn set_heartbeat(&self, heartbeat: Arc<HeartbeatRecord>) {
        self.inner().heartbeat = heartbeat;
    }

    pub(super) fn phase(&self) -> TaskPhase {
        self.state.load().0
    }

    pub(super) fn enter(&self, phase: TaskPhase) {
        self.state.enter(phase);
    }

    pub(super) fn set_failure(&self, failure: &str) {
        self.inner().last_failure = Some(failure.to_owned());
    }

    /// Describes its unfinished work, with the time of its last beat.
    pub(crate) fn unfinished(&self, now: Duration) -> Option<String> {
        self.heartbeat().unfinished(now)
    }

    pub(super) fn report(&self, now: Duration) -> TaskReport {
        let (phase, restarts) = self.state.load();
        let inner = self.inner();
        TaskReport {
            name: self.name.clone(),
            phase,
            restarts,
            last_failure: inner.last_failure.clone(),
            age: inner.heartbeat.age(now),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Named for TaskRecord {
    fn name(&self) -> &str {
        &self.name
    }
}
