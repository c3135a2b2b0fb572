//! Files in the inbox, and the detection of changes to them.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{SpoolError, failed};
use crate::progress::Skipped;

/// Bytes per read.
pub(crate) const CHUNK: usize = 64 * 1024;

/// An open file in the inbox, with its state at the time of opening.
#[derive(Debug)]
pub(crate) struct Original {
    path: PathBuf,
    file: File,
    stamp: Stamp,
}

/// The identity and state of a file; equal for the same file without a write in between.
#[derive(Debug, PartialEq)]
struct Stamp {
    length: u64,
    modified: SystemTime,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl Original {
    pub(crate) fn open(path: PathBuf) -> Result<Self, Skipped> {
        let opened = fs::symlink_metadata(&path)
            .and_then(|metadata| require_regular(metadata.file_type()))
            .and_then(|()| open_regular(&path))
            .and_then(|file| {
                // Again, as the path may have been replaced before it was opened.
                let metadata = file.metadata()?;
                require_regular(metadata.file_type())?;
                Ok((Stamp::of(&metadata)?, file))
            });
        match opened {
            Ok((stamp, file)) => Ok(Self { path, file, stamp }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Skipped::Unsettled),
            Err(error) => Err(failed("open", &path)(error).into()),
        }
    }

    /// Returns whether nobody has written to the file for that long. A time in the future counts as
    /// long ago.
    pub(crate) fn is_settled(&self, settle: Duration) -> bool {
        let age = SystemTime::now().duration_since(self.stamp.modified);
        age.map_or(true, |age| age >= settle)
    }

    pub(crate) fn rewind(&mut self) -> Result<(), SpoolError> {
        self.file.rewind().map_err(failed("rewind", &self.path))
    }

    /// Replaces the content of `chunk` with the next `CHUNK` bytes, or fewer at the end.
    pub(crate) fn read(&mut self, chunk: &mut Vec<u8>) -> Result<(), SpoolError> {
        read_chunk(&mut self.file, chunk).map_err(failed("read", &self.path))
    }

    /// Fails if the file has been written to since it was opened.
    pub(crate) fn require_unchanged(&self) -> Result<(), Skipped> {
        self.require_same(self.file.metadata())
    }

    /// Removes the file from the inbox, unless it has changed or been replaced.
    pub(crate) fn remove(self) -> Result<(), Skipped> {
        self.require_same(fs::symlink_metadata(&self.path))?;
        Ok(fs::remove_file(&self.path).map_err(failed("remove", &self.path))?)
    }

    /// Returns the read, write and execute permissions. Not set-user-id: the result belongs to the worker, even
    /// if the original does not.
    #[cfg(unix)]
    pub(crate) fn permissions(&self) -> Result<fs::Permissions, SpoolError> {
        use std::os::unix::fs::PermissionsExt;

        let metadata = self.file.metadata().map_err(failed("inspect", &self.path))?;
        Ok(fs::Permissions::from_mode(metadata.permissions().mode() & 0o777))
    }

    fn require_same(&self, metadata: io::Result<Metadata>) -> Result<(), Skipped> {
        match metadata.and_then(|metadata| Stamp::of(&metadata)) {
            Ok(stamp) if stamp == self.stamp => Ok(()),
            Ok(_) => Err(Skipped::Unsettled),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Skipped::Unsettled),
            Err(error) => Err(failed("inspect", &self.path)(error).into()),
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

/// Reads until the chunk is full or the end is reached; retries reads interrupted by a signal.
pub(crate) fn read_chunk(from: &mut impl Read, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.clear();
    from.by_ref().take(CHUNK as u64).read_to_end(chunk)?;
    Ok(())
}

fn require_regular(kind: FileType) -> io::Result<()> {
    let name = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a device, a pipe or a socket",
    };
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {name}; only regular files are compressed"),
    ))
}

/// Opens a file without following links or blocking on a pipe, as the path may have been replaced
/// since it was checked.
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
