//! The check of files, each alone and a configuration against its definition.

use std::path::{Path, PathBuf};

use heartbeat_definition::{
    Diagnostic, File, FileKind, Parsed, ReadError, RoleModule, ServiceConfiguration,
    ServiceDefinition, Severity, source_text,
};

use super::files;
use super::finding::Finding;
use super::source::Source;
use crate::failure::Failure;

/// A file, and everything that was found in it.
#[derive(Debug)]
pub(super) struct CheckedFile {
    pub(super) source: Source,
    /// In the order of the lines.
    pub(super) findings: Vec<Finding>,
    kind: FileKind,
    pub(super) model: Model,
}

/// The content of a file, as far as files are checked against each other.
#[derive(Debug)]
pub(super) enum Model {
    Definition(Box<ServiceDefinition>),
    Configuration(Box<ServiceConfiguration>),
    Other,
}

/// Checks files. Definitions without any configuration bring those beside them, configurations without
/// any definition theirs. `further` finds more in all of them, with the indices of
/// the files.
pub(super) fn check(
    paths: Vec<PathBuf>,
    further: impl FnOnce(&[CheckedFile]) -> Result<Vec<(usize, Finding)>, Failure>,
) -> Result<Vec<CheckedFile>, Failure> {
    let mut checked =
        paths.into_iter().map(CheckedFile::read).collect::<Result<Vec<_>, Failure>>()?;
    for path in missing(&checked) {
        checked.push(CheckedFile::read(path)?);
    }
    let mut found = cross_check(&checked);
    found.extend(further(&checked)?);
    for (file, finding) in found {
        if let Some(file) = checked.get_mut(file) {
            file.findings.push(finding);
        }
    }
    for file in &mut checked {
        file.findings.sort_by_key(|finding| finding.position);
        // Two configurations may miss the same in one definition.
        file.findings.dedup();
    }
    Ok(checked)
}

/// Checks files, each alone, for errors.
#[cfg(unix)]
pub(super) fn errors(paths: Vec<PathBuf>) -> Result<Vec<CheckedFile>, Failure> {
    let mut checked =
        paths.into_iter().map(CheckedFile::read).collect::<Result<Vec<_>, Failure>>()?;
    for file in &mut checked {
        file.findings.retain(|finding| finding.severity == Severity::Error);
    }
    Ok(checked)
}

// === impl CheckedFile ===

impl CheckedFile {
    /// Reads a file and checks it alone.
    fn read(path: PathBuf) -> Result<Self, Failure> {
        let bytes = files::read(&path)?;
        let text = source_text(&bytes).into_owned();
        let kind = FileKind::detect(&text).unwrap_or_else(|| kind_by_name(&path));
        let source = Source::new(path, text);
        let (model, findings) = match kind {
            FileKind::Definition => judge(&source, ServiceDefinition::lint(&bytes), |model| {
                Model::Definition(Box::new(model))
            }),
            FileKind::Configuration => {
                judge(&source, ServiceConfiguration::lint(&bytes), |model| {
                    Model::Configuration(Box::new(model))
                })
            }
            FileKind::RoleModule => judge(&source, RoleModule::lint(&bytes), |_| Model::Other),
        };
        Ok(Self { source, findings, kind, model })
    }

    pub(super) fn folder(&self) -> &Path {
        self.source.path.parent().unwrap_or(Path::new(""))
    }
}

/// Returns the model and the findings of a parsed file; one that cannot be read is a finding too.
fn judge<T>(
    source: &Source,
    parsed: Result<Parsed<T>, ReadError>,
    model: impl FnOnce(T) -> Model,
) -> (Model, Vec<Finding>) {
    match parsed {
        Ok(parsed) => {
            let findings = parsed.diagnostics.into_iter().map(Finding::from);
            (model(parsed.model), findings.collect())
        }
        Err(error) => {
            let message = source.hide_secrets(error.message(), error.position());
            (Model::Other, vec![Finding::unreadable(error.position(), message)])
        }
    }
}

/// Returns the files of the other kind beside those that were given.
fn missing(checked: &[CheckedFile]) -> Vec<PathBuf> {
    let has = |kind| checked.iter().any(|file| file.kind == kind);
    let extension = match (has(FileKind::Definition), has(FileKind::Configuration)) {
        (true, false) => "cscfg",
        (false, true) => "csdef",
        _ => return Vec::new(),
    };
    let mut folders: Vec<_> = checked.iter().map(CheckedFile::folder).collect();
    folders.sort_unstable();
    folders.dedup();
    folders.into_iter().flat_map(|folder| files::beside(folder, extension)).collect()
}

/// Checks each configuration against its definitions. Returns findings with the indices of their files.
fn cross_check(checked: &[CheckedFile]) -> Vec<(usize, Finding)> {
    let mut found = Vec::new();
    for (configured, file) in checked.iter().enumerate() {
        let Model::Configuration(configuration) = &file.model else { continue };
        for (defined, definition) in definitions_of(file, configuration, checked) {
            let index = |diagnostic: &Diagnostic| match diagnostic.file {
                File::Definition => defined,
                File::Configuration => configured,
            };
            let diagnostics = definition.cross_check(configuration).into_iter();
            found.extend(diagnostics.map(|it| (index(&it), Finding::from(it))));
        }
    }
    found
}

/// Returns the definitions that a configuration is for, with their indices: the only one; else those in
/// its folder and, of several, those of its name.
pub(super) fn definitions_of<'a>(
    file: &CheckedFile,
    configuration: &ServiceConfiguration,
    checked: &'a [CheckedFile],
) -> Vec<(usize, &'a ServiceDefinition)> {
    let files = checked.iter().enumerate();
    let mut definitions: Vec<_> = files
        .filter_map(|(index, other)| match &other.model {
            Model::Definition(definition) => Some((index, other.folder(), &**definition)),
            _ => None,
        })
        .collect();
    if definitions.len() > 1 {
        definitions.retain(|(_, folder, _)| *folder == file.folder());
    }
    if definitions.len() > 1 {
        definitions.retain(|(_, _, definition)| definition.name == configuration.service_name);
    }
    definitions.into_iter().map(|(index, _, definition)| (index, definition)).collect()
}

/// Returns the kind that a file's extension promises.
fn kind_by_name(path: &Path) -> FileKind {
    let is = |extension| path.extension().is_some_and(|it| it.eq_ignore_ascii_case(extension));
    if is("cscfg") {
        FileKind::Configuration
    } else if is("csplugin") {
        FileKind::RoleModule
    } else {
        FileKind::Definition
    }
}
