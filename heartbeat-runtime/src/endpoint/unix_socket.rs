//! Binds unix sockets at paths where a dead process may have left one.

use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use nix::unistd::geteuid;

/// Time from the `bind` to the `listen` of another process.
const SETTLED_WITHIN: Duration = Duration::from_millis(10);

/// The file of a socket; dropping it removes the file.
#[derive(Debug)]
pub(super) struct SocketFile(pub(super) PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Binds a path, and replaces a stale socket file: one that no process listens at.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if !is_left_over(path) {
                return Err(error);
            }
            let owner = path.symlink_metadata()?.uid();
            if owner != geteuid().as_raw() {
                let message = format!("the socket there is left over, and belongs to user {owner}");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
            if !remove_stale(path)? {
                return Err(error);
            }
            UnixListener::bind(path)?
        }
        result => result?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn is_left_over(path: &Path) -> bool {
    let answer = UnixStream::connect(path);
    path.symlink_metadata().is_ok_and(|file| file.file_type().is_socket())
        && answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Removes a stale socket file. Returns false if another process has replaced it meanwhile.
#[expect(clippy::disallowed_methods, reason = "no event tells when another process listens")]
fn remove_stale(path: &Path) -> io::Result<bool> {
    // Of two processes, one moves the stale file. The later one may move the new file of the faster
    // one. Process ids are not unique: in containers that share the folder, both may be process 1.
    let unique = RandomState::new().hash_one(path) >> 32;
    let aside = path.with_file_name(format!(".{unique:08x}"));
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        result => result?,
    }
    // The other process may be between `bind` and `listen`.
    thread::sleep(SETTLED_WITHIN);
    if is_left_over(&aside) {
        fs::remove_file(&aside)?;
        return Ok(true);
    }
    fs::rename(&aside, path)?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::{UnixStream, bind, geteuid};

    /// Only a stale socket of this user is removed.
    #[test]
    fn leaves_the_stale_socket_of_another_user() {
        if !geteuid().is_root() {
            println!("skipped: only root can give a file to another user");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health");
        drop(bind(&path).unwrap());
        std::os::unix::fs::lchown(&path, Some(61234), None).unwrap();
        let error = bind(&path).unwrap_err().to_string();
        assert_eq!(error, "the socket there is left over, and belongs to user 61234");
        assert!(path.exists());
    }

    #[test]
    fn one_of_two_processes_replaces_a_stale_socket_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health");
        drop(bind(&path).unwrap());
        let start = Barrier::new(2);
        for _ in 0..200 {
            let try_to = || {
                start.wait();
                bind(&path)
            };
            // Both are dropped after both have tried, which leaves a stale socket for the next round.
            let both = thread::scope(|scope| {
                let [one, other] = [scope.spawn(try_to), scope.spawn(try_to)];
                [one.join().unwrap(), other.join().unwrap()]
            });
            assert_eq!(both.iter().flatten().count(), 1, "{both:?}");
            UnixStream::connect(&path).unwrap();
            let left = folder.path().read_dir().unwrap().count();
            assert_eq!(left, 1);
        }
    }
}
