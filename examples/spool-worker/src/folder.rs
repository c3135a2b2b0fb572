//! Exclusive folders with durable entries.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{SpoolError, failed};

/// A folder locked by this worker until it is dropped or the process ends.
///
/// Two workers in one folder would remove each other's partial results. A rolling update easily
/// causes that: it starts the new worker before the old one has exited.
///
/// On systems other than Unix, nothing is locked and the file system decides when an entry is
/// durable.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: fs::File,
}

impl Folder {
    /// Locks a folder, creating it if missing.
    pub(crate) fn lock(path: &Path) -> Result<Self, SpoolError> {
        fs::create_dir_all(path).map_err(failed("create folder", path))?;
        // Independent of later changes of the working directory.
        let path = fs::canonicalize(path).map_err(failed("find folder", path))?;
        Ok(Self {
            #[cfg(unix)]
            handle: lock_exclusively(&path).map_err(failed("lock folder", &path))?,
            path,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes added, renamed and removed entries survive a power failure.
    pub(crate) fn sync(&self) -> Result<(), SpoolError> {
        #[cfg(unix)]
        self.handle.sync_all().map_err(failed("sync", &self.path))?;
        Ok(())
    }
}

#[cfg(unix)]
fn lock_exclusively(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    let handle = fs::File::open(path)?;
    match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(handle),
        Err(Errno::WOULDBLOCK) => {
            Err(io::Error::other("another worker uses it; give each worker its own folders"))
        }
        Err(error) => Err(error.into()),
    }
}
