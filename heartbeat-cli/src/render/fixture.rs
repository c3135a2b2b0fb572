//! Services for tests, without files.

use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};

use super::deployment::DeploymentFile;
use super::service::Service;

/// A service with one role, `Front`.
pub(super) struct Fixture {
    definition: ServiceDefinition,
    configuration: ServiceConfiguration,
    file: DeploymentFile,
}

impl Fixture {
    /// Makes a service from the content of the role's element, of its element in the configuration, and
    /// of `heartbeat.toml`.
    pub(super) fn new(role: &str, configured: &str, keys: &str) -> Self {
        Self::of_roles(
            &format!(r#"<WorkerRole name="Front">{role}</WorkerRole>"#),
            configured,
            keys,
        )
    }

    /// Makes a service from the elements of its roles and rules.
    pub(super) fn of_roles(roles: &str, configured: &str, keys: &str) -> Self {
        let definition = format!(r#"<ServiceDefinition name="Shop">{roles}</ServiceDefinition>"#);
        let configuration = format!(
            r#"<ServiceConfiguration serviceName="Shop"><Role name="Front">{configured}</Role></ServiceConfiguration>"#
        );
        Self {
            definition: ServiceDefinition::read(definition.as_bytes()).unwrap(),
            configuration: ServiceConfiguration::read(configuration.as_bytes()).unwrap(),
            file: DeploymentFile::of_text(keys).unwrap(),
        }
    }

    pub(super) fn service(&self) -> Service<'_> {
        Service::new(&self.definition, Some(&self.configuration), &self.file).unwrap()
    }
}
