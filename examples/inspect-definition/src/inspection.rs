//! A definition, its configuration, and the diagnostics of both.

use std::path::{Path, PathBuf};

use heartbeat_definition::{
    ConfiguredRole, ConfiguredSetting, Diagnostic, Endpoint, EndpointKind, File, Port,
    ServiceConfiguration, ServiceDefinition, Severity,
};

pub(crate) struct Inspection {
    pub(crate) definition: ServiceDefinition,
    pub(crate) configuration: Option<ServiceConfiguration>,
    /// Diagnostics of both files, and of their combination.
    pub(crate) diagnostics: Vec<Diagnostic>,
    paths: (PathBuf, PathBuf),
}

impl Inspection {
    pub(crate) fn read(definition: &Path, configuration: Option<&Path>) -> Result<Self, String> {
        let parsed = parse_file(definition, ServiceDefinition::lint)?;
        let mut inspection = Self {
            definition: parsed.model,
            configuration: None,
            diagnostics: parsed.diagnostics,
            paths: (definition.to_owned(), configuration.unwrap_or(definition).to_owned()),
        };
        if let Some(configuration) = configuration {
            let parsed = parse_file(configuration, ServiceConfiguration::lint)?;
            let combined = inspection.definition.cross_check(&parsed.model);
            inspection.diagnostics.extend(parsed.diagnostics);
            inspection.diagnostics.extend(combined);
            inspection.configuration = Some(parsed.model);
        }
        Ok(inspection)
    }

    /// Returns whether a strict reader accepts both files.
    pub(crate) fn is_valid(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Note)
    }

    pub(crate) fn path(&self, diagnostic: &Diagnostic) -> &Path {
        match diagnostic.file {
            File::Definition => &self.paths.0,
            File::Configuration => &self.paths.1,
        }
    }

    /// The roles, with their values from the configuration.
    pub(crate) fn roles(&self) -> impl Iterator<Item = ConfiguredRole<'_>> {
        let configuration = self.configuration.as_ref();
        self.definition.roles.iter().map(move |role| {
            ConfiguredRole::new(role, configuration.and_then(|c| c.role(&role.name)))
        })
    }

    /// The state of a setting in the configuration, without its value; empty without a
    /// configuration.
    pub(crate) fn value_state(&self, setting: &ConfiguredSetting<'_>) -> &'static str {
        match setting.value {
            _ if self.configuration.is_none() => "",
            None => "missing",
            Some("") => "empty",
            Some(_) => "given",
        }
    }
}

fn parse_file<T, E: std::fmt::Display>(
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

/// The public ports, as text.
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

/// The port that an instance listens on, as text.
pub(crate) fn local_port(endpoint: &Endpoint) -> String {
    match endpoint.local_port() {
        Some(Port::Fixed(port)) => port.to_string(),
        Some(Port::Any) => "*".into(),
        None => "?".into(),
    }
}
