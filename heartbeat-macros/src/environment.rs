//! What the compiler and cargo tell of the crate that is being compiled.

use std::path::PathBuf;

/// Read once, at the entry; the rest of the expansion is a function of it and of files.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// The folder of the package.
    pub(crate) manifest_directory: Option<PathBuf>,
    /// Where the compiler was started: its messages name files from there.
    pub(crate) working_directory: PathBuf,
    /// The file that the attribute stands in, where the compiler tells.
    pub(crate) source: Option<PathBuf>,
    /// The name of the binary.
    pub(crate) binary: Option<String>,
    /// The name of the package.
    pub(crate) package: Option<String>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn of_compiler() -> Self {
        let working_directory = std::env::current_dir().unwrap_or_default();
        let source = proc_macro::Span::call_site().local_file();
        Self {
            manifest_directory: std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            source: source.map(|file| working_directory.join(file)),
            binary: std::env::var("CARGO_BIN_NAME").ok(),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            working_directory,
        }
    }
}
