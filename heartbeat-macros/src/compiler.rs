//! The environment of a real expansion.

use std::io;
use std::path::{Path, PathBuf};

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

use crate::expand::{Environment, Files};

impl Environment<'static> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn of_compiler(arguments: &TokenStream, item: &TokenStream) -> Self {
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
            files: &Disk,
        }
    }
}

/// The folders of the files that the tokens stand in. There are several where a macro by example
/// has written some of them: the compiler then takes paths from where that was called, and tells
/// only where it was defined.
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
