//! The tasks of an instance: spawned by user code, waited for and aborted by the host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::vitals::{HeartbeatRecord, TaskRecord, Vitals};

/// The tasks of an instance that have not ended.
pub(crate) struct TaskSet {
    pub(super) vitals: Arc<Vitals>,
    /// The runtime of the worker; in a test, that of the caller.
    pub(super) runtime: Option<Handle>,
    pub(super) stop_within: Duration,
    state: Mutex<State>,
    live: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    /// By their numbers, in the order in which they were added.
    live: BTreeMap<u64, Live>,
    next: u64,
    /// The host waits no longer, so that no task may be spawned.
    is_closed: bool,
}

struct Live {
    record: Arc<TaskRecord>,
    /// `None` until it is spawned.
    handle: Option<AbortHandle>,
}

/// A task that has not ended. Dropping it records the end.
pub(super) struct LiveTask {
    pub(super) set: Arc<TaskSet>,
    pub(super) record: Arc<TaskRecord>,
    pub(super) number: u64,
}

/// The reason for which tasks cannot be added.
pub(super) enum Refusal {
    Closed,
    /// A name is taken.
    Taken(String),
}

impl TaskSet {
    pub(crate) fn new(
        vitals: Arc<Vitals>,
        runtime: Option<Handle>,
        stop_within: Duration,
    ) -> Arc<Self> {
        let (state, live) = (Mutex::default(), watch::Sender::new(0));
        Arc::new(Self { vitals, runtime, stop_within, state, live })
    }

    /// Adds tasks with these heartbeats, all or none.
    pub(super) fn add(
        self: &Arc<Self>,
        heartbeats: &[Arc<HeartbeatRecord>],
    ) -> Result<Vec<Arc<LiveTask>>, Refusal> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Refusal::Closed);
        }
        let records = self.vitals.add_tasks(heartbeats).map_err(Refusal::Taken)?;
        let mut tasks = Vec::with_capacity(records.len());
        for record in records {
            let number = state.next;
            state.next += 1;
            state.live.insert(number, Live { record: Arc::clone(&record), handle: None });
            tasks.push(Arc::new(LiveTask { set: Arc::clone(self), record, number }));
        }
        self.live.send_replace(state.live.len());
        Ok(tasks)
    }

    /// Records that a task is spawned, unless it has already ended.
    pub(super) fn set_handle(&self, number: u64, handle: AbortHandle) {
        let mut state = self.state();
        if state.is_closed {
            handle.abort();
        }
        if let Some(task) = state.live.get_mut(&number) {
            task.handle = Some(handle);
        }
    }

    /// Waits until no task is left.
    pub(crate) async fn ended(&self) {
        // The sender lives in `self`, so the channel cannot close meanwhile.
        let _ = self.live.subscribe().wait_for(|live| *live == 0).await;
    }

    /// Waits until no task is left, and refuses further ones.
    pub(crate) async fn finish(&self) {
        while !self.close_if_ended() {
            self.ended().await;
        }
    }

    /// Refuses further tasks if none is left. Returns whether that is so.
    pub(crate) fn close_if_ended(&self) -> bool {
        let mut state = self.state();
        state.is_closed |= state.live.is_empty();
        state.is_closed
    }

    /// Aborts all tasks and refuses further ones. Returns descriptions of those that had not ended.
    pub(crate) fn abort(&self) -> Vec<String> {
        let mut state = self.state();
        state.is_closed = true;
        state.live.values().filter_map(|live| live.handle.as_ref()).for_each(AbortHandle::abort);
        let now = self.vitals.clock().now();
        state.live.values().filter_map(|live| live.record.unfinished(now)).collect()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LiveTask {
    fn drop(&mut self) {
        self.set.vitals.remove_task(&self.record);
        let mut state = self.set.state();
        state.live.remove(&self.number);
        self.set.live.send_replace(state.live.len());
    }
}
