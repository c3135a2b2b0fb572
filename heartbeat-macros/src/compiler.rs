//! The environment of a real expansion.

use std::io;
use std::path::{Path, PathBuf};

use crate::expand::{Environment, Files};

impl Environment<'static> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn of_compiler() -> Self {
        let working_directory = std::env::current_dir().unwrap_or_default();
        let source = proc_macro::Span::call_site().local_file();
        Self {
            manifest_directory: std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            source: source.map(|file| working_directory.join(file)),
            binary: std::env::var("CARGO_BIN_NAME").ok(),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            has_version: std::env::var_os("CARGO_PKG_VERSION").is_some(),
            working_directory,
            files: &Disk,
        }
    }
}

pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(file)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    fn real(&self, path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }
}
