//! Partial results: a hidden file in `done` that gets its final name once it is complete.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{SpoolError, failed};

/// A worker compresses one file at a time, so one name is enough. Its length does not depend on the
/// original, and no other program uses it.
const NAME: &str = ".spool-worker.partial";

/// A partial result; removed on drop.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    file: File,
}

/// Removes the partial result of a killed worker.
pub(crate) fn remove_stale(done: &Path) -> Result<(), SpoolError> {
    let path = done.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("remove", &path)(error))
        }
        _ => Ok(()),
    }
}

impl Partial {
    /// Creates the file, readable by this user only until it gets the permissions of its original.
    pub(crate) fn create(done: &Path) -> Result<Self, SpoolError> {
        remove_stale(done)?;
        let path = done.join(NAME);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(failed("create", &path)(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Links the file to its final name, unless that name is taken: then returns `false`. A rename
    /// would replace an existing file. Dropping `self` removes the hidden name.
    pub(crate) fn publish(self, result: &Path) -> Result<bool, SpoolError> {
        match fs::hard_link(&self.path, result) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed("publish", result)(error)),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // The next `create` reports a failure.
        let _ = fs::remove_file(&self.path);
    }
}
