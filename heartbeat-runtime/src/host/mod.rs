//! The host: it takes a worker through its life, `start` → `run` → `stop`, each a step that only
//! the step before can make.
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> starting : signals registered, endpoint bound
//!     starting --> ready : on_start has ended well
//!     starting --> busy : … and was told to begin busy
//!     starting --> stopping : a stop is asked for, or on_start has failed
//!     ready --> busy : set_busy(true)
//!     busy --> ready : set_busy(false)
//!     ready --> stopping : a signal, a recycle, or run has ended
//!     busy --> stopping : a signal, a recycle, or run has ended
//!     stopping --> stopped : on_stop has ended, and all that was spawned
//!     starting --> faulted : on_start has panicked
//!     ready --> faulted : run has panicked
//!     busy --> faulted : run has panicked
//!     stopping --> faulted : a phase has panicked
//!     stopped --> [*] : the health server has closed
//!     faulted --> [*] : the health server has closed
//! ```
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

mod arguments;
mod deadlines;
mod exit;
mod options;
mod phases;
mod prepared;
mod probe;
mod shapes;
mod start;
mod threads;

use std::process::ExitCode;

use tokio::runtime::Runtime;

pub(crate) use self::deadlines::Deadlines;
pub(crate) use self::exit::Exit;
pub(crate) use self::phases::Phases;
#[cfg(feature = "test-util")]
pub(crate) use self::prepared::Prepared;
use self::threads::Threads;
use crate::environment::RoleEnvironment;
use crate::heart::Heart;
use crate::log::{self, lifecycle, one_line};
use crate::vitals::{Event, Phase, panics};

/// What errors call the definition, which is embedded in the program.
const FILE: &str = "ServiceDefinition.csdef";

/// A worker that has not started: the phases of its life, and what they are bound to.
#[must_use = "a host does nothing until it is started, run and stopped"]
pub struct Host<S> {
    role: &'static str,
    version: &'static str,
    definition: &'static [u8],
    pub(crate) heartbeat: &'static str,
    management: Option<&'static str>,
    pub(crate) deadlines: Deadlines,
    threads: Threads,
    pub(crate) phases: Phases<S>,
}

/// A worker whose health is served, or whose start has failed.
#[must_use = "a started host does nothing until it is run and stopped"]
pub struct Started<S> {
    start: Result<Beating<S>, Exit>,
}

/// What lives between the start and the end of a worker.
struct Beating<S> {
    phases: Phases<S>,
    deadlines: Deadlines,
    runtime: Runtime,
    role: RoleEnvironment,
    heart: Heart,
}

/// A worker that has ended, while its health is served still.
#[must_use = "the health server is closed by `stop`, which gives the exit code"]
pub struct Ended {
    /// And the line that tells how it has ended.
    heart: Option<(Heart, String)>,
    exit: Exit,
}

// === impl Host ===

impl<S: 'static> Host<S> {
    /// The worker as it is, for a test beside which it runs.
    #[cfg(feature = "test-util")]
    pub fn test(self) -> crate::test_util::TestHost<S> {
        crate::test_util::TestHost::of(self)
    }

    /// Registers the signals, reads the definition and all that it is configured by, makes the
    /// threads of the worker, binds the heartbeat endpoint and serves health on a thread of its
    /// own. Signals that ask for a stop are heard also where the parent process has blocked them.
    ///
    /// Where that fails, one line says why, no user code runs, and the exit code is 78.
    ///
    /// Where the only argument of the program is `--heartbeat-probe=live` (or `ready`, or
    /// `startup`), nothing is started: the worker that runs already is [asked](crate::probe), one
    /// line tells its answer, and the exit code is 0 or 1. Any other argument that begins with
    /// `--heartbeat`, and a probe beside another argument, is refused with one line and the exit
    /// code 2, so that a mistyped probe starts no second worker. Arguments that do not begin so
    /// are the program's own.
    pub fn start(self) -> Started<S> {
        let start = match arguments::question(std::env::args_os().skip(1)) {
            Err(line) => {
                lifecycle!(error, "{line}");
                Err(Exit::Usage)
            }
            Ok(Some(question)) => Err(Exit::Probe { is_yes: probe::run(&self, question) }),
            Ok(None) => start::start(self).map_err(|error| {
                lifecycle!(error, "cannot start: {}", one_line(&error.to_string()));
                Exit::Configuration
            }),
        };
        Started { start }
    }
}

// === impl Started ===

impl<S: 'static> Started<S> {
    /// Drives the worker through `start`, `run` and `stop`, on this thread and in its runtime,
    /// until it has ended and all that it has spawned.
    pub fn run(self) -> Ended {
        match self.start {
            Err(exit) => Ended { heart: None, exit },
            Ok(Beating { phases, deadlines, runtime, role, heart }) => {
                let life = panics::caught(|| live(phases, &deadlines, runtime, &role));
                let exit = life.unwrap_or_else(|panic| {
                    phases::tell_of_failure(
                        role.vitals(),
                        Event::Panicked,
                        &format!("the worker {panic}"),
                    );
                    Exit::Panic
                });
                let past = role.vitals().apply(Event::Ended).map(|past| format!(", {past}"));
                let last_line = format!("{exit}{}", past.unwrap_or_default());
                Ended { heart: Some((heart, last_line)), exit }
            }
        }
    }
}

/// Drives the phases in the runtime, and waits for what they have spawned.
fn live<S: 'static>(
    phases: Phases<S>,
    deadlines: &Deadlines,
    runtime: Runtime,
    role: &RoleEnvironment,
) -> Exit {
    role.vitals().runs_on(Some(runtime.handle().clone()));
    let exit = runtime.block_on(phases.drive(role, deadlines));
    role.vitals().runs_on(None);
    role.vitals().enter(Phase::Tasks);
    // Waits for what blocks it; the heart keeps the budget.
    drop(runtime);
    exit
}

// === impl Ended ===

impl Ended {
    /// Closes the health server, says how the worker has ended, and gives the exit code.
    #[must_use = "it is what `main` returns"]
    pub fn stop(self) -> ExitCode {
        let Self { heart, exit } = self;
        if let Some((heart, last_line)) = heart {
            heart.close();
            lifecycle!(info, "{last_line}");
        }
        log::flush(log::LAST_LINE_WITHIN);
        exit.into()
    }
}
