//! The plain part of a start: reads the definition and resolves the configuration.

use std::io::{IsTerminal, stderr, stdin};
use std::sync::Arc;
use std::time::SystemTime;

use heartbeat_definition::{EndpointUse, SelectError, ServiceDefinition};

use super::builder::{Bound, Host};
use crate::config::{Configuration, DetailsPolicy, EnvVars, InstanceConfig};
use crate::endpoint::{Address, Endpoint};
use crate::environment::RoleEnvironment;
use crate::error::Error;
use crate::server::{DetailAccess, HealthState, InstanceInfo};
use crate::vitals::Vitals;

/// The name of the embedded definition in errors.
const DEFINITION_FILE: &str = "ServiceDefinition.csdef";

/// An instance before its endpoints are bound.
pub(crate) struct Prepared {
    pub(crate) config: InstanceConfig,
    pub(crate) vitals: Arc<Vitals>,
    info: Arc<InstanceInfo>,
}

impl<S> Host<S, Bound> {
    /// Reads the definition and resolves the configuration.
    ///
    /// # Errors
    ///
    /// The definition, variables or the configuration are invalid; one line says which, and the way
    /// out.
    pub(crate) fn prepare(
        &self,
        variables: &EnvVars,
        configuration: Result<Configuration, Error>,
    ) -> Result<Prepared, Error> {
        let Bound { definition, heartbeat } = self.binding;
        let definition = read_definition(definition)?;
        let role = definition.worker_role(self.role).map_err(|error| report(&error))?;
        definition
            .endpoint_for(EndpointUse::Heartbeat, role, heartbeat)
            .map_err(|error| report(&error))?;
        if let Some(management) = self.management {
            definition
                .endpoint_for(EndpointUse::Management, role, management)
                .map_err(|error| report(&error))?;
        }
        let declared = (&definition, role);
        let config = InstanceConfig::new(declared, self.deadlines, variables, configuration)?;
        let info = InstanceInfo {
            role: self.role,
            version: self.version,
            instance: config.id.clone(),
            started_at: SystemTime::now(),
        };
        let vitals = Vitals::new(config.deadlines.stall_after, config.deadlines.armed);
        Ok(Prepared { config, vitals: Arc::new(vitals), info: Arc::new(info) })
    }
}

pub(super) fn read_definition(definition: &[u8]) -> Result<ServiceDefinition, Error> {
    ServiceDefinition::read(definition).map_err(|error| format!("{DEFINITION_FILE}:{error}").into())
}

/// Words a selection error on one line.
pub(super) fn report(error: &SelectError) -> Error {
    error.report(DEFINITION_FILE).to_string().into()
}

impl Prepared {
    /// Returns the health that an endpoint serves at one of its addresses.
    pub(crate) fn health_state(&self, endpoint: &Endpoint, address: &Address) -> HealthState {
        HealthState {
            info: Arc::clone(&self.info),
            probe_path: endpoint.probe_path().map(str::to_owned),
            access: self.access(endpoint, address),
            vitals: Arc::clone(&self.vitals),
        }
    }

    pub(crate) fn into_environment(self) -> RoleEnvironment {
        let InstanceInfo { role, version, .. } = *self.info;
        RoleEnvironment::new(role, version, self.config, self.vitals)
    }

    /// Decides who may see the details at an address. Only this machine reaches a unix socket, and
    /// only the own service an internal endpoint. A loopback peer is trusted only by a worker on a
    /// terminal: behind a proxy or a sidecar every client is one.
    fn access(&self, endpoint: &Endpoint, address: &Address) -> DetailAccess {
        let is_private = endpoint.is_internal() || matches!(address, Address::Unix(_));
        match self.config.details {
            DetailsPolicy::Always => DetailAccess::Everyone,
            DetailsPolicy::Trusted if is_private => DetailAccess::Everyone,
            DetailsPolicy::Trusted if stdin().is_terminal() && stderr().is_terminal() => {
                DetailAccess::LoopbackOnly
            }
            DetailsPolicy::Trusted | DetailsPolicy::Never => DetailAccess::Nobody,
        }
    }
}
