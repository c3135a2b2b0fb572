//! Errors with the operation and the path that failed.

use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on a path. The message includes the cause, so there is no `source`, and escapes
/// line breaks and terminal codes in the path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {path:?}: {cause}")]
pub(crate) struct SpoolError {
    operation: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// Wraps an I/O error: `fs::read_dir(path).map_err(failed("list", path))`.
pub(crate) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    move |cause| SpoolError { operation, path: path.to_owned(), cause }
}
