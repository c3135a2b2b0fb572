//! A worker in a user's own tests: started, probed, asked to stop and checked, without a process,
//! a port or a signal, in the runtime of an ordinary `#[tokio::test]`, where time may be paused.
//!
//! ```toml
//! [dev-dependencies]
//! heartbeat-runtime = { version = "0.1", features = ["test-util"] }
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
//!         Ok(Self { period: Duration::from_secs(role.setting("Period")?.parse()?) })
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
//!         // A first beat after two hours, and then none for more than half a minute.
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

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use http::Request;
use tokio::sync::watch;

use crate::Error;
use crate::endpoint::Address;
use crate::environment::{
    Configuration, MissingValues, RoleEnvironment, Variables, address_variable, variable_name,
};
use crate::heart::{keep_budget, look_after};
use crate::host::{Exit, Host, Prepared};
use crate::log;
use crate::server::Site;
use crate::vitals::{Event, Vitals, panics};

/// A worker that is to be tested; [`Host::test`] makes it.
#[must_use = "a test host does nothing until it is run"]
pub struct TestHost<S> {
    host: Host<S>,
    variables: Variables,
}

/// A worker under test, beside which the test goes on.
pub struct TestWorker {
    role: RoleEnvironment,
    vitals: Arc<Vitals>,
    site: Site,
    exit: watch::Receiver<Option<u8>>,
}

/// What a path answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, as text.
    pub body: String,
}

// === impl TestHost ===

impl<S: 'static> TestHost<S> {
    pub(crate) fn of(host: Host<S>) -> Self {
        Self { host, variables: Variables::default() }
    }

    /// Gives a declared setting its value; no variable of the process and no service
    /// configuration is read.
    pub fn setting(self, name: &str, value: &str) -> Self {
        self.variable(&variable_name("HEARTBEAT_SETTING_", name), value)
    }

    /// Gives a declared endpoint its address, written as in `HEARTBEAT_ENDPOINT_<NAME>`. Without
    /// this it is any free port of the loopback interface, so that tests can run side by side.
    pub fn endpoint(self, name: &str, address: &str) -> Self {
        self.variable(&address_variable(name), address)
    }

    /// Says where a declared local storage is.
    pub fn local_resource(self, name: &str, folder: &Path) -> Self {
        self.variable(&variable_name("HEARTBEAT_RESOURCE_", name), folder)
    }

    fn variable(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.variables.set(name, value.as_ref());
        self
    }

    /// The environment alone, for the test of a function that takes one.
    ///
    /// # Errors
    ///
    /// Where the definition cannot be read, has no such role or endpoint, or a declared setting
    /// was given no value.
    pub fn environment(&self) -> Result<RoleEnvironment, Error> {
        Ok(self.prepared()?.into_environment())
    }

    /// Takes the worker through its life while `test` goes on beside it, on the same thread; when
    /// the test has ended, the worker is asked to stop. Returns the exit code that a process
    /// would have had.
    ///
    /// Deadlines are kept in the time of the test's runtime. Code that blocks the thread is not
    /// ended, as there is no process to end.
    ///
    /// # Errors
    ///
    /// As [`environment`](Self::environment).
    pub async fn run(self, test: impl AsyncFnOnce(&TestWorker)) -> Result<u8, Error> {
        panics::observe();
        let prepared = self.prepared()?;
        let vitals = Arc::clone(&prepared.vitals);
        let heartbeat = prepared.surroundings.endpoint(self.host.heartbeat)?;
        let site = prepared.site(heartbeat.name(), heartbeat.address());
        let (deadlines, phases) = (prepared.deadlines, self.host.phases);
        let role = prepared.into_environment();
        log::start()?;
        let (ended, exit) = watch::channel(None);
        let worker = TestWorker { role: role.clone(), vitals: Arc::clone(&vitals), site, exit };

        let life = async {
            let exit = tokio::select! {
                biased;
                exit = phases.drive(&role, &deadlines) => exit,
                () = keep_budget(&vitals, deadlines.stop_within) => Exit::OutOfBudget,
                () = look_after(&vitals) => Exit::OutOfBudget,
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
        log::flush(log::LAST_LINE_WITHIN);
        Ok(exit_code)
    }

    fn prepared(&self) -> Result<Prepared, Error> {
        let prepared = self.host.prepared(&self.variables, &Configuration::none());
        let mut prepared = prepared.map_err(in_words_of_a_test)?;
        for endpoint in prepared.surroundings.endpoints_mut() {
            if self.variables.text(&address_variable(endpoint.name()))?.is_none() {
                endpoint.is_at(Address::Socket((Ipv4Addr::LOCALHOST, 0).into()));
            }
        }
        Ok(prepared)
    }
}

/// Tells a test how it gives a value to a setting.
fn in_words_of_a_test(error: Error) -> Error {
    let Some(MissingValues { role, names, .. }) = error.downcast_ref() else { return error };
    let calls: Vec<_> = names.iter().map(|name| format!(".setting({name:?}, \"…\")")).collect();
    let calls = calls.concat();
    format!("settings of role `{role}` have no value in this test: add {calls}").into()
}

// === impl TestWorker ===

impl TestWorker {
    /// The environment that the worker was handed.
    #[must_use]
    pub fn role(&self) -> &RoleEnvironment {
        &self.role
    }

    /// Waits until `/readyz` passes: the worker is running, not busy, and no critical check or
    /// heartbeat fails. Returns false where the worker ends instead.
    pub async fn ready(&self) -> bool {
        self.vitals.ready().await
    }

    /// Asks a path of the health server, as a visitor of the heartbeat endpoint does.
    #[expect(clippy::unused_async, reason = "a probe is awaited, as over a network")]
    pub async fn probe(&self, path: &str) -> Answer {
        let mut request = Request::new(());
        *request.uri_mut() = path.parse().unwrap_or_default();
        let response = self.site.answer(None, &request);
        Answer { status: response.status().as_u16(), body: response.into_body() }
    }

    /// Asks for a stop, as SIGTERM does.
    pub fn stop(&self) {
        self.vitals.apply(Event::Stop);
    }

    /// Waits until the worker has ended, and returns the exit code that a process would have had.
    pub async fn ended(&self) -> u8 {
        let mut exit = self.exit.clone();
        let exit = exit.wait_for(Option::is_some).await;
        // The sender outlives the test that waits here.
        exit.ok().and_then(|code| *code).unwrap_or_default()
    }
}
