//! Comparison of a result with an original.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{SpoolError, failed};
use crate::original::{CHUNK, Original, read_chunk};
use crate::progress::{Progress, Skipped, check_progress};

/// Returns whether `result` unpacks to `original`, and if so, syncs it to the disk.
///
/// A damaged gzip file does not. A result that cannot be read is an error, because it may hold the
/// original after all.
pub(crate) fn holds(
    result: &Path,
    original: &mut Original,
    progress: &mut Progress<'_>,
) -> Result<bool, Skipped> {
    let Some(file) = open(result)? else {
        return Ok(false);
    };
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, &file));
    let mut expected = Vec::with_capacity(CHUNK);
    let mut found = Vec::with_capacity(CHUNK);
    original.rewind()?;
    loop {
        check_progress(progress)?;
        original.read(&mut expected)?;
        match read_chunk(&mut unpacked, &mut found) {
            Err(error) if is_damaged(&error) => return Ok(false),
            outcome => outcome.map_err(failed("read", result))?,
        }
        if expected != found {
            return Ok(false);
        }
        if expected.is_empty() {
            break;
        }
    }
    // Windows can only sync files opened for writing.
    if cfg!(unix) {
        file.sync_all().map_err(failed("sync", result))?;
    }
    Ok(true)
}

/// Opens a regular file; returns `None` for anything else, since opening a pipe would block.
fn open(result: &Path) -> Result<Option<File>, SpoolError> {
    let open = || {
        let is_file = fs::symlink_metadata(result)?.is_file();
        is_file.then(|| File::open(result)).transpose()
    };
    open().map_err(failed("open", result))
}

/// Recognizes the errors by which flate2 reports a damaged or truncated file.
fn is_damaged(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
