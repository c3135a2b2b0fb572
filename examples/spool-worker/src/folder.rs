//! A folder that this worker has for itself, and whose entries it can make durable.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{SpoolError, failed};

/// Locked until dropped, or until the process ends in whatever way.
///
/// Two workers on one folder would take each other's unfinished results. That easily happens for
/// a moment: a rolling update starts the new one before the old one has ended.
///
/// Elsewhere than on Unix nothing is locked, and the file system decides when an entry is durable.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: fs::File,
}

impl Folder {
    /// Creates it where it is missing.
    pub(crate) fn claim(path: &Path) -> Result<Self, SpoolError> {
        fs::create_dir_all(path).map_err(failed("create folder", path))?;
        // A later change of the working directory must not matter.
        let path = fs::canonicalize(path).map_err(failed("find folder", path))?;
        Ok(Self {
            #[cfg(unix)]
            handle: lock(&path).map_err(failed("claim folder", &path))?,
            path,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Once this returns, what was added, renamed and removed in here outlasts a power cut.
    pub(crate) fn sync(&self) -> Result<(), SpoolError> {
        #[cfg(unix)]
        self.handle.sync_all().map_err(failed("sync", &self.path))?;
        Ok(())
    }
}

#[cfg(unix)]
fn lock(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    let handle = fs::File::open(path)?;
    match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(handle),
        Err(Errno::WOULDBLOCK) => {
            Err(io::Error::other("another worker uses it; give each worker folders of its own"))
        }
        Err(error) => Err(error.into()),
    }
}
