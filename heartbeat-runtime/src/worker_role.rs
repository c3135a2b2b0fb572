//! The trait that users implement.

use crate::environment::RoleEnvironment;
use crate::error::Error;
use crate::host::Host;

/// A background worker.
///
/// [`#[worker_role]`](macro@crate::worker_role) on the implementation makes it a program:
///
/// ```no_run
/// use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
///
/// struct Ticker;
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// impl WorkerRole for Ticker {
///     async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
///         Ok(Ticker)
///     }
///
///     async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
///         let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
///         while role.until_stopping(ticks.tick()).await.is_some() {
///             role.beat();
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// The futures need not be `Send`: the main thread drives them, so blocking or CPU-bound code in them
/// holds up nothing else. Spawned tasks run on the other threads of the worker, unless its flavor is
/// `current_thread`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a worker role",
    note = "write `#[worker_role(heartbeat = \"…\")] impl WorkerRole for {Self} {{ … }}`"
)]
#[expect(async_fn_in_trait, reason = "no `Send` is asked for, and the signatures can be pasted")]
pub trait WorkerRole: Sized {
    /// Makes the worker, which is ready afterwards.
    ///
    /// # Errors
    ///
    /// An error ends the process with exit code 1, or 78 if it is one of the configuration, without `run`
    /// and `on_stop`.
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error>;

    /// Does the work, until a stop is requested or the work is done.
    ///
    /// # Errors
    ///
    /// After an error `on_stop` still runs; the exit code is 1.
    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error>;

    /// Cleans up. It runs whenever `on_start` succeeded, unless `run` panicked.
    ///
    /// # Errors
    ///
    /// An error makes the exit code 1.
    async fn on_stop(self, role: &RoleEnvironment) -> Result<(), Error> {
        let _ = role;
        Ok(())
    }

    /// Returns the host of the worker for a role of the service definition. The attribute calls it.
    fn host(role: &'static str, version: &'static str) -> Host<Self>
    where
        Self: 'static,
    {
        Host::new(role, version, Self::on_start, Self::run, Self::on_stop)
    }
}
