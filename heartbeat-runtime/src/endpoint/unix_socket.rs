//! A unix socket is bound at a path where a dead process may have left one.

use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;
use std::{fs, io, process, thread};

/// By when a socket that was bound listens too.
const SETTLED_WITHIN: Duration = Duration::from_millis(10);

/// A socket file that nobody answers at is left from a process that died: it is replaced.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if !is_left_over(path) || !is_taken_away(path)? {
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

/// Takes a socket file away, unless it turns out to be that of another process which has just done
/// the same, and whose it stays.
#[expect(clippy::disallowed_methods, reason = "no event tells when another process listens")]
fn is_taken_away(path: &Path) -> io::Result<bool> {
    // Only one of two can move a file. Who was late may have moved that of the faster one.
    let aside = path.with_file_name(format!(".{}", process::id()));
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        result => result?,
    }
    // Which may not listen yet, between two system calls.
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

    use super::{UnixStream, bind};

    #[test]
    fn of_two_that_meet_a_stale_socket_one_has_it_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health");
        drop(bind(&path).unwrap());
        let start = Barrier::new(2);
        for _ in 0..200 {
            let try_to = || {
                start.wait();
                bind(&path)
            };
            // Neither is dropped before both have tried, which leaves a stale one for the next.
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
