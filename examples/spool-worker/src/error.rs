//! What went wrong, and with which path.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A step that failed. Its message holds the cause, so it has no further `source`.
#[derive(Debug)]
pub(crate) struct SpoolError {
    doing: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// For `map_err`: `fs::read_dir(path).map_err(failed("list", path))`.
pub(crate) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    move |cause| SpoolError { doing, path: path.to_owned(), cause }
}

impl fmt::Display for SpoolError {
    #[expect(
        clippy::unnecessary_debug_formatting,
        reason = "a file name may hold line breaks and terminal codes, a log line must not"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {:?}: {}", self.doing, self.path, self.cause)
    }
}

impl Error for SpoolError {}
