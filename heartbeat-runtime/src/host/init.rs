//! `init`: the function of the user that runs before everything else.

use crate::error::{Error, ErrorChain};
use crate::exit::Exit;
use crate::log::{Fields, lifecycle};
use crate::vitals::panics::catch_panic;

/// The result of an `init` function: `()`, or a `Result<(), E>` whose error can become an
/// [`Error`].
#[diagnostic::on_unimplemented(
    message = "`init` cannot return `{Self}`",
    note = "write `fn init() -> Result<(), heartbeat_runtime::Error>` or `fn init()`; it cannot be async"
)]
pub trait InitResult: sealed::Sealed {
    /// Converts the result, which is a success if it is `()`.
    ///
    /// # Errors
    ///
    /// The result is an error.
    fn into_result(self) -> Result<(), Error>;
}

impl InitResult for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> InitResult for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<E: Into<crate::error::Error>> Sealed for Result<(), E> {}
}

/// The `init` function of a worker, if it has one.
#[derive(Default)]
pub(super) struct Init(Option<Box<dyn FnOnce() -> Result<(), Error>>>);

impl Init {
    pub(super) fn new<R: InitResult>(init: impl FnOnce() -> R + 'static) -> Self {
        Self(Some(Box::new(|| init().into_result())))
    }

    /// Calls the function on this thread. Logs its failure, and returns how the worker ends by it.
    pub(super) fn call(&mut self) -> Result<(), Exit> {
        let Some(init) = self.0.take() else { return Ok(()) };
        let (failure, exit) = match catch_panic(init) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => {
                (format!("failed: {}", ErrorChain(error.as_ref())), Exit::Configuration)
            }
            Err(panic) => (panic, Exit::Panic),
        };
        lifecycle!(error, Fields::exit(exit.code()), "cannot start: init {failure}");
        Err(exit)
    }
}
