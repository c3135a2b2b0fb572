//! Selection of the endpoints that a program serves.

use super::{Declaration, SelectError, UnknownEndpoint};
use crate::{Endpoint, EndpointKind, Protocol, Role, ServiceDefinition, suggest};

/// The use that a program makes of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointUse {
    /// Serves health: `http`, `https`, `tcp`, or an internal endpoint of protocol `any`.
    Heartbeat,
    /// Serves the details: an internal endpoint of protocol `http`, `tcp` or `any`.
    Management,
    /// Serves what the worker itself offers, over TCP: `http`, `https`, `tcp`, or an internal
    /// endpoint of protocol `any`.
    Worker,
}

/// A reason why an endpoint cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointFault {
    /// It is public, but `management` is for the inside.
    NotInternal,
    /// Its protocol is `udp`.
    Udp,
    /// Its protocol is missing, unknown, or none of its kind of endpoint.
    NoProtocol,
    /// Its port is missing or invalid.
    NoPort,
}

impl ServiceDefinition {
    /// Selects the endpoint of that name in a role of this definition.
    ///
    /// # Errors
    ///
    /// The role declares no such endpoint, or the endpoint cannot have that use.
    pub fn endpoint_for<'a>(
        &self,
        usage: EndpointUse,
        role: &'a Role,
        name: &str,
    ) -> Result<&'a Endpoint, SelectError> {
        let Some(endpoint) = role.endpoint(name) else {
            return Err(self.unknown_endpoint(usage, role, name));
        };
        match usage.fault_of(endpoint) {
            None => Ok(endpoint),
            Some(fault) => Err(SelectError::UnusableEndpoint {
                endpoint: Declaration::new(name, endpoint.position),
                role: role.name.clone(),
                element: element(endpoint),
                fault,
            }),
        }
    }

    fn unknown_endpoint(&self, usage: EndpointUse, role: &Role, name: &str) -> SelectError {
        let candidates = role.endpoints.iter().filter(|endpoint| usage.has_kind(endpoint));
        let declared: Vec<_> = candidates.map(|endpoint| endpoint.name.clone()).collect();
        let near = suggest(name, declared.iter().map(String::as_str));
        let near = near.and_then(|near| role.endpoint(near));
        let elsewhere = self.roles.iter().find_map(|other| Some((other, other.endpoint(name)?)));
        SelectError::UnknownEndpoint(Box::new(UnknownEndpoint {
            name: name.to_owned(),
            usage,
            role: Declaration::new(&role.name, role.position),
            role_has_endpoints: !role.endpoints.is_empty(),
            suggestion: near.map(|near| Declaration::new(&near.name, near.position)),
            elsewhere: elsewhere.map(|(other, endpoint)| {
                (other.kind, Declaration::new(&other.name, endpoint.position))
            }),
            declared,
        }))
    }
}

impl EndpointUse {
    /// Returns whether an endpoint is of a kind that can have this use.
    fn has_kind(self, endpoint: &Endpoint) -> bool {
        self != Self::Management || endpoint.is_internal()
    }

    fn fault_of(self, endpoint: &Endpoint) -> Option<EndpointFault> {
        if !self.has_kind(endpoint) {
            return Some(EndpointFault::NotInternal);
        }
        match endpoint.protocol {
            Protocol::Udp => Some(EndpointFault::Udp),
            Protocol::Any if !endpoint.is_internal() => Some(EndpointFault::NoProtocol),
            _ if endpoint.local_port().is_none() => Some(EndpointFault::NoPort),
            _ => None,
        }
    }
}

/// Returns the name of the element that declares an endpoint.
fn element(endpoint: &Endpoint) -> &'static str {
    match endpoint.kind {
        EndpointKind::Input(_) => "InputEndpoint",
        EndpointKind::Internal(_) => "InternalEndpoint",
        EndpointKind::InstanceInput(_) => "InstanceInputEndpoint",
    }
}
