//! Folders of this user alone, below one in which every user of the machine may write.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, mkdirat, open, openat, statat};
use rustix::io::Errno;
use rustix::process::geteuid;

/// Creates each named folder in the one before it, the first in `parent`, where they are missing.
///
/// Each is opened relative to the one before, without following links, and only then looked at: no
/// other user can exchange it in between.
///
/// # Errors
///
/// A folder is a symbolic link or no folder, belongs to another user, or others may write to it.
pub(super) fn create(parent: &Path, names: &[&str]) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let (mut folder, mut path) = (open(parent, flags, Mode::empty())?, parent.to_owned());
    for name in names {
        path.push(name);
        match mkdirat(&folder, *name, Mode::RWXU) {
            Err(error) if error != Errno::EXIST => return Err(error.into()),
            _ => {}
        }
        let next = openat(&folder, *name, flags | OFlags::NOFOLLOW, Mode::empty());
        let refused = |what| Err(refusal(&path, what));
        match next {
            Ok(next) => folder = next,
            // Systems disagree on the error for a link.
            Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => {
                let found = statat(&folder, *name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)?;
                let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
                return refused(if is_link { "is a symbolic link" } else { "is not a folder" });
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(reason) = shared_with(&fstat(&folder)?) {
            return refused(&reason);
        }
    }
    Ok(())
}

/// Tells who else could change a file or folder.
fn shared_with(found: &Stat) -> Option<String> {
    let user = geteuid().as_raw();
    let mode = found.st_mode & 0o777;
    if found.st_uid != user {
        Some(format!("belongs to user {}, and not to user {user} as this process", found.st_uid))
    } else if mode & 0o022 != 0 {
        Some(format!("may be changed by other users (mode {mode:o})"))
    } else {
        None
    }
}

fn refusal(path: &Path, reason: &str) -> io::Error {
    let message = format!("{} {reason}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}
