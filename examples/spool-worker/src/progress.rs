//! Progress of the job: beats, and requests to stop.

use std::ops::ControlFlow;

use crate::error::SpoolError;

/// A callback for every chunk of every file: beats, and breaks when the worker is stopping.
pub(crate) type Progress<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// The reason a file stays in the inbox.
#[derive(Debug)]
pub(crate) enum Skipped {
    /// The worker is stopping; the next one continues.
    Stopping,
    /// The file is still being written, or gone; a later scan checks again.
    Unsettled,
    /// The file cannot be compressed, and someone must look at the reason.
    Refused(SpoolError),
}

impl From<SpoolError> for Skipped {
    fn from(error: SpoolError) -> Self {
        Self::Refused(error)
    }
}

/// Reports progress between two chunks; fails if the worker is stopping.
pub(crate) fn check_progress(progress: &mut Progress<'_>) -> Result<(), Skipped> {
    match progress() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Skipped::Stopping),
    }
}
