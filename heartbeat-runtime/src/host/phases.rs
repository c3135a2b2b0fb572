//! The three phases of user code: what they return, and what is made of an error or a panic.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use tokio::runtime::Builder;

use super::Exit;
use crate::Error;
use crate::environment::RoleEnvironment;
use crate::log::lifecycle;
use crate::vitals::{Lifecycle, State};

type Local<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

type Start<S> = dyn for<'a> FnOnce(&'a RoleEnvironment) -> Local<'a, S>;
type Run<S> = dyn for<'a> FnOnce(&'a mut S, &'a RoleEnvironment) -> Local<'a, ()>;
type Stop<S> = dyn for<'a> FnOnce(S, &'a RoleEnvironment) -> Local<'a, ()>;

/// Three async closures, whatever they were written as.
pub(super) struct Phases<S> {
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

    /// Drives all phases on this thread, within a new multi-thread runtime, and drops that.
    pub(super) fn live(self, role: &RoleEnvironment) -> Exit {
        match Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.drive(role)),
            Err(error) => {
                lifecycle!(error, "cannot start: no runtime for the worker: {error}");
                Exit::Configuration
            }
        }
    }

    async fn drive(self, role: &RoleEnvironment) -> Exit {
        let Self { start, run, stop } = self;
        let vitals = role.vitals();
        let mut state = match outcome("on_start", role, || start(role)).await {
            Ok(state) => state,
            Err(exit) => return exit,
        };
        vitals.advance(Lifecycle::start);
        let mut exit = Exit::Clean;
        // A stop that came during `on_start` leaves nothing to run.
        if vitals.lifecycle().state == State::Ready {
            lifecycle!(info, "ready");
            match outcome("run", role, || run(&mut state, role)).await {
                Err(Exit::Panic) => return Exit::Panic,
                Err(error) => exit = error,
                Ok(()) if !role.is_stopping() => lifecycle!(info, "run has returned: stopping"),
                Ok(()) => {}
            }
            vitals.advance(Lifecycle::stop);
        }
        match outcome("on_stop", role, || stop(state, role)).await {
            Err(Exit::Panic) => Exit::Panic,
            Err(error) => error,
            Ok(()) => exit,
        }
    }
}

/// What a phase gives, or how the worker ends because of it, which is logged.
async fn outcome<'a, T>(
    phase: &str,
    role: &RoleEnvironment,
    call: impl FnOnce() -> Local<'a, T>,
) -> Result<T, Exit> {
    match unpanicked(call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            lifecycle!(error, "{phase} failed: {}", Chain(error.as_ref()));
            Err(Exit::Error)
        }
        Err(panic) => {
            role.vitals().advance(Lifecycle::fault);
            lifecycle!(error, "{phase} panicked: {}", message(panic.as_ref()));
            Err(Exit::Panic)
        }
    }
}

/// Catches a panic where the future is made and where it is polled. What a panic leaves of the
/// user's state is only dropped.
async fn unpanicked<'a, T>(
    call: impl FnOnce() -> Local<'a, T>,
) -> Result<Result<T, Error>, Box<dyn Any + Send>> {
    let mut future = pin!(catch_unwind(AssertUnwindSafe(call))?);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with something that is no text")
}

/// An error and its sources, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(source) = next {
            write!(f, ": {source}")?;
            next = source.source();
        }
        Ok(())
    }
}
