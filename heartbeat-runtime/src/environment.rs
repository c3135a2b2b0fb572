//! `RoleEnvironment`, which user code receives: identity, endpoints, settings, local storage, the
//! stop signal, and the heartbeat.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::config::{InstanceConfig, LocalResourceError, SettingError};
use crate::endpoint::{Endpoint, EndpointListener};
use crate::facts::{FactError, Facts, Visibility};
use crate::log::{Elapsed, lifecycle};
use crate::metrics::Metrics;
use crate::report::ReportSource;
use crate::server::{ServeError, UserEndpoints};
use crate::tasks::{TaskBuilder, TaskSet};
use crate::vitals::{Allowance, CheckBuilder, Event, Heartbeat, HeartbeatBuilder, Idle, Vitals};

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

    /// Serves a router of yours on a declared `http`, `https` or `tcp` endpoint, each once.
    ///
    /// On the endpoint of the heartbeat (or of the management) the health paths keep their meaning, and
    /// the router answers all others; the connection limits are those of the health paths, and no
    /// connection is upgraded: serve a `WebSocket` on another endpoint. On any other endpoint the router
    /// has every path, and up to 1,024 connections, fewer where descriptors run out; a connection is
    /// closed 75 seconds after its last response.
    ///
    /// The handlers run in the worker's runtime. While that runs no tasks, a request to the heartbeat's
    /// endpoint gets 503 within 5 seconds, and the health paths answer as ever. A handler that panics
    /// responds with 500. `ConnectInfo<SocketAddr>` is there for TCP, with the IPv4 address of an IPv4
    /// client. For extractors such as `Json`, add `axum` with its feature to your own dependencies.
    ///
    /// At a stop, the endpoint goes on accepting through `drain`, then no more; requests under way have
    /// until `run`'s share of the time ends; then `on_stop` runs.
    ///
    /// ```
    /// use heartbeat_runtime::axum::Router;
    /// use heartbeat_runtime::axum::routing::get;
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    ///
    /// # fn on_start(role: &RoleEnvironment) -> Result<(), Error> {
    /// let orders = async || "no orders";
    /// role.serve("Heartbeat", Router::new().route("/orders", get(orders)))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The endpoint is not declared, is `udp`, is in use, or its address is; the router has a route for
    /// a health path, on an endpoint that serves them; or the worker is stopping. Out of `on_start`,
    /// this error ends the process with exit code 78.
    pub fn serve(&self, endpoint: &str, router: axum::Router) -> Result<(), ServeError> {
        let Instance { user_endpoints, config, vitals, .. } = &*self.instance;
        user_endpoints.serve(endpoint, router, config, vitals)
    }

    /// Binds a declared endpoint for a protocol other than HTTP: at the address in
    /// `HEARTBEAT_ENDPOINT_<NAME>`, as a socket that systemd hands over under its name, or at its
    /// declared port, for IPv4 and IPv6.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # async fn run(role: &RoleEnvironment) -> Result<(), Error> {
    /// let listener = role.bind("Feed")?;
    /// while let Some(connection) = role.until_stopping(listener.accept()).await {
    ///     let (stream, _peer) = connection?;
    ///     // … `stream` is a `tokio::io::AsyncRead` and `AsyncWrite`.
    /// #   drop(stream);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve); also if the endpoint serves health.
    pub fn bind(&self, endpoint: &str) -> Result<EndpointListener, ServeError> {
        let Instance { user_endpoints, config, vitals, .. } = &*self.instance;
        user_endpoints.bind(endpoint, config, vitals)
    }

    pub(crate) fn user_endpoints(&self) -> &UserEndpoints {
        &self.instance.user_endpoints
    }

    /// Takes the instance out of rotation without stopping it, or puts it back. While it is busy,
    /// ready fails and live does not. Before `run` it sets how the instance begins.
    pub fn set_busy(&self, busy: bool) {
        self.instance.vitals.apply_and_log(Event::Busy(busy), |change| {
            if busy {
                let (fields, lasted) = (change.to.fields(), Elapsed(change.lasted));
                let fields = fields.elapsed(lasted);
                lifecycle!(info, fields, "busy (ready fails), after {lasted} of {}", change.from);
            } else {
                let lasted = Elapsed(change.state_lasted);
                lifecycle!(
                    info,
                    change.to.fields().elapsed(lasted),
                    "no longer busy, after {lasted}"
                );
            }
        });
    }

    /// Requests a graceful stop with exit code 0, as SIGTERM does. It changes nothing if the instance is
    /// already stopping.
    pub fn request_stop(&self) {
        let within = Elapsed(self.instance.config.deadlines.stop_within);
        self.instance.vitals.apply_and_log(Event::Stop, |change| {
            lifecycle!(info, change.to.fields(), "stop requested: stopping, within {within}");
        });
    }

    /// Requests a graceful stop with exit code 75, so that the supervisor restarts the worker. It
    /// changes nothing if the instance is already stopping.
    pub fn request_recycle(&self) {
        let within = Elapsed(self.instance.config.deadlines.stop_within);
        self.instance.vitals.recycle_and_log(|change| {
            lifecycle!(info, change.to.fields(), "recycle requested: stopping, within {within}");
        });
    }

    /// Tells whether a stop is requested.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.instance.vitals.lifecycle().state.is_ending()
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.instance.vitals
    }

    /// Waits until a stop is requested.
    pub async fn stopping(&self) {
        self.instance.vitals.ending().await;
    }

    /// Returns a token that is cancelled when a stop is requested, for libraries that take one. It is
    /// yours: cancelling it stops only what you gave it to.
    ///
    /// ```
    /// # use heartbeat_runtime::RoleEnvironment;
    /// # async fn consume() {}
    /// # fn start(role: &RoleEnvironment) {
    /// let token = role.stopping_token();
    /// tokio::spawn(async move { token.run_until_cancelled(consume()).await });
    /// # }
    /// ```
    #[cfg(feature = "tokio-util")]
    #[must_use]
    pub fn stopping_token(&self) -> tokio_util::sync::CancellationToken {
        self.instance.vitals.stopping_token()
    }

    /// Awaits `future`, or drops it and returns `None` when a stop is requested.
    pub async fn until_stopping<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.stopping() => None,
            output = future => Some(output),
        }
    }

    /// Tells a fact about the instance, which the details show under `facts`: a shard, a queue's
    /// depth, the last order. The last value counts. It is serialised now, on this thread.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn tell(role: &RoleEnvironment) -> Result<(), Error> {
    /// role.fact("queue", serde_json::json!({ "shard": 3, "depth": 120 }))?;
    /// role.public_fact("region", "north")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// There may be 64 facts, each with 4 KiB (4,096 bytes) of JSON and a name of 128 bytes.
    ///
    /// # Errors
    ///
    /// The name is empty or too long, there are 64 other facts, or the value cannot be serialised or
    /// has more than 4 KiB of JSON. The earlier value stays.
    pub fn fact(&self, name: &str, value: impl Serialize) -> Result<(), FactError> {
        self.instance.facts.tell(name, &value, Visibility::Details)
    }

    /// Tells a [`fact`](Self::fact) to everybody: the JSON of each health path has it under `facts`.
    ///
    /// # Errors
    ///
    /// As [`fact`](Self::fact), or the name looks like that of a secret: it has a word such as
    /// password, secret, token, key, credential, connection string or SAS.
    pub fn public_fact(&self, name: &str, value: impl Serialize) -> Result<(), FactError> {
        self.instance.facts.tell(name, &value, Visibility::Public)
    }

    /// Returns the worker's own metrics, which `/metrics` serves after those of the runtime, so that a
    /// worker needs no endpoint and no registry for them.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn count(role: &RoleEnvironment) -> Result<(), Error> {
    /// let shipped = role.metrics().counter("orders_shipped", "Orders that have left")?;
    /// shipped.inc();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.instance.metrics.clone()
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
