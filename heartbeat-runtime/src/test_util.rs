//! Workers in your own tests: start, probe, stop and check one without a process, a port or a signal,
//! in the runtime of an ordinary `#[tokio::test]`, where time may be paused.
//!
//! ```toml
//! [dev-dependencies]
//! heartbeat-runtime = { version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! ```
//! use std::time::Duration;
//!
//! use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole};
//!
//! struct Ticker {
//!     period: Duration,
//! }
//!
//! impl WorkerRole for Ticker {
//!     async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
//!         Ok(Self { period: Duration::from_secs(role.setting_as("Period")?) })
//!     }
//!
//!     async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
//!         while role.until_stopping(tokio::time::sleep(self.period)).await.is_some() {
//!             role.beat();
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // That of a package of yours is `include_bytes!("../ServiceDefinition.csdef")`.
//! const DEFINITION: &[u8] = br#"
//!     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
//!       <WorkerRole name="Ticker">
//!         <ConfigurationSettings><Setting name="Period" /></ConfigurationSettings>
//!         <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="3000" /></Endpoints>
//!       </WorkerRole>
//!     </ServiceDefinition>"#;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! // In a `#[tokio::test(start_paused = true)]`: the hours below pass at once.
//! let exit_code = Ticker::host("Ticker", "1.0.0")
//!     .definition(DEFINITION)
//!     .heartbeat("Heartbeat")
//!     .test()
//!     .setting("Period", "7200")
//!     .run(async |worker| {
//!         assert!(worker.ready().await);
//!         assert_eq!(worker.probe("/health").await.status, 200);
//!
//!         // The first beat comes after two hours, and none in the next half minute.
//!         tokio::time::sleep(Duration::from_secs(7200 + 60)).await;
//!         let answer = worker.probe("/livez").await;
//!         assert_eq!(answer.status, 503);
//!         assert!(answer.body.contains(r#""reasons":["stalled"]"#));
//!
//!         worker.stop();
//!         assert_eq!(worker.ended().await, 0);
//!     })
//!     .await?;
//! assert_eq!(exit_code, 0);
//! # Ok::<(), Error>(()) })?;
//! # Ok::<(), Error>(())
//! ```

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::{Request, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tower::ServiceExt;

use crate::config::{
    ConfigErrors, Configuration, EnvVars, MissingValues, address_variable, instances_variable,
    variable_name,
};
use crate::endpoint::{AddressSource, SocketActivation};
use crate::environment::RoleEnvironment;
use crate::error::Error;
use crate::exit::Exit;
use crate::host::{Bound, Host, Prepared};
use crate::log;
use crate::monitor::{stop_deadline, watch_health};
use crate::probe::ProbeResponse;
use crate::server::router;
use crate::vitals::{Event, Vitals, panics};

/// A host for tests, made by [`Host::test`].
#[must_use = "a test host does nothing until it is run"]
pub struct TestHost<S> {
    host: Host<S, Bound>,
    variables: EnvVars,
}

/// A worker that runs beside its test.
pub struct TestWorker {
    role: RoleEnvironment,
    vitals: Arc<Vitals>,
    /// The name of the heartbeat endpoint, and the router that serves it.
    heartbeat: &'static str,
    health: Router,
    exit: watch::Receiver<Option<u8>>,
}

// === impl TestHost ===

impl<S: 'static> Host<S, Bound> {
    /// Returns the worker as a host for tests.
    pub fn test(self) -> TestHost<S> {
        TestHost { host: self, variables: EnvVars::default() }
    }
}

impl<S: 'static> TestHost<S> {
    /// Sets the value of a declared setting. The variables of the process and a service configuration
    /// are ignored.
    pub fn setting(self, name: &str, value: &str) -> Self {
        self.variable(&variable_name("HEARTBEAT_SETTING_", name), value)
    }

    /// Sets the address of a declared endpoint, in the text form of [`Address`](crate::Address), where
    /// your routes are served too. By default they are served without a port, for
    /// [`TestWorker::request`], and an endpoint that you bind gets any free port of the loopback
    /// interface, so that tests can run side by side.
    pub fn endpoint(self, name: &str, address: &str) -> Self {
        self.variable(&address_variable(name), address)
    }

    /// Sets the instances of a role at one of its internal endpoints, in the text form that
    /// [`RoleEnvironment::instances`] describes.
    pub fn instances(self, role: &str, endpoint: &str, instances: &str) -> Self {
        self.variable(&instances_variable(role, endpoint), instances)
    }

    /// Shows the details, and `/metrics`, to the test; by default it sees what the public sees.
    pub fn details(self, shown: bool) -> Self {
        self.variable("HEARTBEAT_DETAILS", if shown { "always" } else { "never" })
    }

    /// Sets the folder of a declared local storage.
    pub fn local_resource(self, name: &str, folder: &Path) -> Self {
        self.variable(&variable_name("HEARTBEAT_RESOURCE_", name), folder)
    }

    fn variable(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.variables.set(name, value.as_ref());
        self
    }

    /// Returns the environment alone, for the test of a function that takes one.
    ///
    /// # Errors
    ///
    /// The definition cannot be read or has no such role or endpoint, or a declared setting has no
    /// value.
    pub fn environment(&self) -> Result<RoleEnvironment, Error> {
        Ok(self
            .prepare()?
            .into_environment(Handle::try_current().ok(), SocketActivation::default()))
    }

    /// Drives the worker through its life, and `test` beside it on the same thread. At the end of the
    /// test it requests a stop. Returns the exit code of such a process.
    ///
    /// Deadlines follow the clock of the test's runtime. Nothing ends code that blocks the thread,
    /// since there is no process to end.
    ///
    /// # Errors
    ///
    /// As [`environment`](Self::environment).
    pub async fn run(self, test: impl AsyncFnOnce(&TestWorker)) -> Result<u8, Error> {
        panics::install_hook();
        let prepared = self.prepare()?;
        let vitals = Arc::clone(&prepared.vitals);
        let heartbeat = self.host.binding.heartbeat;
        let health = prepared.health_state(&prepared.heartbeat, prepared.heartbeat.address());
        let (deadlines, phases) = (prepared.config.deadlines, self.host.phases);
        let role = prepared.into_environment(Some(Handle::current()), SocketActivation::default());
        log::start()?;
        vitals.set_worker_runtime(Some(Handle::current()));
        let (ended, exit) = watch::channel(None);
        let health = router(Arc::new(health));
        let worker =
            TestWorker { role: role.clone(), vitals: Arc::clone(&vitals), heartbeat, health, exit };

        let life = async {
            let exit = tokio::select! {
                biased;
                exit = phases.drive(&role, &deadlines) => exit,
                exit = stop_deadline(&vitals, deadlines.stop_within) => exit,
                () = watch_health(&vitals, &deadlines) => Exit::Timeout,
            };
            vitals.apply(Event::Ended);
            ended.send_replace(Some(exit.code()));
            exit.code()
        };
        let beside = async {
            test(&worker).await;
            vitals.apply(Event::Stop);
        };
        let (exit_code, ()) = tokio::join!(life, beside);
        vitals.set_worker_runtime(None);
        log::finish(log::FLUSH_TIMEOUT);
        Ok(exit_code)
    }

    fn prepare(&self) -> Result<Prepared, Error> {
        let sockets = SocketActivation::default();
        let prepared = self.host.prepare(&self.variables, Ok(Configuration::none()), &sockets);
        let mut prepared = prepared.map_err(in_words_of_a_test)?;
        // Nothing shares it yet.
        let source = Arc::get_mut(&mut prepared.source);
        let reported = source.into_iter().flat_map(|source| &mut source.endpoints);
        for endpoint in prepared.config.endpoints.iter_mut().chain(reported) {
            if endpoint.address_source() != AddressSource::Variable {
                endpoint.move_to_loopback();
            }
        }
        Ok(prepared)
    }
}

/// Words the errors of a configuration for a test.
fn in_words_of_a_test(error: Error) -> Error {
    match error.downcast::<ConfigErrors>() {
        Ok(errors) => errors.map(with_calls).into(),
        Err(error) => error,
    }
}

/// Tells a test how to set values.
fn with_calls(error: Error) -> Error {
    let Some(MissingValues { role, names, .. }) = error.downcast_ref() else { return error };
    let calls: Vec<_> = names.iter().map(|name| format!(".setting({name:?}, \"…\")")).collect();
    let calls = calls.concat();
    format!("settings of role `{role}` have no value in this test: add {calls}").into()
}

// === impl TestWorker ===

impl TestWorker {
    /// Returns the environment that the worker received.
    #[must_use]
    pub fn role(&self) -> &RoleEnvironment {
        &self.role
    }

    /// Waits until `/readyz` passes: the worker is running, not busy, and no critical check or
    /// heartbeat fails. Returns false if the worker ends instead.
    pub async fn ready(&self) -> bool {
        self.vitals.ready().await
    }

    /// Requests a path of the heartbeat endpoint. Paused time stands still while a scrape of `/metrics`
    /// waits for collectors, so that there they have no time limit.
    pub async fn probe(&self, path: &str) -> ProbeResponse {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap_or_default();
        let (head, body) = self.answer(request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        ProbeResponse { status: head.status.as_u16(), body }
    }

    /// Sends a request to an endpoint, without a port: to the health paths and your routes on the
    /// heartbeat endpoint, to your routes alone on another one. The status is 404 if your code does
    /// not serve it (yet). Unless the request has a `ConnectInfo<SocketAddr>` as an extension, it comes
    /// from 127.0.0.1.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, test_util::TestWorker};
    /// use heartbeat_runtime::axum::body::{Body, to_bytes};
    /// use heartbeat_runtime::axum::http::Request;
    ///
    /// # async fn test(worker: &TestWorker) -> Result<(), Error> {
    /// let request = Request::get("/orders").body(Body::empty())?;
    /// let response = worker.request("Api", request).await;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(to_bytes(response.into_body(), 1024).await?, "no orders");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request(
        &self,
        endpoint: &str,
        request: http::Request<impl Into<Body>>,
    ) -> http::Response<Body> {
        let mut request = request.map(Into::into);
        let client = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        request.extensions_mut().get_or_insert(client);
        if endpoint == self.heartbeat {
            return self.answer(request).await;
        }
        match self.role.user_endpoints().routes(endpoint) {
            Some(routes) => routes.answer(request).await,
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }

    async fn answer(&self, request: Request<Body>) -> http::Response<Body> {
        // Paused time would pass while a scrape waits for the thread of the collectors.
        let is_scrape = request.uri().path().starts_with("/metrics");
        let _hold = is_scrape.then(hold_paused_time);
        self.health.clone().oneshot(request).await.into_response()
    }

    /// Requests a stop, as SIGTERM does.
    pub fn stop(&self) {
        self.vitals.apply(Event::Stop);
    }

    /// Waits until the worker has ended, and returns the exit code of such a process.
    pub async fn ended(&self) -> u8 {
        let mut exit = self.exit.clone();
        let exit = exit.wait_for(Option::is_some).await;
        // The sender outlives the test that waits here.
        exit.ok().and_then(|code| *code).unwrap_or_default()
    }
}

/// Holds paused time until the sender is dropped.
fn hold_paused_time() -> Sender<()> {
    let (hold, end) = channel();
    drop(spawn_blocking(move || end.recv()));
    hold
}

impl<S> fmt::Debug for TestHost<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestHost").field("host", &self.host).finish_non_exhaustive()
    }
}

impl fmt::Debug for TestWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestWorker").field("role", &self.role).finish_non_exhaustive()
    }
}
