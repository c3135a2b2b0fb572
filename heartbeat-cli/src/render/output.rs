//! Rendered files on their way out: to the terminal, to a folder, or against those in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::target::{MARK, RenderedFile, Target};

/// The error of a folder or file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {cause}", path.display())]
pub(crate) struct OutputError {
    verb: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// A difference between the rendered files and those in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    Missing,
    /// The file differs first in that line.
    Differs(usize),
    /// The file was rendered once, but would not be now.
    Stale,
}

/// Returns the files as one stream of documents, which a tool can apply. Examples are comments in it.
pub(crate) fn stream(files: &[RenderedFile]) -> String {
    let mut stream = String::new();
    for (n, file) in files.iter().enumerate() {
        let is_yaml = file.path.extension().is_some_and(|extension| extension == "yaml");
        if is_yaml && n > 0 {
            stream.push_str("---\n");
        }
        if !is_yaml {
            stream.extend(["# ", &file.path.to_string_lossy(), "\n"]);
        }
        for line in file.content.lines() {
            let prefix = if file.is_example && !line.starts_with('#') { "# " } else { "" };
            stream.extend([prefix, line, "\n"]);
        }
    }
    stream
}

/// Writes the files into a folder, which is created, and returns those that were there before and
/// are no longer rendered.
pub(crate) fn write(
    target: Target,
    files: &[RenderedFile],
    folder: &Path,
) -> Result<Vec<PathBuf>, OutputError> {
    for file in files {
        let path = folder.join(&file.path);
        let failed = |cause| OutputError { verb: "write", path: path.clone(), cause };
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        fs::write(&path, &file.content).map_err(failed)?;
    }
    stale(target, files, folder)
}

/// Compares the files with those in a folder.
pub(crate) fn compare(
    target: Target,
    files: &[RenderedFile],
    folder: &Path,
) -> Result<Vec<(PathBuf, Difference)>, OutputError> {
    let mut differences = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        let found = match fs::read_to_string(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Some(Difference::Missing),
            Err(cause) => return Err(OutputError { verb: "read", path, cause }),
            Ok(content) => first_difference(&file.content, &content).map(Difference::Differs),
        };
        differences.extend(found.map(|difference| (path, difference)));
    }
    let stale = stale(target, files, folder)?.into_iter();
    differences.extend(stale.map(|path| (path, Difference::Stale)));
    Ok(differences)
}

/// Returns the first line, from 1, in which two texts differ.
fn first_difference(rendered: &str, found: &str) -> Option<usize> {
    if rendered == found {
        return None;
    }
    let same = rendered.split('\n').zip(found.split('\n')).take_while(|(a, b)| a == b);
    Some(same.count() + 1)
}

/// Returns the files in a folder that were rendered once for the target, but not now.
fn stale(
    target: Target,
    files: &[RenderedFile],
    folder: &Path,
) -> Result<Vec<PathBuf>, OutputError> {
    let mark = format!("{MARK} {}`", target.as_str());
    let failed = |cause| OutputError { verb: "read", path: folder.to_owned(), cause };
    let entries = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut stale = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_rendered = files.iter().any(|file| folder.join(&file.path) == path);
        // A file that is no text was not rendered.
        let is_ours = fs::read_to_string(&path).is_ok_and(|content| content.starts_with(&mark));
        if is_ours && !is_rendered {
            stale.push(path);
        }
    }
    stale.sort();
    Ok(stale)
}
