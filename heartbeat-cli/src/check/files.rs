//! The files that the arguments name.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::project::{nearest_definition, read_file};

/// Extensions of the files that a folder stands for.
const EXTENSIONS: [&str; 3] = ["csdef", "cscfg", "csplugin"];
const NO_FILE: &str = "there is no such file";
const NONE_INSIDE: &str = "no .csdef, .cscfg or .csplugin is in it";

/// Returns the files that the arguments name: paths, folders, and patterns, each file once. Without
/// arguments it is the nearest definition.
pub(super) fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        let found = match_argument(argument)?;
        if found.is_empty() {
            let is_folder = argument.is_dir();
            return Err(refused(argument, if is_folder { NONE_INSIDE } else { NO_FILE }));
        }
        files.extend(found);
    }
    if arguments.is_empty() {
        files.push(from_here(&nearest_definition()?));
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// Returns the files of an extension in a folder, in the order of their names.
pub(super) fn beside(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) =
        std::fs::read_dir(if folder == Path::new("") { Path::new(".") } else { folder })
    else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| PathBuf::from(entry.file_name()));
    let mut names: Vec<_> = names
        .filter(|name| name.extension().is_some_and(|it| it.eq_ignore_ascii_case(extension)))
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .collect();
    names.sort();
    names
}

/// Reads a file, or a pipe.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_file(path)
        .map_err(|cause| Failure::configuration(format!("cannot read {}: {cause}", path.display())))
}

/// Returns the path of a file in the working directory, or in a folder above it, as one would type it.
fn from_here(path: &Path) -> PathBuf {
    let Ok(here) = std::env::current_dir() else { return path.to_owned() };
    let folders = here.ancestors().enumerate();
    let mut relative = folders.filter_map(|(up, folder)| {
        let inside = path.strip_prefix(folder).ok()?;
        Some(std::iter::repeat_n(Path::new(".."), up).collect::<PathBuf>().join(inside))
    });
    relative.next().unwrap_or_else(|| path.to_owned())
}

fn refused(argument: &Path, reason: impl Display) -> Failure {
    Failure::configuration(format!("cannot check {}: {reason}", argument.display()))
}

fn match_argument(argument: &Path) -> Result<Vec<PathBuf>, Failure> {
    let exists = argument.try_exists().map_err(|cause| refused(argument, cause))?;
    if argument.is_dir() {
        // One that cannot be read is not empty.
        std::fs::read_dir(argument).map_err(|cause| refused(argument, cause))?;
        return Ok(EXTENSIONS.iter().flat_map(|extension| beside(argument, extension)).collect());
    }
    let pattern = argument.to_str().filter(|pattern| pattern.contains(['*', '?', '[']));
    match pattern {
        // A file may have such a name.
        Some(pattern) if !exists => {
            let matches = glob::glob(pattern).map_err(|cause| {
                Failure::usage(format!("the pattern `{pattern}` is wrong: {cause}"))
            })?;
            Ok(matches.flatten().filter(|path| path.is_file()).collect())
        }
        _ => Ok(Vec::from_iter(exists.then(|| argument.to_owned()))),
    }
}
