//! The registered tasks.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::registry::Registry;
use super::task_record::{TaskRecord, TaskReport};
use super::task_state::TaskPhase;
use crate::exit::Exit;

/// Number of failed tasks kept for the details.
const KEPT: usize = 64;

/// The registry of tasks: those that have not ended, and the last ones that failed.
#[derive(Default)]
pub(crate) struct TaskRegistry {
    records: Mutex<Records>,
    /// Number of tasks that wait to be restarted, so that a probe costs the same for any number of tasks.
    restarting: AtomicUsize,
    /// The end of the worker by the failures of tasks.
    exit: Mutex<Exit>,
}

#[derive(Default)]
struct Records {
    all: Registry<TaskRecord>,
    /// Those that failed for good, in this order.
    failed: VecDeque<Arc<TaskRecord>>,
}

impl TaskRegistry {
    /// Registers tasks. Each replaces one of its name that has failed.
    pub(super) fn add(&self, new: &[Arc<TaskRecord>]) {
        let mut records = self.records();
        for record in new {
            if let Some(replaced) = records.all.insert(record) {
                records.failed.retain(|failed| !Arc::ptr_eq(failed, &replaced));
            }
        }
    }

    pub(super) fn enter(&self, record: &TaskRecord, phase: TaskPhase) {
        if record.phase() == TaskPhase::Restarting {
            self.restarting.fetch_sub(1, Ordering::Relaxed);
        }
        if phase == TaskPhase::Restarting {
            self.restarting.fetch_add(1, Ordering::Relaxed);
        }
        record.enter(phase);
    }

    /// Removes a task that has ended, but keeps the last ones that failed.
    pub(super) fn remove(&self, record: &Arc<TaskRecord>) {
        let phase = record.phase();
        if phase == TaskPhase::Restarting {
            self.restarting.fetch_sub(1, Ordering::Relaxed);
        }
        let mut records = self.records();
        if phase != TaskPhase::Failed {
            records.all.remove(record);
            return;
        }
        // One of its name may have replaced it meanwhile.
        if records.all.get(&record.name).is_some_and(|other| Arc::ptr_eq(other, record)) {
            records.failed.push_back(Arc::clone(record));
        }
        if records.failed.len() > KEPT
            && let Some(surplus) = records.failed.pop_front()
        {
            records.all.remove(&surplus);
        }
    }

    pub(super) fn is_any_restarting(&self) -> bool {
        self.restarting.load(Ordering::Relaxed) > 0
    }

    /// Records that the failure of a task ends the worker.
    pub(crate) fn add_exit(&self, exit: Exit) {
        let mut earlier = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        *earlier = earlier.or(exit);
    }

    /// Returns how the failures of tasks end the worker, or `Exit::Clean`.
    pub(crate) fn exit(&self) -> Exit {
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reports(&self, now: Duration) -> Vec<TaskReport> {
        // Cloned, so that no report holds up a task.
        let records = self.records().all.to_vec();
        records.iter().map(|record| record.report(now)).collect()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
