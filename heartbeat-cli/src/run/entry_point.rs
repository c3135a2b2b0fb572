//! The program of an entry point.

use std::path::{Path, PathBuf};

use heartbeat_definition::{EntryPoint, Role};

use super::cargo::{Package, Workspace};
use super::programs::{Program, ProgramError, ProgramSource};

// === impl Program ===

impl Program {
    /// Returns the program of an entry point: a file beside the definition, a binary of cargo, or a program
    /// in `PATH`.
    pub(super) fn of_entry_point(
        role: &Role,
        entry: &EntryPoint,
        folder: &Path,
        workspace: Option<&Workspace>,
    ) -> Result<Self, ProgramError> {
        let command = match entry {
            EntryPoint::Program { command_line, .. } => command_line,
            EntryPoint::NetFx { assembly_name, .. } => {
                let assembly = assembly_name.clone();
                return Err(ProgramError::Assembly { role: role.name.clone(), assembly });
            }
        };
        let mut words = words(command).into_iter();
        let word = words.next().unwrap_or_default().replace('\\', "/");
        let stem = word.strip_suffix(".exe").unwrap_or(&word);
        let files = [&word, stem].map(|name| folder.join(name));
        let file = files.into_iter().find(|path| path.is_file()).map(ProgramSource::File);
        let binaries =
            workspace.into_iter().flat_map(|it| &it.packages).flat_map(Package::binaries);
        let binary = || {
            let name = stem.rsplit('/').next().unwrap_or(stem);
            binaries.into_iter().find(|it| it.name == name).map(ProgramSource::Binary)
        };
        let source = file.or_else(binary).or_else(|| in_path(&word).map(ProgramSource::File));
        match source {
            Some(source) => Ok(Self { source, arguments: words.collect(), guessed: false }),
            None => Err(ProgramError::NoEntryPoint {
                role: role.name.clone(),
                command: command.clone(),
                folder: folder.to_owned(),
            }),
        }
    }
}

/// Returns the program that a name without a folder means.
fn in_path(name: &str) -> Option<PathBuf> {
    let (_, path) = std::env::vars_os().find(|(variable, _)| variable == "PATH")?;
    let is_bare = !name.is_empty() && !name.contains('/');
    let mut folders = std::env::split_paths(&path).filter(|_| is_bare);
    folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file()))
}

/// Splits a command line at blanks that are not between quotation marks.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    for c in command.chars() {
        match c {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.into_iter().chain(word).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_line_is_split_at_blanks_outside_quotation_marks() {
        assert_eq!(
            words(r#"  orders.exe -v "two words" a"b c"d "" "#),
            ["orders.exe", "-v", "two words", "ab cd", ""]
        );
        assert!(words(" ").is_empty());
    }
}
