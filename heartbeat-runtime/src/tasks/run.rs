//! One run of a task: its future, its panics, and its drop.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, ErrorChain};
use crate::log::{Fields, escape_controls, lifecycle};
use crate::vitals::panics::catch_panic;

/// The failure of a task, in words.
pub(super) enum Failure {
    Error(String),
    Panic(String),
}

/// The future of a run. Panics in the call that makes it, in each poll, and in its drop end the run.
pub(super) struct Run<F> {
    name: String,
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = Result<(), Failure>>> Run<F> {
    pub(super) fn new(name: &str, call: impl FnOnce() -> F) -> Result<Self, Failure> {
        let future = catch_panic(|| Box::pin(call())).map_err(Failure::Panic)?;
        Ok(Self { name: name.to_owned(), future: Some(future) })
    }
}

impl<F> Run<F> {
    fn drop_future(&mut self) -> Result<(), Failure> {
        let future = self.future.take();
        catch_panic(|| drop(future)).map_err(Failure::Panic)
    }
}

impl<F: Future<Output = Result<(), Failure>>> Future for Run<F> {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Ready(Ok(())) };
        let result = match catch_panic(|| future.as_mut().poll(context)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => result,
            Err(panic) => Err(Failure::Panic(panic)),
        };
        let dropped = self.drop_future();
        // The first failure counts.
        Poll::Ready(result.and(dropped))
    }
}

/// A run that is aborted.
impl<F> Drop for Run<F> {
    fn drop(&mut self) {
        if let Err(failure) = self.drop_future() {
            let fields = Fields::default().task(&self.name);
            lifecycle!(error, fields, "task `{}` {failure}, when it was aborted", self.name);
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(escape_controls(&ErrorChain(error.as_ref()).to_string()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "failed: {error}"),
            Self::Panic(panic) => f.write_str(panic),
        }
    }
}
