//! The job: selects files, compresses them, publishes the results and removes the originals.

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
use crate::progress::{Progress, Skipped};
use crate::refused::Refused;

/// An inbox and the folder of its results.
#[derive(Debug)]
pub(crate) struct Spool {
    inbox: Folder,
    done: Folder,
    /// Time since the last write after which a file is complete.
    settle: Duration,
    refused: Refused,
}

/// The result of a file, by its origin.
#[derive(Debug)]
pub(crate) enum Stored {
    Compressed(PathBuf),
    /// Written by a worker that exited before it removed the original.
    AlreadyDone(PathBuf),
}

impl Spool {
    pub(crate) fn open(inbox: &Path, done: &Path, settle: Duration) -> Result<Self, SpoolError> {
        let inbox = Folder::lock(inbox)?;
        if fs::canonicalize(done).is_ok_and(|done| done == inbox.path()) {
            let cause = "it is the inbox too; each result would be compressed again";
            return Err(failed("put results into", done)(io::Error::other(cause)));
        }
        let done = Folder::lock(done)?;
        partial::remove_stale(done.path())?;
        Ok(Self { inbox, done, settle, refused: Refused::default() })
    }

    /// Processes every settled file. Logs failures of single files; returns an error only if the
    /// inbox itself fails.
    pub(crate) fn process_inbox(&mut self, progress: &mut Progress<'_>) -> Result<(), SpoolError> {
        self.refused.expire(Instant::now());
        let inbox = self.inbox.path().to_owned();
        // Not collected first: there may be millions. The next scan finds entries that this one misses.
        for entry in fs::read_dir(&inbox).map_err(failed("list", &inbox))? {
            if progress().is_break() {
                return Ok(());
            }
            let name = entry.map_err(failed("list", &inbox))?.file_name();
            if is_hidden(&name) || self.refused.contains(&name) {
                continue;
            }
            match self.process_file(&name, progress) {
                Ok(Stored::Compressed(result)) => tracing::info!(?name, ?result, "compressed"),
                Ok(Stored::AlreadyDone(result)) => {
                    tracing::info!(?name, ?result, "already compressed");
                }
                Err(Skipped::Stopping) => return Ok(()),
                Err(Skipped::Unsettled) => {}
                Err(Skipped::Refused(error)) => {
                    tracing::error!(%error, "refused");
                    self.refused.add(name, Instant::now());
                }
            }
        }
        Ok(())
    }

    /// Stores one file. The order of the steps makes it safe to be killed between any two of them.
    fn process_file(&self, name: &OsStr, progress: &mut Progress<'_>) -> Result<Stored, Skipped> {
        let mut original = Original::open(self.inbox.path().join(name))?;
        if !original.is_settled(self.settle) {
            return Err(Skipped::Unsettled);
        }
        let stored = self.store(name, &mut original, progress)?;
        self.done.sync()?;
        original.remove()?;
        self.inbox.sync()?;
        Ok(stored)
    }

    /// Finds or writes the result. Never replaces an existing result: one with the same content
    /// belongs to this file, any other to an earlier file of the same name.
    fn store(
        &self,
        name: &OsStr,
        original: &mut Original,
        progress: &mut Progress<'_>,
    ) -> Result<Stored, Skipped> {
        let mut number = 0;
        loop {
            let result = self.done.path().join(result_name(name, number));
            if exists(&result)? {
                if holds(&result, original, progress)? {
                    return Ok(Stored::AlreadyDone(result));
                }
                number += 1;
                continue;
            }
            let mut partial = Partial::create(self.done.path())?;
            compress(original, &mut partial, progress)?;
            if partial.publish(&result)? {
                return Ok(Stored::Compressed(result));
            }
        }
    }
}

/// Returns whether the result exists. Fails if its name is too long, before any work is done.
fn exists(result: &Path) -> Result<bool, SpoolError> {
    match fs::symlink_metadata(result) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("look for", result)(error)),
    }
}

/// Recognizes the mark of incomplete files, for producers and this worker alike.
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
