//! The log file of each instance, with every byte as the instance wrote it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The open log files.
#[derive(Debug)]
pub(super) struct LogFiles {
    folder: PathBuf,
    /// `None` for a file that could not be opened or written.
    files: HashMap<Arc<str>, Option<File>>,
}

// === impl LogFiles ===

impl LogFiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, files: HashMap::new() }
    }

    /// Appends bytes to the file of an instance. After an error, which is returned once, its file is
    /// given up.
    pub(super) fn write(&mut self, instance: &Arc<str>, bytes: &[u8]) -> io::Result<()> {
        let folder = &self.folder;
        let mut opened = Ok(());
        let file = self
            .files
            .entry(Arc::clone(instance))
            .or_insert_with(|| open(folder, instance).map_err(|error| opened = Err(error)).ok());
        opened?;
        let written = file.as_mut().map_or(Ok(()), |file| file.write_all(bytes));
        written.inspect_err(|_| *file = None)
    }
}

/// Opens the file of an instance for this run. That of the run before is kept beside it.
fn open(folder: &Path, instance: &str) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{instance}.log"));
    match fs::rename(&path, folder.join(format!("{instance}.previous.log"))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create(path)
}
