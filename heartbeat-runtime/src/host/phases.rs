//! The three phases of user code: how they follow each other, what bounds them, and what is made
//! of an error or a panic.

use std::fmt;
use std::future::{Future, poll_fn};
use std::iter;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::{Deadlines, Exit};
use crate::Error;
use crate::environment::{LocalResourceError, RoleEnvironment, SettingError};
use crate::heart::{after, tell_of_panics};
use crate::log::{self, lifecycle, one_line};
use crate::vitals::panics::caught;
use crate::vitals::{Event, Phase, Vitals};

type Local<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;
type Start<S> = dyn for<'a> FnOnce(&'a RoleEnvironment) -> Local<'a, S>;
type Run<S> = dyn for<'a> FnOnce(&'a mut S, &'a RoleEnvironment) -> Local<'a, ()>;
type Stop<S> = dyn for<'a> FnOnce(S, &'a RoleEnvironment) -> Local<'a, ()>;

/// Three async closures, whatever they were written as.
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

    /// Takes the worker through its phases, in the runtime of the caller.
    pub(crate) async fn drive(self, role: &RoleEnvironment, deadlines: &Deadlines) -> Exit {
        let Self { start, run, stop } = self;
        let vitals = role.vitals();
        let mut state = match bounded(Phase::OnStart, vitals, deadlines, || start(role)).await {
            Ok(state) => state,
            Err(exit) => return exit,
        };
        let mut exit = Exit::Clean;
        // A stop that came during `on_start` leaves nothing to run.
        vitals.apply_telling(Event::Started, |past| {
            lifecycle!(info, "{}, {past}", past.to.state.as_str());
        });
        if vitals.lifecycle().state.is_running() {
            match bounded(Phase::Run, vitals, deadlines, || run(&mut state, role)).await {
                Err(Exit::Panic) => return Exit::Panic,
                Err(ended) => exit = ended,
                Ok(()) => {
                    vitals.apply_telling(Event::Stop, |past| {
                        lifecycle!(info, "run has returned: stopping, {past}");
                    });
                }
            }
        }
        drain(vitals, deadlines).await;
        vitals.enter(Phase::OnStop);
        match outcome(Phase::OnStop, vitals, || stop(state, role)).await {
            Err(Exit::Panic) => Exit::Panic,
            Err(failed) if exit == Exit::Clean => failed,
            Ok(()) if exit == Exit::Clean && vitals.lifecycle().recycle => Exit::Recycle,
            Ok(()) | Err(_) => exit,
        }
    }
}

/// Drives a phase until it ends, or until a stop has used up what it may use of the budget.
async fn bounded<'a, T>(
    phase: Phase,
    vitals: &Vitals,
    deadlines: &Deadlines,
    call: impl FnOnce() -> Local<'a, T>,
) -> Result<T, Exit> {
    vitals.enter(phase);
    let within = deadlines.run_within();
    tokio::select! {
        biased;
        outcome = outcome(phase, vitals, call) => outcome,
        () = overrun(phase, vitals, within) => Err(Exit::OutOfBudget),
    }
}

/// Ends when a stop has used up what `phase` may use of the budget, and says what it waited for:
/// while that still is there, as dropping the phase may drop its heartbeats, or block.
async fn overrun(phase: Phase, vitals: &Vitals, within: Duration) {
    after(vitals.ending().await, within).await;
    let dropped = format!("{phase} has not ended within {within:?} of the stop: dropped");
    let told: Vec<_> = iter::once(dropped).chain(vitals.unfinished()).collect();
    lifecycle!(error, "{}", told.join("; "));
}

/// Lets whoever sends work learn of the stop, before `on_stop` takes the worker apart.
async fn drain(vitals: &Vitals, deadlines: &Deadlines) {
    if !deadlines.drain.is_zero() {
        vitals.enter(Phase::Drain);
        let within = deadlines.drain.min(deadlines.run_within());
        after(vitals.ending().await, within).await;
    }
}

/// What a phase gives, or how the worker ends because of it, which is logged and kept.
async fn outcome<'a, T>(
    phase: Phase,
    vitals: &Vitals,
    call: impl FnOnce() -> Local<'a, T>,
) -> Result<T, Exit> {
    log::flush(log::LAST_LINE_WITHIN);
    let (failure, event, exit) = match unpanicked(call).await {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => {
            let failure = one_line(&format!("{phase} failed: {}", Chain(error.as_ref())));
            let by_configuration =
                phase == Phase::OnStart && Chain(error.as_ref()).is_configuration();
            let exit = if by_configuration { Exit::Configuration } else { Exit::Error };
            (failure, Event::Stop, exit)
        }
        Err(panic) => (format!("{phase} {panic}"), Event::Panicked, Exit::Panic),
    };
    tell_of_panics(vitals);
    tell_of_failure(vitals, event, &failure);
    Err(exit)
}

/// Keeps and tells what the worker ends by, and that it ends, where it did not before.
pub(super) fn tell_of_failure(vitals: &Vitals, event: Event, failure: &str) {
    vitals.fail(failure.to_owned());
    let changed = vitals.apply_telling(event, |past| lifecycle!(error, "{failure}, {past}"));
    if !changed {
        lifecycle!(error, "{failure}");
    }
}

/// Catches a panic where the future is made and where it is polled. What a panic leaves of the
/// user's state is only dropped.
async fn unpanicked<'a, T>(
    call: impl FnOnce() -> Local<'a, T>,
) -> Result<Result<T, Error>, String> {
    let mut future = pin!(caught(call)?);
    poll_fn(|context| match caught(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// An error and its sources, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl Chain<'_> {
    /// Tells whether the error, or a source of it, is one of the configuration.
    fn is_configuration(&self) -> bool {
        self.errors().any(|error| error.is::<SettingError>() || error.is::<LocalResourceError>())
    }

    fn errors(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        std::iter::successors(Some(self.0), |error| error.source())
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.0.to_string();
        for source in self.errors().skip(1).map(ToString::to_string) {
            // Some errors say what their source says.
            if !line.contains(&source) {
                line.push_str(": ");
                line.push_str(&source);
            }
        }
        f.write_str(&line)
    }
}
