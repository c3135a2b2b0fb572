//! `RoleEnvironment`, which user code receives: identity, endpoints, settings, local storage, the
//! stop signal, and the heartbeat.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{InstanceConfig, LocalResourceError, SettingError};
use crate::endpoint::Endpoint;
use crate::log::{Elapsed, lifecycle};
use crate::vitals::{Allowance, CheckBuilder, Event, Heartbeat, HeartbeatBuilder, Idle, Vitals};

/// The environment of a role instance. A clone is cheap, and shows the same instance.
///
/// # Patterns
///
/// Beat where work gets done, be idle where there is none, and declare what takes long.
///
/// A poll loop waits under [`idle`](Self::idle); its example shows it whole. A batch beats as it
/// gets on, so that its deadline is that of one item, and asks whether to stop:
///
/// ```
/// # use heartbeat_runtime::RoleEnvironment;
/// # fn import(_: &str) {}
/// # fn batch(role: &RoleEnvironment, rows: &[&str]) {
/// for row in rows {
///     role.beat();
///     if role.is_stopping() {
///         break;
///     }
///     import(row);
/// }
/// # }
/// ```
///
/// A call that takes long and cannot beat is allowed its time, and no more:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # use std::time::Duration;
/// # async fn vacuum() -> Result<(), Error> { Ok(()) }
/// # async fn tidy(role: &RoleEnvironment) -> Result<(), Error> {
/// let allowance = role.allow(Duration::from_secs(20 * 60));
/// vacuum().await?;
/// drop(allowance);
/// # Ok(())
/// # }
/// ```
///
/// A pool has a lane for each consumer, so that one that hangs is not hidden by the others:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # use tokio::task::JoinSet;
/// # async fn receive() -> Option<u8> { None }
/// # async fn pool(role: &RoleEnvironment) -> Result<(), Error> {
/// let mut consumers = JoinSet::new();
/// for number in 0..4 {
///     let heartbeat = role.heartbeat(&format!("consumer-{number}")).register()?;
///     let role = role.clone();
///     consumers.spawn(async move {
///         loop {
///             let idle = heartbeat.idle();
///             let Some(Some(message)) = role.until_stopping(receive()).await else { break };
///             drop(idle);
///             heartbeat.beat();
///             // … work on the message, and beat from time to time.
/// #           drop(message);
///         }
///         heartbeat.finish();
///     });
/// }
/// // `run` itself has nothing to beat for.
/// let _idle = role.idle();
/// consumers.join_all().await;
/// # Ok(())
/// # }
/// ```
///
/// A thread of its own, or `spawn_blocking`, takes its lane along:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # fn step() -> bool { false }
/// # fn engine(role: &RoleEnvironment) -> Result<(), Error> {
/// let heartbeat = role.heartbeat("engine").register()?;
/// let engine = role.clone();
/// std::thread::spawn(move || {
///     while !engine.is_stopping() && step() {
///         heartbeat.beat();
///     }
///     heartbeat.finish();
/// });
/// # Ok(())
/// # }
/// ```
///
/// A worker that sleeps for hours is idle while it does:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # use std::time::Duration;
/// # async fn report() -> Result<(), Error> { Ok(()) }
/// # async fn nightly(role: &RoleEnvironment) -> Result<(), Error> {
/// loop {
///     let idle = role.idle();
///     let nap = tokio::time::sleep(Duration::from_secs(24 * 3600));
///     if role.until_stopping(nap).await.is_none() {
///         return Ok(());
///     }
///     drop(idle);
///     role.beat();
///     report().await?;
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct RoleEnvironment {
    instance: Arc<Instance>,
}

struct Instance {
    name: &'static str,
    version: &'static str,
    config: InstanceConfig,
    run: Heartbeat,
    vitals: Arc<Vitals>,
}

// === impl RoleEnvironment ===

impl RoleEnvironment {
    pub(crate) fn new(
        name: &'static str,
        version: &'static str,
        config: InstanceConfig,
        vitals: Arc<Vitals>,
    ) -> Self {
        let run = Heartbeat::from_run(&vitals);
        Self { instance: Arc::new(Instance { name, version, config, run, vitals }) }
    }

    /// The role's name in the service definition.
    #[must_use]
    pub fn name(&self) -> &str {
        self.instance.name
    }

    /// The version of the worker's package.
    #[must_use]
    pub fn version(&self) -> &str {
        self.instance.version
    }

    /// The instance's id: `HEARTBEAT_INSTANCE_ID`, else the host name.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.instance.config.id
    }

    /// The endpoint of exactly that name, where the role declares it.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints().iter().find(|endpoint| endpoint.name() == name)
    }

    /// All endpoints that the role declares, in the order of the service definition.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.instance.config.endpoints
    }

    /// The value of a declared setting: the variable `HEARTBEAT_SETTING_<NAME>`, else what the
    /// service configuration says. Every declared setting has one, or the worker does not start.
    ///
    /// # Errors
    ///
    /// Where the role declares no setting of exactly that name.
    pub fn setting(&self, name: &str) -> Result<&str, SettingError> {
        self.instance.config.settings.get(name)
    }

    /// The folder of a declared local storage, created on first use: the variable
    /// `HEARTBEAT_RESOURCE_<NAME>`, else `heartbeat-<role>-<instance>/<name>` in the system's
    /// folder for temporary files. Nothing ever removes its content.
    ///
    /// # Errors
    ///
    /// The role declares no local storage of exactly that name, or its folder cannot be created.
    /// Below the folder for temporary files, the error is also that another user could reach it: it
    /// is a symbolic link, belongs to somebody else, or is writable by others. Out of `on_start`,
    /// this error ends the process with exit code 78.
    pub fn local_resource(&self, name: &str) -> Result<PathBuf, LocalResourceError> {
        self.instance.config.local_resources.get(name)
    }

    /// Tells that `run` is making progress. Call it as often as you like: it costs a load, and
    /// a store where the heart thread has looked since the last beat.
    ///
    /// From the first beat on (or from the start, where `stall_after` is given), `run` has to beat
    /// within every 30 seconds (or `stall_after`) until the instance is to stop, or it counts as
    /// stalled until it beats again: live and ready fail.
    pub fn beat(&self) {
        self.instance.run.beat();
    }

    /// Tells that `run` waits for work: no beat is due while the guard lives.
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

    /// Declares a step of `run` that may take that long without a beat: past it, `run` is
    /// stalled, whether it has ever beaten or not. For a call that cannot beat, such as a
    /// migration or an upload.
    pub fn allow(&self, time: Duration) -> Allowance {
        self.instance.run.allow(time)
    }

    /// A further lane that must beat, beside that of `run`: one for each consumer of a pool, each
    /// partition, each blocking thread, so that one that hangs is not hidden by the others.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # use std::time::Duration;
    /// # fn consume(role: &RoleEnvironment) -> Result<(), Error> {
    /// for number in 0..4 {
    ///     let heartbeat = role
    ///         .heartbeat(&format!("consumer-{number}"))
    ///         .stall_after(Duration::from_secs(20))
    ///         .register()?;
    ///     let role = role.clone();
    ///     tokio::task::spawn_blocking(move || {
    ///         while !role.is_stopping() {
    ///             heartbeat.beat();
    ///             // … take a message and work on it.
    /// #           break;
    ///         }
    ///         heartbeat.finish();
    ///     });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn heartbeat(&self, name: &str) -> HeartbeatBuilder {
        HeartbeatBuilder::new(name, self.instance.vitals.run().stall_after, &self.instance.vitals)
    }

    /// A check of something that the worker depends on, which runs in the background. A critical
    /// one, as all are that do not say `warn_only`, makes the instance not ready while it fails;
    /// none makes it not live.
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
    /// // … keep it as long as it is to be checked: in the worker's state, say.
    /// # drop(database);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self, name: &str) -> CheckBuilder {
        CheckBuilder::new(name, &self.instance.vitals)
    }

    /// Takes the instance out of rotation without stopping it, or puts it back. While it is busy,
    /// ready fails and live does not. Before `run` it sets how the instance begins.
    pub fn set_busy(&self, busy: bool) {
        self.instance.vitals.apply_and_log(Event::Busy(busy), |change| {
            let lasted = Elapsed(change.lasted);
            if busy {
                lifecycle!(info, "busy (ready fails), after {lasted} of {}", change.from);
            } else {
                lifecycle!(info, "no longer busy, after {lasted}");
            }
        });
    }

    /// Requests a graceful stop with exit code 75, so that the supervisor restarts the worker. It
    /// changes nothing if the instance is already stopping.
    pub fn request_recycle(&self) {
        let within = Elapsed(self.instance.config.deadlines.stop_within);
        self.instance.vitals.recycle_and_log(|_| {
            lifecycle!(info, "recycle requested: stopping, within {within}");
        });
    }

    /// Whether the instance is to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.instance.vitals.lifecycle().state.is_ending()
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.instance.vitals
    }

    /// Ends when the instance is to stop.
    pub async fn stopping(&self) {
        self.instance.vitals.ending().await;
    }

    /// What `future` gives, or `None` as soon as the instance is to stop, where `future` is
    /// dropped as it stands.
    pub async fn until_stopping<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.stopping() => None,
            output = future => Some(output),
        }
    }
}

impl fmt::Debug for RoleEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Settings hold secrets.
        f.debug_struct("RoleEnvironment")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("instance_id", &self.instance_id())
            .finish_non_exhaustive()
    }
}
