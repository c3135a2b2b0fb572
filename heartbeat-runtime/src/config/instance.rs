//! The configuration of an instance: plain data, made before its endpoints are bound.

use heartbeat_definition::{ConfiguredRole, Role, ServiceDefinition};

use super::deadlines::Deadlines;
use super::details::DetailsPolicy;
use super::endpoints;
use super::env_vars::EnvVars;
use super::errors::ConfigErrors;
use super::instances::Instances;
use super::local_resources::LocalResources;
use super::service_configuration::Configuration;
use super::settings::Settings;
use super::unknown_variables::unknown_variables;
use crate::endpoint::{Endpoint, SocketActivation};
use crate::error::Error;

/// The configuration of an instance.
pub(crate) struct InstanceConfig {
    /// The embedded definition, and the name of the role in it.
    pub(crate) definition: &'static [u8],
    pub(crate) role: &'static str,
    pub(crate) id: String,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) instances: Instances,
    pub(crate) settings: Settings,
    pub(crate) local_resources: LocalResources,
    pub(crate) deadlines: Deadlines,
    pub(crate) details: DetailsPolicy,
    /// Probable mistakes that do not prevent the start.
    pub(crate) warnings: Vec<String>,
}

impl InstanceConfig {
    /// Resolves everything that a role declares from the variables and the service configuration.
    ///
    /// # Errors
    ///
    /// Variables are invalid, the configuration cannot be read, or settings have no value; one line
    /// says of all of them what to set.
    pub(crate) fn new(
        (file, definition): (&'static [u8], &ServiceDefinition),
        (name, role): (&'static str, &Role),
        deadlines: Deadlines,
        variables: &EnvVars,
        configuration: Result<Configuration, Error>,
        sockets: &SocketActivation,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let configuration = errors.keep(configuration);
        let given = configuration.as_ref().and_then(|given| given.role(&role.name));
        let configured = ConfiguredRole::new(role, given);

        let id = errors.keep(instance_id(variables));
        let endpoints = errors.keep(endpoints::resolve(definition, role, variables, sockets));
        let instances = errors.keep(Instances::new(definition, variables));
        let settings = Settings::new(definition, &configured, variables, configuration.as_ref());
        let settings = errors.keep(settings);
        let deadlines = errors.keep(deadlines.with_env_overrides(variables));
        let details = errors.keep(DetailsPolicy::from_env(variables));
        let unknown = unknown_variables(definition, &configured, variables);
        let build = || {
            let (id, deadlines) = (id?, deadlines?);
            Some(Self {
                definition: file,
                role: name,
                endpoints: endpoints?,
                instances: instances?,
                settings: settings?,
                local_resources: LocalResources::new(role, &id, variables),
                deadlines,
                details: details?,
                id,
                warnings: unknown.iter().cloned().chain(deadlines.warning()).collect(),
            })
        };
        errors.into_result(build()).map_err(|mut errors| {
            // A misspelt variable is probably the reason for a missing value.
            errors.extend(unknown);
            errors
        })
    }

    /// Returns the endpoint of exactly that name.
    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name() == name)
    }
}

pub(super) fn instance_id(variables: &EnvVars) -> Result<String, Error> {
    if let Some(id) = variables.get("HEARTBEAT_INSTANCE_ID")? {
        return Ok(id);
    }
    let name = hostname::get().map_err(|error| {
        format!("cannot read the host name: {error}: set HEARTBEAT_INSTANCE_ID")
    })?;
    Ok(name.to_string_lossy().into_owned())
}
