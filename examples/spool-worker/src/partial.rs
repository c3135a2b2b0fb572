//! The unfinished result: a hidden file in `done` that gets its final name when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{SpoolError, failed};

/// One worker does one file at a time, so one name is enough. It is as long whatever the
/// original is called, and sweeping it up never takes a file that is not ours.
const NAME: &str = ".spool-worker.partial";

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    file: File,
}

/// Removes what a killed worker left behind.
pub(crate) fn sweep(done: &Path) -> Result<(), SpoolError> {
    let path = done.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("sweep up", &path)(error))
        }
        _ => Ok(()),
    }
}

impl Partial {
    /// Readable by nobody else, until it is given the permissions of its original.
    pub(crate) fn create(done: &Path) -> Result<Self, SpoolError> {
        sweep(done)?;
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

    /// Gives it its final name too; the hidden one goes when `self` does. `false`: that name is
    /// taken. A link, because a rename would replace what is there.
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
        // A failure is met again, and reported, by the next `create`.
        let _ = fs::remove_file(&self.path);
    }
}
