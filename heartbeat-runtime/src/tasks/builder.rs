//! The builder of tasks.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn_blocking};

use super::local::spawn_local;
use super::restart::{Restart, RestartPolicy};
use super::run::{Failure, Run};
use super::supervise::supervise;
use super::task::Task;
use super::task_set::{LiveTask, Refusal, TaskSet};
use crate::error::Error;
use crate::log::{Fields, lifecycle};
use crate::vitals::{HeartbeatRecord, RUN, SHORTEST, panics::catch_panic};

/// A builder for a supervised task, or for a pool of them.
#[must_use = "nothing is spawned until `spawn` is called"]
pub struct TaskBuilder {
    name: String,
    stall_after: Duration,
    restart: Restart,
    times: Option<usize>,
    set: Arc<TaskSet>,
}

/// The error of a task that cannot be spawned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot spawn task `{name}`: {kind}")]
pub struct TaskError {
    name: String,
    kind: TaskErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum TaskErrorKind {
    #[error("the name `{RUN}` is reserved: give it another name")]
    Reserved,
    #[error("a task or heartbeat has that name: give it another name")]
    Taken,
    #[error("a deadline of {0:?} is too short: set it to {SHORTEST:?} or more")]
    TooShort(Duration),
    #[error("a pool of 0 tasks: call `times` with 1 or more")]
    Empty,
    #[error("the worker has stopped waiting for tasks")]
    Closed,
    #[error("no runtime of a worker runs")]
    NoRuntime,
    #[error(
        "it is local, but this is not the main thread: spawn it in `on_start`, `run` or another local \
         task"
    )]
    NotLocal,
}

impl TaskBuilder {
    pub(crate) fn new(name: &str, set: &Arc<TaskSet>) -> Self {
        Self {
            name: name.to_owned(),
            stall_after: set.vitals.run().stall_after,
            restart: Restart::default(),
            times: None,
            set: Arc::clone(set),
        }
    }

    /// Sets the time that may pass without a beat, from the start of the task on; that of `run` by default.
    pub fn stall_after(mut self, stall_after: Duration) -> Self {
        self.stall_after = stall_after;
        self
    }

    /// Sets the consequence of a failure: an error that the task returns, or its panic. By default, it
    /// stops the worker.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Makes it a pool of `count` tasks, called `{name}-0`, `{name}-1` and so on. Each is restarted on its
    /// own.
    pub fn times(mut self, count: usize) -> Self {
        self.times = Some(count);
        self
    }

    /// Spawns the task in the worker's runtime, from any thread. `task` is called now, and a clone of it
    /// at each restart.
    ///
    /// # Errors
    ///
    /// A task or heartbeat has the name (`run` is reserved), the deadline is shorter than 10 ms, the
    /// pool is empty, or the host no longer waits for tasks, as it does in a stop until `on_stop`. Of
    /// a pool, all tasks are spawned or none.
    pub fn spawn<F, R>(self, task: F) -> Result<(), TaskError>
    where
        F: FnOnce(Task) -> R + Clone + Send + 'static,
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.start(|live, policy, runtime| {
            let (name, task) = (live.record.name.clone(), task.clone());
            let start = move |handle| Run::new(&name, || finish(task.clone()(handle)));
            Some(runtime.spawn(supervise(live, policy, start)).abort_handle())
        })
    }

    /// Spawns a blocking call, as [`spawn`](Self::spawn) does a future, on one of the 512 threads that the
    /// runtime has for these. Nothing can abort it: unless it asks [`Task::is_stopping`], it delays a stop
    /// until the process is ended.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn step() -> Result<(), Error> { Ok(()) }
    /// # fn engine(role: &RoleEnvironment) -> Result<(), Error> {
    /// role.task("engine").spawn_blocking(|task| {
    ///     while !task.is_stopping() {
    ///         task.beat();
    ///         step()?;
    ///     }
    ///     Ok(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    pub fn spawn_blocking<F>(self, task: F) -> Result<(), TaskError>
    where
        F: FnOnce(Task) -> Result<(), Error> + Clone + Send + 'static,
    {
        self.start(|live, policy, runtime| {
            let (thread_live, task) = (Arc::clone(&live), task.clone());
            let start = move |handle| {
                let live = Arc::clone(&thread_live);
                Run::new(&thread_live.record.name, || block(live, task.clone(), handle))
            };
            Some(runtime.spawn(supervise(live, policy, start)).abort_handle())
        })
    }

    /// Spawns a future that is not `Send` on the main thread, beside `run`, as [`spawn`](Self::spawn)
    /// does others. Code that blocks there blocks `run` too.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn); also outside of `on_start`, `run` and local tasks.
    pub fn spawn_local<F, R>(self, task: F) -> Result<(), TaskError>
    where
        F: FnOnce(Task) -> R + Clone + 'static,
        R: Future<Output = Result<(), Error>> + 'static,
    {
        self.start(|live, policy, _| {
            let (name, task) = (live.record.name.clone(), task.clone());
            let start = move |handle| Run::new(&name, || finish(task.clone()(handle)));
            spawn_local(supervise(live, policy, start))
        })
    }

    /// Registers the tasks, and spawns the supervisor of each.
    fn start(
        self,
        spawn: impl Fn(Arc<LiveTask>, RestartPolicy, &Handle) -> Option<AbortHandle>,
    ) -> Result<(), TaskError> {
        let refused = |name: &str, kind| TaskError { name: name.to_owned(), kind };
        let names = match self.times {
            None => vec![self.name.clone()],
            Some(0) => return Err(refused(&self.name, TaskErrorKind::Empty)),
            Some(times) => (0..times).map(|number| format!("{}-{number}", self.name)).collect(),
        };
        if self.stall_after < SHORTEST {
            return Err(refused(&self.name, TaskErrorKind::TooShort(self.stall_after)));
        }
        let runtime = self.set.runtime.as_ref();
        let runtime = runtime.ok_or_else(|| refused(&self.name, TaskErrorKind::NoRuntime))?;
        let now = self.set.vitals.clock().now();
        let heartbeat = |name| Arc::new(HeartbeatRecord::new(name, self.stall_after, true, now));
        let heartbeats: Vec<_> = names.into_iter().map(heartbeat).collect();
        let tasks = self.set.add(&heartbeats).map_err(|refusal| match refusal {
            Refusal::Closed => refused(&self.name, TaskErrorKind::Closed),
            Refusal::Taken(name) if name == RUN => refused(&name, TaskErrorKind::Reserved),
            Refusal::Taken(name) => refused(&name, TaskErrorKind::Taken),
        })?;
        for task in tasks {
            let number = task.number;
            let handle = spawn(task, RestartPolicy::new(self.restart), runtime);
            let handle = handle.ok_or_else(|| refused(&self.name, TaskErrorKind::NotLocal))?;
            self.set.set_handle(number, handle);
        }
        Ok(())
    }
}

/// Converts the error of a task.
async fn finish(task: impl Future<Output = Result<(), Error>>) -> Result<(), Failure> {
    Ok(task.await?)
}

/// Waits for a blocking call on a thread of its own, which is alive until it returns.
async fn block<F>(live: Arc<LiveTask>, task: F, handle: Task) -> Result<(), Failure>
where
    F: FnOnce(Task) -> Result<(), Error> + Send + 'static,
{
    let call = move || {
        let result = catch_panic(|| task(handle).map_err(Failure::from));
        let result = result.unwrap_or_else(|panic| Err(Failure::Panic(panic)));
        if let Err(failure) = &result
            && live.set.is_closed()
        {
            // Its supervisor is gone.
            let name = &live.record.name;
            let fields = Fields::default().task(name);
            lifecycle!(error, fields, "task `{name}` {failure}, after it was aborted");
        }
        drop(live);
        result
    };
    // It is cancelled only with the runtime.
    spawn_blocking(call).await.unwrap_or(Ok(()))
}

impl fmt::Debug for TaskBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskBuilder")
            .field("name", &self.name)
            .field("stall_after", &self.stall_after)
            .field("restart", &self.restart)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}
