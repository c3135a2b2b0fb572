//! Does a result hold a certain original?

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{SpoolError, failed};
use crate::original::{CHUNK, Original, read_chunk};
use crate::progress::{Left, Progress, report};

/// Unpacks `result` as far as it agrees. What is no sound gzip file holds nothing; that it could
/// not be read is an error, for it may hold the original all the same.
///
/// When it returns `true`, the result is on the disk, whoever wrote it.
pub(crate) fn holds(
    result: &Path,
    original: &mut Original,
    progress: &mut Progress<'_>,
) -> Result<bool, Left> {
    let Some(file) = open(result)? else {
        return Ok(false);
    };
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, &file));
    let mut expected = Vec::with_capacity(CHUNK);
    let mut found = Vec::with_capacity(CHUNK);
    original.rewind()?;
    loop {
        report(progress)?;
        original.read(&mut expected)?;
        match read_chunk(&mut unpacked, &mut found) {
            Err(error) if is_unsound(&error) => return Ok(false),
            outcome => outcome.map_err(failed("read", result))?,
        }
        if expected != found {
            return Ok(false);
        }
        if expected.is_empty() {
            break;
        }
    }
    // Windows syncs only what was opened for writing.
    if cfg!(unix) {
        file.sync_all().map_err(failed("sync", result))?;
    }
    Ok(true)
}

/// `None` for what is no regular file: opening a pipe would block.
fn open(result: &Path) -> Result<Option<File>, SpoolError> {
    let open = || {
        let is_file = fs::symlink_metadata(result)?.is_file();
        is_file.then(|| File::open(result)).transpose()
    };
    open().map_err(failed("open", result))
}

/// How flate2 reports a header, a checksum or a length that is wrong, and an end that is missing.
fn is_unsound(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
