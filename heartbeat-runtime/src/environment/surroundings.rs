//! The configuration of an instance: plain data, made before its endpoints are bound.

use std::sync::Arc;

use heartbeat_definition::Role;

use super::local_resources::LocalResources;
use super::service_configuration::Configuration;
use super::settings::Settings;
use super::{Instance, RoleEnvironment, Variables, addresses};
use crate::Error;
use crate::endpoint::{Address, Endpoint};
use crate::vitals::{Heartbeat, Vitals};

/// The configuration of an instance.
pub(crate) struct Surroundings {
    id: String,
    endpoints: Vec<Endpoint>,
    settings: Settings,
    local_resources: LocalResources,
}

impl Surroundings {
    /// Resolves everything that the role declares from the variables and the service configuration.
    ///
    /// # Errors
    ///
    /// A variable is invalid, or a setting has no value; one line says what to set.
    pub(crate) fn new(
        role: &Role,
        variables: &Variables,
        configuration: &Configuration,
    ) -> Result<Self, Error> {
        let id = variables.get("HEARTBEAT_INSTANCE_ID")?.map_or_else(host_name, Ok)?;
        Ok(Self {
            endpoints: addresses::of(role, variables)?,
            settings: Settings::new(role, variables, configuration)?,
            local_resources: LocalResources::of(role, &id, variables),
            id,
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn endpoint(&self, name: &str) -> Result<&Endpoint, Error> {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.name() == name);
        endpoint.ok_or_else(|| format!("the role declares no endpoint `{name}`").into())
    }

    #[cfg(feature = "test-util")]
    pub(crate) fn endpoints_mut(&mut self) -> &mut [Endpoint] {
        &mut self.endpoints
    }

    /// Records the bound address of an endpoint, perhaps with a port that the system chose.
    pub(crate) fn is_bound(&mut self, name: &str, address: &Address) {
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.name() == name) {
            endpoint.is_at(address.clone());
        }
    }

    pub(crate) fn into_environment(
        self,
        name: &'static str,
        version: &'static str,
        vitals: Arc<Vitals>,
    ) -> RoleEnvironment {
        let Self { id, endpoints, settings, local_resources } = self;
        let run = Heartbeat::of_run(&vitals);
        let instance =
            Instance { name, version, id, endpoints, settings, local_resources, run, vitals };
        RoleEnvironment { instance: Arc::new(instance) }
    }
}

fn host_name() -> Result<String, Error> {
    let name = hostname::get().map_err(|error| {
        format!("cannot read the host name: {error}: set HEARTBEAT_INSTANCE_ID")
    })?;
    Ok(name.to_string_lossy().into_owned())
}
