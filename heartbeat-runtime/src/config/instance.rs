//! The configuration of an instance: plain data, made before its endpoints are bound.

use heartbeat_definition::{Role, ServiceDefinition};

use super::deadlines::Deadlines;
use super::details::DetailsPolicy;
use super::endpoints;
use super::env_vars::EnvVars;
use super::local_resources::LocalResources;
use super::service_configuration::Configuration;
use super::settings::Settings;
use crate::endpoint::{Endpoint, SocketActivation};
use crate::error::Error;

/// The configuration of an instance.
pub(crate) struct InstanceConfig {
    /// The embedded definition, and the name of the role in it.
    pub(crate) definition: &'static [u8],
    pub(crate) role: &'static str,
    pub(crate) id: String,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) settings: Settings,
    pub(crate) local_resources: LocalResources,
    pub(crate) deadlines: Deadlines,
    pub(crate) details: DetailsPolicy,
}

impl InstanceConfig {
    /// Resolves everything that a role declares from the variables and the service configuration.
    ///
    /// # Errors
    ///
    /// A variable is invalid, or a setting has no value; one line says what to set.
    pub(crate) fn new(
        (file, definition): (&'static [u8], &ServiceDefinition),
        (name, role): (&'static str, &Role),
        deadlines: Deadlines,
        variables: &EnvVars,
        configuration: &Configuration,
        sockets: &SocketActivation,
    ) -> Result<Self, Error> {
        let id = variables.get("HEARTBEAT_INSTANCE_ID")?.map_or_else(host_name, Ok)?;
        Ok(Self {
            definition: file,
            role: name,
            endpoints: endpoints::resolve(definition, role, variables, sockets)?,
            settings: Settings::new(role, variables, configuration)?,
            local_resources: LocalResources::new(role, &id, variables),
            deadlines: deadlines.with_env_overrides(variables)?,
            details: DetailsPolicy::from_env(variables)?,
            id,
        })
    }

    /// Returns the endpoint of exactly that name.
    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name() == name)
    }
}

fn host_name() -> Result<String, Error> {
    let name = hostname::get().map_err(|error| {
        format!("cannot read the host name: {error}: set HEARTBEAT_INSTANCE_ID")
    })?;
    Ok(name.to_string_lossy().into_owned())
}
