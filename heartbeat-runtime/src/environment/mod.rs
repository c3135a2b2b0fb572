//! `RoleEnvironment`, which user code receives: identity, endpoints, settings, local storage, the
//! stop signal, and the heartbeat.

mod endpoints;
mod instances;
mod signs;
mod stop;
mod tell;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::config::{InstanceConfig, LocalResourceError, SettingError};
use crate::endpoint::Endpoint;
use crate::facts::Facts;
use crate::metrics::Metrics;
use crate::report::ReportSource;
use crate::server::UserEndpoints;
use crate::tasks::TaskSet;
use crate::vitals::{Heartbeat, Vitals};

/// The environment of a role instance. A clone is cheap and shares the instance.
///
/// # Words
///
/// A **heartbeat** is a named signal that must **beat** within its deadline. It is **idle** while it
/// waits for work, under an **allowance** during a declared long step, and **stalled** after a missed
/// deadline. The worker is **starved** while its runtime cannot run a task. A **check** asks a
/// dependency in the background. A **task** is a supervised future with a heartbeat of its own. The **verdict** follows from all of them: live, ready, started, and
/// a status of pass, warn or fail. A **fact** is a named value that the worker tells about itself. The
/// **details** are for trusted clients only.
///
/// # Patterns
///
/// Beat where work gets done, be idle where there is none, and declare long steps.
///
/// A poll loop waits under [`idle`](Self::idle), which has the whole example. A batch beats after each
/// item, so that its deadline is that of one item, and asks whether to stop:
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
/// A long call that cannot beat gets an allowance:
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
/// A pool has a [task](Self::task) for each consumer, with a heartbeat each, so that the others do not
/// hide one that hangs. `run` itself has no work of its own:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # async fn receive() -> Option<u8> { None }
/// # async fn pool(role: &RoleEnvironment) -> Result<(), Error> {
/// role.task("consumer").times(4).spawn(async |task| {
///     loop {
///         let idle = task.idle();
///         let Some(Some(message)) = task.until_stopping(receive()).await else { return Ok(()) };
///         drop(idle);
///         task.beat();
///         // … work on the message, and beat from time to time.
/// #       drop(message);
///     }
/// })?;
/// role.tasks().await;
/// # Ok(())
/// # }
/// ```
///
/// So does blocking code, on a thread of its own:
///
/// ```
/// # use heartbeat_runtime::{Error, RoleEnvironment};
/// # fn step() -> Result<(), Error> { Ok(()) }
/// # fn engine(role: &RoleEnvironment) -> Result<(), Error> {
/// role.task("engine").spawn_blocking(|task| {
///     while !task.is_stopping() {
///         step()?;
///         task.beat();
///     }
///     Ok(())
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// A worker that sleeps for hours is idle meanwhile:
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
    user_endpoints: UserEndpoints,
    tasks: Arc<TaskSet>,
    facts: Arc<Facts>,
    metrics: Metrics,
    /// A name that is no role was asked for its instances.
    warned_of_role: AtomicBool,
}

// === impl RoleEnvironment ===

impl RoleEnvironment {
    pub(crate) fn new(
        config: InstanceConfig,
        source: &ReportSource,
        user_endpoints: UserEndpoints,
        tasks: Arc<TaskSet>,
    ) -> Self {
        let instance = Instance {
            name: source.info.role,
            version: source.info.version,
            config,
            run: Heartbeat::from_run(&source.vitals),
            vitals: Arc::clone(&source.vitals),
            user_endpoints,
            tasks,
            facts: Arc::clone(&source.facts),
            metrics: source.metrics.clone(),
            warned_of_role: AtomicBool::new(false),
        };
        Self { instance: Arc::new(instance) }
    }

    /// Returns the name of the role in the service definition.
    #[must_use]
    pub fn name(&self) -> &str {
        self.instance.name
    }

    /// Returns the version of the worker's package.
    #[must_use]
    pub fn version(&self) -> &str {
        self.instance.version
    }

    /// Returns the id of the instance: `HEARTBEAT_INSTANCE_ID`, else the host name.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.instance.config.id
    }

    /// Returns the endpoint of exactly that name, if the role declares it.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.instance.config.endpoint(name)
    }

    /// Returns all endpoints of the role, in the order of the service definition.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.instance.config.endpoints
    }

    /// Returns the value of a declared setting: that of the variable `HEARTBEAT_SETTING_<NAME>`, else the
    /// content of the file that `HEARTBEAT_SETTING_<NAME>_FILE` names, without its last line end, else
    /// that of the service configuration. Files are read once, at the start. Without a value for every
    /// declared setting, the worker does not start.
    ///
    /// # Errors
    ///
    /// The role declares no setting of exactly that name. Out of `on_start`, this error ends the process
    /// with exit code 78.
    pub fn setting(&self, name: &str) -> Result<&str, SettingError> {
        self.instance.config.settings.get(name)
    }

    /// Returns the value of a declared setting, parsed. Nothing is trimmed first.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn start(role: &RoleEnvironment) -> Result<(), Error> {
    /// let batch_size: u32 = role.setting_as("BatchSize")?;
    /// let peer = role.setting_as::<std::net::IpAddr>("Peer")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The role declares no setting of exactly that name, or its value is not one of `T`. The error names
    /// the type, the place of the value, and the value itself, or only its length where its name or its
    /// form is that of a secret. Out of `on_start`, this error ends the process with exit code 78.
    pub fn setting_as<T: FromStr>(&self, name: &str) -> Result<T, SettingError> {
        self.instance.config.settings.parse(name)
    }

    /// Returns the folder of a declared local storage, and creates it on first use: that in the variable
    /// `HEARTBEAT_RESOURCE_<NAME>`, else `heartbeat-<role>-<instance>/<name>` in the system's folder for
    /// temporary files. Nothing ever removes its content.
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
