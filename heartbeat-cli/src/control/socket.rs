//! The control socket of a `run`, in the folder of what is kept between runs.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const NAME: &str = "run.sock";
/// Maximum length of the path of a socket, in bytes, that every system takes.
const MAX_PATH_BYTES: usize = 100;

/// Binds the socket, for this user alone. The caller holds the folder's lock, so a socket that is there
/// already was left behind.
pub(crate) fn bind(folder: &Path) -> io::Result<UnixListener> {
    remove(folder)?;
    let (path, _folder) = short_path(folder)?;
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(folder.join(NAME), Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Removes the socket, where there is one.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Connects to the socket.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    let (path, _folder) = short_path(folder)?;
    UnixStream::connect(path)
}

/// Returns a path of the socket that is short enough. On Linux it leads through the open folder where it
/// must; elsewhere the error of a path that is too long is the system's.
fn short_path(folder: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = folder.join(NAME);
    if path.as_os_str().len() <= MAX_PATH_BYTES || !cfg!(target_os = "linux") {
        return Ok((path, None));
    }
    let folder = File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()));
    Ok((path, Some(folder)))
}
