//! The host: it takes a worker through its life, `start` → `run` → `stop`, each a step that only
//! the step before can make.
//!
//! The attribute writes this chain; by hand it is the same:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use heartbeat_runtime::{Host, RoleEnvironment};
//!
//! fn main() -> ExitCode {
//!     Host::new(
//!         "Orders",
//!         env!("CARGO_PKG_VERSION"),
//!         async |_role: &RoleEnvironment| Ok(0),
//!         async |orders: &mut u64, role: &RoleEnvironment| {
//!             while !role.is_stopping() {
//!                 role.beat();
//!                 *orders += 1;
//!             }
//!             Ok(())
//!         },
//!         async |_orders: u64, _role: &RoleEnvironment| Ok(()),
//!     )
//!     .definition(br#"
//!         <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
//!           <WorkerRole name="Orders">
//!             <Endpoints>
//!               <InputEndpoint name="Heartbeat" protocol="http" port="3000" />
//!             </Endpoints>
//!           </WorkerRole>
//!         </ServiceDefinition>"#)
//!     .heartbeat("Heartbeat")
//!     .start()
//!     .run()
//!     .stop()
//! }
//! ```

mod exit;
mod phases;
mod start;

use std::process::ExitCode;

use self::exit::Exit;
use self::phases::Phases;
use crate::Error;
use crate::environment::RoleEnvironment;
use crate::heart::Heart;
use crate::log::lifecycle;
use crate::vitals::Lifecycle;

/// A worker that has not started: the phases of its life, and what they are bound to.
#[must_use = "a host does nothing until it is started, run and stopped"]
pub struct Host<S> {
    role: &'static str,
    version: &'static str,
    definition: &'static [u8],
    heartbeat: &'static str,
    phases: Phases<S>,
}

/// A worker whose health is served, or whose start has failed.
#[must_use = "a started host does nothing until it is run and stopped"]
pub struct Started<S> {
    start: Result<Beating<S>, Exit>,
}

/// What lives between the start and the end of a worker.
struct Beating<S> {
    phases: Phases<S>,
    role: RoleEnvironment,
    heart: Heart,
}

/// A worker that has ended, while its health is served still.
#[must_use = "the health server is closed by `stop`, which gives the exit code"]
pub struct Ended {
    heart: Option<Heart>,
    exit: Exit,
}

// === impl Host ===

impl<S: 'static> Host<S> {
    /// A worker that plays a role of the service definition in a version: what `start` makes,
    /// `run` works with and `stop` takes apart. None of the futures has to be `Send`: they are
    /// driven on the thread that calls [`Started::run`].
    pub fn new(
        role: &'static str,
        version: &'static str,
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        let phases = Phases::new(start, run, stop);
        Self { role, version, definition: &[], heartbeat: "", phases }
    }

    /// The content of the `ServiceDefinition.csdef` that declares the role.
    pub fn definition(self, definition: &'static [u8]) -> Self {
        Self { definition, ..self }
    }

    /// The name of the declared endpoint on which health is served.
    pub fn heartbeat(self, heartbeat: &'static str) -> Self {
        Self { heartbeat, ..self }
    }

    /// Registers the signals, reads the definition and all that it is configured by, binds the
    /// heartbeat endpoint and serves health on a thread of its own.
    ///
    /// Where that fails, one line says why, no user code runs, and the exit code is 78.
    pub fn start(self) -> Started<S> {
        let start = start::start(self).map_err(|error| {
            lifecycle!(error, "cannot start: {error}");
            Exit::Configuration
        });
        Started { start }
    }
}

// === impl Started ===

impl<S: 'static> Started<S> {
    /// Drives the worker through `start`, `run` and `stop`, on this thread and a new multi-thread
    /// runtime, until it has ended.
    pub fn run(self) -> Ended {
        match self.start {
            Err(exit) => Ended { heart: None, exit },
            Ok(Beating { phases, role, heart }) => {
                let exit = phases.live(&role);
                role.vitals().advance(Lifecycle::end);
                Ended { heart: Some(heart), exit }
            }
        }
    }
}

// === impl Ended ===

impl Ended {
    /// Closes the health server, says how the worker has ended, and gives the exit code.
    #[must_use = "it is what `main` returns"]
    pub fn stop(self) -> ExitCode {
        let Self { heart, exit } = self;
        if let Some(heart) = heart {
            heart.close();
            lifecycle!(info, "{exit}");
        }
        exit.into()
    }
}
