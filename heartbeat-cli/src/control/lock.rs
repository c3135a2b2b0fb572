//! The lock of a folder: one `run` at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const NAME: &str = "run.lock";

/// The lock of a folder, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

/// The error of a folder that cannot be locked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error(
        "another `heartbeat run` (process {pid}) runs here: `heartbeat stop` ends it, `heartbeat status` shows it"
    )]
    Taken { pid: String },
    #[error("cannot write to {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
}

// === impl RunLock ===

impl RunLock {
    /// Locks the folder of what is kept between runs, and creates it where it is missing.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, LockError> {
        let failed = |cause| LockError::File { path: folder.to_owned(), cause };
        let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        created.map_err(failed)?;
        let mut file = open(folder).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                return Err(LockError::Taken { pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())?;
            // Nothing in it belongs into a repository.
            fs::write(folder.join(".gitignore"), "*\n")
        };
        write(&mut file).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Waits until no `run` has the lock.
pub(crate) fn wait_for_end(folder: &Path) -> io::Result<()> {
    open(folder)?.lock_shared()
}

/// Returns the process of the `run` that has the lock, if there is one.
pub(super) fn holder(folder: &Path) -> Option<String> {
    let mut file = File::open(folder.join(NAME)).ok()?;
    let Err(TryLockError::WouldBlock) = file.try_lock_shared() else { return None };
    let mut pid = String::new();
    file.read_to_string(&mut pid).ok()?;
    Some(pid.trim().to_owned())
}

fn open(folder: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(folder.join(NAME))
}
