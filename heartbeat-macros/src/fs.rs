//! The surroundings of an expansion: the file system, and the variables that cargo sets.

use std::io;
use std::path::{Path, PathBuf};

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

/// Everything that an expansion depends on apart from its tokens.
pub(crate) struct Environment<'a> {
    /// The package's folder; `None` outside of cargo.
    pub(crate) manifest_directory: Option<PathBuf>,
    /// The compiler's working directory, from which its messages name files.
    pub(crate) working_directory: PathBuf,
    /// The source file of the attribute, if the compiler knows it.
    pub(crate) source: Option<PathBuf>,
    /// The name of the binary.
    pub(crate) binary: Option<String>,
    /// The name of the package.
    pub(crate) package: Option<String>,
    /// `CARGO_PKG_VERSION` is set and can be embedded.
    pub(crate) has_version: bool,
    pub(crate) files: &'a dyn FileSystem,
}

/// The file operations that finding a definition needs.
pub(crate) trait FileSystem {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;
    /// Lists the names in a folder; empty if it cannot be read.
    fn names(&self, folder: &Path) -> Vec<String>;
    /// Resolves symbolic links; returns the path unchanged if that fails.
    fn real(&self, path: &Path) -> PathBuf;
}

/// The file system of the machine.
pub(crate) struct RealFs;

// === impl Environment ===

impl Environment<'_> {
    /// Returns the folder that paths are relative to: the package's, or the source file's outside
    /// of cargo.
    pub(crate) fn base(&self) -> Option<&Path> {
        self.manifest_directory.as_deref().or_else(|| self.source.as_ref()?.parent())
    }
}

impl Environment<'static> {
    /// Reads the environment of a real expansion.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn from_compiler(arguments: &TokenStream, item: &TokenStream) -> Self {
        let working_directory = std::env::current_dir().unwrap_or_default();
        let source = Span::call_site().local_file().filter(|source| {
            let folders = folders(arguments).into_iter().chain(folders(item));
            folders.into_iter().all(|folder| Some(&*folder) == source.parent())
        });
        Self {
            manifest_directory: std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            source: source.map(|file| working_directory.join(file)),
            binary: std::env::var("CARGO_BIN_NAME").ok(),
            package: std::env::var("CARGO_PKG_NAME").ok(),
            has_version: std::env::var_os("CARGO_PKG_VERSION").is_some(),
            working_directory,
            files: &RealFs,
        }
    }
}

/// Collects the folders of the files that the tokens come from.
///
/// There are several if a `macro_rules!` macro wrote some of the tokens. The compiler then resolves
/// paths from the macro's call, but reports only the file of its definition.
fn folders(tokens: &TokenStream) -> Vec<PathBuf> {
    let of_token = |token: TokenTree| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => folders(&group.stream()),
        token => {
            let file = token.span().local_file();
            file.and_then(|file| Some(file.parent()?.to_owned())).into_iter().collect()
        }
    };
    tokens.clone().into_iter().flat_map(of_token).collect()
}

// === impl RealFs ===

impl FileSystem for RealFs {
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
