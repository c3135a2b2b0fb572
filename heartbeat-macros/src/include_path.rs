//! The path by which the expansion embeds the definition.

use std::path::{Component, Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use crate::fs::{Environment, FileSystem};

/// Returns the argument of `include_bytes!`.
///
/// The path is relative to the source file's folder, so that two checkouts expand alike. If the
/// compiler does not know the source file, it is relative to the package's folder.
pub(crate) fn include_path(file: &Path, environment: &Environment<'_>) -> TokenStream {
    if let Some(folder) = environment.source.as_deref().and_then(Path::parent) {
        let path = relative(folder, file, environment.files);
        return quote!(#path);
    }
    let folder = environment.manifest_directory.as_deref().unwrap_or(Path::new(""));
    let path = format!("/{}", relative(folder, file, environment.files));
    quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))
}

/// Returns the path from a folder to a file, with symbolic links resolved as the system does on
/// opening it. Falls back to the file's own path if they share nothing, as on two drives.
pub(crate) fn relative(folder: &Path, file: &Path, files: &dyn FileSystem) -> String {
    let (folder, file) = (files.real(folder), files.real(file));
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return file.display().to_string();
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let down = file.components().skip(shared);
    let parts: Vec<_> =
        up.chain(down).map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// Removes each `..` with the part before it, for display. Symbolic links are not resolved.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}
