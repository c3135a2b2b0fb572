//! Errors of the crate's root.

/// The error type of user code.
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The error of a worker that cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cannot start: {0}")]
pub(crate) struct StartError(#[from] Error);
