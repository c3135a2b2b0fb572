//! Private folders, in a folder that every user of the machine may write to.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::geteuid;

/// Creates the folder `base`, and the folder `name` in it, if they are missing.
///
/// It opens each without following a link, the second relative to the first, before it looks at it:
/// no other user can exchange it in between.
///
/// # Errors
///
/// The path is a symbolic link or not a folder, belongs to another user, or is writable by others.
pub(super) fn create(base: &Path, name: &str) -> io::Result<()> {
    let refused = |path: &Path, reason| {
        let message = format!("{} {reason}", path.display());
        io::Error::new(io::ErrorKind::PermissionDenied, message)
    };
    // The parent may be unreadable: some systems let nobody list it.
    let folder = open(AT_FDCWD, base)?.map_err(|reason| refused(base, reason))?;
    open(folder, Path::new(name))?.map_err(|reason| refused(&base.join(name), reason))?;
    Ok(())
}

/// Opens a folder in another, or returns the reason to refuse it.
fn open(parent: impl AsFd, name: &Path) -> io::Result<Result<OwnedFd, String>> {
    match mkdirat(&parent, name, Mode::S_IRWXU) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let opened = openat(&parent, name, flags, Mode::empty());
    let found = match &opened {
        Ok(folder) => fstat(folder),
        // The system's error would not describe the file.
        Err(_) => fstatat(&parent, name, AtFlags::AT_SYMLINK_NOFOLLOW),
    };
    match reason_against(&found?) {
        Some(reason) => Ok(Err(reason)),
        None => Ok(Ok(opened?)),
    }
}

/// Returns the reason why a file is not a private folder of this user.
fn reason_against(found: &FileStat) -> Option<String> {
    let user = geteuid().as_raw();
    let mode = found.st_mode & 0o777;
    match SFlag::from_bits_truncate(found.st_mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFLNK => Some("is a symbolic link".to_owned()),
        SFlag::S_IFDIR if found.st_uid != user => {
            let owner = found.st_uid;
            Some(format!("belongs to user {owner}, and not to user {user} as this process"))
        }
        SFlag::S_IFDIR if mode & 0o022 != 0 => {
            Some(format!("may be changed by other users (mode {mode:o})"))
        }
        SFlag::S_IFDIR => None,
        _ => Some("is not a folder".to_owned()),
    }
}
