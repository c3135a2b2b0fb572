//! The state of a task. Its supervisor changes it, and the monitor thread reads it, without a lock.

use serde::Serialize;

use super::atomic::{AtomicU64, Ordering};

/// The steps in the life of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaskPhase {
    Running,
    /// It has failed, and waits to be restarted.
    Restarting,
    /// It has failed, and will not be restarted.
    Failed,
}

/// The phase and the number of restarts in one word, so that a reader never sees one without the other.
pub(crate) struct TaskState(AtomicU64);

/// The bits of the phase; the restarts have the others.
const PHASE_BITS: u32 = 2;

impl TaskState {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(word(TaskPhase::Running, 0)))
    }

    /// Returns the phase and the number of restarts.
    pub(crate) fn load(&self) -> (TaskPhase, u64) {
        let word = self.0.load(Ordering::Acquire);
        let phases = [TaskPhase::Running, TaskPhase::Restarting, TaskPhase::Failed];
        let phase = phases.into_iter().find(|phase| word & MASK == *phase as u64);
        (phase.unwrap_or(TaskPhase::Failed), word >> PHASE_BITS)
    }

    /// Enters a phase. Running again counts as a restart. Only the supervisor of the task calls it.
    pub(crate) fn enter(&self, phase: TaskPhase) {
        let (_, restarts) = self.load();
        let restarts = restarts + u64::from(phase == TaskPhase::Running);
        self.0.store(word(phase, restarts), Ordering::Release);
    }
}

const MASK: u64 = (1 << PHASE_BITS) - 1;

fn word(phase: TaskPhase, restarts: u64) -> u64 {
    restarts << PHASE_BITS | phase as u64
}
