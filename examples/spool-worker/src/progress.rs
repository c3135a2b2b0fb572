//! How the job tells that it lives, and learns that it should stop.

use std::ops::ControlFlow;

use crate::error::SpoolError;

/// Called for every chunk of every file: beats, and breaks when the worker is stopping.
pub(crate) type Progress<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// Why a file stays in the inbox.
#[derive(Debug)]
pub(crate) enum Left {
    /// The worker is stopping; the next one takes it.
    Stopping,
    /// It is still being written, or gone: a later pass will see.
    Unsettled,
    /// It cannot be done, for a reason that somebody has to look at.
    Refused(SpoolError),
}

impl From<SpoolError> for Left {
    fn from(error: SpoolError) -> Self {
        Self::Refused(error)
    }
}

/// To be called with `?` between two chunks.
pub(crate) fn report(progress: &mut Progress<'_>) -> Result<(), Left> {
    match progress() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Left::Stopping),
    }
}
