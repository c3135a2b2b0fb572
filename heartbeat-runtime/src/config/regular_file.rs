//! Files that variables name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Maximum size of a file, in bytes.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a regular file of at most 1 MiB, so that no name of a pipe or a device holds up the start, or
/// fills the memory.
pub(crate) fn read_regular_file(path: &Path) -> io::Result<Vec<u8>> {
    // To open a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}
