//! A service: its definition, and the configuration that goes with it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use heartbeat_definition::{ConfiguredRole, ReadError, ServiceConfiguration, ServiceDefinition};

use crate::failure::Failure;

const DEFINITION: &str = "ServiceDefinition.csdef";
/// Maximum length of a file that is read, in bytes; only the first MiB is of use.
const MAX_BYTES: u64 = 64 << 20;

/// The use of a configuration, which decides between several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// This machine: `ServiceConfiguration.Local.cscfg` is preferred.
    Local,
    /// Elsewhere: `ServiceConfiguration.Cloud.cscfg` is preferred.
    Cloud,
}

/// A service definition and its configuration, as read.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) definition_path: PathBuf,
    pub(crate) definition: ServiceDefinition,
    pub(crate) configuration_path: Option<PathBuf>,
    pub(crate) configuration: Option<ServiceConfiguration>,
}

/// The error of a service that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error(
        "no {DEFINITION} in {} or above it: name the file, go to its folder, or make a worker with `heartbeat new`",
        .0.display()
    )]
    NoDefinition(PathBuf),
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot read {}:{cause}", path.display())]
    Parse { path: PathBuf, cause: ReadError },
}

// === impl Place ===

impl Place {
    /// Returns the names of a configuration beside its definition, the preferred one first.
    fn configurations(self) -> [&'static str; 2] {
        let own = match self {
            Self::Local => "ServiceConfiguration.Local.cscfg",
            Self::Cloud => "ServiceConfiguration.Cloud.cscfg",
        };
        [own, "ServiceConfiguration.cscfg"]
    }
}

// === impl Project ===

impl Project {
    /// Returns the arguments that name the files.
    pub(crate) fn arguments() -> [Arg; 2] {
        let file = |name, short, help| {
            Arg::new(name)
                .long(name)
                .short(short)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(help)
        };
        [
            file(
                "definition",
                'd',
                "The service definition; the nearest ServiceDefinition.csdef by default",
            ),
            file(
                "configuration",
                'c',
                "Its configuration; a ServiceConfiguration*.cscfg beside it by default",
            ),
        ]
    }

    /// Opens the service that the arguments name, else the nearest one.
    pub(crate) fn from_arguments(matches: &ArgMatches, place: Place) -> Result<Self, ProjectError> {
        let path = |name| matches.get_one::<PathBuf>(name).map(PathBuf::as_path);
        Self::open(path("definition"), path("configuration"), place)
    }

    /// Returns the definition that the arguments name, else the nearest one, without reading it.
    pub(crate) fn locate(matches: &ArgMatches) -> Result<PathBuf, ProjectError> {
        matches.get_one::<PathBuf>("definition").cloned().map_or_else(nearest_definition, Ok)
    }

    /// Opens a service. Without a definition it is the nearest one, from the working directory up;
    /// without a configuration it is the one beside the definition, if there is one.
    pub(crate) fn open(
        definition: Option<&Path>,
        configuration: Option<&Path>,
        place: Place,
    ) -> Result<Self, ProjectError> {
        let definition_path = match definition {
            Some(path) => path.to_owned(),
            None => nearest_definition()?,
        };
        let beside = definition_path.parent().unwrap_or(Path::new(""));
        let mut candidates = place.configurations().map(|name| beside.join(name)).into_iter();
        let configuration_path = match configuration {
            Some(path) => Some(path.to_owned()),
            None => candidates.find(|path| path.is_file()),
        };
        let configuration = match &configuration_path {
            Some(path) => Some(read(path, ServiceConfiguration::read)?),
            None => None,
        };
        let definition = read(&definition_path, ServiceDefinition::read)?;
        Ok(Self { definition_path, definition, configuration_path, configuration })
    }

    /// Returns the folder of the definition.
    pub(crate) fn folder(&self) -> &Path {
        match self.definition_path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    /// Returns the roles with their part of the configuration, in the order of the definition.
    pub(crate) fn roles(&self) -> Vec<ConfiguredRole<'_>> {
        let configuration = self.configuration.as_ref();
        let roles = self.definition.roles.iter();
        let configured = roles
            .map(|role| ConfiguredRole::new(role, configuration.and_then(|c| c.role(&role.name))));
        configured.collect()
    }
}

// === impl ProjectError ===

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        Self::configuration(error)
    }
}

/// Returns the definition in the working directory or the nearest folder above it.
pub(crate) fn nearest_definition() -> Result<PathBuf, ProjectError> {
    let folder = std::env::current_dir()
        .map_err(|cause| ProjectError::Read { path: PathBuf::from("."), cause })?;
    let found = folder.ancestors().map(|folder| folder.join(DEFINITION)).find(|p| p.is_file());
    found.ok_or(ProjectError::NoDefinition(folder))
}

/// Reads a file, or a pipe, which may have no end.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads and parses a file.
fn read<T>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, ReadError>,
) -> Result<T, ProjectError> {
    let bytes =
        read_file(path).map_err(|cause| ProjectError::Read { path: path.to_owned(), cause })?;
    parse(&bytes).map_err(|cause| ProjectError::Parse { path: path.to_owned(), cause })
}
