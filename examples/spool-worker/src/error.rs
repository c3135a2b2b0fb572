//! Errors with the operation and the path that failed.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on a path. The message includes the cause, so there is no `source`.
#[derive(Debug)]
pub(crate) struct SpoolError {
    operation: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// Wraps an I/O error: `fs::read_dir(path).map_err(failed("list", path))`.
pub(crate) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    move |cause| SpoolError { operation, path: path.to_owned(), cause }
}

impl fmt::Display for SpoolError {
    #[expect(
        clippy::unnecessary_debug_formatting,
        reason = "escapes line breaks and terminal codes in file names"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {:?}: {}", self.operation, self.path, self.cause)
    }
}

impl Error for SpoolError {}
