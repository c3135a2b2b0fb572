//! Compression of an original into a partial result, chunk by chunk.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::failed;
use crate::original::{CHUNK, Original};
use crate::partial::Partial;
use crate::progress::{Progress, Skipped, check_progress};

/// Bytes between two syncs. A single sync of gigabytes would take minutes, and nothing can beat
/// during a system call.
const SYNC_EVERY: usize = 64 * 1024 * 1024;

/// Compresses `original` into `partial` and syncs it to the disk. Fails if the original changes
/// meanwhile.
pub(crate) fn compress(
    original: &mut Original,
    partial: &mut Partial,
    progress: &mut Progress<'_>,
) -> Result<(), Skipped> {
    let path = partial.path().to_owned();
    let mut encoder = GzEncoder::new(partial.file(), Compression::default());
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut unsynced = 0;
    original.rewind()?;
    loop {
        check_progress(progress)?;
        original.read(&mut chunk)?;
        // After each chunk: a file that grows as fast as it is read would have no end.
        original.require_unchanged()?;
        if chunk.is_empty() {
            break;
        }
        encoder.write_all(&chunk).map_err(failed("write", &path))?;
        unsynced += chunk.len();
        if unsynced >= SYNC_EVERY {
            encoder.get_ref().sync_data().map_err(failed("sync", &path))?;
            unsynced = 0;
        }
    }
    let file = encoder.finish().map_err(failed("write", &path))?;
    #[cfg(unix)]
    file.set_permissions(original.permissions()?)
        .map_err(failed("set the permissions of", &path))?;
    Ok(file.sync_all().map_err(failed("sync", &path))?)
}
