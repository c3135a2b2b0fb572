//! The trait that users implement.

use crate::environment::RoleEnvironment;
use crate::error::Error;
use crate::host::Host;

/// A background worker: what it needs, what it does, how it ends.
///
/// Put [`#[worker_role]`](macro@crate::worker_role) on the implementation, and it is a program:
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
/// The futures need not be `Send`: they are driven on the main thread, so that code which blocks
/// or computes in them holds up nobody else. Tasks that they spawn run on the worker's
/// other threads, unless its flavor is `current_thread`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no worker role",
    note = "write `#[worker_role(heartbeat = \"…\")] impl WorkerRole for {Self} {{ … }}`"
)]
#[expect(async_fn_in_trait, reason = "no `Send` is asked for, and the signatures can be pasted")]
pub trait WorkerRole: Sized {
    /// Makes the worker; it is ready when this has ended well.
    ///
    /// # Errors
    ///
    /// Any error ends the process with exit code 1, without `run` and `on_stop`.
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error>;

    /// Does the work, until the instance is to stop or there is no more of it.
    ///
    /// # Errors
    ///
    /// After an error `on_stop` is still called; the exit code is 1.
    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error>;

    /// Takes the worker apart. Called whenever `on_start` has ended well, unless `run` panicked.
    ///
    /// # Errors
    ///
    /// Any error makes the exit code 1.
    async fn on_stop(self, role: &RoleEnvironment) -> Result<(), Error> {
        let _ = role;
        Ok(())
    }

    /// The worker as a program, for that role of the service definition; the attribute calls it.
    fn host(role: &'static str, version: &'static str) -> Host<Self>
    where
        Self: 'static,
    {
        Host::new(role, version, Self::on_start, Self::run, Self::on_stop)
    }
}
