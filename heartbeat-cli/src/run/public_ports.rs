//! The ports on which a service is reached from outside.

use heartbeat_definition::{Endpoint, EndpointKind, Protocol};

use super::plan::{Plan, PlanError, RolePlan, instance_id};

/// A port on which the service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicPort {
    pub(super) role: String,
    pub(super) endpoint: String,
    /// The instance, where each has a port of its own.
    pub(super) instance: Option<u32>,
    pub(super) port: u16,
}

// === impl PublicPort ===

impl PublicPort {
    fn moved(self, offset: u16) -> Result<Self, PlanError> {
        match self.port.checked_add(offset) {
            Some(port) => Ok(Self { port, ..self }),
            None => Err(PlanError::Offset { endpoint: self.endpoint, port: self.port, offset }),
        }
    }
}

// === impl Plan ===

impl Plan {
    /// Returns the ports on which the service is reached, moved by an offset.
    pub(super) fn public_ports(&self, offset: u16) -> Result<Vec<PublicPort>, PlanError> {
        let endpoints = self
            .roles
            .iter()
            .flat_map(|it| it.role.endpoints.iter().map(move |endpoint| (it, endpoint)));
        let endpoints = endpoints.filter(|(role, _)| role.instances > 0);
        let ports = endpoints.flat_map(|(role, endpoint)| public_ports(role, endpoint));
        ports.map(|port| port.moved(offset)).collect()
    }

    /// Returns where the service is reached, in words.
    pub(super) fn entrances(&self, public: &[PublicPort]) -> Vec<String> {
        let entrance = |it: &PublicPort| {
            let endpoint = self.role(&it.role)?.role.endpoint(&it.endpoint)?;
            let scheme = match endpoint.protocol {
                Protocol::Http => "http://",
                Protocol::Https => "https://",
                _ => "",
            };
            let of = it.instance.map_or(it.role.clone(), |number| instance_id(&it.role, number));
            Some(format!("endpoint {} of {of} is on {scheme}localhost:{}", it.endpoint, it.port))
        };
        let udp = self.roles.iter().flat_map(|role| {
            let inputs = role.role.endpoints.iter().filter(|it| !it.is_internal());
            inputs.filter(|it| it.protocol == Protocol::Udp).map(|it| {
                let (endpoint, role) = (&it.name, &role.role.name);
                format!("endpoint {endpoint} of {role} is udp: only its instances' own addresses reach it")
            })
        });
        public.iter().filter_map(entrance).chain(udp).collect()
    }
}

/// Returns the public ports of an endpoint. UDP has no load balancer.
fn public_ports(role: &RolePlan, endpoint: &Endpoint) -> Vec<PublicPort> {
    let public = |instance, port: u16| PublicPort {
        role: role.role.name.clone(),
        endpoint: endpoint.name.clone(),
        instance,
        port,
    };
    match &endpoint.kind {
        _ if endpoint.protocol == Protocol::Udp => Vec::new(),
        EndpointKind::Input(input) => {
            input.port.map(|port| public(None, port)).into_iter().collect()
        }
        EndpointKind::InstanceInput(input) => {
            let ports = input.public_ports.iter().flat_map(|range| range.min..=range.max);
            (0..role.instances).zip(ports).map(|(it, port)| public(Some(it), port)).collect()
        }
        EndpointKind::Internal(_) => Vec::new(),
    }
}
