//! All that a worker is told before its endpoint is bound: by its program, its definition and its
//! variables.

use std::io::{IsTerminal, stderr, stdin};
use std::sync::Arc;
use std::time::SystemTime;

use heartbeat_definition::{EndpointUse, SelectError, ServiceDefinition};

use super::{Deadlines, FILE, Host};
use crate::Error;
use crate::endpoint::Address;
use crate::environment::{Configuration, RoleEnvironment, Surroundings, Variables};
use crate::server::{Identity, Site, Trust};
use crate::vitals::Vitals;

pub(crate) struct Prepared {
    definition: ServiceDefinition,
    identity: Arc<Identity>,
    details: Details,
    pub(crate) surroundings: Surroundings,
    pub(crate) deadlines: Deadlines,
    pub(crate) vitals: Arc<Vitals>,
}

/// Who is shown the trusted view, by `HEARTBEAT_DETAILS`.
#[derive(Clone, Copy)]
enum Details {
    Always,
    Never,
    Trusted,
}

impl<S> Host<S> {
    /// # Errors
    ///
    /// Where the definition or what overrules it is not what it has to be: one line that says
    /// which, and the way out.
    pub(crate) fn prepared(
        &self,
        variables: &Variables,
        configuration: &Configuration,
    ) -> Result<Prepared, Error> {
        let definition =
            ServiceDefinition::read(self.definition).map_err(|error| format!("{FILE}:{error}"))?;
        let report = |error: SelectError| error.report(FILE).to_string();
        let declared = definition.worker_role(self.role).map_err(report)?;
        definition
            .endpoint_for(EndpointUse::Heartbeat, declared, self.heartbeat)
            .map_err(report)?;
        if let Some(management) = self.management {
            definition
                .endpoint_for(EndpointUse::Management, declared, management)
                .map_err(report)?;
        }
        let surroundings = Surroundings::new(declared, variables, configuration)?;
        let identity = Identity {
            role: self.role,
            version: self.version,
            instance: surroundings.id().to_owned(),
            started_at: SystemTime::now(),
        };
        let deadlines = self.deadlines.overruled_by(variables)?;
        Ok(Prepared {
            identity: Arc::new(identity),
            details: Details::of(variables)?,
            surroundings,
            vitals: Arc::new(Vitals::new(deadlines.stall_after, deadlines.armed)),
            deadlines,
            definition,
        })
    }
}

impl Prepared {
    /// What is served on an endpoint at one of its addresses.
    pub(crate) fn site(&self, endpoint: &str, address: &Address) -> Site {
        Site {
            identity: Arc::clone(&self.identity),
            probe_path: self.probe_path(endpoint),
            trust: self.trust(endpoint, address),
            vitals: Arc::clone(&self.vitals),
        }
    }

    pub(crate) fn into_environment(self) -> RoleEnvironment {
        let Identity { role, version, .. } = *self.identity;
        self.surroundings.into_environment(role, version, self.vitals)
    }

    fn declared(&self, endpoint: &str) -> Option<&heartbeat_definition::Endpoint> {
        self.definition.role(self.identity.role)?.endpoint(endpoint)
    }

    /// The path of the load balancer probe that an endpoint names.
    fn probe_path(&self, endpoint: &str) -> Option<String> {
        let name = self.declared(endpoint)?.load_balancer_probe()?;
        self.definition.load_balancer_probe(name)?.path.clone()
    }

    /// Who is trusted: on a unix socket and behind an internal endpoint only this machine and the
    /// own service are. Behind a proxy or a sidecar everybody comes from this machine: that counts
    /// for a worker on somebody's terminal alone.
    fn trust(&self, endpoint: &str, address: &Address) -> Trust {
        let on_unix = matches!(address, Address::Unix(_));
        let internal =
            || self.declared(endpoint).is_some_and(heartbeat_definition::Endpoint::is_internal);
        match self.details {
            Details::Always => Trust::Everyone,
            Details::Trusted if on_unix || internal() => Trust::Everyone,
            Details::Trusted if stdin().is_terminal() && stderr().is_terminal() => Trust::Developer,
            Details::Trusted | Details::Never => Trust::Nobody,
        }
    }
}

impl Details {
    fn of(variables: &Variables) -> Result<Self, Error> {
        match variables.get("HEARTBEAT_DETAILS")?.as_deref() {
            None => Ok(Self::Trusted),
            Some("always") => Ok(Self::Always),
            Some("never") => Ok(Self::Never),
            Some(other) => {
                Err(format!("HEARTBEAT_DETAILS is `{other}`: write always or never").into())
            }
        }
    }
}
