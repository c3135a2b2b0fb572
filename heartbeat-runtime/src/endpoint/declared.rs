//! A declared endpoint of an instance.

use std::sync::{Arc, OnceLock};

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
    certificate: Option<String>,
    variable: String,
    address: Address,
    source: AddressSource,
    /// The address of the listener, perhaps with a port that the system chose.
    bound: Arc<OnceLock<Address>>,
}

/// The source of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressSource {
    Variable,
    /// A socket that was handed over under the name of the endpoint.
    HandedOver,
    Definition,
    /// A test, which needs no port for the routes of user code.
    #[cfg(feature = "test-util")]
    Test,
}

impl Endpoint {
    /// Returns the declared endpoint at an address, which may differ from the declared one;
    /// `variable` overrides it.
    pub(crate) fn new(
        definition: &ServiceDefinition,
        declared: &Declared,
        variable: String,
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
            certificate: declared.certificate().map(str::to_owned),
            variable,
            address,
            source,
            bound: Arc::default(),
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

    /// Returns the address of the endpoint: the bound one, once this process listens there, else the
    /// one that a listener of yours should bind, with port 0 for any free port.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.bound.get().unwrap_or(&self.address)
    }

    pub(crate) fn is_internal(&self) -> bool {
        self.is_internal
    }

    /// Returns the path of the load balancer probe that the endpoint names.
    pub(crate) fn probe_path(&self) -> Option<&str> {
        self.probe_path.as_deref()
    }

    /// Returns the certificate that an https endpoint names.
    pub(crate) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref().filter(|_| self.is_https())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.protocol == Protocol::Https
    }

    pub(crate) fn address_source(&self) -> AddressSource {
        self.source
    }

    /// Returns the variable that overrides the address.
    pub(crate) fn address_variable(&self) -> &str {
        &self.variable
    }

    /// Tells whether routes need no listener.
    pub(crate) fn is_portless(&self) -> bool {
        match self.source {
            #[cfg(feature = "test-util")]
            AddressSource::Test => true,
            AddressSource::Variable | AddressSource::HandedOver | AddressSource::Definition => {
                false
            }
        }
    }

    /// Moves the endpoint to any free port of the loopback interface.
    #[cfg(feature = "test-util")]
    pub(crate) fn move_to_loopback(&mut self) {
        self.address = Address::Tcp((std::net::Ipv4Addr::LOCALHOST, 0).into());
        self.source = AddressSource::Test;
    }

    /// Records the address of the listener. The first one counts: a unit may hand over several.
    pub(super) fn set_bound_address(&self, address: &Address) {
        self.bound.get_or_init(|| address.clone());
    }
}
