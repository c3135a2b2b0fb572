//! Folders of this user alone, below one in which every user of the machine may write.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, statat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Creates the folder `base`, and in it the folder `name`, where they are missing.
///
/// Each is opened without following a link, the second relative to the first, and only then looked
/// at: no other user can exchange it in between.
///
/// # Errors
///
/// A folder is a symbolic link or no folder, belongs to another user, or others may write to it.
pub(super) fn create(base: &Path, name: &str) -> io::Result<()> {
    let refused = |path: &Path, reason| {
        let message = format!("{} {reason}", path.display());
        io::Error::new(io::ErrorKind::PermissionDenied, message)
    };
    // Its parent need not be readable: some systems let nobody list it.
    let folder = open(CWD, base)?.map_err(|reason| refused(base, reason))?;
    open(folder, Path::new(name))?.map_err(|reason| refused(&base.join(name), reason))?;
    Ok(())
}

/// Opens the folder of that name in another, or gives the reason against what is there.
fn open(parent: impl AsFd, name: &Path) -> io::Result<Result<OwnedFd, String>> {
    match mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = openat(&parent, name, flags, Mode::empty());
    let found = match &opened {
        Ok(folder) => fstat(folder),
        // The error of the system would not say what is there.
        Err(_) => statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW),
    };
    match reason_against(&found?) {
        Some(reason) => Ok(Err(reason)),
        None => Ok(Ok(opened?)),
    }
}

/// Tells why a file is no folder of this user alone.
fn reason_against(found: &Stat) -> Option<String> {
    let user = geteuid().as_raw();
    let mode = found.st_mode & 0o777;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Symlink => Some("is a symbolic link".to_owned()),
        FileType::Directory if found.st_uid != user => {
            let owner = found.st_uid;
            Some(format!("belongs to user {owner}, and not to user {user} as this process"))
        }
        FileType::Directory if mode & 0o022 != 0 => {
            Some(format!("may be changed by other users (mode {mode:o})"))
        }
        FileType::Directory => None,
        _ => Some("is not a folder".to_owned()),
    }
}
