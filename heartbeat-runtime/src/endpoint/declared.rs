//! A declared endpoint of an instance.

pub use heartbeat_definition::Protocol;
use heartbeat_definition::{Endpoint as Declared, ServiceDefinition};

use super::address::Address;

/// An endpoint of this instance: its declaration, and its address here.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: String,
    protocol: Protocol,
    public_port: Option<u16>,
    is_internal: bool,
    probe_path: Option<String>,
    address: Address,
    source: AddressSource,
}

/// The source of an address, by which a socket that was handed over ranks: below a variable, above
/// the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressSource {
    Variable,
    Definition,
}

impl Endpoint {
    /// Returns the declared endpoint at an address, which may differ from the declared one.
    pub(crate) fn new(
        definition: &ServiceDefinition,
        declared: &Declared,
        (address, source): (Address, AddressSource),
    ) -> Self {
        let probe =
            declared.load_balancer_probe().and_then(|name| definition.load_balancer_probe(name));
        Self {
            name: declared.name.clone(),
            protocol: declared.protocol,
            public_port: declared.public_port(),
            is_internal: declared.is_internal(),
            probe_path: probe.and_then(|probe| probe.path.clone()),
            address,
            source,
        }
    }

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

    /// Returns the public port of an input endpoint, on a platform that follows the definition; `None`
    /// for other kinds.
    #[must_use]
    pub fn public_port(&self) -> Option<u16> {
        self.public_port
    }

    /// Returns the address of the endpoint: for the heartbeat and management endpoints the bound one,
    /// for others the one that your own listener binds, with port 0 for any free port.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn is_internal(&self) -> bool {
        self.is_internal
    }

    /// Returns the path of the load balancer probe that the endpoint names.
    pub(crate) fn probe_path(&self) -> Option<&str> {
        self.probe_path.as_deref()
    }

    pub(crate) fn address_source(&self) -> AddressSource {
        self.source
    }

    pub(crate) fn set_address(&mut self, address: Address) {
        self.address = address;
    }
}
