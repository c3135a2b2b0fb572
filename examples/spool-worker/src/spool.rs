//! The job: what is taken, in which order it is written, published and removed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::compare::holds;
use crate::compress::compress;
use crate::error::{SpoolError, failed};
use crate::folder::Folder;
use crate::original::Original;
use crate::partial::{self, Partial};
use crate::progress::{Left, Progress};
use crate::refused::Refused;

#[derive(Debug)]
pub(crate) struct Spool {
    inbox: Folder,
    done: Folder,
    /// How long nobody must have written to a file before it is taken.
    settle: Duration,
    refused: Refused,
}

/// How a file got its result.
#[derive(Debug)]
pub(crate) enum Taken {
    Compressed(PathBuf),
    /// By a worker that ended before it could remove the original.
    WasDone(PathBuf),
}

impl Spool {
    pub(crate) fn open(inbox: &Path, done: &Path, settle: Duration) -> Result<Self, SpoolError> {
        let inbox = Folder::claim(inbox)?;
        if fs::canonicalize(done).is_ok_and(|done| done == inbox.path()) {
            let cause = "it is the inbox too, each result would be taken for a new file";
            return Err(failed("put results into", done)(io::Error::other(cause)));
        }
        let done = Folder::claim(done)?;
        partial::sweep(done.path())?;
        Ok(Self { inbox, done, settle, refused: Refused::default() })
    }

    /// Takes every file that is ready. What is wrong with one file goes to the log; an error is
    /// what is wrong with the inbox.
    pub(crate) fn pass(&mut self, progress: &mut Progress<'_>) -> Result<(), SpoolError> {
        self.refused.expire(Instant::now());
        let inbox = self.inbox.path().to_owned();
        // Not collected first: there may be millions. What is missed for that is met next time.
        for entry in fs::read_dir(&inbox).map_err(failed("list", &inbox))? {
            if progress().is_break() {
                return Ok(());
            }
            let name = entry.map_err(failed("list", &inbox))?.file_name();
            if is_hidden(&name) || self.refused.contains(&name) {
                continue;
            }
            match self.take(&name, progress) {
                Ok(Taken::Compressed(result)) => tracing::info!(?name, ?result, "compressed"),
                Ok(Taken::WasDone(result)) => tracing::info!(?name, ?result, "was done already"),
                Err(Left::Stopping) => return Ok(()),
                Err(Left::Unsettled) => {}
                Err(Left::Refused(error)) => {
                    tracing::error!(%error, "refused");
                    self.refused.add(name, Instant::now());
                }
            }
        }
        Ok(())
    }

    /// The order of these steps is what makes it safe to be killed between any two of them.
    fn take(&self, name: &OsStr, progress: &mut Progress<'_>) -> Result<Taken, Left> {
        let mut original = Original::open(self.inbox.path().join(name))?;
        if !original.is_settled(self.settle) {
            return Err(Left::Unsettled);
        }
        let taken = self.store(name, &mut original, progress)?;
        self.done.sync()?;
        original.remove()?;
        self.inbox.sync()?;
        Ok(taken)
    }

    /// Finds or makes the result. A name that is taken stays: what holds the same is this file's
    /// own result, what holds something else is that of another file which had the same name.
    fn store(
        &self,
        name: &OsStr,
        original: &mut Original,
        progress: &mut Progress<'_>,
    ) -> Result<Taken, Left> {
        let mut number = 0;
        loop {
            let result = self.done.path().join(result_name(name, number));
            if exists(&result)? {
                if holds(&result, original, progress)? {
                    return Ok(Taken::WasDone(result));
                }
                number += 1;
                continue;
            }
            let mut partial = Partial::create(self.done.path())?;
            compress(original, &mut partial, progress)?;
            if partial.publish(&result)? {
                return Ok(Taken::Compressed(result));
            }
        }
    }
}

/// Also tells, before any work is done, that a name is too long.
fn exists(result: &Path) -> Result<bool, SpoolError> {
    match fs::symlink_metadata(result) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("look for", result)(error)),
    }
}

/// How producers, and this worker, mark what is unfinished.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn result_name(name: &OsStr, number: u64) -> OsString {
    let mut result = name.to_owned();
    if number > 0 {
        result.push(format!(".{number}"));
    }
    result.push(".gz");
    result
}

#[cfg(test)]
mod tests;
