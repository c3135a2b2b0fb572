//! Reads the files and gathers what there is to say.

use std::path::{Path, PathBuf};

use heartbeat_definition::{
    Endpoint, EndpointKind, File, Finding, Port, Role, ServiceConfiguration, ServiceDefinition,
    Severity,
};

pub(crate) struct Inspection {
    pub(crate) definition: ServiceDefinition,
    pub(crate) configuration: Option<ServiceConfiguration>,
    /// The findings of both files and of the two together.
    pub(crate) findings: Vec<Finding>,
    paths: (PathBuf, PathBuf),
}

/// What the configuration says about a setting, without its value.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Given,
    Empty,
    Missing,
    /// There is no configuration to look into.
    Unknown,
}

impl Inspection {
    pub(crate) fn of(definition: &Path, configuration: Option<&Path>) -> Result<Self, String> {
        let reading = read(definition, ServiceDefinition::read)?;
        let mut inspection = Self {
            definition: reading.model,
            configuration: None,
            findings: reading.findings,
            paths: (definition.to_owned(), configuration.unwrap_or(definition).to_owned()),
        };
        if let Some(configuration) = configuration {
            let reading = read(configuration, ServiceConfiguration::read)?;
            let service = inspection.definition.configure(&reading.model);
            inspection.findings.extend(reading.findings);
            inspection.findings.extend(service.findings);
            inspection.configuration = Some(reading.model);
        }
        Ok(inspection)
    }

    /// Whether a strict reader would accept all of it.
    pub(crate) fn is_valid(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Note)
    }

    pub(crate) fn path(&self, finding: &Finding) -> &Path {
        match finding.file {
            File::Definition => &self.paths.0,
            File::Configuration => &self.paths.1,
        }
    }

    pub(crate) fn instances(&self, role: &Role) -> Option<i32> {
        let role = self.configuration.as_ref()?.role(&role.name)?;
        role.instances.as_ref().map(|instances| instances.count)
    }

    pub(crate) fn value(&self, role: &Role, setting: &str) -> Value {
        let Some(configuration) = &self.configuration else {
            return Value::Unknown;
        };
        let role = configuration.role(&role.name);
        match role.and_then(|role| role.setting(setting)) {
            None => Value::Missing,
            Some("") => Value::Empty,
            Some(_) => Value::Given,
        }
    }
}

impl Value {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Empty => "empty",
            Self::Missing => "missing",
            Self::Unknown => "",
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
