//! A file in the inbox, opened and remembered as it was at that moment.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{SpoolError, failed};
use crate::progress::Left;

/// As much of a file as is read at a time.
pub(crate) const CHUNK: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Original {
    path: PathBuf,
    file: File,
    /// What it looked like when it was opened.
    stamp: Stamp,
}

/// Two equal stamps: the same file, not written to in between.
#[derive(Debug, PartialEq)]
struct Stamp {
    length: u64,
    modified: SystemTime,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl Original {
    pub(crate) fn open(path: PathBuf) -> Result<Self, Left> {
        let opened = fs::symlink_metadata(&path)
            .and_then(|metadata| require_regular(metadata.file_type()))
            .and_then(|()| open_regular(&path))
            .and_then(|file| {
                // Asked again, of what was really opened.
                let metadata = file.metadata()?;
                require_regular(metadata.file_type())?;
                Ok((Stamp::of(&metadata)?, file))
            });
        match opened {
            Ok((stamp, file)) => Ok(Self { path, file, stamp }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Left::Unsettled),
            Err(error) => Err(failed("open", &path)(error).into()),
        }
    }

    /// Nobody has written to it for that long. A time in the future says nothing, and counts as
    /// long ago.
    pub(crate) fn is_settled(&self, settle: Duration) -> bool {
        let age = SystemTime::now().duration_since(self.stamp.modified);
        age.map_or(true, |age| age >= settle)
    }

    pub(crate) fn rewind(&mut self) -> Result<(), SpoolError> {
        self.file.rewind().map_err(failed("rewind", &self.path))
    }

    /// Replaces what is in `chunk` by the next bytes: `CHUNK` of them, or fewer at the end.
    pub(crate) fn read(&mut self, chunk: &mut Vec<u8>) -> Result<(), SpoolError> {
        read_chunk(&mut self.file, chunk).map_err(failed("read", &self.path))
    }

    /// Fails when somebody has written to it since it was opened.
    pub(crate) fn require_unchanged(&self) -> Result<(), Left> {
        self.require_same(self.file.metadata())
    }

    /// Removes it from the inbox, unless it has changed or its name stands for another file now.
    pub(crate) fn remove(self) -> Result<(), Left> {
        self.require_same(fs::symlink_metadata(&self.path))?;
        Ok(fs::remove_file(&self.path).map_err(failed("remove", &self.path))?)
    }

    /// Who may read, write and run it. Not set-user-id: the result belongs to the worker, whoever
    /// the original belongs to.
    #[cfg(unix)]
    pub(crate) fn permissions(&self) -> Result<fs::Permissions, SpoolError> {
        use std::os::unix::fs::PermissionsExt;

        let metadata = self.file.metadata().map_err(failed("look at", &self.path))?;
        Ok(fs::Permissions::from_mode(metadata.permissions().mode() & 0o777))
    }

    fn require_same(&self, metadata: io::Result<Metadata>) -> Result<(), Left> {
        match metadata.and_then(|metadata| Stamp::of(&metadata)) {
            Ok(stamp) if stamp == self.stamp => Ok(()),
            Ok(_) => Err(Left::Unsettled),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Left::Unsettled),
            Err(error) => Err(failed("look at", &self.path)(error).into()),
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified()?,
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
        })
    }
}

/// Retries what a signal interrupted, and asks again until the chunk is full or the end is reached.
pub(crate) fn read_chunk(from: &mut impl Read, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.clear();
    from.by_ref().take(CHUNK as u64).read_to_end(chunk)?;
    Ok(())
}

fn require_regular(kind: FileType) -> io::Result<()> {
    let what = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a device, a pipe or a socket",
    };
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {what}, only regular files are taken"),
    ))
}

/// The name may stand for something else than a moment ago: a link is not followed, and a pipe
/// without a writer does not block.
#[cfg(unix)]
fn open_regular(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open_regular(path: &Path) -> io::Result<File> {
    File::open(path)
}
