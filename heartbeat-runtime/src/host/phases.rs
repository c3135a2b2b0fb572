//! The three phases of user code: their order, their time limits, and their errors and panics.

use std::future::{Future, poll_fn};
use std::iter;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

use crate::config::{Deadlines, LocalResourceError, SettingError};
use crate::environment::RoleEnvironment;
use crate::error::{Error, ErrorChain};
use crate::exit::Exit;
use crate::log::{self, Elapsed, escape_controls, lifecycle};
use crate::server::ServeError;
use crate::tasks::{drive_with_local_tasks, log_panics};
use crate::vitals::panics::catch_panic;
use crate::vitals::{Event, Phase, State, Transition, Vitals};

type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;
type Start<S> = dyn for<'a> FnOnce(&'a RoleEnvironment) -> LocalBoxFuture<'a, S>;
type Run<S> = dyn for<'a> FnOnce(&'a mut S, &'a RoleEnvironment) -> LocalBoxFuture<'a, ()>;
type Stop<S> = dyn for<'a> FnOnce(S, &'a RoleEnvironment) -> LocalBoxFuture<'a, ()>;

/// The phases as async closures, in whichever shape the user wrote them.
pub(crate) struct Phases<S> {
    start: Box<Start<S>>,
    run: Box<Run<S>>,
    stop: Box<Stop<S>>,
}

impl<S: 'static> Phases<S> {
    pub(super) fn new(
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self {
            start: Box::new(move |role| Box::pin(start(role))),
            run: Box::new(move |state, role| Box::pin(run(state, role))),
            stop: Box::new(move |state, role| Box::pin(stop(state, role))),
        }
    }

    /// Drives the phases in the runtime of the caller.
    pub(crate) async fn drive(self, role: &RoleEnvironment, deadlines: &Deadlines) -> Exit {
        drive_with_local_tasks(self.drive_phases(role, deadlines)).await
    }

    async fn drive_phases(self, role: &RoleEnvironment, deadlines: &Deadlines) -> Exit {
        let Self { start, run, stop } = self;
        let vitals = role.vitals();
        let started = run_phase_until(Phase::OnStart, vitals, deadlines, || start(role)).await;
        // Held lines go to the subscriber that `on_start` may have installed.
        log::release();
        let mut state = match started {
            Ok(state) => state,
            Err(exit) => return exit.or(finish_tasks(role, deadlines).await),
        };
        let mut exit = Exit::Clean;
        // A stop that came during `on_start` leaves nothing to run. One that comes from here on is
        // the affair of `run`, since the line says that it began.
        if vitals.apply_and_log(Event::Started, log_start) {
            match run_phase_until(Phase::Run, vitals, deadlines, || run(&mut state, role)).await {
                Err(Exit::Panic) => return Exit::Panic.or(finish_tasks(role, deadlines).await),
                Err(ended) => exit = ended,
                Ok(()) => {
                    let within = Elapsed(deadlines.stop_within);
                    vitals.apply_and_log(Event::Stop, |change| {
                        let fields = change.to.fields();
                        lifecycle!(info, fields, "run returned: stopping, within {within}");
                    });
                }
            }
        }
        drain(vitals, deadlines).await;
        exit = exit.or(finish_requests(role, deadlines).await);
        exit = exit.or(finish_tasks(role, deadlines).await);
        vitals.enter(Phase::OnStop);
        match run_phase(Phase::OnStop, vitals, deadlines, || stop(state, role)).await {
            Err(failed) => exit.or(failed),
            Ok(()) if exit == Exit::Clean && vitals.lifecycle().recycle => Exit::Recycle,
            Ok(()) => exit,
        }
    }
}

/// Drives a phase until it ends, or until its share of the stop is over.
async fn run_phase_until<'a, T>(
    phase: Phase,
    vitals: &Vitals,
    deadlines: &Deadlines,
    call: impl FnOnce() -> LocalBoxFuture<'a, T>,
) -> Result<T, Exit> {
    vitals.enter(phase);
    let within = deadlines.run_within();
    tokio::select! {
        biased;
        result = run_phase(phase, vitals, deadlines, call) => result,
        () = overrun(phase, vitals, within) => Err(Exit::Timeout),
    }
}

/// Waits until the share of a phase in a stop is over, and logs what is unfinished. Dropping the phase
/// comes after that: it may drop heartbeats, or block.
async fn overrun(phase: Phase, vitals: &Vitals, within: Duration) {
    vitals.ending_for(within).await;
    let dropped = format!("{phase} did not stop within {}: dropped", Elapsed(within));
    let parts: Vec<_> = iter::once(dropped).chain(vitals.unfinished()).collect();
    let fields = vitals.verdict().fields().elapsed(Elapsed(within));
    lifecycle!(error, fields, "{}", parts.join("; "));
}

/// Gives clients time to learn of the stop, before `on_stop` cleans up.
async fn drain(vitals: &Vitals, deadlines: &Deadlines) {
    if !deadlines.drain.is_zero() {
        vitals.enter(Phase::Drain);
        vitals.ending_for(deadlines.drain_within()).await;
    }
}

/// Waits for the requests under way to endpoints that user code serves, within the share of `run`, then
/// aborts them. Returns how the worker ends by them.
async fn finish_requests(role: &RoleEnvironment, deadlines: &Deadlines) -> Exit {
    if !role.user_endpoints().is_serving() {
        return Exit::Clean;
    }
    let (vitals, within) = (role.vitals(), deadlines.run_within());
    vitals.enter(Phase::Requests);
    tokio::select! {
        biased;
        () = role.user_endpoints().finish() => Exit::Clean,
        () = vitals.ending_for(within) => {
            let (fields, within) = (vitals.verdict().fields(), Elapsed(within));
            let fields = fields.elapsed(within);
            lifecycle!(error, fields, "requests did not finish within {within}: aborted");
            Exit::Timeout
        }
    }
}

/// Waits for the tasks within the share of `run`, then aborts them. Returns how the worker ends by them.
async fn finish_tasks(role: &RoleEnvironment, deadlines: &Deadlines) -> Exit {
    let (vitals, tasks, within) = (role.vitals(), role.task_set(), deadlines.run_within());
    if !tasks.close_if_ended() {
        vitals.enter(Phase::Tasks);
        tokio::select! {
            biased;
            () = tasks.finish() => {}
            () = vitals.ending_for(within) => {
                let unfinished = tasks.abort().join("; ");
                let (fields, within) = (vitals.verdict().fields(), Elapsed(within));
                let fields = fields.elapsed(within);
                lifecycle!(error, fields, "tasks did not stop within {within}: aborted; {unfinished}");
                // Those that block do not end.
                let _ = timeout(deadlines.abort_within(), tasks.ended()).await;
                vitals.tasks().add_exit(Exit::Timeout);
            }
        }
    }
    vitals.tasks().exit()
}

/// Drives a phase. Records and logs its failure, and returns how the worker ends by it.
async fn run_phase<'a, T>(
    phase: Phase,
    vitals: &Vitals,
    deadlines: &Deadlines,
    call: impl FnOnce() -> LocalBoxFuture<'a, T>,
) -> Result<T, Exit> {
    log::flush(log::FLUSH_TIMEOUT);
    let (failure, event, exit) = match catch_phase_panic(call).await {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => {
            let failure =
                escape_controls(&format!("{phase} failed: {}", ErrorChain(error.as_ref())));
            let by_configuration = phase == Phase::OnStart && is_configuration(error.as_ref());
            let exit = if by_configuration { Exit::Configuration } else { Exit::Error };
            (failure, Event::Stop, exit)
        }
        Err(panic) => (format!("{phase} {panic}"), Event::Panicked, Exit::Panic),
    };
    log_panics(vitals);
    log_failure(vitals, event, &failure, deadlines);
    Err(exit)
}

/// Records and logs a failure, and what it means where it changes the state.
pub(super) fn log_failure(vitals: &Vitals, event: Event, failure: &str, deadlines: &Deadlines) {
    vitals.fail(failure.to_owned());
    let within = Elapsed(deadlines.stop_within);
    let changed = vitals.apply_and_log(event, |change| {
        let fields = change.to.fields();
        if event == Event::Panicked {
            lifecycle!(error, fields, "{failure} (live and ready fail)");
        } else {
            lifecycle!(error, fields, "{failure}: stopping, within {within}");
        }
    });
    if !changed {
        lifecycle!(error, vitals.verdict().fields(), "{failure}");
    }
}

/// Logs that `run` begins, and whether the instance is ready.
fn log_start(change: &Transition) {
    let took = Elapsed(change.at);
    let fields = change.to.fields().elapsed(took);
    match change.to.state {
        State::Busy => lifecycle!(info, fields, "busy after {took}"),
        _ if change.to.ready => lifecycle!(info, fields, "ready after {took}"),
        _ => lifecycle!(info, fields, "running after {took}, not ready yet: {}", change.to),
    }
}

/// Catches a panic in the call and in each poll of the future. The state that a panic leaves behind is
/// only dropped.
async fn catch_phase_panic<'a, T>(
    call: impl FnOnce() -> LocalBoxFuture<'a, T>,
) -> Result<Result<T, Error>, String> {
    let mut future = pin!(catch_panic(call)?);
    poll_fn(|context| match catch_panic(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// Tells whether an error or one of its sources is a configuration error.
fn is_configuration(error: &(dyn std::error::Error + 'static)) -> bool {
    ErrorChain(error).errors().any(|error| {
        SettingError::is(error) || error.is::<LocalResourceError>() || error.is::<ServeError>()
    })
}
