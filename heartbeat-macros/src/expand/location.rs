//! The path under which the expansion embeds the definition.

use std::path::{Component, Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use super::environment::{Environment, Files};

/// What `include_bytes!` takes: a path from the folder of the source file, so that two checkouts
/// expand alike; one from the package's folder where the compiler does not tell the source file.
pub(super) fn embedded(file: &Path, environment: &Environment<'_>) -> TokenStream {
    if let Some(folder) = environment.source.as_deref().and_then(Path::parent) {
        let path = relative(folder, file, environment.files);
        return quote!(#path);
    }
    let folder = environment.manifest_directory.as_deref().unwrap_or(Path::new(""));
    let path = format!("/{}", relative(folder, file, environment.files));
    quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))
}

/// The way from a folder to a file, with links resolved as the system will when it opens it; the
/// file's own path where they share nothing, such as on two drives.
pub(super) fn relative(folder: &Path, file: &Path, files: &dyn Files) -> String {
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

/// For people: with each `..` taken at its word, even where a link stands before it.
pub(crate) fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}
