//! An instance of a role, as other instances see it.

use heartbeat_definition::Protocol;

/// An instance of a role, with its internal endpoints; or all instances behind a host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleInstance {
    pub(super) id: String,
    pub(super) endpoints: Vec<InstanceEndpoint>,
}

/// An internal endpoint of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceEndpoint {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) address: String,
}

// === impl RoleInstance ===

impl RoleInstance {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), endpoints: Vec::new() }
    }

    /// Returns the id of the instance, or the host name that stands for several.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the endpoints, in the order of the service definition.
    #[must_use]
    pub fn endpoints(&self) -> &[InstanceEndpoint] {
        &self.endpoints
    }

    /// Returns the endpoint of exactly that name, if the instance has it.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&InstanceEndpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }
}

// === impl InstanceEndpoint ===

impl InstanceEndpoint {
    /// Returns the declared name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the declared protocol.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns the address: `host:port`, as `TcpStream::connect` and a URL take it, where the host is a
    /// name, an IPv4 address, or an IPv6 address in brackets; or `unix:/path`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}
