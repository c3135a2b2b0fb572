//! Reads the files and gathers what there is to say.

use std::path::{Path, PathBuf};

use heartbeat_definition::{
    ConfiguredRole, ConfiguredSetting, Diagnostic, Endpoint, EndpointKind, File, Port,
    ServiceConfiguration, ServiceDefinition, Severity,
};

pub(crate) struct Inspection {
    pub(crate) definition: ServiceDefinition,
    pub(crate) configuration: Option<ServiceConfiguration>,
    /// The diagnostics of both files and of the two together.
    pub(crate) diagnostics: Vec<Diagnostic>,
    paths: (PathBuf, PathBuf),
}

impl Inspection {
    pub(crate) fn of(definition: &Path, configuration: Option<&Path>) -> Result<Self, String> {
        let parsed = read(definition, ServiceDefinition::lint)?;
        let mut inspection = Self {
            definition: parsed.model,
            configuration: None,
            diagnostics: parsed.diagnostics,
            paths: (definition.to_owned(), configuration.unwrap_or(definition).to_owned()),
        };
        if let Some(configuration) = configuration {
            let parsed = read(configuration, ServiceConfiguration::lint)?;
            let across = inspection.definition.cross_check(&parsed.model);
            inspection.diagnostics.extend(parsed.diagnostics);
            inspection.diagnostics.extend(across);
            inspection.configuration = Some(parsed.model);
        }
        Ok(inspection)
    }

    /// Returns whether a strict reader would accept all of it.
    pub(crate) fn is_valid(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Note)
    }

    pub(crate) fn path(&self, diagnostic: &Diagnostic) -> &Path {
        match diagnostic.file {
            File::Definition => &self.paths.0,
            File::Configuration => &self.paths.1,
        }
    }

    /// The roles, with what the configuration gives them.
    pub(crate) fn roles(&self) -> impl Iterator<Item = ConfiguredRole<'_>> {
        let configuration = self.configuration.as_ref();
        self.definition.roles.iter().map(move |role| {
            ConfiguredRole::new(role, configuration.and_then(|c| c.role(&role.name)))
        })
    }

    /// Describes the configured value of a setting without showing it; empty if there is no
    /// configuration.
    pub(crate) fn value(&self, setting: &ConfiguredSetting<'_>) -> &'static str {
        match setting.value {
            _ if self.configuration.is_none() => "",
            None => "missing",
            Some("") => "empty",
            Some(_) => "given",
        }
    }
}

fn read<T, E: std::fmt::Display>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, E>,
) -> Result<T, String> {
    let place = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {place}: {error}"))?;
    parse(&bytes).map_err(|error| format!("{place}:{error}"))
}

pub(crate) fn kind(endpoint: &Endpoint) -> &'static str {
    match endpoint.kind {
        EndpointKind::Input(_) => "input",
        EndpointKind::Internal(_) => "internal",
        EndpointKind::InstanceInput(_) => "instance input",
    }
}

/// The public port or ports, for a person.
pub(crate) fn public_ports(endpoint: &Endpoint) -> String {
    match &endpoint.kind {
        EndpointKind::Input(input) => input.port.map_or("?".into(), |port| port.to_string()),
        EndpointKind::Internal(_) => String::new(),
        EndpointKind::InstanceInput(instance) => {
            let ranges = instance.public_ports.iter();
            let ranges: Vec<_> = ranges.map(|r| format!("{}-{}", r.min, r.max)).collect();
            ranges.join(", ")
        }
    }
}

/// The port that an instance listens on, for a person.
pub(crate) fn local_port(endpoint: &Endpoint) -> String {
    match endpoint.local_port() {
        Some(Port::Fixed(port)) => port.to_string(),
        Some(Port::Any) => "*".into(),
        None => "?".into(),
    }
}
