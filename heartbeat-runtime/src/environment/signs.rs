//! Vital signs: heartbeats, checks and tasks.

use std::time::Duration;

use super::RoleEnvironment;
use crate::tasks::{TaskBuilder, TaskSet};
use crate::vitals::{Allowance, CheckBuilder, HeartbeatBuilder, Idle, Vitals};

impl RoleEnvironment {
    /// Reports progress of `run`. Call it as often as you like: it costs a load, and a store after each
    /// scan of the monitor thread.
    ///
    /// From the first beat on (or from the start, if `stall_after` is set), `run` must beat every 30
    /// seconds (or `stall_after`) until a stop. After a missed deadline it is stalled until it beats
    /// again: live and ready fail.
    pub fn beat(&self) {
        self.instance.run.beat();
    }

    /// Reports that `run` waits for work: no beat is due while the guard lives.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # async fn next() -> Option<u8> { None }
    /// # async fn poll(role: &RoleEnvironment) -> Result<(), Error> {
    /// loop {
    ///     let idle = role.idle();
    ///     let Some(Some(job)) = role.until_stopping(next()).await else { return Ok(()) };
    ///     drop(idle);
    ///     role.beat();
    ///     // … work on the job, and beat from time to time.
    /// #   drop(job);
    /// }
    /// # }
    /// ```
    pub fn idle(&self) -> Idle {
        self.instance.run.idle()
    }

    /// Declares a step of `run` that may take `time` without a beat, such as a migration or an upload.
    /// After it `run` is stalled, even if it has never beaten.
    pub fn allow(&self, time: Duration) -> Allowance {
        self.instance.run.allow(time)
    }

    /// Returns a builder for a further heartbeat, of work that is not a [task](Self::task): a partition, or
    /// a thread that a library makes.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # use std::time::Duration;
    /// # fn watch(role: &RoleEnvironment) -> Result<(), Error> {
    /// let heartbeat = role.heartbeat("watcher").stall_after(Duration::from_secs(20)).register()?;
    /// let role = role.clone();
    /// std::thread::spawn(move || {
    ///     while !role.is_stopping() {
    ///         heartbeat.beat();
    ///         // … take an event and work on it.
    /// #       break;
    ///     }
    ///     heartbeat.finish();
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn heartbeat(&self, name: &str) -> HeartbeatBuilder {
        HeartbeatBuilder::new(name, self.instance.vitals.run().stall_after, &self.instance.vitals)
    }

    /// Returns a builder for a check of a dependency, which runs in the background. While a critical
    /// check fails, the instance is not ready; no check affects live. Checks are critical unless they
    /// are `warn_only`.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # use std::time::Duration;
    /// # async fn ping() -> Result<(), Error> { Ok(()) }
    /// # fn watch(role: &RoleEnvironment) -> Result<(), Error> {
    /// let database = role
    ///     .check("database")
    ///     .every(Duration::from_secs(10))
    ///     .timeout(Duration::from_secs(2))
    ///     .register(async || ping().await)?;
    /// // … keep it while the check should run, for example in the worker's state.
    /// # drop(database);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self, name: &str) -> CheckBuilder {
        CheckBuilder::new(name, &self.instance.vitals)
    }

    /// Returns a builder for a supervised task: a future in the worker's runtime, with a heartbeat of its
    /// own.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, Restart, RoleEnvironment};
    /// # use std::time::Duration;
    /// # async fn receive() -> Result<u8, Error> { Ok(0) }
    /// # fn consume(role: &RoleEnvironment) -> Result<(), Error> {
    /// role.task("consumer")
    ///     .times(4)
    ///     .stall_after(Duration::from_secs(20))
    ///     .restart(Restart::OnFailure { at_most: 5, within: Duration::from_secs(600) })
    ///     .spawn(async |task| {
    ///         loop {
    ///             let idle = task.idle();
    ///             let Some(message) = task.until_stopping(receive()).await else { return Ok(()) };
    ///             drop(idle);
    ///             let message = message?;
    ///             // … work on the message, and beat from time to time.
    /// #           drop(message);
    ///         }
    ///     })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Restart`](crate::Restart) decides what follows a failure:
    ///
    /// | a task | `Never` | `OnFailure` | `Ignore` |
    /// | --- | --- | --- | --- |
    /// | returns `Ok` | has ended | has ended | has ended |
    /// | returns an error | stops the worker, exit code 1 | is restarted; too often, as `Never` | has ended, with a warning |
    /// | panics | stops the worker, exit code 70 | is restarted; too often, as `Never` | has ended, with a warning |
    /// | hangs | is stalled: live fails | is stalled: live fails | is stalled: live fails |
    ///
    /// While a task waits to be restarted, ready is not affected and the status is warn. The details have
    /// its restarts and its last failure.
    ///
    /// At a stop all tasks hear of it at once. The host waits for them until `run`'s share of the time
    /// ends, before `on_stop`; then it aborts those that are left, and the log names each, and when it last
    /// beat. The exit code is then 75, or 70 after a panic.
    ///
    /// A name may be used again once its task has ended. What the closure captures must be `Clone`, such
    /// as an `Arc`: each run gets a clone.
    pub fn task(&self, name: &str) -> TaskBuilder {
        TaskBuilder::new(name, &self.instance.tasks)
    }

    /// Waits until all tasks have ended, so that `run` may be one line. Meanwhile `run` is idle. A task
    /// that waits for it waits for itself.
    pub async fn tasks(&self) {
        let _idle = self.idle();
        self.instance.tasks.ended().await;
    }

    pub(crate) fn task_set(&self) -> &TaskSet {
        &self.instance.tasks
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.instance.vitals
    }
}
