//! The changes of tasks, each recorded and logged in one step.

use std::sync::Arc;

use super::Vitals;
use crate::vitals::record::HeartbeatRecord;
use crate::vitals::task_record::{TaskRecord, TaskReport};
use crate::vitals::task_state::TaskPhase;
use crate::vitals::tasks::TaskRegistry;
use crate::vitals::verdict::Verdict;

impl Vitals {
    pub(crate) fn tasks(&self) -> &TaskRegistry {
        &self.tasks
    }

    /// Registers tasks and their heartbeats, armed from now on, all or none. Returns the first name that
    /// is taken.
    pub(crate) fn add_tasks(
        &self,
        heartbeats: &[Arc<HeartbeatRecord>],
    ) -> Result<Vec<Arc<TaskRecord>>, String> {
        self.add_heartbeats(heartbeats).map_err(str::to_owned)?;
        let tasks = heartbeats.iter().map(|heartbeat| TaskRecord::new(Arc::clone(heartbeat)));
        let tasks: Vec<_> = tasks.map(Arc::new).collect();
        self.tasks.add(&tasks);
        Ok(tasks)
    }

    /// Records that a task waits to be restarted: no beat is due, and the status is warn.
    pub(crate) fn suspend_task(
        &self,
        task: &TaskRecord,
        failure: &str,
        log: impl FnOnce(&Verdict),
    ) {
        let heartbeat = task.heartbeat();
        // Ended by the successor of this heartbeat.
        heartbeat.enter_idle();
        task.set_failure(failure);
        self.enter_task_phase(task, TaskPhase::Restarting, log);
    }

    /// Records that a task runs again, with a new heartbeat: guards of the failed run are void.
    pub(crate) fn restart_task(&self, task: &TaskRecord, log: impl FnOnce(&Verdict)) {
        let earlier = task.heartbeat();
        let heartbeat = Arc::new(earlier.successor(self.clock.now()));
        self.heartbeats.replace(&earlier, &heartbeat);
        task.set_heartbeat(heartbeat);
        self.enter_task_phase(task, TaskPhase::Running, log);
    }

    /// Records that a task has failed for good.
    pub(crate) fn fail_task(&self, task: &TaskRecord, failure: &str, log: impl FnOnce(&Verdict)) {
        task.set_failure(failure);
        self.enter_task_phase(task, TaskPhase::Failed, log);
    }

    /// Removes a task that has ended, and its heartbeat.
    pub(crate) fn remove_task(&self, task: &Arc<TaskRecord>) {
        self.heartbeats.remove(&task.heartbeat());
        self.tasks.remove(task);
    }

    pub(crate) fn task_reports(&self) -> Vec<TaskReport> {
        self.tasks.reports(self.clock.now())
    }

    /// Enters a phase, and calls `log` before the verdict can change again.
    fn enter_task_phase(&self, task: &TaskRecord, phase: TaskPhase, log: impl FnOnce(&Verdict)) {
        let lifecycle = self.lifecycle.borrow();
        // Held, so that a scan does not record the change first.
        let mut history = self.history();
        self.tasks.enter(task, phase);
        self.record_transition(&mut history, *lifecycle);
        log(&self.verdict_in(*lifecycle));
    }
}
