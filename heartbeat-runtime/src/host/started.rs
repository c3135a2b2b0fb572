//! The life of a worker after its start: `run`, then `stop`.

use std::fmt;
use std::process::ExitCode;

use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::phases::{Phases, log_failure};
use crate::config::Deadlines;
use crate::environment::RoleEnvironment;
use crate::exit::Exit;
use crate::log::{self, Elapsed, Fields, lifecycle};
use crate::monitor::MonitorHandle;
use crate::vitals::{Event, Phase, panics};

/// A worker whose health is served, or whose start failed.
#[must_use = "a started host does nothing until it is run and stopped"]
pub struct Started<S> {
    pub(super) start: Result<Running<S>, Exit>,
}

/// A worker between its start and its end.
pub(super) struct Running<S> {
    pub(super) phases: Phases<S>,
    pub(super) deadlines: Deadlines,
    pub(super) runtime: Runtime,
    pub(super) role: RoleEnvironment,
    pub(super) monitor: MonitorHandle,
}

/// A worker that has ended, while its health is still served.
#[must_use = "`stop` closes the health server and returns the exit code"]
pub struct Ended {
    /// The monitor, and the time at which the stop began.
    monitor: Option<(MonitorHandle, Option<Instant>)>,
    /// The fields of the last line.
    fields: Fields,
    exit: Exit,
}

// === impl Started ===

impl<S: 'static> Started<S> {
    /// Drives `start`, `run` and `stop` on this thread, in the runtime of the worker, and waits for
    /// all spawned tasks.
    pub fn run(self) -> Ended {
        match self.start {
            Err(exit) => Ended { monitor: None, fields: Fields::default(), exit },
            Ok(Running { phases, deadlines, runtime, role, monitor }) => {
                let exit = panics::catch_panic(|| drive(phases, &deadlines, runtime, &role));
                let exit = exit.unwrap_or_else(|panic| {
                    let failure = format!("the worker {panic}");
                    log_failure(role.vitals(), Event::Panicked, &failure, &deadlines);
                    Exit::Panic
                });
                role.vitals().apply(Event::Ended);
                let ending_since = role.vitals().lifecycle().ending_since;
                let fields = role.vitals().verdict().fields().exit_code(exit.code());
                Ended { monitor: Some((monitor, ending_since)), fields, exit }
            }
        }
    }
}

/// Drives the phases in the runtime, and waits for the tasks that they have spawned.
fn drive<S: 'static>(
    phases: Phases<S>,
    deadlines: &Deadlines,
    runtime: Runtime,
    role: &RoleEnvironment,
) -> Exit {
    role.vitals().set_worker_runtime(Some(runtime.handle().clone()));
    let exit = runtime.block_on(phases.drive(role, deadlines));
    role.vitals().set_worker_runtime(None);
    role.vitals().enter(Phase::Shutdown);
    // Waits for blocking tasks; the monitor bounds that.
    drop(runtime);
    exit
}

// === impl Ended ===

impl Ended {
    /// Closes the health server, logs how the worker ended, and returns the exit code.
    #[must_use = "`main` returns it"]
    pub fn stop(self) -> ExitCode {
        let Self { monitor, fields, exit } = self;
        if let Some((monitor, ending_since)) = monitor {
            monitor.close();
            let took = Elapsed(ending_since.map(|since| since.elapsed()).unwrap_or_default());
            let (fields, code) = (fields.elapsed(took), exit.code());
            lifecycle!(info, fields, "{exit} after {took}; exit code {code}");
        }
        log::finish(log::FLUSH_TIMEOUT);
        exit.into()
    }
}

impl<S> fmt::Debug for Started<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("exit", &self.start.as_ref().err()).finish()
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").field("exit", &self.exit).finish_non_exhaustive()
    }
}
