//! What the compiler, cargo and the disk tell of the crate that is being compiled.

use std::io;
use std::path::{Path, PathBuf};

/// All that an expansion depends on, beside its tokens.
pub(crate) struct Environment<'a> {
    /// The folder of the package, where cargo compiles.
    pub(crate) manifest_directory: Option<PathBuf>,
    /// Where the compiler was started: its messages name files from there.
    pub(crate) working_directory: PathBuf,
    /// The file that the attribute stands in, where the compiler tells.
    pub(crate) source: Option<PathBuf>,
    /// The name of the binary.
    pub(crate) binary: Option<String>,
    /// The name of the package.
    pub(crate) package: Option<String>,
    /// Whether `CARGO_PKG_VERSION` is there to be embedded.
    pub(crate) has_version: bool,
    pub(crate) files: &'a dyn Files,
}

/// The disk, as far as a definition is looked for on it.
pub(crate) trait Files {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;
    /// The names in a folder; none where it cannot be read.
    fn names(&self, folder: &Path) -> Vec<String>;
    /// The path with its links resolved; as it is where that cannot be done.
    fn real(&self, path: &Path) -> PathBuf;
}

impl Environment<'_> {
    /// The folder that paths are relative to: the package's, or the source file's where cargo
    /// does not compile.
    pub(crate) fn base(&self) -> Option<&Path> {
        self.manifest_directory.as_deref().or_else(|| self.source.as_ref()?.parent())
    }
}
